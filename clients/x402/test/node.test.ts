/** The tally in a file. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileStore } from "../src/node.js";
import { BODY, COST, StandIn, URL_OF_MODEL } from "./stand-in.js";

test("what was spent survives a restart in a file that only its owner reads", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hub-x402-"));
  try {
    const path = join(folder, "tally.json");
    const hub = new StandIn();
    const payments = await hub.callerWith(1_000n, { store: fileStore(path) });
    await Promise.all([payments.call(URL_OF_MODEL, BODY), payments.call(URL_OF_MODEL, BODY)]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const later = await hub.caller({ store: fileStore(path) });
    assert.equal(later.spent("uusdc").total, 2n * COST);
    await later.call(URL_OF_MODEL, BODY);
    assert.equal(hub.ran, 3);

    // A folder that is gone is no new beginning, and neither is a file that cannot be read.
    await rm(path);
    await assert.rejects(hub.caller({ store: fileStore(folder) }));
    const gone = await hub.callerWith(1_000n, { store: fileStore(join(folder, "kept.json")) });
    await rm(folder, { recursive: true });
    await assert.rejects(gone.call(URL_OF_MODEL, BODY), { code: "store_failed" });
    assert.equal(hub.arrived, 3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a state that was cut off while it was written is not taken", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hub-x402-"));
  try {
    const path = join(folder, "tally.json");
    await fileStore(path).save("whole");
    await writeFile(`${path}.new`, "ha");
    assert.equal(await fileStore(path).load(), "whole");
    await fileStore(path).save("next");
    assert.equal(await readFile(path, "utf8"), "next");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
