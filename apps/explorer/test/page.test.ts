/** The page in Chromium, on a node that is made up: what it shows, for whom, and what it does when things go wrong. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { mkdir, mkdtemp, open as openFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { findings } from "./axe.js";
import { launch } from "./chromium.js";
import { planned } from "./plan.js";
import { account, CONTRACT, StandIn } from "./stand-in.js";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const OPERATOR = account(700 + (8 % 6));

let browser: Browser;
let context: BrowserContext;
let page: Page;
let node: StandIn;
let url: string;
/** What the page complained of: nothing, unless a test expects it. */
let complaints: string[];

before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  node = new StandIn(DIST);
  url = await node.start();
  context = await browser.newContext({ viewport: { width: 1_200, height: 900 } });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|ERR_|CORS/.test(message.text())) {
      complaints.push(message.text());
    }
  });
});
afterEach(async () => {
  await context.close();
  node.stop();
});

async function open(path = ""): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${url}/#/${path}`);
}

/** The text of the page once it says something. */
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

const PAGES = [
  "",
  "models",
  "model/8",
  "operators",
  `operator/${OPERATOR}`,
  `account/${account(1)}`,
  "session/3",
  "receipt",
  "trust",
  "mine",
  "publish",
  "numbers",
  "nowhere",
];

test("with nobody believed it says that nothing is proven; with an operator believed it says what is backed", async () => {
  await open();
  const before = await says(/Ninety days/);
  assert.match(before, /Nothing here is proven yet/);
  assert.match(before, /models claim to earn money from strangers/);
  await open(`?believe=${OPERATOR}`);
  const after = await says(/is backed/);
  assert.match(after, /You believe wasm1/);
  assert.match(after, /This link named them, not you/);
  assert.deepEqual(complaints, []);
});

test("what is there before any script is what the page then shows, so that nothing jumps", async () => {
  const texts = () =>
    page.evaluate(() =>
      ["nav", ".belief", "p.lead"].map((part) => document.querySelector(part)?.textContent?.replace(/\s+/g, "")),
    );
  await page.route(/main-\w+\.js$/, (route) => route.abort());
  await open();
  const before = await texts();
  await page.unroute(/main-\w+\.js$/);
  await open();
  await says(/Ninety days/);
  assert.deepEqual(await texts(), before);
  assert.ok(before.every((text) => text !== undefined && text.length > 20));
});

test("a tick stands in the address, and goes along from page to page", async () => {
  await open("operators");
  await says(/Kept/);
  await page.locator("tbody input[type=checkbox]").first().check();
  await page.waitForURL(/believe=wasm1/);
  await page.getByRole("link", { name: "Market", exact: true }).click();
  await says(/is backed/);
  assert.match(page.url(), /#\/\?believe=wasm1/);
  await page.getByRole("button", { name: "Believe nobody" }).click();
  await says(/Nothing here is proven yet/);
  await page.getByRole("button", { name: /Believe my 1 again/ }).click();
  await says(/You believe/);
});

test("a number’s name says what it would cost to make it up, in the words of docs/HEALTH.md", async () => {
  await open();
  await says(/Held by ten/);
  await page.getByRole("button", { name: "Held by ten" }).click();
  await page.waitForSelector(".meaning:popover-open dd");
  assert.match(await page.innerText(".meaning:popover-open"), /hiding a monopoly takes aged income for others/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".meaning:popover-open").count(), 0);
});

test("the first page asks in at most three requests and 200 kB", async () => {
  node.behaviour.models = 2_730;
  await open();
  await says(/Ninety days/);
  await page.waitForTimeout(300);
  const bytes = node.posts.reduce((sum, post) => sum + post.bytes, 0);
  assert.ok(node.posts.length <= 3, JSON.stringify(node.posts));
  assert.ok(bytes <= 200_000, `${bytes} bytes`);
  assert.ok(node.posts.every(({ questions }) => questions <= 10));
});

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page, ${theme}, and no page is wider than 320 pixels`, async () => {
    await page.emulateMedia({ colorScheme: theme });
    for (const path of [...PAGES, `?believe=${OPERATOR}`]) {
      await page.setViewportSize({ width: 320, height: 800 });
      await open(path);
      await page.waitForFunction(
        () => document.querySelector("footer") !== null && document.querySelector(".pulse") === null,
      );
      await page.waitForTimeout(150);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 320, `${path}: ${width} pixels wide`);
      assert.equal(await findings(page), "[]", `#/${path}`);
    }
    assert.deepEqual(complaints, []);
  });
}

