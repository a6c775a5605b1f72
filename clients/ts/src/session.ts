/** Sessions: opened in one transaction, read and followed. */

import { toBase64 } from "@cosmjs/encoding";
import type { escrow } from "./contracts/index.js";
import { InputError } from "./errors.js";
import type { Hub, HubAccount, Sent } from "./hub.js";
import { toHex } from "./bytes.js";
import { sleep } from "./chain.js";
import { type Action, cw20Send, eventsOf, type MessageOutcome, valueOf } from "./messages.js";
import { amountText, type Denom, denomText, type Id, idNumber, type Rates, ratesMessage, ratesOf } from "./values.js";
import type { PublicKey } from "./wire/keys.js";

/** What a session is to allow. */
export interface SessionWish {
  /** The one operator whose attesters can charge it. */
  readonly operator: string;
  /** Models that can be charged, 1 to 8, or `any` within `maxPrice`. */
  readonly models: "any" | readonly (Id | { readonly model: Id; readonly release?: Id })[];
  readonly denom: Denom;
  /** How much is reserved. */
  readonly budget: bigint;
  /** End, in seconds from the latest block on. */
  readonly lastsSeconds: number;
  /**
   * Highest price accepted, each component its own; `none` for no limit. If not given, `openSession` takes what the listed models
   * cost now, so that a later rise of a price is not paid. Needed where any model can be charged.
   */
  readonly maxPrice?: Rates | "none";
  /** Pays only up to a ceiling that the caller raises: by vouchers of `key`, or by messages alone. */
  readonly ceiling?: { readonly key?: PublicKey };
  /** The one enclave image accepted: 32 bytes. */
  readonly measurement?: Uint8Array;
  /** A note to oneself, at most 64 bytes. */
  readonly label?: string;
  /** Whose session it is; the sender's if not given. */
  readonly beneficiary?: string;
  /** Where the budget comes from: sent along from the wallet, or the balance that the escrow holds already. */
  readonly from?: "wallet" | "balance";
}

/**
 * The message that deposits the budget and opens the session, or opens it from the balance. It asks nobody what the models cost:
 * without a `maxPrice` there is no limit.
 */
export function openSessionMessage(hub: Hub, wish: SessionWish, now: number): Action<escrow.SessionCreated> {
  const session = newSession(wish, now);
  const deposit = { beneficiary: wish.beneficiary ?? null, session };
  if (wish.from === "balance") {
    if (wish.beneficiary !== undefined) {
      throw new InputError("a session from the balance has a beneficiary", "leave it out, or pay from the wallet");
    }
    return hub.escrow.message("open_session", { denom: wish.denom, session });
  }
  // A token does not hand on what the escrow returns, so the id is taken from the event, for coins as well.
  const read = ({ events }: MessageOutcome): escrow.SessionCreated => {
    const [opened] = eventsOf(events, hub.escrow.address, "hub_session_opened");
    const id = opened === undefined ? undefined : valueOf(opened, "session");
    if (id === undefined) {
      throw new InputError("the transaction opened no session", "give the denomination's own token contract");
    }
    return { session: Number(id) };
  };
  if ("native" in wish.denom) {
    const funds = [{ denom: wish.denom.native, amount: session.budget }];
    return { ...hub.escrow.message("deposit", deposit, funds), read };
  }
  const hook: escrow.Cw20HookMsg = { deposit };
  return { ...cw20Send(wish.denom.cw20, hub.escrow.address, session.budget, hook), read };
}

/**
 * Deposits the budget and opens the session, in one transaction. Without a `maxPrice` it is limited to what the listed models cost
 * now: each component to the highest among them. Fails if one of them is not callable, or has its price in another denomination.
 */
export async function openSession(
  account: HubAccount,
  wish: SessionWish,
): Promise<Sent<[escrow.SessionCreated]> & escrow.SessionCreated> {
  const { hub } = account;
  const [now, maxPrice] = await Promise.all([hub.now(), wish.maxPrice ?? presentPrice(hub, wish)]);
  const action = openSessionMessage(hub, maxPrice === undefined ? wish : { ...wish, maxPrice }, now);
  const sent = await account.send([action]);
  return { ...sent, session: sent.answers[0].session };
}

