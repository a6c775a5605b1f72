/**
 * Rice codes: the bits in which an itemised group states its units.
 *
 * An integer u is coded as v = u - base. The quotient v >> k is written as that many one bits and a zero, then the k
 * low bits of v, most significant first. From a quotient of 32 on, 32 one bits and the 64 bits of v stand instead.
 * Under one base and one k every integer has one form.
 */

import { DecodeError, EncodeError } from "./errors.js";
import { MAX_U64 } from "./rules.js";
import { type Reader, truncated, Writer } from "./varint.js";

/** How the integers of one column are coded. */
export interface RiceCode {
  /** How many low bits are written as they are: 0 to 63. */
  readonly k: number;
  /** Least integer that the code can state. */
  readonly base: bigint;
}

/** From this quotient on, an integer is written in full. */
const ESCAPE = 32;
/** Bits of an integer that is written in full. */
const ESCAPED_BITS = 96;
/** Added to the parameter where a base follows it. */
const WITH_BASE = 64;

/**
 * The code in which these integers take the fewest bits, those of the code included. Tried are no base and the least
 * integer as base; of equals, no base comes first, then the smaller parameter.
 */
export function shortestCode(integers: readonly bigint[]): RiceCode {
  const plain = shortestFrom(0n, integers);
  const least = integers.reduce((least, integer) => (integer < least ? integer : least), integers[0] ?? 0n);
  if (least === 0n) {
    return plain.code;
  }
  const based = shortestFrom(least, integers);
  const bitsOfBase = 8 * new Writer().u64(least).finish().length;
  return based.bits + bitsOfBase < plain.bits ? based.code : plain.code;
}

/** The best parameter for a base, and the bits that the integers take with it. */
function shortestFrom(base: bigint, integers: readonly bigint[]): { code: RiceCode; bits: number } {
  let best = { code: { k: 0, base }, bits: Infinity };
  // No integer takes less than k + 1 bits, so at some parameter no larger one can be better.
  for (let k = 0; k <= 63 && integers.length * (k + 1) < best.bits; k += 1) {
    const bits = integers.reduce((sum, integer) => sum + bitsOf(integer - base, k), 0);
    if (bits < best.bits) {
      best = { code: { k, base }, bits };
    }
  }
  return best;
}

function bitsOf(fromBase: bigint, k: number): number {
  const quotient = fromBase >> BigInt(k);
  return quotient < ESCAPE ? Number(quotient) + 1 + k : ESCAPED_BITS;
}

/** @internal */
export function writeCode(writer: Writer, code: RiceCode): void {
  if (!Number.isInteger(code.k) || code.k < 0 || code.k > 63) {
    throw new EncodeError("out_of_range", `${code.k} is no Rice parameter, expected 0 to 63`);
  }
  if (code.base === 0n) {
    writer.u64(BigInt(code.k));
  } else {
    writer.u64(BigInt(code.k + WITH_BASE)).u64(code.base);
  }
}

/** @internal */
export function readCode(reader: Reader): RiceCode {
  const at = reader.offset;
  const found = reader.u64();
  if (found >= 2 * WITH_BASE) {
    const expected = "expected a Rice parameter of 0 to 63, or that and 64 with a base behind it";
    throw new DecodeError("unknown_code", at, `code ${found}, ${expected}`);
  }
  const k = Number(found) % WITH_BASE;
  if (found < WITH_BASE) {
    return { k, base: 0n };
  }
  const base = reader.u64();
  if (base === 0n) {
    throw new DecodeError("needless_base", at, "the code states a base of 0, expected the parameter alone");
  }
  return { k, base };
}

/** Appends coded integers, first bit highest. */
export class BitWriter {
  readonly #bytes: number[] = [];
  /** Bits not yet in a byte: fewer than eight. */
  #held = 0;
  #pending = 0;

  /** Appends an integer. */
  integer(code: RiceCode, integer: bigint): void {
    if (integer < code.base || integer > MAX_U64) {
      throw new EncodeError("out_of_range", `units ${integer}, expected ${code.base} to ${MAX_U64}`);
    }
    const fromBase = integer - code.base;
    const quotient = fromBase >> BigInt(code.k);
    if (quotient < ESCAPE) {
      const ones = Number(quotient);
      this.#bits((1n << BigInt(ones + 1)) - 2n, ones + 1);
      this.#bits(BigInt.asUintN(code.k, fromBase), code.k);
    } else {
      this.#bits(0xffff_ffffn, ESCAPE);
      this.#bits(fromBase, 64);
    }
  }

