import { Reader, VERSION, Writer } from "./varint.js";

/**
 * What a caller signs for one call, so that nobody else spends its session: ids of sessions and settled vouchers are public and
 * prove nothing. The key of the session signs it; no contract reads it.
 */
export interface WireCall {
  /** Attester that is to serve the call; for any other it is void. */
  readonly attester: bigint;
  /** Session that pays. */
  readonly session: bigint;
  /** Model that is called, which the body of a request need not name. */
  readonly model: bigint;
  /** Names the call within its session, 16 bytes: a repeat with this id is the same call and is paid once. */
  readonly requestId: Uint8Array;
  /** Unix seconds from which on the call is void. */
  readonly expiresAt: bigint;
  /** sha256 of the request's body as it is sent. */
  readonly requestHash: Uint8Array;
}

/** The canonical bytes, which are signed over `callDigest`. */
export function encodeCall(call: WireCall): Uint8Array {
  return new Writer()
    .byte(VERSION)
    .u64(call.attester)
    .u64(call.session)
    .u64(call.model)
    .fixed(call.requestId, 16, "requestId")
    .u64(call.expiresAt)
    .fixed(call.requestHash, 32, "requestHash")
    .finish();
}

/** The call that these bytes are the encoding of. Bytes that are accepted encode to themselves. */
export function decodeCall(bytes: Uint8Array): WireCall {
  const reader = new Reader(bytes);
  reader.version(VERSION);
  const call = {
    attester: reader.u64(),
    session: reader.u64(),
    model: reader.u64(),
    requestId: reader.raw(16),
    expiresAt: reader.u64(),
    requestHash: reader.raw(32),
  };
  reader.finish();
  return call;
}
