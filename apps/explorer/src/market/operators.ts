/** Operators: what their servers say of themselves, and what the chain says of them. */

import type { billing } from "hub-client/read";

import { webAddress } from "../app/web.js";

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
  readonly version: string;
  readonly engine: string;
  /** Of its newest calls, in milliseconds; undefined where it ran none. */
  readonly medianMs: number | undefined;
}

/** How long a server may take to say what it serves. */
const PATIENCE_MS = 4_000;
/** Longest answer that is read, and most models of it. */
const LONGEST = 1 << 20;
const MOST_MODELS = 10_000;
/** Round trips of which the shortest counts, after one that opens the connection. */
const ROUND_TRIPS = 3;

/** Asks a server what it serves. Fails with a sentence if it does not say, or belongs to another Hub. */
export async function askServer(endpoint: string, hub: { billing: string }): Promise<ServerWord> {
  const answer = await get(endpoint, "/.well-known/hub.json");
  const text = await answer.text();
  if (!answer.ok || text.length > LONGEST) {
    throw new Error(`it answers with status ${answer.status}`);
  }
  const word = wordIn(text);
  if (word["billing"] !== hub.billing) {
    throw new Error("it serves another Hub");
  }
  return {
    attester: Number(word["attester"]),
    operator: String(word["operator"]),
    billing: String(word["billing"]),
    network: String(word["network"]),
    label: String(word["label"]),
    models: Array.isArray(word["models"]) ? word["models"].slice(0, MOST_MODELS).flatMap(servedModel) : [],
  };
}

/** Milliseconds from this browser to a server and back: the least of some round trips. Fails with a sentence. */
export async function roundTrip(endpoint: string): Promise<number> {
  let least = Infinity;
  for (let trip = 0; trip <= ROUND_TRIPS; trip += 1) {
    const begun = performance.now();
    await (await get(endpoint, "/v2/health/live")).arrayBuffer();
    // The first one looks the name up and opens the connection.
    least = trip === 0 ? least : Math.min(least, performance.now() - begun);
  }
  return least;
}

async function get(endpoint: string, path: string): Promise<Response> {
  const url = webAddress(endpoint);
  if (url === undefined) {
    throw new Error("its address is none that a page can ask");
  }
  const here = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  if (location.protocol === "https:" && url.protocol === "http:" && !here) {
    throw new Error("it answers without encryption, and this page may not ask it");
  }
  const options: RequestInit = { credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) };
  return await fetch(new URL(path, url), options).catch(() => {
    throw new Error("it does not answer");
  });
}

/** What a server answers, of which nothing has to be as it should. */
function wordIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const word = JSON.parse(text) as unknown;
    if (typeof word === "object" && word !== null) {
      return word as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw new Error("it answers something else than a Hub's server");
}

function servedModel(given: unknown): ServedModel[] {
  const { model, version, engine, median_ms } = (given ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(model)) {
    return [];
  }
  const medianMs = typeof median_ms === "number" && median_ms >= 0 ? median_ms : undefined;
  return [{ model: model as number, version: String(version), engine: String(engine), medianMs }];
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
