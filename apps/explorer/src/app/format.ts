/** Numbers, times and texts as people read them. Amounts are exact integers until the last moment. */

/** A denomination with what people call it. */
export interface Currency {
  /** As messages name it. */
  readonly denom: { readonly native: string } | { readonly cw20: string };
  /** What stands behind amounts, such as `USDC`. */
  readonly symbol: string;
  /** Digits behind the point: 6 where the chain counts millionths. */
  readonly decimals: number;
}

/** A tenth of a whole unit in the smallest one; 1 where there is nothing smaller. */
export function tenth({ decimals }: Pick<Currency, "decimals">): bigint {
  return decimals === 0 ? 1n : 10n ** BigInt(decimals - 1);
}

/** Between groups of digits, and before units. */
export const THIN = "\u202f";

/** A whole number in groups of three digits: `2 730`. */
export function count(value: bigint | number): string {
  const text = value.toString();
  return text.length < 4 ? text : text.replace(/\B(?=(\d{3})+$)/g, THIN);
}

/**
 * An amount in a currency, without its symbol: two digits behind the point from 1 on, three that count below it, and never
 * `0` for what is more than nothing. Rounded down, so that nothing looks like more than it is.
 *
 * @param short whether thousands stand without digits behind the point: in sentences, where nothing stands below another
 */
export function amount(value: bigint, { decimals }: Pick<Currency, "decimals">, short = false): string {
  if (value < 0n) {
    return `−${amount(-value, { decimals }, short)}`;
  }
  const unit = 10n ** BigInt(decimals);
  const whole = value / unit;
  const part = (value % unit).toString().padStart(decimals, "0");
  if (value === 0n || decimals === 0) {
    return count(whole);
  }
  if (short && whole >= 1_000n) {
    return count(whole);
  }
  if (whole > 0n) {
    return `${count(whole)}.${part.padEnd(2, "0").slice(0, 2)}`;
  }
  const zeros = /^0*/.exec(part)?.[0].length ?? 0;
  const digits = part.slice(0, Math.max(2, zeros + 3)).replace(/0+$/, "");
  return `0.${digits.padEnd(2, "0")}`;
}

/** A length of time: `40 s`, `5 min`, `3 h`, `12 days`. */
export function span(seconds: number): string {
  const value = Math.max(0, Math.round(seconds));
  if (value < 120) {
    return `${value} s`;
  }
  if (value < 7_200) {
    return `${Math.round(value / 60)} min`;
  }
  if (value < 129_600) {
    return `${Math.round(value / 3_600)} h`;
  }
  return `${count(Math.round(value / 86_400))} days`;
}

/** A time in unix seconds as `2026-11-26 18:05` in UTC: what the chain counts by. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? "never" : date.toISOString().slice(0, 16).replace("T", " ");
}

/** An address as `wasm1abcd…wxyz`; its whole text belongs into a title. */
export function short(address: string): string {
  const mark = address.lastIndexOf("1");
  return address.length < 20 ? address : `${address.slice(0, mark + 5)}…${address.slice(-4)}`;
}

/**
 * A stranger's text as it may be shown. The contracts refuse characters that are not seen or turn the direction of reading; a node
 * that lies does not. Each becomes a mark that is seen, so that nothing hides.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" || character === "\t" ? character : "\ufffd",
  );
}
