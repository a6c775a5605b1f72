import type { BatchRule } from "./rules.js";

/** Why bytes were refused: the names that the test vectors use. */
export type DecodeReason =
  | "truncated"
  | "overlong"
  | "too_large"
  | "trailing"
  | "unknown_version"
  | "unknown_mode"
  | "unknown_code"
  | "needless_base"
  | "needless_escape"
  | "padding"
  | BatchRule;

/** Bytes that are no canonical encoding. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";

  constructor(
    readonly reason: DecodeReason,
    /** Offset, from 0, of the byte where the fault was found. */
    readonly at: number,
    sentence: string,
  ) {
    super(`byte ${at}: ${sentence}`);
  }
}

/** A value that has no encoding: its decoder would refuse it, or give back something else. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";

  constructor(
    readonly reason: BatchRule | "mixed_modes" | "wrong_sequence" | "out_of_range" | "wrong_length",
    sentence: string,
  ) {
    super(sentence);
  }
}
