/** What the first page reads before anything else, and within its budget of bytes; `read.ts` reads the rest. */

import type { billing, Denom, HubReader } from "hub-client/read";

import { type ServedModels, weekly } from "./lights.js";

/** Most entries that a page of the chain has: those of the ranking that are read first. */
export const FIRST = 100;
/** Models of believed operators that are read first, of all of them together. */
const MOST_SERVED = 400;

/** A part of the ranking, and whether it holds everything that it was asked for. */
export interface Ranked {
  readonly models: readonly billing.RankedModel[];
  readonly whole: boolean;
}

/** What believed operators served, and whether all that can light a model is in it. */
export interface Served {
  readonly models: ServedModels;
  readonly whole: boolean;
}

/** What believed operators served, by what each recently kept: of each as much as the first page has room for. */
export async function servedFirst(
  hub: HubReader,
  denom: Denom,
  operators: readonly string[],
  least: bigint,
  factor: number,
): Promise<Served> {
  const limit = Math.min(FIRST, Math.floor(MOST_SERVED / operators.length));
  const found = await Promise.all(
    operators.map(async (operator) => {
      const { models } = await hub.billing.query.rankingAt({ denom, operator, limit });
      return { models, whole: models.length < limit || !lights(models, least, factor * operators.length) };
    }),
  );
  return together(found);
}

/** Whether what stands after a page could light a model: if each operator kept as much of it as one did of the last entry. */
export function lights(page: readonly billing.ModelAt[], least: bigint, times: number): boolean {
  return weekly(BigInt(page[page.length - 1]?.sums.recent_kept ?? "0") * BigInt(times)) >= least;
}

/** What several operators served. */
export function together(found: readonly Served[]): Served {
  return { models: found.flatMap(({ models }) => models), whole: found.every(({ whole }) => whole) };
}
