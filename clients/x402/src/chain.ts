/** What the chain says: the only word that counts. What never changes there is asked once. */

import { bech32 } from "@scure/base";
import { PaymentError } from "./errors.js";
import * as wire from "hub-client/wire";
import type { billing, escrow, registry } from "./hub.js";

/** Questions to the contracts of a Hub: a `Hub` of hub-client answers them, and so does a `HubReader`. */
export interface HubQueries {
  readonly registry: {
    readonly query: {
      terms(of: { model: number; terms: number }): Promise<registry.TermsResponse>;
      release(of: { model: number; release: number }): Promise<registry.ReleaseResponse>;
    };
  };
  readonly escrow: { readonly query: { session(of: { session: number }): Promise<escrow.SessionResponse> } };
  readonly billing: { readonly query: { attester(of: { attester: number }): Promise<billing.AttesterResponse> } };
}

/** An attester as the chain shows it. */
export interface KnownAttester {
  readonly operator: string;
  readonly key: wire.PublicKey;
  readonly measurement: string | undefined;
  readonly active: boolean;
}

/** Whether an attester still signs is asked again after this long. */
const ATTESTER_SECONDS = 60;

/** The chain, with what was learned of it. */
export class Chain {
  readonly domain: wire.Domain;
  readonly #attesters = new Map<number, { at: number; known: Promise<KnownAttester> }>();
  readonly #terms = new Map<string, Promise<registry.TermsResponse>>();
  readonly #blobs = new Map<string, Promise<Uint8Array>>();

  constructor(
    readonly hub: HubQueries,
    readonly chainId: string,
    readonly billing: string,
    readonly clock: () => number,
  ) {
    this.domain = { chainId, contract: canonical(billing) };
  }

  attester(attester: number): Promise<KnownAttester> {
    const found = this.#attesters.get(attester);
    if (found !== undefined && this.clock() - found.at < ATTESTER_SECONDS) {
      return found.known;
    }
    const known = asked(`attester ${attester}`, this.hub.billing.query.attester({ attester })).then((answer) => ({
      operator: answer.operator,
      key: wire.PublicKey.of(answer.key_type, bytesOf(answer.key)),
      measurement: answer.measurement ?? undefined,
      active: "active" in answer.status,
    }));
    return remember(this.#attesters, attester, { at: this.clock(), known }, known);
  }

  terms(model: number, terms: number): Promise<registry.TermsResponse> {
    const key = `${model}/${terms}`;
    const what = `terms ${terms} of model ${model}`;
    const found = this.#terms.get(key) ?? asked(what, this.hub.registry.query.terms({ model, terms }));
    return remember(this.#terms, key, found, found);
  }

  /** The weights of a release. */
  blob(model: number, release: number): Promise<Uint8Array> {
    const key = `${model}/${release}`;
    const what = `release ${release} of model ${model}`;
    const found =
      this.#blobs.get(key) ??
      asked(what, this.hub.registry.query.release({ model, release })).then(
        ({ blob_id }) => wire.BlobId.parse(blob_id).bytes,
      );
    return remember(this.#blobs, key, found, found);
  }

  session(session: number): Promise<escrow.SessionResponse> {
    return asked(`session ${session}`, this.hub.escrow.query.session({ session }));
  }
}

/** What the chain answers, or why it does not, in our words. */
async function asked<A>(what: string, answer: Promise<A>): Promise<A> {
  try {
    return await answer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // A contract that knows no such thing answered; a node that cannot be reached did not.
    throw cause instanceof Error && cause.name === "RefusedError"
      ? new PaymentError(
          "wrong_requirements",
          `the chain has no ${what} (${reason})`,
          "nothing was signed; call another server",
          { cause },
        )
      : new PaymentError(
          "chain_failed",
          `the chain could not be asked for ${what} (${reason})`,
          "nothing more was signed; try again, or with another node",
          { cause },
        );
  }
}

/** Most values that are remembered of each kind: servers choose what is asked for. */
const MOST = 1_000;

function remember<K, V, A>(map: Map<K, V>, key: K, value: V, answer: Promise<A>): Promise<A> {
  if (map.size >= MOST && !map.has(key)) {
    map.clear();
  }
  map.set(key, value);
  // What failed is asked again.
  answer.catch(() => map.get(key) === value && map.delete(key));
  return answer;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** A denomination as x402 names it. */
export function assetOf(denom: escrow.Denom): string {
  return "native" in denom ? denom.native : `cw20:${denom.cw20}`;
}

/** Longest address in characters. */
const MAX_ADDRESS = 1_023;

function canonical(address: string): Uint8Array {
  try {
    return bech32.fromWords(bech32.decode(address as `${string}1${string}`, MAX_ADDRESS).words);
  } catch (cause) {
    throw new PaymentError(
      "invalid_input",
      `${JSON.stringify(address)} is no address`,
      "give the deployment's own address of billing",
      { cause },
    );
  }
}
