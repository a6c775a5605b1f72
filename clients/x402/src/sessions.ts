/** Which session pays, and how one is opened or topped up. */

import { assetOf, type Chain } from "./chain.js";
import type { Book, SessionState } from "./book.js";
import { PaymentError } from "./errors.js";
import * as wire from "hub-client/wire";
import type { escrow, Rates } from "./hub.js";

/** What a session has to be able to pay. */
export interface Need {
  readonly operator: string;
  readonly asset: string;
  /** Of the attester that will sign, hex. */
  readonly measurement: string | undefined;
  readonly attester: number;
  readonly model: number;
  readonly release: number;
  readonly rates: Rates;
  readonly amount: bigint;
}

/** A session that is to be opened. */
export interface SessionOrder {
  readonly operator: string;
  readonly asset: string;
  readonly budget: bigint;
  readonly lastsSeconds: number;
  readonly key: wire.PublicKey;
  readonly models: "any" | readonly number[];
  readonly maxPrice: Rates;
  readonly measurement: string | undefined;
}

/**
 * What moves money into sessions: an account, through hub-client (`hub-x402/account`). `left` is told the hash of a transaction before
 * it leaves, and is waited for.
 */
export interface SessionSource {
  /** Opens a session, and answers with its id when a block holds it. */
  open(order: SessionOrder, left: (txHash: string) => Promise<void>): Promise<number>;
  /** The session that a transaction opened; undefined if it is sure that none was. Fails if that is not known yet. */
  opened(txHash: string): Promise<number | undefined>;
  /** Adds to a session's budget. */
  topUp(session: number, asset: string, amount: bigint): Promise<void>;
}

/** How sessions are opened on demand. */
export interface SessionPolicy {
  /** How long a session lasts: a day if not given. */
  readonly lastsSeconds?: number;
  /** `called` (the default) opens a session for each model that is called, at its present price; `any` one for all of an operator. */
  readonly models?: "called" | "any";
  /** The highest price of sessions for any model. */
  readonly maxPrice?: Rates;
}

/** What an asset allows sessions to hold. */
export interface Reserve {
  /** Put into a session when it is opened, and added when it runs out. */
  readonly budget: bigint;
  /** Never more than this in all may be charged, so no more is reserved. */
  readonly left: bigint;
}

/** A session takes no calls this long before its end: servers stop there, and clocks differ. */
const MARGIN_SECONDS = 45;
/** What the chain says of a session is asked again after this long. */
const FRESH_SECONDS = 60;

interface View {
  readonly answer: escrow.SessionResponse;
  readonly at: number;
}

/** The sessions of a caller: found, opened, topped up. */
export class Sessions {
  readonly #views = new Map<number, View>();
  /** Openings and top-ups of one operator and asset, one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Sessions whose money changed on chain a moment ago: a server may need a block to see it. */
  readonly #changedAt = new Map<number, number>();

  constructor(
    readonly chain: Chain,
    readonly book: Book,
    readonly source: SessionSource | undefined,
    readonly policy: SessionPolicy,
  ) {
    const { lastsSeconds = 86_400 } = policy;
    if (!Number.isSafeInteger(lastsSeconds) || lastsSeconds < 2 * MARGIN_SECONDS) {
      throw new PaymentError(
        "invalid_input",
        `sessions are to last ${lastsSeconds} s`,
        `give at least ${2 * MARGIN_SECONDS}: they take no calls in their last ${MARGIN_SECONDS} s`,
      );
    }
  }

  /** Whether a session was opened or topped up so recently that servers may not know it yet. */
  changedLately(session: number): boolean {
    const at = this.#changedAt.get(session);
    return at !== undefined && this.chain.clock() - at < 30;
  }

  /** Takes in a session that was opened elsewhere, with its key. */
  async adopt(session: number, key: { readonly type: wire.KeyType; readonly seed: Uint8Array }): Promise<void> {
    if (this.book.sessions.some((one) => one.session === session)) {
      return;
    }
    const answer = await this.chain.session(session);
    this.#views.set(session, { answer, at: this.chain.clock() });
    const state = stateOf(answer, key.type, wire.toHex(key.seed));
    const known = answer.ceiling?.key;
    const right = wire.toHex(signingKey(state).publicKey.bytes);
    if (known === undefined || known === null || hexOfBase64(known.key) !== right) {
      throw new PaymentError(
        "no_session",
        `session ${session} does not name this key`,
        "give the key that the session was opened with: it has a ceiling and that key",
      );
    }
    this.book.add(state);
    await this.book.save();
  }

