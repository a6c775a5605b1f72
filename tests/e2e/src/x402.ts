/**
 * The published clients of x402 against `hub serve` on a real chain: unchanged, with one scheme registered. Every header is one by x402's
 * own schemas, nothing is paid twice, and whoever meddles with what the server says takes nothing.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { after, test } from "node:test";
import { wrapAxiosWithPayment, x402Client as ClientOfAxios } from "@x402/axios";
import { PaymentPayloadSchema, PaymentRequiredSchema } from "@x402/core/schemas";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from "@x402/fetch";
import axios from "axios";
import express from "express";
import { Hub, type HubAccount, openSession, readSession, wire } from "hub-client";
import { HubReader } from "hub-client/read";
import {
  HubPayments,
  memoryStore,
  PaymentError,
  type PaymentErrorCode,
  paymentErrorCode,
  type PaymentsOptions,
} from "hub-x402";
import { accountSource } from "hub-x402/account";
import { forward, quoteOf, sellerScheme } from "hub-x402/server";
import { NODE, ROOT, WORK, words } from "./node.js";
import { CANDLES, COST, serve, type Serving } from "./served.js";
import { runsBlock } from "./x402-readme.js";
import { deployment, SENDING, USDC, wallet } from "./fixture.js";

const USDC_LIMITS = { symbol: "USDC", decimals: 6, perCall: 1_000n, total: 100_000n, budget: 10n * COST };
const post = { method: "POST", body: CANDLES, headers: { "content-type": "application/json" } };

let hub: Hub;
let reader: HubReader;
let caller: HubAccount;
let served: Serving;
/** Every caller, by the sessions that it opened: what the chain must show in the end. */
const callers: HubPayments[] = [];

test("an operator publishes a model and serves it, by the command alone", async () => {
  hub = await Hub.connect(NODE.rpc, deployment());
  ({ hub: reader } = await HubReader.connect(NODE.rpc, deployment()));
  caller = await hub.account(await wallet(words("caller2")), SENDING);
  served = await serve("author2", "operator2");
});
after(async () => await served?.stop());

async function payer(options: Partial<PaymentsOptions> = {}): Promise<HubPayments> {
  const payments = await HubPayments.open({
    hub: reader,
    deployment: deployment(),
    source: accountSource(caller),
    store: memoryStore(),
    assets: { uusdc: USDC_LIMITS },
    ...options,
  });
  callers.push(payments);
  return payments;
}

const clientOf = (payments: HubPayments) => new x402Client().register("cosmos:*", payments.scheme);

/** A `fetch` that looks at the headers of everything that passes. */
function watched(seen: Record<"required" | "payload" | "response", number>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input as Request, init);
    const payload = request.headers.get("payment-signature");
    if (payload !== null) {
      PaymentPayloadSchema.parse(JSON.parse(atob(payload)));
      seen.payload += 1;
    }
    const response = await fetch(request);
    const required = response.headers.get("payment-required");
    if (required !== null) {
      const parsed = PaymentRequiredSchema.parse(JSON.parse(atob(required)));
      assert.equal(parsed.x402Version, 2);
      assert.equal(response.headers.get("payment-response"), null);
      seen.required += 1;
    }
    const settled = response.headers.get("payment-response");
    if (settled !== null) {
      const { success, transaction, network, payer, amount } = decodePaymentResponseHeader(settled);
      assert.deepEqual(
        [success, network, payer, amount, /^hub:\w+\/\d+\/[0-9a-f]{32}$/.test(transaction)],
        [true, `cosmos:${NODE.chainId}`, caller.address, COST.toString(), true],
      );
      seen.response += 1;
    }
    return response;
  };
}

test("x402's fetch calls a model, with a session opened by the way and every header in x402's own form", async () => {
  const seen = { required: 0, payload: 0, response: 0 };
  const payments = await payer({ fetch: watched(seen) });
  const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
  for (let calls = 1n; calls <= 3n; calls += 1n) {
    const response = await pay(served.infer, post);
    assert.equal(response.status, 200);
    const { outputs } = (await response.json()) as { outputs: [{ data: [number] }] };
    assert.ok(outputs[0].data[0] > 0 && outputs[0].data[0] < 1);
    const paid = payments.paid(response);
    assert.deepEqual([paid?.amount, paid?.charged, paid?.bodyChecked], [COST, calls * COST, true]);
  }
  assert.deepEqual(seen, { required: 3, payload: 3, response: 3 });
  const [session] = payments.sessions;
  assert.ok(session);
  assert.deepEqual([session.charged, session.ceiling], [3n * COST, 3n * COST]);
  const { answer } = await readSession(hub, session.session);
  assert.deepEqual(answer.models, { listed: [{ model: served.model, release: null }] });

  // And with nothing but the scheme.
  const bare = await wrapFetchWithPayment(fetch, clientOf(payments))(served.infer, post);
  assert.equal(bare.status, 200);
  assert.deepEqual(payments.spent("uusdc"), { total: 4n * COST, today: 4n * COST, open: 0n });
});

