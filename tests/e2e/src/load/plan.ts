/**
 * What will be signed: who takes part, and every attester's batches in the order of its lanes. All of it follows from a seed, so
 * that what the chain must say in the end can be told without the chain.
 */

import type { Rates, wire } from "hub-client";

// --- Numbers that look random and follow from a seed ------------------------------------------------

const WORD = 0x1_0000_0000;

/** Mixes numbers into one of 32 bits. */
export function mixed(...numbers: readonly number[]): number {
  let word = 0x9e37_79b9;
  for (const number of numbers) {
    word = Math.imul(word ^ number, 0x85eb_ca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
    word ^= word >>> 16;
  }
  return word >>> 0;
}

/** Draws one number after the other. */
export class Rng {
  #drawn = 0;

  constructor(
    readonly seed: number,
    readonly purpose: number,
  ) {}

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    this.#drawn += 1;
    return Math.floor((mixed(this.seed, this.purpose, this.#drawn) / WORD) * end);
  }

  /** Whether an event of one in `many` happens now. */
  oneIn(many: number): boolean {
    return this.below(many) === 0;
  }

  /** `count` different places below `end`, ascending. */
  places(count: number, end: number): number[] {
    const all = Array.from({ length: end }, (_, place) => place);
    for (let place = 0; place < count; place += 1) {
      const other = place + this.below(end - place);
      [all[place], all[other]] = [all[other] as number, all[place] as number];
    }
    return all.slice(0, count).sort((one, other) => one - other);
  }
}

// --- Who takes part -----------------------------------------------------------------------------------

/** Everybody by place; the chain gives the ids later. */
export interface Participants {
  readonly models: readonly ModelPlan[];
  readonly sessions: readonly SessionPlan[];
  readonly attesters: readonly AttesterPlan[];
}

export interface ModelPlan {
  /** Place of the one operator whose sessions list it: with two, whose unit is whose would depend on the order of settlement. */
  readonly operator: number;
  readonly author: "author" | "author2";
  readonly rates: Rates;
  /** In basis points, payees in order; the operator has the rest. */
  readonly payees: readonly { readonly name: PayeeName; readonly bps: number }[];
}

export type PayeeName = "author" | "author2" | "payee" | "stranger";

export interface SessionPlan {
  readonly caller: "caller" | "caller2";
  readonly operator: number;
  /** Places of the models that it lists, ascending. */
  readonly models: readonly number[];
}

export interface AttesterPlan {
  readonly operator: number;
  readonly keyType: wire.KeyType;
  /** Places of the sessions that it serves, ascending. */
  readonly sessions: readonly number[];
}

export const OPERATORS = 2;
const MODELS = 40;
const SESSIONS = 200;
/** Each has a submitter of its own. */
export const ATTESTERS = 8;
/** Attesters that serve one session: each has a lane of its own in it. */
const SERVED_BY = 2;
const LISTED = 4;

/** Two operators with half of the rest each. */
export function drawParticipants(seed: number): Participants {
  const rng = new Rng(seed, 1);
  const models = Array.from({ length: MODELS }, (_, place): ModelPlan => {
    const author = place < MODELS / 2 ? "author" : "author2";
    const others = (["author", "author2", "payee", "stranger"] as const).filter((name) => name !== author);
    const operatorShare = 100 + rng.below(2_000);
    const shared = rng.places(rng.below(4), others.length).map((other) => ({
      name: others[other] as PayeeName,
      bps: 1 + rng.below(2_500),
    }));
    const rest = 10_000 - operatorShare - shared.reduce((sum, { bps }) => sum + bps, 0);
    return {
      operator: place % OPERATORS,
      author,
      rates: {
        perCall: BigInt(rng.below(500)),
        perMillionIn: BigInt(500_000 + rng.below(3_000_000)),
        perMillionOut: BigInt(2_000_000 + rng.below(9_000_000)),
      },
      payees: [{ name: author, bps: rest }, ...shared],
    };
  });
  const own = (operator: number) => models.flatMap((model, place) => (model.operator === operator ? [place] : []));
  const sessions = Array.from({ length: SESSIONS }, (_, place): SessionPlan => {
    const operator = place % OPERATORS;
    const candidates = own(operator);
    return {
      caller: rng.oneIn(2) ? "caller" : "caller2",
      operator,
      models: rng.places(LISTED, candidates.length).map((candidate) => candidates[candidate] as number),
    };
  });
  const ofOneOperator = ATTESTERS / OPERATORS;
  const attesters = Array.from({ length: ATTESTERS }, (_, place): AttesterPlan => {
    const operator = place % OPERATORS;
    const turn = Math.floor(place / OPERATORS);
    return {
      operator,
      keyType: turn % 2 === 0 ? "secp256k1" : "ed25519",
      sessions: sessions.flatMap((session, number) => {
        const first = Math.floor(number / OPERATORS) % ofOneOperator;
        const serves = (turn - first + ofOneOperator) % ofOneOperator < SERVED_BY;
        return session.operator === operator && serves ? [number] : [];
      }),
    };
  });
  return { models, sessions, attesters };
}

// --- Lanes and what lies in them ----------------------------------------------------------------------

/** Receipts of one lane for one model, with consecutive numbers. */
export interface Run {
  readonly model: number;
  /** Number of the first in its lane. */
  readonly first: number;
  readonly count: number;
}

/** What a batch has of one session: runs that follow each other, with models ascending. */
export interface Part {
  readonly session: number;
  readonly runs: readonly Run[];
}

/** What one signature will be over. */
export interface BatchPlan {
  readonly attester: number;
  readonly mode: wire.Mode;
  /** Sessions ascending. */
  readonly parts: readonly Part[];
  /** What it is like: batches of one shape use about as much gas. */
  readonly shape: string;
  /** Cut out of whole ones of that shape, and so lighter. */
  readonly isCut: boolean;
}

/** Units of a receipt: 50 to 4 000 in and 20 to 1 500 out, by its lane and number. */
export function unitsOf(
  seed: number,
  attester: number,
  session: number,
  number: number,
): { input: number; output: number } {
  const word = mixed(seed, attester, session, number);
  return { input: 50 + (word % 3_951), output: 20 + (mixed(word, number) % 1_481) };
}

export function receiptsIn(batch: BatchPlan): number {
  return batch.parts.reduce((sum, part) => sum + receiptsOf(part), 0);
}

function receiptsOf({ runs }: Part): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}

/** A sort of batch. */
export interface Shape {
  readonly name: string;
  readonly mode: wire.Mode;
  readonly sessions: number;
  /** Receipts of each of two models in each session. */
  readonly each: number;
  /** How often, in a hundred. */
  readonly share: number;
}

export const SHAPES: readonly Shape[] = [
  { name: "300 itemised", mode: "itemised", sessions: 10, each: 15, share: 40 },
  { name: "1 000 itemised", mode: "itemised", sessions: 50, each: 10, share: 35 },
  { name: "4 000 itemised", mode: "itemised", sessions: 40, each: 50, share: 8 },
  { name: "10 000 itemised", mode: "itemised", sessions: 50, each: 100, share: 2 },
  { name: "3 000 netted", mode: "netted", sessions: 50, each: 30, share: 15 },
];

/** How a batch is sent besides once, in its turn, by the submitter of its attester. */
export interface Disorder {
  /** A batch of its first receipts alone is sent before it. */
  readonly partFirst?: BatchPlan;
  /** A batch of the last quarter of the one before and the first three of this one is sent before it. */
  readonly overlap?: BatchPlan;
  /** Another submitter sends it at the same time. */
  readonly twiceAtOnce?: number;
  /** Another submitter sends it again once it is settled. */
  readonly twiceLater?: number;
  /** Another submitter sends it already before the two before it. */
  readonly early?: number;
  /** Only another submitter sends it, and only behind the one after it: what follows must wait for it. */
  readonly late?: number;
}

export interface Planned {
  readonly attester: number;
  readonly place: number;
  readonly batch: BatchPlan;
  readonly disorder: Disorder;
}

/** The batches of one attester, without end. What was given out is remembered for the recount. */
export class Stream {
  readonly #rng: Rng;
  readonly #next = new Map<number, number>();
  readonly #planned: Planned[] = [];

  constructor(
    readonly seed: number,
    readonly participants: Participants,
    readonly attester: number,
  ) {
    this.#rng = new Rng(seed, 100 + attester);
  }

  /** The batch at a place, from 0. */
  at(place: number): Planned {
    while (this.#planned.length <= place) {
      this.#planned.push(this.#plan());
    }
    return this.#planned[place] as Planned;
  }

  #plan(): Planned {
    const place = this.#planned.length;
    const batch = this.#batch(place);
    const before = this.#planned.at(-1)?.batch;
    return { attester: this.attester, place, batch, disorder: this.#disorder(place, batch, before) };
  }

  #batch(place: number): BatchPlan {
    const shape = this.#shape(place);
    const own = this.#attester.sessions;
    const parts = this.#rng.places(shape.sessions, own.length).map((chosen): Part => {
      const session = own[chosen] as number;
      const { models } = this.participants.sessions[session] as SessionPlan;
      let first = this.#next.get(session) ?? 0;
      const runs = this.#rng.places(2, models.length).map((listed): Run => {
        const run = { model: models[listed] as number, first, count: shape.each };
        first += shape.each;
        return run;
      });
      this.#next.set(session, first);
      return { session, runs };
    });
    return { attester: this.attester, mode: shape.mode, parts, shape: shape.name, isCut: false };
  }

  /** The first batches of all attesters are of all shapes, since the node is asked for the gas of the first of each. */
  #shape(place: number): Shape {
    let ticket = this.#rng.below(100);
    const byTurn = SHAPES[(place + this.attester) % SHAPES.length] as Shape;
    const byChance = SHAPES.find(({ share }) => (ticket -= share) < 0) as Shape;
    return place < SHAPES.length ? byTurn : byChance;
  }

  /** The first twelve places of every attester have one of each, but that only the first has a late one so soon. */
  #disorder(place: number, batch: BatchPlan, before: BatchPlan | undefined): Disorder {
    const of = (turn: number, often: number) =>
      this.#rng.oneIn(often) || (place < 12 && (place + this.attester) % 12 === turn);
    const other = (this.attester + 1 + this.#rng.below(ATTESTERS - 1)) % ATTESTERS;
    const partFirst = of(1, 10) ? firstPart(batch) : undefined;
    const overlap = of(3, 10) && before !== undefined ? acrossBoth(before, batch) : undefined;
    const twiceAtOnce = of(5, 12);
    const twiceLater = of(7, 12);
    const early = of(9, 12) && place >= 3;
    const late = this.#rng.oneIn(250) || (place === 11 && this.attester === 0);
    return {
      ...(partFirst && { partFirst }),
      ...(overlap && { overlap }),
      ...(twiceAtOnce && { twiceAtOnce: other }),
      ...(twiceLater && { twiceLater: other }),
      ...(early && { early: other }),
      ...(late && { late: other }),
    };
  }

  get #attester(): AttesterPlan {
    return this.participants.attesters[this.attester] as AttesterPlan;
  }
}

