/** Collects an attester's receipts and settles them in batches. */

import { fromBase64, toBase64 } from "@cosmjs/encoding";
import { equal } from "./bytes.js";
import type { billing, BillingQueryClient } from "./contracts/index.js";
import { HubError, InputError, RefusedError } from "./errors.js";
import type { Settlement } from "./settlement.js";
import { inclusion, type SignedBatch, type SignedVoucher, signBatch, voucherField } from "./signing.js";
import { type Id, idNumber, type OutcomeName, outcomeName, outcomesOfGroups } from "./values.js";
import { type Batch, countOf, decodeBatch, type Group, type Mode } from "./wire/batch.js";
import { BatchBuilder } from "./wire/builder.js";
import type { SigningKey } from "./wire/keys.js";
import { decodeReceipt, encodeReceipt, type Receipt } from "./wire/receipt.js";
import { MAX_GROUP_COUNT } from "./wire/rules.js";

/** Where a collector keeps its state: a file, a database row. */
export interface Store {
  load(): Promise<string | undefined>;
  /** Resolves when the state would survive a crash. */
  save(state: string): Promise<void>;
}

/** Whose receipts a collector takes, and how it settles them. */
export interface CollectorOptions {
  /** Whose receipts these are. */
  readonly attester: Id;
  readonly key: SigningKey;
  /** `itemised` if not given: then a budget that runs out pays for a prefix of a group. */
  readonly mode?: Mode;
  /** Most receipts in a batch: 10 000 if not given. */
  readonly maxReceipts?: number;
  /** Without one the state is in memory alone. */
  readonly store?: Store;
}

/** What one call of {@link Collector.settle} did. */
export interface SettleReport {
  /** Batches that were settled, in order. */
  readonly batches: readonly SettledBatch[];
  /** Receipts billed. */
  readonly paid: number;
  /** Receipts that the contract consumed without billing them, with the reason. Nothing can be done about them. */
  readonly refused: readonly Refused[];
  /** Receipts that are kept and sent again by the next call, with what must happen before. */
  readonly held: readonly Held[];
}

/** A batch that a transaction settled. */
export interface SettledBatch {
  readonly txHash: string;
  readonly response: billing.BatchResponse;
  readonly signed: SignedBatch;
  /** In batch order: the leaves of its root, for proofs of inclusion. */
  readonly receipts: readonly Receipt[];
}

/** Receipts of one group that will never be billed. */
export interface Refused {
  readonly outcome: OutcomeName;
  readonly receipts: readonly Receipt[];
}

/** Receipts of one group that wait. */
export interface Held {
  readonly session: number;
  /** `message_refused`: the chain took no message with their batch, for the reason in `next`. */
  readonly outcome: OutcomeName | "message_refused";
  readonly receipts: number;
  /** What to do. */
  readonly next: string;
}

/** A batch that was signed and is not done with. Its receipts have their numbers for ever. */
interface Entry {
  readonly signed: SignedBatch;
  readonly batch: Batch;
  readonly receipts: readonly Receipt[];
  /** Transaction that may have settled it. */
  txHash?: string | undefined;
}

type Fate = "done" | "refused" | "held" | "cut";

/** What becomes of the receipts of a group, by its outcome. */
const FATES: Record<OutcomeName, Fate> = {
  paid: "done",
  stale: "done",
  overlaps: "cut",
  straddles: "cut",
  partial: "held",
  gap: "held",
  exhausted: "held",
  voucher_missing: "held",
  lanes_full: "held",
  // A released session and the operator of a session do not change any more.
  unknown_session: "refused",
  attester_not_allowed: "refused",
  expired: "refused",
  attester_retired: "refused",
  closed: "refused",
  model_not_allowed: "refused",
  unknown_model: "refused",
  unknown_release: "refused",
  unknown_terms: "refused",
  terms_not_in_force: "refused",
  retired: "refused",
  wrong_denom: "refused",
  price_above_limit: "refused",
  overflow: "refused",
};

