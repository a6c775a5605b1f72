/** Whatever happens on the way, every receipt is billed once, under one number. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Collector } from "../src/collector.js";
import { BlobId, type Mode, SigningKey } from "../src/wire/index.js";
import { FakeChain } from "./fake-chain.js";

/** The same numbers every time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const key = SigningKey.ed25519(new Uint8Array(32).fill(1));
const TROUBLES = ["none", "none", "none", "answer lost", "never arrives", "crash before it leaves"] as const;

async function campaign(seed: number): Promise<void> {
  const random = numbers(seed);
  const chain = new FakeChain(key.publicKey);
  [1, 2, 3].forEach((session) => chain.sessions.set(session, { budget: BigInt(random(100)), next: BigInt(random(3)) }));
  const mode: Mode = "itemised";
  let state: string | undefined;
  const store = { load: async () => state, save: async (text: string) => void (state = text) };
  const open = () => Collector.open({ attester: 7, key, mode, store, maxReceipts: 1 + random(6) });
  let collector = await open();
  let name = 0;

  for (let step = 0; step < 30; step += 1) {
    for (let more = random(5); more > 0; more -= 1) {
      name += 1;
      collector.add({
        attester: 7n,
        session: BigInt(1 + random(3)),
        blobId: BlobId.fromBytes(new Uint8Array(32)),
        model: BigInt(1 + random(3)),
        release: 1n,
        terms: BigInt(1 + random(2)),
        requestId: new Uint8Array(16),
        issuedAt: BigInt(1_000 + random(100)),
        units: { input: BigInt(name), output: 0n },
        requestHash: new Uint8Array(32),
        responseHash: new Uint8Array(32),
      });
    }
    await collector.save();
    chain.trouble = TROUBLES[random(TROUBLES.length)] ?? "none";
    chain.previews = random(4) > 0;
    await collector.settle(chain).catch(() => undefined);
    if (random(4) === 0) {
      collector = await open();
    }
    chain.sessions.forEach((session) => (session.budget += BigInt(random(30))));
  }

  chain.trouble = "none";
  chain.previews = true;
  chain.sessions.forEach((session) => (session.budget += 100_000n));
  const report = await collector.settle(chain);
  assert.deepEqual([report.held, report.refused, collector.pending], [[], [], 0], `seed ${seed}`);
  const billed = [...chain.billed.values()].map(Number).sort((a, b) => a - b);
  assert.deepEqual(
    billed,
    Array.from({ length: name }, (_, place) => place + 1),
    `seed ${seed}`,
  );
}

test("twenty campaigns of crashes, lost answers and empty budgets bill every receipt once", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    await campaign(seed);
  }
});
