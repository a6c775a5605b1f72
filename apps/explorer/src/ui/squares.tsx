/** The one picture: a square for each model, in the order of registration, lit by the money it earns. */

import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { useLink } from "../app/state.js";
import { type Brightness } from "../market/lights.js";

const HIGHEST = 40;
const LOWEST = 2;

/** Columns and size of `models` squares in a box: the largest that fit. */
export function fit(models: number, width: number, height: number): { size: number; columns: number } {
  for (let size = HIGHEST; size > LOWEST; size -= 0.25) {
    const columns = Math.floor(width / size);
    if (columns > 0 && Math.ceil(models / columns) * size <= height) {
      return { size, columns };
    }
  }
  return { size: LOWEST, columns: Math.max(1, Math.floor(width / LOWEST)) };
}

/**
 * @param models how many there are: their numbers are 1 to that
 * @param lit brightness by model; those that are not in it are dark
 */
export function Squares({
  models,
  lit,
  label,
  says,
  steps: [least, ten, hundred],
}: {
  models: number;
  lit: ReadonlyMap<number, Brightness>;
  label: string;
  /** What a tip says of a model. */
  says: (model: number) => string;
  /** What each brightness stands for: what lights a model, ten times, and a hundred times that. */
  steps: readonly [string, string, string];
}): VNode {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, point] = useState<number | undefined>(undefined);
  const [drawn, draw] = useState(0);
  const link = useLink();

  useEffect(() => {
    const redraw = () => draw((before) => before + 1);
    const seen = new ResizeObserver(redraw);
    if (box.current !== null) {
      seen.observe(box.current);
    }
    const themes = new MutationObserver(redraw);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      seen.disconnect();
      themes.disconnect();
    };
  }, []);

  useEffect(() => {
    const place = box.current;
    const picture = canvas.current;
    const pen = picture?.getContext("2d");
    if (place === null || picture === null || !pen) {
      return;
    }
    const { clientWidth: width, clientHeight: height } = place;
    const scale = devicePixelRatio || 1;
    picture.width = width * scale;
    picture.height = height * scale;
    pen.scale(scale, scale);
    const style = getComputedStyle(place);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const colours = [colour("--dark"), colour("--claim"), colour("--lit1"), colour("--lit2"), colour("--lit3")];
    const { size, columns } = fit(models, width, height);
    const gap = size > 8 ? 2 : size > 3 ? 1 : 0.5;
    for (let model = 1; model <= models; model += 1) {
      const bright = lit.get(model) ?? 0;
      const x = ((model - 1) % columns) * size;
      const y = Math.floor((model - 1) / columns) * size;
      const side = size - gap;
      if (bright === 1) {
        const line = size > 8 ? 1.5 : 1;
        pen.strokeStyle = colours[1] ?? "";
        pen.lineWidth = line;
        pen.strokeRect(x + line / 2, y + line / 2, side - line, side - line);
      } else {
        pen.fillStyle = colours[bright] ?? "";
        pen.fillRect(x, y, side, side);
      }
    }
  }, [models, lit, drawn]);

  function modelAt(event: MouseEvent): number | undefined {
    const place = box.current;
    if (place === null) {
      return undefined;
    }
    const bounds = place.getBoundingClientRect();
    const { size, columns } = fit(models, place.clientWidth, place.clientHeight);
    const column = Math.floor((event.clientX - bounds.left) / size);
    const model = Math.floor((event.clientY - bounds.top) / size) * columns + column + 1;
    return column < columns && model >= 1 && model <= models ? model : undefined;
  }

  return (
    <figure class="squares">
      <div
        ref={box}
        onMouseMove={(event) => point(modelAt(event))}
        onMouseLeave={() => point(undefined)}
        onClick={(event) => {
          const model = modelAt(event);
          if (model !== undefined) {
            location.hash = link(`model/${model}`);
          }
        }}
      >
        <canvas ref={canvas} role="img" aria-label={label} />
      </div>
      <figcaption>
        <span class="key">
          {["nobody pays", `claims ${least} a week`, `backed: ${least}`, ten, `${hundred} or more`].map(
            (text, place) => (
              <span>
                <i class={`k${place}`} /> {text}{" "}
              </span>
            ),
          )}
        </span>
        <output>{at === undefined ? "" : says(at)}</output>
      </figcaption>
    </figure>
  );
}
