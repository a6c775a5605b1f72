/** Calls: what they cost, and every way in which they do not come about. Nothing is ever paid twice. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as wire from "hub-client/wire";
import { HubPayments, memoryStore, PaymentError, type PaymentErrorCode, type Store } from "../src/index.js";
import { BILLING, BODY, CHAIN, COST, ESCROW, MOST, NOW, OPERATOR, StandIn, URL_OF_MODEL } from "./stand-in.js";

const ID = "ab".repeat(16);

async function fails(work: Promise<unknown>, code: PaymentErrorCode): Promise<PaymentError> {
  const failure: unknown = await work.then(
    () => assert.fail(`expected ${code}`),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof PaymentError, String(failure));
  assert.equal(failure.code, code, failure.message);
  return failure;
}

// --- Bad input --------------------------------------------------------------------------------------

test("a server of another chain, contract or operator gets no signature", async () => {
  const cases: [PaymentErrorCode, (one: any) => void][] = [
    ["wrong_chain", (one) => (one.network = "cosmos:other-1")],
    ["wrong_asset", (one) => (one.asset = "uatom")],
    ["wrong_requirements", (one) => (one.extra.hub.billing = ESCROW)],
    ["wrong_requirements", (one) => (one.extra.hub.escrow = BILLING)],
    ["wrong_requirements", (one) => (one.payTo = BILLING)],
    ["wrong_requirements", (one) => (one.extra.hub.attester = 8)],
    ["wrong_requirements", (one) => (one.extra.hub.measurement = "00".repeat(32))],
    ["wrong_requirements", (one) => (one.extra.requestHash = "00".repeat(32))],
    ["wrong_requirements", (one) => (one.amount = (MOST + 1n).toString())],
    ["wrong_requirements", (one) => (one.amount = (MOST - 1n).toString())],
    ["wrong_requirements", (one) => (one.amount = "-1")],
    ["wrong_requirements", (one) => (one.amount = "1e3")],
    ["wrong_requirements", (one) => (one.extra.perCall = "99")],
    ["wrong_requirements", (one) => (one.extra.unitsIn = 2 ** 60)],
    ["wrong_requirements", (one) => (one.extra.unitsIn = -1)],
    ["wrong_requirements", (one) => delete one.extra],
    ["wrong_requirements", (one) => (one.scheme = "exact")],
    // Rates that are not those of the terms on chain, with an amount that fits them.
    [
      "wrong_requirements",
      (one) => {
        one.extra.perCall = "101";
        one.amount = (MOST + 1n).toString();
      },
    ],
  ];
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n, { operators: [OPERATOR] });
  for (const [code, change] of cases) {
    hub.lies = { required: ({ accepts }) => change(accepts[0]) };
    await fails(payments.call(URL_OF_MODEL, BODY), code);
  }
  for (const header of ["", "!", "e30=", "bnVsbA=="]) {
    const headers = { "PAYMENT-REQUIRED": header };
    hub.lies = { instead: () => new Response("", { status: 402, headers }) };
    await fails(payments.call(URL_OF_MODEL, BODY), "wrong_requirements");
  }
  assert.equal(hub.arrived, 0);
  assert.equal(payments.spent("uusdc").total, 0n);
});

test("limits: a call, a day, and in all", async () => {
  const hub = new StandIn();
  const base = { symbol: "USDC", decimals: 6, perCall: 1_000n, total: 100_000n };
  const perCall = await hub.callerWith(1_000n, { assets: { uusdc: { ...base, perCall: MOST - 1n } } });
  await fails(perCall.call(URL_OF_MODEL, BODY), "over_limit");

  const total = await hub.callerWith(1_000n, { assets: { uusdc: { ...base, total: COST + MOST } } });
  await total.call(URL_OF_MODEL, BODY);
  await total.call(URL_OF_MODEL, BODY);
  await fails(total.call(URL_OF_MODEL, BODY), "over_limit");

  const perDay = await hub.callerWith(1_000n, { assets: { uusdc: { ...base, perDay: MOST } } });
  await perDay.call(URL_OF_MODEL, BODY);
  await fails(perDay.call(URL_OF_MODEL, BODY), "over_limit");
  hub.now += 86_400 - 3_600;
  for (const { answer } of hub.sessions.values()) {
    answer.ends_at += 86_400;
  }
  hub.now += 3_600;
  await perDay.call(URL_OF_MODEL, BODY);
  assert.equal(hub.ran, 4);
  // Parallel calls cannot pass a limit together.
  const both = await hub.callerWith(1_000n, { assets: { uusdc: { ...base, total: MOST } } });
  const outcomes = await Promise.allSettled([both.call(URL_OF_MODEL, BODY), both.call(URL_OF_MODEL, BODY)]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("a clock that is off is named, and nothing is charged", async () => {
  for (const off of [-3_600, 3_600]) {
    const hub = new StandIn();
    const payments = await hub.callerWith(1_000n, { clock: () => hub.now + off });
    const failure = await fails(payments.call(URL_OF_MODEL, BODY), "clock_off");
    assert.equal(failure.atMost, 0n);
    assert.equal(payments.spent("uusdc").total, 0n);
  }
});

test("a session that is exhausted, expired, or closed in flight", async () => {
  const hub = new StandIn();
  const small = await hub.callerWith(COST + MOST - 1n);
  await small.call(URL_OF_MODEL, BODY);
  await fails(small.call(URL_OF_MODEL, BODY), "session_exhausted");

  const expired = await hub.callerWith(1_000n);
  hub.now += 86_400 - 40;
  await fails(expired.call(URL_OF_MODEL, BODY), "no_session");

  const closed = await hub.callerWith(1_000n);
  await closed.call(URL_OF_MODEL, BODY);
  const last = [...hub.sessions.values()].at(-1);
  assert.ok(last);
  last.answer.state = "ended";
  await fails(closed.call(URL_OF_MODEL, BODY), "session_ended");
  await fails(closed.call(URL_OF_MODEL, BODY), "no_session");
  assert.equal(closed.spent("uusdc").total, COST);
  assert.equal(hub.ran, 2);
});

test("a price that rises between offer and payment is a new decision", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n);
  const pay = async () => {
    const offer = await payments.fetch(URL_OF_MODEL, { method: "POST", body: BODY });
    const { accepts, resource } = JSON.parse(atob(offer.headers.get("payment-required") ?? ""));
    const created = await payments.scheme.createPaymentPayload(2, accepts[0]);
    hub.rates = { ...hub.rates, perCall: hub.rates.perCall + 1n };
    const header = btoa(JSON.stringify({ ...created, accepted: accepts[0], resource }));
    return await payments.fetch(URL_OF_MODEL, { method: "POST", body: BODY, headers: { "payment-signature": header } });
  };
  const failure = await fails(pay(), "price_changed");
  assert.equal(failure.atMost, 0n);
  assert.deepEqual([hub.ran, payments.spent("uusdc").total], [0, 0n]);
});

test("a server that does not answer is named, and gets no signature", async () => {
  const hub = new StandIn();
  const down = async () => Promise.reject(new TypeError("fetch failed"));
  const payments = await hub.callerWith(1_000n, { fetch: down });
  await fails(payments.call(URL_OF_MODEL, BODY), "unreachable");
  assert.equal(payments.spent("uusdc").total, 0n);
});

test("what a server refuses otherwise is its own sentence, and costs nothing", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  const body = JSON.stringify({ error: { code: "bad_shape", message: "expected [1, 3]" } });
  for (const paid of [false, true]) {
    hub.lies = { instead: (_, isPaid) => (isPaid === paid ? new Response(body, { status: 422 }) : undefined) };
    const failure = await fails(payments.call(URL_OF_MODEL, BODY), "refused");
    assert.equal(failure.reason, "bad_shape");
    assert.match(failure.message, /expected \[1, 3\]/);
  }
  assert.equal(payments.spent("uusdc").total, 0n);
});

test("a price that is remembered saves a round trip, and bounds what another body costs", async () => {
  const hub = new StandIn();
  hub.rates = { ...hub.rates, perMillionIn: 0n };
  let asked = 0;
  const counting: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    asked += request.headers.has("payment-signature") ? 0 : 1;
    return await hub.fetch(request);
  };
  const payments = await hub.callerWith(10_000n, { fetch: counting });
  await payments.call(URL_OF_MODEL, BODY);
  // More goes in, and costs nothing: no lie of the server.
  hub.unitsIn = 30;
  await payments.call(URL_OF_MODEL, `${BODY} `);
  assert.deepEqual([asked, hub.ran], [1, 2]);
  // What costs more than was remembered is a lie.
  hub.lies = {
    settled: (settled, receipt) => {
      settled["amount"] = (100n + 4n * 17n).toString();
      return { ...receipt, units: { input: 30n, output: 17n } };
    },
  };
  await fails(payments.call(URL_OF_MODEL, BODY), "dishonest");
});

test("a stream is paid by its last event, which is no part of what the receipt hashes", async () => {
  const hub = new StandIn();
  hub.streams = true;
  const payments = await hub.callerWith(1_000n);
  const answer = await payments.call(URL_OF_MODEL, BODY);
  assert.deepEqual([answer.amount, answer.bodyChecked], [COST, true]);
  hub.breaksOff = true;
  assert.equal((await payments.call(URL_OF_MODEL, BODY)).amount, COST);
  hub.lies = { body: (body) => `${body}\n` };
  await fails(payments.call(URL_OF_MODEL, BODY), "dishonest");
  const cut = await hub.callerWith(1_000n);
  const headers = { "content-type": "text/event-stream" };
  // One that was cut on its way is no lie; it is asked for again.
  let asked = 0;
  const half = () => {
    asked += 1;
    return new Response("data: half\n\nevent: payment-response\ndata: e30=\n", { headers });
  };
  hub.lies = { instead: (_, paid) => (paid ? half() : undefined) };
  await fails(cut.call(URL_OF_MODEL, BODY), "unknown_outcome");
  assert.equal(asked, 4);
});

// --- Lost answers and restarts ----------------------------------------------------------------------

test("an answer that is lost is asked for again, and paid once", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n);
  hub.lose = 2;
  const answer = await payments.call(URL_OF_MODEL, BODY);
  assert.equal(answer.amount, COST);
  assert.deepEqual([hub.arrived, hub.ran], [3, 1]);
  assert.deepEqual(payments.spent("uusdc"), { total: COST, today: COST, open: 0n });
});

test("a server that is gone after the payment leaves a call that is counted at its most, until it is known", async () => {
  const hub = new StandIn();
  const store = memoryStore();
  const payments = await hub.callerWith(1_000n, { store, retries: 0 });
  hub.lose = 1;
  const failure = await fails(payments.call(URL_OF_MODEL, BODY, { requestId: ID }), "unknown_outcome");
  assert.deepEqual([failure.requestId, failure.atMost], [ID, MOST]);
  assert.deepEqual(payments.spent("uusdc"), { total: MOST, today: MOST, open: MOST });

  // After a restart it is the same call: its answer comes, and it is paid once.
  const later = await hub.caller({ store });
  assert.equal(later.spent("uusdc").open, MOST);
  const answer = await later.call(URL_OF_MODEL, BODY, { requestId: ID });
  assert.equal(answer.amount, COST);
  await later.call(URL_OF_MODEL, BODY, { requestId: ID });
  assert.equal(hub.ran, 1);
  assert.deepEqual(later.spent("uusdc"), { total: COST, today: COST, open: 0n });
});

test("a gateway that gives up is no refusal", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n, { retries: 1 });
  hub.lies = { instead: (_, paid) => (paid ? new Response("Gateway Timeout", { status: 504 }) : undefined) };
  await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome");
  assert.equal(payments.spent("uusdc").open, MOST);
});

test("what became of open calls can be asked", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(1_000n, { retries: 0 });
  hub.lose = 1;
  await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome");
  hub.lies = { instead: (_, paid) => (paid ? new Response("", { status: 502 }) : undefined) };
  await fails(payments.call(URL_OF_MODEL, BODY), "unknown_outcome");
  hub.lies = {};
  assert.equal(payments.spent("uusdc").open, 2n * MOST);
  // One ran. The other never did, which counts when no server can accept it any more.
  assert.equal(await payments.reconcile(), 1);
  assert.deepEqual([payments.spent("uusdc").total, payments.spent("uusdc").open], [COST + MOST, MOST]);
  hub.now += 300;
  assert.equal(await payments.reconcile(), 0);
  assert.deepEqual([payments.spent("uusdc").total, payments.spent("uusdc").open], [COST, 0n]);
});

test("what cannot be kept is not sent", async () => {
  const hub = new StandIn();
  const kept = memoryStore();
  let full = false;
  const store: Store = {
    load: () => kept.load(),
    save: (state) => (full ? Promise.reject(new Error("disk full")) : kept.save(state)),
  };
  const payments = await hub.callerWith(1_000n, { store });
  await payments.call(URL_OF_MODEL, BODY);
  full = true;
  await fails(payments.call(URL_OF_MODEL, BODY), "store_failed");
  assert.equal(payments.spent("uusdc").open, 0n);
  full = false;
  await payments.call(URL_OF_MODEL, BODY);
  assert.deepEqual([hub.arrived, payments.spent("uusdc").total], [2, 2n * COST]);
});

test("a store of nonsense or of another deployment is not begun anew", async () => {
  const hub = new StandIn();
  await fails(hub.caller({ store: memoryStore("{") }), "store_failed");
  await fails(hub.caller({ store: memoryStore("{}") }), "store_failed");
  const store = memoryStore();
  await hub.callerWith(1_000n, { store });
  const contracts = { registry: { address: "r" }, escrow: { address: BILLING }, billing: { address: ESCROW } };
  await fails(hub.caller({ store, deployment: { chain_id: CHAIN, contracts } }), "wrong_chain");
});

// --- Sessions on demand -----------------------------------------------------------------------------

test("a session is opened for the first call and topped up when it runs out, never beyond the limit", async () => {
  const hub = new StandIn();
  const source = hub.source();
  const uusdc = { symbol: "USDC", decimals: 6, perCall: 1_000n, total: 700n, budget: 300n };
  const payments = await hub.caller({ source, assets: { uusdc } });
  for (let calls = 0; calls < 5; calls += 1) {
    await payments.call(URL_OF_MODEL, BODY);
  }
  await fails(payments.call(URL_OF_MODEL, BODY), "over_limit");
  assert.equal(payments.spent("uusdc").total, 5n * COST);
  assert.equal(hub.sessions.size, 1);
  const [session] = [...hub.sessions.values()];
  assert.deepEqual(session?.answer.models, { listed: [{ model: 1 }] });
  assert.ok(source.moved.length >= 2 && BigInt(session?.answer.budget ?? "0") <= 700n + 300n, String(source.moved));
});

test("parallel first calls open one session", async () => {
  const hub = new StandIn();
  const payments = await hub.caller({ source: hub.source() });
  await Promise.all(Array.from({ length: 5 }, () => payments.call(URL_OF_MODEL, BODY)));
  assert.deepEqual([hub.sessions.size, hub.ran], [1, 5]);
});

test("an opening that was cut off is found again, and not paid twice", async () => {
  const hub = new StandIn();
  const store = memoryStore();
  const source = hub.source();
  const cut = hub.source({
    open: async (order, left) => {
      await source.open(order, left);
      throw new Error("killed");
    },
  });
  const payments = await hub.caller({ store, source: cut });
  await assert.rejects(payments.call(URL_OF_MODEL, BODY), /killed/);
  const found = hub.source({ opened: async (txHash) => (txHash === "TX3" ? 3 : undefined) });
  const later = await hub.caller({ store, source: found });
  await later.call(URL_OF_MODEL, BODY);
  assert.deepEqual([hub.sessions.size, hub.ran], [1, 1]);
});

// --- Hostile servers --------------------------------------------------------------------------------

/** What a call costs at most is all that a hostile server gets, and it is not paid again. */
async function takesAtMostOneCall(
  code: PaymentErrorCode,
  lie: (hub: StandIn) => void,
  after = true,
): Promise<PaymentError> {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n);
  await payments.call(URL_OF_MODEL, BODY);
  await payments.call(URL_OF_MODEL, BODY);
  lie(hub);
  const failure = await fails(payments.call(URL_OF_MODEL, BODY), code);
  if (after) {
    await fails(payments.call(URL_OF_MODEL, BODY), "distrusted");
  }
  const [ceiling] = hub.signed.values();
  assert.ok(ceiling !== undefined && ceiling <= 2n * COST + MOST, `signed ${ceiling}`);
  const { total } = payments.spent("uusdc");
  assert.ok(total <= 2n * COST + MOST && failure.atMost <= MOST, `${total}, ${failure.atMost}`);
  if (after) {
    await payments.trustAgain(OPERATOR);
    hub.lies = {};
  }
  return failure;
}

