/** The page of code in the client's README is `page.ts`, and runs. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { NODE, ROOT, WORK, words } from "./node.js";

for (const name of ["page", "reading"]) {
  test(`the code of ${name}.ts in the client's README is what is compiled here`, () => {
    const readme = readFileSync(`${ROOT}clients/ts/README.md`, "utf8");
    const code = readFileSync(`${ROOT}e2e/src/${name}.ts`, "utf8");
    assert.ok(readme.includes(`\`\`\`ts\n${code}\`\`\`\n`), `copy e2e/src/${name}.ts into clients/ts/README.md`);
  });
}

async function runs(name: string): Promise<string> {
  const env = {
    ...process.env,
    HUB_RPC: NODE.rpc,
    HUB_DEPLOYMENT: `${WORK}/deployments/${NODE.chainId}.json`,
    AUTHOR: words("keeper"),
    OPERATOR: words("faucet"),
    CALLER: words("validator"),
  };
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return (await promisify(execFile)(process.execPath, [path], { env })).stdout;
}

test("the page of code runs", async () => {
  assert.equal(await runs("page"), "paid 1 call, 501 uusdc spent, 9499 left, 0 held\n");
});

test("the market is read", async () => {
  const said = await runs("reading");
  // All of it was used within two days, so sums over spans are those of its life, and no money is old enough to be aged.
  const [, calls, gross] = /model 1: (\d+) calls, (\d+) uusdc, \d+ related, 0 aged, \d+ free\n/.exec(said) ?? [];
  assert.ok(Number(calls) > 0 && Number(gross) > 0, said);
  assert.ok(said.includes(`${gross} uusdc in 30 days, ${gross} in all days`), said);
  assert.match(said, /0 payers listed, first in the ranking: none yet/);
  assert.match(said, /its author: [1-9]\d* models, [1-9]\d* uusdc; its operator: [1-9]\d* calls/);
});
