/** Pays for calls: as a scheme of x402's clients, as a `fetch` below them, or by itself. */

import { Book, type OpenCall, type SessionState } from "./book.js";
import { Chain, type HubQueries, type KnownAttester } from "./chain.js";
import { fit, type PaidCall, type PastTerms, wrongByChain, wrongByItself, wrongCorrection } from "./check.js";
import { PaymentError } from "./errors.js";
import {
  decodeHeader,
  encodeHeader,
  FormError,
  readRequirements,
  readSettled,
  type Requirements,
  type Settled,
  SCHEME,
  type SessionPayload,
  toBase64,
  VERSION,
} from "./header.js";
import * as wire from "hub-client/wire";
import type { Deployment } from "./hub.js";
import { type Need, type SessionPolicy, Sessions, type SessionSource, signingKey } from "./sessions.js";
import { memoryStore, type Store } from "./store.js";

/** What may be spent in one asset. Amounts are in its smallest unit. */
export interface AssetLimits {
  /** Such as `USDC`. */
  readonly symbol: string;
  /** Digits behind the point of a whole unit: 6 for USDC. */
  readonly decimals: number;
  /** The most that one call may cost. */
  readonly perCall: bigint;
  /** The most that may be charged in a day, UTC; no limit if not given. */
  readonly perDay?: bigint;
  /** The most that may be charged in all, by the tally in the store. */
  readonly total: bigint;
  /** What a session gets when it is opened, and again when it runs out: as much as `total` if not given. */
  readonly budget?: bigint;
}

/** How to pay. */
export interface PaymentsOptions {
  /** The chain: a `HubReader` or a `Hub` of hub-client. */
  readonly hub: HubQueries;
  readonly deployment: Pick<Deployment, "chain_id" | "contracts">;
  /** What may be spent, by asset as x402 names it: `uusdc`, `ibc/…`, or `cw20:` and the token's address. Others are refused. */
  readonly assets: { readonly [asset: string]: AssetLimits };
  /** Keeps what was spent. In memory, and so forgotten at the end, if not given. */
  readonly store?: Store;
  /** Opens sessions and tops them up: `accountSource` of `hub-x402/account`. Without it, sessions have to be adopted. */
  readonly source?: SessionSource;
  readonly sessions?: SessionPolicy;
  /** The only operators that are paid; any, within the limits, if not given. */
  readonly operators?: readonly string[];
  /** Sends requests; the platform's own if not given. */
  readonly fetch?: typeof fetch;
  /** How long a signed call is valid, at most 600 s: 120 if not given. */
  readonly validSeconds?: number;
  /** How often a call is sent again after its answer was lost: 3 if not given. It is paid once. */
  readonly retries?: number;
  /** Longest answer that is read, in bytes: 64 MiB if not given. */
  readonly maxAnswer?: number;
  /** The longest that one attempt may take, from the request to the last byte of its answer, in seconds: 120 if not given. */
  readonly maxSeconds?: number;
  /** Unix seconds; the platform's clock if not given. */
  readonly clock?: () => number;
  /** Is told of each call that was paid and checked. */
  readonly onPaid?: (paid: Paid) => void;
}

/** A call that was paid and checked. */
export interface Paid {
  readonly requestId: string;
  readonly session: number;
  readonly operator: string;
  readonly asset: string;
  /** What it cost. */
  readonly amount: bigint;
  /** What the server says is charged to the session, calls that run included. */
  readonly charged: bigint;
  readonly receipt: wire.Receipt;
  /** Canonical bytes of the receipt. */
  readonly receiptBytes: Uint8Array;
  /** Name and version of the engine. */
  readonly engine: string;
  /** What the attester's key is, as the server says. */
  readonly label: string;
  /** Whether the body of the answer was held against the receipt too: not where only headers were seen. */
  readonly bodyChecked: boolean;
}

/** An answer that was paid and checked. */
export interface PaidAnswer extends Paid {
  readonly body: Uint8Array;
  /** Status and headers, and the body once more. */
  readonly response: Response;
}

/** What `register` of x402's clients takes. */
export interface HubScheme {
  readonly scheme: typeof SCHEME;
  readonly schemeHooks: { onPaymentResponse(context: ResponseContext): Promise<void | { recovered: true }> };
  findDefaultAsset(asset: string, network: string): { asset: string; decimals: number; symbol: string } | undefined;
  createPaymentPayload(
    x402Version: number,
    requirements: unknown,
  ): Promise<{ x402Version: number; payload: SessionPayload }>;
}

interface ResponseContext {
  readonly paymentPayload: { readonly payload: Record<string, unknown> };
  readonly settleResponse?: unknown;
  readonly paymentRequired?: { readonly accepts: readonly unknown[]; readonly error?: string | undefined };
}

/** A call of this process, from its signature to its end. */
interface Call extends PaidCall {
  readonly state: SessionState;
  readonly need: Need;
  readonly watch: { readonly bound: bigint; done(): void };
  expiresAt: number;
  corrections: number;
  /** An answer to it was lost: whatever the server says now, it may have run. */
  lost: boolean;
  /** It is to be signed again, after a correction. */
  again: boolean;
}

/** Most corrections that one call goes along with. */
const CORRECTIONS = 4;
/** Most bytes of what a server says beside its answers. */
const MOST_SAID = 1 << 20;
/** How long it may take to say that. */
const SECONDS_ASIDE = 5;
/** Requests whose hash is remembered until their 402 is paid. */
const MOST_OFFERS = 1_000;
const HEADER_REQUIRED = "payment-required";
const HEADER_SIGNATURE = "payment-signature";
const HEADER_RESPONSE = "payment-response";