test("a server that charges more than was agreed", async () => {
  const failure = await takesAtMostOneCall("dishonest", (hub) => {
    hub.lies = {
      settled: (settled, receipt) => {
        settled["amount"] = (100n + 6n + 4n * 17n).toString();
        return { ...receipt, units: { input: 3n, output: 17n } };
      },
    };
  });
  assert.match(failure.message, /17 out, and at most 3 and 16 were agreed/);
  await takesAtMostOneCall("dishonest", (hub) => {
    hub.lies = { settled: (settled) => void (settled["amount"] = (COST + 1n).toString()) };
  });
});

test("a server that gives the answer to an earlier call again", async () => {
  await takesAtMostOneCall("dishonest", (hub) => {
    hub.lies = { settled: (_, receipt) => ({ ...receipt, requestId: wire.fromHex(ID) }) };
  });
});

test("a server that lies about what it charged, with the answer or without", async () => {
  await takesAtMostOneCall("overcharged", (hub) => {
    hub.lies = { settled: (settled) => void (settled["extra"].charged = (2n * COST + MOST + 1n).toString()) };
  });
  await takesAtMostOneCall("overcharged", (hub) => {
    // It asks for a voucher, and counts a call that never was.
    hub.lies = {
      required: ({ accepts }, paid) => {
        if (paid) {
          accepts[0].extra.charged = (2n * COST + MOST + 1n).toString();
        }
      },
    };
    forceRefusal(hub);
  });
});

