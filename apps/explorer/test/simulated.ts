/**
 * The first page on a market with fakes in it: `node build/test/simulated.js PAGE NODE`, where NODE is what
 * `hub-simulate --serve` answers at, and PAGE is a build for it. Operators of the market are believed; those of the rings are not.
 */

import assert from "node:assert/strict";
import { type billing, everyEntry, HubReader, type Deployment, native } from "hub-client/read";

import { amount, count, tenth } from "../src/app/format.js";
import { weekly } from "../src/market/lights.js";
import { launch } from "./chromium.js";

const [url = "", node = ""] = process.argv.slice(2);
const json = async <T>(path: string) => (await (await fetch(new URL(path, node))).json()) as T;
const { operators } = await json<{ operators: string[] }>("/scenario");
const { hub } = await HubReader.connect(node, await json<Deployment>("/deployment.json"));
const denom = native("uusdc");
const USDC = { decimals: 6 };

const browser = await launch();
const page = await browser.newPage();
const plain = (text: string) => text.replace(/\u202f/g, " ");
/** What the page asked of the node: requests, and bytes of its answers. */
const asked = { requests: 0, bytes: 0 };
page.on("response", (response) => {
  if (response.url().startsWith(node)) {
    asked.requests += 1;
    void response.body().then(({ length }) => (asked.bytes += length));
  }
});
for (const believe of ["", operators.join()]) {
  Object.assign(asked, { requests: 0, bytes: 0 });
  await page.goto("about:blank");
  await page.goto(`${url}#/?believe=${believe}`);
  await page.waitForSelector("#ninety", { timeout: 60_000 });
  const names = await page.locator("section table tbody th a").allInnerTexts();
  assert.equal(names.length, 12);
  const fakes = names.filter((name) => !name.startsWith("model-"));
  console.log(`${believe === "" ? "nobody" : operators.length} believed: ${names.join(", ")}`);
  assert.deepEqual(believe === "" ? [] : fakes, []);
  await page.waitForTimeout(500);
  console.log(`asked in ${asked.requests} requests for ${asked.bytes} bytes`);
  assert.ok(asked.requests <= 3 && asked.bytes <= 200_000, "the first page is within its budget");
}

// What the page adds up is what the chain answers to `backings`, and to the whole ranking.
const ranking: billing.RankedModel[] = [];
const every = everyEntry<billing.RankedModel, billing.RankingPlace>(
  async (from) => (await hub.billing.query.ranking({ denom, ...from })).models,
  ({ place }) => place,
);
for await (const one of every) {
  ranking.push(one);
}
const least = tenth(USDC);
let [backed, lit] = [0n, 0];
for (let from = 0; from < ranking.length; from += 100) {
  const models = ranking.slice(from, from + 100).map(({ place }) => place.model);
  const { backings } = await hub.billing.query.backings({ denom, models, operators });
  backings.forEach(({ recent_backed }, place) => {
    const week = weekly(BigInt(recent_backed));
    backed += week;
    lit += week >= least && (ranking[from + place]?.payers ?? 0) >= 2 ? 1 : 0;
  });
}
/** What the headline says: how many are lit, and what they earn a week. */
async function headline(): Promise<{ text: string; shown: number; week: number }> {
  const text = plain(await page.innerText("h1"));
  console.log(text);
  const [shown = 0, week = 0] = [
    /^(?:At least )?([\d ]+) of/.exec(text),
    /: ([\d ]+\.?\d*) USDC a week/.exec(text),
  ].map((found) => Number(found?.[1]?.replace(/ /g, "")));
  return { text, shown, week };
}
/** Fails unless the headline says at most what is true, and at least that part of it. */
function within({ shown, week }: { shown: number; week: number }, part: number): void {
  assert.ok(shown <= lit && shown >= part * lit, `${lit} are lit by backings`);
  const whole = Number(backed) / 1e6;
  assert.ok(week <= whole && week >= part * whole, `${amount(backed, USDC)} are backed by backings`);
}
console.log(`by backings: ${lit} lit, ${amount(backed, USDC)} a week`);
// The first page has room for what the operators kept most of, says that it may miss some, and reads the rest when it is asked to.
const first = await headline();
assert.match(first.text, /^At least /);
within(first, 0.5);
await page.getByRole("button", { name: "Find every model that earns or claims to" }).click();
await page.locator("h1", { hasText: "claimed" }).waitFor({ timeout: 60_000 });
within(await headline(), 0.97);

await page.goto("about:blank");
await page.goto(`${url}#/`);
await page.getByRole("button", { name: "Find every model that claims to earn" }).click();
const claims = ranking.filter(({ recent_aged, payers }) => weekly(BigInt(recent_aged)) >= least && payers >= 2).length;
await page
  .getByText(new RegExp(`^${count(claims)} of .* models claim`))
  .first()
  .waitFor({ timeout: 60_000 });
console.log(`${claims} models claim, on the page as by the whole ranking`);
await browser.close();