/** What another pass may settle. */
const RETRIED: ReadonlySet<Held["outcome"]> = new Set(["gap", "overlaps", "straddles"]);

const CURES: Partial<Record<Held["outcome"], string>> = {
  partial: "the session ran dry: ask the caller for a top-up or a voucher",
  exhausted: "the budget is used up: ask the caller for a top-up",
  voucher_missing: "the ceiling is reached: ask the caller for a voucher",
  gap: "receipts with lower numbers are missing: settle those first",
  overlaps: "a part of the group was settled: the rest is sent as a group of its own",
  straddles: "a limit of time runs through the group: it is sent again, cut there",
  lanes_full: "four attesters use the session: wait until one of them is revoked or long retired",
};

/**
 * Collects an attester's receipts and settles them in batches.
 *
 * An attester never signs two contents for one number. So receipts get their numbers once, when they are first signed;
 * that is saved before anything is sent; and what could not be billed yet is sent again under the same numbers. Settling
 * twice changes nothing, so a crash, a lost answer or a second submitter does no harm. One collector at a time works for an
 * attester: two would give the same numbers twice.
 */
export class Collector {
  readonly #attester: number;
  readonly #key: SigningKey;
  readonly #mode: Mode;
  readonly #maxReceipts: number;
  readonly #store: Store | undefined;
  #waiting: Receipt[] = [];
  #outbox: Entry[] = [];
  /** Number behind the last one given, per session. */
  #next = new Map<bigint, bigint>();
  #vouchers = new Map<number, SignedVoucher>();
  #settling: Promise<unknown> = Promise.resolve();

  private constructor(options: CollectorOptions) {
    this.#attester = idNumber(options.attester, "attester");
    this.#key = options.key;
    this.#mode = options.mode ?? "itemised";
    this.#maxReceipts = options.maxReceipts ?? 10_000;
    this.#store = options.store;
  }

  /** A collector that goes on where the one before it stopped, if its store holds something. */
  static async open(options: CollectorOptions): Promise<Collector> {
    const collector = new Collector(options);
    const state = await options.store?.load();
    if (state !== undefined) {
      collector.#restore(state);
    }
    return collector;
  }

  /** Receipts that are not done with. */
  get pending(): number {
    return this.#outbox.reduce((sum, entry) => sum + entry.receipts.length, this.#waiting.length);
  }

