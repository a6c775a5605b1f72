/** Which models are lit, and what is backed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { billing } from "hub-client/read";

import { tenth } from "../src/app/format.js";
import { brightness, inOrder, lightsOf, recentFor, weekly } from "../src/market/lights.js";
import { scoreOf } from "../src/market/read.js";

const LEAST = tenth({ decimals: 6 });

function ranked(model: number, recent: bigint, payers = 5, returning = 0): billing.RankedModel {
  return {
    aged: "0",
    gross: (4n * recent).toString(),
    related: "0",
    payers,
    returning,
    place: { model, score: 0 },
    recent_aged: recent.toString(),
  };
}

function served(model: number, recentStrange: bigint, recentKept: bigint, gross = recentStrange): billing.ModelAt {
  const sums = { recent_strange: recentStrange.toString(), recent_kept: recentKept.toString() };
  return {
    gross: gross.toString(),
    related: "0",
    payers: 5,
    returning: 1,
    place: { model, score: 0 },
    sums: { calls: 1, strange: sums.recent_strange, kept: sums.recent_kept, ...sums },
  };
}

test("a steady income of w a week is read back as w", () => {
  // Payments of one a week, each of which counts half after four weeks, sum up to 1 / (1 − 2^(−1/4)).
  let sum = 0;
  for (let week = 0; week < 400; week += 1) {
    sum = sum * 2 ** -0.25 + 1_000_000;
  }
  const read = Number(weekly(BigInt(Math.floor(sum))));
  assert.ok(Math.abs(read - 1_000_000) < 20, String(read));
  assert.ok(weekly(recentFor(LEAST)) >= LEAST);
  assert.ok(weekly(recentFor(LEAST) - 1n) < LEAST);
});

test("a model is lit by what believed operators kept, times the factor, and never by more than strangers paid", () => {
  const recent = recentFor(LEAST);
  const light = (kept: bigint, factor: number) => lightsOf([], [served(1, recent, kept)], factor).get(1);
  const fifth = (recent + 4n) / 5n;
  assert.equal(brightness(light(fifth, 5) as never, LEAST), 2);
  assert.equal(brightness(light(fifth - 1n, 5) as never, LEAST), 0);
  assert.equal(brightness(light(fifth, 4) as never, LEAST), 0);
  // Kept can exceed a part of what strangers paid and speaks for no more than that.
  assert.equal(light(10n * recent, 20)?.backed, weekly(recent));
});

test("what several operators back is added up operator by operator", () => {
  const found = lightsOf([ranked(1, 100n)], [served(1, 1_000n, 10n, 4_000n), served(1, 1_000n, 900n, 4_000n)], 5).get(
    1,
  );
  assert.equal(found?.backed, weekly(50n + 1_000n));
  assert.equal(found?.claimed, weekly(100n));
});

test("nobody’s word lights nothing: a claim is drawn as one, and one payer is none", () => {
  const of = (recent: bigint, payers: number) => {
    const light = lightsOf([ranked(1, recent, payers)], [], 5).get(1);
    return light === undefined ? undefined : brightness(light, LEAST);
  };
  assert.equal(of(recentFor(LEAST), 2), 1);
  assert.equal(of(recentFor(LEAST), 1), 0);
  assert.equal(of(recentFor(LEAST) - 1n, 2), 0);
  assert.equal(of(recentFor(1_000n * LEAST), 99), 1);
});

test("what is backed comes first, and each payer who came back speaks for a dime of it", () => {
  const usd = recentFor(1_000_000n);
  const back = (model: number, dollars: bigint, returning: number) => ({
    ...served(model, dollars * usd, dollars * usd),
    returning,
  });
  const ring = back(1, 100n, 10);
  const crowd = back(2, 3n, 40);
  const pennies = back(3, 0n, 500);
  const lights = lightsOf([ranked(4, 90n * usd, 50, 50), ranked(5, 80n * usd, 50, 0)], [ring, crowd, pennies], 5);
  assert.deepEqual(
    inOrder(lights.values(), LEAST).map(({ model }) => model),
    [2, 1, 4, 5, 3],
  );
});

test("a score falls by four each week, so the border of the lit ones is known beforehand", () => {
  assert.equal(scoreOf(1n << 20n, 0), 320);
  assert.equal(scoreOf(1n << 20n, 10), 360);
  assert.equal(scoreOf(1n << 21n, 6), scoreOf(1n << 20n, 10));
});
