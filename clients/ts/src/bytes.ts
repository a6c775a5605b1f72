/** Bytes as text and back. Nothing here needs Node. */

// Not those of a library: its module is larger than what pages read a Hub with.

/** The bytes of a text in UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte.toString(16).padStart(2, "0");
  }
  return text;
}

/** The bytes of hex, in either case. Fails on anything else. */
export function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) {
    throw new Error(`not hex: ${text.slice(0, 80)}`);
  }
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** One after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two byte strings are the same. Not in constant time: for public values. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

const URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** base64url (RFC 4648 section 5) without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let width = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    width += 8;
    while (width >= 6) {
      width -= 6;
      text += URL_ALPHABET.charAt((bits >> width) & 63);
    }
  }
  return width > 0 ? text + URL_ALPHABET.charAt((bits << (6 - width)) & 63) : text;
}

/** The bytes of base64url without padding; undefined if a character is foreign or the last one has spare bits set. */
export function fromBase64Url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let place = 0;
  let bits = 0;
  let width = 0;
  for (const character of text) {
    const value = URL_ALPHABET.indexOf(character);
    if (value < 0) {
      return undefined;
    }
    bits = ((bits << 6) | value) & 0xfff;
    width += 6;
    if (width >= 8) {
      width -= 8;
      bytes[place] = (bits >> width) & 0xff;
      place += 1;
    }
  }
  const spare = bits & ((1 << width) - 1);
  return width < 6 && spare === 0 ? bytes : undefined;
}
