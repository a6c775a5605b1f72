import assert from "node:assert/strict";
import { test } from "node:test";
import { backing, backingsOf, inHundreds, payerBacking, rankingOf } from "../src/belief.js";
import type { billing } from "../src/contracts/index.js";

const denom = { native: "untrn" };

const sums = (kept: number): billing.ServedSums => ({
  strange: "0",
  kept: "0",
  calls: 1,
  recent_strange: "0",
  recent_kept: String(kept),
});

test("factors outside 1 to 20, more than 16 operators and one named twice are refused before anything is asked", async () => {
  for (const factor of [0, 21, -1, 1.5, Number.NaN]) {
    assert.throws(() => backing([], factor), { code: "invalid_input" });
    assert.throws(() => payerBacking([], factor), { code: "invalid_input" });
  }
  const hub = { billing: { query: { backings: () => assert.fail("asked"), rankingAt: () => assert.fail("asked") } } };
  const many = Array.from({ length: 17 }, (_, number) => `operator ${number}`);
  for (const operators of [many, ["one", "one"]]) {
    await assert.rejects(backingsOf(hub, [1], denom, { operators }), { code: "invalid_input" });
    await assert.rejects(rankingOf(hub, operators, denom), { code: "invalid_input" });
  }
});

test("operators back what they served and no more than their share speaks for, to the last unit", () => {
  // The same as in packages/hub-types/src/belief.rs.
  const max = 2n ** 128n - 1n;
  for (const [strange, kept, factor, expected] of [
    [1_000n, 150n, 5, 750n],
    [1_000n, 300n, 5, 1_000n],
    [1_000n, 0n, 20, 0n],
    [0n, 0n, 5, 0n],
    [max, max, 20, max],
  ] as const) {
    assert.equal(backing([{ strange, kept }], factor), expected);
  }
  const large = { strange: max, kept: max };
  assert.equal(backing([large, large]), max);
  assert.equal(
    backing(
      [
        { strange: 2n ** 60n + 1n, kept: 2n ** 60n },
        { strange: 9n, kept: 1n },
      ],
      5,
    ),
    2n ** 60n + 6n,
  );
});

test("a payer vouches for its money here by what it left with the believed, wherever it did", () => {
  const payers = [
    // Covers a half of all that it spent.
    { here: 101n, spent: 1_000n, kept: 100n },
    // Covers more than all.
    { here: 70n, spent: 100n, kept: 50n },
    // Left nothing.
    { here: 500n, spent: 500n, kept: 0n },
    { here: 0n, spent: 0n, kept: 0n },
  ];
  assert.equal(payerBacking(payers), 50n + 70n);
});

test("rankings of several operators become one, by what all of them kept", async () => {
  const lists: Record<string, [number, number][]> = {
    one: [
      [7, 50],
      [3, 40],
      [1, 10],
    ],
    other: [
      [3, 45],
      [9, 10],
    ],
    unknown: [],
  };
  const asked: object[] = [];
  const rankingAt = async (query: {
    operator: string;
    limit?: number | null;
    startAfter?: billing.RankingPlace | null;
  }): Promise<billing.RankingAtResponse> => {
    asked.push(query);
    const all = (lists[query.operator] ?? []).map(([model, kept]) => ({
      place: { score: kept, model },
      sums: sums(kept),
      gross: "0",
      related: "0",
      payers: 0,
      returning: 0,
    }));
    const after = all.findIndex(({ place }) => place.model === query.startAfter?.model) + 1;
    return { models: all.slice(after, after + (query.limit ?? 10)) };
  };
  const hub = { billing: { query: { rankingAt } } };
  const operators = Object.keys(lists);
  const ranked = await rankingOf(hub, operators, denom);
  assert.deepEqual(
    ranked.map(({ model, recentKept }) => [model, recentKept]),
    [
      [3, 85n],
      [7, 50n],
      [1, 10n],
      [9, 10n],
    ],
  );
  assert.deepEqual([...(ranked[0]?.at.keys() ?? [])], ["one", "other"]);
  assert.equal(asked.length, 3);
  const first = await rankingOf(hub, operators, denom, { each: 1 });
  assert.deepEqual(
    first.map(({ model }) => model),
    [7, 3],
  );
});

test("any number of names is asked in hundreds and answered in its order", async () => {
  for (const count of [0, 1, 100, 101, 250]) {
    const names = Array.from({ length: count }, (_, place) => place);
    const sizes: number[] = [];
    const answers = await inHundreds(names, async (some) => {
      sizes.push(some.length);
      return some.map((one) => -one);
    });
    assert.deepEqual(
      answers,
      names.map((one) => -one),
    );
    assert.equal(sizes.length, Math.ceil(count / 100));
    assert.ok(sizes.every((size) => size <= 100));
  }
});
