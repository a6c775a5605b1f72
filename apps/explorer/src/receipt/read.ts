/** Receipts as they are pasted: what a server answers of one, what came with an answer, or the bare bytes. */

import * as wire from "hub-client/wire";

/** A receipt that was pasted, and what came with it. */
export interface Pasted {
  readonly receipt: wire.Receipt;
  readonly bytes: Uint8Array;
  /** Its place in a signed batch, where that was pasted too. */
  readonly proof: PastedProof | undefined;
  /** The attester's word for the answer, where that was pasted too. */
  readonly answer: { readonly engine: string; readonly label: string; readonly signature: Uint8Array } | undefined;
}

/** Place in a batch. */
export interface PastedProof {
  readonly index: number;
  readonly siblings: readonly string[];
  /** Root of the tree, hex, as billing records it. */
  readonly root: string;
}

/** Why a text holds no receipt. */
export class NoReceipt extends Error {}

/** Reads what was pasted. */
export function readPasted(text: string): Pasted {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw new NoReceipt("Paste a receipt first.");
  }
  const json = parsed(trimmed) ?? parsed(decodedText(trimmed) ?? "");
  if (json !== undefined) {
    return fromJson(json);
  }
  const bytes = /^[0-9a-f]+$/i.test(trimmed) && trimmed.length % 2 === 0 ? fromHex(trimmed) : fromBase64(trimmed);
  if (bytes === undefined) {
    throw new NoReceipt(
      "This is neither JSON, base64 nor hex: paste the whole answer of /v1/receipts/…, or a PAYMENT-RESPONSE.",
    );
  }
  return { ...decode(bytes), proof: undefined, answer: undefined };
}

function fromJson(json: Record<string, unknown>): Pasted {
  const list = json["receipts"];
  if (Array.isArray(list)) {
    if (list.length === 0) {
      throw new NoReceipt("This answer lists no receipt.");
    }
    return fromJson(list[0] as Record<string, unknown>);
  }
  const extra = json["extra"] as Record<string, unknown> | undefined;
  if (extra !== undefined && typeof extra["receipt"] === "string") {
    const signature = fromBase64(String(extra["answerSignature"] ?? ""));
    return {
      ...decode(fromBase64(extra["receipt"])),
      proof: undefined,
      answer:
        signature === undefined
          ? undefined
          : { engine: String(extra["engine"] ?? ""), label: String(extra["label"] ?? ""), signature },
    };
  }
  if (typeof json["receipt"] !== "string") {
    throw new NoReceipt("This JSON has no field “receipt”: paste the whole answer of /v1/receipts/….");
  }
  return { ...decode(fromBase64(json["receipt"])), proof: proofIn(json["batch"]), answer: undefined };
}

function proofIn(batch: unknown): PastedProof | undefined {
  if (typeof batch !== "object" || batch === null) {
    return undefined;
  }
  const { place, proof, root } = batch as Record<string, unknown>;
  if (!Number.isInteger(place) || !Array.isArray(proof) || typeof root !== "string") {
    throw new NoReceipt("The batch in this JSON lacks “place”, “root” or “proof”.");
  }
  return { index: place as number, siblings: proof.map(String), root };
}

function decode(bytes: Uint8Array | undefined): { receipt: wire.Receipt; bytes: Uint8Array } {
  if (bytes === undefined) {
    throw new NoReceipt("The receipt in it is not base64.");
  }
  try {
    return { receipt: wire.decodeReceipt(bytes), bytes };
  } catch (error) {
    throw new NoReceipt(
      `These ${bytes.length} bytes are no receipt: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) {
    return undefined;
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new NoReceipt("This begins like JSON and is not: paste all of it.");
  }
}

function decodedText(text: string): string | undefined {
  const bytes = fromBase64(text);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Bytes as messages carry them. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
