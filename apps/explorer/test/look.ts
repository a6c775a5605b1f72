/**
 * Takes pictures of pages in both themes: `node build/test/look.js URL FOLDER [WIDTH] [page…]`, where a page is the address behind `#/`
 * and, after `=>`, the name of its picture.
 *
 *   HUB_LOOK_FOLDER   on Publish: a model's folder, which is chosen
 *   HUB_LOOK_RECEIPT  on Receipt: what is pasted
 *
 * Where the page is one of the devnet, its account “caller” is connected on Mine and Publish.
 */

import { mkdir } from "node:fs/promises";

import type { Page } from "playwright-core";

import { launch } from "./chromium.js";

const [url = "", folder = "", width = "1200", ...pages] = process.argv.slice(2);
/** Pages are cut there: what stands below looks like what stands above. */
const MOST = 1_500;

/** Does what a reader does on a page that shows nothing by itself. */
async function prepare(page: Page, hash: string): Promise<void> {
  const { HUB_LOOK_FOLDER: model, HUB_LOOK_RECEIPT: receipt } = process.env;
  if (hash.startsWith("publish") && model !== undefined) {
    await page.setInputFiles("input[type=file]", model);
    await page.locator("#stored").waitFor();
    await page.getByLabel(/a call$/).fill("0.002");
  }
  if (hash.startsWith("receipt") && receipt !== undefined) {
    await page.locator("#pasted").fill(receipt);
    await page.getByRole("button", { name: "Is it proven?" }).click();
    await page.locator(".verdict").waitFor();
  }
  const connect = page.getByRole("button", { name: "Connect caller of the devnet" });
  if (/^(mine|publish)/.test(hash) && (await connect.count()) > 0) {
    await connect.click();
    await page.waitForTimeout(3_000);
  }
  const measure = page.getByRole("button", { name: "Measure the way from here" });
  if (hash.startsWith("model/") && (await measure.count()) > 0) {
    await measure.click();
    await page
      .getByText(/ms from here/)
      .first()
      .waitFor();
  }
}

const browser = await launch();
await mkdir(folder, { recursive: true });
for (const theme of ["light", "dark"] as const) {
  const context = await browser.newContext({ colorScheme: theme, viewport: { width: Number(width), height: 900 } });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && console.error(theme, message.text()));
  page.on("pageerror", (error) => console.error(theme, error));
  for (const path of pages) {
    const [hash = "", name = hash.replace(/\W+/g, "-")] = path.split("=>");
    await page.goto(`${url}/#/${hash}`);
    await page.reload();
    await page.waitForTimeout(1_500);
    await prepare(page, hash);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width: Number(width), height: Math.min(height, MOST) };
    await page.screenshot({ path: `${folder}/${name === "" ? "market" : name}-${theme}.png`, fullPage: true, clip });
  }
  await context.close();
}
await browser.close();
