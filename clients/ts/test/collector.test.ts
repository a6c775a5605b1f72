import assert from "node:assert/strict";
import { test } from "node:test";
import type { billing } from "../src/contracts/index.js";
import { Collector, type CollectorOptions, inclusionIn, type Store } from "../src/collector.js";
import { BlobId, decodeBatch, encodeReceipt, type Receipt, SigningKey, verifyProof } from "../src/wire/index.js";
import { FakeChain } from "./fake-chain.js";

const key = SigningKey.secp256k1(new Uint8Array(32).fill(1));

/** The receipt named `name`, which stands in its units. */
function receipt(session: number, model: number, name: number): Receipt {
  return {
    attester: 7n,
    session: BigInt(session),
    blobId: BlobId.fromBytes(new Uint8Array(32)),
    model: BigInt(model),
    release: 1n,
    terms: 1n,
    requestId: new Uint8Array(16),
    issuedAt: 1_000n + BigInt(name),
    units: { input: BigInt(name), output: 0n },
    requestHash: new Uint8Array(32),
    responseHash: new Uint8Array(32),
  };
}

class MemoryStore implements Store {
  state: string | undefined;
  load = async (): Promise<string | undefined> => this.state;
  save = async (state: string): Promise<void> => {
    this.state = state;
  };
}

async function setUp(sessions: Record<number, bigint>, options: Partial<CollectorOptions> = {}) {
  const chain = new FakeChain(key.publicKey);
  Object.entries(sessions).forEach(([id, budget]) => chain.sessions.set(Number(id), { budget, next: 0n }));
  const store = new MemoryStore();
  const open = () => Collector.open({ attester: 7, key, store, ...options });
  return { chain, store, open, collector: await open() };
}

const billed = (chain: FakeChain): bigint[] => [...chain.billed.values()].sort((a, b) => Number(a - b));

test("receipts of another attester are refused at once", async () => {
  const { collector } = await setUp({ 1: 100n });
  assert.throws(() => collector.add({ ...receipt(1, 1, 1), attester: 8n }), { code: "invalid_input" });
});

test("receipts are settled in batches of at most so many", async () => {
  const { chain, collector } = await setUp({ 1: 1_000n, 2: 1_000n }, { maxReceipts: 4 });
  for (let name = 1; name <= 10; name += 1) {
    collector.add(receipt(1 + (name % 2), 3 - (name % 3), name));
  }
  const report = await collector.settle(chain);
  assert.equal(report.paid, 10);
  assert.equal(report.batches.length, 3);
  assert.equal(collector.pending, 0);
  assert.deepEqual(billed(chain), [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]);
});

test("a budget that runs out holds the rest under the same numbers, and harms no other session", async () => {
  const { chain, collector } = await setUp({ 1: 25n, 2: 1_000n }, { maxReceipts: 4 });
  for (let name = 1; name <= 4; name += 1) {
    collector.add(receipt(1, 9, name));
  }
  // The next batch has lower models, so that numbering anew would change the order.
  [5, 6].forEach((name) => collector.add(receipt(1, 1, name)));
  [7, 8].forEach((name) => collector.add(receipt(2, 1, name)));
  const first = await collector.settle(chain);
  assert.equal(first.paid, 4);
  assert.deepEqual(
    first.held.map(({ session, outcome, receipts }) => [session, outcome, receipts]),
    [
      [1, "exhausted", 2],
      [1, "gap", 2],
    ],
  );
  assert.equal(collector.pending, 4);

  const sent = chain.sent.length;
  assert.equal((await collector.settle(chain)).paid, 0);
  assert.equal(chain.sent.length, sent, "what cannot be billed yet costs no fee");

  (chain.sessions.get(1) as { budget: bigint }).budget = 1_000n;
  const last = await collector.settle(chain);
  assert.deepEqual([last.paid, last.held.length, collector.pending], [4, 0, 0]);
  assert.deepEqual(billed(chain), [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]);
});

