/** Bytes as text and back. Nothing here needs Node. */

import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";

export { bytesToHex as toHex, hexToBytes as fromHex, concatBytes as concat, utf8ToBytes as utf8 };

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