test("by keyboard alone one believes an operator, opens a model and reads a chart", async () => {
  await open();
  await says(/Ninety days/);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "To the page");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.getByRole("link", { name: "Choose operators" }).focus();
  await page.keyboard.press("Enter");
  await says(/order in which they came/);
  await page.locator("tbody input[type=checkbox]").nth(2).focus();
  await page.keyboard.press("Space");
  await page.waitForURL(/believe=/);
  await page.getByRole("link", { name: "Market", exact: true }).focus();
  await page.keyboard.press("Enter");
  await says(/Ninety days/);
  const chart = page.getByRole("img", { name: /^a day, 90 bars/ }).first();
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await says(/: [\d\u202f]+ calls/);
  await page.locator("tbody th a").first().focus();
  await page.keyboard.press("Enter");
  await says(/Who serves it/);
  assert.match(page.url(), /#\/model\/\d+\?believe=/);
});

test("hostile texts are text: nothing runs, no link leads where it must not, nothing hides", async () => {
  const attack = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  const long = "W".repeat(128);
  node.behaviour.texts.set(8, {
    title: `\u202e${attack}`.slice(0, 128),
    description: `${attack}\n${"x".repeat(2_000)}`,
    homepage: "javascript:window.hacked=1",
    task: "\u2066evil",
    tags: ['"><b>', "a".repeat(32)],
    name: "w".repeat(64),
  });
  node.behaviour.texts.set(4, { title: long });
  await page.setViewportSize({ width: 320, height: 700 });
  await open("model/8");
  const text = await says(/What its author says/);
  assert.ok(text.includes("\ufffd<img src=x"), "the mark of a turned direction is seen");
  assert.equal(await page.locator("main img, main script, main b b").count(), 0);
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  await page.getByText("What its author says").click();
  for (const path of ["", "models", "model/4"]) {
    await open(path);
    await says(/W{100}|model-|Volatility/);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, path);
  }
  assert.equal(await page.evaluate(() => (globalThis as { hacked?: number }).hacked), undefined);
  assert.deepEqual(complaints, []);
});

test("each failure of a node is told with what to do, and another node is offered", async () => {
  const failing: [string, () => void, RegExp][] = [
    ["busy", () => (node.behaviour.status = 429), /answers with status 429.*ask again after some seconds/is],
    ["other chain", () => (node.behaviour.chainId = "other-1"), /belongs to chain other-1, expected stand-in-1/i],
    ["behind", () => (node.behaviour.catchingUp = true), /is still catching up/i],
    ["refused", () => node.behaviour.refused.set("hub", "no day before the first"), /no day before the first/],
  ];
  for (const [name, fail, told] of failing) {
    fail();
    await open();
    const text = await says(told);
    assert.match(text, /Ask again/, name);
    Object.assign(node.behaviour, { status: undefined, chainId: "stand-in-1", catchingUp: false });
    node.behaviour.refused.clear();
    await page.getByRole("button", { name: "Ask again" }).first().click();
    await says(/Held by ten/);
  }
  assert.deepEqual(complaints, []);
});

test("a node without CORS, and one that is down, look alike to a page, and it says so", async () => {
  const other = new StandIn(DIST);
  await other.start();
  other.behaviour.cors = false;
  await open();
  await says(/Ninety days/);
  for (const endpoint of [`${other.url}/rpc`, "http://127.0.0.1:9"]) {
    await page.evaluate(() => document.querySelector("footer details")?.setAttribute("open", ""));
    await page.fill("footer input", endpoint);
    await page.getByRole("button", { name: "Ask it" }).click();
    const text = await says(/does not answer/);
    assert.match(text, /it may not answer pages \(CORS\)/);
    await page.getByRole("button", { name: /^Ask 127.0.0.1:\d+\/rpc/ }).click();
    await says(/Ninety days/);
  }
  other.stop();
});

