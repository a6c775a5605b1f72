//! Strict unsigned LEB128 (the DWARF encoding: 7 bits a byte, least significant first, the high bit set on all bytes
//! but the last), in its shortest form only, so that one integer has one encoding.
//!
//! Used by everything that is signed, and by the packed records the contracts keep.

use crate::error::DecodeError;

/// Appends values to a byte string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty byte string.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty byte string with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    /// Appends one byte as it is.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Appends an integer: 1 to 10 bytes.
    pub fn u64(&mut self, value: u64) {
        let mut rest = value;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                self.bytes.push(low & 0x7f);
                return;
            }
            self.bytes.push(low | 0x80);
        }
    }

    /// Appends an integer: 1 to 19 bytes.
    pub fn u128(&mut self, value: u128) {
        let mut rest = value;
        loop {
            let [low, ..] = rest.to_le_bytes();
            rest >>= 7;
            if rest == 0 {
                self.bytes.push(low & 0x7f);
                return;
            }
            self.bytes.push(low | 0x80);
        }
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends the length of the bytes as an integer, then the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        // usize is at most 64 bits wide on every target of this crate: the cast widens.
        self.u64(bytes.len() as u64);
        self.raw(bytes);
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes values off the front of a byte string. After an error the place of the reader is not defined.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Length of the whole, to tell offsets.
    length: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the first of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            length: bytes.len(),
        }
    }

    /// Offset of the next byte, from 0.
    #[inline]
    pub fn offset(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    /// Bytes not yet read.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next byte as it is.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next integer, at most u64.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        // One and two bytes are nearly all there is.
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(a.into())
            }
            [a, b, ref rest @ ..] if b < 0x80 && b != 0 => {
                self.rest = rest;
                Ok(u64::from(a & 0x7f) | (u64::from(b) << 7))
            }
            _ => self.long_u64(),
        }
    }

    fn long_u64(&mut self) -> Result<u64, DecodeError> {
        let at = self.offset();
        let mut value: u64 = 0;
        let mut shift: u32 = 0;
        let mut rest = self.rest;
        loop {
            let (byte, behind) = rest.split_first().ok_or(DecodeError::Truncated { at })?;
            rest = behind;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit; an eleventh for none.
            if shift > 63 || (shift == 63 && bits > 1) {
                return Err(DecodeError::TooLarge { at, bits: 64 });
            }
            value |= bits << shift;
            if *byte < 0x80 {
                if *byte == 0 && shift != 0 {
                    return Err(DecodeError::Overlong { at });
                }
                self.rest = rest;
                return Ok(value);
            }
            shift = shift.saturating_add(7);
        }
    }

    /// The next integer, at most u128.
    pub fn u128(&mut self) -> Result<u128, DecodeError> {
        let at = self.offset();
        let mut value: u128 = 0;
        let mut shift: u32 = 0;
        let mut rest = self.rest;
        loop {
            let (byte, behind) = rest.split_first().ok_or(DecodeError::Truncated { at })?;
            rest = behind;
            let bits = u128::from(byte & 0x7f);
            // The nineteenth byte has room for two bits; a twentieth for none.
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(DecodeError::TooLarge { at, bits: 128 });
            }
            value |= bits << shift;
            if *byte < 0x80 {
                if *byte == 0 && shift != 0 {
                    return Err(DecodeError::Overlong { at });
                }
                self.rest = rest;
                return Ok(value);
            }
            shift = shift.saturating_add(7);
        }
    }

    /// The next `N` bytes as they are.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (first, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(*first)
    }

    /// The next byte string: its length as an integer, then the bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.u64()?;
        let length = usize::try_from(length).map_err(|_| self.truncated())?;
        self.raw(length)
    }

    /// The end: refuses bytes not read.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing {
                at: self.offset(),
                count,
            }),
        }
    }

    /// The first byte of an encoding, which must be this one.
    pub(crate) fn version(&mut self, expected: u8) -> Result<(), DecodeError> {
        let at = self.offset();
        match self.byte()? {
            found if found == expected => Ok(()),
            found => Err(DecodeError::UnknownVersion {
                at,
                found,
                expected,
            }),
        }
    }

    /// All bytes not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `length` bytes as they are.
    pub(crate) fn raw(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (first, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(first)
    }

    fn truncated(&self) -> DecodeError {
        DecodeError::Truncated { at: self.offset() }
    }
}
