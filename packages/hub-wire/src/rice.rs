//! Rice codes: the bits in which an itemised group states its units.
//!
//! An integer u is coded as v = u − base. The quotient v >> k is written as that many one bits and a zero, then the k
//! low bits of v, most significant first. From a quotient of 32 on, 32 one bits and the 64 bits of v stand instead.
//! Under one base and one k every integer has one form.

use crate::error::DecodeError;
use crate::varint::{Reader, Writer};

/// From this quotient on, an integer is written in full.
const ESCAPE: u32 = 32;

/// Bits of an integer that is written in full.
const ESCAPED_BITS: u64 = 96;

/// Added to the parameter where a base follows it.
const WITH_BASE: u64 = 64;

/// How the integers of one column are coded: a parameter `k` of 0 to 63, and a base that all of them reach.
///
/// ```text
/// code = k                          0 to 63: the base is 0
///      | 64 + k ‖ base              base from 1
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiceCode {
    base: u64,
    k: u8,
}

impl RiceCode {
    /// The code of base `base` and parameter `k`; none for a `k` above 63.
    pub const fn new(base: u64, k: u8) -> Option<Self> {
        match k {
            0..=63 => Some(Self { base, k }),
            _ => None,
        }
    }

    /// Least integer that it can state.
    pub const fn base(self) -> u64 {
        self.base
    }

    /// How many low bits are written as they are: 0 to 63.
    pub const fn parameter(self) -> u8 {
        self.k
    }

    /// The code in which these integers take the fewest bits, those of the code included. Tried are no base and the least integer
    /// as base; of equals, no base comes first, then the smaller parameter.
    pub fn shortest<I: Iterator<Item = u64> + Clone>(integers: I) -> Self {
        let (plain, bits) = Self::shortest_from(0, integers.clone());
        let least = integers.clone().min().unwrap_or_default();
        if least == 0 {
            return plain;
        }
        let (based, bits_from_base) = Self::shortest_from(least, integers);
        let mut base = Writer::new();
        base.u64(least);
        let bits_of_base = (base.finish().len() as u64).saturating_mul(8);
        if bits_from_base.saturating_add(bits_of_base) < bits {
            based
        } else {
            plain
        }
    }

    /// The best parameter for a base, and the bits that the integers take with it.
    fn shortest_from<I: Iterator<Item = u64> + Clone>(base: u64, integers: I) -> (Self, u64) {
        let count = integers.clone().count() as u64;
        let mut best = (Self { base, k: 0 }, u64::MAX);
        for k in 0..=63 {
            // No integer takes less than k + 1 bits, so no larger parameter can be better than this.
            if count.saturating_mul(u64::from(k).saturating_add(1)) >= best.1 {
                break;
            }
            let code = Self { base, k };
            let bits = integers.clone().fold(0, |sum: u64, integer| {
                sum.saturating_add(code.bits(integer.saturating_sub(base)))
            });
            if bits < best.1 {
                best = (code, bits);
            }
        }
        best
    }

    /// Bits of an integer, from the base.
    fn bits(self, from_base: u64) -> u64 {
        match from_base.wrapping_shr(self.k.into()) {
            quotient if quotient < u64::from(ESCAPE) => {
                quotient.saturating_add(1).saturating_add(self.k.into())
            }
            _ => ESCAPED_BITS,
        }
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        let k = u64::from(self.k);
        match self.base {
            0 => writer.u64(k),
            base => {
                writer.u64(k.saturating_add(WITH_BASE));
                writer.u64(base);
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.offset();
        let found = reader.u64()?;
        let [k, ..] = (found & 63).to_le_bytes();
        match found {
            0..=63 => Ok(Self { base: 0, k }),
            64..=127 => match reader.u64()? {
                0 => Err(DecodeError::NeedlessBase { at }),
                base => Ok(Self { base, k }),
            },
            _ => Err(DecodeError::UnknownCode { at, found }),
        }
    }
}

/// Appends coded integers, first bit highest.
#[derive(Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not yet in `bytes`, from the highest down.
    word: u64,
    /// How many: 0 to 63.
    held: u32,
}

impl BitWriter {
    /// Appends an integer; none if it lies below the base.
    pub fn integer(&mut self, code: RiceCode, integer: u64) -> Option<()> {
        let from_base = integer.checked_sub(code.base)?;
        let k = u32::from(code.k);
        match u32::try_from(from_base.wrapping_shr(k)) {
            Ok(quotient) if quotient < ESCAPE => {
                let ones = 1_u64.wrapping_shl(quotient).wrapping_sub(1);
                self.bits(ones.wrapping_shl(1), quotient.saturating_add(1));
                self.bits(from_base & low_bits(k), k);
            }
            _ => {
                self.bits(low_bits(ESCAPE), ESCAPE);
                self.bits(from_base, 64);
            }
        }
        Some(())
    }