test("an old block is said to be old", async () => {
  node.behaviour.time -= 3_600;
  await open();
  await says(/that is 60 min ago\. Either the chain stands still, or this node does not hear of it/);
});

test("an empty Hub says that it is empty", async () => {
  node.behaviour.models = 0;
  await open();
  await says(/This Hub is empty/);
  await open("models");
  await says(/This Hub is empty/);
  assert.deepEqual(complaints, []);
});

test("what was read stays when a later reading fails, and is said to be old; a model retired meanwhile is told", async () => {
  await open("session/3");
  await says(/7\.50 USDC left of 10\.00 USDC/);
  node.behaviour.status = 503;
  await says(/This is old: .*status 503/);
  assert.match(await page.innerText("main"), /7\.50/);
  node.behaviour.status = undefined;
  node.behaviour.retired.add(8);
  await open("model/8");
  await says(/retired .* no call is charged from then on/);
  await open("model/9999");
  await says(/there is no model 9999/);
});

test("the page lets no script in, and asks for nothing but the node and what its pages name", async () => {
  const asked = new Set<string>();
  page.on("request", (request) => asked.add(new URL(request.url()).host));
  await open();
  await says(/Ninety days/);
  assert.deepEqual([...asked], [new URL(url).host]);
  const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', "content");
  assert.match(policy ?? "", /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.hacked = 1";
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => (globalThis as { hacked?: number }).hacked), undefined);
});

/** Answers for the servers that the stand-in lists, by host. */
async function servers(words: Readonly<Record<string, unknown>>): Promise<void> {
  await page.route(/^https:\/\/op\d+\.example\.org\//, async (route) => {
    const { host, pathname } = new URL(route.request().url());
    const word = words[host];
    const headers = { "access-control-allow-origin": "*" };
    if (word === undefined) {
      await route.abort();
    } else if (pathname === "/v2/health/live") {
      await route.fulfill({ headers, json: { live: true } });
    } else {
      await route.fulfill({ headers, json: { ...serverWord, ...(word as object) } });
    }
  });
}
const serverWord = {
  billing: CONTRACT.billing,
  attester: 3,
  operator: OPERATOR,
  network: "stand-in-1",
  label: "A label",
};

test("a model says who serves it, how far away, and what part of the price each call leaves there", async () => {
  const offer = { model: 8, version: "1.0", engine: "onnx 1", median_ms: 12.4 };
  await servers({ "op3.example.org": { models: [offer] }, "op1.example.org": { models: [] } });
  await open("model/8");
  const text = await says(/A label, release 1\.0 on onnx 1/);
  assert.match(text, /Whoever runs it gets 20\u202f% of the price: 0\.40 USDC a million units in/);
  const row = page.locator("#operators ~ .scroll tbody tr");
  assert.match(await row.innerText(), /12 ms/);
  await page.getByRole("button", { name: "Measure the way from here" }).click();
  await says(/\d+(\.\d)? ms from here/);
  // Nobody was paid for this one: the servers that the chain lists are asked whether they serve it.
  node.instead.set("billing.served_by", () => ({ operators: [] }));
  await servers({ "op1.example.org": { label: "Another", models: [{ ...offer, model: 9 }] } });
  await open("model/9");
  await says(/Another, release 1\.0 on onnx 1/);
  assert.equal(await row.count(), 1);
  assert.deepEqual(complaints, []);
});

test("a server that answers nonsense harms no page, and shows nothing but what it is", async () => {
  const hostile = [null, 7, "x", {}, { model: "8" }, { model: 8, version: { a: 1 }, engine: null, median_ms: "soon" }];
  await servers({ "op3.example.org": { label: ["\u202e"], models: hostile } });
  await open("model/8");
  await says(/�, release \[object Object\] on null/);
  await says(/What it cost/);
  for (const word of [{ models: "many" }, { models: null }, { billing: "another" }]) {
    await servers({ "op3.example.org": word });
    await open("model/8");
    await says(/does not serve it now|it serves another Hub/);
  }
  assert.deepEqual(complaints, []);
});

