/** Servers that mean harm, and what only looks like it: each call is named, and takes at most one call's price. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import * as wire from "hub-client/wire";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import {
  type HubPayments,
  memoryStore,
  PaymentError,
  type PaymentErrorCode,
  paymentErrorCode,
  type PaymentsOptions,
} from "../src/index.js";
import { BODY, COST, MOST, StandIn, URL_OF_MODEL } from "./stand-in.js";

const ID = "ab".repeat(16);

async function fails(work: Promise<unknown>, code: PaymentErrorCode, says = /./): Promise<PaymentError> {
  const failure: unknown = await work.then(
    () => assert.fail(`expected ${code}`),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof PaymentError, String(failure));
  assert.equal(failure.code, code, failure.message);
  assert.match(failure.message, says);
  return failure;
}

/** A server that answers to payments as it likes, and honestly to all else. */
async function against(
  answer: (request: Request, signal: AbortSignal) => Promise<Response> | Response,
  options: Partial<PaymentsOptions> = {},
): Promise<{ hub: StandIn; payments: HubPayments; paid: () => number }> {
  const hub = new StandIn();
  let paid = 0;
  const meddling: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    if (!request.headers.has("payment-signature")) {
      return await hub.fetch(request);
    }
    paid += 1;
    return await answer(request, request.signal);
  };
  const payments = await hub.callerWith(10_000n, { fetch: meddling, ...options });
  return { hub, payments, paid: () => paid };
}

function isCountedAtItsMost(payments: HubPayments): void {
  assert.deepEqual(payments.spent("uusdc"), { total: MOST, today: MOST, open: MOST });
  assert.ok(payments.sessions.every(({ ceiling }) => ceiling <= MOST));
}

/** A body that goes on for ever, as fast as it is read or a byte at a time. */
function endless(pauseMs?: number): {
  body: ReadableStream<Uint8Array>;
  sent: () => number;
  isCancelled: () => boolean;
} {
  let sent = 0;
  let isCancelled = false;
  const chunk = new TextEncoder().encode("data: more\n\n".repeat(pauseMs === undefined ? 5_000 : 1));
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (pauseMs !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      sent += chunk.length;
      controller.enqueue(chunk);
    },
    cancel: () => void (isCancelled = true),
  });
  return { body, sent: () => sent, isCancelled: () => isCancelled };
}

// --- Answers that never come, or never end ----------------------------------------------------------

test("a server that never answers is left after the time that the user gave", async () => {
  // What sends the request may heed the signal or not.
  const deaf = () => new Promise<Response>(() => undefined);
  const heeding = (_: Request, signal: AbortSignal) =>
    new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  for (const never of [deaf, heeding]) {
    const { payments, paid } = await against(never, { maxSeconds: 0.2, retries: 1 });
    await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome", /no answer within 0.2 s/);
    assert.equal(paid(), 2);
    isCountedAtItsMost(payments);
    const unpaid = await new StandIn().callerWith(1_000n, { fetch: deaf, maxSeconds: 0.2 });
    await fails(unpaid.call(URL_OF_MODEL, BODY), "unreachable", /no answer within 0.2 s/);
    assert.equal(unpaid.spent("uusdc").total, 0n);
  }
});

test("an answer that comes a byte at a time is left as well", async () => {
  const { payments } = await against(() => new Response(endless(5).body), { maxSeconds: 0.2, retries: 0 });
  await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome", /no answer within 0.2 s/);
  isCountedAtItsMost(payments);
});

test("an answer without end is cut off, asked for once, and whatever kind it is of", async () => {
  for (const [status, type] of [
    [200, "application/json"],
    [200, "text/event-stream"],
    [402, "application/json"],
    [500, "text/plain"],
  ] as const) {
    const streams: ReturnType<typeof endless>[] = [];
    const more = () => {
      const stream = endless();
      streams.push(stream);
      return new Response(stream.body, { status, headers: { "content-type": type } });
    };
    const { payments, paid } = await against(more, { maxAnswer: 1_000_000 });
    await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome", /more than 1000000 bytes/);
    assert.equal(paid(), 1);
    assert.ok(streams.every((stream) => stream.sent() < 2_000_000 && stream.isCancelled()));
    isCountedAtItsMost(payments);
  }
});

