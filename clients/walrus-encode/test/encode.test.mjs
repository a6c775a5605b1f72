// The package against Walrus' own encoder, compiled to wasm as well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BlobEncoder } from "@mysten/walrus-wasm";
import { encode, RowChecker } from "hub-walrus-encode";
import { noise } from "./inputs.mjs";

const MIB = 1 << 20;
const reader = (bytes) => (offset, length) => bytes.subarray(offset, offset + length);
const text = (id) => Buffer.from(id).toString("base64url");

// What Walrus' encoder says, in the form of ours: it hands out BCS or plain objects, by version.
function reference(bytes) {
  const encoder = new BlobEncoder(1000);
  const [id, root] = encoder.compute_metadata(bytes);
  encoder.free();
  return { blobId: text(Uint8Array.from(id)), rootHash: Buffer.from(Uint8Array.from(root.Digest ?? root)).toString("hex") };
}

test("a blob that is too long is refused with a sentence", () => {
  assert.throws(() => encode(14_599_533_453, () => assert.fail("was read")), {
    message: "a Walrus blob of 1000 shards holds at most 14599533452 bytes, and this has 14599533453: split it into parts",
  });
});

test("what the reader throws, and what it does not deliver, is said", () => {
  const thrown = () => {
    throw new Error("the file is gone");
  };
  assert.throws(() => encode(100, thrown), { message: "reading at byte 0 failed: the file is gone" });
  assert.throws(() => encode(100, () => new Uint8Array(3)), { message: /^reading at byte 0 failed: unexpected end of file/ });
});

test("progress rises to the total, and ends the encoding by false", () => {
  const bytes = noise(3000, 1);
  const steps = [];
  encode(bytes.length, reader(bytes), undefined, (done, total) => void steps.push([done, total]));
  assert.ok(steps.length > 100);
  assert.ok(steps.every(([done], i) => i === 0 || done >= steps[i - 1][0]));
  assert.equal(steps.at(-1)[0], steps.at(-1)[1]);
  assert.throws(() => encode(bytes.length, reader(bytes), undefined, () => false), { message: "encoding was cancelled" });
});

for (const length of [0, 1, 2, 1333, 1334, 1335, 445_555, 445_556, 445_557, 1_000_000, 32 * MIB]) {
  test(`${length} bytes have the id that Walrus' encoder gives, whatever the memory`, () => {
    const bytes = noise(length, length + 1);
    const expected = reference(bytes);
    for (const memory of [undefined, 0]) {
      const encoding = encode(length, reader(bytes), memory);
      const rootHash = Buffer.from(encoding.rootHash).toString("hex");
      assert.deepEqual({ blobId: encoding.blobId, rootHash }, expected);
      assert.equal(encoding.length, length);
    }
  });
}

test("a download is checked row by row, and a wrong byte is found in its row", () => {
  const bytes = noise(700_000, 5);
  const encoding = encode(bytes.length, reader(bytes));
  const roots = encoding.sliverRoots;
  assert.throws(() => new RowChecker(encoding.blobId, bytes.length + 1, roots), { message: /^these sliver roots and 700001 bytes give blob id / });
  const checker = new RowChecker(encoding.blobId, bytes.length, roots);
  assert.equal(checker.rows, 334);
  bytes[400_000] ^= 1;
  const wrong = [];
  for (let row = 0; row < checker.rows; row++) {
    try {
      checker.check(row, bytes.subarray(checker.start(row), checker.end(row)));
    } catch (error) {
      wrong.push([row, error.message]);
    }
  }
  const [start, end] = [149 * 2668, 150 * 2668];
  assert.deepEqual(wrong, [[149, `the bytes of row 149 (bytes ${start} to ${end} of the blob) are not those of the blob`]]);
});