test("x402's axios does the same", async () => {
  const payments = await payer();
  const instance = axios.create({ adapter: "fetch", env: { fetch: payments.fetch } });
  const pay = wrapAxiosWithPayment(instance, new ClientOfAxios().register("cosmos:*", payments.scheme));
  const { data } = await pay.post(served.infer, CANDLES, { headers: post.headers });
  assert.equal(data.model_version, "1");
  assert.equal(payments.spent("uusdc").total, COST);
});

test("thirty calls, ten at a time: one session, topped up as it runs out, each paid once", async () => {
  const payments = await payer();
  const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay(served.infer, post)));
    assert.ok(answers.every(({ status }) => status === 200));
  }
  assert.deepEqual(payments.spent("uusdc"), { total: 30n * COST, today: 30n * COST, open: 0n });
  assert.equal(payments.sessions.length, 1);
  const { budget } = await readSession(hub, payments.sessions[0]?.session ?? 0);
  assert.ok(budget >= 30n * COST && budget <= 40n * COST, String(budget));
});

test("an answer that is lost is had again, and a restart with a call open pays once", async () => {
  const store = memoryStore();
  let lose = 1;
  const lossy: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    const response = await fetch(request.clone() as Request);
    if (request.headers.has("payment-signature") && lose > 0) {
      lose -= 1;
      await response.arrayBuffer();
      throw new TypeError("connection reset");
    }
    return response;
  };
  const payments = await payer({ store, fetch: lossy });
  const answer = await payments.call(served.infer, CANDLES);
  assert.deepEqual([answer.charged, payments.spent("uusdc").total], [COST, COST]);

  const requestId = wire.toHex(crypto.getRandomValues(new Uint8Array(16)));
  const hasty = await HubPayments.open({
    hub: reader,
    deployment: deployment(),
    store,
    assets: { uusdc: USDC_LIMITS },
    fetch: lossy,
    retries: 0,
  });
  lose = 1;
  const gone = await hasty.call(served.infer, CANDLES, { requestId }).catch((error: unknown) => error);
  assert.ok(gone instanceof PaymentError && gone.code === "unknown_outcome", String(gone));
  assert.equal(hasty.spent("uusdc").open, COST);
  callers.splice(callers.indexOf(payments), 1);
  const later = await payer({ store });
  assert.equal((await later.call(served.infer, CANDLES, { requestId })).charged, 2n * COST);
  assert.deepEqual(later.spent("uusdc"), { total: 2n * COST, today: 2n * COST, open: 0n });
});

test("each thing that can be wrong has a name, and costs nothing", async () => {
  const refused = async (options: Partial<PaymentsOptions>, code: string, url = served.infer) => {
    const payments = await payer(options);
    const error = await payments.call(url, CANDLES).catch((failure: unknown) => failure);
    assert.equal(paymentErrorCode(error), code, String(error));
    assert.equal(payments.spent("uusdc").total, 0n);
    return payments;
  };
  const elsewhere = { ...deployment(), chain_id: "other-1" };
  await refused({ deployment: elsewhere }, "wrong_chain");
  await refused({ assets: { untrn: { ...USDC_LIMITS } } }, "wrong_asset");
  await refused({ assets: { uusdc: { ...USDC_LIMITS, perCall: COST - 1n } } }, "over_limit");
  await refused({ assets: { uusdc: { ...USDC_LIMITS, total: COST - 1n } } }, "over_limit");
  for (const off of [-3_600, 3_600]) {
    await refused({ clock: () => Math.floor(Date.now() / 1_000) + off }, "clock_off");
  }
  await refused({}, "refused", `${served.url}/v2/models/999/infer`);
  await refused({}, "unreachable", "http://127.0.0.1:9/v2/models/1/infer");
  const { source: _, ...none } = { source: undefined };
  const unfunded = await HubPayments.open({
    hub: reader,
    deployment: deployment(),
    assets: { uusdc: USDC_LIMITS },
    ...none,
  });
  const error = await unfunded.call(served.infer, CANDLES).catch((failure: unknown) => failure);
  assert.equal(paymentErrorCode(error), "no_session");
});

