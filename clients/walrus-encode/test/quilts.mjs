// Quilts that Walrus' own packages make, as test vectors: `node test/quilts.mjs` writes tests/vectors/walrus-quilts.json.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeQuilt } from "@mysten/walrus";
import { BlobEncoder } from "@mysten/walrus-wasm";
import { noise } from "./inputs.mjs";

export const PATH = fileURLToPath(new URL("../../../tests/vectors/walrus-quilts.json", import.meta.url));

const hex = (text) => ({ hex: Buffer.from(text).toString("hex") });
const xorshift32 = (size, seed) => ({ generator: "xorshift32", seed, size });
const seq = (size, seed) => ({ generator: "seq", seed, size });

const QUILTS = {
  one_small_file: [{ identifier: "hello.txt", input: hex("hello") }],
  one_empty_file: [{ identifier: "empty", input: hex("") }],
  unsorted_with_tags: [
    { identifier: "weights/part-2.bin", tags: { kind: "weight" }, input: xorshift32(70_000, 11) },
    { identifier: "README.md", tags: { "content-type": "text/markdown", a: "", zzz: "ü" }, input: hex("# A model\n") },
    { identifier: "config.json", input: hex("{}") },
    { identifier: "Ä name", tags: { long: "x".repeat(200) }, input: seq(3, 7) },
    { identifier: "weights/part-1.bin", tags: { kind: "weight" }, input: xorshift32(123_457, 12) },
    { identifier: "z", input: hex("") },
    { identifier: "猫", input: hex("にゃー") },
  ],
  many_files: Array.from({ length: 301 }, (_, i) => ({
    identifier: `file-${i}`,
    ...(i % 3 === 0 ? { tags: { index: String(i), parity: i % 2 ? "odd" : "even" } } : {}),
    input: seq((i * 7919) % 2000, i),
  })),
  as_many_files_as_fit: Array.from({ length: 666 }, (_, i) => ({ identifier: `${i}`, input: seq(i % 5, i) })),
  a_long_file_among_short_ones: [
    { identifier: "long", input: xorshift32(9_000_000, 13) },
    { identifier: "short-1", input: seq(1, 1) },
    { identifier: "short-2", input: seq(99, 2) },
  ],
};

function bytesOf(input) {
  switch (input.generator) {
    case "xorshift32":
      return noise(input.size, input.seed);
    case "seq":
      return Uint8Array.from({ length: input.size }, (_, i) => i + input.seed);
    default:
      return Uint8Array.from(Buffer.from(input.hex, "hex"));
  }
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

// Quilt, version and columns: QuiltPatchId in src/utils/bcs.ts of @mysten/walrus, which does not export it.
const patchId = (quilt, start, end) =>
  Buffer.from([...quilt, 1, start & 255, start >> 8, end & 255, end >> 8]).toString("base64url");

function quilt(encoder, name, files) {
  const blobs = files.map(({ identifier, tags, input }) => ({ identifier, tags, contents: bytesOf(input) }));
  const { quilt, index } = encodeQuilt({ blobs, numShards: 1000, encodingType: "RS2" });
  const [id, root] = encoder.compute_metadata(quilt);
  const idBytes = Uint8Array.from(id);
  const quiltId = Buffer.from(idBytes).toString("base64url");
  return {
    name,
    n_shards: 1000,
    files: files.map(({ identifier, tags = {}, input }, i) => ({
      identifier,
      tags,
      input,
      size: blobs[i].contents.length,
      sha256: sha256(blobs[i].contents),
    })),
    size: quilt.length,
    sha256: sha256(quilt),
    root_hash_hex: Buffer.from(Uint8Array.from(root.Digest ?? root)).toString("hex"),
    blob_id: quiltId,
    blob_id_hex: Buffer.from(idBytes).toString("hex"),
    patches: index.patches.map(({ identifier, startIndex, endIndex }) => ({
      identifier,
      start_index: startIndex,
      end_index: endIndex,
      quilt_patch_id: patchId(idBytes, startIndex, endIndex),
    })),
  };
}

// The file as it should be.
export function file() {
  const encoder = new BlobEncoder(1000);
  const quilts = Object.entries(QUILTS).map(([name, files]) => quilt(encoder, name, files));
  const about =
    "Quilts of given files: the bytes of the blob, its id, and the columns and patch ids of the files in it. Inputs as in walrus-blob-ids.json.";
  const made_with = ["npm @mysten/walrus 1.2.13 (encodeQuilt)", "npm @mysten/walrus-wasm 0.3.0 (BlobEncoder.compute_metadata)"];
  const lines = (entries) => `[\n   ${entries.map((entry) => JSON.stringify(entry)).join(",\n   ")}\n  ]`;
  const written = quilts.map(({ files, patches, ...quilt }) => {
    const fields = Object.entries(quilt).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
    return `  {\n  ${[...fields, `"files": ${lines(files)}`, `"patches": ${lines(patches)}`].join(",\n  ")}\n  }`;
  });
  const head = `"about": ${JSON.stringify(about)},\n "made_with": ${JSON.stringify(made_with)}`;
  return `{\n ${head},\n "quilts": [\n${written.join(",\n")}\n ]\n}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PATH, file());
}
