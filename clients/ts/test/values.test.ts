import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReceipt, receiptFor, signVoucher, verifyVoucher, voucherField, VoucherPad } from "../src/signing.js";
import { amountText, idNumber, outcomesOfGroups, priceOf } from "../src/values.js";
import { BlobId, decodeSignedVoucher, encodeVoucher, SigningKey } from "../src/wire/index.js";

test("a price is per call and the metered part rounded up once", () => {
  const price =
    (perCall: bigint, perMillionIn: bigint, perMillionOut: bigint) =>
    (input: bigint, output: bigint, calls = 1n) =>
      priceOf({ perCall, perMillionIn, perMillionOut }, { input, output }, calls);
  assert.equal(price(5n, 1_250_000n, 10_000_000n)(1_000n, 200n), 5n + 1_250n + 2_000n);
  assert.equal(price(0n, 1n, 1n)(500_000n, 500_000n), 1n);
  assert.equal(price(0n, 1n, 1n)(500_000n, 500_001n), 2n);
  assert.equal(price(7n, 0n, 0n)(9n, 9n, 3n), 21n);
});

test("ids and amounts beyond what messages carry are refused", () => {
  assert.equal(idNumber(2n ** 53n - 1n), Number.MAX_SAFE_INTEGER);
  for (const id of [2n ** 53n, -1, 1.5, Number.NaN]) {
    assert.throws(() => idNumber(id), { code: "invalid_input" });
  }
  assert.throws(() => amountText(-1n), { code: "invalid_input" });
  assert.throws(() => amountText(2n ** 128n), { code: "invalid_input" });
});

const domain = { chainId: "a-1", contract: new Uint8Array(32) };

test("vouchers count up, and hold for their key, session, ceiling, chain and contract alone", () => {
  for (const key of [SigningKey.generate("secp256k1"), SigningKey.generate("ed25519")]) {
    const pad = new VoucherPad(domain, key, 3, 100n);
    assert.equal(pad.raise(5n).ceiling, "105");
    const voucher = pad.raise(7n);
    assert.deepEqual([voucher.session, voucher.ceiling, pad.ceiling], [3, "112", 112n]);
    assert.deepEqual(voucher, signVoucher(domain, key, 3, 112n));
    assert.ok(verifyVoucher(domain, key.publicKey, voucher));
    assert.ok(!verifyVoucher(domain, key.publicKey, { ...voucher, ceiling: "113" }));
    assert.ok(!verifyVoucher(domain, key.publicKey, { ...voucher, session: 4 }));
    assert.ok(!verifyVoucher(domain, key.publicKey, { ...voucher, signature: "AAAA" }));
    assert.ok(!verifyVoucher({ ...domain, chainId: "b-1" }, key.publicKey, voucher));
    assert.ok(!verifyVoucher(domain, SigningKey.generate(key.keyType).publicKey, voucher));

    // What messages carry: the canonical bytes, and the signature behind.
    const bytes = new Uint8Array(Buffer.from(voucherField(voucher), "base64"));
    assert.deepEqual(bytes.slice(0, -64), encodeVoucher({ session: 3n, ceiling: 112n }));
    const { voucher: read, signature } = decodeSignedVoucher(bytes);
    assert.deepEqual(read, { session: 3n, ceiling: 112n });
    assert.equal(Buffer.from(signature).toString("base64"), voucher.signature);
    assert.throws(() => decodeSignedVoucher(bytes.slice(1)), { reason: "unknown_version" });
    assert.throws(() => decodeSignedVoucher(bytes.slice(0, -1)), { reason: "truncated" });
    assert.throws(() => voucherField({ ...voucher, signature: "AAAA" }), /signature has 3 bytes, expected 64/);
  }
});

test("the outcome of every group is read from the runs of an answer", () => {
  const partial = { partial: { receipts: 3 } };
  const outcomes = [
    { outcome: "paid" as const, groups: 2 },
    { outcome: partial, groups: 1 },
    { outcome: "gap" as const, groups: 1 },
  ];
  assert.deepEqual(outcomesOfGroups({ outcomes }), ["paid", "paid", partial, "gap"]);
  assert.deepEqual(outcomesOfGroups({ outcomes: [] }), []);
});

test("a receipt is held against the call that it is for, and says what it charges", () => {
  const rates = { perCall: 500n, perMillionIn: 2_000n, perMillionOut: 2_000n };
  const offer = { model: 4, release: 2, terms: 3, blobId: BlobId.fromBytes(new Uint8Array(32)), rates };
  const call = { session: 9, offer, request: Uint8Array.of(1), response: Uint8Array.of(2) };
  const receipt = receiptFor({ ...call, attester: 1, units: { input: 6n, output: 40n } });
  assert.equal(checkReceipt(receipt, call), 501n);
  const others: [string, object][] = [
    ["session", { session: 8n }],
    ["model", { model: 5n }],
    ["release", { release: 1n }],
    ["weights", { blobId: BlobId.fromBytes(new Uint8Array(32).fill(1)) }],
    ["terms", { terms: 2n }],
    ["request", { requestHash: new Uint8Array(32) }],
    ["response", { responseHash: new Uint8Array(32) }],
    ["session, terms", { session: 8n, terms: 2n }],
  ];
  for (const [what, change] of others) {
    assert.throws(() => checkReceipt({ ...receipt, ...change }, call), {
      code: "invalid_input",
      what: `the receipt is of another ${what} than the call`,
    });
  }
});