test("netted groups wait whole", async () => {
  const { chain, collector } = await setUp({ 1: 25n }, { mode: "netted" });
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 1, name)));
  assert.equal((await collector.settle(chain)).held[0]?.outcome, "exhausted");
  (chain.sessions.get(1) as { budget: bigint }).budget = 30n;
  assert.equal((await collector.settle(chain)).paid, 3);
});

test("what is refused for good is reported once and dropped", async () => {
  const { chain, collector } = await setUp({ 1: 100n, 2: 100n });
  (chain.sessions.get(1) as { refusal?: string }).refusal = "expired";
  collector.add(receipt(1, 1, 1));
  collector.add(receipt(2, 1, 2));
  collector.add(receipt(3, 1, 3));
  const report = await collector.settle(chain);
  assert.equal(report.paid, 1);
  assert.deepEqual(
    report.refused.map(({ outcome, receipts }) => [outcome, receipts.map(({ units }) => units.input)]),
    [
      ["expired", [1n]],
      ["unknown_session", [3n]],
    ],
  );
  assert.equal(collector.pending, 0);
});

for (const mode of ["itemised", "netted"] as const) {
  test(`a group across the end of its session is cut there: ${mode}`, async () => {
    const { chain, collector } = await setUp({ 1: 10_000n, 2: 100n }, { mode });
    // Receipt 1 is issued at 1 001; 361 of them, of which the last is a second late.
    (chain.sessions.get(1) as { endsAt?: bigint }).endsAt = 1_361n;
    for (let name = 361; name >= 1; name -= 1) {
      collector.add(receipt(1, 1, name));
    }
    // What comes after it in its session waits for it, another session does not.
    collector.add(receipt(1, 2, 5));
    collector.add(receipt(2, 1, 7));
    const report = await collector.settle(chain);
    assert.equal(report.paid, 362);
    assert.deepEqual(
      report.refused.map(({ outcome, receipts }) => [outcome, receipts.map(({ issuedAt }) => issuedAt)]),
      [["closed", [1_361n]]],
    );
    assert.deepEqual([report.held, collector.pending], [[], 0]);
    assert.equal(chain.sessions.get(1)?.next, 362n);
    assert.ok(chain.sent.length <= 3, `${chain.sent.length} transactions`);
  });
}

for (const sessions of [1, 3]) {
  test(`what straddles is cut where the node has no gas for previews, in a batch of ${sessions} sessions`, async () => {
    const ids = Array.from({ length: sessions }, (_, place) => place + 1);
    const { chain, collector } = await setUp(Object.fromEntries(ids.map((id) => [id, 10_000n])));
    chain.previews = false;
    ids.forEach((id) => {
      (chain.sessions.get(id) as { endsAt?: bigint }).endsAt = 1_061n;
      for (let name = 1; name <= 100; name += 1) {
        collector.add(receipt(id, 1, name));
      }
    });
    const report = await collector.settle(chain);
    assert.equal(report.paid, 60 * sessions);
    assert.equal(report.refused.flatMap(({ receipts }) => receipts).length, 40 * sessions);
    assert.deepEqual([report.held, collector.pending], [[], 0]);
  });
}

test("what waits for money is not divided where the node has no gas for previews", async () => {
  const { chain, collector } = await setUp({ 1: 5n });
  chain.previews = false;
  [1, 2, 3, 4].forEach((name) => collector.add(receipt(1, 1, name)));
  await assert.rejects(collector.settle(chain), { code: "refused" });
  (chain.sessions.get(1) as { budget: bigint }).budget = 100n;
  const report = await collector.settle(chain);
  assert.deepEqual([report.paid, report.batches.length], [4, 1]);
});

test("a single receipt is never cut, whatever the chain says of it", async () => {
  const { chain, collector } = await setUp({ 1: 100n });
  (chain.sessions.get(1) as { refusal?: string }).refusal = "straddles";
  collector.add(receipt(1, 1, 1));
  const report = await collector.settle(chain);
  assert.deepEqual(
    report.held.map(({ outcome, receipts }) => [outcome, receipts]),
    [["straddles", 1]],
  );
  assert.equal(collector.pending, 1);
});

