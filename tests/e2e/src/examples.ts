/** The examples run as they stand. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { test } from "node:test";
import { NODE, ROOT, WORK, words } from "./node.js";

test("a user of the contract in examples/inference-buyer is answered and gets the rest back", async () => {
  const env = {
    ...process.env,
    HUB_RPC: NODE.rpc,
    HUB_DEPLOYMENT: `${WORK}/deployments/${NODE.chainId}.json`,
    HUB_BUYER_WASM: `${ROOT}examples/build/inference_buyer.wasm`,
    AUTHOR: words("keeper"),
    OPERATOR: words("faucet"),
    USER_WORDS: words("validator"),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [`${ROOT}examples/cosmjs/build/order.js`], { env });
  assert.equal(stdout, "answered for 600 uusdc, shown on chain, 9400 paid back\n");
});
