/** Whom the reader believes. The choice stands in the address; that of a link is not the reader's own until it is taken over. */

import type { VNode } from "preact";

import { short } from "../app/format.js";
import { change, useApp, useLink } from "../app/state.js";

/** Most operators that are named on every page; all stand on the page of operators. */
const MOST_NAMED = 3;
const KEPT_AS = "hub.believe";

/** Operators that the reader ticked on this device. */
export function ownBelief(): readonly string[] {
  try {
    return (localStorage.getItem(KEPT_AS) ?? "").split(",").filter((one) => one !== "");
  } catch {
    return [];
  }
}

/** Keeps whom the reader believes on this device. */
export function keep(operators: readonly string[]): void {
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
            <strong>Nothing here is proven yet.</strong> Accounts are free, so every number can be made up. Say which
            operators you believe, and see what is left.
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
            {believe.slice(0, believe.length > MOST_NAMED ? MOST_NAMED - 1 : MOST_NAMED).map((operator, place) => (
              <>
                {place === 0 ? "" : ", "}
                <a class="mono" href={link(`operator/${operator}`)} title={operator}>
                  {short(operator)}
                </a>
              </>
            ))}
            {believe.length > MOST_NAMED ? ` and ${believe.length - MOST_NAMED + 1} more` : ""}. What they kept speaks
            for {route.factor} times as much: <em>backed</em>.{named ? " This link named them, not you." : null}
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
