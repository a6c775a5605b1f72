/** Walrus storage certificates and committees, as Walrus has them and as the registry takes them. */

import { toBase64 } from "@cosmjs/encoding";
import { toHex } from "./bytes.js";
import type { registry } from "./contracts/index.js";
import { InputError } from "./errors.js";
import type { Hub } from "./hub.js";
import type { Action } from "./messages.js";
import { type Id, idNumber } from "./values.js";

/** A certificate as clients of Walrus return it when a blob is stored. */
export interface WalrusCertificate {
  /** Places of the nodes that signed, in the order of the committee. */
  readonly signers: readonly number[];
  /** What they signed: 40 bytes for a permanent blob, 72 for a deletable one. */
  readonly serializedMessage: Uint8Array;
  /** Sum of their signatures, 96 bytes. */
  readonly signature: Uint8Array;
}

/** The message that shows on a release that Walrus stored its blob. Anyone may send it. */
export function certifyMessage(
  hub: Hub,
  of: { readonly model: Id; readonly release: Id },
  certificate: WalrusCertificate,
): Action<undefined> {
  return hub.registry.message("certify", {
    model: idNumber(of.model, "model"),
    release: idNumber(of.release, "release"),
    certificate: certificateField(certificate),
  });
}

/** A certificate as `certify` takes it. */
export function certificateField({
  signers,
  serializedMessage,
  signature,
}: WalrusCertificate): registry.StorageCertificate {
  const { epoch, objectId } = readConfirmation(serializedMessage);
  return {
    epoch,
    object_id: objectId === undefined ? null : toHex(objectId),
    signers: toBase64(bitmapOf(signers)),
    signature: toBase64(signature),
  };
}

/** Walrus' intent: a certificate of a blob, version 0, for the storage app. */
const INTENT = [1, 0, 3];
const EPOCH_AT = INTENT.length;
const BLOB_ID_AT = EPOCH_AT + 4;
const KIND_AT = BLOB_ID_AT + 32;
const PERMANENT = 0;
const DELETABLE = 1;

/** Epoch and Sui object of what storage nodes confirm. The blob id in it is the release's, or the signature does not verify. */
function readConfirmation(bytes: Uint8Array): { epoch: number; objectId: Uint8Array | undefined } {
  const kind = bytes[KIND_AT];
  const rest = bytes.subarray(KIND_AT + 1);
  const whole = (kind === PERMANENT && rest.length === 0) || (kind === DELETABLE && rest.length === 32);
  if (!whole || INTENT.some((byte, place) => bytes[place] !== byte)) {
    throw new InputError("this is no confirmation that a blob is stored", "give the serializedMessage of Walrus");
  }
  const epoch = new DataView(bytes.buffer, bytes.byteOffset).getUint32(EPOCH_AT, true);
  return { epoch, objectId: kind === DELETABLE ? rest : undefined };
}

/** Most members of a committee. */
const MAX_MEMBERS = 1_000;

/** Bit i mod 8 of byte i / 8 for the signer in place i; no longer than the last signer needs. */
function bitmapOf(signers: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(MAX_MEMBERS / 8));
  let length = 0;
  for (const place of signers) {
    const byte = Math.floor(place / 8);
    const bit = 1 << (place % 8);
    const before = Number.isInteger(place) && place < MAX_MEMBERS ? bitmap[byte] : undefined;
    if (before === undefined || (before & bit) !== 0) {
      throw new InputError(`signer ${place} is no place, or stands twice`, "give each signer's place once");
    }
    bitmap[byte] = before | bit;
    length = Math.max(length, byte + 1);
  }
  return bitmap.slice(0, length);
}

/** A member of a Walrus committee. */
export interface StorageNode {
  /** Its BLS key: 48 bytes, or the 96 that Sui stores. */
  readonly key: Uint8Array;
  /** Number of its shards. */
  readonly weight: number;
}

/**
 * The message that stores the Walrus committee of an epoch. The registry's keeper alone may send it; it answers for the
 * members, in the order of Walrus, and their keys.
 */
export function setCommitteeMessage(
  hub: Hub,
  {
    epoch,
    nShards,
    members,
  }: { readonly epoch: number; readonly nShards: number; readonly members: readonly StorageNode[] },
): Action<undefined> {
  return hub.registry.message("set_committee", {
    epoch,
    n_shards: nShards,
    members: members.map(({ key, weight }) => ({ key: toBase64(compressed(key)), weight })),
  });
}

/** Prime of the field of BLS12-381. */
const FIELD = BigInt(
  "0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
);
const COMPRESSED = 48;
const IS_COMPRESSED = 0x80;
const IS_LARGER_Y = 0x20;

/** A point of G1 by its x and which of the two y it has. Whether it is one is the contract's to check. */
export function compressed(key: Uint8Array): Uint8Array {
  if (key.length === COMPRESSED) {
    return key;
  }
  if (key.length !== 2 * COMPRESSED) {
    throw new InputError(`a storage node's key has ${key.length} bytes`, "give the 48 of Walrus, or the 96 of Sui");
  }
  const y = BigInt(`0x${toHex(key.subarray(COMPRESSED))}`);
  const x = key.slice(0, COMPRESSED);
  x[0] = (x[0] ?? 0) | IS_COMPRESSED | (2n * y > FIELD ? IS_LARGER_Y : 0);
  return x;
}
