/** Which page an address names. The market is there at once; every other page is fetched when it is opened. */

import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { failureOf, type Failure, useApp, useLink } from "../app/state.js";
import { Broken, Nothing, Title } from "../ui/states.js";
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
  const load = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
  const Found = fetched.get(name);

  useEffect(() => {
    if (load !== undefined && Found === undefined) {
      load().then(
        ({ [name]: page }) => {
          if (page !== undefined) {
            fetched.set(name, page);
          }
          arrived((before) => before + 1);
        },
        (error: unknown) => fail(failureOf(error)),
      );
    }
  }, [name, load, Found]);

  if (name === "") {
    return <Market />;
  }
  if (failure !== undefined) {
    return <Broken failure={failure} />;
  }
  if (load === undefined) {
    return <Unknown />;
  }
  return Found === undefined ? <div class="waiting" role="status" /> : <Found id={id} />;
}

function Unknown(): VNode {
  const link = useLink();
  return (
    <>
      <Title name="No such page" />
      <Nothing>
        This address names no page. <a href={link("")}>To the market</a>
      </Nothing>
    </>
  );
}
