import type { PublicKey } from "./keys.js";
import { VERSION, Writer } from "./varint.js";

/** What a key signs to show that its holder lets `operator` (canonical address) register it. */
export function possessionBytes(key: PublicKey, operator: Uint8Array): Uint8Array {
  return new Writer()
    .byte(VERSION)
    .byte(key.keyType === "secp256k1" ? 0x00 : 0x01)
    .bytes(key.bytes)
    .bytes(operator)
    .finish();
}