/** The highest of what the listed models cost now, each component its own; undefined where any model can be charged. */
async function presentPrice(hub: Hub, { models, denom }: SessionWish): Promise<Rates | undefined> {
  if (models === "any") {
    return undefined;
  }
  const offers = await Promise.all(
    models.map((one) => (typeof one === "object" ? hub.offer(one.model, one.release) : hub.offer(one))),
  );
  const foreign = offers.find((offer) => denomText(offer.denom) !== denomText(denom));
  if (foreign !== undefined) {
    throw new InputError(
      `model ${foreign.model} has its price in ${denomText(foreign.denom)}, the session holds ${denomText(denom)}`,
      "open a session in the denomination of the model",
    );
  }
  const highest = (component: keyof Rates) =>
    offers.reduce((most, { rates }) => (rates[component] > most ? rates[component] : most), 0n);
  return {
    perCall: highest("perCall"),
    perMillionIn: highest("perMillionIn"),
    perMillionOut: highest("perMillionOut"),
  };
}

function newSession(wish: SessionWish, now: number): escrow.NewSession {
  if (wish.budget <= 0n) {
    throw new InputError(`the budget is ${wish.budget}`, "give at least 1");
  }
  if (wish.models === "any" && (wish.maxPrice === undefined || wish.maxPrice === "none")) {
    throw new InputError("the session is for any model and has no maxPrice", "set it, or list the models");
  }
  const key = wish.ceiling?.key;
  return {
    operator: wish.operator,
    measurement: wish.measurement === undefined ? null : toHex(wish.measurement),
    models: wish.models === "any" ? { any: {} } : { listed: wish.models.map(modelRef) },
    max_price: wish.maxPrice === undefined || wish.maxPrice === "none" ? null : ratesMessage(wish.maxPrice),
    budget: amountText(wish.budget, "budget"),
    expires_at: now + idNumber(wish.lastsSeconds, "lastsSeconds"),
    ceiling:
      wish.ceiling === undefined
        ? null
        : { key: key === undefined ? null : { key_type: key.keyType, key: toBase64(key.bytes) } },
    label: wish.label ?? null,
  };
}

function modelRef(model: Id | { readonly model: Id; readonly release?: Id }): escrow.ModelRef {
  if (typeof model !== "object") {
    return { model: idNumber(model, "model"), release: null };
  }
  const release = model.release === undefined ? null : idNumber(model.release, "release");
  return { model: idNumber(model.model, "model"), release };
}

/** A session as it stands. */
export interface SessionStatus {
  readonly session: number;
  readonly state: escrow.SessionState;
  readonly denom: escrow.Denom;
  readonly budget: bigint;
  readonly spent: bigint;
  /** What the budget still covers. */
  readonly left: bigint;
  /** What can be charged now: `left`, or less where a ceiling stands lower. */
  readonly payable: bigint;
  /** Present ceiling on the chain; vouchers that were signed since are not in it. */
  readonly ceiling: bigint | undefined;
  readonly maxPrice: Rates | undefined;
  /** Receipts issued from this time on are refused, unix seconds. */
  readonly endsAt: number;
  /** Seconds until then, by the latest block. */
  readonly secondsLeft: number;
  /** Numbers of the attesters' next receipts. */
  readonly lanes: ReadonlyMap<number, bigint>;
  /** Everything else that the escrow says of it. */
  readonly answer: escrow.SessionResponse;
}

/** A session as it stands, by the latest block. */
export async function readSession(hub: Hub, session: Id): Promise<SessionStatus> {
  const [answer, now] = await Promise.all([
    hub.escrow.query.session({ session: idNumber(session, "session") }),
    hub.now(),
  ]);
  const spent = BigInt(answer.spent);
  const left = BigInt(answer.left);
  const ceiling = answer.ceiling ? BigInt(answer.ceiling.ceiling) : undefined;
  const below = ceiling === undefined ? left : ceiling - spent;
  return {
    session: answer.session,
    state: answer.state,
    denom: answer.denom,
    budget: BigInt(answer.budget),
    spent,
    left,
    payable: below < left ? below : left,
    ceiling,
    maxPrice: answer.max_price ? ratesOf(answer.max_price) : undefined,
    endsAt: answer.ends_at,
    secondsLeft: Math.max(0, answer.ends_at - now),
    lanes: new Map(answer.lanes.map(({ attester, next }) => [attester, BigInt(next)])),
    answer,
  };
}

/** A session again and again: once now, and then whenever something about it changed. Ends when it is released. */
export async function* followSession(
  hub: Hub,
  session: Id,
  { everyMs = 2_000, signal }: { readonly everyMs?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<SessionStatus, void, void> {
  let before: string | undefined;
  while (signal?.aborted !== true) {
    const status = await readSession(hub, session);
    const now = JSON.stringify(status.answer);
    if (now !== before) {
      before = now;
      yield status;
    }
    if (status.state === "released") {
      return;
    }
    await sleep(everyMs);
  }
}
