/** What the page says of a number is what docs/HEALTH.md says. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const root = new URL("../../../../", import.meta.url);
const { healthOf } = (await import(new URL("apps/explorer/health.mjs", root).href)) as {
  healthOf: (markdown: string) => { title: string; numbers: { label: string; names: string[]; toFake?: string }[] }[];
};
const sections = healthOf(await readFile(new URL("docs/HEALTH.md", root), "utf8"));

test("every number that the page names is in docs/HEALTH.md, and most say what they cost to fake", async () => {
  const named = new Set<string>();
  for (const file of [
    "pages/market.tsx",
    "pages/below.tsx",
    "pages/model.tsx",
    "pages/operator.tsx",
    "pages/operators.tsx",
    "pages/account.tsx",
  ]) {
    const text = await readFile(new URL(`apps/explorer/src/${file}`, root), "utf8");
    for (const [, name = ""] of text.matchAll(/<Fake\s+of="([^"]+)"/g)) {
      named.add(name);
    }
  }
  assert.ok(named.size >= 10);
  for (const name of named) {
    const [number = "", where = ""] = name.split("/").reverse();
    const found = sections.some(({ title, numbers }) =>
      numbers.some(({ label, names }) => names.includes(number) && `${title} ${label}`.toLowerCase().includes(where)),
    );
    assert.ok(found, `docs/HEALTH.md has no number ${name}`);
  }
  const numbers = sections.flatMap((section) => section.numbers);
  assert.ok(numbers.filter(({ toFake }) => toFake).length > 20);
});