test("what a server says without end before it is paid, or when it is asked what became of a call, is cut off", async () => {
  const hub = new StandIn();
  const quarrel = endless();
  const payments = await hub.callerWith(1_000n, {
    fetch: async () => new Response(quarrel.body, { status: 400 }),
  });
  await fails(payments.call(URL_OF_MODEL, BODY), "refused");
  assert.ok(quarrel.sent() < 3_000_000 && quarrel.isCancelled(), String(quarrel.sent()));

  const other = new StandIn();
  const receipts = endless();
  const asked: RequestRedirect[] = [];
  const lossy = await other.callerWith(1_000n, {
    retries: 0,
    fetch: async (input, init) => {
      const request = new Request(input as Request, init);
      if (request.method === "GET") {
        asked.push(request.redirect);
        return new Response(receipts.body);
      }
      return await other.fetch(request);
    },
  });
  other.lose = 1;
  await fails(lossy.call(URL_OF_MODEL, BODY), "unknown_outcome");
  assert.equal(await lossy.reconcile(), 1);
  assert.ok(receipts.sent() < 3_000_000 && receipts.isCancelled(), String(receipts.sent()));
  assert.deepEqual(asked, ["error"]);
});

// --- Elsewhere --------------------------------------------------------------------------------------

async function listening(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

test("neither a payment nor a request is led to another server", async () => {
  let led = 0;
  const other = await listening((_, response) => {
    led += 1;
    response.end("{}");
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const leading = await listening((_, response) => response.writeHead(status, { location: other.url }).end());
    const send: typeof fetch = (input, init) => {
      const request = new Request(input as Request, init);
      return fetch(new Request(leading.url, { method: "POST", headers: request.headers, redirect: request.redirect }));
    };
    const { payments } = await against((request) => send(request), { retries: 0 });
    await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome", /redirect/);
    isCountedAtItsMost(payments);
    const unpaid = await new StandIn().callerWith(1_000n, { fetch: send });
    await fails(unpaid.call(URL_OF_MODEL, BODY), "unreachable", /redirect/);
    assert.equal(unpaid.spent("uusdc").total, 0n);
    leading.server.close();
  }
  other.server.close();
  assert.equal(led, 0);
});

test("a status that nobody knows, and a header that is too long, end a call by name", async () => {
  const odd = () => Object.defineProperty(new Response("{}"), "status", { value: 999 });
  const { payments } = await against(odd, { retries: 0 });
  await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome");
  isCountedAtItsMost(payments);
  const long = await against(() => new Response("{}", { headers: { "payment-response": "A".repeat(20_000) } }));
  await fails(long.payments.call(URL_OF_MODEL, BODY), "dishonest");
  isCountedAtItsMost(long.payments);
});

// --- 402 for ever -----------------------------------------------------------------------------------

const NAMES: Record<string, PaymentErrorCode> = {
  voucher_missing: "voucher_missing",
  exhausted: "session_exhausted",
  unknown_session: "session_refused",
  payment_required: "refused",
  wrong_payment: "refused",
  call_expired: "clock_off",
};

test("a server that sends 402 for ever is left after a few tries, through every client, and gets no higher ceiling", async () => {
  for (const [reason, code] of Object.entries(NAMES)) {
    for (const how of ["alone", "x402 over its fetch", "x402 alone"]) {
      const refuse = (request: Request) => {
        const sent = JSON.parse(atob(request.headers.get("payment-signature") ?? ""));
        const one = structuredClone(sent.accepted);
        Object.assign(one.extra, { session: sent.payload.session, charged: "0", ceiling: "0" });
        const required = { x402Version: 2, error: reason, resource: { url: URL_OF_MODEL }, accepts: [one] };
        return new Response("{}", { status: 402, headers: { "PAYMENT-REQUIRED": btoa(JSON.stringify(required)) } });
      };
      const { hub, payments, paid } = await against(refuse);
      const client = new x402Client().register("cosmos:*", payments.scheme);
      const meddling: typeof fetch = (input, init) => {
        const request = new Request(input as Request, init);
        return request.headers.has("payment-signature") ? Promise.resolve(refuse(request)) : hub.fetch(request);
      };
      const init = { method: "POST", body: BODY };
      const work =
        how === "alone"
          ? payments.call(URL_OF_MODEL, BODY)
          : wrapFetchWithPayment(how === "x402 alone" ? meddling : payments.fetch, client)(URL_OF_MODEL, init);
      const failure = await work.catch((error: unknown) => error);
      assert.equal(paymentErrorCode(failure), code, `${reason} ${how}: ${String(failure)}`);
      assert.ok(paid() <= 5, `${paid()} payments`);
      assert.equal(payments.spent("uusdc").total, 0n);
      assert.ok(payments.sessions.every(({ ceiling }) => ceiling <= MOST));
    }
  }
});

test("a server that says that sessions ended gets no second one opened", async () => {
  const hub = new StandIn();
  const source = hub.source();
  const payments = await hub.caller({ source });
  await payments.call(URL_OF_MODEL, BODY);
  hub.lies = {
    instead: (request, paid) => {
      const sent = JSON.parse(atob(request.headers.get("payment-signature") ?? "e30="));
      const required = { x402Version: 2, error: "session_ended", resource: {}, accepts: [sent.accepted] };
      const headers = { "PAYMENT-REQUIRED": btoa(JSON.stringify(required)) };
      return paid ? new Response("{}", { status: 402, headers }) : undefined;
    },
  };
  for (let calls = 0; calls < 3; calls += 1) {
    await fails(payments.call(URL_OF_MODEL, BODY), "session_refused", /on chain it is open/);
  }
  assert.deepEqual([hub.sessions.size, source.moved.length], [1, 1]);
  hub.lies = {};
  await payments.call(URL_OF_MODEL, BODY);
  assert.equal(hub.sessions.size, 1);
});

test("two requests under one name of an offer are two calls, and corrections make no third", async () => {
  const hub = new StandIn();
  let hidden = true;
  hub.known = () => !hidden;
  hub.together = 2;
  hub.lies = { required: ({ accepts }) => (accepts[0].extra.requestId = ID) };
  const payments = await hub.caller({ source: hub.source() });
  setTimeout(() => (hidden = false), 500);
  const pay = wrapFetchWithPayment(hub.fetch, new x402Client().register("cosmos:*", payments.scheme));
  const post = { method: "POST", body: BODY };
  const answers = await Promise.all([pay(URL_OF_MODEL, post), pay(URL_OF_MODEL, post)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual([hub.ran, payments.spent("uusdc")], [2, { total: 2n * COST, today: 2n * COST, open: 0n }]);
});

// --- Repeats ----------------------------------------------------------------------------------------

test("a repeat that brings another receipt was paid twice: it is told, counted, and the operator is not paid again", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n);
  await payments.call(URL_OF_MODEL, BODY, { requestId: ID });
  hub.lies = { settled: (_, receipt) => ({ ...receipt, issuedAt: receipt.issuedAt + 1n }) };
  await fails(payments.call(URL_OF_MODEL, BODY, { requestId: ID }), "dishonest", /another receipt than the one/);
  assert.equal(payments.spent("uusdc").total, 2n * COST);
  assert.ok((hub.signed.get(3) ?? 0n) <= MOST);
  hub.lies = {};
  await fails(payments.call(URL_OF_MODEL, BODY), "distrusted");
});

test("the stored answer of a repeat has the price of its first time, answered before or not, and is no lie", async () => {
  const hub = new StandIn();
  const store = memoryStore();
  const payments = await hub.callerWith(10_000n, { store, retries: 0 });
  const before = hub.rates;
  hub.lose = 1;
  await fails(payments.call(URL_OF_MODEL, BODY, { requestId: ID }), "unknown_outcome");
  hub.raise({ ...before, perCall: before.perCall + 50n });
  const later = await hub.caller({ store });
  for (let times = 0; times < 2; times += 1) {
    const answer = await later.call(URL_OF_MODEL, BODY, { requestId: ID });
    assert.deepEqual([answer.amount, answer.receipt.terms], [COST, 1n]);
    assert.deepEqual(later.spent("uusdc"), { total: COST, today: COST, open: 0n });
  }
  // The next call has the new price.
  assert.equal((await later.call(URL_OF_MODEL, BODY)).amount, COST + 50n);
  assert.equal(hub.ran, 2);
});

test("an open call that is repeated when it is cheaper is still counted at what it could cost first", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n, { retries: 0 });
  const gone = () => new Response("Bad Gateway", { status: 502 });
  hub.lies = { instead: (_, paid) => (paid ? gone() : undefined) };
  await fails(payments.call(URL_OF_MODEL, BODY, { requestId: ID }), "unknown_outcome");
  hub.raise({ ...hub.rates, perCall: 1n });
  await fails(payments.call(URL_OF_MODEL, BODY, { requestId: ID }), "unknown_outcome");
  assert.equal(payments.spent("uusdc").open, MOST);
});

