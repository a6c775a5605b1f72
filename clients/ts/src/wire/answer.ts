import { utf8 } from "../bytes.js";
import { VERSION, Writer } from "./varint.js";

/**
 * What an attester signs over `answerDigest` beside its answer: the bytes of the receipt, which engine ran (name and version), and
 * where the attester's key lives. No contract reads it.
 */
export function answerBytes(receipt: Uint8Array, engine: string, label: string): Uint8Array {
  return new Writer().byte(VERSION).bytes(receipt).bytes(utf8(engine)).bytes(utf8(label)).finish();
}
