/** Operators: what their servers say of themselves, and what the chain says of them. */

import type { billing } from "hub-client/read";

import { webAddress } from "../app/format.js";

/** What a server says of itself at `/.well-known/hub.json`. Nobody but the server vouches for it. */
export interface ServerWord {
  readonly attester: number;
  readonly operator: string;
  readonly billing: string;
  readonly network: string;
  readonly label: string;
  readonly models: readonly ServedModel[];
}

/** A model that a server serves. */
export interface ServedModel {
  readonly model: number;
  readonly name: string;
  readonly release: number;
  readonly version: string;
  readonly engine: string;
  readonly median_ms: number | null;
  readonly calls: number;
  readonly price: {
    readonly terms: number;
    readonly asset: string;
    readonly per_call: string;
    readonly per_million_in: string;
    readonly per_million_out: string;
  } | null;
}

/** How long a server may take to say what it serves. */
const PATIENCE_MS = 4_000;
/** Longest answer that is read. */
const LONGEST = 1 << 20;

/** Asks a server what it serves. Fails with a sentence if it does not say, or belongs to another Hub. */
export async function askServer(endpoint: string, hub: { billing: string }): Promise<ServerWord> {
  const url = webAddress(endpoint);
  if (url === undefined) {
    throw new Error("its address is none that a page can ask");
  }
  if (
    location.protocol === "https:" &&
    url.protocol === "http:" &&
    url.hostname !== "127.0.0.1" &&
    url.hostname !== "localhost"
  ) {
    throw new Error("it answers without encryption, and this page may not ask it");
  }
  const answer = await fetch(new URL("/.well-known/hub.json", url), {
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new Error("it does not answer");
  });
  const text = await answer.text();
  if (!answer.ok || text.length > LONGEST) {
    throw new Error(`it answers with status ${answer.status}`);
  }
  let word: Partial<ServerWord>;
  try {
    word = JSON.parse(text) as Partial<ServerWord>;
  } catch {
    throw new Error("it answers something else than a Hub's server");
  }
  if (word.billing !== hub.billing) {
    throw new Error("it serves another Hub");
  }
  return {
    attester: Number(word.attester),
    operator: String(word.operator),
    billing: String(word.billing),
    network: String(word.network),
    label: String(word.label),
    models: Array.isArray(word.models) ? word.models : [],
  };
}

/** Attesters by their operators, in the order in which those registered their first one. */
export function byOperator(attesters: readonly billing.AttesterResponse[]): Map<string, billing.AttesterResponse[]> {
  const operators = new Map<string, billing.AttesterResponse[]>();
  for (const attester of attesters) {
    const before = operators.get(attester.operator);
    if (before === undefined) {
      operators.set(attester.operator, [attester]);
    } else {
      before.push(attester);
    }
  }
  return operators;
}

/** Where an attester's key lives, by what the chain shows. */
export function whereKeyLives({ measurement }: { readonly measurement?: string | null }): string {
  return measurement === undefined || measurement === null ? "operator’s word" : "measured";
}

/** The last attester that may still vouch, where callers reach it. */
export function reachable(attesters: readonly billing.AttesterResponse[]): billing.AttesterResponse | undefined {
  return [...attesters].reverse().find(({ status, endpoint }) => "active" in status && Boolean(endpoint));
}
