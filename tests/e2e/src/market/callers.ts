/** Callers prepay, in coins and tokens, for themselves and for others. */

import assert from "node:assert/strict";
import { followSession, openSession, readSession } from "hub-client";
import { USDC } from "../fixture.js";
import { as, ledger, coin, hub, id, ids, open, RATES, refusing, step } from "./steps.js";

step("a caller deposits and opens a session in one transaction, with coins and with tokens", async () => {
  await open("native", "caller", USDC, 50_000n);
  await open("tokens", "caller2", coin, 40_000n);
  await open("refused token", "caller2", refusing, 40_000n);
  const status = await readSession(hub, id("tokens"));
  assert.deepEqual(
    [status.state, status.denom, status.left, status.payable, status.answer.caller],
    ["open", coin, 40_000n, 40_000n, as.caller2.address],
  );
});

step("from the balance, with a top-up, and for somebody else", async () => {
  await as.caller.send([hub.escrow.message("deposit", {}, [{ denom: "uusdc", amount: "30000" }])]);
  ledger.deposit(as.caller.address, as.caller.address, USDC, 30_000n);
  const { session } = await openSession(as.caller, {
    operator: as.operator.address,
    models: "any",
    maxPrice: RATES,
    denom: USDC,
    budget: 10_000n,
    lastsSeconds: 3_600,
    from: "balance",
  });
  ledger.open(session, as.caller.address, USDC, 10_000n);
  ids.set("any", session);
  const stop = new AbortController();
  const seen: bigint[] = [];
  const following = (async () => {
    for await (const { left } of followSession(hub, session, { everyMs: 100, signal: stop.signal })) {
      seen.push(left);
    }
  })();
  await as.caller.send([hub.escrow.message("top_up", { session, amount: "5000" })]);
  ledger.topUp(session, 5_000n);
  while (seen.length < 2) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop.abort();
  await following;
  assert.deepEqual(seen, [10_000n, 15_000n]);

  const gift = await openSession(as.caller2, {
    operator: as.operator.address,
    models: [id("committed")],
    denom: USDC,
    budget: 7_000n,
    lastsSeconds: 3_600,
    beneficiary: as.caller.address,
  });
  ledger.deposit(as.caller2.address, as.caller.address, USDC, 7_000n);
  ledger.open(gift.session, as.caller.address, USDC, 7_000n);
  ids.set("gift", gift.session);
  const { answer } = await readSession(hub, gift.session);
  assert.deepEqual([answer.caller, answer.funder], [as.caller.address, as.caller2.address]);

  await as.caller.send([hub.escrow.message("withdraw", { denom: USDC, amount: "1000", recipient: as.payee.address })]);
  ledger.payOut(as.caller.address, USDC, 1_000n, as.payee.address);
});
