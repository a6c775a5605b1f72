/** What the blocks of a run say, and how it is shown. */

import type { Block } from "./blocks.js";

/** A block with at least this part of its gas taken, by the limits of its transactions, is full. */
export const FULL = 0.9;

/** What a block counts as. */
export type Kind =
  | "start" // before the first full one
  | "load" // full, and counted
  | "thin" // between full ones, and not full
  | "kill" // made while the node was killed, and until the first full one behind
  | "tail"; // behind the last that is counted

/** What is known of a run beside its blocks. */
export interface Course {
  readonly blockGas: number;
  /** When the node was killed, in milliseconds; undefined if it was not yet. */
  readonly killedAt: number | undefined;
  /** How many full blocks are counted. */
  readonly wanted: number;
}

export function isFull(block: Block, blockGas: number): boolean {
  return block.gasWanted >= FULL * blockGas;
}

/** What each block counts as. A block lasts until the time of the next; the last one lasts for ever. */
export function kindsOf(blocks: readonly Block[], { blockGas, killedAt, wanted }: Course): Kind[] {
  let counted = 0;
  let killed = false;
  return blocks.map((block, place): Kind => {
    const end = blocks[place + 1]?.time ?? Infinity;
    if (counted >= wanted) {
      return "tail";
    }
    if (killedAt !== undefined && block.time <= killedAt && killedAt < end) {
      killed = true;
      return "kill";
    }
    if (isFull(block, blockGas)) {
      killed = false;
      counted += 1;
      return "load";
    }
    return killed ? "kill" : counted === 0 ? "start" : "thin";
  });
}

/** Figures of the blocks that are counted. */
export interface LoadFigures {
  readonly blocks: number;
  readonly seconds: number;
  readonly secondsPerBlock: number;
  readonly receipts: number;
  readonly receiptsPerSecond: number;
  readonly receiptsPerBlock: number;
  readonly gasUsedPerBlock: number;
  readonly gasWantedPerBlock: number;
  /** Of the block with the least, as a part of what a block takes. */
  readonly leastFull: number;
  readonly batchesPerBlock: number;
  readonly bytesPerBlock: number;
  /** Other blocks, by kind. */
  readonly others: Readonly<Record<Exclude<Kind, "load">, number>>;
}

export function loadFigures(blocks: readonly Block[], course: Course): LoadFigures {
  const kinds = kindsOf(blocks, course);
  const places = blocks.flatMap((_, place) => (kinds[place] === "load" ? [place] : []));
  const of = (value: (block: Block) => number) => places.reduce((sum, place) => sum + value(blocks[place] as Block), 0);
  const milliseconds = places.reduce((sum, place) => {
    const [block, next] = [blocks[place] as Block, blocks[place + 1]];
    if (next === undefined) {
      throw new Error(`block ${block.height} is the last, and so lasts for ever: read one more`);
    }
    return sum + next.time - block.time;
  }, 0);
  const count = (kind: Kind) => kinds.filter((one) => one === kind).length;
  const per = places.length;
  return {
    blocks: per,
    seconds: milliseconds / 1_000,
    secondsPerBlock: milliseconds / 1_000 / per,
    receipts: of(({ receipts }) => receipts),
    receiptsPerSecond: (of(({ receipts }) => receipts) / milliseconds) * 1_000,
    receiptsPerBlock: of(({ receipts }) => receipts) / per,
    gasUsedPerBlock: of(({ gasUsed }) => gasUsed) / per,
    gasWantedPerBlock: of(({ gasWanted }) => gasWanted) / per,
    leastFull: Math.min(...places.map((place) => (blocks[place] as Block).gasWanted)) / course.blockGas,
    batchesPerBlock: of(({ batches }) => batches) / per,
    bytesPerBlock: of(({ bytes }) => bytes) / per,
    others: { start: count("start"), thin: count("thin"), kill: count("kill"), tail: count("tail") },
  };
}
