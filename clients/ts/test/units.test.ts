/** Units of itemised groups as bits: what is refused, and that bytes which are accepted encode to themselves. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../src/bytes.js";
import {
  type Batch,
  decodeBatch,
  DecodeError,
  encodeBatch,
  EncodeError,
  type Group,
  itemised,
  type RiceCode,
  shortestCode,
  type Units,
  type Work,
} from "../src/wire/index.js";

const MAX_U64 = (1n << 64n) - 1n;

/** The same numbers every time: SplitMix64. */
function numbers(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return mixed ^ (mixed >> 31n);
  };
}

function batchOf(work: Work): Batch {
  const group: Group = { session: 1n, model: 1n, release: 1n, terms: 1n, from: 0n, span: 0n, sequence: 0n, work };
  return { attester: 7n, issuedFrom: 9n, issuedTo: 9n, receiptsRoot: new Uint8Array(32), groups: [group] };
}

function decoded(bytes: Uint8Array): Batch | DecodeError {
  try {
    return decodeBatch(bytes);
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    return error;
  }
}

/** Bytes of a batch of one group of `count` receipts with this body. */
function raw(count: number, body: readonly number[]): Uint8Array {
  const whole = encodeBatch(batchOf(itemised([{ input: 0n, output: 0n }])));
  const counted = count < 128 ? [count] : count < 16_384 ? [(count & 127) | 128, count >> 7] : [255, 255, 3];
  return Uint8Array.from([...whole.slice(0, -4), ...counted, ...body]);
}

function reasonOf(bytes: Uint8Array): string {
  const result = decoded(bytes);
  return result instanceof DecodeError ? result.reason : "accepted";
}

test("a flood of ones is the widest units until it ends", () => {
  for (const k of [0, 1, 31, 58]) {
    const flood = [k, k, ...Array.from({ length: 240 }, () => 0xff)];
    const batch = decodeBatch(raw(10, flood));
    const widest = { input: MAX_U64, output: MAX_U64 };
    const work = { mode: "itemised", codeIn: { k, base: 0n }, codeOut: { k, base: 0n } };
    assert.deepEqual(batch.groups[0]?.work, { ...work, units: Array.from({ length: 10 }, () => widest) });
    assert.equal(reasonOf(raw(11, flood)), "truncated");
    assert.equal(reasonOf(raw(65_535, flood)), "truncated");
  }
  for (let k = 59; k <= 63; k += 1) {
    assert.equal(reasonOf(raw(10, [k, k, ...Array.from({ length: 240 }, () => 0xff)])), "needless_escape");
  }
});

test("units below their base, beyond 64 bits, or under no code are not encoded", () => {
  const work = (codeIn: RiceCode, input: bigint): Work => ({
    mode: "itemised",
    codeIn,
    codeOut: { k: 0, base: 0n },
    units: [{ input, output: 0n }],
  });
  const refused = (codeIn: RiceCode, input: bigint) => {
    assert.throws(
      () => encodeBatch(batchOf(work(codeIn, input))),
      (error) => {
        assert.ok(error instanceof EncodeError, String(error));
        return error.reason === "out_of_range";
      },
    );
  };
  refused({ k: 3, base: 10n }, 9n);
  refused({ k: 3, base: 0n }, -1n);
  refused({ k: 3, base: 0n }, MAX_U64 + 1n);
  refused({ k: 64, base: 0n }, 1n);
  refused({ k: -1, base: 0n }, 1n);
  refused({ k: 1.5, base: 0n }, 1n);
});

test("sixty-five thousand receipts come back", () => {
  const next = numbers(5n);
  const units = Array.from({ length: 65_535 }, () => ({ input: 50n + (next() % 3_951n), output: next() % 1_481n }));
  const batch = batchOf(itemised(units));
  const bytes = encodeBatch(batch);
  assert.deepEqual(decodeBatch(bytes), batch);
  // Entropy: 22.5 bits.
  assert.ok(bytes.length < (65_535 * 23.8) / 8, `${bytes.length} bytes`);
});

test("any units under any code come back, and every flipped bit and every prefix is refused or is an encoding", () => {
  const next = numbers(1n);
  const below = (end: bigint) => next() % end;
  const any = () => next() >> below(64n);
  for (let round = 0; round < 150; round += 1) {
    const units: Units[] = Array.from({ length: 1 + Number(below(6n)) }, () => ({ input: any(), output: any() }));
    const code = (integers: bigint[]): RiceCode => {
      const least = integers.reduce((a, b) => (a < b ? a : b));
      const base = any();
      return { k: Number(below(64n)), base: base < least ? base : least };
    };
    const [inputs, outputs] = [units.map((it) => it.input), units.map((it) => it.output)];
    const work: Work =
      round % 2 === 0 ? itemised(units) : { mode: "itemised", codeIn: code(inputs), codeOut: code(outputs), units };
    const batch = batchOf(work);
    const bytes = encodeBatch(batch);
    assert.deepEqual(decodeBatch(bytes), batch);
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(reasonOf(bytes.slice(0, length)), "truncated", `round ${round}, ${length} bytes`);
    }
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = decoded(flipped);
      if (!(result instanceof DecodeError)) {
        assert.equal(toHex(encodeBatch(result)), toHex(flipped), `round ${round}, bit ${bit}`);
      }
    }
  }
});

test("no other code of no base or the least as base is shorter", () => {
  const next = numbers(2n);
  for (let round = 0; round < 60; round += 1) {
    const least = next() >> (next() % 64n);
    const integers = Array.from({ length: 1 + (round % 30) }, () => least + (next() % (1n << (next() % 12n)))).filter(
      (integer) => integer <= MAX_U64,
    );
    const length = (codeIn: RiceCode) => {
      const units = integers.map((input) => ({ input, output: 0n }));
      return encodeBatch(batchOf({ mode: "itemised", codeIn, codeOut: { k: 7, base: 0n }, units })).length;
    };
    const chosen = length(shortestCode(integers));
    const smallest = integers.reduce((a, b) => (a < b ? a : b), integers[0] ?? 0n);
    for (const base of [0n, smallest]) {
      for (let k = 0; k <= 63; k += 1) {
        assert.ok(chosen <= length({ k, base }), `round ${round}: base ${base}, k ${k}`);
      }
    }
  }
});
