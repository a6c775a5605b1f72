/** The figures of a run, kept in tests/e2e/load.json and shown in docs/LOAD.md. */

import type { LoadFigures } from "./figures.js";

/** What tests/e2e/load.json holds. */
export interface Report {
  readonly seed: number;
  /** Of the machine that node and submitters shared. */
  readonly cores: number;
  readonly blockGas: number;
  readonly load: LoadFigures;
  /** Of the whole run, the blocks that are not counted included. */
  readonly run: {
    readonly receipts: number;
    readonly batches: number;
    readonly transactions: number;
    /** Transactions by why they were sent. */
    readonly why: Readonly<Record<string, number>>;
    readonly settled: number;
    readonly partly: number;
    readonly duplicate: number;
    readonly tooEarly: number;
    readonly again: number;
    readonly outOfGas: number;
    readonly resent: number;
  };
  readonly kill: KillFigures;
  /** One batch as large as the node takes, after everything else. */
  readonly largest: Largest;
}

export interface KillFigures {
  /** Transactions that the node had when it was killed. */
  readonly inMempool: number;
  /** Seconds from the kill until the node was started again, made a block, and made a full one. */
  readonly startedAfter: number;
  readonly blockAfter: number;
  readonly fullAfter: number;
}

export interface Largest {
  readonly receipts: number;
  /** Of the batch itself. */
  readonly bytes: number;
  readonly gasUsed: number;
}

const FROM = "<!-- load: written by `HUB_UPDATE=1 make load` from here -->";
const TO = "<!-- load: to here -->";

/** The page with the figures in it. */
export function withReport(page: string, report: Report): string {
  const [before, after] = [page.indexOf(FROM), page.indexOf(TO)];
  if (before < 0 || after < before) {
    throw new Error(`docs/LOAD.md has no part between ${FROM} and ${TO}: put it where the figures of the load belong`);
  }
  return `${page.slice(0, before)}${FROM}\n\n${written(report)}\n${page.slice(after)}`;
}

/** The figures in Markdown. */
export function written({ load, run, kill, largest, ...of }: Report): string {
  const rows = [
    ["receipts settled per second", whole(load.receiptsPerSecond)],
    ["receipts per block", whole(load.receiptsPerBlock)],
    ["gas per block, used", whole(load.gasUsedPerBlock)],
    ["gas per block, by the limits of its transactions", whole(load.gasWantedPerBlock)],
    ["gas that a block takes", whole(of.blockGas)],
    ["by limits, the least full block", `${(100 * load.leastFull).toFixed(1)} %`],
    ["batches per block that billed something", load.batchesPerBlock.toFixed(1)],
    ["transactions per block, in bytes", whole(load.bytesPerBlock)],
    ["seconds per block", load.secondsPerBlock.toFixed(2)],
    ["blocks", whole(load.blocks)],
  ];
  const why = Object.entries(run.why).map(([name, count]) => `${whole(count)} ${name}`);
  const { start, thin, kill: away, tail } = load.others;
  const paragraphs = [
    `Seed ${of.seed}, ${of.cores} cores. Not counted are ${start} blocks before the first full one, ${away} around the kill, ` +
      `${tail} after the last full one, and ${thin} others that were less than 90 % full.`,
    `The whole run settled ${whole(run.receipts)} receipts of ${whole(run.batches)} batches, in ${whole(run.transactions)} ` +
      `transactions. By why they were sent: ${why.join(", ")}.`,
    `Of the transactions, ${whole(run.settled)} billed everything in their batch that was still open, and ${whole(run.partly)} a part of it. ` +
      `${whole(run.tooEarly)} billed nothing, since earlier receipts were missing. ${whole(run.duplicate)} changed nothing, since ` +
      `everything was settled already, and ${whole(run.outOfGas)} ran out of gas. ${whole(run.again)} times a batch was sent in a new ` +
      `transaction, since something of it was left.`,
    `The node was killed with ${whole(kill.inMempool)} transactions in its mempool, and started again ${kill.startedAfter.toFixed(1)} s ` +
      `later; ${kill.blockAfter.toFixed(1)} s after the kill it made a block, ${kill.fullAfter.toFixed(1)} s after it a full one. ` +
      `${whole(run.resent)} transactions were sent again byte by byte.`,
    `The largest batch that the node's RPC takes, with its limit of a million bytes for a request: ${whole(largest.receipts)} ` +
      `itemised receipts in ${whole(largest.bytes)} bytes, for ${whole(largest.gasUsed)} gas.`,
  ];
  const table = `| of a full block | |\n|---|--:|\n${rows.map(([what, value]) => `| ${what} | ${value} |\n`).join("")}`;
  return [table, ...paragraphs.map((text) => `${text}\n`)].join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
}
