/** What attesters and callers sign, as the messages carry it. */

import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { equal, toHex } from "./bytes.js";
import type { billing } from "./contracts/index.js";
import { InputError } from "./errors.js";
import { canonical, type Hub, type HubAccount, type Offer, type Sent } from "./hub.js";
import type { Action } from "./messages.js";
import { amountText, type Id, idNumber, priceOf } from "./values.js";
import {
  batchDigest,
  commitHash,
  type Domain,
  measurementOf,
  possessionDigest,
  receiptDigest,
  sha256,
  voucherDigest,
} from "./wire/digest.js";
import { type PublicKey, type SigningKey, verifyDigest } from "./wire/keys.js";
import { prove } from "./wire/merkle.js";
import { possessionBytes } from "./wire/possession.js";
import { encodeReceipt, type Receipt } from "./wire/receipt.js";
import type { Units } from "./wire/units.js";
import { encodeSignedVoucher, encodeVoucher } from "./wire/voucher.js";
import type { BlobId } from "./wire/blob-id.js";

/** A batch in canonical bytes, with the attester's signature. */
export interface SignedBatch {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

// --- Callers ------------------------------------------------------------------------------------

/** A ceiling that a caller signed, as plain JSON: what the caller sends along with a request. */
export interface SignedVoucher {
  readonly session: number;
  /** Cumulative over the life of the session. */
  readonly ceiling: string;
  /** Base64. */
  readonly signature: string;
}

/** A voucher: lets the operator charge up to `ceiling` over the whole life of the session. */
export function signVoucher(domain: Domain, key: SigningKey, session: Id, ceiling: bigint): SignedVoucher {
  const bytes = encodeVoucher({ session: BigInt(session), ceiling });
  return {
    session: idNumber(session, "session"),
    ceiling: amountText(ceiling, "ceiling"),
    signature: toBase64(key.sign(voucherDigest(domain, bytes))),
  };
}

/** Whether a voucher was signed with a session's key. */
export function verifyVoucher(domain: Domain, key: PublicKey, voucher: SignedVoucher): boolean {
  try {
    const bytes = encodeVoucher({ session: BigInt(voucher.session), ceiling: BigInt(voucher.ceiling) });
    return verifyDigest(key, voucherDigest(domain, bytes), fromBase64(voucher.signature));
  } catch {
    return false;
  }
}

/** A voucher as `settle_batch`, `settle` and `preview_batch` take it: its bytes and the signature, in base64. */
export function voucherField(voucher: SignedVoucher): string {
  const value = { session: BigInt(voucher.session), ceiling: BigInt(voucher.ceiling) };
  return toBase64(encodeSignedVoucher(value, fromBase64(voucher.signature)));
}

/** A caller's count of what it agreed to in one session. */
export class VoucherPad {
  #ceiling: bigint;

  constructor(
    readonly domain: Domain,
    readonly key: SigningKey,
    readonly session: Id,
    /** Agreed to so far: what the last voucher said. */
    ceiling = 0n,
  ) {
    this.#ceiling = ceiling;
  }

  get ceiling(): bigint {
    return this.#ceiling;
  }

