/** Gathers what tests/chains/run left in a folder, for each version, and writes it where it is kept and shown. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gasNow, PAGE, pageNow, RESULTS } from "./files.js";
import type { ChainResult } from "./report.js";

const folder = process.argv[2] ?? "tests/chains/build";
const found = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, "utf8")) as Omit<ChainResult, "reference">)
  .map((one): ChainResult => ({ ...one, reference: gasNow() }));
// A version that was not run this time keeps what was found of it.
const kept = (JSON.parse(readFileSync(RESULTS, "utf8")) as ChainResult[]).filter(
  ({ wasmd }) => !found.some((one) => one.wasmd === wasmd),
);
const results = [...kept, ...found].sort((one, other) => one.wasmd.localeCompare(other.wasmd, "en", { numeric: true }));
writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(PAGE, pageNow().meant);
