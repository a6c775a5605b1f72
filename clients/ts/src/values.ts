/** Values of messages: denominations, amounts, ids. */

import type { billing, escrow, registry } from "./contracts/index.js";
import { HubError, InputError } from "./errors.js";
import { MAX_U128 } from "./wire/rules.js";
import type { Units } from "./wire/units.js";

/** An id as messages carry it, or as the wire format does. */
export type Id = number | bigint;

/** A denomination: a native coin or a cw20 token. */
export type Denom = registry.UncheckedDenom;

/** The three components of a price, or of a limit. */
export interface Rates {
  readonly perCall: bigint;
  readonly perMillionIn: bigint;
  readonly perMillionOut: bigint;
}

/** A native coin of the chain, such as `untrn` or `ibc/…`. */
export function native(denom: string): Denom {
  return { native: denom };
}

/** The token of a cw20 contract. */
export function cw20(address: string): Denom {
  return { cw20: address };
}

/** A denomination as one text, as events have it: tokens with `cw20:` before the address. */
export function denomText(denom: Denom): string {
  return "native" in denom ? denom.native : `cw20:${denom.cw20}`;
}

/** An id for a message: JSON numbers are exact up to 2^53. */
export function idNumber(id: Id, field = "id"): number {
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new InputError(`${field} is ${id}`, "give a whole number from 0 to 2^53 - 1");
  }
  return number;
}

/** An amount for a message. */
export function amountText(amount: bigint, field = "amount"): string {
  if (amount < 0n || amount > MAX_U128) {
    throw new InputError(`${field} is ${amount}`, "give a whole number from 0 to 2^128 - 1");
  }
  return amount.toString();
}

/** Rates for a message. */
export function ratesMessage(rates: Rates): escrow.Rates {
  return {
    per_call: amountText(rates.perCall, "perCall"),
    per_million_in: amountText(rates.perMillionIn, "perMillionIn"),
    per_million_out: amountText(rates.perMillionOut, "perMillionOut"),
  };
}

/** Rates of an answer. */
export function ratesOf(rates: escrow.Rates): Rates {
  return {
    perCall: BigInt(rates.per_call),
    perMillionIn: BigInt(rates.per_million_in),
    perMillionOut: BigInt(rates.per_million_out),
  };
}

const UNITS_PER_QUOTE = 1_000_000n;

/** What `calls` calls with `units` in sum cost: calls × per call, and the metered part rounded up once. */
export function priceOf(rates: Rates, units: Units, calls = 1n): bigint {
  const metered = units.input * rates.perMillionIn + units.output * rates.perMillionOut;
  return calls * rates.perCall + (metered + UNITS_PER_QUOTE - 1n) / UNITS_PER_QUOTE;
}

/** What became of each group of a batch, in its order. */
export function outcomesOfGroups({ outcomes }: Pick<billing.BatchResponse, "outcomes">): billing.Outcome[] {
  return outcomes.flatMap(({ outcome, groups }) => Array.from({ length: groups }, () => outcome));
}

/** The name of an outcome, without the number of receipts. */
export type OutcomeName = Exclude<billing.Outcome, object> | "partial";

/** Every outcome that this client knows, but for `partial`, which carries a number. */
const OUTCOMES: Record<Exclude<billing.Outcome, object>, true> = {
  paid: true,
  unknown_session: true,
  attester_not_allowed: true,
  stale: true,
  lanes_full: true,
  gap: true,
  overlaps: true,
  expired: true,
  attester_retired: true,
  closed: true,
  model_not_allowed: true,
  unknown_model: true,
  unknown_release: true,
  unknown_terms: true,
  terms_not_in_force: true,
  retired: true,
  wrong_denom: true,
  price_above_limit: true,
  straddles: true,
  overflow: true,
  exhausted: true,
  voucher_missing: true,
};

/** The name of an outcome. Fails for one that this client does not know: what to do about it cannot be guessed. */
export function outcomeName(outcome: billing.Outcome): OutcomeName {
  if (typeof outcome === "string" ? Object.hasOwn(OUTCOMES, outcome) : typeof outcome?.partial?.receipts === "number") {
    return typeof outcome === "string" ? outcome : "partial";
  }
  throw new HubError(
    "other_version",
    `billing answered with the outcome ${JSON.stringify(outcome)}, which this client does not know`,
    "use the hub-client of the contracts' release; nothing is lost meanwhile",
  );
}