// --- Chain, account and store -----------------------------------------------------------------------

test("a chain that cannot be asked, or that knows nothing of what a server names, has a name", async () => {
  class RefusedError extends Error {
    override readonly name = "RefusedError";
  }
  for (const [thrown, code] of [
    [new RefusedError("attester 7 is not there"), "wrong_requirements"],
    [new TypeError("fetch failed"), "chain_failed"],
  ] as const) {
    const hub = new StandIn();
    const billing = { query: { attester: () => Promise.reject(thrown) } };
    const payments = await hub.callerWith(1_000n, { hub: { ...hub.queries, billing } });
    await fails(payments.call(URL_OF_MODEL, BODY), code, /attester 7/);
    assert.deepEqual([hub.arrived, payments.spent("uusdc").total], [0, 0n]);
  }
});

test("an account that cannot pay has a name", async () => {
  const hub = new StandIn();
  const source = hub.source({ open: () => Promise.reject(new Error("insufficient funds")) });
  const payments = await hub.caller({ source });
  await fails(payments.call(URL_OF_MODEL, BODY), "session_not_opened", /insufficient funds/);
  assert.equal(hub.arrived, 0);
});

test("two programs on one store do not forget what the other spent", async () => {
  const hub = new StandIn();
  const store = memoryStore();
  const one = await hub.callerWith(10_000n, { store });
  const two = await hub.caller({ store });
  await one.call(URL_OF_MODEL, BODY);
  await fails(two.call(URL_OF_MODEL, BODY), "store_failed", /another program/);
  await one.call(URL_OF_MODEL, BODY);
  assert.deepEqual([hub.ran, one.spent("uusdc").total], [2, 2n * COST]);
  assert.equal((await hub.caller({ store })).spent("uusdc").total, 2n * COST);
});

test("a write that failed after it happened is no other program's", async () => {
  const hub = new StandIn();
  const kept = memoryStore();
  let fail = false;
  const save = async (text: string) => {
    await kept.save(text);
    if (fail) {
      fail = false;
      throw new Error("the folder cannot be synced");
    }
  };
  const payments = await hub.callerWith(10_000n, { store: { load: kept.load, save } });
  fail = true;
  await fails(payments.call(URL_OF_MODEL, BODY), "store_failed", /cannot be synced/);
  await payments.call(URL_OF_MODEL, BODY);
  assert.equal(payments.spent("uusdc").total, COST);
});
