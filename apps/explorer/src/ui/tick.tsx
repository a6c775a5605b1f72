/** Believing an operator. */

import type { VNode } from "preact";

import { MOST_BELIEVED } from "../app/route.js";
import { change, useApp } from "../app/state.js";
import { keep } from "../frame/belief.js";

/** A box that ticks an operator. */
export function Tick({ operator }: { operator: string }): VNode {
  const { route } = useApp();
  const ticked = route.believe.includes(operator);
  const full = !ticked && route.believe.length >= MOST_BELIEVED;
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={ticked}
        disabled={full}
        onChange={() => {
          const believe = ticked ? route.believe.filter((one) => one !== operator) : [...route.believe, operator];
          keep(believe);
          change(route, { believe });
        }}
      />
      <span>
        Believe <span class="unseen">{operator}</span>
      </span>
    </label>
  );
}
