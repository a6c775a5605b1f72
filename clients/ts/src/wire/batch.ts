import { DecodeError, EncodeError } from "./errors.js";
import { type BatchRule, type GroupKey, Rules, sentenceOf } from "./rules.js";
import { BitReader, BitWriter, readCode, type RiceCode, shortestCode, writeCode } from "./rice.js";
import { readUnits, type Units, writeUnits } from "./units.js";
import { MAX_U64 } from "./rules.js";
import { BATCH_VERSION, Reader, Writer } from "./varint.js";

/** How a batch states units: receipt by receipt, or in sum per group. */
export type Mode = "itemised" | "netted";

/** The units of a group. */
export type Work =
  | {
      readonly mode: "itemised";
      /** How input units are coded: see {@link itemised} for the shortest. */
      readonly codeIn: RiceCode;
      /** How output units are coded. */
      readonly codeOut: RiceCode;
      /** Units of every receipt, in order. 1 to 65 535; a budget that runs out pays for a prefix. */
      readonly units: readonly Units[];
    }
  | {
      readonly mode: "netted";
      /** Number of receipts, 1 to 65 535; they are paid all or not at all. */
      readonly count: number;
      /** Sum of their units. */
      readonly total: Units;
    };

/** The receipts of one session for one model, release and terms. */
export interface Group extends GroupKey {
  /** Seconds from the batch's `issuedFrom` to the oldest receipt of the group. */
  readonly from: bigint;
  /** Seconds from the oldest receipt of the group to its newest. */
  readonly span: bigint;
  /** Number of the first receipt in its lane. On the wire for a session's first group only; a later one starts where the one before it ends. */
  readonly sequence: bigint;
  /** What was done. */
  readonly work: Work;
}

/** Many receipts under one attester signature. All groups state units in the same mode. */
export interface Batch {
  /** Id of the attester that signs. */
  readonly attester: bigint;
  /** When the oldest receipt was issued, unix seconds. */
  readonly issuedFrom: bigint;
  /** When the newest receipt was issued, unix seconds. */
  readonly issuedTo: bigint;
  /** Root of the Merkle tree over the receipts in batch order. */
  readonly receiptsRoot: Uint8Array;
  /** Strictly ascending by (session, model, release, terms). At least one. */
  readonly groups: readonly Group[];
}

/** The units of every receipt, in the form that is shortest. */
export function itemised(units: readonly Units[]): Work {
  return {
    mode: "itemised",
    codeIn: shortestCode(units.map(({ input }) => input)),
    codeOut: shortestCode(units.map(({ output }) => output)),
    units,
  };
}

/** Number of receipts in a group. */
export function countOf(group: Group): number {
  return group.work.mode === "itemised" ? group.work.units.length : group.work.count;
}

/** Number behind the last receipt of a group. */
export function endOf(group: Group): bigint {
  return group.sequence + BigInt(countOf(group));
}

/** Number of receipts in all groups. */
export function offered(batch: Batch): number {
  return batch.groups.reduce((sum, group) => sum + countOf(group), 0);
}

/** The canonical bytes. Refuses what {@link decodeBatch} would refuse or give back otherwise. */
export function encodeBatch(batch: Batch): Uint8Array {
  const mode = batch.groups[0]?.work.mode ?? "itemised";
  const writer = new Writer()
    .byte(BATCH_VERSION)
    .byte(mode === "itemised" ? 0x00 : 0x01)
    .u64(batch.attester)
    .u64(batch.issuedFrom)
    .u64(batch.issuedTo)
    .fixed(batch.receiptsRoot, 32, "receiptsRoot")
    .u64(BigInt(batch.groups.length));
  const rules = new Rules(batch.issuedFrom, batch.issuedTo);
  hold(rules.times(), 0);
  batch.groups.forEach((group, place) => {
    if (group.work.mode !== mode) {
      throw new EncodeError(
        "mixed_modes",
        `group ${place}: itemised and netted groups in one batch, expected one mode`,
      );
    }
    writeGroup(writer, rules, place, group);
  });
  hold(rules.finish(), batch.groups.length);
  return writer.finish();
}

