/** What people type, as numbers of the chain. */

import type { Currency } from "./format.js";

/** An amount as somebody types it, in the smallest unit; undefined if it is none, or has more digits than the currency. */
export function typedAmount(text: string, { decimals }: Pick<Currency, "decimals">): bigint | undefined {
  const [, whole = "", part = ""] = /^(\d{0,20})(?:[.,](\d*))?$/.exec(text.trim()) ?? [];
  if (whole + part === "" || part.replace(/0+$/, "").length > decimals) {
    return undefined;
  }
  return BigInt(whole + part.slice(0, decimals).padEnd(decimals, "0"));
}
