/**
 * The Merkle tree of RFC 6962, section 2.1, with sha256: leaf prefix 0x00, node prefix 0x01, left subtree the largest
 * power of two below the size.
 */

import { sha256 } from "@noble/hashes/sha2";
import { concat, equal } from "../bytes.js";

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/** That a leaf is in a tree: its place, and the siblings on its way up. */
export interface Proof {
  /** Place of the leaf, from 0. */
  readonly index: bigint;
  /** Siblings, from the leaf up (the inclusion path of RFC 9162, section 2.1.3.1). */
  readonly siblings: readonly Uint8Array[];
}

/** Hash of one leaf. */
export function leafHash(bytes: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, bytes));
}

/** Hash of an inner node. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE, left, right));
}

/** Root over the leaves in order; of no leaves, sha256 of nothing. */
export function merkleRoot(leaves: Iterable<Uint8Array>): Uint8Array {
  let level = Array.from(leaves, leafHash);
  while (level.length > 1) {
    level = parents(level);
  }
  return level[0] ?? sha256(new Uint8Array());
}

/** The proof for the leaf at `index`, or undefined where there is none. */
export function prove(leaves: Iterable<Uint8Array>, index: bigint): Proof | undefined {
  let level = Array.from(leaves, leafHash);
  if (index < 0n || index >= BigInt(level.length)) {
    return undefined;
  }
  let place = Number(index);
  const siblings: Uint8Array[] = [];
  while (level.length > 1) {
    // The last node of an odd level has no sibling and rises as it is.
    const sibling = level[place % 2 === 0 ? place + 1 : place - 1];
    if (sibling !== undefined) {
      siblings.push(sibling);
    }
    place = Math.floor(place / 2);
    level = parents(level);
  }
  return { index, siblings };
}

/**
 * Whether `leaf` lies where the proof says in the tree of `size` leaves with this root: RFC 9162, section 2.1.3.2. Exactly
 * the siblings on the way are accepted, none missing and none besides.
 */
export function verifyProof(root: Uint8Array, leaf: Uint8Array, size: bigint, proof: Proof): boolean {
  let place = proof.index;
  let last = size - 1n;
  if (place < 0n || place > last) {
    return false;
  }
  let hash = leafHash(leaf);
  for (const sibling of proof.siblings) {
    if (last === 0n) {
      return false;
    }
    if (place % 2n === 1n || place === last) {
      hash = nodeHash(sibling, hash);
      while (place % 2n === 0n && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(hash, root);
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let place = 0; place < level.length; place += 2) {
    const left = level[place] as Uint8Array;
    const right = level[place + 1];
    above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}
