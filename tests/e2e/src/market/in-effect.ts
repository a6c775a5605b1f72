/** What was announced has taken effect. */

import assert from "node:assert/strict";
import { readSession, settleReceiptMessage } from "hub-client";
import { fails, USDC } from "../fixture.js";
import { closedAt, last, risesAt } from "./announced.js";
import { as, ledger, call, charge, hub, id, KEYS, step, waitUntil } from "./steps.js";

step("the rest of a session that was closed goes back", async () => {
  const session = id("closing");
  await waitUntil(closedAt);
  assert.equal((await readSession(hub, session)).state, "ended");
  await fails(as.caller2.send([hub.escrow.message("release_session", { session })]), "refused", /by anyone from/);
  await as.operator.send([hub.escrow.message("release_session", { session })]);
  ledger.release(session);
  const rest = ledger.available(as.caller2.address, USDC);
  await as.caller2.send([hub.escrow.message("withdraw", { denom: USDC })]);
  ledger.payOut(as.caller2.address, USDC, rest);
  await fails(
    as.submitter.send([settleReceiptMessage(hub, KEYS.attester, last.receipt, 1)]),
    "refused",
    /unknown_session/,
  );
});

step("a dearer price holds after its notice, for receipts issued from then on", async () => {
  await waitUntil(risesAt);
  const offer = await hub.offer(id("shared"));
  assert.deepEqual([offer.terms, offer.rates.perCall, offer.until], [2, 500n, undefined]);
  const { receipt, price } = await call("gift", "committed");
  const { lanes } = await readSession(hub, id("gift"));
  assert.equal(lanes.size, 0);
  await as.submitter.send([settleReceiptMessage(hub, KEYS.attester, receipt, 0)]);
  charge("gift", "committed", [{ receipt, price }]);

  const old = await call("big 0", "shared", { ...offer, terms: 1 });
  const dear = await call("big 0", "shared", offer);
  const settle = (one: typeof old, sequence: number) =>
    as.submitter.send([settleReceiptMessage(hub, KEYS.attester, one.receipt, sequence)]);
  assert.equal((await settle(old, 0)).answers[0].outcome, "terms_not_in_force");
  const paid = await settle(dear, 1);
  assert.deepEqual(paid.answers, [{ outcome: "paid", amount: dear.price.toString() }]);
  charge("big 0", "shared", [dear]);
});