  /** Adds a receipt of this attester. It survives a crash from the next {@link Collector.save} or settlement on. */
  add(receipt: Receipt): void {
    if (receipt.attester !== BigInt(this.#attester)) {
      throw new InputError(
        `the receipt is attester ${receipt.attester}'s`,
        `give receipts of attester ${this.#attester}`,
      );
    }
    encodeReceipt(receipt);
    this.#waiting.push(receipt);
  }

  /**
   * Keeps a caller's voucher, if it is the highest of its session so far. Check it first: `verifyVoucher`. One that is
   * none in form fails here, and not in every settlement after it.
   */
  voucher(voucher: SignedVoucher): void {
    voucherField(voucher);
    const before = this.#vouchers.get(voucher.session);
    if (before === undefined || BigInt(voucher.ceiling) > BigInt(before.ceiling)) {
      this.#vouchers.set(voucher.session, voucher);
    }
  }

  /** Saves everything to the store. */
  async save(): Promise<void> {
    await this.#store?.save(this.#state());
  }

  /**
   * Settles what can be settled. A batch that the chain refuses is held and stops no other; if none was settled besides, that
   * is the failure. A failure leaves everything kept: call it again. After an `unconfirmed` transaction the next call finds out
   * what became of it.
   */
  async settle(settlement: Settlement): Promise<SettleReport> {
    const turn = this.#settling.then(() => this.#settle(settlement));
    this.#settling = turn.catch(() => undefined);
    return await turn;
  }

  async #settle(settlement: Settlement): Promise<SettleReport> {
    const round = new Round();
    await this.#number(settlement);
    // Each pass takes the batches in the order of their numbers. Another pass helps where one closed a gap for another, and
    // where groups were cut.
    do {
      round.begin();
      for (const entry of [...this.#outbox]) {
        await this.#advance(settlement, entry, round);
      }
    } while (round.progress && round.held.some(({ outcome }) => RETRIED.has(outcome)));
    return round.report();
  }

  /** Gives numbers to what is waiting, signs it, and saves that before anything is sent. */
  async #number(settlement: Settlement): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#takeBatch();
      const builder = new BatchBuilder(BigInt(this.#attester));
      for (const session of new Set(taken.map((receipt) => receipt.session))) {
        const next = this.#next.get(session) ?? (await settlement.next(Number(session), this.#attester));
        builder.next(session, next);
      }
      // By time, so that a limit of time divides a group in two at most once.
      taken.sort((one, other) => Number(one.issuedAt - other.issuedAt)).forEach((receipt) => builder.push(receipt));
      const { batch, bytes, receipts } = builder.build(this.#mode);
      batch.groups.forEach((group) => this.#next.set(group.session, group.sequence + BigInt(countOf(group))));
      this.#outbox.push({ signed: signBatch(settlement.domain, this.#key, bytes), batch, receipts });
      this.#waiting = this.#waiting.slice(taken.length);
    }
    await this.save();
  }

  #takeBatch(): Receipt[] {
    return this.#waiting.slice(0, Math.min(this.#maxReceipts, MAX_GROUP_COUNT));
  }

  /** Settles a batch as far as it goes, and keeps of it what is to be sent again. */
  async #advance(settlement: Settlement, entry: Entry, round: Round): Promise<void> {
    const before = entry.txHash === undefined ? undefined : await settlement.answered(entry.txHash, entry.signed);
    if (before !== undefined && entry.txHash !== undefined) {
      await this.#apply(settlement, entry, before, round, entry.txHash);
      return;
    }
    const whole = this.#unblocked(settlement, entry, round);
    if (whole === undefined) {
      return;
    }
    let answer: { readonly response: billing.BatchResponse; readonly txHash?: string };
    try {
      answer = await this.#send(settlement, whole);
    } catch (error) {
      // Such as receipts from the future; or, where there is no preview, nothing that could be billed now.
      if (!(error instanceof RefusedError)) {
        throw error;
      }
      // Without a preview only this sentence tells that something is to be cut, and not what.
      if (!/\b(?:straddles|overlaps) \(/.test(error.reason) || !(await this.#divide(settlement, whole, round))) {
        round.refuse(partsOf(whole), error);
      }
      return;
    }
    await this.#apply(settlement, whole, answer.response, round, answer.txHash);
  }

  /** What became of a batch: by a transaction; or by the preview, if nothing would change, and then without a fee. */
  async #send(
    settlement: Settlement,
    entry: Entry,
  ): Promise<{ readonly response: billing.BatchResponse; readonly txHash?: string }> {
    const vouchers = this.#vouchersFor(entry.batch);
    const preview = await settlement.preview(entry.signed, vouchers);
    if (preview !== undefined && typeof preview.batch !== "number") {
      return { response: preview };
    }
    return await settlement.submit(entry.signed, vouchers, async (hash) => {
      entry.txHash = hash;
      await this.save();
    });
  }

  /**
   * The batch without sessions in which an earlier batch waits: their groups could only be gaps. What is cut off stays in the
   * outbox behind it.
   */
  #unblocked(settlement: Settlement, entry: Entry, round: Round): Entry | undefined {
    const parts = { send: [] as Part[], keep: [] as Part[] };
    partsOf(entry).forEach((part) => parts[round.blocked.has(part.group.session) ? "keep" : "send"].push(part));
    if (parts.keep.length === 0) {
      return entry;
    }
    parts.keep.forEach((part) => round.hold(part, "gap"));
    if (parts.send.length === 0) {
      return undefined;
    }
    const send = this.#rebuilt(settlement, parts.send);
    this.#replace(entry, [send, this.#rebuilt(settlement, parts.keep)]);
    return send;
  }

  async #apply(
    settlement: Settlement,
    entry: Entry,
    response: billing.BatchResponse,
    round: Round,
    txHash?: string,
  ): Promise<void> {
    const parts = partsOf(entry);
    // All names are looked at before anything is done: a response that this client does not understand changes nothing.
    const outcomes = outcomesOfGroups(response).map(outcomeName);
    if (outcomes.length !== parts.length) {
      throw new HubError(
        "other_version",
        `billing answered with ${outcomes.length} outcomes for a batch of ${parts.length} groups`,
        "use the hub-client of the contracts' release; nothing is lost meanwhile",
        { txHash },
      );
    }
    const kept: Part[] = [];
    // What comes after a cut in its session. It has a batch of its own: a batch holds one group of a kind.
    const later: Part[] = [];
    const refused: Refused[] = [];
    const held: [Part, OutcomeName][] = [];
    // Read anew, and for the groups behind a partial one as well: whoever settled the same bytes since moved the lane on.
    const lanes = new Map<bigint, bigint>();
    const cut = new Set<bigint>();
    for (const [place, part] of parts.entries()) {
      const { session } = part.group;
      const outcome = outcomes[place] as OutcomeName;
      const fate = FATES[outcome];
      if (fate === "done") {
        continue;
      }
      if (fate === "refused") {
        refused.push({ outcome, receipts: part.receipts });
        continue;
      }
      if (outcome === "partial" || outcome === "overlaps") {
        lanes.set(session, await settlement.next(Number(session), this.#attester));
      }
      const rest = unpaid(part, lanes.get(session));
      if (rest === undefined) {
        continue;
      }
      held.push([rest, outcome]);
      if (cut.has(session)) {
        later.push(rest);
      } else if (outcome === "straddles" && rest.receipts.length > 1) {
        const [first, second] = cutAt(rest, await this.#cut(settlement, rest));
        kept.push(first);
        later.push(second);
        cut.add(session);
      } else {
        kept.push(rest);
      }
    }
    round.refused.push(...refused);
    held.forEach(([part, outcome]) => round.hold(part, outcome));
    if (txHash !== undefined) {
      round.batches.push({ txHash, response, signed: entry.signed, receipts: entry.receipts });
    }
    const left = [...kept, ...later].reduce((sum, { receipts }) => sum + receipts.length, 0);
    const unchanged = txHash === undefined && later.length === 0 && left === entry.receipts.length;
    round.progress ||= !unchanged;
    const batches = [kept, later].filter((some) => some.length > 0);
    this.#replace(entry, unchanged ? [entry] : batches.map((some) => this.#rebuilt(settlement, some)));
    await this.save();
  }

  /** Divides a batch in which something is to be cut: by sessions, else where the lane stands, else in the middle. */
  async #divide(settlement: Settlement, entry: Entry, round: Round): Promise<boolean> {
    const parts = partsOf(entry);
    const [first, ...others] = parts as [Part, ...Part[]];
    const sessions = new Set(parts.map(({ group }) => group.session));
    let batches = [...sessions].map((session) => parts.filter(({ group }) => group.session === session));
    if (batches.length === 1) {
      const next = await settlement.next(Number(first.group.session), this.#attester);
      const rest = unpaid(first, next);
      if (rest !== undefined && rest.receipts.length === first.receipts.length) {
        const half = Math.floor(rest.receipts.length / 2);
        batches = half > 0 ? [[cutAt(rest, half)[0]], [cutAt(rest, half)[1], ...others]] : [[rest], others];
      } else {
        batches = [rest === undefined ? others : [rest, ...others]];
      }
    }
    batches = batches.filter((some) => some.length > 0);
    const left = batches.flat().reduce((sum, { receipts }) => sum + receipts.length, 0);
    if (batches.length === 1 && left === entry.receipts.length) {
      return false;
    }
    batches.flat().forEach((part) => round.hold(part, "straddles"));
    round.progress = true;
    this.#replace(
      entry,
      batches.map((some) => this.#rebuilt(settlement, some)),
    );
    await this.save();
    return true;
  }

  /**
   * Of the receipts of a group that straddles, how many make the largest group that does not: found by previews, which cost
   * no fee. Half of them where the node has no gas for the question.
   */
  async #cut(settlement: Settlement, part: Part): Promise<number> {
    const half = (from: number, to: number) => Math.floor((from + to) / 2);
    // A single receipt never straddles, and what is longer than a group that does straddles as well.
    let [good, bad] = [1, part.receipts.length];
    while (bad - good > 1) {
      const middle = half(good, bad);
      const [first] = cutAt(part, middle);
      const tried = this.#rebuilt(settlement, [first]);
      const preview = await settlement.preview(tried.signed, this.#vouchersFor(tried.batch));
      const [outcome] = preview === undefined ? [] : outcomesOfGroups(preview).map(outcomeName);
      if (outcome === undefined) {
        return middle;
      }
      [good, bad] = outcome === "straddles" ? [good, middle] : [middle, bad];
    }
    return good;
  }

  /** The same receipts under the same numbers in a batch of their own. */
  #rebuilt(settlement: Settlement, parts: readonly Part[]): Entry {
    const builder = new BatchBuilder(BigInt(this.#attester));
    // Backwards: what a session's first group says stands in the end.
    [...parts].reverse().forEach(({ group }) => builder.next(group.session, group.sequence));
    parts.forEach(({ receipts }) => receipts.forEach((receipt) => builder.push(receipt)));
    const mode = parts[0]?.group.work.mode ?? this.#mode;
    const { batch, bytes, receipts } = builder.build(mode);
    return { signed: signBatch(settlement.domain, this.#key, bytes), batch, receipts };
  }

  #replace(entry: Entry, by: readonly Entry[]): void {
    this.#outbox = this.#outbox.flatMap((one) => (one === entry ? by : [one]));
  }

  #vouchersFor(batch: Batch): SignedVoucher[] {
    const sessions = new Set(batch.groups.map((group) => Number(group.session)));
    return [...this.#vouchers.values()].filter(({ session }) => sessions.has(session));
  }

  #state(): string {
    const receipts = (all: readonly Receipt[]) => all.map((receipt) => toBase64(encodeReceipt(receipt)));
    const state: State = {
      version: 1,
      attester: this.#attester,
      waiting: receipts(this.#waiting),
      outbox: this.#outbox.map((entry) => ({
        batch: toBase64(entry.signed.bytes),
        signature: toBase64(entry.signed.signature),
        receipts: receipts(entry.receipts),
        tx: entry.txHash ?? null,
      })),
      next: [...this.#next].map(([session, next]) => [session.toString(), next.toString()]),
      vouchers: [...this.#vouchers.values()],
    };
    return JSON.stringify(state);
  }

  #restore(text: string): void {
    const state = JSON.parse(text) as State;
    if (state.version !== 1 || state.attester !== this.#attester) {
      const what = `the store holds version ${state.version} of attester ${state.attester}`;
      throw new InputError(what, `give the store of attester ${this.#attester}, or an empty one`);
    }
    const receipts = (all: readonly string[]) => all.map((one) => decodeReceipt(fromBase64(one)));
    this.#waiting = receipts(state.waiting);
    this.#outbox = state.outbox.map((entry) => {
      const bytes = fromBase64(entry.batch);
      return {
        signed: { bytes, signature: fromBase64(entry.signature) },
        batch: decodeBatch(bytes),
        receipts: receipts(entry.receipts),
        txHash: entry.tx ?? undefined,
      };
    });
    this.#next = new Map(state.next.map(([session, next]) => [BigInt(session), BigInt(next)]));
    state.vouchers.forEach((voucher) => this.voucher(voucher));
  }
}

/** A group and its receipts. */
interface Part {
  readonly group: Group;
  readonly receipts: readonly Receipt[];
}

interface State {
  readonly version: number;
  readonly attester: number;
  readonly waiting: readonly string[];
  readonly outbox: readonly {
    readonly batch: string;
    readonly signature: string;
    readonly receipts: readonly string[];
    readonly tx: string | null;
  }[];
  readonly next: readonly (readonly [string, string])[];
  readonly vouchers: readonly SignedVoucher[];
}

/** What a settlement did so far. */
class Round {
  readonly batches: SettledBatch[] = [];
  readonly refused: Refused[] = [];
  held: Held[] = [];
  /** Sessions in which a batch waits, so that later ones wait too. */
  blocked = new Set<bigint>();
  progress = false;
  #failure: RefusedError | undefined;

