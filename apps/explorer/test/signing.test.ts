/** Publishing and one's own in Chromium, with a wallet that signs for real and a chain that executes what a test says. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import type { Browser, Page } from "playwright-core";

import { findings } from "./axe.js";
import type { Executed } from "./blocks.js";
import { launch } from "./chromium.js";
import { inject, type Injected } from "./injected.js";
import { planned } from "./plan.js";
import { account, CONTRACT, StandIn } from "./stand-in.js";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const FIRST = await DirectSecp256k1HdWallet.generate(12, { prefix: "wasm" });
const SECOND = await DirectSecp256k1HdWallet.generate(12, { prefix: "wasm" });
const [{ address: OWN } = { address: "" }] = await FIRST.getAccounts();
const [{ address: OTHER } = { address: "" }] = await SECOND.getAccounts();

let browser: Browser;
let page: Page;
let node: StandIn;
let url: string;
let wallet: Injected;
/** The model's folder, and what the library makes of it. */
let folder: string;
let plan: ReturnType<typeof planned>;
let complaints: string[];

before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "hub-signing-"));
  await writeFile(join(folder, "model.bin"), "weights");
  await writeFile(join(folder, "hub.toml"), 'title = "A model"\nlicense = "MIT"\ntask = "forecasting"\n');
  plan = planned(folder);
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  const chain = {
    prefix: "wasm",
    feeDenom: "stake",
    feeSymbol: "STAKE",
    feeDecimals: 6,
    gasPrice: "0.025",
    rest: "http://127.0.0.1:9",
  };
  node = new StandIn(DIST, { wallet: chain });
  url = await node.start();
  // A new account: it has committed to nothing and has no model.
  node.instead.set("registry.commitment", () => ({ committed_at: committed() ? 1 : null }));
  node.instead.set("registry.by_publisher_and_blob", () => (published() ? { model: 271, release: 1 } : null));
  node.instead.set("registry.model_by_name", ({ name }) => {
    throw new Error(`there is no model ${String(name)}`);
  });
  node.instead.set("registry.release", () => ({ model: 271, release: 1, size: null }));
  const context = await browser.newContext({ viewport: { width: 1_200, height: 900 } });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  wallet = await inject(page, "keplr", false, [FIRST.mnemonic]);
  node.shelf.ids.push(...ids());
});
afterEach(async () => {
  await page.context().close();
  node.stop();
});

const sent = (name: string): Executed[] => node.blocks.executed.filter((one) => one.name === name);
const committed = () => sent("commit").length > 0;
const published = () => sent("register_model").length + sent("publish_release").length > 0;

/** What the folder is stored as, in the order in which it is uploaded. */
const ids = () => [...plan.blobs, ...plan.quilts, plan.manifest].map(({ id }) => id);

async function says(what: RegExp): Promise<string> {
  await page
    .waitForFunction(
      ([source, flags]) => new RegExp(source ?? "", flags).test(document.body.innerText),
      [what.source, what.flags],
      { timeout: 30_000 },
    )
    .catch(async () => assert.match(await page.innerText("body"), what));
  return await page.innerText("body");
}

/** The page on the address, with the wallet connected. */
async function connectedOn(path: string): Promise<void> {
  await page.goto(`${url}/#/${path}`);
  await page.getByRole("button", { name: "Connect Keplr" }).click();
}

/** Walks by Tab alone to what has this name, as somebody does who has no mouse. */
async function tabTo(name: string): Promise<void> {
  const names: string[] = [];
  for (let steps = 0; steps < 120; steps += 1) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement & { labels?: NodeListOf<HTMLElement> };
      const text = at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText ?? at.innerText ?? "";
      const seen = at.getBoundingClientRect();
      return `${text.trim()}${seen.width > 0 && seen.height > 0 ? "" : " (not seen)"}`;
    });
    if (found === name || found.startsWith(`${name}\n`)) {
      return;
    }
    names.push(found);
  }
  assert.fail(`Tab does not reach “${name}”, but ${[...new Set(names)].join(", ")}`);
}

async function axe(where: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await findings(page), "[]", `${where}, ${colorScheme}`);
  }
}

/** A wallet that does not answer until it is told to. */
function hold(): () => void {
  let answer = () => undefined as void;
  wallet.waits = new Promise((resolve) => (answer = resolve));
  return () => {
    wallet.waits = undefined;
    answer();
  };
}

/** No more than the chain would need for a block, several times over. */
const settle = () => page.waitForTimeout(1_500);

