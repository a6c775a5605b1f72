/**
 * The page on a real chain with a real server, such as `make up` starts: `node build/test/wasmd.js PAGE`. An account of the devnet
 * connects, asks for a price, calls and pays; every figure that is shown then equals what the client itself is told by the chain.
 */

import assert from "node:assert/strict";
import { HubReader, type Deployment, native } from "hub-client/read";

import { amount } from "../src/app/format.js";
import { launch } from "./chromium.js";

const [url = ""] = process.argv.slice(2);
const config = (await (await fetch(new URL("hub.json", url))).json()) as { rpc: string[]; deployment: Deployment };
const { hub } = await HubReader.connect(config.rpc[0] ?? "", config.deployment);
const USDC = { decimals: 6 };
const denom = native("uusdc");

const browser = await launch();
const page = await browser.newPage();
const failures: string[] = [];
page.on("pageerror", (error) => failures.push(String(error)));
const go = async (hash: string, ready: string) => {
  await page.evaluate((to) => (location.hash = to), hash);
  await page.waitForSelector(ready, { timeout: 60_000 });
};
const main = () => page.innerText("main");

await page.goto(`${url}#/mine`);
await page.getByRole("button", { name: "Connect caller of the devnet" }).click();
await page.waitForSelector("text=Money in the escrow", { timeout: 60_000 });
const caller = (await page.locator("main p .mono").first().innerText()).trim();

await go("#/model/1", "form.try");
const outcome = page.locator("form.try pre");
await page.getByRole("button", { name: "Ask what it costs" }).click();
await outcome.getByText("This very call costs at most 0.0005 USDC").waitFor({ timeout: 30_000 });
await page.getByRole("button", { name: "Call and pay" }).click();
await outcome
  .getByText(/Paid 0.0005 USDC from session \d+; the answer fits its signed receipt/)
  .waitFor({ timeout: 60_000 });
const session = Number(/session (\d+)/.exec(await outcome.innerText())?.[1]);
console.log(await outcome.innerText());

// The server settles after some seconds.
for (let tries = 0; tries < 120 && (await hub.escrow.query.session({ session })).spent === "0"; tries += 1) {
  await new Promise((resolve) => setTimeout(resolve, 500));
}
const read = await hub.escrow.query.session({ session });
assert.notEqual(read.spent, "0");
await go(`#/session/${session}`, ".meter");
await page
  .getByText(`${amount(BigInt(read.left), USDC)} USDC left of ${amount(BigInt(read.budget), USDC)} USDC`)
  .waitFor();
assert.ok((await main()).includes(`${amount(BigInt(read.spent), USDC)} USDC`));

const { operator } = read;
const [usage, balance, operatorUsage, glance] = await Promise.all([
  hub.billing.query.usage({ model: 1, denom }),
  hub.escrow.query.balance({ address: operator, denom }),
  hub.billing.query.operatorUsage({ operator, denom, limit: 100 }),
  hub.billing.query.hub({ denom, days: 7 }),
]);
await go("#/model/1", "#usage");
await page.reload();
await page.waitForSelector("#usage ~ div table");
const row = await page.locator("#usage ~ div table tbody tr").first().innerText();
assert.deepEqual(row.split(/\s+/).slice(1, 4), [
  String(usage.sums.calls),
  String(usage.sums.free_calls),
  amount(BigInt(usage.sums.gross), USDC),
]);
await go(`#/operator/${operator}`, ".facts");
const facts = await page.innerText(".facts");
assert.ok(facts.includes(amount(BigInt(operatorUsage.sums.kept), USDC)));
assert.ok(facts.includes(amount(BigInt(balance.available), USDC)));
await go("#/", "#ninety");
assert.match(await main(), new RegExp(`of ${glance.lifetime.models_registered} models claim`));
await go("#/trust", "table");
await page.getByText("those of this release").first().waitFor();
assert.equal(await page.getByText("those of this release").count(), 4);
assert.equal(await page.getByText("nobody", { exact: true }).count(), 4);

// The account closes its session, by a transaction that it signs.
await page.evaluate(() => (location.hash = "#/mine"));
await page.getByRole("button", { name: "Connect caller of the devnet" }).click();
const own = page.locator("tr", { has: page.getByRole("link", { name: String(session), exact: true }) });
await own.getByRole("button", { name: "Close" }).click();
await page
  .getByText(/ends in a minute; its operator can release the rest from then on, and you after 24 h/)
  .waitFor({ timeout: 30_000 });
const closed = await hub.escrow.query.session({ session });
assert.ok(closed.ends_at < read.ends_at, `session of ${caller} goes on`);
assert.deepEqual(failures, []);
console.log("every figure is the client's own");
await browser.close();
