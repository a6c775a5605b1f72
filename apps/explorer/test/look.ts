/** Takes pictures of every page in both themes: `node build/test/look.js URL FOLDER [WIDTH] [page…]`. */

import { mkdir } from "node:fs/promises";

import { launch } from "./chromium.js";

const [url = "", folder = "", width = "1200", ...pages] = process.argv.slice(2);
/** Pages are cut there: what stands below looks like what stands above. */
const MOST = 1_500;

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
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width: Number(width), height: Math.min(height, MOST) };
    await page.screenshot({ path: `${folder}/${name === "" ? "market" : name}-${theme}.png`, fullPage: true, clip });
  }
  await context.close();
}
await browser.close();
