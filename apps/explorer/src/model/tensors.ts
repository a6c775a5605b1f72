/** Bodies of the Open Inference Protocol from what people type. */

import type { Tensor } from "./manifest.js";

/** Most elements that an example is written for. */
const MOST_EXAMPLE = 256;

/** A shape to begin with: the model's own, with 1 wherever the caller may choose. */
export function shapeOf({ shape }: Tensor): number[] {
  return (shape ?? [1]).map((part) => (typeof part === "number" ? part : 1));
}

/** Values to begin with: as many as the shape wants, so that the first call works as it stands. */
export function exampleOf({ datatype }: Tensor, shape: readonly number[]): string {
  const size = Math.min(MOST_EXAMPLE, sizeOf(shape));
  if (datatype === "BYTES") {
    return "hello";
  }
  const one = (place: number) =>
    datatype === "BOOL"
      ? "true"
      : datatype.startsWith("FP") || datatype === "BF16"
        ? (Math.sin(place / 3) / 2).toFixed(3)
        : `${place % 10}`;
  return Array.from({ length: size }, (_, place) => one(place)).join(" ");
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, part) => product * part, 1);
}

/**
 * The body of a request. Fails with a sentence that names the tensor where what was typed does not fit.
 *
 * @param values what was typed for a tensor
 * @param shapes what was typed as its shape; its own if empty
 */
export function bodyOf(
  tensors: readonly Tensor[],
  values: (name: string) => string,
  shapes: (name: string) => string = () => "",
): string {
  const inputs = tensors.map((tensor) => {
    const { name, datatype } = tensor;
    const typed = shapes(name).trim();
    const shape = typed === "" ? shapeOf(tensor) : typed.split(/[\s,×x]+/).map(Number);
    if (shape.some((part) => !Number.isInteger(part) || part < 1)) {
      throw new Error(`The shape of ${name} is not a list of whole numbers, such as 1 × 10.`);
    }
    const words =
      datatype === "BYTES"
        ? [values(name)]
        : values(name)
            .split(/[\s,;[\]]+/)
            .filter((word) => word !== "");
    const data = words.map((word) => valueOf(word, datatype, name));
    if (data.length !== sizeOf(shape)) {
      throw new Error(
        `${name} wants ${sizeOf(shape)} values for its shape ${shape.join(" × ")}, and has ${data.length}.`,
      );
    }
    return { name, datatype, shape, data };
  });
  // Numbers beyond 2^53 are kept as they were typed.
  return JSON.stringify({ inputs }, (_, value: unknown) => (value instanceof Exact ? value.toString() : value)).replace(
    /"\\u0000(-?\d+)"/g,
    "$1",
  );
}

/** A whole number as it was typed. */
class Exact {
  constructor(private readonly digits: string) {}
  toString(): string {
    return `\u0000${this.digits}`;
  }
}

function valueOf(word: string, datatype: string, name: string): unknown {
  if (datatype === "BYTES") {
    return word;
  }
  if (datatype === "BOOL") {
    if (!/^(true|false|0|1)$/i.test(word)) {
      throw new Error(`${word} in ${name} is neither true nor false.`);
    }
    return /^(true|1)$/i.test(word);
  }
  if (/^U?INT/.test(datatype)) {
    if (!/^-?\d+$/.test(word)) {
      throw new Error(`${word} in ${name} is no whole number.`);
    }
    const number = Number(word);
    return Number.isSafeInteger(number) ? number : new Exact(word);
  }
  const number = Number(word);
  if (!Number.isFinite(number)) {
    throw new Error(`${word} in ${name} is no number.`);
  }
  return number;
}
