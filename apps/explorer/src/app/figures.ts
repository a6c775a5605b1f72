/** What the pages behind the first one write: parts, days, bytes. Apart from `format.ts`, which the first page loads. */

import { count, type Currency, THIN } from "./format.js";

/** The same with every digit, for titles and for copying. */
export function exactAmount(value: bigint, { decimals, symbol }: Pick<Currency, "decimals" | "symbol">): string {
  const unit = 10n ** BigInt(decimals);
  const part = decimals === 0 ? "" : `.${(value % unit).toString().padStart(decimals, "0")}`;
  return `${value / unit}${part} ${symbol}`;
}

/** A part of a whole in percent, from basis points. */
export function percent(bps: number): string {
  if (bps > 0 && bps < 10) {
    return `0.0${bps}${THIN}%`;
  }
  const value = bps / 100;
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)}${THIN}%`;
}

/** The same to the last digit, for what people agreed to: `12.5 %`. */
export function exactPercent(bps: number): string {
  return `${bps / 100}${THIN}%`;
}

/** Basis points of a part, rounded down; 0 of nothing. */
export function bpsOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole);
}

/** A day since 1970 as `26 Nov`. */
export function day(number: number): string {
  const date = new Date(number * 86_400_000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A number of bytes: `417 MiB`. */
export function bytes(value: number | bigint): string {
  let number = Number(value);
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  for (; number >= 1_024 && at + 1 < units.length; at += 1) {
    number /= 1_024;
  }
  return at === 0 ? `${count(Math.round(number))} ${units[at]}` : `${number.toFixed(number < 10 ? 1 : 0)} ${units[at]}`;
}