test("a server that asks for a higher ceiling than the price", async () => {
  const failure = await takesAtMostOneCall(
    "voucher_missing",
    (hub) => {
      hub.lies = { instead: (request, paid) => (paid ? refusal(hub, request, "voucher_missing", {}) : undefined) };
    },
    false,
  );
  assert.equal(failure.atMost, 0n);
});

test("a server that swaps session, attester, model or body in a correction", async () => {
  const changes: ((one: any) => void)[] = [
    (one) => (one.extra.session = 99),
    (one) => (one.extra.hub.attester = 8),
    (one) => (one.extra.model = 2),
    (one) => (one.payTo = BILLING),
    (one) => (one.extra.requestHash = "00".repeat(32)),
  ];
  for (const change of changes) {
    await takesAtMostOneCall(
      "wrong_requirements",
      (hub) => {
        hub.lies = {
          instead: (request, paid) => (paid ? refusal(hub, request, "voucher_missing", change) : undefined),
        };
      },
      false,
    );
  }
});

test("a receipt of another session, attester, model, release, terms, weights, request or answer", async () => {
  const zeros = new Uint8Array(32);
  const changes: Partial<wire.Receipt>[] = [
    { session: 99n },
    { attester: 8n },
    { model: 2n },
    { release: 1n },
    { terms: 2n },
    { blobId: wire.BlobId.fromBytes(zeros) },
    { requestHash: zeros },
    { responseHash: zeros },
  ];
  for (const change of changes) {
    await takesAtMostOneCall("dishonest", (hub) => {
      hub.lies = { settled: (_, receipt) => ({ ...receipt, ...change }) };
    });
  }
});