    /// Appends the `width` low bits of `value`, in which no other bit is set.
    fn bits(&mut self, value: u64, width: u32) {
        let room = 64_u32.saturating_sub(self.held);
        match width.checked_sub(room) {
            None => {
                let up = room.saturating_sub(width);
                self.word |= value.checked_shl(up).unwrap_or(0);
                self.held = self.held.saturating_add(width);
            }
            Some(over) => {
                self.word |= value.checked_shr(over).unwrap_or(0);
                self.bytes.extend_from_slice(&self.word.to_be_bytes());
                self.word = value
                    .checked_shl(64_u32.saturating_sub(over))
                    .unwrap_or_default();
                self.held = over;
            }
        }
    }

    /// What was written, with zero bits up to the byte.
    pub fn finish(mut self) -> Vec<u8> {
        let last = self.word.to_be_bytes();
        let used = self.held.div_ceil(8) as usize;
        self.bytes
            .extend_from_slice(last.get(..used).unwrap_or(&last));
        self.bytes
    }
}

const fn low_bits(count: u32) -> u64 {
    1_u64.wrapping_shl(count).wrapping_sub(1)
}

/// Why bits are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The bits end inside an integer.
    Truncated,
    /// An integer is written in full, and its quotient is below 32.
    NeedlessEscape,
    /// The base and what is added to it exceed 64 bits.
    TooLarge,
    /// A bit is set between the last integer and the end of its byte.
    Padding,
}

/// A fault, and the byte in which what is refused starts.
pub(crate) type Refused = (Fault, usize);

