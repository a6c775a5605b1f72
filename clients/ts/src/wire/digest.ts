/** The 32-byte digests that are signed or committed to, each bound to one purpose, one chain and one contract. */

import { sha256 } from "@noble/hashes/sha2";
import { concat, utf8 } from "../bytes.js";
import type { BlobId } from "./blob-id.js";
import { EncodeError } from "./errors.js";
import { MAX_U64 } from "./rules.js";
import { Writer } from "./varint.js";

export { sha256 };

/** What a signature or commitment is for. None can be taken for another. */
export type Purpose = "batch" | "receipt" | "voucher" | "attester" | "commit" | "call" | "answer";

/** One contract on one chain: where a signature counts. */
export interface Domain {
  /** Chain id, as in the block header. */
  readonly chainId: string;
  /** Canonical address: the registry for `commit`, billing for the rest. */
  readonly contract: Uint8Array;
}

/** The tag that binds a digest to a purpose, a chain and a contract. Computed, never sent. */
export function domainTag(purpose: Purpose, domain: Domain): Uint8Array {
  const named = new Writer()
    .raw(utf8(`hub/${purpose}/v1`))
    .bytes(utf8(domain.chainId))
    .bytes(domain.contract);
  return sha256(named.finish());
}

/** What an attester signs for a batch. */
export function batchDigest(domain: Domain, batch: Uint8Array): Uint8Array {
  return digest("batch", domain, batch);
}

/** What an attester signs for a single receipt at a place in its lane. */
export function receiptDigest(domain: Domain, receipt: Uint8Array, sequence: bigint): Uint8Array {
  if (sequence < 0n || sequence > MAX_U64) {
    throw new EncodeError("out_of_range", `sequence ${sequence} is no unsigned integer of 64 bits`);
  }
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, sequence);
  return sha256(concat(domainTag("receipt", domain), sha256(receipt), number));
}

/** What a caller signs for a voucher. */
export function voucherDigest(domain: Domain, voucher: Uint8Array): Uint8Array {
  return digest("voucher", domain, voucher);
}

/** What an attester's key signs at its registration. */
export function possessionDigest(domain: Domain, possession: Uint8Array): Uint8Array {
  return digest("attester", domain, possession);
}

/** What a caller signs for one call: see `encodeCall`. */
export function callDigest(domain: Domain, call: Uint8Array): Uint8Array {
  return digest("call", domain, call);
}

/** What an attester signs beside an answer: see `answerBytes`. */
export function answerDigest(domain: Domain, answer: Uint8Array): Uint8Array {
  return digest("answer", domain, answer);
}

/** Commitment to a blob id before its publication by `sender` (canonical address), with 32 secret bytes of salt. */
export function commitHash(domain: Domain, sender: Uint8Array, blobId: BlobId, salt: Uint8Array): Uint8Array {
  const hidden = new Writer().bytes(sender).raw(blobId.bytes).fixed(salt, 32, "salt").finish();
  return sha256(concat(domainTag("commit", domain), hidden));
}

/**
 * Names a verifier (canonical address) and what it found, the 32 bytes that it answers: what attesters get and sessions insist on.
 */
export function measurementOf(verifier: Uint8Array, found: Uint8Array): Uint8Array {
  const named = new Writer().raw(utf8("hub/measurement/v1")).bytes(verifier).fixed(found, 32, "digest");
  return sha256(named.finish());
}

function digest(purpose: Purpose, domain: Domain, bytes: Uint8Array): Uint8Array {
  return sha256(concat(domainTag(purpose, domain), sha256(bytes)));
}