test("a model’s prices are all there, with what changed, and one that is announced is told beside the present one", async () => {
  const base = node.smart("registry.terms_list", { model: 8 }) as { terms: Record<string, unknown>[] };
  const { time } = node.behaviour;
  const terms = (number: number, perIn: string, from: number, until: number | null): unknown => ({
    ...base.terms[0],
    terms: number,
    operator_bps: 1_250,
    price: { denom: { native: "uusdc" }, per_call: "0", per_million_in: perIn, per_million_out: "0" },
    validity: { interval: { effective_from: from, superseded_at: until } },
  });
  const dropped = { ...(terms(3, "9000000", 0, null) as object), validity: { dropped: {} } };
  node.instead.set("registry.terms_list", () => ({
    terms: [
      terms(4, "3000000", time + 86_400, null),
      dropped,
      terms(2, "2000000", time - 86_400, time + 86_400),
      terms(1, "4000000", time - 900_000, time - 86_400),
    ],
  }));
  await open("model/8");
  await says(/What it cost/);
  assert.match(await page.innerText(".facts"), /in 24 h:\s*3\.00 USDC\/million units in/);
  const rows = await page.locator("#prices ~ .scroll tbody tr").allInnerTexts();
  assert.deepEqual(
    rows.map((row) => row.replace(/\s+/g, " ")).map((row) => [/^\d+/.exec(row)?.[0], /[+−]\d+ %|—/.exec(row)?.[0]]),
    [
      ["4", "+50 %"],
      ["3", "—"],
      ["2", "−50 %"],
      ["1", "—"],
    ],
  );
  assert.match(rows[0] ?? "", /announced/);
  assert.match(rows[1] ?? "", /never: replaced before it began/);
  assert.match(rows[2] ?? "", /12\.5\u202f%[\s\S]*now/);
  const label = await page
    .getByRole("img", { name: /^a million units in: 4\.00 USDC from/ })
    .getAttribute("aria-label");
  assert.match(label ?? "", /, 2\.00 USDC from .*, 3\.00 USDC from /);
  assert.deepEqual(complaints, []);
});

test("a node that answers what no contract does leaves a page that says so, and the other pages", async () => {
  node.instead.set("billing.usage", () => ({ sums: null, recent_aged: "much" }));
  await open("model/8");
  await says(/report it/);
  await page.getByRole("link", { name: "Models", exact: true }).click();
  await says(/Models, the newest first/);
});

test("denominations of other exponents are lit and written by their own tenth", async () => {
  for (const [decimals, tenth, shown] of [
    [0, 1n, "1"],
    [18, 10n ** 17n, "0.10"],
  ] as const) {
    node.stop();
    const currencies = [{ denom: { native: "uusdc" }, symbol: "COIN", decimals }];
    node = new StandIn(DIST, { currencies });
    url = await node.start();
    const ranked = (model: number, week: bigint) => ({
      place: { model, score: 9_000 - model },
      aged: "0",
      recent_aged: String(week * 7n),
      gross: "0",
      related: "0",
      payers: 3,
      returning: 3,
    });
    node.instead.set("billing.ranking", () => ({ models: [ranked(1, tenth), ranked(2, tenth / 10n)] }));
    await open();
    const text = await says(/Ninety days/);
    assert.match(text, /^1 of 270 models claim/m);
    assert.ok(text.includes(`claims ${shown} a week`), text);
    assert.ok(text.includes(`1 of 270 models claim ${shown} COIN a week or more`), text);
  }
  assert.deepEqual(complaints, []);
});

/** A folder with these files; removed when the test ends. */
async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hub-page-"));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