/** Pays for calls of models, within limits. */
export class HubPayments {
  /** The scheme, for `client.register("cosmos:*", payments.scheme)`. */
  readonly scheme: HubScheme;
  /** A `fetch` to give to x402's clients: it holds answers against their receipts, and asks again for answers that were lost. */
  readonly fetch: typeof fetch;
  readonly #options: PaymentsOptions;
  readonly #chain: Chain;
  readonly #book: Book;
  readonly #sessions: Sessions;
  readonly #send: typeof fetch;
  readonly #clock: () => number;
  readonly #calls = new Map<string, Call>();
  /** Hash and address of requests that were answered with an offer. */
  readonly #offers = new Map<string, { readonly hash: string; readonly url: string }>();
  readonly #paid = new WeakMap<Response, Paid>();
  /** What calls of an address were asked for last: most cost the same, and one round trip is saved. */
  readonly #agreed = new Map<string, { readonly raw: unknown; readonly resource: unknown }>();

  private constructor(options: PaymentsOptions, chain: Chain, book: Book) {
    this.#options = options;
    this.#chain = chain;
    this.#book = book;
    this.#clock = chain.clock;
    this.#send = options.fetch ?? ((...request) => globalThis.fetch(...request));
    this.#sessions = new Sessions(chain, book, options.source, options.sessions ?? {});
    this.scheme = {
      scheme: SCHEME,
      schemeHooks: { onPaymentResponse: (context) => this.#responded(context) },
      findDefaultAsset: (asset, network) => this.#defaultAsset(asset, network),
      createPaymentPayload: async (x402Version, requirements) => {
        if (x402Version !== VERSION) {
          throw wrong(`it speaks version ${x402Version} of x402, expected ${VERSION}`);
        }
        return { x402Version: VERSION, payload: await this.#payload(requirements) };
      },
    };
    this.fetch = (input, init) => this.#fetch(new Request(input as Request, init));
  }

  /** Reads the tally, and is ready to pay. */
  static async open(options: PaymentsOptions): Promise<HubPayments> {
    const clock = options.clock ?? (() => Math.floor(Date.now() / 1_000));
    const { chain_id, contracts } = options.deployment;
    const chain = new Chain(options.hub, chain_id, contracts.billing.address, clock);
    const book = await Book.open(options.store ?? memoryStore(), chain_id, contracts.billing.address);
    return new HubPayments(options, chain, book);
  }

  // --- What a user asks -------------------------------------------------------------------------

  /**
   * Uses a session that was opened elsewhere, by `hub session open` or in another program that uses it no more. What was spent of it
   * before is what the chain shows.
   */
  adopt(session: number, key: { readonly type: wire.KeyType; readonly seed: Uint8Array }): Promise<void> {
    return this.#sessions.adopt(session, key);
  }

  /** What was spent in an asset at most, in all and today; of it what calls came to at most whose end is not known. */
  spent(asset: string): { readonly total: bigint; readonly today: bigint; readonly open: bigint } {
    return this.#book.spent(asset, this.#clock());
  }

  /** Sessions in the store: what each was charged at most, the ceiling that was signed, and why it is used no more. */
  get sessions(): readonly {
    session: number;
    operator: string;
    asset: string;
    charged: bigint;
    ceiling: bigint;
    ended: string | undefined;
  }[] {
    return this.#book.sessions.map((one) => ({
      session: one.session,
      operator: one.operator,
      asset: one.asset,
      charged: this.#book.atMost(one),
      ceiling: BigInt(one.ceiling),
      ended: one.ended,
    }));
  }

  /** What was paid for a response of {@link HubPayments.fetch}; undefined if nothing was. */
  paid(response: Response): Paid | undefined {
    return this.#paid.get(response);
  }

  /** Pays an operator again that was dishonest. */
  async trustAgain(operator: string): Promise<void> {
    this.#book.trustAgain(operator);
    await this.#book.save();
  }

  /**
   * Asks servers what became of calls whose end is not known, and counts them at what they cost. Calls that no server can accept any
   * more, and that the server says never ran, are counted at nothing. Answers with what is still open.
   */
  async reconcile(): Promise<number> {
    let left = 0;
    for (const state of this.#book.sessions) {
      for (const [requestId, call] of Object.entries(state.open)) {
        const runs = this.#calls.get(requestId);
        if (runs !== undefined && this.#clock() <= call.expiresAt + 60) {
          left += 1;
        } else if (await this.#ended(state, requestId, call)) {
          if (runs !== undefined) {
            this.#end(runs, () => undefined);
          }
        } else {
          left += 1;
        }
      }
    }
    await this.#book.save();
    return left;
  }

  /**
   * Calls a model, without x402's clients. Under the same `requestId` the same body is the same call, and is paid once.
   *
   * @throws PaymentError, which says whether money may have been spent; what a server refuses is `refused`
   */
  async call(
    url: string,
    body: Uint8Array | string,
    init: {
      readonly requestId?: string;
      readonly headers?: Record<string, string>;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<PaidAnswer> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const headers = { "content-type": "application/json", ...init.headers };
    const request = () =>
      new Request(url, {
        method: "POST",
        headers,
        body: bytes as BodyInit,
        ...(init.signal && { signal: init.signal }),
      });
    const hash = wire.toHex(wire.sha256(bytes));
    let agreed = this.#agreed.get(url);
    for (;;) {
      const fresh = agreed === undefined;
      agreed ??= await this.#quote(request(), hash);
      const raw = rehashed(agreed.raw, hash);
      const { payload, call } = await this.#signed(raw, { url, hash, requestId: init.requestId, isRemembered: !fresh });
      const paying = request();
      paying.headers.set(
        HEADER_SIGNATURE,
        encodeHeader({ x402Version: VERSION, accepted: raw, resource: agreed.resource, payload }),
      );
      try {
        const response = await this.#pay(call, paying, bytes, raw);
        const paid = this.#paid.get(response);
        if (paid === undefined) {
          throw await refusedBy(response);
        }
        this.#remember(url, agreed);
        return { ...paid, body: new Uint8Array(await response.clone().arrayBuffer()), response };
      } catch (error) {
        this.#agreed.delete(url);
        // What was remembered may be of other terms, or of a smaller body: ask once, and decide anew.
        if (fresh || !(error instanceof PaymentError && error.code === "price_changed")) {
          throw error;
        }
        agreed = undefined;
      }
    }
  }

  // --- Signing ----------------------------------------------------------------------------------

  async #quote(request: Request, hash: string): Promise<{ raw: unknown; resource: unknown }> {
    const response = await this.fetch(request);
    const header = response.headers.get(HEADER_REQUIRED);
    if (response.status !== 402 || header === null) {
      throw response.ok ? wrong("it answers without being paid") : await refusedBy(response);
    }
    const required = decoded(() => decodeHeader(header)) as { accepts?: unknown[]; resource?: unknown };
    const raw = required?.accepts?.find((one) => (one as { scheme?: unknown } | null)?.scheme === SCHEME);
    if (raw === undefined) {
      throw wrong(`none of its ways to pay is ${SCHEME}`);
    }
    this.#fits(
      decoded(() => readRequirements(raw)),
      hash,
    );
    return { raw, resource: required.resource };
  }

  #remember(url: string, agreed: { raw: unknown; resource: unknown }): void {
    if (this.#agreed.size >= MOST_OFFERS) {
      this.#agreed.clear();
    }
    this.#agreed.set(url, agreed);
  }

  async #payload(requirements: unknown): Promise<SessionPayload> {
    const found = decoded(() => readRequirements(requirements));
    const offer = offerOf(found);
    // x402's clients pay the same offer again after a correction.
    const before = [...this.#calls.values()].find((call) => call.again && offerOf(call.agreed) === offer);
    if (before !== undefined) {
      return await this.#sign(before);
    }
    const { payload } = await this.#signed(requirements, this.#offers.get(offer) ?? {});
    return payload;
  }

  /** Checks what is asked for, finds a session, notes the call, and signs it. */
  async #signed(
    requirements: unknown,
    known: {
      readonly url?: string;
      readonly hash?: string;
      readonly requestId?: string | undefined;
      readonly isRemembered?: boolean;
    },
  ): Promise<{ payload: SessionPayload; call: Call }> {
    const found = decoded(() => readRequirements(requirements));
    const requestHash = known.hash ?? found.requestHash;
    this.#fits(found, requestHash);
    this.#within(found, undefined);
    const [attester, terms, blob] = await Promise.all([
      this.#chain.attester(found.attester),
      this.#chain.terms(found.model, found.terms),
      this.#chain.blob(found.model, found.release),
    ]);
    const lie = wrongByChain(found, attester, terms);
    if (lie !== undefined) {
      throw wrong(lie);
    }
    const need: Need = {
      operator: found.payTo,
      asset: found.asset,
      measurement: found.measurement,
      attester: found.attester,
      model: found.model,
      release: found.release,
      rates: found.rates,
      amount: found.amount,
    };
    const call = await this.#begin(found, need, attester, blob, requestHash, known);
    return { payload: await this.#sign(call), call };
  }

  async #begin(
    agreed: Requirements,
    need: Need,
    attester: KnownAttester,
    blob: Uint8Array,
    requestHash: string,
    known: { readonly url?: string; readonly requestId?: string | undefined; readonly isRemembered?: boolean },
  ): Promise<Call> {
    const limits = this.#limits(agreed.asset);
    for (;;) {
      const repeated = known.requestId === undefined ? undefined : this.#sessionOf(known.requestId, need);
      const state =
        repeated ??
        (await this.#sessions.provide(need, () => {
          const left = limits.total - this.#book.spent(agreed.asset, this.#clock()).total;
          return { budget: limits.budget ?? limits.total, left };
        }));
      // From here to the note nothing is waited for: other calls cannot take the same money.
      const seen = this.#sessions.seen(state.session);
      if (repeated === undefined && (seen === undefined || !this.#sessions.pays(state, seen, need))) {
        continue;
      }
      const requestId = known.requestId ?? freshId(this.#book, state);
      if (Object.hasOwn(state.open, requestId) || !this.#book.knows(state, requestId)) {
        this.#within(agreed, { state, requestId });
      }
      if (this.#calls.has(requestId)) {
        throw new PaymentError("refused", `call ${requestId} runs already`, "wait for its answer", { requestId });
      }
      // Of a repeat, the most that it could cost when it was signed first: its stored answer has the price of that time.
      const first = repeated === undefined ? undefined : BigInt(state.open[requestId]?.amount ?? "0");
      const call: Call = {
        session: state.session,
        requestId,
        agreed,
        key: attester.key,
        blob,
        first,
        isOwnOffer: known.isRemembered !== true,
        requestHash,
        state,
        need,
        watch: this.#book.watch(state),
        expiresAt: 0,
        corrections: CORRECTIONS,
        // Of a repeat it is not known what became of it.
        lost: repeated !== undefined,
        again: false,
      };
      this.#note(call, known.url);
      this.#calls.set(requestId, call);
      try {
        await this.#book.save();
      } catch (error) {
        this.#end(call, () => call.lost || this.#book.drop(state, requestId));
        throw error;
      }
      return call;
    }
  }

  #note(call: Call, url: string | undefined): void {
    const now = this.#clock();
    const valid = Math.min(this.#options.validSeconds ?? 120, Math.max(1, call.agreed.maxTimeoutSeconds), 600);
    call.expiresAt = now + valid;
    const open: OpenCall = {
      amount: call.agreed.amount.toString(),
      expiresAt: call.expiresAt,
      signedAt: now,
      ...(url !== undefined && { url }),
    };
    this.#book.begin(call.state, call.requestId, open);
  }

  async #sign(call: Call): Promise<SessionPayload> {
    call.again = false;
    const { state, requestId, agreed } = call;
    const key = signingKey(state);
    const { domain } = this.#chain;
    const session = BigInt(state.session);
    const bytes = wire.encodeCall({
      attester: BigInt(agreed.attester),
      session,
      model: BigInt(agreed.model),
      requestId: wire.fromHex(requestId),
      expiresAt: BigInt(call.expiresAt),
      requestHash: wire.fromHex(call.requestHash),
    });
    const sign = (digest: Uint8Array) => toBase64(key.sign(digest));
    const signed = { requestId, expiresAt: call.expiresAt, signature: sign(wire.callDigest(domain, bytes)) };
    const ceiling = BigInt(state.ceiling);
    // Only as far as the calls that are open need, and only if the server has not said that it knows as much.
    if (BigInt(state.acknowledged) >= this.#book.atMost(state)) {
      return { session: state.session, call: signed };
    }
    const voucher = wire.voucherDigest(domain, wire.encodeVoucher({ session, ceiling }));
    return {
      session: state.session,
      call: signed,
      voucher: { ceiling: ceiling.toString(), signature: sign(voucher) },
    };
  }

  /** Checks requirements that need nobody's word. */
  #fits(found: Requirements, requestHash: string): void {
    const { chain_id, contracts } = this.#options.deployment;
    if (found.network !== `cosmos:${chain_id}`) {
      throw new PaymentError(
        "wrong_chain",
        `the server is paid on ${found.network}, and you pay on cosmos:${chain_id}`,
        "call a server of your chain, or give the deployment of this one; nothing was signed",
      );
    }
    this.#limits(found.asset);
    const reason = this.#book.distrusted(found.payTo);
    if (reason !== undefined) {
      throw new PaymentError(
        "distrusted",
        `operator ${found.payTo} is not paid any more, since ${reason}`,
        "call another, or allow it again by trustAgain()",
      );
    }
    if (found.billing !== contracts.billing.address || found.escrow !== contracts.escrow.address) {
      throw wrong(`it settles by billing ${found.billing} and escrow ${found.escrow}, not by those of your deployment`);
    }
    if (this.#options.operators?.includes(found.payTo) === false) {
      throw wrong(`its operator ${found.payTo} is none of those that you pay`);
    }
    if (found.requestHash !== requestHash) {
      throw wrong("it is about another request than the one that was sent");
    }
    const lie = wrongByItself(found);
    if (lie !== undefined) {
      throw wrong(lie);
    }
  }

  #limits(asset: string): AssetLimits {
    const limits = Object.hasOwn(this.#options.assets, asset) ? this.#options.assets[asset] : undefined;
    if (limits === undefined) {
      throw new PaymentError(
        "wrong_asset",
        `the server is paid in ${asset}, and you allow ${Object.keys(this.#options.assets).join(", ") || "nothing"}`,
        "add it to your assets with limits, or call another; nothing was signed",
      );
    }
    return limits;
  }

  #within({ asset, amount }: Requirements, call: { state: SessionState; requestId: string } | undefined): void {
    const limits = this.#limits(asset);
    const { total, today } = this.#book.spent(asset, this.#clock());
    const counted = call === undefined ? 0n : BigInt(call.state.open[call.requestId]?.amount ?? "0");
    const found: [string, bigint, bigint | undefined][] = [
      ["the call", amount, limits.perCall],
      ["what was spent today, with this call,", today - counted + amount, limits.perDay],
      ["what was spent in all, with this call,", total - counted + amount, limits.total],
    ];
    for (const [what, is, allowed] of found) {
      if (allowed !== undefined && is > allowed) {
        throw new PaymentError(
          "over_limit",
          `${what} would be ${is} ${asset}, and you allow ${allowed}`,
          "raise the limit if the call is worth it; nothing was signed",
        );
      }
    }
  }

  #sessionOf(requestId: string, { operator, asset }: Need): SessionState | undefined {
    return this.#book.sessions.find(
      (one) => one.operator === operator && one.asset === asset && this.#book.knows(one, requestId),
    );
  }

  #defaultAsset(asset: string, network: string) {
    const limits = Object.hasOwn(this.#options.assets, asset) ? this.#options.assets[asset] : undefined;
    const here = network === `cosmos:${this.#options.deployment.chain_id}`;
    // Of another chain as well: the scheme itself says then what is wrong.
    return limits === undefined && here
      ? undefined
      : { asset, decimals: limits?.decimals ?? 0, symbol: limits?.symbol ?? asset };
  }

  // --- Sending ----------------------------------------------------------------------------------

  async #fetch(request: Request): Promise<Response> {
    // x402's fetch sets it on requests, where it means nothing; browsers would ask the server for leave first.
    request.headers.delete("access-control-expose-headers");
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const header = request.headers.get(HEADER_SIGNATURE);
    if (header === null) {
      const response = await limited(this.#seconds, request.signal, (within) =>
        this.#send(withBody(request, body, within)),
      ).catch((cause: unknown) => {
        if (request.signal.aborted) {
          throw cause;
        }
        throw new PaymentError(
          "unreachable",
          `the server at ${new URL(request.url).origin} does not answer (${reasonOf(cause)})`,
          "call again later, or call another; nothing was signed",
          { cause },
        );
      });
      this.#offered(response, request.url, wire.toHex(wire.sha256(body)));
      return response;
    }
    const paying = decodedOrNothing(header);
    const id = paying?.payload?.call?.requestId;
    const call = typeof id === "string" ? this.#calls.get(id) : undefined;
    return call === undefined ? await this.#send(request) : await this.#pay(call, request, body, paying?.accepted);
  }

  /** Notes of an offer for which request it was made. */
  #offered(response: Response, url: string, hash: string): void {
    const header = response.headers.get(HEADER_REQUIRED);
    if (response.status !== 402 || header === null) {
      return;
    }
    const { accepts } = (decodedOrNothing(header) ?? {}) as { accepts?: unknown };
    for (const entry of Array.isArray(accepts) ? accepts : []) {
      try {
        const found = readRequirements(entry);
        if (this.#offers.size >= MOST_OFFERS) {
          this.#offers.clear();
        }
        this.#offers.set(offerOf(found), { hash, url });
      } catch {
        // Another scheme's.
      }
    }
  }

  /** Sends a paid request until its end is known, or cannot be. */
  async #pay(call: Call, request: Request, body: Uint8Array, accepted: unknown): Promise<Response> {
    let attempts = (this.#options.retries ?? 3) + 1;
    // Its headers change with each signature.
    const sending = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      signal: request.signal,
    });
    const open = call.state.open[call.requestId];
    if (open !== undefined && open.url === undefined) {
      call.state.open[call.requestId] = { ...open, url: request.url };
    }
    for (;;) {
      let response: Response;
      let answer: Uint8Array;
      let again: Response;
      try {
        ({ response, answer } = await limited(this.#seconds, request.signal, async (within) => {
          const sent = await this.#send(withBody(sending, body, within));
          return { response: sent, answer: await read(sent, this.#most, within) };
        }));
        again = new Response(answer.length === 0 ? null : (answer as BodyInit), {
          status: response.status,
          headers: plain(response.headers),
        });
      } catch (cause) {
        attempts -= 1;
        call.lost = true;
        // What is too long stays so.
        if (attempts === 0 || request.signal.aborted || cause instanceof TooLong) {
          throw this.#unknown(call, reasonOf(cause), cause);
        }
        await sleep(300);
        continue;
      }
      const settled = response.headers.get(HEADER_RESPONSE);
      if (response.ok) {
        const { header, hashed } = settled === null ? streamed(response, answer) : { header: settled, hashed: answer };
        if (header === undefined && isStream(response)) {
          // It was cut on its way: asked for again, it is said from the start.
          attempts -= 1;
          call.lost = true;
          if (attempts === 0) {
            throw this.#unknown(call, "the answer ended before its settlement");
          }
          await sleep(300);
          continue;
        }
        const paid = await this.#settle(call, header === undefined ? undefined : decodedOrNothing(header), hashed);
        this.#paid.set(again, paid);
        return again;
      }
      const error = codeIn(answer);
      // A gateway between gave up, and the server may go on: that is no refusal.
      if (response.status >= 500 && error === undefined) {
        attempts -= 1;
        call.lost = true;
        if (attempts === 0) {
          throw this.#unknown(call, `status ${response.status}`);
        }
        await sleep(300);
        continue;
      }
      if (response.status === 402 && settled === null && response.headers.has(HEADER_REQUIRED)) {
        await this.#correct(call, decodedOrNothing(response.headers.get(HEADER_REQUIRED) as string));
        const payload = await this.#sign(call);
        sending.headers.set(HEADER_SIGNATURE, encodeHeader({ x402Version: VERSION, accepted, payload }));
        continue;
      }
      // The same call runs already: its answer comes. An outage may end.
      const wait = error === "running" || (call.lost && (response.status === 503 || response.status === 429));
      if (wait && attempts > 1) {
        attempts -= 1;
        call.lost ||= error === "running";
        await sleep(error === "running" ? 300 : 1_000);
        continue;
      }
      if (call.lost) {
        throw this.#unknown(call, `status ${response.status}, ${error ?? "without a code"}`);
      }
      this.#end(call, () => this.#book.drop(call.state, call.requestId));
      await this.#kept();
      return again;
    }
  }

  get #most(): number {
    return this.#options.maxAnswer ?? 64 * 1_024 * 1_024;
  }

  get #seconds(): number {
    return this.#options.maxSeconds ?? 120;
  }

  /** Holds an answer against its call, and counts it. */
  async #settle(call: Call, header: unknown, body: Uint8Array | undefined): Promise<Paid> {
    const { state, requestId, agreed, watch } = call;
    let fitting: ReturnType<typeof fit>;
    let settled: ReturnType<typeof readSettled> | undefined;
    try {
      settled = header === undefined ? undefined : readSettled(header);
      const past = settled === undefined ? undefined : await this.#past(call, settled);
      fitting = settled === undefined ? "it has no receipt" : fit(call, settled, body, this.#chain.domain, past);
    } catch (error) {
      if (error instanceof PaymentError) {
        throw this.#unknown(call, "the chain could not be asked whether the answer is right", error);
      }
      fitting = error instanceof FormError ? error.message : String(error);
    }
    if (settled === undefined || typeof fitting === "string") {
      return await this.#dishonest(call, typeof fitting === "string" ? fitting : "it has no receipt", () => undefined);
    }
    const { receipt, amount } = fitting;
    // Before the call is counted at less: what others of its calls cost at most counted then.
    const { bound } = watch;
    const hash = wire.toHex(wire.sha256(settled.receipt));
    const count = () => this.#book.end(state, requestId, amount, hash, this.#clock());
    if (this.#book.isSecond(state, requestId, hash)) {
      return await this.#dishonest(
        call,
        "it has another receipt than the one that this call was answered with before",
        count,
      );
    }
    this.#end(call, count);
    if (settled.charged > bound) {
      await this.#overcharged(state, settled.charged, bound, amount, requestId);
    }
    const ceiling = BigInt(state.ceiling);
    const known = settled.ceiling ?? ceiling;
    if (known > BigInt(state.acknowledged)) {
      state.acknowledged = (known < ceiling ? known : ceiling).toString();
    }
    await this.#kept();
    const paid: Paid = {
      requestId,
      session: state.session,
      operator: state.operator,
      asset: state.asset,
      amount,
      charged: settled.charged,
      receipt,
      receiptBytes: settled.receipt,
      engine: settled.engine,
      label: settled.label,
      bodyChecked: body !== undefined,
    };
    this.#options.onPaid?.(paid);
    return paid;
  }

  /** Ends a call whose answer is not what was agreed: its operator is not paid again. */
  async #dishonest(call: Call, what: string, count: () => void): Promise<never> {
    const { state, requestId, agreed, first } = call;
    const atMost = first !== undefined && first > agreed.amount ? first : agreed.amount;
    this.#end(call, count);
    this.#book.distrust(state.operator, `an answer was not what was agreed: ${what}`);
    await this.#kept();
    throw new PaymentError(
      "dishonest",
      `the answer is not what was agreed: ${what}. The call may be charged, at most ${atMost} ${agreed.asset}`,
      "do not use this operator again",
      { atMost, requestId },
    );
  }

  /** The rates of a repeat whose stored answer has the price of its first time; undefined of all others. */
  async #past({ first, agreed }: Call, { receipt: bytes }: Settled): Promise<PastTerms | undefined> {
    const terms = first === undefined ? agreed.terms : Number(wire.decodeReceipt(bytes).terms);
    if (terms === agreed.terms) {
      return undefined;
    }
    const { price } = await this.#chain.terms(agreed.model, terms);
    const rates = {
      perCall: BigInt(price.per_call),
      perMillionIn: BigInt(price.per_million_in),
      perMillionOut: BigInt(price.per_million_out),
    };
    return { terms, rates, most: first === 0n ? undefined : first };
  }

  /** Reads a 402 that corrects a payment. Returns if the call is to be signed and sent again; else it is ended, with an error. */
  async #correct(call: Call, required: unknown): Promise<void> {
    const { state, requestId, agreed, watch } = call;
    const { accepts, error } = (required ?? {}) as { accepts?: unknown[]; error?: unknown };
    const reason = typeof error === "string" ? error.slice(0, 64) : "";
    const give = async (failure: PaymentError): Promise<never> => {
      if (call.lost) {
        throw this.#unknown(call, `the server refuses (${reason})`, failure);
      }
      // Not charged, says the server. If it lies, its own count shows it.
      this.#end(call, () => this.#book.drop(state, requestId));
      await this.#kept();
      throw failure;
    };
    const details = { requestId, reason };
    let renewed: Requirements;
    try {
      renewed = readRequirements(Array.isArray(accepts) ? accepts[0] : undefined);
    } catch (failure) {
      return await give(wrong(failure instanceof Error ? failure.message : String(failure), details));
    }
    const lie = wrongCorrection(renewed, agreed, state.session);
    if (lie !== undefined) {
      return await give(wrong(lie, details));
    }
    const { charged } = renewed;
    if (charged !== undefined && charged > watch.bound) {
      // It says that this call was not charged: that is all that it gets.
      const { bound } = watch;
      this.#end(call, () => call.lost || this.#book.drop(state, requestId));
      await this.#overcharged(state, charged, bound, 0n, requestId);
    }
    if (reason === "price_changed" || renewed.amount > agreed.amount) {
      const what = `the price rose from ${agreed.amount} to ${renewed.amount} ${agreed.asset} between offer and payment`;
      return await give(
        new PaymentError("price_changed", what, "call again if it is worth that; nothing was charged", details),
      );
    }
    call.corrections -= 1;
    if (call.corrections >= 0) {
      const waits = reason === "unknown_session" || reason === "exhausted";
      if (waits && this.#sessions.changedLately(state.session)) {
        // The server has not seen the block yet in which its money came.
        call.corrections += 1;
        await sleep(1_000);
        call.again = true;
        return;
      }
      if (reason === "voucher_missing" && BigInt(state.ceiling) >= (charged ?? 0n) + renewed.amount) {
        // It does not know what was signed: sign it again, no higher.
        if (BigInt(state.acknowledged) > 0n || call.corrections === CORRECTIONS - 1) {
          state.acknowledged = "0";
          call.again = true;
          return;
        }
      }
    }
    return await give(await this.#refusal(call, reason, details));
  }

  /** The failure behind a refusal that is not to be cured. */
  async #refusal(call: Call, reason: string, details: { requestId: string; reason: string }): Promise<PaymentError> {
    const { state, need } = call;
    const { session } = state;
    const nothing = "nothing was charged";
    switch (reason) {
      case "call_expired":
      case "call_too_long":
        return new PaymentError(
          "clock_off",
          `the server holds your call, valid until ${call.expiresAt}, for ${reason === "call_expired" ? "expired" : "valid too long"} (${nothing})`,
          "set the clock of this machine",
          details,
        );
      case "exhausted":
        await this.#sessions.view(state, true).catch(() => undefined);
        return new PaymentError(
          "session_exhausted",
          `the budget of session ${session} does not cover ${need.amount} ${need.asset} (${nothing})`,
          "top it up or open another; calls tops it up on demand if it has an account",
          details,
        );
      case "session_ended":
        // Not by the server's word: it could have one session after the other opened.
        if (await this.#sessions.isOpen(state).catch(() => true)) {
          return new PaymentError(
            "session_refused",
            `the server says that session ${session} ended, and on chain it is open (${nothing})`,
            "call again later; do not use this operator again if this repeats",
            details,
          );
        }
        return new PaymentError(
          "session_ended",
          `session ${session} was closed or ran into its end (${nothing})`,
          "call again: another session is opened, if there is an account for it",
          details,
        );
      case "voucher_missing":
        return new PaymentError(
          "voucher_missing",
          `the server asks for a ceiling above ${state.ceiling}, the most that your calls can come to (${nothing})`,
          "do not use this operator again if this repeats",
          details,
        );
      case "unknown_session":
      case "no_key":
      case "bad_signature":
      case "bad_voucher":
      case "attester_not_allowed":
      case "model_not_allowed":
      case "wrong_denom":
      case "price_above_limit":
      case "lanes_full":
        return new PaymentError(
          "session_refused",
          `the server does not take session ${session} (${reason}; ${nothing})`,
          "open another for this operator, model and price",
          details,
        );
      default:
        return new PaymentError(
          "refused",
          `the server refused (${reason || "without a reason"}; ${nothing})`,
          "see its reason",
          details,
        );
    }
  }

  async #overcharged(
    state: SessionState,
    server: bigint,
    own: bigint,
    atMost: bigint,
    requestId: string,
  ): Promise<never> {
    const what = `the server says that ${server} ${state.asset} are charged to session ${state.session}, and your calls came to at most ${own}`;
    this.#book.distrust(state.operator, what);
    await this.#kept();
    throw new PaymentError("overcharged", what, "do not use this operator again", { atMost, requestId });
  }

  #unknown(call: Call, reason: string, cause?: unknown): PaymentError {
    this.#end(call, () => undefined);
    const { requestId, agreed } = call;
    return new PaymentError(
      "unknown_outcome",
      `no answer came (${reason}), and the call may have run, for at most ${agreed.amount} ${agreed.asset}`,
      `call again with request id ${requestId}, which is never paid twice, or reconcile()`,
      { atMost: agreed.amount, requestId, cause },
    );
  }

  #end(call: Call, count: () => unknown): void {
    count();
    call.watch.done();
    this.#calls.delete(call.requestId);
  }

  /** Keeps what is known now. If that fails, what is kept counts more than was spent, never less; the next call says so. */
  async #kept(): Promise<void> {
    await this.#book.save().catch(() => undefined);
  }

  /** Where only headers are seen: x402's fetch without the one of this class. */
  async #responded(context: ResponseContext): Promise<void | { recovered: true }> {
    const payload = context.paymentPayload.payload as { call?: { requestId?: unknown } };
    const id = payload.call?.requestId;
    const call = typeof id === "string" ? this.#calls.get(id) : undefined;
    if (call === undefined) {
      return;
    }
    if (context.settleResponse !== undefined) {
      await this.#settle(call, context.settleResponse, undefined);
    } else if (context.paymentRequired !== undefined) {
      await this.#correct(call, context.paymentRequired);
      call.again = true;
      return { recovered: true };
    } else {
      // The status is not shown, so it is not known whether it ran. It stays open in the tally.
      this.#end(call, () => undefined);
    }
  }

  /** Asks a server what became of a call; true if that is known now. */
  async #ended(state: SessionState, requestId: string, call: OpenCall): Promise<boolean> {
    if (call.url === undefined) {
      return false;
    }
    try {
      const url = new URL(`/v1/receipts/${requestId}`, call.url);
      const { response, text } = await limited(SECONDS_ASIDE, undefined, async (signal) => {
        const sent = await this.#send(url, { signal, redirect: "error", credentials: "omit" });
        return { response: sent, text: await said(sent, signal) };
      });
      if (response.status === 404 && this.#clock() > call.expiresAt + 60) {
        this.#book.drop(state, requestId);
        return true;
      }
      const { receipts } = JSON.parse(text) as {
        receipts?: { session?: unknown; amount?: unknown; receipt?: unknown }[];
      };
      const mine = receipts?.find((one) => one.session === state.session);
      if (!response.ok || typeof mine?.receipt !== "string" || !/^[0-9]{1,39}$/.test(String(mine.amount))) {
        return false;
      }
      // The server's word, which it can only raise to what was agreed.
      const amount = BigInt(String(mine.amount));
      const most = BigInt(call.amount);
      const bytes = Uint8Array.from(atob(mine.receipt), (character) => character.charCodeAt(0));
      const receipt = wire.decodeReceipt(bytes);
      if (wire.toHex(receipt.requestId) !== requestId || receipt.session !== BigInt(state.session)) {
        return false;
      }
      this.#book.end(state, requestId, amount < most ? amount : most, wire.toHex(wire.sha256(bytes)), this.#clock());
      return true;
    } catch {
      return false;
    }
  }
}