/// Takes coded integers off the front of bytes. After an error the place of the reader is not defined.
///
/// Receipts are read in pairs from a word of bits: in Wasm a branch costs as much gas as fourteen other operations.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    /// The next bits, from the highest down. Below those that are held stand zeros or the bits that follow.
    word: u64,
    /// How many bits of `word` are taken from the bytes: 0 to 63.
    held: u32,
    rest: &'a [u8],
    /// Length of the whole, to tell places.
    length: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            word: 0,
            held: 0,
            rest: bytes,
            length: bytes.len(),
        }
    }

    /// The next two integers, each under its code.
    #[inline]
    pub fn pair(&mut self, first: RiceCode, second: RiceCode) -> Result<(u64, u64), Refused> {
        self.refill();
        let (one, rest) = Integer::split(self.word, first);
        let (two, rest) = Integer::split(rest, second);
        let width = one.width.wrapping_add(two.width);
        if (width <= self.held) & one.is_sound & two.is_sound {
            self.word = rest;
            self.held = self.held.wrapping_sub(width);
            return Ok((one.value, two.value));
        }
        self.one_by_one(first, second)
    }

    /// Two integers that do not fit a word together, or of which one is refused.
    #[cold]
    fn one_by_one(&mut self, first: RiceCode, second: RiceCode) -> Result<(u64, u64), Refused> {
        Ok((self.integer(first)?, self.integer(second)?))
    }

    /// The next integer.
    fn integer(&mut self, code: RiceCode) -> Result<u64, Refused> {
        self.refill();
        let (integer, rest) = Integer::split(self.word, code);
        if integer.width > self.held || !integer.is_sound {
            return self.long(code);
        }
        self.word = rest;
        self.held = self.held.wrapping_sub(integer.width);
        Ok(integer.value)
    }

    /// An integer of more bits than a word may hold, or one that is refused.
    fn long(&mut self, code: RiceCode) -> Result<u64, Refused> {
        let start = self.byte();
        let refused = |fault| (fault, start);
        let k = u32::from(code.k);
        let quotient = self.word.leading_ones();
        let from_base = if quotient < ESCAPE {
            self.bits(quotient.saturating_add(1)).map_err(refused)?;
            u64::from(quotient).wrapping_shl(k) | self.bits(k).map_err(refused)?
        } else {
            self.bits(ESCAPE).map_err(refused)?;
            let from_base = self.bits(64).map_err(refused)?;
            if from_base.wrapping_shr(k) < u64::from(ESCAPE) {
                return Err(refused(Fault::NeedlessEscape));
            }
            from_base
        };
        from_base
            .checked_add(code.base)
            .ok_or(refused(Fault::TooLarge))
    }

    /// The end: zero bits up to the byte. Gives how many bytes were read.
    pub fn finish(mut self) -> Result<usize, Refused> {
        let start = self.byte();
        let refused = |fault| (fault, start);
        if self.bits(self.held & 7).map_err(refused)? != 0 {
            return Err(refused(Fault::Padding));
        }
        Ok(self.byte())
    }

    /// The next `width` bits, at most 64, as a number.
    fn bits(&mut self, width: u32) -> Result<u64, Fault> {
        let first = width.min(32);
        if first > self.held {
            self.refill();
        }
        let held = self.held.checked_sub(first).ok_or(Fault::Truncated)?;
        let high = self
            .word
            .checked_shr(64_u32.saturating_sub(first))
            .unwrap_or(0);
        self.word = self.word.wrapping_shl(first);
        self.held = held;
        match width.saturating_sub(first) {
            0 => Ok(high),
            rest => Ok(high.wrapping_shl(rest) | self.bits(rest)?),
        }
    }

    /// Fills the word up to 56 bits or more, or with all that is left.
    #[inline]
    fn refill(&mut self) {
        let Some(chunk) = self.rest.first_chunk::<8>() else {
            return self.refill_with_the_last();
        };
        // What stands below the bits that are held is zero or, from the refill before, the same bits.
        self.word |= u64::from_be_bytes(*chunk).wrapping_shr(self.held);
        // As many whole bytes as there is room for, at most seven: the cast keeps them all.
        let taken = (63_u32.wrapping_sub(self.held).wrapping_shr(3) & 7) as usize;
        self.rest = self.rest.get(taken..).unwrap_or_default();
        self.held |= 56;
    }

    /// Takes from fewer than eight bytes.
    #[cold]
    fn refill_with_the_last(&mut self) {
        while let (true, [byte, rest @ ..]) = (self.held <= 56, self.rest) {
            let place = 56_u32.saturating_sub(self.held);
            self.word |= u64::from(*byte).wrapping_shl(place);
            self.held = self.held.saturating_add(8);
            self.rest = rest;
        }
    }

    /// Byte of the next bit.
    fn byte(&self) -> usize {
        let bytes_held = self.held.div_ceil(8) as usize;
        let read = self.length.saturating_sub(self.rest.len());
        read.saturating_sub(bytes_held)
    }
}

/// An integer as it would be if a word began with it.
struct Integer {
    value: u64,
    /// Bits that it takes.
    width: u32,
    /// Whether it is not written in full and fits 64 bits with its base.
    is_sound: bool,
}

impl Integer {
    /// The integer, and the word after it. Both mean nothing where it is wider than the word or not sound.
    #[inline]
    fn split(word: u64, code: RiceCode) -> (Self, u64) {
        let k = u32::from(code.k);
        let quotient = word.leading_ones();
        let low_and_rest = word.wrapping_shl(quotient.wrapping_add(1));
        // In two steps, since k may be 0.
        let low = low_and_rest
            .wrapping_shr(63_u32.wrapping_sub(k))
            .wrapping_shr(1);
        let from_base = u64::from(quotient).wrapping_shl(k) | low;
        let (value, overflows) = from_base.overflowing_add(code.base);
        let integer = Self {
            value,
            width: quotient.wrapping_add(k).wrapping_add(1),
            is_sound: (quotient < ESCAPE) & !overflows,
        };
        (integer, low_and_rest.wrapping_shl(k))
    }
}
