import assert from "node:assert/strict";
import { test } from "node:test";
import type { Block } from "./blocks.js";
import { kindsOf, loadFigures } from "./figures.js";

/** A block every second, as full as is said, in hundredths. */
function blocks(...fullness: readonly number[]): Block[] {
  return fullness.map((gasWanted, place) => ({
    height: place + 1,
    time: 1_000 * place,
    txs: 2,
    failed: 0,
    gasWanted,
    gasUsed: gasWanted / 2,
    batches: 1,
    receipts: gasWanted * 10,
    bytes: 100,
  }));
}

test("full blocks count, but not the one that lasted while the node was away, nor what is behind the last", () => {
  const found = kindsOf(blocks(0, 30, 95, 50, 100, 90, 96, 20, 91, 99), { blockGas: 100, killedAt: 5_500, wanted: 4 });
  assert.deepEqual(found, ["start", "start", "load", "thin", "load", "kill", "load", "thin", "load", "tail"]);
});

test("blocks without enough in them right behind the kill belong to it", () => {
  const found = kindsOf(blocks(95, 95, 0, 10, 95, 95), { blockGas: 100, killedAt: 1_500, wanted: 9 });
  assert.deepEqual(found, ["load", "kill", "kill", "kill", "load", "load"]);
});

test("figures are those of the counted blocks alone, and time is until the block behind", () => {
  const course = { blockGas: 100, killedAt: undefined, wanted: 2 };
  assert.deepEqual(loadFigures(blocks(10, 100, 20, 90, 95), course), {
    blocks: 2,
    seconds: 2,
    secondsPerBlock: 1,
    receipts: 1_900,
    receiptsPerSecond: 950,
    receiptsPerBlock: 950,
    gasUsedPerBlock: 47.5,
    gasWantedPerBlock: 95,
    leastFull: 0.9,
    batchesPerBlock: 1,
    bytesPerBlock: 100,
    others: { start: 1, thin: 1, kill: 0, tail: 1 },
  });
  assert.throws(() => loadFigures(blocks(10, 100), course), /block 2 is the last/);
});
