/** Receipts and batches, signed by hand: paid, proven, replayed, forged. */

import assert from "node:assert/strict";
import {
  canonical,
  type Denom,
  eventsOf,
  inclusion,
  type Offer,
  openSessionMessage,
  priceOf,
  receiptFor,
  settleBatchMessage,
  settleReceiptMessage,
  signBatch,
  type SignedBatch,
  valueOf,
  wire,
} from "hub-client";
import { type Billed } from "../recount.js";
import { blob, fails, USDC } from "../fixture.js";
import { last } from "./announced.js";
import { as, ledger, call, charge, coin, hub, id, ids, KEYS, step } from "./steps.js";

let single: Billed;

step("a single receipt pays author, payee and operator in the same transaction", async () => {
  single = await call("native", "committed");
  const sent = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, single.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "paid", amount: single.price.toString() }]);
  charge("native", "committed", [single]);
  const event = eventsOf(sent.events, hub.billing.address, "hub_receipt")[0];
  assert.equal(event && valueOf(event, "blob_id"), blob("committed, second").toString());
});

step("the same receipt again is stale and moves nothing", async () => {
  const sent = await as.stranger.send([settleReceiptMessage(hub, KEYS.attester, single.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "stale", amount: "0" }]);
});

/** Models that the large batch is about. */
const MODELS = ["committed", "shared", "in-tokens"];
const RECEIPTS = 10_000;
let bigReceipts: readonly wire.Receipt[] = [];
let bigBatch: SignedBatch;

/** Ten sessions in one transaction, eight in coins and two in tokens. */
async function openTen(): Promise<number[]> {
  const now = await hub.now();
  const denoms = Array.from({ length: 10 }, (_, place) => (place < 8 ? USDC : coin));
  const wish = { operator: as.operator.address, models: MODELS.map(id), budget: 20_000_000n, lastsSeconds: 3_600 };
  const { answers } = await as.caller.send(denoms.map((denom) => openSessionMessage(hub, { ...wish, denom }, now)));
  return answers.map(({ session }, place) => {
    const denom = denoms[place] as Denom;
    ids.set(`big ${place}`, session);
    ledger.deposit(as.caller.address, as.caller.address, denom, wish.budget);
    ledger.open(session, as.caller.address, denom, wish.budget);
    return session;
  });
}

/** Receipts with their prices, spread over the ten sessions and three models. */
async function tenThousandCalls(): Promise<Billed[]> {
  const offers = new Map(await Promise.all(MODELS.map(async (model) => [model, await hub.offer(id(model))] as const)));
  const now = await hub.now();
  return Array.from({ length: RECEIPTS }, (_, place) => {
    const model = place % 10 >= 8 ? "in-tokens" : (MODELS[Math.floor(place / 10) % 2] as string);
    const offer = offers.get(model) as Offer;
    const units = { input: BigInt(50 + ((place * 331) % 3_950)), output: BigInt(20 + ((place * 127) % 1_480)) };
    const receipt = receiptFor({
      attester: id("attester2"),
      session: id(`big ${place % 10}`),
      offer,
      units,
      request: Uint8Array.of(place & 255, place >> 8),
      response: Uint8Array.of(1),
      issuedAt: now - (place % 3),
    });
    return { receipt, price: priceOf(offer.rates, units) };
  });
}

step("a batch of 10 000 receipts over ten sessions and three models, sent by somebody else", async () => {
  const sessions = await openTen();
  const calls = await tenThousandCalls();
  const builder = new wire.BatchBuilder(BigInt(id("attester2")));
  sessions.forEach((session) => builder.next(BigInt(session), 0n));
  calls.forEach(({ receipt }) => builder.push(receipt));
  const { batch, bytes, receipts } = builder.build("itemised");
  bigReceipts = receipts;
  bigBatch = signBatch(hub.domain, KEYS.attester2, bytes);

  const preview = await hub.billing.query.previewBatch({ batch: Buffer.from(bytes).toString("base64") });
  assert.equal(preview.paid, RECEIPTS);
  const sent = await as.submitter.send([settleBatchMessage(hub, bigBatch)]);
  const [response] = sent.answers;
  assert.deepEqual(response.outcomes, [{ outcome: "paid", groups: batch.groups.length }]);
  assert.deepEqual([response.offered, response.paid, response.batch], [RECEIPTS, RECEIPTS, 1]);
  console.log(`  10 000 receipts: ${bytes.length} bytes, ${sent.gasUsed} gas, ${Number(sent.gasUsed) / RECEIPTS} each`);
  // In the order of the batch: whose turn it is at a model's next unit depends on it.
  for (const { session, model } of batch.groups) {
    const name = MODELS.find((one) => BigInt(id(one)) === model) ?? "";
    const group = calls.filter(({ receipt }) => receipt.session === session && receipt.model === model);
    charge(`big ${sessions.indexOf(Number(session))}`, name, group);
  }
  const usage = await hub.billing.query.usage({ model: id("committed"), denom: USDC });
  assert.equal(BigInt(usage.sums.gross), ledger.gross(id("committed"), USDC));
});

step("anyone can prove that one of them was in it", async () => {
  const index = 7_321;
  const fields = inclusion(bigReceipts, index);
  assert.ok(fields);
  const batch = { attester: id("attester2"), batch: 1 };
  const found = await hub.billing.query.verifyInclusion({ ...batch, ...fields });
  assert.deepEqual([found.offered, found.paid], [10_000, 10_000]);
  const wrong = { ...fields, proof: { ...fields.proof, index: index - 1 } };
  await fails(hub.billing.query.verifyInclusion({ ...batch, ...wrong }), "refused", /does not lead from this receipt/);
});

step("a replay of the batch succeeds, records nothing and moves nothing", async () => {
  const sent = await as.stranger.send([settleBatchMessage(hub, bigBatch)]);
  assert.deepEqual([sent.answers[0].paid, sent.answers[0].batch], [0, null]);
  assert.equal(eventsOf(sent.events, hub.billing.address, "hub_settle").length, 0);
});

step("signatures for another chain, another contract and by another key are refused", async () => {
  const { receipt } = await call("native", "committed");
  const { bytes } = new wire.BatchBuilder(receipt.attester).next(receipt.session, 1n).push(receipt).build("itemised");
  const billing = canonical(hub.billing.address);
  const wrong = [
    signBatch({ chainId: "other-1", contract: billing }, KEYS.attester, bytes),
    signBatch({ chainId: hub.chainId, contract: canonical(hub.escrow.address) }, KEYS.attester, bytes),
    signBatch(hub.domain, KEYS.attester2, bytes),
  ];
  for (const batch of wrong) {
    await fails(
      as.submitter.send([settleBatchMessage(hub, batch)]),
      "refused",
      /the signature does not verify for attester 1/,
    );
  }
});

step("what was issued in a session before it was closed is still paid", async () => {
  const sent = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, last.receipt, 0)]);
  assert.deepEqual(sent.answers, [{ outcome: "paid", amount: last.price.toString() }]);
  charge("closing", "committed", [last]);
});
