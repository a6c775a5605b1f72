/** What both entries of the package give for reading: figures, and the values in messages and answers. */

export {
  backing,
  backingsOf,
  DEFAULT_FACTOR,
  inHundreds,
  MAX_BELIEVED,
  MAX_FACTOR,
  payerBacking,
  rankingOf,
  recentlyServedOf,
  servedOf,
  spendsOf,
  usagesOf,
} from "./belief.js";
export type { PayerSpend, RankedAt, RankingQueries, Served } from "./belief.js";
export { authorUsage, dayOf, everyEntry, measurementUsage, operatorUsage, sumsOf, weekOf } from "./usage.js";
export type { AttesterSums, PageStart, Sums, UsageQueries } from "./usage.js";
export { cw20, denomText, native, outcomeName, priceOf } from "./values.js";
export type { Denom, Id, Rates } from "./values.js";
