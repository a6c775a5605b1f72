/** What stands around every page: where one can go, whom one believes, and as of which block everything is. */

import type { ComponentChildren, ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { denomText } from "hub-client/read";

import { count, moment, span } from "../app/format.js";
import { change, useApp, useLink } from "../app/state.js";
import { BeliefBar } from "./belief.js";

const PLACES = [
  ["", "Market"],
  ["models", "Models"],
  ["operators", "Operators"],
  ["receipt", "Receipt"],
  ["trust", "Trust"],
  ["mine", "Mine"],
  ["publish", "Publish"],
] as const;

/** What stands around every page. */
export function Frame({ children }: { children: ComponentChildren }): VNode {
  const { config, route, currency } = useApp();
  const link = useLink();
  const [here = ""] = route.path;
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        To the page
      </a>
      <header class="top">
        <a class="mark" href={link("")} aria-label={`Hub ${config.name}, to the market`}>
          <Mark />
          Hub <small>{config.name}</small>
        </a>
        <nav aria-label="Pages">
          {PLACES.map(([path, name]) => (
            <a href={link(path)} aria-current={here === path ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <div class="tools">
          {config.currencies.length < 2 ? null : (
            <select
              aria-label="Denomination"
              value={denomText(currency.denom)}
              onChange={(event) => change(route, { denom: event.currentTarget.value })}
            >
              {config.currencies.map((one) => (
                <option value={denomText(one.denom)}>{one.symbol}</option>
              ))}
            </select>
          )}
          <Theme />
        </div>
      </header>
      <BeliefBar />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Foot />
    </>
  );
}

function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Mark(): VNode {
  return (
    <svg viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
      <path class="off" d="M0 0h6v6H0zM8 0h6v6H8zM16 8h6v6h-6zM0 16h6v6H0zM16 16h6v6h-6zM0 8h6v6H0z" />
      <path class="on" d="M16 0h6v6h-6zM8 8h6v6H8zM8 16h6v6H8z" />
    </svg>
  );
}

/** Dark, light, or as the system has it. */
function Theme(): VNode {
  const [theme, set] = useState(() => stored() ?? "");
  useEffect(() => {
    if (theme === "") {
      delete document.documentElement.dataset["theme"];
    } else {
      document.documentElement.dataset["theme"] = theme;
    }
    try {
      localStorage.setItem("hub.theme", theme);
    } catch {
      // The choice ends with the page.
    }
  }, [theme]);
  const dark = theme === "dark" || (theme === "" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <button
      class="theme"
      onClick={() => set(dark ? "light" : "dark")}
      aria-label={dark ? "Light colours" : "Dark colours"}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" />
        <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />
      </svg>
    </button>
  );
}

function stored(): string | undefined {
  try {
    return localStorage.getItem("hub.theme") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Older than this, the newest block of a node is said to be old: seconds. */
const OLD = 60;

/** As of which block everything is, of which chain, by whose word. */
function Foot(): VNode {
  const { config, connection, latest, currency } = useApp();
  const link = useLink();
  const [Other, come] = useState<ComponentType | undefined>(undefined);
  const [now, tick] = useState(() => Date.now() / 1_000);
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now() / 1_000), 5_000);
    return () => clearInterval(timer);
  }, []);
  const age = latest === undefined ? 0 : now - latest.time;
  return (
    <footer>
      <p class={!config.simulated && age > OLD ? "bad" : ""}>
        {latest === undefined ? (
          "This page has read no block yet."
        ) : (
          <>
            As of block <strong class="n">{count(latest.height)}</strong>, <time>{moment(latest.time)} UTC</time>
            {config.simulated
              ? ": simulated."
              : age > OLD
                ? `: that is ${span(age)} ago. Either the chain stands still, or this node does not hear of it.`
                : `, ${span(age)} ago.`}
          </>
        )}{" "}
        Amounts are in {currency.symbol}.
      </p>
      <details onToggle={() => void import("../pages/others.js").then(({ OtherNode }) => come(() => OtherNode))}>
        <summary>
          Asked: {connection.endpoint.replace(/^https?:\/\//, "")}, chain {config.deployment.chain_id}
        </summary>
        {Other === undefined ? null : <Other />}
      </details>
      <p>
        This page has no server and reads the chain alone. <a href={link("numbers")}>What the numbers cannot tell</a>
      </p>
    </footer>
  );
}
