/** Keys that sign, for attesters and callers. */

import { ed25519 } from "@noble/curves/ed25519";
import { secp256k1 } from "@noble/curves/secp256k1";
import { randomBytes } from "@noble/hashes/utils";
import { equal, fromHex } from "../bytes.js";

/** The signature schemes that attesters and callers may use. */
export type KeyType = "secp256k1" | "ed25519";

/** Bytes that are no key. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

/** y of the points of small order of edwards25519: 0, 1, -1, and two of order 8. Little-endian, without the sign of x. */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map((hex) => fromHex(hex));

/** Refuses keys that anybody can sign for, and second spellings of one key: chains accept both (ZIP 215). */
function checkEd25519(bytes: Uint8Array): void {
  const y = bytes.slice();
  y[31] = (y[31] as number) & 0x7f;
  if ((y[0] as number) >= 0xed && y[31] === 0x7f && y.subarray(1, 31).every((byte) => byte === 0xff)) {
    throw new KeyError(
      "ed25519 key is not canonical: its y is 2^255 - 19 or more, expected the key as a library gives it out",
    );
  }
  if (SMALL_ORDER.some((small) => equal(small, y))) {
    throw new KeyError(
      "ed25519 key is a point of small order, for which anybody can sign: expected the public key of a secret one",
    );
  }
}

/**
 * A public key: right in type, length and prefix, and, of ed25519, in its one encoding and not of small order. Whether it is a
 * point of its curve shows when it verifies.
 */
export class PublicKey {
  private constructor(
    readonly keyType: KeyType,
    /** Compressed SEC1 (33 bytes) or raw (32 bytes). */
    readonly bytes: Uint8Array,
  ) {}

  /** The key of this type with these bytes. */
  static of(keyType: KeyType, bytes: Uint8Array): PublicKey {
    const expected = keyType === "secp256k1" ? 33 : 32;
    if (bytes.length !== expected) {
      throw new KeyError(`key of ${bytes.length} bytes, expected ${expected}`);
    }
    if (keyType === "secp256k1" && bytes[0] !== 0x02 && bytes[0] !== 0x03) {
      throw new KeyError(`secp256k1 key starts with ${bytes[0]}, expected compressed SEC1: 2 or 3`);
    }
    if (keyType === "ed25519") {
      checkEd25519(bytes);
    }
    return new PublicKey(keyType, bytes.slice());
  }
}

/** A secret key of either type. It stays in this object: nothing shows or serialises it. */
export class SigningKey {
  readonly publicKey: PublicKey;
  readonly #seed: Uint8Array;

  private constructor(keyType: KeyType, seed: Uint8Array) {
    this.#seed = seed.slice();
    const curve = keyType === "secp256k1" ? secp256k1 : ed25519;
    this.publicKey = PublicKey.of(keyType, curve.getPublicKey(this.#seed));
  }

  /** The key whose secret scalar is `seed`, big-endian: 1 to n - 1. */
  static secp256k1(seed: Uint8Array): SigningKey {
    if (!secp256k1.utils.isValidPrivateKey(seed)) {
      throw new KeyError("the seed is no secret key of secp256k1, expected 32 bytes, 1 to n - 1, big-endian");
    }
    return new SigningKey("secp256k1", seed);
  }

  /** The key with this RFC 8032 seed. Any 32 bytes are one. */
  static ed25519(seed: Uint8Array): SigningKey {
    if (seed.length !== 32) {
      throw new KeyError(`seed of ${seed.length} bytes, expected 32`);
    }
    return new SigningKey("ed25519", seed);
  }

  /** A new key from the system's random numbers. */
  static generate(keyType: KeyType): SigningKey {
    return new SigningKey(keyType, keyType === "secp256k1" ? secp256k1.utils.randomPrivateKey() : randomBytes(32));
  }

  get keyType(): KeyType {
    return this.publicKey.keyType;
  }

  /** Signs a 32-byte digest: 64 bytes, the same for the same digest every time. secp256k1: r | s, low s. */
  sign(digest: Uint8Array): Uint8Array {
    if (digest.length !== 32) {
      throw new KeyError(`digest of ${digest.length} bytes, expected 32`);
    }
    return this.keyType === "secp256k1"
      ? secp256k1.sign(digest, this.#seed, { lowS: true, prehash: false }).toCompactRawBytes()
      : ed25519.sign(digest, this.#seed);
  }
}

/** Whether `signature` is one of `key` over `digest`. What is accepted here is accepted on chain; high s is refused. */
export function verifyDigest(key: PublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) {
    return false;
  }
  try {
    return key.keyType === "secp256k1"
      ? secp256k1.verify(signature, digest, key.bytes, { lowS: true, prehash: false, format: "compact" })
      : ed25519.verify(signature, digest, key.bytes, { zip215: false });
  } catch {
    // Bytes that are no point, or numbers out of range.
    return false;
  }
}
