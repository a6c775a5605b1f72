/** Every section of tests/vectors/wire.json, both ways. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../src/bytes.js";
import {
  answerBytes,
  answerDigest,
  BatchBuilder,
  batchDigest,
  BlobId,
  callDigest,
  commitHash,
  decodeBatch,
  decodeCall,
  DecodeError,
  decodeReceipt,
  decodeVoucher,
  type Domain,
  domainTag,
  encodeBatch,
  encodeCall,
  encodeReceipt,
  encodeVoucher,
  itemised,
  KeyError,
  leafHash,
  measurementOf,
  merkleRoot,
  type Mode,
  offered,
  possessionBytes,
  possessionDigest,
  prove,
  PublicKey,
  type Purpose,
  Reader,
  receiptDigest,
  sha256,
  SigningKey,
  verifyDigest,
  verifyProof,
  voucherDigest,
  Writer,
} from "../src/wire/index.js";
import {
  batchOf,
  byteList,
  bytes,
  codeOf,
  type Entry,
  integer,
  keyType,
  list,
  object,
  receiptOf,
  text,
  unitsOf,
  vectorFile,
} from "./vectors.js";

const MAX_U64 = (1n << 64n) - 1n;

const SECTIONS: Record<string, (entry: Entry) => void> = {
  varints: varint,
  batches: batch,
  shortest_codes: shortest,
  receipts: receipt,
  vouchers: voucher,
  possessions: possession,
  calls: call,
  answers: answer,
  refused,
  refused_keys: refusedKey,
  domain_tags: tag,
  digests: digest,
  commitments: commitment,
  measurements: measurement,
  merkle_trees: tree,
  refused_proofs: refusedProof,
  signatures: signature,
  refused_signatures: refusedSignature,
  built_batches: builtBatch,
};

const file = vectorFile("wire.json");

for (const [section, check] of Object.entries(SECTIONS)) {
  const entries = list(file, section);
  test(`wire.json, ${section}: ${entries.length} entries`, () => {
    assert.notEqual(entries.length, 0);
    entries.forEach((entry, place) => {
      try {
        check(entry);
      } catch (error) {
        throw new Error(`entry ${place} (${JSON.stringify(entry).slice(0, 120)}…)`, { cause: error });
      }
    });
  });
}

test("wire.json has no section that is not checked", () => {
  const known = ["about", "forms", ...Object.keys(SECTIONS)];
  assert.deepEqual(Object.keys(file).sort(), known.sort());
});

function sameBytes(found: Uint8Array, expected: Uint8Array): void {
  assert.equal(toHex(found), toHex(expected));
}

function allOf<T>(source: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(source);
  const value = read(reader);
  reader.finish();
  return value;
}

function varint(entry: Entry): void {
  const value = integer(entry, "value");
  const encoded = bytes(entry, "hex");
  sameBytes(new Writer().u128(value).finish(), encoded);
  assert.equal(
    allOf(encoded, (reader) => reader.u128()),
    value,
  );
  const narrow = () => allOf(encoded, (reader) => reader.u64());
  if (value <= MAX_U64) {
    assert.equal(narrow(), value);
    sameBytes(new Writer().u64(value).finish(), encoded);
  } else {
    assert.throws(narrow, { reason: "too_large", at: 0 });
    assert.throws(() => new Writer().u64(value), { reason: "out_of_range" });
  }
}

function batch(entry: Entry): void {
  const value = batchOf(object(entry, "batch"));
  const encoded = bytes(entry, "hex");
  sameBytes(encodeBatch(value), encoded);
  sameBytes(sha256(encoded), bytes(entry, "sha256"));
  assert.equal(BigInt(offered(value)), integer(entry, "offered"));
  assert.deepEqual(decodeBatch(encoded), value);
}

function shortest(entry: Entry): void {
  const units = list(entry, "units").map(unitsOf);
  assert.deepEqual(itemised(units), {
    mode: "itemised",
    codeIn: codeOf(object(entry, "code_in")),
    codeOut: codeOf(object(entry, "code_out")),
    units,
  });
}

function receipt(entry: Entry): void {
  const value = receiptOf(object(entry, "receipt"));
  const encoded = bytes(entry, "hex");
  sameBytes(encodeReceipt(value), encoded);
  sameBytes(sha256(encoded), bytes(entry, "sha256"));
  sameBytes(leafHash(encoded), bytes(entry, "leaf_hash_hex"));
  assert.deepEqual(decodeReceipt(encoded), value);
}

function voucher(entry: Entry): void {
  const fields = object(entry, "voucher");
  const value = { session: integer(fields, "session"), ceiling: integer(fields, "ceiling") };
  const encoded = bytes(entry, "hex");
  sameBytes(encodeVoucher(value), encoded);
  assert.deepEqual(decodeVoucher(encoded), value);
}

function possession(entry: Entry): void {
  const fields = object(entry, "possession");
  const key = PublicKey.of(keyType(fields), bytes(fields, "key_hex"));
  sameBytes(possessionBytes(key, bytes(fields, "operator_hex")), bytes(entry, "hex"));
}

function call(entry: Entry): void {
  const fields = object(entry, "call");
  const value = {
    attester: integer(fields, "attester"),
    session: integer(fields, "session"),
    model: integer(fields, "model"),
    requestId: bytes(fields, "request_id_hex"),
    expiresAt: integer(fields, "expires_at"),
    requestHash: bytes(fields, "request_hash_hex"),
  };
  const encoded = bytes(entry, "hex");
  sameBytes(encodeCall(value), encoded);
  assert.deepEqual(decodeCall(encoded), value);
}

function answer(entry: Entry): void {
  const fields = object(entry, "answer");
  const found = answerBytes(bytes(fields, "receipt_hex"), text(fields, "engine"), text(fields, "label"));
  sameBytes(found, bytes(entry, "hex"));
}

function refused(entry: Entry): void {
  const source = bytes(entry, "hex");
  const decoders: Record<string, () => unknown> = {
    u64: () => allOf(source, (reader) => reader.u64()),
    u128: () => allOf(source, (reader) => reader.u128()),
    batch: () => decodeBatch(source),
    receipt: () => decodeReceipt(source),
    voucher: () => decodeVoucher(source),
    call: () => decodeCall(source),
  };
  const decode = decoders[text(entry, "of")];
  assert.ok(decode, `${text(entry, "of")} is not known`);
  assert.throws(decode, (error) => {
    assert.ok(error instanceof DecodeError, String(error));
    assert.equal(error.reason, text(entry, "reason"));
    assert.equal(BigInt(error.at), integer(entry, "at"));
    return true;
  });
}

function refusedKey(entry: Entry): void {
  assert.throws(() => PublicKey.of(keyType(entry), bytes(entry, "key_hex")), KeyError);
}

function domainOf(entry: Entry): Domain {
  return { chainId: text(entry, "chain_id"), contract: bytes(entry, "contract_hex") };
}

function tag(entry: Entry): void {
  sameBytes(domainTag(text(entry, "purpose") as Purpose, domainOf(entry)), bytes(entry, "tag_hex"));
}

function digest(entry: Entry): void {
  const domain = domainOf(entry);
  const signed = bytes(entry, "bytes_hex");
  const digests: Record<string, () => Uint8Array> = {
    batch: () => batchDigest(domain, signed),
    receipt: () => receiptDigest(domain, signed, integer(entry, "sequence")),
    voucher: () => voucherDigest(domain, signed),
    attester: () => possessionDigest(domain, signed),
    call: () => callDigest(domain, signed),
    answer: () => answerDigest(domain, signed),
  };
  const found = digests[text(entry, "purpose")];
  assert.ok(found, `${text(entry, "purpose")} is not known`);
  sameBytes(found(), bytes(entry, "digest_hex"));
}

function commitment(entry: Entry): void {
  const blobId = BlobId.parse(text(entry, "blob_id"));
  const found = commitHash(domainOf(entry), bytes(entry, "sender_hex"), blobId, bytes(entry, "salt_hex"));
  sameBytes(found, bytes(entry, "hash_hex"));
}

function measurement(entry: Entry): void {
  const found = measurementOf(bytes(entry, "verifier_hex"), bytes(entry, "digest_hex"));
  sameBytes(found, bytes(entry, "measurement_hex"));
}

function tree(entry: Entry): void {
  const leaves = byteList(entry, "leaves_hex");
  const root = bytes(entry, "root_hex");
  const size = BigInt(leaves.length);
  assert.equal(size, integer(entry, "size"));
  sameBytes(merkleRoot(leaves), root);
  const proofs = list(entry, "proofs");
  assert.equal(proofs.length, leaves.length);
  for (const expected of proofs) {
    const index = integer(expected, "index");
    const proof = prove(leaves, index);
    assert.ok(proof);
    assert.deepEqual(proof.siblings.map(toHex), expected["siblings_hex"]);
    assert.ok(verifyProof(root, leaves[Number(index)] as Uint8Array, size, proof));
  }
  assert.equal(prove(leaves, size), undefined);
}

function refusedProof(entry: Entry): void {
  const proof = { index: integer(entry, "index"), siblings: byteList(entry, "siblings_hex") };
  assert.equal(verifyProof(bytes(entry, "root_hex"), bytes(entry, "leaf_hex"), integer(entry, "size"), proof), false);
}

function secret(entry: Entry): SigningKey {
  const seed = bytes(entry, "seed_hex");
  return keyType(entry) === "secp256k1" ? SigningKey.secp256k1(seed) : SigningKey.ed25519(seed);
}

function signature(entry: Entry): void {
  const key = secret(entry);
  const signed = bytes(entry, "digest_hex");
  const expected = bytes(entry, "signature_hex");
  sameBytes(key.publicKey.bytes, bytes(entry, "public_key_hex"));
  sameBytes(key.sign(signed), expected);
  assert.ok(verifyDigest(key.publicKey, signed, expected));
}

function refusedSignature(entry: Entry): void {
  const key = PublicKey.of(keyType(entry), bytes(entry, "public_key_hex"));
  assert.equal(verifyDigest(key, bytes(entry, "digest_hex"), bytes(entry, "signature_hex")), false);
}

function builtBatch(entry: Entry): void {
  const builder = new BatchBuilder(integer(entry, "attester"));
  list(entry, "lanes").forEach((lane) => builder.next(integer(lane, "session"), integer(lane, "next")));
  list(entry, "receipts").forEach((value) => builder.push(receiptOf(value)));
  const built = builder.build(text(entry, "mode") as Mode);
  assert.deepEqual(built.batch, batchOf(object(entry, "batch")));
  const leaves = built.receipts.map(encodeReceipt);
  assert.deepEqual(leaves.map(toHex), entry["leaves_in_batch_order_hex"]);
  sameBytes(built.bytes, bytes(entry, "hex"));
  sameBytes(batchDigest(domainOf(entry), built.bytes), bytes(entry, "digest_hex"));
  signature(entry);
}