/** The batch that these bytes are the encoding of. Bytes that are accepted encode to themselves. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const reader = new Reader(bytes);
  reader.version(BATCH_VERSION);
  const modeAt = reader.offset;
  const modeByte = reader.byte();
  if (modeByte > 1) {
    throw new DecodeError("unknown_mode", modeAt, `mode ${modeByte}, expected 0 (itemised) or 1 (netted)`);
  }
  const mode: Mode = modeByte === 0 ? "itemised" : "netted";
  const attester = reader.u64();
  const issuedFrom = reader.u64();
  const timesAt = reader.offset;
  const issuedTo = reader.u64();
  const rules = new Rules(issuedFrom, issuedTo);
  obey(rules.times(), timesAt);
  const receiptsRoot = reader.raw(32);
  const countAt = reader.offset;
  const count = reader.u64();
  if (count === 0n) {
    obey("no_groups", countAt);
  }
  // The count is believed only as far as bytes for it are there.
  const groups: Group[] = [];
  for (let left = count; left > 0n; left -= 1n) {
    groups.push(readGroup(reader, rules, mode));
  }
  const end = reader.offset;
  reader.finish();
  obey(rules.finish(), end);
  return { attester, issuedFrom, issuedTo, receiptsRoot, groups };
}

function writeGroup(writer: Writer, rules: Rules, place: number, group: Group): void {
  hold(rules.key(group), place);
  writer
    .u64(group.session - rules.sessionBefore)
    .u64(group.model)
    .u64(group.release)
    .u64(group.terms);
  hold(rules.interval(group.from, group.span), place);
  writer.u64(group.from).u64(group.span);
  const expected = rules.expectedSequence(group.session);
  if (expected === undefined) {
    writer.u64(group.sequence);
  } else if (expected !== group.sequence) {
    const sentence = `group ${place}: sequence ${group.sequence}, expected ${expected}, the end of the group before`;
    throw new EncodeError("wrong_sequence", sentence);
  }
  const count = BigInt(countOf(group));
  hold(rules.count(group, group.sequence, count), place);
  writer.u64(count);
  writeWork(writer, group.work);
}

function writeWork(writer: Writer, work: Work): void {
  if (work.mode === "netted") {
    writeUnits(writer, work.total);
    return;
  }
  writeCode(writer, work.codeIn);
  writeCode(writer, work.codeOut);
  const bits = new BitWriter();
  for (const { input, output } of work.units) {
    bits.integer(work.codeIn, input);
    bits.integer(work.codeOut, output);
  }
  writer.raw(bits.finish());
}

function readGroup(reader: Reader, rules: Rules, mode: Mode): Group {
  const start = reader.offset;
  const session = rules.sessionBefore + reader.u64();
  if (session > MAX_U64) {
    obey("session_overflow", start);
  }
  const key = { session, model: reader.u64(), release: reader.u64(), terms: reader.u64() };
  obey(rules.key(key), start);
  const intervalAt = reader.offset;
  const from = reader.u64();
  const span = reader.u64();
  obey(rules.interval(from, span), intervalAt);
  const sequence = rules.expectedSequence(session) ?? reader.u64();
  const countAt = reader.offset;
  const count = reader.u64();
  obey(rules.count(key, sequence, count), countAt);
  return { ...key, from, span, sequence, work: readWork(reader, mode, Number(count)) };
}

function readWork(reader: Reader, mode: Mode, count: number): Work {
  if (mode === "netted") {
    return { mode, count, total: readUnits(reader) };
  }
  const codeIn = readCode(reader);
  const codeOut = readCode(reader);
  const bits = new BitReader(reader.source, reader.offset);
  // The count is believed only as far as there are bits for it: two or more a receipt.
  const units: Units[] = [];
  for (let left = count; left > 0; left -= 1) {
    units.push({ input: bits.integer(codeIn), output: bits.integer(codeOut) });
  }
  reader.raw(bits.finish() - reader.offset);
  return { mode, codeIn, codeOut, units };
}

function obey(rule: BatchRule | undefined, at: number): void {
  if (rule !== undefined) {
    throw new DecodeError(rule, at, sentenceOf(rule));
  }
}

function hold(rule: BatchRule | undefined, place: number): void {
  if (rule !== undefined) {
    throw new EncodeError(rule, `group ${place}: ${sentenceOf(rule)}`);
  }
}
