import { blake2b } from "@noble/hashes/blake2";
import { concat, equal, fromBase64Url, toBase64Url } from "../bytes.js";
import { EncodeError } from "./errors.js";

const TEXT_LENGTH = 43;
/** Walrus' encoding type RS2, the only one in use. */
const ENCODING_RS2 = 0x01;

/** A text that is no blob id. */
export class BlobIdError extends Error {
  override readonly name = "BlobIdError";
}

/**
 * The content address of a blob on Walrus: 32 bytes. Its one text form is base64url without padding: 43 characters,
 * the last one canonical. The decimal form that Sui shows is refused: 43 digits can be valid base64url as well.
 */
export class BlobId {
  private constructor(readonly bytes: Uint8Array) {}

  /** The id with these 32 bytes. */
  static fromBytes(bytes: Uint8Array): BlobId {
    if (bytes.length !== 32) {
      throw new EncodeError("wrong_length", `a blob id has 32 bytes, found ${bytes.length}`);
    }
    return new BlobId(bytes.slice());
  }

  /** The id that a text stands for. */
  static parse(text: string): BlobId {
    if (text.endsWith("=")) {
      throw new BlobIdError(`${quote(text)} is no blob id: leave the padding out`);
    }
    const foreign = /[^A-Za-z0-9_-]/u.exec(text)?.[0];
    if (foreign !== undefined) {
      throw new BlobIdError(`${quote(text)} is no blob id: ${JSON.stringify(foreign)} is not base64url`);
    }
    if (text.length !== TEXT_LENGTH) {
      throw new BlobIdError(`${quote(text)} is no blob id: ${wrongLength(text)}`);
    }
    const bytes = fromBase64Url(text);
    if (bytes === undefined) {
      throw new BlobIdError(`${quote(text)} is no blob id: its last character has bits that no id has`);
    }
    return new BlobId(bytes);
  }

  /** The id of a blob of `length` bytes (before encoding) whose slivers have this Merkle root. */
  static derive(length: bigint, rootHash: Uint8Array): BlobId {
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, length, true);
    return new BlobId(blake2b(concat(Uint8Array.of(ENCODING_RS2), size, rootHash), { dkLen: 32 }));
  }

  /** Whether both are the same id. */
  equals(other: BlobId): boolean {
    return equal(this.bytes, other.bytes);
  }

  /** The text form. */
  toString(): string {
    return toBase64Url(this.bytes);
  }

  toJSON(): string {
    return this.toString();
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Names the form that was meant, where it can be told. */
function wrongLength(text: string): string {
  if (/^[0-9]+$/.test(text)) {
    return "this is its decimal form, give the 43 characters of base64url";
  }
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(text)) {
    return "this is its hexadecimal form, give the 43 characters of base64url";
  }
  return `it has ${text.length} characters, expected ${TEXT_LENGTH}`;
}
