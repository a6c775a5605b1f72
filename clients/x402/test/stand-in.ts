/** A chain and a server as callers see them, in memory: honest, until a test gives it a lie. */

import { type billing, type escrow, priceOf, type registry } from "hub-client/read";
import * as wire from "hub-client/wire";
import { type HubQueries, HubPayments, memoryStore, type PaymentsOptions, type SessionSource } from "../src/index.js";

export const CHAIN = "hub-testing-1";
export const BILLING = "wasm1pj2u0m8pecdfw5p8tmcud4addvnc7uxkvkfzqaurllnatpr5esqs4f74za";
export const ESCROW = "wasm1cg90nh6qgzvlf8gj3k7gsdyaelzx0fdnhuda4q3r23cgzftjg5rseg66x2";
export const OPERATOR = "wasm1g7haj54lcztqpj0ez5d5xx4dtfe9mlqyvt4h80";
export const CALLER = "wasm1ader4tcz88nzg923pw8c4fepw300trp76vtqjx";
export const BLOB = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4";
export const NOW = 1_767_226_259;
export const URL_OF_MODEL = "https://models.example/v2/models/1/infer";
export const RATES = { perCall: 100n, perMillionIn: 2_000_000n, perMillionOut: 4_000_000n };
/** What a call of the stand-in can cost, and what it costs. */
export const MOST = 170n;
export const COST = 110n;
export const BODY = '{"inputs":[1,2,3]}';