test("an answer without a receipt, with one that nobody signed, or with nonsense", async () => {
  const lies: NonNullable<StandIn["lies"]["settled"]>[] = [
    (settled) => void (settled["extra"].answerSignature = Buffer.alloc(64).toString("base64")),
    (settled) => void (settled["extra"].receipt = "AQ=="),
    (settled) => void (settled["extra"].receipt = "%"),
    (settled) => void (settled["success"] = false),
    (settled) => void (settled["amount"] = 110),
  ];
  for (const settled of lies) {
    await takesAtMostOneCall("dishonest", (hub) => (hub.lies = { settled }));
  }
  await takesAtMostOneCall("dishonest", (hub) => {
    hub.lies = { instead: (_, paid) => (paid ? new Response("{}") : undefined) };
  });
});

test("an operator that settles on chain what no call came to", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n);
  await payments.call(URL_OF_MODEL, BODY);
  const [session] = hub.sessions.values();
  assert.ok(session);
  session.answer.spent = (COST + 1n).toString();
  session.waiting = 0n;
  hub.now += 61;
  await fails(payments.call(URL_OF_MODEL, BODY), "overcharged");
  await fails(payments.call(URL_OF_MODEL, BODY), "distrusted");
});

test("what others of its calls reserved is no lie of the server", async () => {
  const hub = new StandIn();
  const payments = await hub.callerWith(10_000n);
  hub.together = 2;
  // The first answer says 2 × MOST while both run; it may arrive when the second is counted at its cost already.
  const held: (() => void)[] = [];
  const slow: typeof fetch = async (input, init) => {
    const response = await hub.fetch(input, init);
    if (held.length === 0 && response.ok) {
      await new Promise<void>((resolve) => held.push(resolve));
    }
    return response;
  };
  const both = await hub.callerWith(10_000n, { fetch: slow });
  const calls = [both.call(URL_OF_MODEL, BODY), both.call(URL_OF_MODEL, BODY)];
  await Promise.race(calls);
  held.forEach((go) => go());
  const answers = await Promise.all(calls);
  assert.equal(answers.length, 2);
  assert.equal(payments.spent("uusdc").total, 0n);
});

