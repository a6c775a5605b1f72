/** What the chain says of all this; and everybody gets what is theirs. */

import assert from "node:assert/strict";
import { settleReceiptMessage } from "hub-client";
import { blob, metadata, NAMES, USDC } from "../fixture.js";
import { as, ledger, call, charge, coin, hub, id, ids, KEYS, open, recount, shares, step } from "./steps.js";

step("an author who calls a model of its own, and calls that cost nothing, are told apart", async () => {
  await open("to oneself", "author", USDC, 20_000n);
  const own = await call("to oneself", "committed");
  await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, own.receipt, 0)]);
  charge("to oneself", "committed", [own]);

  const sent = await as.author2.send([
    hub.registry.message("register_model", {
      name: "free",
      metadata: metadata("free"),
      terms: {
        price: { denom: USDC, per_call: "0", per_million_in: "0", per_million_out: "0" },
        operator_bps: 0,
        payees: [{ address: as.author2.address, bps: 10_000 }],
      },
      release: { major: 1, minor: 0, blob_id: blob("free").toString() },
    }),
  ]);
  ids.set("free", sent.answers[0].model);
  shares.set("free", [{ account: as.author2.address, bps: 10_000n }]);
  await open("for nothing", "caller", USDC, 1n);
  const free = await call("for nothing", "free");
  assert.equal(free.price, 0n);
  const { answers } = await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, free.receipt, 0)]);
  assert.deepEqual(answers, [{ outcome: "paid", amount: "0" }]);
  charge("for nothing", "free", [free]);
  const { sums } = await hub.billing.query.usage({ model: id("committed"), denom: USDC });
  assert.equal(sums.related, own.price.toString());
});

step("usage is what was counted beside the chain: models, days, releases, authors, attesters, the Hub", async () => {
  const authors = [as.author.address, as.author2.address, as.stranger.address];
  await recount.check(authors, [as.operator.address]);
});

step("in the end everybody withdraws what is theirs", async () => {
  for (const name of NAMES) {
    for (const denom of [USDC, coin]) {
      const amount = ledger.available(as[name].address, denom);
      if (amount > 0n) {
        await as[name].send([hub.escrow.message("withdraw", { denom })]);
        ledger.payOut(as[name].address, denom, amount);
      }
    }
  }
});
