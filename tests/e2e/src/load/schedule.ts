/** Hands out the batches of one attester: in turn to its submitter, and to others what the plan says they send as well. */

import type { Batch, Signed, Signer } from "./batches.js";
import type { BatchPlan, Planned, Stream } from "./plan.js";
import type { Delivery, Why } from "./submitters.js";

/** Has submitter number `to` send a batch. */
export type Give = (to: number, delivery: Delivery) => void;

export class Schedule {
  readonly #signed: Signed[];
  readonly #turn: Delivery[] = [];
  readonly #open = new Set<number>();
  /** Place of the next batch in turn. */
  #next = 0;
  /** Places below this one were given to somebody, and so must be settled. */
  #begun = 0;
  #stopped = false;

  constructor(
    readonly stream: Stream,
    readonly signer: Signer,
    readonly give: Give,
    /** The first batches; those behind are signed when their turn comes. */
    signed: readonly Signed[],
  ) {
    this.#signed = [...signed];
  }

  /** Begins no more batches; those that were begun are still handed out. */
  stop(): void {
    this.#stopped = true;
  }

  /** Whether all that was begun is settled. */
  get done(): boolean {
    return this.#stopped && this.#turn.length === 0 && this.#next >= this.#begun && this.#open.size === 0;
  }

  /** The batches that were begun: what the chain must have settled in the end. */
  get begun(): BatchPlan[] {
    return Array.from({ length: this.#begun }, (_, place) => this.stream.at(place).batch);
  }

  /** What the attester's own submitter sends next. */
  take(): Delivery | undefined {
    if (this.#turn.length === 0 && (!this.#stopped || this.#next < this.#begun)) {
      this.#turn.push(...this.#atNext());
    }
    return this.#turn.shift();
  }

  #atNext(): Delivery[] {
    const planned = this.stream.at(this.#next);
    const { place, disorder } = planned;
    this.#next += 1;
    this.#begin(place);
    this.#lookAhead(place + 2);
    const { whole, partFirst, overlap } = this.#sign(place);
    const before = [
      ...(overlap === undefined ? [] : [once(overlap, "across two", place)]),
      ...(partFirst === undefined ? [] : [once(partFirst, "part first", place)]),
    ];
    if (disorder.twiceAtOnce !== undefined) {
      this.give(disorder.twiceAtOnce, once(whole, "twice at once", place));
    }
    const { late } = disorder;
    if (late === undefined) {
      return [...before, this.#whole(planned, whole, "in turn")];
    }
    const [first, ...rest] = this.#atNext();
    const left = () => {
      first?.left?.();
      this.give(late, this.#whole(planned, whole, "late"));
    };
    return first === undefined ? [] : [{ ...first, left }, ...rest];
  }

  #lookAhead(place: number): void {
    const { disorder } = this.stream.at(place);
    if (disorder.early !== undefined && !this.#stopped) {
      this.#begin(place);
      this.give(disorder.early, once(this.#sign(place).whole, "early", place));
    }
  }

  #whole({ place, disorder }: Planned, whole: Batch, why: Why): Delivery {
    const settled = () => {
      this.#open.delete(place);
      if (disorder.twiceLater !== undefined) {
        this.give(disorder.twiceLater, once(whole, "twice later", place));
      }
    };
    return { batch: whole, why, place, must: true, settled };
  }

  /** From now on all up to this place must be settled. */
  #begin(place: number): void {
    while (this.#begun <= place) {
      this.#open.add(this.#begun);
      this.#begun += 1;
    }
  }

  #sign(place: number): Signed {
    const known = this.#signed[place];
    if (known !== undefined) {
      return known;
    }
    const signed = this.signer.signAll(this.stream.at(place));
    this.#signed[place] = signed;
    return signed;
  }
}

/** Sent once, whatever comes of it: the batch is settled without it. */
function once(batch: Batch, why: Why, place: number): Delivery {
  return { batch, why, place, must: false };
}
