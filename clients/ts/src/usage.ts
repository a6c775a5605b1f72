/** What was used and earned, as numbers to reckon with; the queries themselves are `hub.billing.query`. */

import type { billing, BillingQueryClient } from "./contracts/index.js";
import type { Denom } from "./values.js";

const SECONDS_A_DAY = 86_400;
const DAYS_A_WEEK = 7;
/** Most that a page holds. */
const PAGE = 100;

/** A Hub that can be asked: the whole client's, or that of `hub-client/read`. */
export interface UsageQueries {
  readonly billing: { readonly query: BillingQueryClient };
}

/** The day of a time in unix seconds, as usage is counted by: whole days since 1970-01-01. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / SECONDS_A_DAY);
}

/** The week of a time in unix seconds: whole spans of seven such days. */
export function weekOf(seconds: number): number {
  return Math.floor(dayOf(seconds) / DAYS_A_WEEK);
}

/** What was charged for calls, in one denomination. */
export interface Sums {
  readonly gross: bigint;
  /** Of it, where funder or caller is the author, a payee or the operator. */
  readonly related: bigint;
  /** Of the rest, paid with money that lay in its session for a day or more. */
  readonly aged: bigint;
  /** Receipts paid with an amount of at least 1. */
  readonly calls: bigint;
  /** Receipts billed at nothing. */
  readonly freeCalls: bigint;
  readonly unitsIn: bigint;
  readonly unitsOut: bigint;
}

/** Sums of an answer. */
export function sumsOf(sums: billing.UsageSums): Sums {
  return {
    gross: BigInt(sums.gross),
    related: BigInt(sums.related),
    aged: BigInt(sums.aged),
    calls: BigInt(sums.calls),
    freeCalls: BigInt(sums.free_calls),
    unitsIn: BigInt(sums.units_in),
    unitsOut: BigInt(sums.units_out),
  };
}

/** What attesters signed and was paid, in one denomination. */
export interface AttesterSums {
  readonly gross: bigint;
  readonly aged: bigint;
  readonly calls: bigint;
}

/** Where a page begins, as the list queries of the contracts take it. */
export interface PageStart<Cursor> {
  /** Where the entry before it stands; the first page if not given. */
  readonly startAfter?: Cursor;
  readonly limit: number;
}

function startBehind<Cursor>(startAfter: Cursor | undefined): PageStart<Cursor> {
  return startAfter === undefined ? { limit: PAGE } : { startAfter, limit: PAGE };
}

/** What a page sums up, and where to go on. */
type SumsOfPage = { readonly next?: number | null };

/** Sums over all pages, of the numbers that `read` finds in each. */
async function overAllPages<S extends SumsOfPage, N extends { readonly [name in keyof N]: bigint }>(
  page: (from: PageStart<number>) => Promise<S>,
  read: (answer: S) => N,
): Promise<N> {
  let answer = await page(startBehind<number>(undefined));
  let total = read(answer);
  while (answer.next !== undefined && answer.next !== null) {
    answer = await page(startBehind(answer.next));
    total = plus(total, read(answer));
  }
  return total;
}

function plus<N extends { readonly [name in keyof N]: bigint }>(one: N, other: N): N {
  const names = Object.keys(one) as (keyof N)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as N;
}

/** What the present models of an author were used for and earned, and how many they are. */
export async function authorUsage(
  hub: UsageQueries,
  author: string,
  denom: Denom,
): Promise<Sums & { readonly models: bigint }> {
  return await overAllPages(
    (from) => hub.billing.query.authorUsage({ author, denom, ...from }),
    ({ models, sums }) => ({ models: BigInt(models), ...sumsOf(sums) }),
  );
}

type OfAttesters = AttesterSums & { readonly attesters: bigint };

/** What an operator's attesters signed and was paid, and how many they are. */
export async function operatorUsage(hub: UsageQueries, operator: string, denom: Denom): Promise<OfAttesters> {
  return await overAllPages((from) => hub.billing.query.operatorUsage({ operator, denom, ...from }), ofAttesters);
}

/** What the attesters of one enclave image signed and was paid, and how many they are. */
export async function measurementUsage(hub: UsageQueries, measurement: string, denom: Denom): Promise<OfAttesters> {
  return await overAllPages((from) => hub.billing.query.measurementUsage({ measurement, denom, ...from }), ofAttesters);
}

function ofAttesters({ attesters, sums }: billing.AttestersUsageResponse): OfAttesters {
  return {
    attesters: BigInt(attesters),
    gross: BigInt(sums.gross),
    aged: BigInt(sums.aged),
    calls: BigInt(sums.calls),
  };
}

/**
 * All entries of a list, page by page as they are asked for: of any list query of the three contracts.
 *
 * @param page   asks for the entries behind a cursor
 * @param cursor where an entry stands, to go on from
 */
export async function* everyEntry<Entry, Cursor>(
  page: (from: PageStart<Cursor>) => Promise<readonly Entry[]>,
  cursor: (entry: Entry) => Cursor,
): AsyncGenerator<Entry, void, void> {
  let after: Cursor | undefined;
  for (;;) {
    const entries: readonly Entry[] = await page(startBehind(after));
    yield* entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) {
      return;
    }
    after = cursor(last);
  }
}
