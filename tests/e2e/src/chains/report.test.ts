import assert from "node:assert/strict";
import { test } from "node:test";
import { pageNow } from "./files.js";
import { withTables } from "./report.js";

test("docs/CHAINS.md shows tests/chains/results.json and the profiles of deploy/chains, each of which is valid", () => {
  const { found, meant } = pageNow();
  assert.equal(found, meant, "run HUB_UPDATE=1 make chains");
  assert.throws(() => withTables("# Hub\n", [], []), /docs\/CHAINS.md has no part between .* put it where/);
});
