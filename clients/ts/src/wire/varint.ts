/**
 * Strict unsigned LEB128: 7 bits a byte, least significant first, the high bit set on all bytes but the last, in the
 * shortest form only, so that one integer has one encoding.
 */

import { DecodeError, EncodeError } from "./errors.js";
import { MAX_U128, MAX_U64 } from "./rules.js";

/** First byte of a receipt, a voucher and a possession. */
export const VERSION = 0x01;

/** First byte of a batch. Version 1 wrote units as LEB128; nothing reads it any more. */
export const BATCH_VERSION = 0x02;

/** Appends values to a byte string. */
export class Writer {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Appends one byte as it is. */
  byte(byte: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
    return this;
  }

  /** Appends an integer of at most 64 bits. */
  u64(value: bigint): this {
    return this.#integer(value, MAX_U64, 64);
  }

  /** Appends an integer of at most 128 bits. */
  u128(value: bigint): this {
    return this.#integer(value, MAX_U128, 128);
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Appends exactly `length` bytes as they are; `field` is named if there are more or fewer. */
  fixed(bytes: Uint8Array, length: number, field: string): this {
    if (bytes.length !== length) {
      throw new EncodeError("wrong_length", `${field} has ${bytes.length} bytes, expected ${length}`);
    }
    return this.raw(bytes);
  }

  /** Appends the length of the bytes as an integer, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u64(BigInt(bytes.length)).raw(bytes);
  }

  /** What was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #integer(value: bigint, largest: bigint, bits: number): this {
    if (value < 0n || value > largest) {
      throw new EncodeError("out_of_range", `${value} is no unsigned integer of ${bits} bits`);
    }
    this.#reserve(19);
    let rest = value;
    // Nearly all integers fit here, and numbers are much faster than bigints.
    if (rest <= 0x7fff_ffffn) {
      let small = Number(rest);
      while (small > 0x7f) {
        this.#bytes[this.#length++] = (small & 0x7f) | 0x80;
        small >>>= 7;
      }
      this.#bytes[this.#length++] = small;
      return this;
    }
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
  }
}

/** Takes values off the front of a byte string. After an error its place is not defined. */
export class Reader {
  #offset = 0;

  constructor(readonly source: Uint8Array) {}

  /** Offset of the next byte, from 0. */
  get offset(): number {
    return this.#offset;
  }

  /** The next byte as it is. */
  byte(): number {
    const byte = this.source[this.#offset];
    if (byte === undefined) {
      throw truncated(this.#offset);
    }
    this.#offset += 1;
    return byte;
  }

  /** The next integer, at most 64 bits. */
  u64(): bigint {
    return this.#integer(64);
  }

  /** The next integer, at most 128 bits. */
  u128(): bigint {
    return this.#integer(128);
  }

  /** The next `length` bytes as they are. */
  raw(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.source.length) {
      throw truncated(this.#offset);
    }
    const bytes = this.source.slice(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** The first byte of an encoding, which must be `expected`. */
  version(expected: number): void {
    const at = this.#offset;
    const found = this.byte();
    if (found !== expected) {
      throw new DecodeError("unknown_version", at, `version ${found}, expected ${expected}`);
    }
  }

  /** The end: refuses bytes not read. */
  finish(): void {
    const count = this.source.length - this.#offset;
    if (count > 0) {
      throw new DecodeError("trailing", this.#offset, `expected the end, found ${count} more bytes`);
    }
  }

  #integer(bits: 64 | 128): bigint {
    const at = this.#offset;
    const first = this.source[at];
    if (first !== undefined && first < 0x80) {
      this.#offset += 1;
      return BigInt(first);
    }
    let value = 0n;
    let shift = 0;
    for (;;) {
      const byte = this.source[this.#offset];
      if (byte === undefined) {
        throw truncated(at);
      }
      this.#offset += 1;
      const low = byte & 0x7f;
      if (shift >= bits || (shift + 7 > bits && low >> (bits - shift) !== 0)) {
        throw new DecodeError("too_large", at, `integer exceeds ${bits} bits`);
      }
      value |= BigInt(low) << BigInt(shift);
      if (byte < 0x80) {
        if (byte === 0 && shift !== 0) {
          throw new DecodeError("overlong", at, "integer is not in its shortest LEB128 form");
        }
        return value;
      }
      shift += 7;
    }
  }
}

/** @internal */
export function truncated(at: number): DecodeError {
  return new DecodeError("truncated", at, "the bytes end here, expected more");
}