/** One batch of all sessions of an attester, behind where its lanes stand, with two models in each. */
export function largeBatch(
  { attesters, sessions }: Participants,
  attester: number,
  lanes: ReadonlyMap<number, ReadonlyMap<number, number>>,
  each: number,
): BatchPlan {
  const parts = (attesters[attester]?.sessions ?? []).map((session): Part => {
    const first = lanes.get(session)?.get(attester) ?? 0;
    const models = sessions[session]?.models.slice(0, 2) ?? [];
    return { session, runs: models.map((model, place) => ({ model, first: first + place * each, count: each })) };
  });
  return { attester, mode: "itemised", parts, shape: "as large as possible", isCut: false };
}

// --- The same receipts cut otherwise ------------------------------------------------------------------

/** The numbers from `from` on, and below `to`, of runs that follow each other. */
function cut(runs: readonly Run[], from: number, to: number): Run[] {
  return runs.flatMap((run) => {
    const first = Math.max(run.first, from);
    const end = Math.min(run.first + run.count, to);
    return first < end ? [{ model: run.model, first, count: end - first }] : [];
  });
}

/** The number where the first three quarters of a part end: within its second run. */
function cutIn({ runs }: Part): number {
  return (runs[0]?.first ?? 0) + Math.floor((receiptsOf({ session: 0, runs }) * 3) / 4);
}

