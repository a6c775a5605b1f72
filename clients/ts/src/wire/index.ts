/**
 * The wire format of the Hub: what attesters and callers sign, byte for byte. Pure values: no chain, no Node.
 *
 * One value has one encoding; decoders accept nothing else. Integers as wide as 64 bits or wider are bigints.
 */

export { equal, fromHex, toHex } from "../bytes.js";
export { answerBytes } from "./answer.js";
export { countOf, decodeBatch, encodeBatch, endOf, itemised, offered } from "./batch.js";
export type { Batch, Group, Mode, Work } from "./batch.js";
export { BlobId, BlobIdError } from "./blob-id.js";
export { BatchBuilder, BuildError } from "./builder.js";
export type { Built } from "./builder.js";
export { decodeCall, encodeCall } from "./call.js";
export type { WireCall } from "./call.js";
export {
  answerDigest,
  batchDigest,
  callDigest,
  commitHash,
  domainTag,
  measurementOf,
  possessionDigest,
  receiptDigest,
  sha256,
  voucherDigest,
} from "./digest.js";
export type { Domain, Purpose } from "./digest.js";
export { DecodeError, EncodeError } from "./errors.js";
export type { DecodeReason } from "./errors.js";
export { KeyError, PublicKey, SigningKey, verifyDigest } from "./keys.js";
export type { KeyType } from "./keys.js";
export { leafHash, merkleRoot, nodeHash, prove, verifyProof } from "./merkle.js";
export type { Proof } from "./merkle.js";
export { possessionBytes } from "./possession.js";
export { decodeReceipt, encodeReceipt } from "./receipt.js";
export type { Receipt } from "./receipt.js";
export { shortestCode } from "./rice.js";
export type { RiceCode } from "./rice.js";
export { MAX_GROUP_COUNT } from "./rules.js";
export type { BatchRule, GroupKey } from "./rules.js";
export { addUnits } from "./units.js";
export type { Units } from "./units.js";
export { BATCH_VERSION, Reader, VERSION, Writer } from "./varint.js";
export { decodeSignedVoucher, decodeVoucher, encodeSignedVoucher, encodeVoucher } from "./voucher.js";
export type { Voucher } from "./voucher.js";
