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
  reader.version();
  const voucher = { session: reader.u64(), ceiling: reader.u128() };
  reader.finish();
  return voucher;
}
