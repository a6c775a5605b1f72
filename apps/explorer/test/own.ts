/**
 * Publishing, opening and topping up on a real chain, with wallets that sign for real: `node build/test/own.js PAGE FOLDER`, where
 * PAGE is what `make up` serves and FOLDER the one of its model. Keplr signs directly and Leap as a Ledger does. The local Walrus fails
 * on purpose in between.
 */

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type Deployment, HubReader } from "hub-client/read";

import { launch } from "./chromium.js";
import { inject, type Injected } from "./injected.js";

const [url = "", original = ""] = process.argv.slice(2);
const config = (await (await fetch(new URL("hub.json", url))).json()) as {
  rpc: string[];
  publishers: string[];
  deployment: Deployment;
};
const { hub } = await HubReader.connect(config.rpc[0] ?? "", config.deployment);
const walrus = config.publishers[0] ?? "";
const accounts = JSON.parse(await readFile("tests/devnet/accounts.json", "utf8")) as {
  name: string;
  address: string;
  mnemonic: string;
}[];
const account = (name: string) => accounts.find((one) => one.name === name) ?? { address: "", mnemonic: "" };

const browser: Browser = await launch();
const failures: string[] = [];
const work = await mkdtemp(join(tmpdir(), "hub-own-"));
const folder = join(work, "volatility-mlp");
await cp(original, folder, { recursive: true });
await rm(join(folder, ".hub"), { recursive: true, force: true });