// --- Shared vectors ---------------------------------------------------------------------------------

test("the exchange of the specification is signed, byte for byte, and its answer is taken", async () => {
  const folder = new URL("../../../../tests/vectors/x402/", import.meta.url);
  const exchange = JSON.parse(readFileSync(new URL("exchange.json", folder), "utf8"));
  const hub = new StandIn();
  const seed = wire.fromHex(exchange.session_key.seed_hex);
  hub.open(wire.SigningKey.secp256k1(seed).publicKey, 10_000n, { spent: exchange.charged_before });
  let sent: string | null = null;
  const payments: HubPayments = await hub.caller({
    clock: () => NOW,
    fetch: async (input, init) => {
      const request = new Request(input as Request, init);
      sent = request.headers.get("payment-signature");
      const { headers } = exchange;
      return sent === null
        ? new Response("", { status: 402, headers: { "PAYMENT-REQUIRED": headers["PAYMENT-REQUIRED"] } })
        : new Response(exchange.answer_body, { headers: { "PAYMENT-RESPONSE": headers["PAYMENT-RESPONSE"] } });
    },
  });
  await payments.adopt(3, { type: "secp256k1", seed });
  const requestId = "ad1b9de910513527b407147d7a055690";
  const answer = await payments.call(URL_OF_MODEL, exchange.request_body, { requestId });
  assert.equal(answer.amount, 110n);
  assert.equal(wire.toHex(answer.receiptBytes), exchange.receipt_hex);
  const shown = JSON.parse(readFileSync(new URL("payload.json", folder), "utf8"));
  assert.deepEqual(JSON.parse(atob(sent ?? "")), shown);
});

