/** The figures of a run, kept in e2e/load.json and shown in the README of the repository. */

import type { LoadFigures } from "./figures.js";

/** What e2e/load.json holds. */
export interface Report {
  readonly seed: number;
  /** Of the machine that node and submitters shared. */
  readonly cores: number;
  readonly blockGas: number;
  readonly submitters: number;
  readonly attesters: number;
  readonly sessions: number;
  readonly models: number;
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
  readonly kill: {
    readonly inMempool: number;
    /** Seconds from the kill until the node was started again, made a block, and made a full one. */
    readonly startedAfter: number;
    readonly blockAfter: number;
    readonly fullAfter: number;
  };
}

const FROM = "<!-- load: written by `make load-update` from here -->";
const TO = "<!-- load: to here -->";

/** A README with the figures in it. */
export function withReport(readme: string, report: Report): string {
  const [before, after] = [readme.indexOf(FROM), readme.indexOf(TO)];
  if (before < 0 || after < before) {
    throw new Error(`README.md has no part between ${FROM} and ${TO}: put it where the figures of the load belong`);
  }
  return `${readme.slice(0, before)}${FROM}\n\n${written(report)}\n${readme.slice(after)}`;
}

/** The figures in Markdown. */
export function written({ load, run, kill, ...of }: Report): string {
  const rows = [
    ["receipts settled per second", whole(load.receiptsPerSecond)],
    ["receipts per block", whole(load.receiptsPerBlock)],
    ["gas used per block", whole(load.gasUsedPerBlock)],
    ["gas per block by the limits of its transactions", whole(load.gasWantedPerBlock)],
    ["gas that a block takes", whole(of.blockGas)],
    ["the least full block, by those limits", `${(100 * load.leastFull).toFixed(1)} %`],
    ["batches per block that billed something", load.batchesPerBlock.toFixed(1)],
    ["bytes per block", whole(load.bytesPerBlock)],
    ["seconds per block", load.secondsPerBlock.toFixed(2)],
    ["blocks counted", whole(load.blocks)],
  ];
  return `| of a full block | |\n|---|--:|\n${rows.map(([what, value]) => `| ${what} | ${value} |\n`).join("")}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
}
