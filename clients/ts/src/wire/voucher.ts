import { Reader, VERSION, Writer } from "./varint.js";

/** Ceiling that a caller signs for one session. */
export interface Voucher {
  /** Session it is for. */
  readonly session: bigint;
  /** Most that may be charged over the session's whole life, in the session's denomination. */
  readonly ceiling: bigint;
}

/** The canonical bytes. */
export function encodeVoucher(voucher: Voucher): Uint8Array {
  return new Writer().byte(VERSION).u64(voucher.session).u128(voucher.ceiling).finish();
}

/** The voucher that these bytes are the encoding of. Bytes that are accepted encode to themselves. */
export function decodeVoucher(bytes: Uint8Array): Voucher {
  const reader = new Reader(bytes);
  const voucher = readVoucher(reader);
  reader.finish();
  return voucher;
}

/** A voucher as messages carry it: its canonical bytes, then the 64 bytes of the caller's signature. */
export function encodeSignedVoucher(voucher: Voucher, signature: Uint8Array): Uint8Array {
  return new Writer().raw(encodeVoucher(voucher)).fixed(signature, 64, "signature").finish();
}

/** The signed voucher that these bytes are the encoding of; the signature is not checked. */
export function decodeSignedVoucher(bytes: Uint8Array): { readonly voucher: Voucher; readonly signature: Uint8Array } {
  const reader = new Reader(bytes);
  const signed = { voucher: readVoucher(reader), signature: reader.raw(64) };
  reader.finish();
  return signed;
}

function readVoucher(reader: Reader): Voucher {
  reader.version(VERSION);
  return { session: reader.u64(), ceiling: reader.u128() };
}
