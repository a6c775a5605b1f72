/** Charts of our own, as SVG: bars by day or week, and lines too small for axes. */

import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";

/** A bar: what is shown whole, and the part of it that is drawn stronger. */
export interface Bar {
  /** What it is of, such as `26 Nov`. */
  readonly name: string;
  readonly whole: number;
  readonly part: number;
  /** What its tip says. */
  readonly says: string;
}

const WIDTH = 360;
const HEIGHT = 96;

/** Bars with a tip for whichever is pointed at, or chosen by the arrow keys. */
export function Bars({ title, bars, unit }: { title: string; bars: readonly Bar[]; unit: string }): VNode {
  const [at, point] = useState<number | undefined>(undefined);
  const picture = useRef<SVGSVGElement>(null);
  const most = bars.reduce((high, { whole }) => Math.max(high, whole), 0);
  const step = bars.length === 0 ? WIDTH : WIDTH / bars.length;
  const high = (value: number) => (most === 0 ? 0 : (value / most) * HEIGHT);
  const chosen = at === undefined ? undefined : bars[at];

  function follow(event: MouseEvent): void {
    const box = picture.current?.getBoundingClientRect();
    if (box !== undefined && box.width > 0) {
      point(Math.min(bars.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars.length))));
    }
  }
  function walk(event: KeyboardEvent): void {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      point((before) => Math.min(bars.length - 1, Math.max(0, (before ?? (by < 0 ? bars.length : -1)) + by)));
    } else if (event.key === "Escape") {
      point(undefined);
    }
  }
  const first = bars[0];
  const last = bars[bars.length - 1];
  return (
    <figure class="chart">
      <figcaption>
        {title}
        <output>{chosen === undefined ? "" : `${chosen.name}: ${chosen.says}`}</output>
      </figcaption>
      <svg
        ref={picture}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        tabIndex={0}
        aria-label={`${title}, ${bars.length} bars from ${first?.name ?? ""} to ${last?.name ?? ""}; arrow keys read them`}
        onMouseMove={follow}
        onMouseLeave={() => point(undefined)}
        onBlur={() => point(undefined)}
        onKeyDown={walk}
      >
        {at === undefined ? null : <rect class="pointed" x={at * step} y={0} width={step} height={HEIGHT} />}
        <path class="whole" d={outline(bars, step, ({ whole }) => high(whole))} />
        <path class="part" d={outline(bars, step, ({ part }) => high(part))} />
        <line class="ground" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} vector-effect="non-scaling-stroke" />
      </svg>
      <div class="scale" aria-hidden="true">
        <span>{first?.name}</span>
        <span>{most === 0 ? "" : `up to ${unit}`}</span>
        <span>{last?.name}</span>
      </div>
    </figure>
  );
}

/** All bars as one path: ninety elements less. */
function outline(bars: readonly Bar[], step: number, of: (bar: Bar) => number): string {
  const width = step > 5 ? step - 1.2 : step * 0.8;
  return bars
    .map((bar, place) => {
      const high = of(bar);
      return high <= 0 ? "" : `M${round(place * step)} ${HEIGHT}v${round(-high)}h${round(width)}v${round(high)}z`;
    })
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A line of small bars without words; what it shows is told in `label`. */
export function Spark({ values, label }: { values: readonly number[]; label: string }): VNode {
  const most = Math.max(1, ...values);
  const path = values
    .map((value, place) => {
      const high = value <= 0 ? 0 : Math.max(1, Math.round((value / most) * 18));
      return high === 0 ? "" : `M${place * 4} 20v-${high}h3v${high}z`;
    })
    .join("");
  return (
    <svg class="spark" viewBox={`0 0 ${values.length * 4} 20`} role="img" aria-label={label} preserveAspectRatio="none">
      <path d={path} />
      <line x1={0} x2={values.length * 4} y1={20} y2={20} />
    </svg>
  );
}