  /** A session that can pay; one is opened or topped up if there is none, within `reserve`. */
  async provide(need: Need, reserve: () => Reserve): Promise<SessionState> {
    const found = await this.find(need);
    if (found !== undefined) {
      return found;
    }
    const queue = `${need.operator}/${need.asset}`;
    const before = this.#queues.get(queue) ?? Promise.resolve();
    // Whoever waited looks again: what the one before opened may do for both.
    const mine = before
      .catch(() => undefined)
      .then(async () => (await this.find(need)) ?? (await this.#fund(need, reserve())));
    this.#queues.set(queue, mine);
    return await mine;
  }

  /** A session that can pay now. */
  async find(need: Need): Promise<SessionState | undefined> {
    const candidates = this.#candidates(need);
    for (const state of candidates) {
      const answer = await this.view(state);
      if (answer !== undefined && this.pays(state, answer, need)) {
        return state;
      }
    }
    return undefined;
  }

  /** A session as the chain shows it; undefined if it cannot be used any more. */
  async view(state: SessionState, fresh = false): Promise<escrow.SessionResponse | undefined> {
    const now = this.chain.clock();
    const known = this.#views.get(state.session);
    if (!fresh && known !== undefined && now - known.at < FRESH_SECONDS) {
      return known.answer;
    }
    const watch = this.book.watch(state);
    try {
      const answer = await this.chain.session(state.session);
      if (BigInt(answer.spent) > watch.bound) {
        const why = `${answer.spent} are charged to session ${state.session} on chain, and calls came to at most ${watch.bound}`;
        this.book.distrust(state.operator, why);
        state.ended = why;
        await this.book.save();
        throw new PaymentError("overcharged", why, "close the session, and do not use this operator again");
      }
      this.#views.set(state.session, { answer, at: now });
      if (answer.state !== "open") {
        state.ended ??= `it is ${answer.state}`;
        return undefined;
      }
      return answer;
    } finally {
      watch.done();
    }
  }

  /** Whether the chain shows a session as one that takes calls. */
  async isOpen(state: SessionState): Promise<boolean> {
    const answer = await this.view(state, true);
    return answer !== undefined && answer.ends_at > this.chain.clock() + MARGIN_SECONDS;
  }

  /** Whether a session, as it was seen, can pay for a call. Asked again in the moment in which the call is noted. */
  pays(state: SessionState, answer: escrow.SessionResponse, need: Need): boolean {
    return this.#allows(answer, need) && this.book.atMost(state) + need.amount <= BigInt(answer.budget);
  }

  /** What was last seen of a session. */
  seen(session: number): escrow.SessionResponse | undefined {
    return this.#views.get(session)?.answer;
  }

  #candidates({ operator, asset }: Need): SessionState[] {
    const fits = (one: SessionState) => one.operator === operator && one.asset === asset && one.ended === undefined;
    return this.book.sessions.filter(fits);
  }

  #allows(answer: escrow.SessionResponse, need: Need): boolean {
    const { models, max_price: most, measurement, lanes } = answer;
    const listed =
      "any" in models ||
      models.listed.some(({ model, release }) => model === need.model && (release ?? need.release) === need.release);
    const cheap =
      !most ||
      (need.rates.perCall <= BigInt(most.per_call) &&
        need.rates.perMillionIn <= BigInt(most.per_million_in) &&
        need.rates.perMillionOut <= BigInt(most.per_million_out));
    const attested = !measurement || measurement === need.measurement;
    const lane = lanes.length < 4 || lanes.some(({ attester }) => attester === need.attester);
    return listed && cheap && attested && lane && answer.ends_at > this.chain.clock() + MARGIN_SECONDS;
  }