/** A payer without an account, from a session that was opened for it. */
async function adopting(
  wish: { budget: bigint; lastsSeconds: number },
  options: Partial<PaymentsOptions> = {},
): Promise<{ payments: HubPayments; session: number }> {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const key = wire.SigningKey.ed25519(seed);
  const { operator } = await hub.billing.query.attester({ attester: await attester() });
  const ceiling = { key: key.publicKey };
  const { session } = await openSession(caller, { ...wish, operator, models: [served.model], denom: USDC, ceiling });
  const assets = { uusdc: USDC_LIMITS };
  const payments = await HubPayments.open({ hub: reader, deployment: deployment(), assets, ...options });
  callers.push(payments);
  await payments.adopt(session, { type: "ed25519", seed });
  return { payments, session };
}

async function isNamed(work: Promise<unknown>, code: PaymentErrorCode): Promise<PaymentError> {
  const failure = await work.catch((error: unknown) => error);
  assert.equal(paymentErrorCode(failure), code, String(failure));
  return failure as PaymentError;
}

test("a session without enough left, or at its end, pays for no further call, by name", async () => {
  const { payments } = await adopting({ budget: 2n * COST - 1n, lastsSeconds: 600 });
  await payments.call(served.infer, CANDLES);
  await isNamed(payments.call(served.infer, CANDLES), "session_exhausted");
  assert.equal(payments.spent("uusdc").total, COST);

  // Too near to its end for this client, and for the server; a clock that is behind learns it from the server.
  const short = await adopting({ budget: COST, lastsSeconds: 25 });
  await isNamed(short.payments.call(served.infer, CANDLES), "no_session");
  const behind = { clock: () => Math.floor(Date.now() / 1_000) - 60 };
  const late = await adopting({ budget: COST, lastsSeconds: 25 }, behind);
  const refused = await isNamed(late.payments.call(served.infer, CANDLES), "session_refused");
  assert.equal(refused.reason, "session_ended");
  assert.equal(short.payments.spent("uusdc").total + late.payments.spent("uusdc").total, 0n);
});

test("a session that is closed while a payment is on its way pays for that call, once, and for no other", async () => {
  const store = memoryStore();
  let session = 0;
  const closing: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    if (request.headers.has("payment-signature")) {
      await caller.send([hub.escrow.message("close_session", { session })]);
    }
    return await fetch(request);
  };
  const opened = await adopting({ budget: 10n * COST, lastsSeconds: 600 }, { store, fetch: closing });
  session = opened.session;
  const answer = await opened.payments.call(served.infer, CANDLES);
  assert.deepEqual([answer.amount, opened.payments.spent("uusdc").total], [COST, COST]);
  // It ends a minute later: whoever looks by then finds it at its end.
  const clock = () => Math.floor(Date.now() / 1_000) + 20;
  const assets = { uusdc: USDC_LIMITS };
  const later = await HubPayments.open({ hub: reader, deployment: deployment(), store, assets, clock });
  await isNamed(later.call(served.infer, CANDLES), "no_session");
  assert.equal(later.spent("uusdc").total, COST);
});

test("a server whose price is above what was agreed is paid nothing, and says so by its own word", async () => {
  // The server sees an agreement of yesterday: it compares with the price of now.
  const older: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    const header = request.headers.get("payment-signature");
    if (header === null) {
      return await fetch(request);
    }
    const payment = JSON.parse(atob(header)) as { accepted: { amount: string } };
    payment.accepted.amount = (COST - 1n).toString();
    request.headers.set("payment-signature", btoa(JSON.stringify(payment)));
    return await fetch(request);
  };
  const { payments, session } = await adopting({ budget: 10n * COST, lastsSeconds: 600 }, { fetch: older });
  const failure = await isNamed(payments.call(served.infer, CANDLES), "price_changed");
  assert.deepEqual([failure.atMost, payments.spent("uusdc").total], [0n, 0n]);
  assert.equal((await readSession(hub, session)).spent, 0n);
});

