import assert from "node:assert/strict";
import { test } from "node:test";
import { backing, backingsOf, inHundreds, payerBacking, rankingOf, spendsOf } from "../src/belief.js";
import type { billing, escrow } from "../src/contracts/index.js";
import { type Entry, integer, list, text, vectorFile } from "./vectors.js";

const denom = { native: "untrn" };
const file = vectorFile("belief.json");

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

test("operators back, and payers vouch for, what the vectors say to the last unit", () => {
  const backed = (entry: Entry, compute: () => bigint) => {
    if (entry["backed"] === null) {
      assert.throws(compute, { code: "invalid_input" }, text(entry, "name"));
    } else {
      assert.equal(compute(), integer(entry, "backed"), text(entry, "name"));
    }
  };
  for (const entry of list(file, "backing")) {
    const served = list(entry, "served").map((one) => ({
      strange: integer(one, "strange"),
      kept: integer(one, "kept"),
    }));
    backed(entry, () => backing(served, Number(entry["factor"])));
  }
  for (const entry of list(file, "payer_backing")) {
    const payers = list(entry, "payers").map((one) => ({
      here: integer(one, "here"),
      spent: integer(one, "spent"),
      kept: integer(one, "kept"),
    }));
    backed(entry, () => payerBacking(payers, Number(entry["factor"])));
  }
});

test("rankings are put together as the vectors say", async () => {
  for (const entry of list(file, "rankings")) {
    const lists = new Map(
      list(entry, "rankings").map((one) => [text(one, "operator"), list(one, "models").map(rankedModel)]),
    );
    const rankingAt = async ({ operator }: { operator: string }) => ({ models: lists.get(operator) ?? [] });
    const ranked = await rankingOf({ billing: { query: { rankingAt } } }, [...lists.keys()], denom);
    assert.deepEqual(
      ranked.map(({ model, recentKept, at }) => ({ model, recent_kept: String(recentKept), at: [...at.keys()] })),
      entry["merged"],
      text(entry, "name"),
    );
  }
});

function rankedModel(entry: Entry): billing.ModelAt {
  return {
    place: { score: 0, model: Number(entry["model"]) },
    sums: { ...sums(0), recent_kept: text(entry, "recent_kept") },
    gross: "0",
    related: "0",
    payers: 0,
    returning: 0,
  };
}

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

test("models and funders are asked about as many at a time as a query takes beside the operators, and answered in their order", async () => {
  for (const [operators, most] of [
    [0, 100],
    [8, 100],
    [9, 88],
    [16, 50],
  ] as const) {
    const believed = Array.from({ length: operators }, (_, number) => `operator ${number}`);
    const names = Array.from({ length: 230 }, (_, place) => place);
    const sizes: number[] = [];
    const backings = async ({ models }: { models: number[] }) => {
      sizes.push(models.length);
      return { backings: models.map((model) => ({ model }) as billing.BackingResponse) };
    };
    const answers = await backingsOf({ billing: { query: { backings } } }, names, denom, { operators: believed });
    assert.deepEqual(
      answers.map(({ model }) => model),
      names,
    );
    const spends = async ({ funders }: { funders: string[] }) => {
      sizes.push(funders.length);
      return { funders: funders.map((funder) => ({ funder }) as escrow.FunderSpend) };
    };
    const spent = await spendsOf({ escrow: { query: { spends } } }, names.map(String), denom, believed);
    assert.deepEqual(
      spent.map(({ funder }) => funder),
      names.map(String),
    );
    assert.equal(Math.max(...sizes), most);
  }
});
