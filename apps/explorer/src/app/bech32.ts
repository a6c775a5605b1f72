/** The bytes behind an address of bech32. Its checksum is the chain's to check. */

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM = 6;

/** The canonical bytes of an address. */
export function canonical(address: string): Uint8Array {
  const data = address.slice(address.lastIndexOf("1") + 1, -CHECKSUM);
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const character of data) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) {
      throw new Error(`${address} is no address`);
    }
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}
