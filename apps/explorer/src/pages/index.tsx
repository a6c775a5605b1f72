/** Which page an address names. The market is there at once; every other page is fetched when it is opened. */

import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { failureOf, type Failure, useApp, useLink } from "../app/state.js";
import { Broken, Nothing, Title } from "../ui/states.js";
import { Market } from "./market.js";

type PageOf = ComponentType<{ id: string }>;

const others = () => import("./others.js");

/** Pages by the first part of the address; what stands behind it is given to them as `id`. Each is fetched when it is opened. */
const PAGES: Readonly<Record<string, () => Promise<PageOf>>> = {
  models: async () => (await others()).models,
  model: async () => (await others()).model,
  operators: async () => (await others()).operators,
  operator: async () => (await others()).operator,
  account: async () => (await others()).account,
  session: async () => (await others()).session,
  trust: async () => (await others()).trust,
  numbers: async () => (await others()).numbers,
  receipt: async () => (await import("./receipt.js")).default,
  mine: async () => (await import("./mine.js")).default,
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
        (page) => {
          fetched.set(name, page);
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