  /** Another pass: what was held is looked at again. */
  begin(): void {
    this.held = [];
    this.blocked = new Set();
    this.progress = false;
  }

  /** Holds what a message was refused with. */
  refuse(parts: readonly Part[], failure: RefusedError): void {
    this.#failure ??= failure;
    parts.forEach((part) => this.hold(part, "message_refused", failure.reason));
  }

  hold({ group, receipts }: Part, outcome: Held["outcome"], next = cureOf(outcome)): void {
    this.blocked.add(group.session);
    this.held.push({ session: Number(group.session), outcome, receipts: receipts.length, next });
  }

  report(): SettleReport {
    // What was refused for good is told once: it must not be lost with the report.
    if (this.#failure !== undefined && this.batches.length + this.refused.length === 0) {
      throw this.#failure;
    }
    const paid = this.batches.reduce((sum, { response }) => sum + response.paid, 0);
    return { batches: this.batches, paid, refused: this.refused, held: this.held };
  }
}

function cureOf(outcome: Held["outcome"]): string {
  return CURES[outcome] ?? "send it again later";
}

function partsOf(entry: Entry): Part[] {
  let place = 0;
  return entry.batch.groups.map((group) => {
    const count = countOf(group);
    const receipts = entry.receipts.slice(place, place + count);
    place += count;
    return { group, receipts };
  });
}

/** The first `count` receipts of a group and the others, under their numbers. */
function cutAt({ group, receipts }: Part, count: number): [Part, Part] {
  return [
    { group, receipts: receipts.slice(0, count) },
    { group: { ...group, sequence: group.sequence + BigInt(count) }, receipts: receipts.slice(count) },
  ];
}

/** The receipts of a group that the lane has not passed, under their numbers; undefined if it passed all of them. */
function unpaid({ group, receipts }: Part, next = 0n): Part | undefined {
  if (next <= group.sequence) {
    return { group, receipts };
  }
  const rest = receipts.slice(Number(next - group.sequence));
  return rest.length === 0 ? undefined : { group: { ...group, sequence: next }, receipts: rest };
}

/**
 * The fields of `verify_inclusion` for a receipt that was settled: what an operator hands to its caller, who asks the chain
 * with them, or shows them to a contract. Fails if none of the batches holds the receipt, or the chain recorded none of that.
 */
export function inclusionIn({ batches }: Pick<SettleReport, "batches">, receipt: Receipt): InclusionQuery {
  const bytes = encodeReceipt(receipt);
  for (const { response, receipts } of batches) {
    const fields = inclusion(
      receipts,
      receipts.findIndex((one) => equal(encodeReceipt(one), bytes)),
    );
    if (fields !== undefined && typeof response.batch === "number") {
      return { attester: response.attester, batch: response.batch, ...fields };
    }
  }
  throw new InputError(
    "no batch that was recorded here holds the receipt",
    "settle it first; if somebody else settled its batch, billing's `batches` has the number",
  );
}

/** What `verify_inclusion` is asked with. */
export type InclusionQuery = Parameters<BillingQueryClient["verifyInclusion"]>[0];
