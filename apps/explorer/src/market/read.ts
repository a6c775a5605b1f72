/** Reading the market in few requests: pages that follow each other are asked for at once where their borders are known. */

import { type billing, type Denom, type HubReader, weekOf } from "hub-client/read";

import { leastWeekly, recentFor, type ServedModels, weekly } from "./lights.js";

/** Most entries that a page of the chain has. */
const PAGE = 100;
/** Parts that the rest of the ranking is asked for in at once. */
const PARTS = 4;
/** Most pages that are read of one list: a hub that is larger says so. */
const MOST_PAGES = 40;

/** The score that a sum has in the ranking now: 16 × log2, and 4 for each week, since it halves in four weeks. */
export function scoreOf(recent: bigint, week: number): number {
  return Math.floor(16 * Math.log2(Number(recent))) + 4 * week;
}

/**
 * The ranking after its first page, down to what is still lit. The parts are asked for at once, by the scores between which they
 * lie; where a part holds more than a page, it is read on.
 *
 * @param least what a model must earn a week to be lit
 */
export async function restOfRanking(
  hub: HubReader,
  denom: Denom,
  first: readonly billing.RankedModel[],
  time: number,
  least: bigint,
): Promise<billing.RankedModel[]> {
  const last = first[first.length - 1];
  const from = last?.place;
  if (last === undefined || from === undefined || first.length < PAGE || weekly(BigInt(last.recent_aged)) < least) {
    return [];
  }
  const until = Math.min(from.score, scoreOf(recentFor(least), weekOf(time)) - 1);
  const step = Math.max(1, Math.ceil((from.score - until) / PARTS));
  const parts: Promise<billing.RankedModel[]>[] = [];
  for (let score = from.score; score > until; score -= step) {
    const start = score === from.score ? from : { score, model: 0 };
    parts.push(part(hub, denom, start, Math.max(until, score - step)));
  }
  return (await Promise.all(parts)).flat();
}

/** Models of the ranking behind a place, down to a score that is not in it any more. */
async function part(
  hub: HubReader,
  denom: Denom,
  start: billing.RankingPlace,
  until: number,
): Promise<billing.RankedModel[]> {
  const found: billing.RankedModel[] = [];
  let startAfter = start;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { models } = await hub.billing.query.ranking({ denom, limit: PAGE, startAfter });
    found.push(...models.filter(({ place }) => place.score > until));
    const last = models[models.length - 1];
    if (last === undefined || models.length < PAGE || last.place.score <= until) {
      break;
    }
    startAfter = last.place;
  }
  return found;
}

/** What a believed operator served, by what it recently kept: the first page, and more pages while they can still light a model. */
export async function servedBy(
  hub: HubReader,
  denom: Denom,
  operator: string,
  { decimals, factor, operators }: { decimals: number; factor: number; operators: number },
): Promise<ServedModels> {
  const found: billing.ModelAt[] = [];
  let startAfter: billing.RankingPlace | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const answer: billing.RankingAtResponse = await hub.billing.query.rankingAt({
      denom,
      operator,
      limit: PAGE,
      ...(startAfter === null ? {} : { startAfter }),
    });
    found.push(...answer.models);
    const last = answer.models[answer.models.length - 1];
    // With all others, the next one could be lit if each kept as much of it as this one did.
    const most = BigInt(last?.sums.recent_kept ?? "0") * BigInt(factor * operators);
    if (last === undefined || answer.models.length < PAGE || weekly(most) < leastWeekly(decimals)) {
      break;
    }
    startAfter = last.place;
  }
  return found;
}