test("a server that is killed between a payment and its answer is paid once: killed before, in the middle and after", async () => {
  type Strike = "before" | number | "after" | undefined;
  let strike: Strike;
  /** Requests go to wherever the server runs by now. */
  const moved = (request: Request) => new Request(new URL(new URL(request.url).pathname, served.url), request);
  const again = async () => {
    await served.kill();
    served = await served.restart();
  };
  const struck: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    const now = request.headers.has("payment-signature") ? strike : undefined;
    if (now === undefined) {
      return await fetch(moved(request));
    }
    strike = undefined;
    if (now === "before") {
      await again();
    } else {
      const answered = fetch(moved(request.clone() as Request)).then((response) => response.arrayBuffer());
      answered.catch(() => undefined);
      await (typeof now === "number" ? new Promise((resolve) => setTimeout(resolve, now)) : answered);
      await again();
    }
    throw new TypeError("connection reset");
  };
  const { payments, session } = await adopting({ budget: 20n * COST, lastsSeconds: 600 }, { fetch: struck });
  const url = served.infer;
  const answers = new Set<string>();
  const strikes: Strike[] = ["before", 3];
  for (const [place, one] of strikes.entries()) {
    strike = one;
    const { charged, receipt } = await payments.call(url, CANDLES);
    answers.add(wire.toHex(receipt.requestId));
    assert.equal(charged, BigInt(place + 1) * COST, `killed ${one}`);
  }
  assert.equal(answers.size, strikes.length);
  assert.deepEqual(payments.spent("uusdc"), { total: 2n * COST, today: 2n * COST, open: 0n });

  // Gone for good: counted at its most until it is there again, and then it is the same call.
  const gone = await adopting({ budget: 20n * COST, lastsSeconds: 600 }, { fetch: struck, retries: 0 });
  strike = "after";
  const lost = await isNamed(gone.payments.call(url, CANDLES), "unknown_outcome");
  assert.deepEqual([lost.atMost, gone.payments.spent("uusdc").open], [COST, COST]);
  const requestId = lost.requestId ?? assert.fail("it names no call");
  const answer = await gone.payments.call(url, CANDLES, { requestId });
  assert.deepEqual([answer.charged, answer.requestId], [COST, requestId]);
  assert.deepEqual(gone.payments.spent("uusdc"), { total: COST, today: COST, open: 0n });
  assert.notEqual(session, gone.session);
});

/** The attester that serves. */
async function attester(): Promise<number> {
  const response = await fetch(`${served.url}/.well-known/hub.json`);
  return ((await response.json()) as { attester: number }).attester;
}

test("whoever changes what the server says takes at most one call's price, and is named", async () => {
  type Settled = { amount: string; extra: Record<string, string> };
  const lies: [string, (settled: Settled) => void, ((body: string) => string)?][] = [
    ["dishonest", (settled) => (settled.amount = (COST + 1n).toString())],
    ["dishonest", ({ extra }) => (extra["engine"] = "another")],
    ["dishonest", ({ extra }) => (extra["answerSignature"] = Buffer.alloc(64).toString("base64"))],
    ["dishonest", () => undefined, (body) => body.replace("volatility", "certainty")],
    ["overcharged", ({ extra }) => (extra["charged"] = (COST + 1n).toString())],
  ];
  for (const [code, lie, change] of lies) {
    const meddling: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const header = response.headers.get("payment-response");
      if (header === null) {
        return response;
      }
      const settled = JSON.parse(atob(header)) as Settled;
      lie(settled);
      const body = await response.text();
      const headers = { "payment-response": btoa(JSON.stringify(settled)) };
      return new Response(change?.(body) ?? body, { headers });
    };
    const payments = await payer({ fetch: meddling });
    callers.pop();
    const error = await payments.call(served.infer, CANDLES).catch((failure: unknown) => failure);
    assert.equal(paymentErrorCode(error), code, String(error));
    assert.ok(payments.spent("uusdc").total <= COST);
    const again = await payments.call(served.infer, CANDLES).catch((failure: unknown) => failure);
    assert.equal(paymentErrorCode(again), "distrusted");
    assert.ok(payments.sessions.every(({ ceiling }) => ceiling <= COST));
  }
});

