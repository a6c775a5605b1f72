/** The code of the client's README, `page.ts` and `reading.ts`, runs. That it is what the README shows is the client's test. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { NODE, WORK, words } from "./node.js";

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
  const [paid, receipt, closed] = (await runs("page")).split("\n");
  assert.equal(paid, "paid 1 call, 501 uusdc spent, 9499 left");
  assert.equal(receipt, "the receipt charges 501 and is signed for the operator");
  assert.match(closed ?? "", /^session \d+ ends at \d{10}$/);
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