  /** What was written, with zero bits up to the byte. */
  finish(): Uint8Array {
    const rest = this.#held === 0 ? [] : [this.#pending << (8 - this.#held)];
    return Uint8Array.from([...this.#bytes, ...rest]);
  }

  /** Appends the `width` low bits of `value`, in which no other bit is set. */
  #bits(value: bigint, width: number): void {
    let left = width;
    while (left > 16) {
      left -= 16;
      this.#few(Number((value >> BigInt(left)) & 0xffffn), 16);
    }
    this.#few(Number(value & 0xffffn) & ((1 << left) - 1), left);
  }

  /** Appends at most 16 bits. */
  #few(value: number, width: number): void {
    this.#pending = (this.#pending << width) | value;
    this.#held += width;
    while (this.#held >= 8) {
      this.#held -= 8;
      this.#bytes.push((this.#pending >> this.#held) & 0xff);
    }
    this.#pending &= (1 << this.#held) - 1;
  }
}

/** Takes coded integers off the front of bytes. */
export class BitReader {
  /** The next bit, from 0. */
  #at: number;

  /** A reader at byte `from`. */
  constructor(
    readonly source: Uint8Array,
    from: number,
  ) {
    this.#at = from * 8;
  }

  /** Byte of the next bit. */
  get offset(): number {
    return Math.floor(this.#at / 8);
  }

  /** The next integer. */
  integer(code: RiceCode): bigint {
    const at = this.offset;
    const fromBase = this.#fromBase(code.k, at);
    const integer = fromBase + code.base;
    if (integer > MAX_U64) {
      throw new DecodeError("too_large", at, "integer exceeds 64 bits");
    }
    return integer;
  }

  /** The end: zero bits up to the byte. Gives the offset of the byte that follows. */
  finish(): number {
    const used = this.#at % 8;
    if (used !== 0) {
      const at = this.offset;
      if (this.#few(8 - used, at) !== 0) {
        const sentence = "bits are set after the group's last units, expected zeros up to the end of the byte";
        throw new DecodeError("padding", at, sentence);
      }
    }
    return this.offset;
  }

  #fromBase(k: number, at: number): bigint {
    const quotient = this.#ones(at);
    if (quotient < ESCAPE) {
      // Nearly all integers fit here, and numbers are much faster than bigints.
      return k <= 30
        ? BigInt(quotient * 2 ** k + this.#few(k, at))
        : (BigInt(quotient) << BigInt(k)) | this.#bits(k, at);
    }
    const fromBase = this.#bits(64, at);
    if (fromBase >> BigInt(k) < ESCAPE) {
      const sentence = "units are written in all their 64 bits, expected that only from a quotient of 32 on";
      throw new DecodeError("needless_escape", at, sentence);
    }
    return fromBase;
  }

  /** One bits up to a zero, which is taken as well, or 32 of them. */
  #ones(start: number): number {
    let ones = 0;
    for (;;) {
      const byte = this.source[this.offset];
      if (byte === undefined) {
        throw truncated(start);
      }
      const used = this.#at % 8;
      const run = Math.min(Math.clz32(~(byte << (24 + used))), ESCAPE - ones);
      ones += run;
      this.#at += run;
      if (ones === ESCAPE) {
        return ones;
      }
      if (run < 8 - used) {
        this.#at += 1;
        return ones;
      }
    }
  }

  /** The next `width` bits, at most 64, as a number. */
  #bits(width: number, start: number): bigint {
    let value = 0n;
    for (let left = width; left > 0;) {
      const part = Math.min(left, 30);
      value = (value << BigInt(part)) | BigInt(this.#few(part, start));
      left -= part;
    }
    return value;
  }

  /** The next `width` bits, at most 30, as a number. */
  #few(width: number, start: number): number {
    let value = 0;
    for (let left = width; left > 0;) {
      const byte = this.source[this.offset];
      if (byte === undefined) {
        throw truncated(start);
      }
      const unread = 8 - (this.#at % 8);
      const part = Math.min(left, unread);
      value = (value << part) | ((byte >> (unread - part)) & ((1 << part) - 1));
      this.#at += part;
      left -= part;
    }
    return value;
  }
}