test("a server of x402 that knows only the operator's address sells the model, and the buyer is charged once", async () => {
  const network = `cosmos:${NODE.chainId}` as const;
  const seller = new x402ResourceServer(new HTTPFacilitatorClient({ url: served.url }));
  seller.register(network, sellerScheme);
  const quote = (body: unknown) => quoteOf(served.infer, body as Uint8Array);
  const { payTo } = await quote(new TextEncoder().encode(CANDLES));
  const app = express();
  app.use(express.raw({ type: "application/json" }));
  const accepts = {
    scheme: "batch-settlement",
    network,
    payTo,
    price: async ({ adapter }: { adapter: { getBody?(): unknown } }) => (await quote(adapter.getBody?.())).price,
  };
  app.use(paymentMiddleware({ "POST /forecast": { accepts, description: "A forecast" } }, seller));
  app.post("/forecast", async (request, response) => {
    const payment = request.header("payment-signature") ?? "";
    const answer = await forward(served.infer, request.body as Uint8Array, payment);
    response.status(answer.status).type(answer.mimeType).send(Buffer.from(answer.body));
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/forecast`;
    const payments = await payer({ fetch: watched({ required: 0, payload: 0, response: 0 }) });
    const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
    for (let calls = 1n; calls <= 2n; calls += 1n) {
      const response = await pay(url, post);
      assert.equal(response.status, 200);
      assert.deepEqual([payments.paid(response)?.amount, payments.paid(response)?.bodyChecked], [COST, true]);
      assert.equal(payments.spent("uusdc").total, calls * COST);
    }
  } finally {
    server.close();
  }
});

test("the ten lines of the README pay, and their block of selling sells, as they stand", async () => {
  const ten = await runsBlock("Ten lines", served, {
    before: [
      `import { readFileSync } from "node:fs";`,
      `import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";`,
      `const rpc = process.env.HUB_RPC;`,
      `const deployment = JSON.parse(readFileSync(process.env.HUB_DEPLOYMENT, "utf8"));`,
      `const signer = await DirectSecp256k1HdWallet.fromMnemonic(process.env.HUB_MNEMONIC, { prefix: "wasm" });`,
      `const body = process.env.BODY;`,
    ],
  });
  assert.match(ten.said, /datatype: 'FP32'[^]* 102n \{ total: 102n, today: 102n, open: 0n \}/);

  const { payTo, network } = await quoteOf(served.infer, new TextEncoder().encode(CANDLES));
  const seller = await runsBlock("Selling a model", served, {
    before: [
      `import express from "express";`,
      `const app = express();`,
      `const [network, operator] = ${JSON.stringify([network, payTo])};`,
    ],
    after: [`const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));`],
  });
  try {
    const payments = await payer();
    const pay = wrapFetchWithPayment(payments.fetch, clientOf(payments));
    const response = await pay(`http://127.0.0.1:${Number(seller.said)}/forecast`, post);
    assert.equal(response.status, 200);
    assert.deepEqual([payments.paid(response)?.amount, payments.spent("uusdc").total], [COST, COST]);
  } finally {
    seller.stop();
  }
});

test("the agent of the examples buys forecasts, and goes on where it stopped", async () => {
  const tally = `${WORK}/agent-tally.json`;
  rmSync(tally, { force: true });
  const env = {
    ...process.env,
    HUB_RPC: NODE.rpc,
    HUB_DEPLOYMENT: `${WORK}/deployments/${NODE.chainId}.json`,
    HUB_MODEL_URL: served.infer,
    HUB_MNEMONIC: words("caller"),
    HUB_TALLY: tally,
    HUB_EVERY_SECONDS: "0.05",
    HUB_CALLS: "3",
  };
  const run = async () =>
    (await promisify(execFile)(process.execPath, [`${ROOT}examples/agent/ts/build/agent.js`], { env })).stdout;
  for (const first of [1n, 4n]) {
    const lines = (await run()).trim().split("\n");
    assert.equal(lines.length, 3);
    lines.forEach((line, place) => {
      const total = (first + BigInt(place)) * COST;
      assert.match(
        line,
        new RegExp(`^price [\\d.]+, next candle moves [\\d.]+ %: 102 uusdc, ${total} today, ${total} in all$`),
      );
    });
  }
});

test("what was called is settled on chain, to the last coin that the callers counted", async () => {
  await served.stop();
  for (const payments of callers) {
    for (const { session, charged } of payments.sessions) {
      assert.equal((await readSession(hub, session)).spent, charged, `session ${session}`);
    }
  }
});