test("the rest of a netted group of which a part was settled goes on from where the lane stands", async () => {
  const { chain, collector } = await setUp({ 1: 100n }, { mode: "netted" });
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 1, name)));
  chain.trouble = "never arrives";
  await assert.rejects(collector.settle(chain));
  chain.trouble = "none";
  // An earlier batch of the first two reached the chain after all.
  (chain.sessions.get(1) as { next: bigint }).next = 2n;
  const report = await collector.settle(chain);
  assert.deepEqual([report.paid, report.held, collector.pending], [1, [], 0]);
  assert.equal(chain.sessions.get(1)?.next, 3n);
});

for (const strange of ["overtaken_by_aliens", { partial: {} }, { overlaps: { receipts: 1 } }, null, "toString"]) {
  test(`an outcome that this client does not know loses nothing: ${JSON.stringify(strange)}`, async () => {
    const { chain, collector, open } = await setUp({ 1: 100n, 2: 100n });
    [1, 2].forEach((session) => collector.add(receipt(session, 1, session)));
    const { submit } = chain;
    const spoilt = (response: billing.BatchResponse): billing.BatchResponse => ({
      ...response,
      outcomes: [{ outcome: strange as billing.Outcome, groups: 2 }],
    });
    chain.submit = async (...sent) => {
      const { txHash, response } = await submit(...sent);
      return { txHash, response: spoilt(response) };
    };
    await assert.rejects(collector.settle(chain), { code: "other_version" });
    assert.equal(collector.pending, 2);
    // A client that knows it finds the same answer again.
    chain.submit = submit;
    const next = await open();
    assert.equal((await next.settle(chain)).paid, 2);
    assert.equal(next.pending, 0);
  });
}

test("an answer about another number of groups is refused", async () => {
  const { chain, collector } = await setUp({ 1: 100n });
  collector.add(receipt(1, 1, 1));
  const { preview } = chain;
  chain.preview = async (batch) => {
    const response = await preview(batch);
    return response && { ...response, batch: null, outcomes: [] };
  };
  await assert.rejects(collector.settle(chain), { code: "other_version" });
  assert.equal(collector.pending, 1);
});

test("a lane that stands elsewhere is taken from the chain", async () => {
  const { chain, collector } = await setUp({ 1: 100n });
  (chain.sessions.get(1) as { next: bigint }).next = 41n;
  collector.add(receipt(1, 1, 1));
  await collector.settle(chain);
  assert.deepEqual([...chain.billed.keys()], ["1/41"]);
});

for (const trouble of ["answer lost", "never arrives", "crash before it leaves"] as const) {
  test(`a new process goes on after: ${trouble}`, async () => {
    const { chain, collector, open } = await setUp({ 1: 1_000n });
    [1, 2, 3].forEach((name) => collector.add(receipt(1, 4 - name, name)));
    chain.trouble = trouble;
    await assert.rejects(collector.settle(chain));
    chain.trouble = "none";

    const next = await open();
    assert.equal(next.pending, 3);
    [4, 5].forEach((name) => next.add(receipt(1, 1, name)));
    const report = await next.settle(chain);
    assert.equal(report.paid, 5, "the answer that was lost is found again");
    assert.equal(next.pending, 0);
    assert.deepEqual(billed(chain), [1n, 2n, 3n, 4n, 5n]);
  });
}

test("a stranger who settles the same bytes first does no harm", async () => {
  const { chain, collector } = await setUp({ 1: 1_000n });
  [1, 2].forEach((name) => collector.add(receipt(1, 1, name)));
  chain.trouble = "never arrives";
  await assert.rejects(collector.settle(chain));
  chain.trouble = "none";
  await chain.submit(chain.sent[0] as (typeof chain.sent)[0], [], async () => undefined);
  collector.add(receipt(1, 1, 3));
  await collector.settle(chain);
  assert.deepEqual(billed(chain), [1n, 2n, 3n]);
  assert.equal(collector.pending, 0);
});

