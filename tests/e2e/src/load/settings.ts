/** What a run is told by its environment, and how it says what it does. */

import type { StdFee } from "@cosmjs/amino";
import { SENDING } from "../fixture.js";

/** What the batches follow from. */
export const SEED = setting("HUB_LOAD_SEED", 1);
/** Full blocks that are counted. */
export const BLOCKS = setting("HUB_LOAD_BLOCKS", 100);
/** Gas that a block takes. */
export const BLOCK_GAS = setting("HUB_DEVNET_BLOCK_GAS", 0);

function setting(name: string, otherwise: number): number {
  const text = process.env[name] ?? "";
  const value = text === "" ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${name} is ${JSON.stringify(text)}: give a whole number of at least 1`);
  }
  return value;
}

const [, price = "", denom = ""] = /^([0-9.]+)([a-z]+)$/.exec(SENDING.gasPrice) ?? [];

/** The fee for so much gas. */
export function feeOf(gas: number): StdFee {
  return { gas: gas.toString(), amount: [{ denom, amount: Math.ceil(gas * Number(price)).toString() }] };
}

const begun = Date.now();
/** With the seconds since the run began. */
export function say(text: string): void {
  console.log(`${((Date.now() - begun) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
}