// --- Helpers ----------------------------------------------------------------------------------------

/** Has every payment refused for a missing voucher, whatever was sent. */
function forceRefusal(hub: StandIn): void {
  const { required } = hub.lies;
  hub.lies = {
    instead: (request, paid) =>
      paid ? refusal(hub, request, "voucher_missing", (one) => required?.({ accepts: [one] }, true)) : undefined,
  };
}

/** A 402 that is well-formed, with a change. */
function refusal(hub: StandIn, request: Request, error: string, change: ((one: any) => void) | object): Response {
  const sent = JSON.parse(atob(request.headers.get("payment-signature") ?? ""));
  const id = sent.payload.session;
  if (sent.payload.voucher !== undefined) {
    const ceiling = BigInt(sent.payload.voucher.ceiling);
    hub.signed.set(id, ceiling > (hub.signed.get(id) ?? 0n) ? ceiling : (hub.signed.get(id) ?? 0n));
  }
  const one = structuredClone(sent.accepted);
  one.extra.session = id;
  one.extra.charged = "0";
  one.extra.ceiling = "0";
  if (typeof change === "function") {
    change(one);
  }
  const required = { x402Version: 2, error, resource: { url: URL_OF_MODEL }, accepts: [one] };
  return new Response("{}", { status: 402, headers: { "PAYMENT-REQUIRED": btoa(JSON.stringify(required)) } });
}
