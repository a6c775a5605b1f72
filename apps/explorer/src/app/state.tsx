/** What every page shares: the deployment, the node, the address, the denomination, and reading. */

import { createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import { denomText, HubError, type Latest } from "hub-client/read";

import type { Config } from "./config.js";
import type { Asking, Connection } from "./connection.js";
import type { Currency } from "./format.js";
import { type Route, toPage, writeRoute } from "./route.js";

/** What every page shares. */
export interface App {
  readonly config: Config;
  readonly connection: Connection;
  /** Asks another node from now on; the deployment's own if undefined. */
  readonly useNode: (endpoint: string | undefined) => void;
  readonly route: Route;
  /** Denomination that amounts are in. */
  readonly currency: Currency;
  /** The latest block that a page was told of. */
  readonly latest: Latest | undefined;
  readonly heard: (latest: Latest) => void;
}

const Context = createContext<App | undefined>(undefined);
export const AppProvider = Context.Provider;

/** What every page shares. */
export function useApp(): App {
  const app = useContext(Context);
  if (app === undefined) {
    throw new Error("a page stands outside of the app");
  }
  return app;
}

/** The address of another page, with what the reader chose. */
export function useLink(): (path: string, rest?: Readonly<Record<string, string>>) => string {
  const { route } = useApp();
  return (path, rest) => toPage(route, path, rest);
}

/** Changes what the reader chose, on the page where it is. */
export function change(route: Route, changes: Partial<Route>): void {
  location.hash = writeRoute({ ...route, ...changes });
}

/** The denomination of a route; unknown ones are shown in their smallest unit. */
export function currencyOf(config: Config, denom: string | undefined): Currency {
  const found = config.currencies.find((one) => denomText(one.denom) === denom);
  const [usual] = config.currencies;
  if (denom === undefined || found !== undefined || usual === undefined) {
    return found ?? usual ?? { denom: { native: denom ?? "" }, symbol: denom ?? "", decimals: 0 };
  }
  const token = /^cw20:(.+)$/.exec(denom)?.[1];
  return { denom: token === undefined ? { native: denom } : { cw20: token }, symbol: denom, decimals: 0 };
}

/** What a page knows. */
export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly failure: Failure; readonly again: () => void }
  | {
      readonly state: "ready";
      readonly data: T;
      /** Block as of which it is. */
      readonly latest: Latest;
      /** Why a later reading failed, if it did: what is shown is then old. */
      readonly failure: Failure | undefined;
      readonly again: () => void;
    };

/** Why something could not be read, in words. */
export interface Failure {
  /** Stable name, such as `node_unreachable`. */
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

/** A failure in words, whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HubError) {
    const cause = error.cause instanceof Error ? error.cause.message : "";
    // What a browser says of a node without CORS is what it says of one that is down.
    const blocked = error.code === "node_unreachable" && /fetch|network|load/i.test(cause);
    const hint = blocked ? "; if it runs, it may not answer pages (CORS)" : "";
    return { code: error.code, what: error.what, next: `${error.next}${hint}` };
  }
  const what = error instanceof Error ? error.message : String(error);
  return { code: "page_failed", what, next: "reload it; if it fails again, report it" };
}

/**
 * Reads what a page shows, anew when `key` changes or `again` is called. `read` has to ask its first questions before it awaits
 * anything, so that they leave together with the check of the node. Nothing is shown until the node was checked. Nothing is asked
 * while there is no key.
 *
 * @param everyMs how often it is read again while the page is seen; never if not given
 */
export function useLoad<T>(key: string | undefined, read: (asking: Asking) => Promise<T>, everyMs?: number): Loaded<T> {
  const { connection, heard } = useApp();
  const [loaded, set] = useState<{ key: string | undefined; value: Loaded<T> } | undefined>(undefined);
  const [turn, turnOver] = useState(0);
  const again = useCallback(() => turnOver((before) => before + 1), []);
  const reader = useRef(read);
  reader.current = read;
  const whole = key === undefined ? undefined : `${connection.endpoint} ${key}`;

  useEffect(() => {
    if (whole === undefined) {
      return undefined;
    }
    let gone = false;
    const asking = connection.ask();
    const answer = reader.current(asking);
    void Promise.all([asking.latest, answer])
      .then(([latest, data]) => {
        if (!gone) {
          heard(latest);
          set({ key: whole, value: { state: "ready", data, latest, failure: undefined, again } });
        }
      })
      .catch(async (thrown: unknown) => {
        // Whose node it is comes before what it answers.
        const first = await asking.latest.then(
          () => thrown,
          (reason: unknown) => reason,
        );
        const failure = failureOf(first);
        if (!gone) {
          set((before) =>
            before !== undefined && before.key === whole && before.value.state === "ready"
              ? { key: whole, value: { ...before.value, failure } }
              : { key: whole, value: { state: "failed", failure, again } },
          );
        }
      });
    return () => {
      gone = true;
    };
  }, [whole, turn]);

  useEffect(() => {
    if (everyMs === undefined) {
      return undefined;
    }
    const timer = setInterval(() => document.visibilityState === "visible" && again(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, again]);

  return loaded !== undefined && loaded.key === whole ? loaded.value : { state: "loading" };
}