  /** Agrees to `more`, such as the price of the next call. */
  raise(more: bigint): SignedVoucher {
    const voucher = signVoucher(this.domain, this.key, this.session, this.#ceiling + more);
    this.#ceiling += more;
    return voucher;
  }
}

/** A call, as its caller knows it. */
export interface Call {
  readonly session: Id;
  /** What was called, and at what price: of {@link Hub.offer} at the time of the call. */
  readonly offer: Pick<Offer, "model" | "release" | "blobId" | "terms" | "rates">;
  /** As it was sent. */
  readonly request: Uint8Array;
  /** As it came. */
  readonly response: Uint8Array;
}

/**
 * What a receipt charges for a call; in a netted batch it is at most that, for the sum is rounded once. Fails if the receipt is
 * of another session, model, release, weights, terms, request or response. Units are the attester's word: see whether you
 * believe them. That an attester signed it is for `verify_inclusion` to say, see {@link inclusion}.
 */
export function checkReceipt(receipt: Receipt, { session, offer, request, response }: Call): bigint {
  const same = {
    session: receipt.session === BigInt(session),
    model: receipt.model === BigInt(offer.model),
    release: receipt.release === BigInt(offer.release),
    weights: equal(receipt.blobId.bytes, offer.blobId.bytes),
    terms: receipt.terms === BigInt(offer.terms),
    request: equal(receipt.requestHash, sha256(request)),
    response: equal(receipt.responseHash, sha256(response)),
  };
  const other = (Object.keys(same) as (keyof typeof same)[]).filter((what) => !same[what]);
  if (other.length > 0) {
    throw new InputError(
      `the receipt is of another ${other.join(", ")} than the call`,
      "ask the operator for the receipt of this call, and sign no more vouchers before",
    );
  }
  return priceOf(offer.rates, receipt.units);
}

// --- Attesters ----------------------------------------------------------------------------------

/** Evidence about a key, and the verifier that is to judge it. */
export interface Evidence {
  /** Address of a contract that understands `attest`, such as a verifier of Nitro Enclaves. */
  readonly verifier: string;
  /**
   * In the verifier's own form. For Nitro: the attestation document that names the key, as the enclave got it, at most 300 s
   * old.
   */
  readonly evidence: Uint8Array;
}

/** What is known of an attester beside its key. */
export interface AttesterDetails {
  /** Where callers reach it. */
  readonly endpoint?: string;
  /** Where the key lives, and who is to judge that. What the verifier finds is the attester's measurement. */
  readonly evidence?: Evidence;
}

/** The message that registers a key as an attester of the sender. */
export function registerAttesterMessage(
  account: HubAccount,
  key: SigningKey,
  { endpoint, evidence }: AttesterDetails = {},
): Action<billing.AttesterCreated> {
  const possession = possessionBytes(key.publicKey, account.canonical);
  return account.hub.billing.message("register_attester", {
    key: toBase64(key.publicKey.bytes),
    key_type: key.keyType,
    possession: toBase64(key.sign(possessionDigest(account.hub.domain, possession))),
    evidence: evidence === undefined ? null : { verifier: evidence.verifier, evidence: toBase64(evidence.evidence) },
    endpoint: endpoint ?? null,
  });
}

/** Registers a key as an attester of the account. */
export async function registerAttester(
  account: HubAccount,
  key: SigningKey,
  details?: AttesterDetails,
): Promise<Sent<[billing.AttesterCreated]> & billing.AttesterCreated> {
  const sent = await account.send([registerAttesterMessage(account, key, details)]);
  return { ...sent, attester: sent.answers[0].attester };
}

/** One inference, as attester software knows it. */
export interface Inference {
  readonly attester: Id;
  readonly session: Id;
  /** What was called, and under which terms: of {@link Hub.offer}. */
  readonly offer: Pick<Offer, "model" | "release" | "blobId" | "terms">;
  readonly units: Units;
  /** The request as it came; the receipt states its sha256, as of the response. */
  readonly request: Uint8Array;
  /** The response as it went out. */
  readonly response: Uint8Array;
  /** The caller's own name for the request: 16 bytes. Random if not given. */
  readonly requestId?: Uint8Array;
  /** Unix seconds; now if not given. */
  readonly issuedAt?: Id;
}

/** The receipt for one inference: request and response as sha256. */
export function receiptFor(inference: Inference): Receipt {
  const { offer } = inference;
  return {
    attester: BigInt(inference.attester),
    session: BigInt(inference.session),
    blobId: offer.blobId,
    model: BigInt(offer.model),
    release: BigInt(offer.release),
    terms: BigInt(offer.terms),
    requestId: inference.requestId ?? crypto.getRandomValues(new Uint8Array(16)),
    issuedAt: BigInt(inference.issuedAt ?? Math.floor(Date.now() / 1_000)),
    units: inference.units,
    requestHash: sha256(inference.request),
    responseHash: sha256(inference.response),
  };
}

/** Signs a batch for the chain and contract of `domain`. */
export function signBatch(domain: Domain, key: SigningKey, bytes: Uint8Array): SignedBatch {
  return { bytes, signature: key.sign(batchDigest(domain, bytes)) };
}

/** The message that settles a batch. Anyone may send it. */
export function settleBatchMessage(
  hub: Hub,
  batch: SignedBatch,
  vouchers: readonly SignedVoucher[] = [],
): Action<billing.BatchResponse> {
  return hub.billing.message("settle_batch", {
    batch: toBase64(batch.bytes),
    signature: toBase64(batch.signature),
    vouchers: vouchers.map(voucherField),
  });
}

/** The message that settles one receipt with a signature of its own. Anyone may send it. */
export function settleReceiptMessage(
  hub: Hub,
  key: SigningKey,
  receipt: Receipt,
  /** Its number in the attester's lane of the session. */
  sequence: Id,
  voucher?: SignedVoucher,
): Action<billing.ReceiptResponse> {
  const bytes = encodeReceipt(receipt);
  return hub.billing.message("settle", {
    receipt: toBase64(bytes),
    sequence: idNumber(sequence, "sequence"),
    signature: toBase64(key.sign(receiptDigest(hub.domain, bytes, BigInt(sequence)))),
    voucher: voucher === undefined ? null : voucherField(voucher),
  });
}

// --- Readers ------------------------------------------------------------------------------------

/**
 * What an attester gets, and a session insists on, for which the contract at `verifier` answers `found`, 32 bytes. Of a verifier
 * of Nitro Enclaves: sha256(PCR0 | PCR1 | PCR2).
 */
export function measurementBy(verifier: string, found: Uint8Array): Uint8Array {
  return measurementOf(canonical(verifier), found);
}

/** The fields of `verify_inclusion` for one receipt of a recorded batch; `receipts` are all of it, in batch order. */
export function inclusion(
  receipts: readonly Receipt[],
  index: number,
): { receipt: string; proof: billing.InclusionProof } | undefined {
  const leaves = receipts.map(encodeReceipt);
  const leaf = leaves[index];
  const proof = leaf === undefined ? undefined : prove(leaves, BigInt(index));
  return leaf === undefined || proof === undefined
    ? undefined
    : { receipt: toBase64(leaf), proof: { index, siblings: proof.siblings.map(toHex) } };
}

// --- Authors ------------------------------------------------------------------------------------

/** The hash that an author commits to before it uploads a blob. The salt is shown at the publication. */
export function commitment(account: HubAccount, blobId: BlobId, salt: Uint8Array): string {
  return toHex(commitHash(account.hub.commitDomain, account.canonical, blobId, salt));
}
