import type { Reader, Writer } from "./varint.js";
import { MAX_U64 } from "./rules.js";

/** What a price counts besides the call itself: tokens, pixels or seconds, as the model defines them. */
export interface Units {
  /** Units taken in. */
  readonly input: bigint;
  /** Units given out. */
  readonly output: bigint;
}

/** The sum, or undefined where either component leaves 64 bits. */
export function addUnits(a: Units, b: Units): Units | undefined {
  const sum = { input: a.input + b.input, output: a.output + b.output };
  return sum.input > MAX_U64 || sum.output > MAX_U64 ? undefined : sum;
}

/** @internal */
export function writeUnits(writer: Writer, units: Units): void {
  writer.u64(units.input).u64(units.output);
}

/** @internal */
export function readUnits(reader: Reader): Units {
  return { input: reader.u64(), output: reader.u64() };
}
