/** Billing and escrow as far as a collector can tell: lanes, budgets, outcomes. One call costs 10. */

import type { billing } from "../src/contracts/index.js";
import { RefusedError, UnconfirmedError } from "../src/errors.js";
import type { Settlement } from "../src/settlement.js";
import type { SignedBatch } from "../src/signing.js";
import { batchDigest, countOf, decodeBatch, type Domain, type PublicKey, verifyDigest } from "../src/wire/index.js";

export const PRICE = 10n;

export interface FakeSession {
  budget: bigint;
  next: bigint;
  /** What every group of it is refused with. */
  refusal?: billing.Outcome;
  /** Receipts issued from then on are refused as `closed`. */
  endsAt?: bigint;
}

type Trouble = "none" | "answer lost" | "never arrives" | "crash before it leaves";

export class FakeChain implements Settlement {
  readonly domain: Domain = { chainId: "fake-1", contract: new Uint8Array(32).fill(7) };
  readonly sessions = new Map<number, FakeSession>();
  /** Receipts that were billed: session/number → units in, which tests use as the name of a receipt. */
  readonly billed = new Map<string, bigint>();
  /** Everything that was ever signed for a number: there must be one content. */
  readonly seen = new Map<string, bigint>();
  readonly sent: SignedBatch[] = [];
  readonly #answers = new Map<string, billing.BatchResponse>();
  trouble: Trouble = "none";
  previews = true;

  constructor(readonly key: PublicKey) {}

  next = async (session: number): Promise<bigint> => this.sessions.get(session)?.next ?? 0n;

  preview = async (batch: SignedBatch): Promise<billing.BatchResponse | undefined> =>
    this.previews ? this.#settle(batch, false) : undefined;

  submit: Settlement["submit"] = async (batch, _vouchers, left) => {
    const txHash = `TX${this.sent.length}`;
    if (this.trouble === "crash before it leaves") {
      throw new Error("crash");
    }
    await left(txHash);
    this.sent.push(batch);
    if (this.trouble === "never arrives") {
      throw new UnconfirmedError(txHash, undefined, undefined, undefined);
    }
    const response = this.#settle(batch, true);
    this.#answers.set(txHash, response);
    if (this.trouble === "answer lost") {
      throw new UnconfirmedError(txHash, undefined, undefined, undefined);
    }
    return { txHash, response };
  };

  answered = async (txHash: string): Promise<billing.BatchResponse | undefined> => this.#answers.get(txHash);

  #settle({ bytes, signature }: SignedBatch, write: boolean): billing.BatchResponse {
    if (!verifyDigest(this.key, batchDigest(this.domain, bytes), signature)) {
      throw new Error("the signature does not verify");
    }
    const batch = decodeBatch(bytes);
    const copies = new Map([...this.sessions].map(([id, session]) => [id, { ...session }]));
    const groups = batch.groups.map((group): { outcome: billing.Outcome; paid: number } => {
      const answer = (outcome: billing.Outcome, paid = 0) => ({ outcome, paid });
      if (group.work.mode === "itemised") {
        group.work.units.forEach(({ input }, place) =>
          this.#once(`${group.session}/${group.sequence + BigInt(place)}`, input),
        );
      }
      const session = copies.get(Number(group.session));
      const count = BigInt(countOf(group));
      if (session === undefined) {
        return answer("unknown_session");
      }
      if (group.sequence > session.next) {
        return answer("gap");
      }
      if (group.sequence + count <= session.next) {
        return answer("stale");
      }
      if (group.work.mode === "netted" && group.sequence < session.next) {
        return answer("overlaps");
      }
      const oldest = batch.issuedFrom + group.from;
      const { refusal, endsAt } = session;
      const refused = endsAt !== undefined && oldest >= endsAt ? "closed" : refusal;
      if (refused !== undefined) {
        session.next = refused === "straddles" ? session.next : group.sequence + count;
        return answer(refused);
      }
      if (endsAt !== undefined && oldest + group.span >= endsAt) {
        return answer("straddles");
      }
      const wanted = group.sequence + count - session.next;
      const covered = session.budget / PRICE;
      const paid = covered < wanted ? covered : wanted;
      if (paid === 0n || (group.work.mode === "netted" && paid < wanted)) {
        return answer("exhausted");
      }
      for (let number = session.next; number < session.next + paid; number += 1n) {
        const units = group.work.mode === "itemised" ? group.work.units[Number(number - group.sequence)] : undefined;
        if (write) {
          this.billed.set(`${group.session}/${number}`, units?.input ?? 0n);
        }
      }
      session.budget -= paid * PRICE;
      session.next += paid;
      return answer(paid < wanted ? { partial: { receipts: Number(paid) } } : "paid", Number(paid));
    });
    const changed = [...copies].some(([id, session]) => session.next !== this.sessions.get(id)?.next);
    if (write) {
      if (!changed && !groups.some(({ outcome }) => outcome === "stale")) {
        const reasons = new Set(groups.map(({ outcome }) => `${JSON.stringify(outcome).replaceAll('"', "")} (a hint)`));
        throw new RefusedError(`nothing was settled: ${[...reasons].join(", ")}`);
      }
      copies.forEach((session, id) => this.sessions.set(id, session));
    }
    return {
      attester: Number(batch.attester),
      batch: changed ? 1 : null,
      offered: groups.length,
      paid: groups.reduce((sum, { paid }) => sum + paid, 0),
      gross: [],
      outcomes: groups.map(({ outcome }) => ({ outcome, groups: 1 })),
    };
  }

  #once(number: string, content: bigint): void {
    const before = this.seen.get(number);
    if (before !== undefined && before !== content) {
      throw new Error(`two contents were signed for ${number}`);
    }
    this.seen.set(number, content);
  }
}