test("by keyboard alone a folder is published: chosen, priced, connected, signed; axe finds nothing on the way", async () => {
  await page.goto(`${url}/#/publish`);
  await says(/Drop the model’s folder here/);
  await tabTo("Drop the model’s folder here, or choose it:");
  const choosing = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await choosing).setFiles(folder);
  await says(/What is stored on Walrus/);
  await tabTo("Name, for ever yours: small letters, digits, and . _ -");
  await page.keyboard.type("by-keyboard");
  await tabTo("USDC a call");
  await page.keyboard.type("0.002");
  await tabTo("USDC a million units sent");
  await page.keyboard.type("1,5");
  await tabTo("Per cent of it for whoever runs the model");
  await page.keyboard.type("12.5");
  await tabTo("Publisher of Walrus");
  await page.keyboard.type(url);
  await tabTo("Connect Keplr");
  await page.keyboard.press("Enter");
  await says(/As callers see it/);
  await axe("Publish with a folder and a wallet");
  await tabTo("Publish");
  await page.keyboard.press("Enter");
  await says(/It is published: model 271, release 1/);
  assert.deepEqual(
    node.blocks.executed.map(({ name, sender }) => [name, sender]),
    [
      ["commit", OWN],
      ["register_model", OWN],
      ["prove_size", OWN],
    ],
  );
  const { name, terms, metadata, release } = sent("register_model")[0]?.fields as Record<string, { blob_id?: string }>;
  assert.equal(name, "by-keyboard");
  assert.deepEqual(terms, {
    operator_bps: 1_250,
    payees: [{ address: OWN, bps: 8_750 }],
    price: { denom: { native: "uusdc" }, per_call: "2000", per_million_in: "1500000", per_million_out: "0" },
  });
  assert.deepEqual(metadata, {
    title: "A model",
    description: "",
    task: "forecasting",
    license: "MIT",
    tags: [],
    homepage: null,
  });
  assert.equal(release?.blob_id, plan.release);
  assert.deepEqual(
    node.shelf.stored.map(({ id }) => id),
    ids(),
  );
  assert.deepEqual(complaints, []);
});

test("by keyboard alone one withdraws, adds to a session and opens one; axe finds nothing on Mine", async () => {
  node.instead.set("escrow.sessions_by_caller", () => ({
    sessions: [3, 2].map((session) => ({
      ...(node.smart("escrow.session", { session }) as object),
      caller: OWN,
      funder: OWN,
    })),
  }));
  await page.goto(`${url}/#/mine?model=4&operator=${account(700)}`);
  await says(/A wallet signs what you do here/);
  await tabTo("Connect Keplr");
  await page.keyboard.press("Enter");
  await says(/Money in the escrow/);
  await axe("Mine");
  await tabTo("Withdraw");
  await page.keyboard.press("Enter");
  await says(/1\.230000 USDC went to your wallet/);
  await tabTo("USDC to add to session 3");
  await page.keyboard.type("0.05");
  await page.keyboard.press("Enter");
  await says(/0\.050000 USDC were added to session 3/);
  // What was added once is not added by a second press.
  await page.keyboard.press("Enter");
  await says(/Say how much: a number of USDC/);
  node.blocks.executes = ({ name }) =>
    name === "deposit" ? [{ contract: CONTRACT.escrow, type: "hub_session_opened", attributes: { session: "9" } }] : [];
  node.instead.set("registry.terms_at", () => node.smart("registry.terms_list", { model: 4 }));
  node.instead.set(
    "registry.release",
    () => (node.smart("registry.releases", { model: 4 }) as { releases: unknown[] }).releases[0],
  );
  await tabTo("Budget in USDC");
  await page.keyboard.type("0.2");
  await tabTo("Open it");
  await page.keyboard.press("Enter");
  await says(/The session is open: calls of model 4 from this page are paid from it/);
  assert.deepEqual(
    node.blocks.executed.map(({ name }) => name),
    ["withdraw", "deposit", "top_up", "deposit"],
  );
  assert.deepEqual(sent("withdraw")[0]?.fields, { denom: { native: "uusdc" }, amount: "1230000" });
  assert.deepEqual(sent("top_up")[0]?.fields, { session: 3, amount: "50000" });
  assert.deepEqual(complaints, []);
});

test("what waits for the wallet is not signed twice: by a second click, nor by leaving the page and coming back", async () => {
  await connectedOn("mine");
  await says(/Money in the escrow/);
  const answer = hold();
  await page.evaluate(() => {
    const [button] = [...document.querySelectorAll("button")].filter(({ textContent }) => textContent === "Withdraw");
    button?.click();
    button?.click();
  });
  await says(/already|Waiting for the wallet/);
  await page.getByRole("link", { name: "Trust", exact: true }).click();
  await says(/Does the escrow hold what it owes/);
  await page.getByRole("link", { name: "Mine", exact: true }).click();
  await says(/Money in the escrow/);
  await page.getByRole("button", { name: "Withdraw" }).click();
  await says(/This account is asked to sign already, or waits for a block, here or in another tab/);
  answer();
  await settle();
  assert.deepEqual(wallet.signed, ["direct"]);
  assert.equal(sent("withdraw").length, 1);
  await page.getByRole("button", { name: "Withdraw" }).click();
  await says(/went to your wallet/);
  assert.equal(sent("withdraw").length, 2);
  assert.deepEqual(complaints, []);
});