/** A page with a wallet in it. */
async function withWallet(
  name: "keplr" | "leap",
  ledger: boolean,
  words: string[],
): Promise<{ page: Page; wallet: Injected }> {
  const page = await (await browser.newContext({ viewport: { width: 1_200, height: 1_000 } })).newPage();
  page.on("pageerror", (error) => failures.push(String(error)));
  const wallet = await inject(page, name, ledger, words);
  return { page, wallet };
}
const says = async (page: Page, what: RegExp) => {
  const found = page.getByText(what).first().waitFor({ timeout: 30_000 });
  await found.catch(async () => assert.match(await page.innerText("main"), what));
};
const fault = async (faults: object[]) => {
  const body = JSON.stringify({ faults });
  const answer = await fetch(`${walrus}/local/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body,
  });
  assert.ok(answer.ok, await answer.text());
};
const stored = async () => {
  const requests = (await (await fetch(`${walrus}/local/requests`)).json()) as { method: string; path: string }[];
  return requests.filter(({ method }) => method === "PUT").map(({ path }) => path.replace(/\?.*/, ""));
};

// --- Publishing, with Keplr ----------------------------------------------------------------------

const { page, wallet } = await withWallet("keplr", false, [account("author2").mnemonic]);
await page.goto(`${url}#/publish`);
await page.setInputFiles("input[type=file]", folder);
await says(page, /What is stored on Walrus/);
// The ids are those under which the command published the same folder.
const byCommand = await hub.registry.query.release({ model: 1, release: 1 });
const ids = await page.locator("#stored ~ .scroll tbody tr td.mono").allInnerTexts();
assert.equal(ids[0], byCommand.blob_id);
assert.equal(ids.at(-1), byCommand.manifest);

await page.getByLabel("Name, for ever yours").fill("from-a-page");
await page.getByLabel("USDC a call").fill("0.002");
await page.getByLabel("USDC a million units sent").fill("1.5");
await page.getByLabel("Per cent of it").fill("12.5");
await page.getByRole("button", { name: "Connect Keplr" }).click();
await says(page, /As callers see it/);
assert.equal(wallet.suggested.length, 1);
const preview = await page.innerText("section.theirs");
assert.match(preview, /0\.002 USDC\/call/);
assert.match(preview, /1\.50 USDC\/million units in/);

// The wallet refuses: nothing is sent, and it can go on.
wallet.refuses = true;
await page.getByRole("button", { name: "Publish", exact: true }).click();
await says(page, /The wallet refuses: .*Request rejected.*Nothing was sent/);
wallet.refuses = false;

// A publisher that says that it stored something else, one that is down, one that is busy.
for (const [wrong, told] of [
  ["wrong_id", /says that it stored blob V1dXV1dX.*Choose another publisher/],
  [{ status: { code: 503 } }, /answers with status 503/],
] as const) {
  await fault([{ on: "store", times: 1, do: wrong }]);
  await page.getByRole("button", { name: "Go on" }).click();
  await says(page, told);
}
await fault([]);
await page.getByLabel("Publisher of Walrus").fill("http://127.0.0.1:9");
await page.getByRole("button", { name: "Go on" }).click();
await says(page, /127\.0\.0\.1:9 does not answer, or lets no page store/);
await page.getByLabel("Publisher of Walrus").fill(walrus);
// The commitment was signed once, however often it went on.
assert.deepEqual(wallet.signed, ["direct"]);

// The weights are stored and the registration is refused; then the page is reloaded, and goes on.
await fetch(`${walrus}/local/requests`, { method: "DELETE" });
wallet.refuses = true;
await page.getByRole("button", { name: "Go on" }).click();
await says(page, /Store the folder on Walrus: done/);
await says(page, /The wallet refuses/);
wallet.refuses = false;
const uploads = await stored();
assert.deepEqual(uploads, ["/v1/blobs", "/v1/quilts", "/v1/blobs"]);
await page.reload();
await says(page, /You began to publish “volatility-mlp”/);
await page.setInputFiles("input[type=file]", folder);
await says(page, /What is stored on Walrus/);
assert.equal(await page.getByLabel("Name, for ever yours").inputValue(), "from-a-page");
await page.getByRole("button", { name: "Connect Keplr" }).click();
await page.getByRole("button", { name: "Go on" }).click();
await says(page, /It is published: model \d+/);
assert.deepEqual(await stored(), uploads, "nothing was uploaded twice");
assert.deepEqual(wallet.signed, ["direct", "direct", "direct"]);

const author = account("author2").address;
const model = await hub.registry.query.modelByName({ author, name: "from-a-page" });
assert.ok(model !== null);
const release = await hub.registry.query.release({ model: model.model, release: 1 });
assert.equal(release.blob_id, byCommand.blob_id);
assert.equal(release.manifest, byCommand.manifest);
assert.equal(release.size, byCommand.size);
assert.ok(release.claimed_at < release.published_at, "the claim is dated by the commitment");
const { terms } = await hub.registry.query.termsAt({ model: model.model });
assert.deepEqual(terms[0]?.price, {
  denom: { native: "uusdc" },
  per_call: "2000",
  per_million_in: "1500000",
  per_million_out: "0",
});
assert.equal(terms[0]?.operator_bps, 1_250);
console.log(`published from the page: model ${model.model} of ${author}`);

// The manifest is held against its blob id, and one that an aggregator made up is not shown.
await page.evaluate((to) => (location.hash = to), `#/model/${model.model}`);
await says(page, /What it is made of/);
await page.getByRole("button", { name: "Check it" }).click();
await says(page, /These are the bytes that the chain names/);

// --- Another account of the wallet ---------------------------------------------------------------

await page.evaluate(() => (location.hash = "#/mine"));
await page.locator("main p .mono", { hasText: author }).waitFor();
wallet.words = [account("caller2").mnemonic];
await page.evaluate(() => dispatchEvent(new Event("keplr_keystorechange")));
await page.locator("main p .mono", { hasText: account("caller2").address }).waitFor({ timeout: 30_000 });
console.log("another account of the wallet is followed");
await page.context().close();

// --- Opening and topping up, as with a Ledger in Leap --------------------------------------------

const second = await withWallet("leap", true, [account("caller2").mnemonic]);
const caller = account("caller2").address;
await second.page.goto(`${url}#/mine?model=1&operator=${account("operator").address}`);
await second.page.getByRole("button", { name: "Connect Leap" }).click();
await second.page.getByLabel("Budget in USDC").fill("0.2");
await second.page.getByRole("button", { name: "Open it" }).click();
await says(second.page, /The session is open: calls of model 1 from this page are paid from it/);
const { sessions } = await hub.escrow.query.sessionsByCaller({ caller, limit: 10 });
const [session] = sessions;
assert.ok(session !== undefined);
assert.equal(session.budget, "200000");
await second.page.getByLabel(`USDC to add to session ${session.session}`).fill("nothing");
await second.page.getByRole("button", { name: "Add" }).click();
await says(second.page, /Say how much: a number of USDC/);
await second.page.getByLabel(`USDC to add to session ${session.session}`).fill("0.05");
await second.page.getByRole("button", { name: "Add" }).click();
await says(second.page, new RegExp(`0\\.050000 USDC were added to session ${session.session}`));
assert.equal((await hub.escrow.query.session({ session: session.session })).budget, "250000");
assert.deepEqual(second.wallet.signed, ["amino", "amino"]);

// The call is paid from that session, and opens none.
await second.page.evaluate(() => (location.hash = "#/model/1"));
await second.page.waitForSelector("form.try");
await second.page.getByRole("button", { name: "Call and pay" }).click();
await says(second.page, new RegExp(`Paid 0\\.0005 USDC from session ${session.session}`));
assert.equal((await hub.escrow.query.sessionsByCaller({ caller, limit: 10 })).sessions.length, sessions.length);
assert.deepEqual(second.wallet.signed, ["amino", "amino"]);
console.log(`session ${session.session} was opened and topped up, signed as a Ledger does, and pays for a call`);

assert.deepEqual(failures, []);
await browser.close();
await rm(work, { recursive: true });
