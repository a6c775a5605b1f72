/** The package as a page gets it: without Node, and small. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

test("the core needs neither Node nor cosmjs, and is as small as the README says", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../src/index.js", import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  assert.deepEqual(
    inputs.filter((path) => path.includes("@cosmjs") || path.includes("cosmjs-types")),
    [],
  );
  const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
  assert.ok(bytes > 0 && bytes < 40_000, `${bytes} bytes`);
});
