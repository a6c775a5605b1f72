/** Whom the reader believes. The choice stands in the address; that of a link is not the reader's own until it is taken over. */

import type { VNode } from "preact";

import { short } from "../app/format.js";
import { MOST_BELIEVED } from "../app/route.js";
import { change, useApp, useLink } from "../app/state.js";

const KEPT_AS = "hub.believe";

/** Operators that the reader ticked on this device. */
export function ownBelief(): readonly string[] {
  try {
    return (localStorage.getItem(KEPT_AS) ?? "").split(",").filter((one) => one !== "");
  } catch {
    return [];
  }
}

function keep(operators: readonly string[]): void {
  try {
    localStorage.setItem(KEPT_AS, operators.join(","));
  } catch {
    // It stands in the address at least.
  }
}

/** A bar that says whom the reader believes, on every page. */
export function BeliefBar(): VNode {
  const { route } = useApp();
  const link = useLink();
  const { believe } = route;
  const own = ownBelief();
  const named = believe.length > 0 && !believe.every((operator) => own.includes(operator));
  return (
    <div class={believe.length === 0 ? "belief" : "belief on"} role="region" aria-label="Whom you believe">
      {believe.length === 0 ? (
        <>
          <p>
            <strong>Nothing here is proven yet.</strong> Every number can be made up with accounts of one’s own, for gas
            and interest. Say whom you believe not to give back what they earn.
          </p>
          <p class="buttons">
            {own.length === 0 ? null : (
              <button onClick={() => change(route, { believe: own })}>Believe my {own.length} again</button>
            )}
            <a class="button" href={link("operators")}>
              Choose operators
            </a>
          </p>
        </>
      ) : (
        <>
          <p>
            You believe{" "}
            {believe.map((operator, place) => (
              <>
                {place === 0 ? "" : ", "}
                <a class="mono" href={link(`operator/${operator}`)} title={operator}>
                  {short(operator)}
                </a>
              </>
            ))}
            . What they kept speaks for {route.factor} times as much: <em>backed</em>.
            {named ? " This link named them, not you." : null}
          </p>
          <p class="buttons">
            {named ? <button onClick={() => (keep(believe), location.reload())}>I believe them too</button> : null}
            <button onClick={() => change(route, { believe: [] })}>Believe nobody</button>
            <a class="button" href={link("operators")}>
              Change
            </a>
          </p>
        </>
      )}
    </div>
  );
}

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
