/** Debian's Chromium, driven by playwright-core. */

import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Chromium is. */
export const CHROMIUM = process.env["HUB_CHROMIUM"] ?? "/usr/bin/chromium";

/** The text of a page once it says something; fails with all of it if it does not in half a minute. */
export async function says(page: Page, what: RegExp): Promise<string> {
  await page
    .waitForFunction(
      ([source, flags]) => new RegExp(source ?? "", flags).test(document.body.innerText),
      [what.source, what.flags],
      { timeout: 30_000 },
    )
    .catch(async () => assert.match(await page.innerText("body"), what));
  return await page.innerText("body");
}

/** Starts it. It asks for nothing but what a page asks for. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
