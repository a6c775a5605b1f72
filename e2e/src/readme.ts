/** The page of code in the client's README is `page.ts`, and runs. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { NODE, ROOT, WORK, words } from "./node.js";

test("the page of code in the client's README is what is compiled here", () => {
  const readme = readFileSync(`${ROOT}clients/ts/README.md`, "utf8");
  const page = readFileSync(`${ROOT}e2e/src/page.ts`, "utf8");
  assert.ok(readme.includes(`\`\`\`ts\n${page}\`\`\`\n`), "copy e2e/src/page.ts into clients/ts/README.md");
});

test("it runs", async () => {
  const env = {
    ...process.env,
    HUB_RPC: NODE.rpc,
    HUB_DEPLOYMENT: `${WORK}/deployments/${NODE.chainId}.json`,
    AUTHOR: words("keeper"),
    OPERATOR: words("faucet"),
    CALLER: words("validator"),
  };
  const page = fileURLToPath(new URL("./page.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [page], { env });
  assert.equal(stdout, "paid 1 call, 501 uusdc spent, 9499 left, 0 held\n");
});
