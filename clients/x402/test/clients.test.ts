/** The published clients of x402, unchanged, with one scheme. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapAxiosWithPayment, x402Client as x402ClientOfAxios } from "@x402/axios";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import { PaymentPayloadSchema, PaymentRequiredSchema } from "@x402/core/schemas";
import axios from "axios";
import { type HubPayments, paymentErrorCode } from "../src/index.js";
import { BODY, COST, MOST, StandIn, URL_OF_MODEL } from "./stand-in.js";

const post = { method: "POST", body: BODY, headers: { "content-type": "application/json" } };

function clientOf(payments: HubPayments): x402Client {
  return new x402Client().register("cosmos:*", payments.scheme);
}

/** axios over a `fetch`. */
function axiosOver(payments: HubPayments) {
  const instance = axios.create({ adapter: "fetch", env: { fetch: payments.fetch } });
  const client = new x402ClientOfAxios().register("cosmos:*", payments.scheme);
  return wrapAxiosWithPayment(instance, client);
}

test("x402's fetch pays with nothing but the scheme registered", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  const pay = wrapFetchWithPayment(hub.fetch, clientOf(payments));
  for (const expected of [COST, 2n * COST]) {
    const response = await pay(URL_OF_MODEL, post);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { outputs: [4] });
    assert.deepEqual(payments.spent("uusdc"), { total: expected, today: expected, open: 0n });
  }
  assert.deepEqual(hub.vouchers, [MOST, COST + MOST]);
});

test("over the package's own fetch the body is held against the receipt too", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
  const response = await pay(URL_OF_MODEL, post);
  const paid = payments.paid(response);
  assert.equal(paid?.amount, COST);
  assert.equal(paid?.bodyChecked, true);
  assert.deepEqual(await response.json(), { outputs: [4] });

  hub.lies = { body: () => '{"outputs":[5]}' };
  const lied = await pay(URL_OF_MODEL, post).catch((error: unknown) => error);
  assert.equal(paymentErrorCode(lied), "dishonest");
});

test("x402's axios pays, and its answers are checked in the same way", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  const pay = axiosOver(payments);
  const { data } = await pay.post(URL_OF_MODEL, BODY, { headers: post.headers });
  assert.deepEqual(data, { outputs: [4] });
  assert.deepEqual(payments.spent("uusdc"), { total: COST, today: COST, open: 0n });
  hub.lies = { settled: (settled) => void (settled["amount"] = MOST.toString()) };
  const lied = await pay.post(URL_OF_MODEL, BODY).catch((error: unknown) => error);
  assert.equal(paymentErrorCode(lied), "dishonest");
});

test("eight calls at once are paid once each, under ceilings no higher than they need", async () => {
  const hub = new StandIn();
  hub.together = 8;
  const payments = await hub.callerWith(8n * MOST);
  const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
  const answers = await Promise.all(Array.from({ length: 8 }, () => pay(URL_OF_MODEL, post)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(8).fill(200),
  );
  assert.equal(hub.ran, 8);
  assert.deepEqual([...hub.signed.values()], [8n * MOST]);
  assert.deepEqual(payments.spent("uusdc"), { total: 8n * COST, today: 8n * COST, open: 0n });
});

test("a correction is followed through x402's fetch, with the old requirements that it passes on", async () => {
  const hub = new StandIn();
  let hidden = true;
  hub.known = () => !hidden;
  // Opened on demand a moment ago, so that the server may not have seen it.
  const payments = await hub.caller({ source: hub.source() });
  setTimeout(() => (hidden = false), 500);
  const response = await wrapFetchWithPayment(hub.fetch, clientOf(payments))(URL_OF_MODEL, post);
  assert.equal(response.status, 200);
  assert.deepEqual([hub.arrived, hub.ran], [2, 1]);
  assert.equal(payments.spent("uusdc").open, 0n);
});

test("limits hold through x402's clients, and the failure has a name there too", async () => {
  const hub = new StandIn();
  const small = { uusdc: { symbol: "USDC", decimals: 6, perCall: MOST - 1n, total: 100_000n } };
  const payments = await hub.callerWith(1_000n, { assets: small });
  for (const pay of [
    () => wrapFetchWithPayment(payments.fetch, clientOf(payments))(URL_OF_MODEL, post),
    () => axiosOver(payments).post(URL_OF_MODEL, BODY),
  ]) {
    const error = await pay().catch((failure: unknown) => failure);
    assert.equal(paymentErrorCode(error), "over_limit");
  }
  // x402's own cap of a dollar a payment counts in the asset's decimals.
  const dear = { uusdc: { symbol: "USDC", decimals: 2, perCall: 1_000n, total: 100_000n } };
  const other = await hub.callerWith(1_000n, { assets: dear });
  const error = await wrapFetchWithPayment(hub.fetch, clientOf(other))(URL_OF_MODEL, post).catch((e: unknown) => e);
  assert.equal(paymentErrorCode(error), "over_limit");
  assert.equal(hub.arrived, 0);
});

test("an asset that is in no table is refused by x402's client, and by the scheme where that lets it pass", async () => {
  const hub = new StandIn();
  hub.lies = { required: ({ accepts }) => (accepts[0].asset = "uatom") };
  const payments = await hub.callerWith(1_000n);
  const strict = clientOf(payments);
  const loose = clientOf(payments).setSpendControls(false);
  for (const client of [strict, loose]) {
    const error = await wrapFetchWithPayment(hub.fetch, client)(URL_OF_MODEL, post).catch((e: unknown) => e);
    assert.equal(paymentErrorCode(error), "wrong_asset");
  }
  assert.equal(hub.arrived, 0);
});

test("the headers are those of x402's own schemas", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  const seen: unknown[] = [];
  const spy: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    const sent = request.headers.get("payment-signature");
    const response = await hub.fetch(request);
    const asked = response.headers.get("payment-required");
    if (asked !== null) {
      seen.push(PaymentRequiredSchema.parse(JSON.parse(atob(asked))));
    }
    if (sent !== null) {
      seen.push(PaymentPayloadSchema.parse(JSON.parse(atob(sent))));
    }
    return response;
  };
  await wrapFetchWithPayment(spy, clientOf(payments))(URL_OF_MODEL, post);
  assert.equal(seen.length, 2);
});