const ANSWER = '{"outputs":[4]}';
const MOST_OUT = 16;
const DOMAIN: wire.Domain = {
  chainId: CHAIN,
  contract: wire.fromHex("0c95c7ece1ce1a9750275ef1c6d7ad6b278f70d66592207783ffe7d58474cc01"),
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Json = Record<string, any>;

interface ServedSession {
  readonly answer: Mutable<escrow.SessionResponse>;
  readonly key: wire.PublicKey;
  waiting: bigint;
  reserved: bigint;
  voucher: bigint;
}

/** What a server does that it should not. */
export interface Lies {
  required?: (required: Json, paid: boolean) => void;
  settled?: (settled: Json, receipt: wire.Receipt) => wire.Receipt | void;
  body?: (body: string) => string;
  /** Instead of everything. */
  instead?: (request: Request, paid: boolean) => Response | undefined;
}

/** One chain with one operator that serves one model. */
export class StandIn {
  now = NOW;
  readonly attesterKey = wire.SigningKey.ed25519(new Uint8Array(32).fill(0x22));
  readonly sessions = new Map<number, ServedSession>();
  /** Highest ceiling that anybody signed, by session: what a hostile operator could take. */
  readonly signed = new Map<number, bigint>();
  /** Ceilings in the order in which they came. */
  readonly vouchers: bigint[] = [];
  /** Paid requests that arrived, answered or not. */
  arrived = 0;
  /** Calls that ran and are charged. */
  ran = 0;
  /** So many answers to paid requests are lost on the way. */
  lose = 0;
  /** Answers wait for each other until so many are there. */
  together = 1;
  /** Answers come as a stream of events, with the payment response as the last of them. */
  streams = false;
  /** They end with an error, which is no part of what is paid. */
  breaksOff = false;
  /** What bodies hold. */
  unitsIn = 3;
  rates = RATES;
  /** Number of the terms that are in force; those before stay what they were. */
  terms = 1;
  readonly #past = new Map<number, typeof RATES>();
  lies: Lies = {};
  known: (session: number) => boolean = () => true;
  readonly #answers = new Map<string, { hash: string; receipt: wire.Receipt }>();
  readonly #running = new Set<string>();
  #barrier: (() => void)[] = [];
  #nextSession = 3;

  /** New terms, from now on. */
  raise(rates: typeof RATES): void {
    this.#past.set(this.terms, this.rates);
    this.terms += 1;
    this.rates = rates;
  }

  /** A session on chain. */
  open(key: wire.PublicKey, budget: bigint, change: Partial<escrow.SessionResponse> = {}): number {
    const session = this.#nextSession++;
    const answer: escrow.SessionResponse = {
      session,
      caller: CALLER,
      funder: CALLER,
      operator: OPERATOR,
      denom: { native: "uusdc" },
      budget: budget.toString(),
      spent: "0",
      left: budget.toString(),
      kept: "0",
      ceiling: { ceiling: "0", key: { key_type: key.keyType, key: Buffer.from(key.bytes).toString("base64") } },
      models: { any: {} },
      opened_at: this.now,
      ends_at: this.now + 86_400,
      state: "open",
      lanes: [],
      ...change,
    };
    this.sessions.set(session, { answer, key, waiting: 0n, reserved: 0n, voucher: 0n });
    return session;
  }

  /** An account that opens sessions. */
  source(change: Partial<SessionSource> = {}): SessionSource & { opened: number; readonly moved: bigint[] } {
    const moved: bigint[] = [];
    return {
      opened: undefined as never,
      moved,
      open: async (order, left) => {
        await left(`TX${this.#nextSession}`);
        moved.push(order.budget);
        return this.open(order.key, order.budget, {
          models: order.models === "any" ? { any: {} } : { listed: order.models.map((model) => ({ model })) },
          max_price: {
            per_call: order.maxPrice.perCall.toString(),
            per_million_in: order.maxPrice.perMillionIn.toString(),
            per_million_out: order.maxPrice.perMillionOut.toString(),
          },
          ends_at: this.now + order.lastsSeconds,
        });
      },
      topUp: async (session, _asset, amount) => {
        const { answer } = this.sessions.get(session) as ServedSession;
        moved.push(amount);
        answer.budget = (BigInt(answer.budget) + amount).toString();
      },
      ...change,
    } as SessionSource & { opened: number; readonly moved: bigint[] };
  }

  readonly queries: HubQueries = {
    registry: {
      query: {
        terms: async ({ model, terms }) => {
          const rates = this.#past.get(terms) ?? this.rates;
          return {
            model,
            terms,
            price: {
              denom: { native: "uusdc" },
              per_call: rates.perCall.toString(),
              per_million_in: rates.perMillionIn.toString(),
              per_million_out: rates.perMillionOut.toString(),
            },
          } as registry.TermsResponse;
        },
        release: async () => ({ blob_id: BLOB }) as registry.ReleaseResponse,
      },
    },
    escrow: {
      query: {
        session: async ({ session }) => {
          const found = this.sessions.get(session);
          if (found === undefined) {
            throw new Error(`no session ${session}`);
          }
          return structuredClone(found.answer);
        },
      },
    },
    billing: {
      query: {
        attester: async ({ attester }) =>
          ({
            attester,
            operator: attester === 7 ? OPERATOR : CALLER,
            key_type: "ed25519",
            key: Buffer.from(this.attesterKey.publicKey.bytes).toString("base64"),
            status: { active: {} },
          }) as billing.AttesterResponse,
      },
    },
  };

  /** The server, without a network. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input as Request, init);
    const path = new URL(request.url).pathname;
    if (request.method === "GET" && path.startsWith("/v1/receipts/")) {
      return this.#receipt(path.slice("/v1/receipts/".length));
    }
    if (request.method === "GET" && path === "/supported") {
      const extra = {
        hub: { billing: BILLING, escrow: ESCROW, attester: 7, measurement: null },
        label: "operator's word",
      };
      const kind = { x402Version: 2, scheme: "batch-settlement", network: `cosmos:${CHAIN}`, extra };
      return Response.json({ kinds: [kind], extensions: [], signers: { "cosmos:*": [OPERATOR] } });
    }
    const body = await request.text();
    if (path === "/verify" || path === "/settle") {
      return this.#facilitate(path, JSON.parse(body) as Json);
    }
    const header = request.headers.get("payment-signature");
    const instead = this.lies.instead?.(request, header !== null);
    if (instead !== undefined) {
      return instead;
    }
    if (header === null) {
      return this.#required(body, "payment_required");
    }
    this.arrived += 1;
    const response = await this.#paid(JSON.parse(atob(header)) as Json, body);
    if (this.lose > 0) {
      this.lose -= 1;
      throw new TypeError("connection reset");
    }
    return response;
  };

  #required(body: string, error: string, session?: number): Response {
    const served = session === undefined ? undefined : this.sessions.get(session);
    const required: Json = {
      x402Version: 2,
      error,
      resource: { url: URL_OF_MODEL, description: "A model", mimeType: "application/json" },
      accepts: [
        {
          scheme: "batch-settlement",
          network: `cosmos:${CHAIN}`,
          asset: "uusdc",
          amount: this.#most().toString(),
          payTo: OPERATOR,
          maxTimeoutSeconds: 300,
          extra: {
            hub: { billing: BILLING, escrow: ESCROW, attester: 7, measurement: null },
            label: "operator's word",
            model: 1,
            release: 2,
            terms: this.terms,
            perCall: this.rates.perCall.toString(),
            perMillionIn: this.rates.perMillionIn.toString(),
            perMillionOut: this.rates.perMillionOut.toString(),
            unitsIn: this.unitsIn,
            maxUnitsOut: MOST_OUT,
            requestHash: hashOf(body),
            requestId: wire.toHex(crypto.getRandomValues(new Uint8Array(16))),
            ...(session !== undefined && { session }),
            ...(served !== undefined && {
              charged: this.charged(served).toString(),
              ceiling: this.#ceiling(served).toString(),
            }),
          },
        },
      ],
    };
    this.lies.required?.(required, session !== undefined);
    const headers = { "content-type": "application/json", "PAYMENT-REQUIRED": encoded(required) };
    return new Response(JSON.stringify({ error: { code: error, message: "Pay.", type: error } }), {
      status: 402,
      headers,
    });
  }

  #most(): bigint {
    return priceOf(this.rates, { input: BigInt(this.unitsIn), output: BigInt(MOST_OUT) });
  }

  charged({ answer, waiting, reserved }: ServedSession): bigint {
    return BigInt(answer.spent) + waiting + reserved;
  }

  #ceiling({ answer, voucher }: ServedSession): bigint {
    const onChain = BigInt(answer.ceiling?.ceiling ?? "0");
    return voucher > onChain ? voucher : onChain;
  }

  async #paid({ accepted, payload }: Json, body: string): Promise<Response> {
    const id = payload.session as number;
    const refuse = (code: string) => this.#required(body, code, this.known(id) ? id : undefined);
    if (payload.voucher !== undefined) {
      const ceiling = BigInt(payload.voucher.ceiling);
      this.vouchers.push(ceiling);
      this.signed.set(id, ceiling > (this.signed.get(id) ?? 0n) ? ceiling : (this.signed.get(id) ?? 0n));
    }
    if (BigInt(accepted.amount) < this.#most()) {
      return refuse("price_changed");
    }
    const served = this.sessions.get(id);
    if (served === undefined || !this.known(id)) {
      return refuse("unknown_session");
    }
    const { requestId, expiresAt, signature } = payload.call;
    const call = wire.encodeCall({
      attester: 7n,
      session: BigInt(id),
      model: 1n,
      requestId: wire.fromHex(requestId),
      expiresAt: BigInt(expiresAt),
      requestHash: wire.fromHex(hashOf(body)),
    });
    const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
    if (!wire.verifyDigest(served.key, wire.callDigest(DOMAIN, call), bytesOf(signature))) {
      return refuse("bad_signature");
    }
    if (expiresAt <= this.now) {
      return refuse("call_expired");
    }
    if (expiresAt > this.now + 600) {
      return refuse("call_too_long");
    }
    const key = `${id}/${requestId}`;
    const before = this.#answers.get(key);
    if (before !== undefined) {
      return before.hash === hashOf(body) ? this.#answer(served, before.receipt) : failed(409, "request_id_used");
    }
    if (this.#running.has(key)) {
      return failed(409, "running");
    }
    if (payload.voucher !== undefined) {
      const ceiling = BigInt(payload.voucher.ceiling);
      const voucher = wire.encodeVoucher({ session: BigInt(id), ceiling });
      if (!wire.verifyDigest(served.key, wire.voucherDigest(DOMAIN, voucher), bytesOf(payload.voucher.signature))) {
        return refuse("bad_voucher");
      }
      served.voucher = ceiling > served.voucher ? ceiling : served.voucher;
    }
    if (served.answer.state !== "open" || served.answer.ends_at <= this.now + 30) {
      return refuse("session_ended");
    }
    const needed = this.charged(served) + this.#most();
    if (needed > BigInt(served.answer.budget)) {
      return refuse("exhausted");
    }
    if (needed > this.#ceiling(served)) {
      return refuse("voucher_missing");
    }
    const reserved = this.#most();
    served.reserved += reserved;
    this.#running.add(key);
    await this.#meet();
    this.#running.delete(key);
    served.reserved -= reserved;
    const answer = this.lies.body?.(ANSWER) ?? ANSWER;
    const receipt: wire.Receipt = {
      attester: 7n,
      session: BigInt(id),
      blobId: wire.BlobId.parse(BLOB),
      model: 1n,
      release: 2n,
      terms: BigInt(this.terms),
      requestId: wire.fromHex(requestId),
      issuedAt: BigInt(this.now),
      units: { input: BigInt(this.unitsIn), output: 1n },
      requestHash: wire.fromHex(hashOf(body)),
      responseHash: wire.sha256(new TextEncoder().encode(this.streams ? `${ANSWER}\n\n` : ANSWER)),
    };
    this.#answers.set(key, { hash: hashOf(body), receipt });
    served.waiting += priceOf(this.rates, receipt.units);
    this.ran += 1;
    return this.#answer(served, receipt, answer);
  }

  #answer(served: ServedSession, honest: wire.Receipt, body = ANSWER): Response {
    const settled: Json = {
      success: true,
      transaction: `hub:${BILLING}/7/${wire.toHex(honest.requestId)}`,
      network: `cosmos:${CHAIN}`,
      payer: CALLER,
      amount: priceOf(this.#past.get(Number(honest.terms)) ?? this.rates, honest.units).toString(),
      extra: {
        charged: this.charged(served).toString(),
        ceiling: this.#ceiling(served).toString(),
        engine: "stand-in 1",
        label: "operator's word",
      },
    };
    const receipt = this.lies.settled?.(settled, honest) ?? honest;
    const bytes = wire.encodeReceipt(receipt);
    const { engine, label } = settled["extra"] as { engine: string; label: string };
    const digest = wire.answerDigest(DOMAIN, wire.answerBytes(bytes, engine, label));
    settled["extra"].receipt ??= Buffer.from(bytes).toString("base64");
    settled["extra"].answerSignature ??= Buffer.from(this.attesterKey.sign(digest)).toString("base64");
    if (this.streams) {
      const last = `${this.breaksOff ? "event: error\ndata: {}\n\n" : ""}event: payment-response\ndata: ${encoded(settled)}\n\n`;
      return new Response(`${body}\n\n${last}`, { status: 200, headers: { "content-type": "text/event-stream" } });
    }
    const headers = { "content-type": "application/json", "PAYMENT-RESPONSE": encoded(settled) };
    return new Response(body, { status: 200, headers });
  }

  /** What a seller asks: nothing is reserved, and only what ran is settled. */
  #facilitate(path: string, { paymentPayload, paymentRequirements }: Json): Response {
    const { session, call } = paymentPayload.payload;
    const ran = this.#answers.get(`${session}/${call.requestId}`);
    const served = this.sessions.get(session);
    const network = `cosmos:${CHAIN}`;
    if (path === "/verify") {
      const enough = served !== undefined && this.charged(served) + this.#most() <= BigInt(served.answer.budget);
      return Response.json(
        ran !== undefined || enough
          ? { isValid: true, payer: CALLER }
          : { isValid: false, invalidReason: served === undefined ? "unknown_session" : "exhausted" },
      );
    }
    if (ran === undefined || ran.hash !== paymentRequirements.extra.requestHash || served === undefined) {
      return Response.json({ success: false, errorReason: "not_run", transaction: "", network });
    }
    const header = this.#answer(served, ran.receipt).headers.get("payment-response") ?? "";
    return Response.json(JSON.parse(atob(header)));
  }

  #receipt(requestId: string): Response {
    const found = [...this.#answers].find(([key]) => key.endsWith(`/${requestId}`))?.[1];
    if (found === undefined) {
      return failed(404, "unknown_receipt");
    }
    const { receipt } = found;
    const one = {
      state: "pending",
      session: Number(receipt.session),
      amount: priceOf(this.rates, receipt.units).toString(),
      receipt: Buffer.from(wire.encodeReceipt(receipt)).toString("base64"),
    };
    return Response.json({ receipts: [one] });
  }

  async #meet(): Promise<void> {
    if (this.together <= 1) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.#barrier.push(resolve);
      if (this.#barrier.length === this.together) {
        this.#barrier.forEach((go) => go());
        this.#barrier = [];
      }
    });
  }

  /** A caller of this chain and server, with room for a hundred calls. */
  async caller(options: Partial<PaymentsOptions> = {}): Promise<HubPayments> {
    return await HubPayments.open({
      hub: this.queries,
      deployment: {
        chain_id: CHAIN,
        contracts: { registry: { address: "r" }, escrow: { address: ESCROW }, billing: { address: BILLING } },
      },
      assets: { uusdc: { symbol: "USDC", decimals: 6, perCall: 1_000n, total: 100_000n, budget: 17_000n } },
      store: memoryStore(),
      fetch: this.fetch,
      clock: () => this.now,
      ...options,
    });
  }

  /** The same, with a session of this budget. */
  async callerWith(budget: bigint, options: Partial<PaymentsOptions> = {}): Promise<HubPayments> {
    const seed = new Uint8Array(32).fill(0x11);
    const session = this.open(wire.SigningKey.ed25519(seed).publicKey, budget);
    const payments = await this.caller(options);
    await payments.adopt(session, { type: "ed25519", seed });
    return payments;
  }
}

function hashOf(body: string): string {
  return wire.toHex(wire.sha256(new TextEncoder().encode(body)));
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

function failed(status: number, code: string): Response {
  return Response.json({ error: { code, message: "No.", type: code } }, { status });
}
