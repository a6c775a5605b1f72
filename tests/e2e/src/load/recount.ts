/** What the plan says that the chain must say in the end: reckoned receipt by receipt, without the chain. */

import type { Rates } from "hub-client";
import { type BatchPlan, type Participants, type Run, unitsOf } from "./plan.js";

/** Sums of receipts of one session, one model and one attester. */
export interface Sum {
  readonly session: number;
  readonly model: number;
  readonly attester: number;
  gross: bigint;
  /** Receipts with a price of at least 1; of a sum of receipts no more than its price. */
  calls: bigint;
  freeCalls: bigint;
  unitsIn: bigint;
  unitsOut: bigint;
}

/** What must be settled. Everybody by place, as in the plan. */
export interface Expected {
  readonly receipts: number;
  readonly sums: readonly Sum[];
  /** Where lanes must stand: by session, and in it by attester. */
  readonly lanes: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

const UNITS_PER_QUOTE = 1_000_000;

/** Sums up whole batches, every receipt once. Fails if one is there twice or is missing. */
export function reckon(seed: number, participants: Participants, batches: readonly BatchPlan[]): Expected {
  const sums = new Map<string, Sum>();
  const lanes = new Map<number, Map<number, number>>();
  let receipts = 0;
  for (const { attester, mode, parts } of batches) {
    for (const { session, runs } of parts) {
      const lane = lanes.get(session) ?? new Map<number, number>();
      lanes.set(session, lane);
      for (const run of runs) {
        const next = lane.get(attester) ?? 0;
        if (run.first !== next) {
          throw new Error(
            `the plan goes on with receipt ${run.first} of attester ${attester} in session ${session}, not with ${next}`,
          );
        }
        lane.set(attester, next + run.count);
        receipts += run.count;
        const sum = sumOf(sums, session, run.model, attester);
        const model = participants.models[run.model];
        if (model === undefined) {
          throw new Error(`the plan has no model ${run.model}`);
        }
        add(sum, priced(seed, attester, session, run, model.rates, mode === "netted"));
      }
    }
  }
  return { receipts, sums: [...sums.values()], lanes };
}

type Amounts = Pick<Sum, "gross" | "calls" | "freeCalls" | "unitsIn" | "unitsOut">;

function sumOf(sums: Map<string, Sum>, session: number, model: number, attester: number): Sum {
  const name = `${session} ${model} ${attester}`;
  const nothing = { gross: 0n, calls: 0n, freeCalls: 0n, unitsIn: 0n, unitsOut: 0n };
  const sum = sums.get(name) ?? { session, model, attester, ...nothing };
  sums.set(name, sum);
  return sum;
}

function add(sum: Amounts, more: Amounts): void {
  for (const name of ["gross", "calls", "freeCalls", "unitsIn", "unitsOut"] as const) {
    sum[name] += more[name];
  }
}

/** Amounts of a run. All numbers stay far below 2^53, so they are exact. */
function priced(
  seed: number,
  attester: number,
  session: number,
  { first, count }: Run,
  rates: Rates,
  netted: boolean,
): Amounts {
  const [perCall, perIn, perOut] = [rates.perCall, rates.perMillionIn, rates.perMillionOut].map(Number) as [
    number,
    number,
    number,
  ];
  let [gross, calls, unitsIn, unitsOut] = [0, 0, 0, 0];
  for (let number = first; number < first + count; number += 1) {
    const { input, output } = unitsOf(seed, attester, session, number);
    const price = perCall + Math.ceil((input * perIn + output * perOut) / UNITS_PER_QUOTE);
    gross += price;
    calls += price > 0 ? 1 : 0;
    unitsIn += input;
    unitsOut += output;
  }
  if (netted) {
    gross = count * perCall + Math.ceil((unitsIn * perIn + unitsOut * perOut) / UNITS_PER_QUOTE);
    calls = Math.min(count, gross);
  }
  return {
    gross: BigInt(gross),
    calls: BigInt(calls),
    freeCalls: BigInt(count - calls),
    unitsIn: BigInt(unitsIn),
    unitsOut: BigInt(unitsOut),
  };
}
