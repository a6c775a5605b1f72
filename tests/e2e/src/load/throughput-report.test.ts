import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { leastSquares, type Throughput, withThroughput } from "./throughput-report.js";

const at = (path: string) => new URL(`../../../../../${path}`, import.meta.url);

test("docs/LOAD.md shows the figures of tests/e2e/throughput.json", () => {
  const figures = JSON.parse(readFileSync(at("tests/e2e/throughput.json"), "utf8")) as Throughput;
  const page = readFileSync(at("docs/LOAD.md"), "utf8");
  assert.equal(page, withThroughput(page, figures), "run HUB_UPDATE=1 HUB_LOAD_THROUGHPUT=1 make load");
  assert.throws(() => withThroughput("# Hub\n", figures), /docs\/LOAD.md has no part between .* put it where/);
});

test("costs that rows are sums of are found, and rows that do not tell them apart give none", () => {
  const row = (...terms: number[]) => ({
    terms,
    value: 700 * (terms[0] ?? 0) + 90 * (terms[1] ?? 0) + 3 * (terms[2] ?? 0),
  });
  const found = leastSquares([row(1, 20, 300), row(1, 100, 1_000), row(1, 100, 10_000), row(1, 50, 100)]);
  assert.deepEqual(
    found?.map((one) => Math.round(one * 1e6) / 1e6),
    [700, 90, 3],
  );
  assert.equal(leastSquares([row(1, 20, 300), row(1, 100, 1_000)]), undefined);
  assert.equal(leastSquares([row(1, 20, 200), row(1, 100, 1_000), row(1, 50, 500), row(1, 10, 100)]), undefined);
  assert.equal(leastSquares([]), undefined);
});
