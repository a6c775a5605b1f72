import type { Batch, Group, Mode, Work } from "./batch.js";
import { encodeBatch, itemised } from "./batch.js";
import { merkleRoot } from "./merkle.js";
import { encodeReceipt, type Receipt } from "./receipt.js";
import { compareKeys, MAX_GROUP_COUNT, MAX_U64 } from "./rules.js";
import { addUnits, type Units } from "./units.js";

/** Receipts that make no batch. */
export class BuildError extends Error {
  override readonly name = "BuildError";

  constructor(
    readonly reason: "other_attester" | "group_full" | "unknown_lane" | "lane_overflow" | "units_overflow",
    sentence: string,
  ) {
    super(sentence);
  }
}

/** A batch and its receipts in batch order: the leaves of its root, for proofs. */
export interface Built {
  readonly batch: Batch;
  /** Canonical bytes of the batch. */
  readonly bytes: Uint8Array;
  readonly receipts: readonly Receipt[];
}

/**
 * Makes a batch from receipts in any order, for attester software.
 *
 * Receipts are sorted into groups by (session, model, release, terms). Within a group they keep the order in which
 * they were pushed: it is the order in which an itemised group is paid when a budget runs out.
 */
export class BatchBuilder {
  readonly #attester: bigint;
  readonly #next = new Map<bigint, bigint>();
  readonly #groups = new Map<string, Receipt[]>();

  constructor(attester: bigint) {
    this.#attester = attester;
  }

  /** States the number of a session's next receipt, as the escrow's lane or this attester's own count has it. */
  next(session: bigint, sequence: bigint): this {
    this.#next.set(session, sequence);
    return this;
  }

  /** Adds a receipt. */
  push(receipt: Receipt): this {
    if (receipt.attester !== this.#attester) {
      const sentence = `receipt of attester ${receipt.attester}, expected ${this.#attester}`;
      throw new BuildError("other_attester", sentence);
    }
    const key = `${receipt.session}/${receipt.model}/${receipt.release}/${receipt.terms}`;
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, [receipt]);
    } else if (group.length < MAX_GROUP_COUNT) {
      group.push(receipt);
    } else {
      const sentence = `session ${receipt.session}, model ${receipt.model}: a group holds ${MAX_GROUP_COUNT} receipts, expected this one in the next batch`;
      throw new BuildError("group_full", sentence);
    }
    return this;
  }

  /** The batch. Refuses what has no encoding, such as no receipts at all. */
  build(mode: Mode): Built {
    const sorted = [...this.#groups.values()].sort((a, b) => compareKeys(a[0] as Receipt, b[0] as Receipt));
    const receipts = sorted.flat();
    const { oldest: issuedFrom, newest: issuedTo } = interval(receipts);
    const next = new Map(this.#next);
    const groups = sorted.map((group): Group => {
      const { session, model, release, terms } = group[0] as Receipt;
      const sequence = next.get(session);
      if (sequence === undefined) {
        const sentence = `session ${session}: the number of its next receipt is not known, expected a call of \`next\``;
        throw new BuildError("unknown_lane", sentence);
      }
      const end = sequence + BigInt(group.length);
      if (end > MAX_U64) {
        throw new BuildError("lane_overflow", `session ${session}: sequence numbers exceed 64 bits`);
      }
      next.set(session, end);
      const { oldest, newest } = interval(group);
      return {
        session,
        model,
        release,
        terms,
        from: oldest - issuedFrom,
        span: newest - oldest,
        sequence,
        work: work(mode, group),
      };
    });
    const receiptsRoot = merkleRoot(receipts.map(encodeReceipt));
    const batch = { attester: this.#attester, issuedFrom, issuedTo, receiptsRoot, groups };
    return { batch, bytes: encodeBatch(batch), receipts };
  }
}

function interval(receipts: readonly Receipt[]): { oldest: bigint; newest: bigint } {
  let oldest = receipts[0]?.issuedAt ?? 0n;
  let newest = oldest;
  for (const { issuedAt } of receipts) {
    oldest = issuedAt < oldest ? issuedAt : oldest;
    newest = issuedAt > newest ? issuedAt : newest;
  }
  return { oldest, newest };
}

function work(mode: Mode, receipts: readonly Receipt[]): Work {
  if (mode === "itemised") {
    return itemised(receipts.map((receipt) => receipt.units));
  }
  let total: Units = { input: 0n, output: 0n };
  for (const { session, model, units } of receipts) {
    const sum = addUnits(total, units);
    if (sum === undefined) {
      throw new BuildError("units_overflow", `session ${session}, model ${model}: the sum of units exceeds 64 bits`);
    }
    total = sum;
  }
  return { mode, count: receipts.length, total };
}