// --- Small things ---------------------------------------------------------------------------------

function offerOf(found: Requirements): string {
  return `${found.payTo}/${found.attester}/${found.offer}`;
}

function freshId(book: Book, state: SessionState): string {
  for (;;) {
    const id = wire.toHex(crypto.getRandomValues(new Uint8Array(16)));
    if (!book.knows(state, id)) {
      return id;
    }
  }
}

function wrong(what: string, details: { requestId?: string; reason?: string } = {}): PaymentError {
  const sentence = `the server asks for a payment that does not fit the call: ${what}`;
  return new PaymentError("wrong_requirements", sentence, "nothing more was signed; call another server", details);
}

/** What a stranger's bytes hold, or the failure in our words. */
function decoded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FormError ? wrong(error.message) : error;
  }
}

interface Paying {
  readonly accepted?: unknown;
  readonly payload?: { readonly call?: { readonly requestId?: unknown } };
}

function decodedOrNothing(header: string): Paying | undefined {
  try {
    return (decodeHeader(header) ?? undefined) as Paying | undefined;
  } catch {
    return undefined;
  }
}

/** The same requirements for another body. */
function rehashed(raw: unknown, requestHash: string): unknown {
  const one = raw as { extra?: object };
  return { ...one, extra: { ...one.extra, requestHash } };
}

