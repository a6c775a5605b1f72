/** Batches by hand: vouchers and top-ups cure what is held, and income goes into wallets. */

import assert from "node:assert/strict";
import {
  canonical,
  eventsOf,
  outcomeName,
  readSession,
  settleReceiptMessage,
  signVoucher,
  valueOf,
  VoucherPad,
} from "hub-client";
import { batchOf, payable, settle } from "../by-hand.js";
import { fails, USDC } from "../fixture.js";
import { as, ledger, call, charge, coin, hub, id, KEYS, open, refusing, step } from "./steps.js";

step("a voucher session pays up to what its caller signed, and no more", async () => {
  await open("vouchers", "caller", USDC, 100_000n, { ceiling: { key: KEYS.vouchers.publicKey } });
  const calls = [
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
  ];
  const receipts = calls.map(({ receipt }) => receipt);
  const batch = await batchOf(as.submitter, KEYS.attester, receipts);
  await fails(settle(as.submitter, batch), "refused", /voucher/);
  assert.equal(await payable(as.submitter, id("vouchers")), 0n);

  const [first, second, third] = calls.map(({ price }) => price) as [bigint, bigint, bigint];
  const pad = new VoucherPad(hub.domain, KEYS.vouchers, id("vouchers"));
  pad.raise(first);
  const two = await settle(as.submitter, batch, [pad.raise(second)]);
  assert.deepEqual([two.answer.paid, two.answer.outcomes.map(({ outcome }) => outcomeName(outcome))], [2, ["partial"]]);
  charge("vouchers", "committed", calls.slice(0, 2));

  // A voucher for another chain raises nothing, however much it says.
  const elsewhere = { chainId: "other-1", contract: canonical(hub.billing.address) };
  const forged = signVoucher(elsewhere, KEYS.vouchers, id("vouchers"), 1n << 100n);
  await fails(settle(as.submitter, batch, [forged]), "refused", /voucher/);

  // The same bytes again: what was billed is done with, and the rest is billed.
  const rest = await settle(as.submitter, batch, [pad.raise(third)]);
  assert.equal(rest.answer.paid, 1);
  charge("vouchers", "committed", calls.slice(2));

  await as.caller.send([hub.escrow.message("raise_ceiling", { session: id("vouchers"), ceiling: "90000" })]);
  assert.equal((await readSession(hub, id("vouchers"))).ceiling, 90_000n);
});

step("a session that runs dry pays the rest of its receipts when it is topped up", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 6; place += 1) {
    calls.push(await call("native", place % 2 === 0 ? "committed" : "shared", undefined, "attester2"));
  }
  const price = calls.reduce((sum, { price }) => sum + price, 0n);
  const dry = await open("dry", "caller2", USDC, price - 1n);
  const receipts = calls.map(({ receipt }) => ({ ...receipt, session: BigInt(dry) }));
  const batch = await batchOf(as.submitter, KEYS.attester2, receipts);
  assert.equal((await settle(as.submitter, batch)).answer.paid, 5);
  // In the order of the batch: by model.
  const sorted = ["committed", "shared"].flatMap((model) =>
    calls.filter(({ receipt }) => receipt.model === BigInt(id(model))),
  );
  for (const one of sorted.slice(0, 5)) {
    charge("dry", one.receipt.model === BigInt(id("committed")) ? "committed" : "shared", [one]);
  }
  const last = sorted[5]?.price ?? 0n;
  assert.equal(await payable(as.submitter, dry), last - 1n);

  await as.caller2.send([
    hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "10" }]),
    hub.escrow.message("top_up", { session: dry, amount: "10" }),
  ]);
  ledger.deposit(as.caller2.address, as.caller2.address, USDC, 10n);
  ledger.topUp(dry, 10n);
  assert.equal((await settle(as.submitter, batch)).answer.paid, 1);
  charge("dry", "shared", sorted.slice(5));
});

step("the author is paid into the wallet behind the batch, by whoever sends it", async () => {
  await as.author.send([hub.escrow.message("set_auto_payout", { denom: coin, on: true })]);
  await as.author2.send([hub.escrow.message("set_auto_payout", { denom: refusing, on: true })]);
  await as.payee.send([hub.escrow.message("set_auto_payout", { denom: refusing, on: true })]);

  const { receipt, price } = await call("tokens", "in-tokens");
  const sent = await as.stranger.send([
    settleReceiptMessage(hub, KEYS.attester, receipt, 0),
    hub.escrow.message("payout", {
      denom: coin,
      accounts: [as.author.address, as.operator.address, as.author.address, "nobody"],
    }),
  ]);
  charge("tokens", "in-tokens", [{ receipt, price }]);
  const paid = ledger.available(as.author.address, coin);
  assert.deepEqual(sent.answers[1], {
    sent: [{ account: as.author.address, amount: paid.toString() }],
    skipped: [
      { account: as.operator.address, reason: "not_opted_in" },
      { account: as.author.address, reason: "repeated" },
      { account: "nobody", reason: "not_an_address" },
    ],
  });
  ledger.payOut(as.author.address, coin, paid);
});

step("a payee whose token refuses it stops nobody, and keeps what it earned", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 4; place += 1) {
    calls.push(await call("refused token", "refused"));
  }
  charge("refused token", "refused", calls);
  const batch = await batchOf(
    as.submitter,
    KEYS.attester,
    calls.map(({ receipt }) => receipt),
  );
  const payout = hub.escrow.message("payout", { denom: refusing, accounts: [as.payee.address, as.author2.address] });
  const { txHash } = await settle(as.submitter, batch, [], [payout]);
  const sent = await as.submitter.resume(txHash);
  const failed = eventsOf(sent.events, hub.escrow.address, "hub_payout_failed");
  assert.deepEqual(
    failed.map((event) => [valueOf(event, "account"), valueOf(event, "amount")]),
    [[as.payee.address, ledger.available(as.payee.address, refusing).toString()]],
  );
  ledger.payOut(as.author2.address, refusing, ledger.available(as.author2.address, refusing));

  // Whom the token refuses sends it elsewhere.
  await fails(as.payee.send([hub.escrow.message("withdraw", { denom: refusing })]), "refused", /receives nothing/);
  const amount = ledger.available(as.payee.address, refusing);
  await as.payee.send([hub.escrow.message("withdraw", { denom: refusing, recipient: as.author.address })]);
  ledger.payOut(as.payee.address, refusing, amount, as.author.address);
});
