/** Gas limits near what is used, so that blocks are as full as their transactions claim. */

import type { Batch } from "./batches.js";
import type { BatchPlan } from "./plan.js";

/** Over what the like used. */
const MARGIN = 1.12;
const REMEMBERED = 12;

export class GasLimits {
  readonly #used = new Map<string, number[]>();

  constructor(
    /** Gas of a block. */
    readonly most: number,
    /** By shape, what the first whole batch of it would use. */
    readonly first: ReadonlyMap<string, number>,
  ) {}

  /** The limit for a batch: by what the last of its like used, or the first would. */
  of({ plan }: Batch): number {
    const used = this.#used.get(nameOf(plan)) ?? [this.first.get(plan.shape) ?? this.most];
    return Math.min(this.most, Math.ceil(Math.max(...used) * MARGIN));
  }

  /** Takes in what a batch used of which something was billed. */
  learn({ plan }: Batch, used: number): void {
    const last = this.#used.get(nameOf(plan)) ?? [];
    this.#used.set(nameOf(plan), [...last, used].slice(-REMEMBERED));
  }

  /** A batch used more than its like. */
  raise(batch: Batch): void {
    this.#used.set(nameOf(batch.plan), [this.of(batch) * 1.5]);
  }
}

function nameOf({ shape, isCut }: BatchPlan): string {
  return isCut ? `${shape}, cut` : shape;
}
