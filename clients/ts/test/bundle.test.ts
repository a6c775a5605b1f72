/** The package as a browser gets it: bundled without any stand-in for Node, and run where there is no Node. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";

const source = (file: string) => fileURLToPath(new URL(`../src/${file}`, import.meta.url));

async function load(file: string): Promise<Record<string, unknown>> {
  const { outputFiles } = await build({
    entryPoints: [source(file)],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "exported",
    logLevel: "silent",
  });
  const { crypto, fetch, TextEncoder, TextDecoder, URL, AbortSignal, setTimeout, clearTimeout, WebSocket } = globalThis;
  const sandbox = {
    crypto,
    fetch,
    TextEncoder,
    TextDecoder,
    URL,
    AbortSignal,
    setTimeout,
    clearTimeout,
    WebSocket,
    console,
  };
  const context = createContext({ ...sandbox, self: sandbox, window: sandbox });
  runInContext(outputFiles[0]?.text ?? "", context);
  assert.equal(runInContext("typeof Buffer + typeof process + typeof require", context), "undefinedundefinedundefined");
  return runInContext("exported", context) as Record<string, unknown>;
}

test("the wire format runs in a browser", async () => {
  const wire = (await load("wire/index.js")) as unknown as typeof import("../src/wire/index.js");
  const key = wire.SigningKey.generate("ed25519");
  const digest = wire.sha256(new Uint8Array(3));
  assert.ok(wire.verifyDigest(key.publicKey, digest, key.sign(digest)));
  assert.equal(wire.BlobId.parse("VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4").toString().length, 43);
});

test("the wire format is as small as the README says", async () => {
  const bundled = { bundle: true, write: false, platform: "browser", format: "esm", minify: true } as const;
  const { outputFiles } = await build({ ...bundled, entryPoints: [source("wire/index.js")] });
  const { length } = outputFiles[0]?.contents ?? [];
  assert.ok(length > 0 && length < 80_000, `${length} bytes`);
});

test("the whole package loads in a browser", async () => {
  const hub = (await load("index.js")) as unknown as typeof import("../src/index.js");
  await assert.rejects(
    hub.Hub.connect("http://127.0.0.1:9", {
      chain_id: "nowhere-1",
      contracts: { registry: { address: "a" }, escrow: { address: "b" }, billing: { address: "c" } },
    }),
    { code: "node_unreachable" },
  );
});
