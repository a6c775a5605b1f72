import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Report, withReport } from "./report.js";

const at = (path: string) => new URL(`../../../../../${path}`, import.meta.url);

test("docs/LOAD.md shows the figures of tests/e2e/load.json", () => {
  const report = JSON.parse(readFileSync(at("tests/e2e/load.json"), "utf8")) as Report;
  const page = readFileSync(at("docs/LOAD.md"), "utf8");
  assert.equal(page, withReport(page, report), "run HUB_UPDATE=1 make load");
  assert.throws(() => withReport("# Hub\n", report), /docs\/LOAD.md has no part between .* put it where/);
});
