/**
 * Stores a built page on Walrus as one quilt, so that every aggregator serves it:
 *
 *   node walrus.mjs --publisher URL --aggregator URL [--epochs N] [--dist DIR]
 *
 * Each file carries its type as a tag, which aggregators answer as a header. The page's own links are relative, so it works below any
 * address. For a name of its own, give the same folder to Walrus Sites: docs/EXPLORER.md.
 */

import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const { values: options } = parseArgs({
  options: {
    dist: { type: "string", default: join(dirname(fileURLToPath(import.meta.url)), "dist") },
    publisher: { type: "string" },
    aggregator: { type: "string" },
    epochs: { type: "string", default: "5" },
  },
});
if (!options.publisher || !options.aggregator) {
  console.error("Give --publisher and --aggregator, the addresses of a publisher and an aggregator of Walrus");
  process.exit(1);
}

const files = await readdir(options.dist);
const form = new FormData();
for (const file of files) {
  form.append(file, new Blob([await readFile(join(options.dist, file))]), file);
}
const metadata = files.map((identifier) => ({
  identifier,
  tags: { "content-type": TYPES[extname(identifier)] ?? "application/octet-stream" },
}));
form.append("_metadata", JSON.stringify(metadata));
const url = new URL(`/v1/quilts?epochs=${options.epochs}&permanent=true`, options.publisher);
const answer = await fetch(url, { method: "PUT", body: form });
const text = await answer.text();
if (!answer.ok) {
  console.error(`${url.host} answers with status ${answer.status}: ${text.slice(0, 300)}`);
  process.exit(1);
}
const { blobStoreResult } = JSON.parse(text);
const quilt = (blobStoreResult.newlyCreated?.blobObject ?? blobStoreResult.alreadyCertified).blobId;
console.log(new URL(`/v1/blobs/by-quilt-id/${quilt}/index.html`, options.aggregator).href);
