/** The sections of tests/vectors/walrus-blob-ids.json that speak of ids. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../src/bytes.js";
import { BlobId, BlobIdError } from "../src/wire/index.js";
import { bytes, type Entry, integer, list, text, vectorFile } from "./vectors.js";

const file = vectorFile("walrus-blob-ids.json");

function each(section: string, check: (entry: Entry) => void): void {
  const entries = list(file, section);
  test(`walrus-blob-ids.json, ${section}: ${entries.length} entries`, () => entries.forEach(check));
}

function sameId(entry: Entry): void {
  const id = BlobId.parse(text(entry, "blob_id"));
  assert.equal(toHex(id.bytes), text(entry, "blob_id_hex"));
  assert.equal(BlobId.fromBytes(bytes(entry, "blob_id_hex")).toString(), text(entry, "blob_id"));
}

function derived(entry: Entry, length: bigint): void {
  assert.equal(BlobId.derive(length, bytes(entry, "root_hash_hex")).toString(), text(entry, "blob_id"));
}

each("text_cases", (entry) => {
  const given = text(entry, "text");
  if (text(entry, "expect") === "accept") {
    const id = BlobId.parse(given);
    assert.equal(toHex(id.bytes), text(entry, "blob_id_hex"));
    assert.equal(id.toString(), given);
  } else {
    assert.throws(() => BlobId.parse(given), BlobIdError, given);
  }
});

each("vectors", (entry) => {
  sameId(entry);
  derived(entry, integer(entry, "size"));
});

each("symbol_inclusion_proofs", (entry) => derived(entry, integer(entry, "unencoded_length")));
each("u256_conversions", sameId);
each("real_public_blob_ids", sameId);

each("quilt_patch_ids", (entry) => {
  assert.throws(() => BlobId.parse(text(entry, "quilt_patch_id")), BlobIdError);
  assert.equal(toHex(BlobId.parse(text(entry, "quilt_blob_id")).bytes), text(entry, "bytes_hex").slice(0, 64));
});
