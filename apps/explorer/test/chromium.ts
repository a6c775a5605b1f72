/** Debian's Chromium, driven by playwright-core. */

import { type Browser, chromium } from "playwright-core";

/** Where Chromium is. */
export const CHROMIUM = process.env["HUB_CHROMIUM"] ?? "/usr/bin/chromium";

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
