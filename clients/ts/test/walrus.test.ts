import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { toHex } from "../src/bytes.js";
import { certificateField, compressed } from "../src/walrus.js";
import { bytes, type Entry, integer, list, text, vectorFile } from "./vectors.js";

const file = vectorFile("walrus-certificates.json");
const isWhole = (entry: Entry) => ["accept", "policy"].includes(text(entry, "expect"));
const certificate = (entry: Entry) => ({
  signers: entry["signers"] as number[],
  serializedMessage: bytes(entry, "message_hex"),
  signature: bytes(entry, "signature_hex"),
});

/** A bitmap without the bytes that say nothing. */
function trimmed(bitmap: Uint8Array): string {
  return toHex(bitmap).replace(/(00)+$/, "");
}

test("certificates become what the registry takes", () => {
  const whole = list(file, "vectors").filter(isWhole);
  assert.ok(whole.length >= 5);
  for (const entry of whole) {
    const field = certificateField(certificate(entry));
    assert.equal(field.epoch, Number(integer(entry, "epoch_in_message")), text(entry, "name"));
    assert.equal(field.signature, text(entry, "signature_base64"));
    assert.equal(trimmed(fromBase64(field.signers)), trimmed(bytes(entry, "bitmap_hex")));
    const message = bytes(entry, "message_hex");
    assert.equal(field.object_id, message.length === 40 ? null : toHex(message.subarray(40)));
  }
});

test("a message in the middle of a larger buffer is read where it stands", () => {
  const [entry] = list(file, "vectors").filter(isWhole) as [Entry];
  const plain = certificate(entry);
  const buffer = Uint8Array.from([9, 9, 9, ...plain.serializedMessage, 9]);
  const within = { ...plain, serializedMessage: buffer.subarray(3, buffer.length - 1) };
  assert.deepEqual(certificateField(within), certificateField(plain));
});

test("what is no confirmation of storage is refused", () => {
  const [entry] = list(file, "vectors").filter(isWhole) as [Entry];
  const { serializedMessage: message, ...rest } = certificate(entry);
  const changed = (place: number, byte: number) => message.map((was, at) => (at === place ? byte : was));
  const wrong = [
    new Uint8Array(),
    message.subarray(0, 39),
    Uint8Array.from([...message, 0]),
    changed(0, 2),
    changed(1, 1),
    changed(2, 4),
    changed(39, 1),
    changed(39, 2),
  ];
  for (const serializedMessage of wrong) {
    assert.throws(() => certificateField({ ...rest, serializedMessage }), { code: "invalid_input" });
  }
});

test("signers are places, each once", () => {
  const [entry] = list(file, "vectors").filter(isWhole) as [Entry];
  const of = (signers: number[]) => certificateField({ ...certificate(entry), signers }).signers;
  for (const signers of [[-1], [1.5], [Number.NaN], [1_000], [2, 2]]) {
    assert.throws(() => of(signers), { code: "invalid_input" }, signers.join());
  }
  assert.equal(of([]), "");
  assert.equal(of([9, 0]), toBase64(Uint8Array.of(1, 2)));
  assert.equal(fromBase64(of([999])).length, 125);
});

test("keys are compressed as the committee has them", () => {
  let compared = 0;
  for (const committee of list(file, "committees")) {
    for (const member of list(committee, "members")) {
      const key = bytes(member, "public_key_hex");
      assert.deepEqual(compressed(bytes(member, "public_key_uncompressed_hex")), key);
      assert.deepEqual(compressed(key), key);
      compared += 1;
    }
  }
  assert.ok(compared > 100);
  assert.throws(() => compressed(new Uint8Array(95)), { code: "invalid_input" });
});
