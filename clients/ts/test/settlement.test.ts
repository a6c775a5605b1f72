import assert from "node:assert/strict";
import { test } from "node:test";
import { HubError, RefusedError } from "../src/errors.js";
import type { HubAccount } from "../src/hub.js";
import { settlementBy } from "../src/settlement.js";

/** Settlement through an account of a Hub whose queries do this. */
function settlement(query: () => Promise<object>) {
  const hub = { escrow: { query: { session: query } }, billing: { query: { previewBatch: query } } };
  return settlementBy({ hub } as unknown as HubAccount);
}
const fails = (error: HubError) => settlement(() => Promise.reject(error));
const outOfGas = new HubError("out_of_gas", "the gas ran out", "give more");
const unreachable = new HubError("node_unreachable", "the node does not answer", "start it");
const batch = { bytes: new Uint8Array(1), signature: new Uint8Array(64) };

test("an attester's next number is that of its lane, and 0 without one or without a session", async () => {
  const lanes = [
    { attester: 7, next: 41 },
    { attester: 8, next: 2 },
  ];
  const found = settlement(async () => ({ lanes }));
  assert.deepEqual([await found.next(1, 7), await found.next(1, 9)], [41n, 0n]);
  assert.equal(await fails(new RefusedError("there is no session 5: ids run from 1 to 3")).next(5, 7), 0n);
  // A node that does not answer says nothing about a number.
  await assert.rejects(fails(unreachable).next(1, 7), { code: "node_unreachable" });
});

test("a node without gas for a preview gives none, and every other failure is one", async () => {
  assert.equal(await fails(outOfGas).preview(batch, []), undefined);
  await assert.rejects(fails(unreachable).preview(batch, []), { code: "node_unreachable" });
});
