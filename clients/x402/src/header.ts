/** The three headers of x402 version 2 with this scheme: read strictly, since everything in them was written by a stranger. */

/** Version of x402 that is spoken. */
export const VERSION = 2;
/** Longest header that is read, in characters. */
const MOST_HEADER = 16_384;
/** The scheme. */
export const SCHEME = "batch-settlement";

/** One way to pay: `PaymentRequirements` of x402 version 2, with what is the Hub's own, read and checked for form. */
export interface Requirements {
  readonly network: string;
  readonly asset: string;
  /** The most that this request can cost. */
  readonly amount: bigint;
  readonly payTo: string;
  readonly maxTimeoutSeconds: number;
  readonly billing: string;
  readonly escrow: string;
  readonly attester: number;
  /** What the attester's verifier found, hex. */
  readonly measurement: string | undefined;
  readonly label: string;
  readonly model: number;
  readonly release: number;
  readonly terms: number;
  readonly rates: { readonly perCall: bigint; readonly perMillionIn: bigint; readonly perMillionOut: bigint };
  readonly unitsIn: bigint;
  readonly maxUnitsOut: bigint;
  /** sha256 of the body, hex. */
  readonly requestHash: string;
  /** The server's name for this offer, hex. */
  readonly offer: string;
  /** In a 402 that corrects a payment. */
  readonly session: number | undefined;
  readonly charged: bigint | undefined;
  readonly ceiling: bigint | undefined;
}

/** What a server says of a paid call: `SettlementResponse` of x402 version 2, read and checked for form. */
export interface Settled {
  readonly success: boolean;
  readonly amount: bigint;
  readonly charged: bigint;
  readonly ceiling: bigint | undefined;
  readonly receipt: Uint8Array;
  readonly engine: string;
  readonly label: string;
  readonly answerSignature: Uint8Array;
}

/** `payload` of `PaymentPayload`. */
export interface SessionPayload {
  readonly session: number;
  readonly call: { readonly requestId: string; readonly expiresAt: number; readonly signature: string };
  readonly voucher?: { readonly ceiling: string; readonly signature: string };
  [field: string]: unknown;
}

/** A header or a part of one that has not the form that it must have. The message says what is wrong. */
export class FormError extends Error {
  override readonly name = "FormError";
}

/** Reads an entry of `accepts`. Fails with a {@link FormError}. */
export function readRequirements(entry: unknown): Requirements {
  const one = fields(entry, "the requirements");
  const extra = fields(one["extra"], "extra");
  const hub = fields(extra["hub"], "extra.hub");
  const measurement = hub["measurement"];
  if (one["scheme"] !== SCHEME) {
    throw new FormError(`its scheme is ${JSON.stringify(one["scheme"])}, expected "${SCHEME}"`);
  }
  const network = text(one, "network");
  if (!network.startsWith("cosmos:")) {
    throw new FormError(`its network is ${network}, expected one of cosmos:`);
  }
  return {
    network,
    asset: text(one, "asset"),
    amount: amount(one, "amount"),
    payTo: text(one, "payTo"),
    maxTimeoutSeconds: whole(one, "maxTimeoutSeconds"),
    billing: text(hub, "billing"),
    escrow: text(hub, "escrow"),
    attester: whole(hub, "attester"),
    measurement: measurement === null || measurement === undefined ? undefined : hexOf(hub, "measurement", 32),
    label: text(extra, "label"),
    model: whole(extra, "model"),
    release: whole(extra, "release"),
    terms: whole(extra, "terms"),
    rates: {
      perCall: amount(extra, "perCall"),
      perMillionIn: amount(extra, "perMillionIn"),
      perMillionOut: amount(extra, "perMillionOut"),
    },
    unitsIn: BigInt(whole(extra, "unitsIn")),
    maxUnitsOut: BigInt(whole(extra, "maxUnitsOut")),
    requestHash: hexOf(extra, "requestHash", 32),
    offer: hexOf(extra, "requestId", 16),
    session: extra["session"] === undefined || extra["session"] === null ? undefined : whole(extra, "session"),
    charged: optionalAmount(extra, "charged"),
    ceiling: optionalAmount(extra, "ceiling"),
  };
}

/** Reads what a `PAYMENT-RESPONSE` holds. Fails with a {@link FormError}. */
export function readSettled(value: unknown): Settled {
  const one = fields(value, "the payment response");
  const extra = fields(one["extra"], "extra");
  return {
    success: one["success"] === true,
    amount: amount(one, "amount"),
    charged: amount(extra, "charged"),
    ceiling: optionalAmount(extra, "ceiling"),
    receipt: bytes(extra, "receipt"),
    engine: anyText(extra, "engine"),
    label: anyText(extra, "label"),
    answerSignature: bytes(extra, "answerSignature"),
  };
}

/** What a header of base64 of JSON holds. Fails with a {@link FormError}. */
export function decodeHeader(header: string): unknown {
  if (header.length > MOST_HEADER) {
    throw new FormError(`the payment header has ${header.length} characters, at most ${MOST_HEADER} are read`);
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(header.trim()))) as unknown;
  } catch {
    throw new FormError("the payment header is no base64 of JSON");
  }
}

/** The text of a header that holds this. */
export function encodeHeader(content: unknown): string {
  return toBase64(new TextEncoder().encode(JSON.stringify(content)));
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

type Fields = { readonly [field: string]: unknown };

function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormError(`${what} is no object`);
  }
  return value as Fields;
}

function anyText(from: Fields, field: string): string {
  const value = from[field];
  if (typeof value !== "string") {
    throw new FormError(`its ${field} is no text`);
  }
  return value;
}

function text(from: Fields, field: string): string {
  const value = anyText(from, field);
  if (value === "" || value.length > 1_024) {
    throw new FormError(`its ${field} has ${value.length} characters, expected 1 to 1024`);
  }
  return value;
}

function whole(from: Fields, field: string): number {
  const value = from[field];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new FormError(`its ${field} is no whole number from 0 to 2^53 - 1`);
  }
  return value;
}

const MAX_AMOUNT = (1n << 128n) - 1n;

function amount(from: Fields, field: string): bigint {
  const value = from[field];
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,38})$/.test(value) || BigInt(value) > MAX_AMOUNT) {
    throw new FormError(`its ${field} is no amount in decimal text, 0 to 2^128 - 1`);
  }
  return BigInt(value);
}

function optionalAmount(from: Fields, field: string): bigint | undefined {
  return from[field] === undefined || from[field] === null ? undefined : amount(from, field);
}

function hexOf(from: Fields, field: string, length: number): string {
  const value = anyText(from, field);
  if (value.length !== 2 * length || !/^[0-9a-f]*$/.test(value)) {
    throw new FormError(`its ${field} is not ${2 * length} lower-case hexadecimal digits`);
  }
  return value;
}

function bytes(from: Fields, field: string): Uint8Array {
  try {
    return fromBase64(anyText(from, field));
  } catch (error) {
    throw error instanceof FormError ? error : new FormError(`its ${field} is no base64`);
  }
}