  async #fund(need: Need, reserve: Reserve): Promise<SessionState> {
    const { source } = this;
    const nothing = (what: string, next: string) => new PaymentError("no_session", what, next);
    if (source === undefined) {
      const known = this.#candidates(need);
      const why = known.map((one) => this.#why(one, need)).join("; ");
      if (known.length > 0 && known.every((one) => this.#exhausted(one, need))) {
        throw new PaymentError("session_exhausted", why, "top it up, or give an account that may open sessions");
      }
      throw nothing(
        `no session can pay ${need.amount} ${need.asset} to operator ${need.operator} for model ${need.model}${why && ` (${why})`}`,
        "open one with a ceiling and a key, or give an account that may open sessions",
      );
    }
    const openings = this.book.openings.filter((one) => one.operator === need.operator && one.asset === need.asset);
    for (const { txHash } of openings) {
      await this.#resume(txHash);
    }
    const resumed = openings.length > 0 ? await this.find(need) : undefined;
    if (resumed !== undefined) {
      return resumed;
    }
    const wanted = reserve.budget > need.amount ? reserve.budget : need.amount;
    const budget = wanted < reserve.left ? wanted : reserve.left;
    if (budget < need.amount) {
      throw new PaymentError(
        "over_limit",
        `the call can cost ${need.amount} ${need.asset}, and your limits leave ${reserve.left}`,
        "raise the limit if the call is worth it",
      );
    }
    const [short] = this.#candidates(need).filter((one) => this.#exhausted(one, need));
    if (short !== undefined) {
      const lacks = this.book.atMost(short) + need.amount - BigInt(this.seen(short.session)?.budget ?? "0");
      const more = lacks > budget ? lacks : budget;
      await funded(source.topUp(short.session, need.asset, more < reserve.left ? more : reserve.left));
      this.#changedAt.set(short.session, this.chain.clock());
      await this.view(short, true);
      return short;
    }
    return await this.#open(need, budget);
  }

  async #open(need: Need, budget: bigint): Promise<SessionState> {
    const { source, policy } = this;
    const most = policy.models === "any" ? policy.maxPrice : undefined;
    if (most !== undefined && (Object.keys(most) as (keyof Rates)[]).some((part) => need.rates[part] > most[part])) {
      const { perCall, perMillionIn, perMillionOut } = need.rates;
      throw new PaymentError(
        "over_limit",
        `model ${need.model} costs ${perCall} a call, ${perMillionIn} and ${perMillionOut} a million units in and out`,
        "raise the maxPrice of your sessions if it is worth it",
      );
    }
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const key = wire.SigningKey.ed25519(seed);
    if (policy.models === "any" && policy.maxPrice === undefined) {
      throw new PaymentError(
        "invalid_input",
        "sessions for any model need a maxPrice",
        "set it in the policy of sessions",
      );
    }
    const order: SessionOrder = {
      operator: need.operator,
      asset: need.asset,
      budget,
      lastsSeconds: policy.lastsSeconds ?? 86_400,
      key: key.publicKey,
      models: policy.models === "any" ? "any" : [need.model],
      maxPrice: policy.models === "any" ? (policy.maxPrice as Rates) : need.rates,
      measurement: need.measurement,
    };
    let hash: string | undefined;
    const opening = (source as SessionSource).open(order, async (txHash) => {
      hash = txHash;
      const { operator, asset } = need;
      this.book.addOpening({ operator, asset, keyType: "ed25519", seed: wire.toHex(seed), txHash });
      await this.book.save();
    });
    return await this.#take(await funded(opening), hash, seed);
  }

  /** Finds the session of an opening whose end was not seen. */
  async #resume(txHash: string): Promise<void> {
    const opening = this.book.openings.find((one) => one.txHash === txHash);
    const session = this.source === undefined ? undefined : await funded(this.source.opened(txHash));
    if (opening !== undefined && session !== undefined) {
      await this.#take(session, txHash, wire.fromHex(opening.seed));
    } else {
      this.book.removeOpening(txHash);
      await this.book.save();
    }
  }

  async #take(session: number, txHash: string | undefined, seed: Uint8Array): Promise<SessionState> {
    const answer = await this.chain.session(session);
    this.#views.set(session, { answer, at: this.chain.clock() });
    this.#changedAt.set(session, this.chain.clock());
    const state = stateOf(answer, "ed25519", wire.toHex(seed));
    this.book.add(state);
    if (txHash !== undefined) {
      this.book.removeOpening(txHash);
    }
    await this.book.save();
    return state;
  }

  #exhausted(state: SessionState, need: Need): boolean {
    const answer = this.seen(state.session);
    return answer !== undefined && this.#allows(answer, need) && !this.pays(state, answer, need);
  }

  #why(state: SessionState, need: Need): string {
    const answer = this.seen(state.session);
    if (answer === undefined) {
      return `session ${state.session} was not seen`;
    }
    if (!this.#allows(answer, need)) {
      return `session ${state.session} ends too soon, or is for other models, prices or measurements`;
    }
    return `session ${state.session} has ${BigInt(answer.budget) - this.book.atMost(state)} left of its budget, ${need.amount} are needed`;
  }
}

/** What an account does for a session, or why it could not, in our words. */
async function funded<A>(work: Promise<A>): Promise<A> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof PaymentError) {
      throw cause;
    }
    throw new PaymentError(
      "session_not_opened",
      `no session could be opened or topped up (${cause instanceof Error ? cause.message : String(cause)})`,
      "see to the account; money that left it is found again by its transaction",
      { cause },
    );
  }
}

/** The key of a session. */
export function signingKey({ keyType, seed }: Pick<SessionState, "keyType" | "seed">): wire.SigningKey {
  return keyType === "ed25519"
    ? wire.SigningKey.ed25519(wire.fromHex(seed))
    : wire.SigningKey.secp256k1(wire.fromHex(seed));
}

function stateOf(answer: escrow.SessionResponse, keyType: wire.KeyType, seed: string): SessionState {
  const ceiling = answer.ceiling?.ceiling ?? "0";
  return {
    session: answer.session,
    operator: answer.operator,
    asset: assetOf(answer.denom),
    keyType,
    seed,
    charged: answer.spent,
    ceiling,
    acknowledged: ceiling,
    open: {},
    answered: [],
  };
}

function hexOfBase64(text: string): string {
  return wire.toHex(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
}