test("a stranger who settles the same bytes again behind a top-up makes nothing be billed twice", async () => {
  const { chain, collector } = await setUp({ 1: 20n });
  // Two groups, of which the budget pays a part of the first.
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 1, name)));
  [4, 5].forEach((name) => collector.add(receipt(1, 2, name)));
  chain.trouble = "answer lost";
  await assert.rejects(collector.settle(chain));
  chain.trouble = "none";
  (chain.sessions.get(1) as { budget: bigint }).budget = 20n;
  await chain.submit(chain.sent[0] as (typeof chain.sent)[0], [], async () => undefined);

  const first = await collector.settle(chain);
  assert.deepEqual(
    first.held.map(({ outcome, receipts }) => [outcome, receipts]),
    [["exhausted", 1]],
  );
  assert.deepEqual(billed(chain), [1n, 2n, 3n, 4n]);
  (chain.sessions.get(1) as { budget: bigint }).budget = 1_000n;
  await collector.settle(chain);
  assert.deepEqual(billed(chain), [1n, 2n, 3n, 4n, 5n]);
  assert.equal(collector.pending, 0);
});

test("without previews a batch is sent as it is", async () => {
  const { chain, collector } = await setUp({ 1: 25n, 2: 100n });
  chain.previews = false;
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 1, name)));
  collector.add(receipt(2, 1, 4));
  assert.equal((await collector.settle(chain)).paid, 3);
});

test("without previews a batch that the chain refuses waits, and stops no other", async () => {
  const { chain, collector } = await setUp({ 1: 0n, 2: 100n }, { maxReceipts: 2 });
  chain.previews = false;
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 1, name)));
  collector.add(receipt(2, 1, 4));
  const first = await collector.settle(chain);
  assert.deepEqual([first.paid, billed(chain)], [1, [4n]]);
  assert.deepEqual(first.held, [
    { session: 1, outcome: "message_refused", receipts: 2, next: "nothing was settled: exhausted (a hint)" },
    { session: 1, outcome: "gap", receipts: 1, next: "receipts with lower numbers are missing: settle those first" },
  ]);
  await assert.rejects(collector.settle(chain), { code: "refused", reason: /exhausted/ });
  assert.equal(collector.pending, 3);
  (chain.sessions.get(1) as { budget: bigint }).budget = 30n;
  assert.equal((await collector.settle(chain)).paid, 3);
});

test("the store of another attester is refused", async () => {
  const { collector, store } = await setUp({ 1: 100n });
  await collector.save();
  await assert.rejects(Collector.open({ attester: 8, key, store }), { code: "invalid_input" });
});

test("a receipt that was settled comes with a proof that it is in its batch", async () => {
  const { chain, collector } = await setUp({ 1: 1_000n });
  [1, 2, 3].forEach((name) => collector.add(receipt(1, 4 - name, name)));
  const report = await collector.settle(chain);
  const { attester, batch, receipt: bytes, proof } = inclusionIn(report, receipt(1, 1, 3));
  assert.deepEqual([attester, batch, bytes], [7, 1, Buffer.from(encodeReceipt(receipt(1, 1, 3))).toString("base64")]);
  const root = decodeBatch((report.batches[0] as (typeof report.batches)[0]).signed.bytes).receiptsRoot;
  const siblings = proof.siblings.map((hash) => Uint8Array.from(Buffer.from(hash, "hex")));
  const path = { index: BigInt(proof.index), siblings };
  assert.ok(verifyProof(root, encodeReceipt(receipt(1, 1, 3)), 3n, path));
  assert.throws(() => inclusionIn(report, receipt(1, 1, 4)), { code: "invalid_input", next: /settle it first/ });

  // Settled by somebody else meanwhile, so that this report has no number for it.
  collector.add(receipt(1, 1, 5));
  chain.trouble = "never arrives";
  await assert.rejects(collector.settle(chain));
  chain.trouble = "none";
  await chain.submit(chain.sent[1] as (typeof chain.sent)[0], [], async () => undefined);
  const overtaken = await collector.settle(chain);
  assert.throws(() => inclusionIn(overtaken, receipt(1, 1, 5)), { code: "invalid_input", next: /`batches`/ });
});
