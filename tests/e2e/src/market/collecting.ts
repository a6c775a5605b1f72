/** Collectors settle, vouchers and top-ups cure what is held, and income goes into wallets. */

import assert from "node:assert/strict";
import {
  canonical,
  Collector,
  eventsOf,
  readSession,
  requireSession,
  settlementBy,
  settleReceiptMessage,
  signVoucher,
  valueOf,
  VoucherPad,
  wire,
} from "hub-client";
import { fails, USDC } from "../fixture.js";
import { as, ledger, call, charge, coin, hub, id, KEYS, open, refusing, step } from "./steps.js";

step("a voucher session pays up to what its caller signed, and no more", async () => {
  await open("vouchers", "caller", USDC, 100_000n, { ceiling: { key: KEYS.vouchers.publicKey } });
  const calls = [
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
    await call("vouchers", "committed"),
  ];
  const collector = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  calls.forEach(({ receipt }) => collector.add(receipt));

  const nothing = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([nothing.paid, nothing.held[0]?.outcome], [0, "voucher_missing"]);
  await fails(requireSession(hub, id("vouchers")), "voucher_missing", /sign a voucher/);

  const [first, second, third] = calls.map(({ price }) => price) as [bigint, bigint, bigint];
  const pad = new VoucherPad(hub.domain, KEYS.vouchers, id("vouchers"));
  pad.raise(first);
  collector.voucher(pad.raise(second));
  const two = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([two.paid, two.held[0]?.outcome, two.held[0]?.receipts], [2, "partial", 1]);
  charge("vouchers", "committed", calls.slice(0, 2));

  collector.voucher(
    signVoucher(
      { chainId: "other-1", contract: canonical(hub.billing.address) },
      KEYS.vouchers,
      id("vouchers"),
      1n << 100n,
    ),
  );
  const forged = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([forged.paid, forged.held[0]?.outcome], [0, "voucher_missing"]);

  const again = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  again.add(calls[2]?.receipt as wire.Receipt);
  again.voucher(pad.raise(third));
  assert.equal((await again.settle(settlementBy(as.submitter))).paid, 1);
  charge("vouchers", "committed", calls.slice(2));

  await as.caller.send([hub.escrow.message("raise_ceiling", { session: id("vouchers"), ceiling: "90000" })]);
  assert.equal((await readSession(hub, id("vouchers"))).ceiling, 90_000n);
});

step("a session that runs dry holds the rest of its receipts until it is topped up", async () => {
  const calls: Awaited<ReturnType<typeof call>>[] = [];
  for (let place = 0; place < 6; place += 1) {
    calls.push(await call("native", place % 2 === 0 ? "committed" : "shared", undefined, "attester2"));
  }
  const price = calls.reduce((sum, { price }) => sum + price, 0n);
  const dry = await open("dry", "caller2", USDC, price - 1n);
  let saved: string | undefined;
  const store = { load: async () => saved, save: async (state: string) => void (saved = state) };
  const collector = await Collector.open({ attester: id("attester2"), key: KEYS.attester2, store });
  calls.forEach(({ receipt }) => collector.add({ ...receipt, session: BigInt(dry) }));
  const first = await collector.settle(settlementBy(as.submitter));
  assert.deepEqual([first.paid, first.held.length], [5, 1]);
  // In the order of the batch: by model.
  const sorted = ["committed", "shared"].flatMap((model) =>
    calls.filter(({ receipt }) => receipt.model === BigInt(id(model))),
  );
  for (const one of sorted.slice(0, 5)) {
    charge("dry", one.receipt.model === BigInt(id("committed")) ? "committed" : "shared", [one]);
  }
  await fails(requireSession(hub, dry, { amount: 1_000_000n }), "session_exhausted", /top it up/);

  await as.caller2.send([
    hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "10" }]),
    hub.escrow.message("top_up", { session: dry, amount: "10" }),
  ]);
  ledger.deposit(as.caller2.address, as.caller2.address, USDC, 10n);
  ledger.topUp(dry, 10n);
  // Another process goes on from the store.
  const next = await Collector.open({ attester: id("attester2"), key: KEYS.attester2, store });
  assert.equal(next.pending, 1);
  assert.equal((await next.settle(settlementBy(as.submitter))).paid, 1);
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
  const collector = await Collector.open({ attester: id("attester"), key: KEYS.attester });
  for (let place = 0; place < 4; place += 1) {
    const { receipt, price } = await call("refused token", "refused");
    collector.add(receipt);
    charge("refused token", "refused", [{ receipt, price }]);
  }
  const payout = hub.escrow.message("payout", { denom: refusing, accounts: [as.payee.address, as.author2.address] });
  const { batches } = await collector.settle(settlementBy(as.submitter, [payout]));
  const sent = await as.submitter.resume(batches[0]?.txHash ?? "");
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
