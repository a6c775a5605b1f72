import { BlobId } from "./blob-id.js";
import { readUnits, type Units, writeUnits } from "./units.js";
import { Reader, VERSION, Writer } from "./varint.js";

/** Statement of an attester that one inference ran. Its bytes are the leaf that a batch's Merkle root commits to. */
export interface Receipt {
  /** Attester that states it. */
  readonly attester: bigint;
  /** Session that pays. */
  readonly session: bigint;
  /** The weights that ran. */
  readonly blobId: BlobId;
  /** Model that was called. */
  readonly model: bigint;
  /** Number of the release within its model. */
  readonly release: bigint;
  /** Number of the terms within their model. */
  readonly terms: bigint;
  /** The caller's own name for the request: 16 bytes. */
  readonly requestId: Uint8Array;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  /** What it took in and gave out. */
  readonly units: Units;
  /** sha256 of the request, by the attester's own convention. */
  readonly requestHash: Uint8Array;
  /** sha256 of the response, by the attester's own convention. */
  readonly responseHash: Uint8Array;
}

/** The canonical bytes. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new Writer()
    .byte(VERSION)
    .u64(receipt.attester)
    .u64(receipt.session)
    .raw(receipt.blobId.bytes)
    .u64(receipt.model)
    .u64(receipt.release)
    .u64(receipt.terms)
    .fixed(receipt.requestId, 16, "requestId")
    .u64(receipt.issuedAt);
  writeUnits(writer, receipt.units);
  return writer.fixed(receipt.requestHash, 32, "requestHash").fixed(receipt.responseHash, 32, "responseHash").finish();
}

/** The receipt that these bytes are the encoding of. Bytes that are accepted encode to themselves. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new Reader(bytes);
  reader.version(VERSION);
  const receipt = {
    attester: reader.u64(),
    session: reader.u64(),
    blobId: BlobId.fromBytes(reader.raw(32)),
    model: reader.u64(),
    release: reader.u64(),
    terms: reader.u64(),
    requestId: reader.raw(16),
    issuedAt: reader.u64(),
    units: readUnits(reader),
    requestHash: reader.raw(32),
    responseHash: reader.raw(32),
  };
  reader.finish();
  return receipt;
}
