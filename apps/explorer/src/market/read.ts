/** Reading the market in few requests: pages that follow each other are asked for at once where their borders are known. */

import { type billing, type Denom, type HubReader, weekOf } from "hub-client/read";

import { FIRST as PAGE, lights, type Ranked, type Served, together } from "./first.js";
import { recentFor, weekly } from "./lights.js";

/**
 * Where the rest of the ranking is cut into parts that are asked for at once, between the first page and what is not lit any more:
 * finer towards the end, where more models stand.
 */
const CUTS = [0, 0.3, 0.5, 0.65, 0.78, 0.9, 1];
/** Entries of a part, at first. */
const PART = 60;
/** Most pages that are read of one list: a hub that is larger says so. */
const MOST_PAGES = 40;

/** The score that a sum has in the ranking now: 16 × log2, and 4 for each week, since it halves in four weeks. */
export function scoreOf(recent: bigint, week: number): number {
  return Math.floor(16 * Math.log2(Number(recent))) + 4 * week;
}

/**
 * The ranking after its first page, down to what is still lit. The parts are asked for at once, by the scores between which they lie.
 *
 * @param least what a model must earn a week to be lit
 * @param all whether parts that hold more than they were asked for are read to their end
 */
export async function restOfRanking(
  hub: HubReader,
  denom: Denom,
  first: readonly billing.RankedModel[],
  { time, least, all }: { time: number; least: bigint; all: boolean },
): Promise<Ranked> {
  const last = first[first.length - 1];
  if (last === undefined || first.length < PAGE || weekly(BigInt(last.recent_aged)) < least) {
    return { models: [], whole: true };
  }
  const from = last.place;
  const until = Math.min(from.score, scoreOf(recentFor(least), weekOf(time)) - 1);
  const cuts = [...new Set(CUTS.map((cut) => Math.round(from.score - cut * (from.score - until))))];
  const parts = await Promise.all(
    cuts.slice(1).map((end, place) => {
      const score = cuts[place] ?? from.score;
      return part(hub, denom, place === 0 ? from : { score, model: 0 }, end, all);
    }),
  );
  return { models: parts.flatMap(({ models }) => models), whole: parts.every(({ whole }) => whole) };
}

/** Models of the ranking behind a place, down to a score that is not in it any more. */
async function part(
  hub: HubReader,
  denom: Denom,
  start: billing.RankingPlace,
  until: number,
  all: boolean,
): Promise<Ranked> {
  const found: billing.RankedModel[] = [];
  let startAfter = start;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const limit = all ? PAGE : PART;
    const { models } = await hub.billing.query.ranking({ denom, limit, startAfter });
    found.push(...models.filter(({ place }) => place.score > until));
    const last = models[models.length - 1];
    if (last === undefined || models.length < limit || last.place.score <= until) {
      return { models: found, whole: true };
    }
    if (!all) {
      break;
    }
    startAfter = last.place;
  }
  return { models: found, whole: false };
}

/** All that believed operators served and that can still light a model, by what each recently kept. */
export async function servedBy(
  hub: HubReader,
  denom: Denom,
  operators: readonly string[],
  least: bigint,
  factor: number,
): Promise<Served> {
  const found = await Promise.all(
    operators.map(async (operator): Promise<Served> => {
      const models: billing.ModelAt[] = [];
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const last = models[models.length - 1];
        const from = last === undefined ? {} : { startAfter: last.place };
        const page = (await hub.billing.query.rankingAt({ denom, operator, limit: PAGE, ...from })).models;
        models.push(...page);
        if (page.length < PAGE || !lights(page, least, factor * operators.length)) {
          return { models, whole: true };
        }
      }
      return { models, whole: false };
    }),
  );
  return together(found);
}
