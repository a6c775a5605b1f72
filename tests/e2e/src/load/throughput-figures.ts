/** Shows what apps/hub-load measured, and with HUB_UPDATE=1 keeps it. tests/e2e/throughput runs it. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { ROOT } from "../node.js";
import { type Throughput, withThroughput, writtenThroughput } from "./throughput-report.js";

type Measured = Pick<Throughput, "block_gas" | "block_bytes" | "runs">;

const measured = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")) as Measured);
const [first] = measured;
if (first === undefined) {
  throw new Error("no figures are named: give the files that apps/hub-load wrote");
}
const figures: Throughput = {
  cores: cpus().length,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  load_average: loadavg()[1] ?? 0,
  block_gas: first.block_gas,
  block_bytes: first.block_bytes,
  block_ms: Number(process.env["HUB_DEVNET_BLOCK_MS"]),
  runs: measured.flatMap(({ runs }) => runs),
};
console.log(`\n${writtenThroughput(figures)}`);
if (process.env["HUB_UPDATE"] === "1") {
  writeFileSync(`${ROOT}tests/e2e/throughput.json`, `${JSON.stringify(figures, undefined, 2)}\n`);
  const path = `${ROOT}docs/LOAD.md`;
  writeFileSync(path, withThroughput(readFileSync(path, "utf8"), figures));
}