/** A request with its whole body, so that it can be sent again. */
function withBody(request: Request, body: Uint8Array, signal: AbortSignal): Request {
  return new Request(request.url, {
    method: request.method,
    headers: request.headers,
    ...(body.length > 0 && { body: body as BodyInit }),
    signal,
    redirect: "error",
    credentials: "omit",
  });
}

/** An answer of more bytes than are read. */
class TooLong extends Error {}

/** Reads a body, as long as it is no longer than it may be. Whoever sends it may be hostile. */
async function read(response: Response, most: number, within: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  const cancel = () => void reader?.cancel().catch(() => undefined);
  within.addEventListener("abort", cancel, { once: true });
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    length += value.length;
    if (length > most) {
      cancel();
      throw new TooLong(`the answer has more than ${most} bytes`);
    }
    parts.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** What a server says beside its answers. */
async function said(response: Response, within: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await read(response, MOST_SAID, within));
}

/** Does work that may take for ever, for so long. Whatever sends requests need not heed the signal. */
function limited<T>(
  seconds: number,
  by: AbortSignal | undefined,
  work: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  return new Promise((resolve, reject) => {
    const late = () => controller.abort(new Error(`no answer within ${seconds} s`));
    const timer = setTimeout(late, 1_000 * seconds);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    const give = () => controller.abort(by?.reason);
    by?.addEventListener("abort", give, { once: true });
    if (by?.aborted === true) {
      give();
    }
    work(signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return String(cause);
  }
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}

function isStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

const LAST_EVENT = new TextEncoder().encode("event: payment-response\ndata: ");
const EVENT = new TextEncoder().encode("event:");

/**
 * The payment response that ends a stream, whose cost was not known when it began, and the bytes that are hashed: all before the first
 * line that begins with `event:`.
 */
function streamed(response: Response, answer: Uint8Array): { header: string | undefined; hashed: Uint8Array } {
  const stands = (bytes: Uint8Array, at: number) =>
    (at === 0 || answer[at - 1] === 10) && bytes.every((byte, place) => answer[at + place] === byte);
  let first = 0;
  while (first < answer.length && !stands(EVENT, first)) {
    first += 1;
  }
  // A blank line is the end of all: a settlement that is cut is none.
  const isWhole = isStream(response) && answer.at(-1) === 10 && answer.at(-2) === 10;
  for (let at = answer.length - LAST_EVENT.length; isWhole && at >= first; at -= 1) {
    if (stands(LAST_EVENT, at)) {
      const header = new TextDecoder().decode(answer.subarray(at + LAST_EVENT.length)).trim();
      return { header, hashed: answer.subarray(0, first) };
    }
  }
  return { header: undefined, hashed: answer };
}

/** Headers of an answer whose body was decoded already. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers);
  kept.delete("content-encoding");
  kept.delete("content-length");
  return kept;
}

function codeIn(answer: Uint8Array): string | undefined {
  try {
    const body = JSON.parse(new TextDecoder().decode(answer)) as { error?: { code?: unknown } };
    return typeof body?.error?.code === "string" ? body.error.code : undefined;
  } catch {
    return undefined;
  }
}

async function refusedBy(response: Response): Promise<PaymentError> {
  const text = await limited(SECONDS_ASIDE, undefined, (signal) => said(response, signal)).catch(() => "");
  let error: { code?: unknown; message?: unknown } | undefined;
  try {
    error = (JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }).error;
  } catch {
    // Something else answers there.
  }
  const code = typeof error?.code === "string" ? error.code : `status ${response.status}`;
  const message = typeof error?.message === "string" ? error.message : text.slice(0, 200);
  return new PaymentError("refused", `the server refused the call (${code}); nothing was charged`, message, {
    reason: code,
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
