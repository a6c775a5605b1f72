/**
 * What income is worth to a reader who believes some operators. The sums are those of the contracts' query `Backing`, to the last
 * unit, so that a page can change whom it believes without asking again.
 */

import type { billing, escrow, BillingQueryClient, EscrowQueryClient } from "./contracts/index.js";
import { InputError } from "./errors.js";
import type { Denom } from "./values.js";

/** Times what an operator kept, for which it speaks, where a reader names no factor. */
export const DEFAULT_FACTOR = 5;
/** The largest factor that the contracts take. */
export const MAX_FACTOR = 20;
/** Most operators that one reader names. */
export const MAX_BELIEVED = 16;
/** Most that a multi-get takes, and that a page holds. */
const MOST = 100;
/** Most pairs of an operator with a model or a funder that one query looks up. */
const MAX_PAIRS = 800;
/** Where the contracts' sums stop growing. */
const MAX_SUM = 2n ** 128n - 1n;

/** What an operator served of a model for strangers, and what it kept of that; lifetime or recent. */
export interface Served {
  readonly strange: bigint;
  readonly kept: bigint;
}

/** What the believed operators back together: the sum of the smaller of what each served and `factor` times what it kept. */
export function backing(served: Iterable<Served>, factor = DEFAULT_FACTOR): bigint {
  const times = factorOf(factor);
  let sum = 0n;
  for (const { strange, kept } of served) {
    sum += least(strange, times * kept);
  }
  return least(sum, MAX_SUM);
}

/** Lifetime sums of an answer about an operator. */
export function servedOf({ strange, kept }: billing.ServedSums): Served {
  return { strange: BigInt(strange), kept: BigInt(kept) };
}

/** The same of what is recent: each payment counts half after four weeks. */
export function recentlyServedOf({ recent_strange, recent_kept }: billing.ServedSums): Served {
  return { strange: BigInt(recent_strange), kept: BigInt(recent_kept) };
}

/** What a payer spent on one model, on everything, and what the believed operators kept of it. */
export interface PayerSpend {
  readonly here: bigint;
  readonly spent: bigint;
  readonly kept: bigint;
}

/**
 * What those who paid a model vouch for by what they left with the believed operators, wherever they left it: for each the part
 * of its money here that `factor` times what they kept of it covers. Reaches models that no believed operator serves. Rounded
 * down for each payer.
 */
export function payerBacking(payers: Iterable<PayerSpend>, factor = DEFAULT_FACTOR): bigint {
  const times = factorOf(factor);
  let sum = 0n;
  for (const { here, spent, kept } of payers) {
    const covered = times * kept;
    sum += covered >= spent ? here : (here * covered) / spent;
  }
  return least(sum, MAX_SUM);
}

/** A model in the ranking of several operators together. */
export interface RankedAt {
  readonly model: number;
  /** What the operators recently kept of its income together. */
  readonly recentKept: bigint;
  /** What each of them served of it that has it in its ranking. */
  readonly at: ReadonlyMap<string, billing.ServedSums>;
}

/** What rankings are asked of. */
export interface RankingQueries {
  readonly billing: { readonly query: Pick<BillingQueryClient, "rankingAt"> };
}

/**
 * The rankings of the believed operators, put together: models by what these recently kept of their income, the most first; of
 * equal ones the older first. Reads the first `each` of every operator (100 if not given), so a model that stands further behind
 * at all of them is left out.
 */
export async function rankingOf(
  hub: RankingQueries,
  operators: readonly string[],
  denom: Denom,
  { each = MOST }: { readonly each?: number } = {},
): Promise<readonly RankedAt[]> {
  checkBelieved(operators);
  const found = await Promise.all(operators.map((operator) => rankedAt(hub, operator, denom, each)));
  const models = new Map<number, Map<string, billing.ServedSums>>();
  found.forEach((ranked, place) => {
    const operator = operators[place] ?? "";
    for (const { place: at, sums } of ranked) {
      const known = models.get(at.model) ?? new Map<string, billing.ServedSums>();
      models.set(at.model, known.set(operator, sums));
    }
  });
  const ranked = [...models].map(([model, at]): RankedAt => {
    const kept = [...at.values()].map(({ recent_kept }) => BigInt(recent_kept));
    return {
      model,
      recentKept: least(
        kept.reduce((sum, one) => sum + one, 0n),
        MAX_SUM,
      ),
      at,
    };
  });
  return ranked.sort((one, other) =>
    one.recentKept === other.recentKept ? one.model - other.model : one.recentKept > other.recentKept ? -1 : 1,
  );
}

