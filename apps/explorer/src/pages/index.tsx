/** Which page an address names. The market is there at once; every other page is fetched when it is opened. */

import type { ComponentType, VNode } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";

import { failureOf, type Failure, useApp } from "../app/state.js";
import { Broken } from "../ui/states.js";
import { Market } from "./market.js";

type PageOf = ComponentType<{ id: string }>;

type Module = () => Promise<Readonly<Record<string, PageOf>>>;

const others: Module = () => import("./others.js");
const own: Module = () => import("./own.js");

/** Modules of the pages by the first part of the address; what stands behind it is given to them as `id`. */
const PAGES: Readonly<Record<string, Module>> = {
  models: others,
  model: others,
  operators: others,
  operator: others,
  account: others,
  session: others,
  trust: others,
  numbers: others,
  receipt: () => import("./receipt.js"),
  mine: own,
  publish: own,
};

const fetched = new Map<string, PageOf>();

/** The page that the address names. */
export function Page(): VNode {
  const { route } = useApp();
  const [name = "", id = ""] = route.path;
  const [, arrived] = useState(0);
  const [failure, fail] = useState<Failure | undefined>(undefined);
  // A node or server that answers what no honest one does must not leave an empty page.
  const [broken] = useErrorBoundary();
  const known = Object.hasOwn(PAGES, name) ? name : "unknown";
  const load = PAGES[known] ?? others;
  const Found = fetched.get(known);

  useEffect(() => {
    if (name !== "" && Found === undefined) {
      load().then(
        ({ [known]: page }) => {
          if (page !== undefined) {
            fetched.set(known, page);
          }
          arrived((before) => before + 1);
        },
        (error: unknown) => fail(failureOf(error)),
      );
    }
  }, [known, Found]);

  const wrong = failure ?? (broken === undefined ? undefined : failureOf(broken));
  if (wrong !== undefined) {
    return <Broken failure={wrong} />;
  }
  if (name === "") {
    return <Market />;
  }
  return Found === undefined ? <div class="waiting" role="status" /> : <Found id={id} />;
}
