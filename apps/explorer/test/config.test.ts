/** What whoever serves the page may write into hub.json, and what is said of mistakes in it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readConfig } from "../src/app/config.js";

const contracts = { registry: { address: "r" }, escrow: { address: "e" }, billing: { address: "b" } };
const GOOD = {
  deployment: { chain_id: "x-1", contracts },
  rpc: ["https://rpc.example"],
  currencies: [{ denom: { native: "uusdc" }, symbol: "USDC", decimals: 6 }],
};

test("what is left out has a value that does no harm", () => {
  const { name, aggregators, publishers, simulated } = readConfig(GOOD);
  assert.deepEqual(
    { name, aggregators, publishers, simulated },
    { name: "x-1", aggregators: [], publishers: [], simulated: false },
  );
});

test("a mistake is named", () => {
  for (const [config, what] of [
    [null, /hub.json is missing/],
    [{ ...GOOD, deployment: undefined }, /deployment is missing/],
    [{ ...GOOD, deployment: { contracts: { ...contracts, escrow: null } } }, /escrow is missing/],
    [{ ...GOOD, rpc: [] }, /rpc is no list of web addresses/],
    [{ ...GOOD, rpc: ["ftp://x"] }, /rpc is no list of web addresses/],
    [{ ...GOOD, aggregators: "https://x.example" }, /aggregators is no list/],
    [{ ...GOOD, currencies: [] }, /currencies must list/],
    [{ ...GOOD, currencies: [{ symbol: "X", decimals: 6 }] }, /currencies must list/],
  ] as const) {
    assert.throws(() => readConfig(config), what);
  }
});