async function rankedAt(
  hub: RankingQueries,
  operator: string,
  denom: Denom,
  each: number,
): Promise<readonly billing.ModelAt[]> {
  const all: billing.ModelAt[] = [];
  while (all.length < each) {
    const last = all[all.length - 1];
    const limit = Math.min(MOST, each - all.length);
    const from = last === undefined ? {} : { startAfter: last.place };
    const { models } = await hub.billing.query.rankingAt({ operator, denom, limit, ...from });
    all.push(...models);
    if (models.length < limit) {
      break;
    }
  }
  return all;
}

/** The answers to a multi-get of any number of names: asked a hundred at a time, all at once, in the order of the names. */
export async function inHundreds<Name, Answer>(
  names: readonly Name[],
  ask: (names: Name[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  return await inParts(names, MOST, ask);
}

/** As many names at a time as a query takes beside these operators. */
async function inPairs<Name, Answer>(
  names: readonly Name[],
  operators: readonly string[],
  ask: (names: Name[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  return await inParts(names, Math.min(MOST, Math.floor(MAX_PAIRS / Math.max(1, operators.length))), ask);
}

async function inParts<Name, Answer>(
  names: readonly Name[],
  most: number,
  ask: (names: Name[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  const parts: Promise<readonly Answer[]>[] = [];
  for (let from = 0; from < names.length; from += most) {
    parts.push(ask(names.slice(from, from + most)));
  }
  return (await Promise.all(parts)).flat();
}

/** Lifetime usage of any number of models, in their order. */
export async function usagesOf(
  hub: { readonly billing: { readonly query: Pick<BillingQueryClient, "usages"> } },
  models: readonly number[],
  denom: Denom,
): Promise<billing.UsageResponse[]> {
  return await inHundreds(models, async (some) => (await hub.billing.query.usages({ models: some, denom })).usages);
}

/** What the believed operators say about any number of models, in their order. */
export async function backingsOf(
  hub: { readonly billing: { readonly query: Pick<BillingQueryClient, "backings"> } },
  models: readonly number[],
  denom: Denom,
  { operators, factor = DEFAULT_FACTOR }: { readonly operators: readonly string[]; readonly factor?: number },
): Promise<billing.BackingResponse[]> {
  checkBelieved(operators);
  factorOf(factor);
  const ask = async (some: number[]) =>
    (await hub.billing.query.backings({ models: some, denom, operators: [...operators], factor })).backings;
  return await inPairs(models, operators, ask);
}

/** What any number of funders spent in sessions that were released, in all and with these operators, in their order. */
export async function spendsOf(
  hub: { readonly escrow: { readonly query: Pick<EscrowQueryClient, "spends"> } },
  funders: readonly string[],
  denom: Denom,
  operators: readonly string[],
): Promise<escrow.FunderSpend[]> {
  checkBelieved(operators);
  const ask = async (some: string[]) =>
    (await hub.escrow.query.spends({ funders: some, denom, operators: [...operators] })).funders;
  return await inPairs(funders, operators, ask);
}

function factorOf(factor: number): bigint {
  if (!Number.isInteger(factor) || factor < 1 || factor > MAX_FACTOR) {
    throw new InputError(`the factor is ${factor}`, `give a whole number from 1 to ${MAX_FACTOR}`);
  }
  return BigInt(factor);
}

function checkBelieved(operators: readonly string[]): void {
  if (operators.length > MAX_BELIEVED) {
    throw new InputError(`${operators.length} operators are named`, `believe at most ${MAX_BELIEVED}`);
  }
  const twice = operators.find((operator, place) => operators.indexOf(operator) !== place);
  if (twice !== undefined) {
    throw new InputError(`operator ${twice} is named twice`, "name each operator once");
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
