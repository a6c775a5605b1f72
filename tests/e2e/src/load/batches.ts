/** Plans become signed batches, through what attester software uses. */

import { type Offer, signBatch, type SignedBatch, wire } from "hub-client";
import { type BatchPlan, mixed, type Part, type Planned, receiptsIn, unitsOf } from "./plan.js";

/** What the chain called every participant, by place. */
export interface Ids {
  readonly attesters: readonly { readonly id: number; readonly key: wire.SigningKey }[];
  readonly sessions: readonly number[];
  readonly models: readonly Pick<Offer, "model" | "release" | "blobId" | "terms">[];
}

/** The key of an attester, by its place. */
export function attesterKey(place: number, keyType: wire.KeyType): wire.SigningKey {
  const seed = attesterSeed(place);
  return keyType === "secp256k1" ? wire.SigningKey.secp256k1(seed) : wire.SigningKey.ed25519(seed);
}

/** What the key of an attester is made of, 32 bytes. */
export function attesterSeed(place: number): Uint8Array {
  return wire.sha256(new TextEncoder().encode(`attester ${place}`));
}

export interface Batch extends SignedBatch {
  readonly plan: BatchPlan;
  readonly receipts: number;
}

/** A batch of the plan, and what is cut out of it and the one before. */
export interface Signed {
  readonly whole: Batch;
  readonly partFirst?: Batch;
  readonly overlap?: Batch;
}

export class Signer {
  constructor(
    readonly seed: number,
    readonly domain: wire.Domain,
    readonly ids: Ids,
    /** When the receipts were issued, unix seconds. */
    readonly issuedAt: number,
  ) {
    // Groups ascend by model: only then do receipts have the numbers that the plan gives them.
    if (!ids.models.every(({ model }, place) => place === 0 || found(ids.models, place - 1).model < model)) {
      throw new Error("the ids of the models do not ascend as their places do: register them in that order");
    }
  }

  /** Signs a batch of the plan, with its cuts. */
  signAll({ batch, disorder: { partFirst, overlap } }: Planned): Signed {
    return {
      whole: this.sign(batch),
      ...(partFirst && { partFirst: this.sign(partFirst) }),
      ...(overlap && { overlap: this.sign(overlap) }),
    };
  }

  sign(plan: BatchPlan): Batch {
    const { id, key } = found(this.ids.attesters, plan.attester);
    const builder = new wire.BatchBuilder(BigInt(id));
    for (const part of plan.parts) {
      this.#push(builder, plan.attester, BigInt(id), part);
    }
    const signed = signBatch(this.domain, key, builder.build(plan.mode).bytes);
    return { ...signed, plan, receipts: receiptsIn(plan) };
  }

  #push(builder: wire.BatchBuilder, attester: number, id: bigint, { session, runs }: Part): void {
    const sessionId = BigInt(found(this.ids.sessions, session));
    builder.next(sessionId, BigInt(runs[0]?.first ?? 0));
    for (const run of runs) {
      const { model, release, blobId, terms } = found(this.ids.models, run.model);
      const [modelId, releaseId, termsId] = [BigInt(model), BigInt(release), BigInt(terms)];
      for (let number = run.first; number < run.first + run.count; number += 1) {
        const { input, output } = unitsOf(this.seed, attester, session, number);
        builder.push({
          attester: id,
          session: sessionId,
          blobId,
          model: modelId,
          release: releaseId,
          terms: termsId,
          requestId: bytes(16, attester, session, number, 1),
          issuedAt: BigInt(this.issuedAt + (number % 20)),
          units: { input: BigInt(input), output: BigInt(output) },
          requestHash: bytes(32, attester, session, number, 2),
          responseHash: bytes(32, attester, session, number, 3),
        });
      }
    }
  }
}

/** Bytes that differ from receipt to receipt. */
function bytes(length: number, ...of: readonly number[]): Uint8Array {
  const words = new Uint32Array(length / 4);
  const first = mixed(...of);
  for (let place = 0; place < words.length; place += 1) {
    words[place] = Math.imul(first + place, 0x9e37_79b1);
  }
  return new Uint8Array(words.buffer);
}

/** What stands at a place that is known to exist. */
export function found<T>(list: readonly T[], place: number): T {
  const one = list[place];
  if (one === undefined) {
    throw new Error(`nothing stands at place ${place} of ${list.length}`);
  }
  return one;
}
