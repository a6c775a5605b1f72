//! Units of an itemised group, read and written bit by bit: slow, plain, and without a line of the crate.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use hub_wire::Units;

/// Parameter and base of a column.
pub type Code = (u8, u64);

/// Codes and units of a group and the bytes they took, or nothing if a decoder must refuse them.
pub fn decode(bytes: &[u8], count: usize) -> Option<([Code; 2], Vec<Units>, usize)> {
    let mut at = 0;
    let codes = [code(bytes, &mut at)?, code(bytes, &mut at)?];
    let mut bits = Bits { bytes, at: 8 * at };
    let mut units = vec![];
    for _ in 0..count {
        units.push(Units::new(bits.integer(codes[0])?, bits.integer(codes[1])?));
    }
    while !bits.at.is_multiple_of(8) {
        if bits.next()? != 0 {
            return None;
        }
    }
    Some((codes, units, bits.at / 8))
}

/// The bytes of a group under these codes.
pub fn encode(codes: [Code; 2], units: &[Units]) -> Vec<u8> {
    let mut bytes = vec![];
    for (k, base) in codes {
        bytes.push(if base == 0 { k } else { 64 + k });
        let mut rest = base;
        while rest > 0 {
            bytes.push((rest & 0x7f) as u8 | if rest > 0x7f { 0x80 } else { 0 });
            rest >>= 7;
        }
    }
    let mut bits = String::new();
    for units in units {
        for ((k, base), integer) in codes.into_iter().zip([units.input, units.output]) {
            let v = integer - base;
            let all = format!("{v:064b}");
            match v >> k {
                quotient @ 0..=31 => {
                    bits += &"1".repeat(quotient as usize);
                    bits += "0";
                    bits += &all[64 - usize::from(k)..];
                }
                _ => {
                    bits += &"1".repeat(32);
                    bits += &all;
                }
            }
        }
    }
    while !bits.len().is_multiple_of(8) {
        bits += "0";
    }
    let octets = bits.as_bytes().chunks(8);
    bytes.extend(
        octets.map(|octet| u8::from_str_radix(std::str::from_utf8(octet).unwrap(), 2).unwrap()),
    );
    bytes
}

/// An integer in its shortest LEB128 form, at most 64 bits.
fn leb128(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value: u128 = 0;
    for place in 0..10 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u128::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            let shortest = byte != 0 || place == 0;
            return u64::try_from(value).ok().filter(|_| shortest);
        }
    }
    None
}

fn code(bytes: &[u8], at: &mut usize) -> Option<Code> {
    let stated = leb128(bytes, at)?;
    match stated {
        0..=63 => Some((stated as u8, 0)),
        64..=127 => Some((
            stated as u8 - 64,
            leb128(bytes, at).filter(|base| *base > 0)?,
        )),
        _ => None,
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn next(&mut self) -> Option<u64> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    fn number(&mut self, width: u32) -> Option<u64> {
        (0..width).try_fold(0, |value, _| Some(value << 1 | self.next()?))
    }

    fn integer(&mut self, (k, base): Code) -> Option<u64> {
        let mut quotient = 0;
        while quotient < 32 && self.next()? == 1 {
            quotient += 1;
        }
        let v = if quotient < 32 {
            quotient << k | self.number(k.into())?
        } else {
            self.number(64).filter(|v| v >> k >= 32)?
        };
        v.checked_add(base)
    }
}
