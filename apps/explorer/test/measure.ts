/**
 * Measures the first page in Chromium under the throttling of its own protocol, on a node that answers pages:
 *
 *   node build/test/measure.js FOLDER [HASH] [RUNS]     FOLDER is a build whose hub.json names the node
 *
 * Slow 4G as Lighthouse throttles it in the browser: 562.5 ms for each request, 1.44 Mbit/s down, 0.675 Mbit/s up; the CPU four times
 * slower. Files are served gzipped, as hosts do.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

import { launch } from "./chromium.js";

const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 1_440_000 / 8, uploadThroughput: 675_000 / 8 };
const SLOWER = 4;

const [folder = "", hash = "", runs = "3"] = process.argv.slice(2);
const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};
const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://x").pathname;
  const file = join(folder, path === "/" ? "index.html" : path);
  readFile(file).then(
    (bytes) => {
      const headers = { "content-type": types[extname(file)] ?? "", "content-encoding": "gzip" };
      response.writeHead(200, headers).end(gzipSync(bytes));
    },
    () => response.writeHead(404).end(),
  );
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/#/${hash}`;

interface Seen {
  fcp: number;
  lcp: number;
  cls: number;
}

const browser = await launch();
const found: Record<string, number>[] = [];
for (let run = 0; run < Number(runs); run += 1) {
  const context = await browser.newContext({ viewport: { width: 412, height: 823 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { fcp: 0, lcp: 0, cls: 0 };
    (globalThis as unknown as { seen: typeof seen }).seen = seen;
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => entry.name === "first-contentful-paint" && (seen.fcp = entry.startTime)),
    ).observe({ type: "paint", buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (seen.lcp = entry.startTime))).observe({
      type: "largest-contentful-paint",
      buffered: true,
    });
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => (seen.cls += (entry as unknown as { value: number }).value)),
    ).observe({ type: "layout-shift", buffered: true });
  });
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", SLOW_4G);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  const kinds = new Map<string, string>();
  const sums: Record<string, number> = { posts: 0, rpc: 0, js: 0, css: 0, html: 0 };
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const name = new URL(response.url).pathname;
    const kind = name.endsWith(".js")
      ? "js"
      : name.endsWith(".css")
        ? "css"
        : /\.(json|svg)$/.test(name)
          ? "other"
          : "html";
    kinds.set(requestId, new URL(response.url).origin === new URL(url).origin ? kind : "rpc");
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId) ?? "other";
    sums[kind] = (sums[kind] ?? 0) + encodedDataLength;
    sums["posts"] = (sums["posts"] ?? 0) + (kind === "rpc" ? 1 : 0);
  });
  const begun = Date.now();
  await page.goto(url);
  await page.waitForSelector("#ninety", { timeout: 60_000 });
  const whole = Date.now() - begun;
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
  found.push({ ...seen, whole, ...sums });
  await context.close();
}
await browser.close();
server.close();

for (const name of Object.keys(found[0] ?? {})) {
  const values = found.map((one) => one[name] ?? 0).sort((one, other) => one - other);
  const round = (value = 0) => (name === "cls" ? value.toFixed(3) : Math.round(value));
  console.log(
    `${name.padEnd(6)} median ${round(values[Math.floor(values.length / 2)])}, from ${round(values[0])} to ${round(values.at(-1))}`,
  );
}
