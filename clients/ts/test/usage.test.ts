import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hub } from "../src/hub.js";
import { authorUsage, dayOf, everyEntry, operatorUsage, type PageStart, sumsOf, weekOf } from "../src/usage.js";

const sums = (gross: string) => ({
  gross,
  related: "1",
  aged: "2",
  calls: 3,
  free_calls: 4,
  units_in: "5",
  units_out: "6",
});

/** A Hub whose billing contract answers one query with these pages, and what it was asked. */
function answering(query: string, pages: readonly object[]): { hub: Hub; asked: object[] } {
  const asked: object[] = [];
  const answer = async (fields: object) => {
    asked.push(fields);
    return pages[asked.length - 1];
  };
  return { hub: { billing: { query: { [query]: answer } } } as unknown as Hub, asked };
}

test("days and weeks begin where the contracts have them", () => {
  assert.deepEqual([0, 86_399, 86_400].map(dayOf), [0, 0, 1]);
  assert.deepEqual([7 * 86_400 - 1, 7 * 86_400].map(weekOf), [0, 1]);
});

test("sums beyond the width of numbers are exact", () => {
  assert.equal(sumsOf(sums("340282366920938463463374607431768211455")).gross, 2n ** 128n - 1n);
});

test("an author's sums go over all pages", async () => {
  const pages = [
    { models: 100, sums: sums("9007199254740993"), next: 141 },
    { models: 2, sums: sums("7"), next: null },
  ];
  const { hub, asked } = answering("authorUsage", pages);
  const denom = { native: "untrn" };
  assert.deepEqual(await authorUsage(hub, "author", denom), {
    models: 102n,
    gross: 9_007_199_254_741_000n,
    related: 2n,
    aged: 4n,
    calls: 6n,
    freeCalls: 8n,
    unitsIn: 10n,
    unitsOut: 12n,
  });
  assert.deepEqual(asked, [
    { author: "author", denom, limit: 100 },
    { author: "author", denom, limit: 100, startAfter: 141 },
  ]);
});

test("an operator without attesters sums to nothing", async () => {
  const { hub } = answering("operatorUsage", [{ attesters: 0, sums: { gross: "0", aged: "0", calls: 0 } }]);
  assert.deepEqual(await operatorUsage(hub, "operator", { native: "untrn" }), {
    attesters: 0n,
    gross: 0n,
    aged: 0n,
    calls: 0n,
  });
});

test("every entry comes once, and no page is asked for before it is needed", async () => {
  for (const length of [0, 1, 99, 100, 101, 200, 250]) {
    const all = Array.from({ length }, (_, place) => place + 1);
    let asked = 0;
    const page = async ({ startAfter = 0, limit }: PageStart<number>) => {
      asked += 1;
      return all.slice(startAfter, startAfter + limit);
    };
    const found: number[] = [];
    for await (const entry of everyEntry(page, (entry) => entry)) {
      found.push(entry);
      assert.equal(asked, Math.ceil(entry / 100));
    }
    assert.deepEqual(found, all);
    assert.equal(asked, Math.floor(length / 100) + 1);
  }
});