/** A batch of the first three quarters of each session's receipts. Sums cannot be cut. */
function firstPart(batch: BatchPlan): BatchPlan | undefined {
  if (batch.mode === "netted") {
    return undefined;
  }
  const parts = batch.parts.map((part) => ({ session: part.session, runs: cut(part.runs, 0, cutIn(part)) }));
  return { ...batch, parts, isCut: true };
}

/** A batch of the last receipts of one and the first of the next, of the sessions where these make one ascending row of models. */
function acrossBoth(before: BatchPlan, batch: BatchPlan): BatchPlan | undefined {
  if (before.mode === "netted" || batch.mode === "netted") {
    return undefined;
  }
  const parts = batch.parts.flatMap((part): Part[] => {
    const earlier = before.parts.find(({ session }) => session === part.session);
    if (earlier === undefined) {
      return [];
    }
    const runs = joined([
      ...cut(earlier.runs, cutIn(earlier), Number.MAX_SAFE_INTEGER),
      ...cut(part.runs, 0, cutIn(part)),
    ]);
    const ascending = runs.every(({ model }, place) => place === 0 || (runs[place - 1] as Run).model < model);
    return ascending ? [{ session: part.session, runs }] : [];
  });
  return parts.length === 0 ? undefined : { ...batch, parts, isCut: true };
}

/** Neighbours of one model become one run. */
function joined(runs: readonly Run[]): Run[] {
  const all: Run[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    if (last !== undefined && last.model === run.model) {
      all[all.length - 1] = { ...last, count: last.count + run.count };
    } else {
      all.push(run);
    }
  }
  return all;
}
