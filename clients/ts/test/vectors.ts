/** The vector files of the repository, and typed access to their fields. */

import { readFileSync } from "node:fs";
import { fromHex } from "../src/bytes.js";
import {
  type Batch,
  BlobId,
  type Group,
  type KeyType,
  type Mode,
  type Receipt,
  type RiceCode,
  type Units,
} from "../src/wire/index.js";

/** An entry of a vector file. */
export type Entry = { readonly [field: string]: unknown };

/** From build/test up to the root of the repository. */
const FOLDER = new URL("../../../../tests/vectors/", import.meta.url);

export function vectorFile(name: string): Entry {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Entry;
}

export function text(entry: Entry, field: string): string {
  const value = entry[field];
  if (typeof value !== "string") {
    throw new Error(`${field} is ${JSON.stringify(value)}, expected a string`);
  }
  return value;
}

export function list(entry: Entry, field: string): Entry[] {
  const value = entry[field];
  if (!Array.isArray(value)) {
    throw new Error(`${field} is ${JSON.stringify(value)}, expected a list`);
  }
  return value as Entry[];
}

export function object(entry: Entry, field: string): Entry {
  return entry[field] as Entry;
}

export function integer(entry: Entry, field: string): bigint {
  const value = entry[field];
  return BigInt(value as string | number);
}

export function bytes(entry: Entry, field: string): Uint8Array {
  return fromHex(text(entry, field));
}

export function byteList(entry: Entry, field: string): Uint8Array[] {
  return (entry[field] as string[]).map(fromHex);
}

export function keyType(entry: Entry): KeyType {
  return text(entry, "key_type") as KeyType;
}

export function unitsOf(value: unknown): Units {
  const [input, output] = value as [string, string];
  return { input: BigInt(input), output: BigInt(output) };
}

export function codeOf(entry: Entry): RiceCode {
  return { k: Number(integer(entry, "k")), base: integer(entry, "base") };
}

export function batchOf(entry: Entry): Batch {
  const mode = text(entry, "mode") as Mode;
  return {
    attester: integer(entry, "attester"),
    issuedFrom: integer(entry, "issued_from"),
    issuedTo: integer(entry, "issued_to"),
    receiptsRoot: bytes(entry, "receipts_root_hex"),
    groups: list(entry, "groups").map((group) => groupOf(mode, group)),
  };
}

function groupOf(mode: Mode, entry: Entry): Group {
  return {
    session: integer(entry, "session"),
    model: integer(entry, "model"),
    release: integer(entry, "release"),
    terms: integer(entry, "terms"),
    from: integer(entry, "from"),
    span: integer(entry, "span"),
    sequence: integer(entry, "sequence"),
    work:
      mode === "itemised"
        ? {
            mode,
            codeIn: codeOf(object(entry, "code_in")),
            codeOut: codeOf(object(entry, "code_out")),
            units: list(entry, "units").map(unitsOf),
          }
        : { mode, count: Number(integer(entry, "count")), total: unitsOf(entry["total"]) },
  };
}

export function receiptOf(entry: Entry): Receipt {
  return {
    attester: integer(entry, "attester"),
    session: integer(entry, "session"),
    blobId: BlobId.parse(text(entry, "blob_id")),
    model: integer(entry, "model"),
    release: integer(entry, "release"),
    terms: integer(entry, "terms"),
    requestId: bytes(entry, "request_id_hex"),
    issuedAt: integer(entry, "issued_at"),
    units: unitsOf(entry["units"]),
    requestHash: bytes(entry, "request_hash_hex"),
    responseHash: bytes(entry, "response_hash_hex"),
  };
}