test("what the wallet refuses is told as that, and what the chain refuses as that, whatever words it uses", async () => {
  await connectedOn("mine");
  await says(/Money in the escrow/);
  wallet.refuses = true;
  await page.getByRole("button", { name: "Withdraw" }).click();
  await says(/The wallet refuses: Request rejected\. Nothing was sent/);
  wallet.refuses = false;
  node.blocks.executes = () => {
    throw new Error("the escrow denied it: rejected for a reason of its own");
  };
  await page.getByRole("button", { name: "Withdraw" }).click();
  const text = await says(/denied it: rejected for a reason of its own/);
  assert.doesNotMatch(text, /The wallet refuses/);
  assert.deepEqual(complaints, []);
});

test("another account in the middle ends a publication: nothing more is stored or signed, and the last account counts", async () => {
  await page.goto(`${url}/#/publish`);
  await page.setInputFiles("input[type=file]", folder);
  await says(/What is stored on Walrus/);
  await page.getByLabel("Publisher of Walrus").fill(url);
  await page.getByRole("button", { name: "Connect Keplr" }).click();
  await says(/As callers see it/);
  const answer = hold();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByRole("button", { name: "Publishing…" }).waitFor();
  assert.equal(await page.getByLabel("USDC a call").isDisabled(), true, "what is signed cannot be changed meanwhile");
  // Away and back again, and away: the wallet tells each time, and answers in its own time.
  for (const words of [SECOND, FIRST, SECOND]) {
    wallet.words = [words.mnemonic];
    await page.evaluate(() => dispatchEvent(new Event("keplr_keystorechange")));
  }
  answer();
  await page.locator(`section.theirs a[title="${OTHER}"]`).waitFor();
  await settle();
  assert.equal(sent("register_model").length, 0);
  assert.deepEqual(node.shelf.stored, []);
  assert.equal(await page.getByLabel("USDC a call").isDisabled(), false);
  await page.getByRole("button", { name: "Go on" }).click();
  await says(/It is published/);
  assert.deepEqual([...new Set(sent("register_model").map(({ sender }) => sender))], [OTHER]);
  assert.deepEqual(complaints, []);
});

test("a name that the account has already makes a release, and the author is told that its price stays", async () => {
  node.instead.set("registry.model_by_name", () => node.smart("registry.model", { model: 9 }));
  node.instead.set("registry.release", () => ({ model: 9, release: 2, size: "7" }));
  await page.goto(`${url}/#/publish`);
  await page.setInputFiles("input[type=file]", folder);
  await says(/What is stored on Walrus/);
  await page.getByLabel("Publisher of Walrus").fill(url);
  await page.getByLabel("USDC a call").fill("99");
  await page.getByLabel("Release, higher than earlier ones").fill("2.0");
  await page.getByRole("button", { name: "Connect Keplr" }).click();
  await says(/You have a model of this name: this becomes its release 2\.0\. What it costs .* stay as they are/);
  assert.doesNotMatch(await page.innerText("section[aria-labelledby=preview]"), /99/);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await says(/It is published/);
  assert.deepEqual(
    node.blocks.executed.map(({ name }) => name),
    ["commit", "publish_release"],
  );
  assert.deepEqual(complaints, []);
});

test("a folder chosen while another is computed is the one that counts, under a name of its own", async () => {
  const other = await mkdtemp(join(tmpdir(), "hub-other-"));
  await writeFile(join(other, "model.bin"), new Uint8Array(10_000_000));
  await writeFile(join(other, "hub.toml"), 'title = "Another"\n');
  await page.goto(`${url}/#/publish`);
  await page.setInputFiles("input[type=file]", other);
  await says(/Computing the ids/);
  await page.setInputFiles("input[type=file]", folder);
  const text = await says(/What is stored on Walrus/);
  assert.ok(text.includes(plan.manifest.id));
  assert.doesNotMatch(text, /cancelled/);
  const name = await page.getByLabel("Name, for ever yours").inputValue();
  assert.match(name, /^hub-signing-/);
  await page.waitForTimeout(1_000);
  assert.ok((await page.innerText("body")).includes(plan.manifest.id));
  await rm(other, { recursive: true });
  assert.deepEqual(complaints, []);
});
