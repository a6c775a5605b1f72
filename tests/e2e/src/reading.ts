import { readFile } from "node:fs/promises";
import {
  authorUsage,
  type billing,
  dayOf,
  everyEntry,
  Hub,
  native,
  operatorUsage,
  type PageStart,
  sumsOf,
} from "hub-client";

const { HUB_RPC = "http://127.0.0.1:26657", HUB_DEPLOYMENT = "deploy/deployments/hub-devnet-1.json" } = process.env;
const hub = await Hub.connect(HUB_RPC, JSON.parse(await readFile(HUB_DEPLOYMENT, "utf8")));
const { query } = hub.billing;
const denom = native("uusdc");
const model = 1;

// The Hub at a glance: the last week against the one before, who takes part this week, and how much the ten largest have.
const { lifetime, last, before, this_week, ten_largest_share } = await query.hub({ denom, days: 7 });
console.log(`${last.sums.calls} calls in a week, ${before.sums.calls} in the one before, ${lifetime.sums.calls} ever`);
console.log(
  `${this_week.payers} payers this week, ${this_week.returning} of them again; ten models have ${ten_largest_share}`,
);

// A model: what it earned in its life, and of it by money that lay in its session for a day or more.
const { sums, payers, returning } = await query.usage({ model, denom });
const { gross, related, aged, calls, freeCalls } = sumsOf(sums);
console.log(`model ${model}: ${calls} calls, ${gross} uusdc, ${related} related, ${aged} aged, ${freeCalls} free`);
console.log(`${payers} payers, ${returning} in two weeks or more`);

// The same by release and by day; over a span of days in one question. Lists go on page by page.
const { releases } = await query.usageByRelease({ model, denom });
const today = dayOf(await hub.now());
const month = await query.usageOfDays({ model, denom, from: today - 29, until: today });
const byDay = everyEntry(
  async (from: PageStart<number>) => (await query.usageByDay({ model, denom, ...from })).days,
  ({ day }) => day,
);
let days = 0n;
for await (const day of byDay) {
  days += sumsOf(day.sums).gross;
}
console.log(
  `${releases.length} releases were called; ${sumsOf(month.sums).gross} uusdc in 30 days, ${days} in all days`,
);

// Who paid a model, the models that earn most, and the sums of an author and of an operator.
const paying = await query.payers({ model, denom });
const ranking = everyEntry(
  async (from: PageStart<billing.RankingPlace>) => (await query.ranking({ denom, ...from })).models,
  ({ place }) => place,
);
const first = (await ranking.next()).value?.place.model;
const { author } = await hub.registry.query.model({ model });
const { operator } = await query.attester({ attester: 1 });
const [made, served] = [await authorUsage(hub, author, denom), await operatorUsage(hub, operator, denom)];
console.log(`${paying.payers.length} payers listed, first in the ranking: ${first ?? "none yet"}`);
console.log(`its author: ${made.models} models, ${made.gross} uusdc; its operator: ${served.calls} calls`);