test("a folder is planned in the page: ids, manifest and warnings are those of apps/hub-model, and nothing is sent", async () => {
  const folder = await folderWith({
    "model.safetensors": new Uint8Array(3_000_000).map((_, place) => (place * 31) % 251),
    "README.md": "# A model",
    "hub.toml": 'title = "<img src=x onerror=1>"\nlicense = "MIT"\n',
    ".gitignore": "*.tmp\n",
    "a.tmp": "not published",
    ".env": "SECRET=1",
    "größe/ü.txt": "names of any language",
  });
  const expected = planned(folder);
  await open("publish");
  await says(/Drop the model’s folder here/);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.setInputFiles("input[type=file]", folder);
  const text = await says(/What is stored on Walrus/);
  assert.ok(text.includes(expected.release));
  const rows = await page.locator("#stored ~ .scroll tbody tr td.mono").allInnerTexts();
  assert.deepEqual(rows, [
    ...expected.blobs.map(({ id }) => id),
    ...expected.quilts.map(({ id }) => id),
    expected.manifest.id,
  ]);
  assert.equal(expected.quilts[0]?.identifiers.includes("a.tmp"), false);
  assert.match(text, /\.env is named as files with keys or passwords are/);
  assert.deepEqual(
    asked.filter(
      (path) => !/^\/(planner\.js|hub_model\.wasm|rpc|wallet-\w+\.js|chunk-\w+\.js|src-\w+\.js)$/.test(path),
    ),
    [],
  );
  assert.deepEqual(complaints, []);
});

test("a folder without hub.toml is described in the page, and the file is what somebody at a command line would write", async () => {
  const files = { "model.onnx.data": "weights", LICENSE: "MIT" };
  const folder = await folderWith(files);
  await open("publish");
  await says(/Drop the model’s folder here/);
  await page.setInputFiles("input[type=file]", folder);
  await page.getByLabel("Title").fill('Say "hi"\\');
  await page.getByLabel("Licence").fill("MIT");
  await page.getByLabel("Words to find it by").fill("one, two");
  await page.getByRole("button", { name: "Compute its ids" }).click();
  const text = await says(/What is stored on Walrus/);
  const toml = 'title = "Say \\"hi\\"\\\\"\nlicense = "MIT"\ntags = ["one", "two"]\n';
  const expected = planned(await folderWith({ ...files, "hub.toml": toml }));
  assert.ok(text.includes(expected.manifest.id), JSON.stringify(expected));
});

test("what is no model is refused with what to do; a long plan is cancelled; a reload keeps what was typed", async () => {
  const broken = { "model.onnx": "not onnx", "hub.toml": "" };
  const refused: [Record<string, string>, RegExp][] = [
    [{ "notes.txt": "x" }, /has no model in it: put a file there whose name ends in/],
    [broken, /model.onnx is no ONNX model: .*export it again/],
    [{ "model.bin": "x", "hub.toml": "title = 5" }, /hub.toml is not as it should be/],
    [{ "model.bin": "x", "hub.toml": "titel = 'x'" }, /unknown field `titel`/],
  ];
  await open("publish");
  await says(/Drop the model’s folder here/);
  for (const [files, told] of refused) {
    await page.setInputFiles("input[type=file]", await folderWith(files));
    if (files["hub.toml"] === undefined) {
      await page.getByLabel("Title").fill("t");
      await page.getByLabel("Licence").fill("MIT");
      await page.getByRole("button", { name: "Compute its ids" }).click();
    }
    await says(told);
  }

  const huge = await folderWith({ "hub.toml": "" });
  const file = await openFile(join(huge, "model.safetensors"), "w");
  await file.truncate(3 * 2 ** 30);
  await file.close();
  await page.setInputFiles("input[type=file]", huge);
  await says(/Computing the ids of model.safetensors/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await says(/It was cancelled; nothing was stored/);

  const small = await folderWith({ "model.bin": "x", "hub.toml": "" });
  await page.setInputFiles("input[type=file]", small);
  await says(/What is stored on Walrus/);
  await page.getByLabel("USDC a call").fill("0.12345678");
  await says(/A price is a number with at most 6 digits after the point/);
  await page.getByLabel("USDC a call").fill("0,25");
  await page.getByLabel("Name, for ever yours").fill("kept-name");
  await page.reload();
  await says(/Drop the model’s folder here/);
  await page.setInputFiles("input[type=file]", small);
  await says(/What is stored on Walrus/);
  assert.equal(await page.getByLabel("USDC a call").inputValue(), "0,25");
  assert.equal(await page.getByLabel("Name, for ever yours").inputValue(), "kept-name");
  assert.deepEqual(complaints, []);
});
