//! Strict reading of CBOR: one value has one encoding.

use ciborium_ll::{simple, Decoder, Header};

use crate::error::CborError;

/// Reads items one by one: definite lengths, shortest forms, exact types. Strings are parts of the input: a length that
/// a document states reserves nothing.
pub struct Reader<'a> {
    input: &'a [u8],
    position: usize,
}

/// How many entries a map has.
#[derive(Clone, Copy)]
pub enum Entries {
    /// So many are left.
    Left(u64),
    /// As many as there are before a break.
    UntilBreak,
}

impl<'a> Reader<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, position: 0 }
    }

    /// Offset of the next item.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The bytes from `start` to the next item.
    pub fn since(&self, start: usize) -> &'a [u8] {
        let read = self.input.get(start..self.position);
        read.unwrap_or_default()
    }

    pub fn uint(&mut self) -> Result<u64, CborError> {
        self.definite("an integer", |head| match head {
            Header::Positive(value) => Some(Some(value)),
            _ => None,
        })
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        self.string("a byte string", |head| match head {
            Header::Bytes(length) => Some(length),
            _ => None,
        })
    }

    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let at = self.position;
        let expected = "a text";
        let bytes = self.string(expected, |head| match head {
            Header::Text(length) => Some(length),
            _ => None,
        })?;
        std::str::from_utf8(bytes).map_err(|_| CborError::Unexpected { at, expected })
    }

    /// A byte string, or null.
    pub fn optional_bytes(&mut self) -> Result<Option<&'a [u8]>, CborError> {
        match self.head() {
            // Null in two bytes is none.
            Some((Header::Simple(simple::NULL), 1)) => {
                self.skip(1);
                Ok(None)
            }
            _ => self.bytes().map(Some),
        }
    }

    /// How many items follow.
    pub fn array(&mut self) -> Result<u64, CborError> {
        self.definite("an array", |head| match head {
            Header::Array(count) => Some(count.map(wide)),
            _ => None,
        })
    }

    /// How many pairs follow.
    pub fn map(&mut self) -> Result<u64, CborError> {
        self.definite(MAP, pairs)
    }

    /// How many pairs follow, in a map whose length need not be definite.
    pub fn map_of_any_length(&mut self) -> Result<Entries, CborError> {
        let count = self.number(MAP, pairs)?;
        Ok(count.map_or(Entries::UntilBreak, Entries::Left))
    }

    /// Whether another pair of the map follows.
    pub fn next_entry(&mut self, entries: &mut Entries) -> bool {
        match entries {
            Entries::Left(left) => match left.checked_sub(1) {
                Some(rest) => {
                    *left = rest;
                    true
                }
                None => false,
            },
            Entries::UntilBreak => match self.head() {
                Some((Header::Break, length)) => {
                    self.skip(length);
                    false
                }
                _ => true,
            },
        }
    }

    /// Nothing may follow.
    pub fn finish(self) -> Result<(), CborError> {
        let at = self.position;
        match self.input.len().saturating_sub(at) {
            0 => Ok(()),
            count => Err(CborError::Trailing { at, count }),
        }
    }

    /// The head of the next item, and its length, if there is a whole one.
    fn head(&self) -> Option<(Header, usize)> {
        let mut decoder = Decoder::from(self.input.get(self.position..)?);
        let head = decoder.pull().ok()?;
        Some((head, decoder.offset()))
    }

    fn skip(&mut self, length: usize) {
        self.position = self.position.saturating_add(length);
    }

    /// Reads a head, of which `stated` takes the number if it is of the expected type; an indefinite length is none.
    fn number(
        &mut self,
        expected: &'static str,
        stated: impl Fn(Header) -> Option<Option<u64>>,
    ) -> Result<Option<u64>, CborError> {
        let at = self.position;
        let head = self.head();
        let number = head.and_then(|(head, length)| Some((stated(head)?, length)));
        let (number, length) = number.ok_or(CborError::Unexpected { at, expected })?;
        if number.is_some_and(|number| length != shortest(number)) {
            return Err(CborError::NotShortest { at });
        }
        self.skip(length);
        Ok(number)
    }

    fn definite(
        &mut self,
        expected: &'static str,
        stated: impl Fn(Header) -> Option<Option<u64>>,
    ) -> Result<u64, CborError> {
        let at = self.position;
        self.number(expected, stated)?
            .ok_or(CborError::Indefinite { at })
    }

    fn string(
        &mut self,
        expected: &'static str,
        stated: impl Fn(Header) -> Option<Option<usize>>,
    ) -> Result<&'a [u8], CborError> {
        let at = self.position;
        let length = self.definite(expected, |head| Some(stated(head)?.map(wide)))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let rest = self.input.get(self.position..).unwrap_or_default();
        let bytes = rest.get(..length);
        let bytes = bytes.ok_or(CborError::Unexpected { at, expected })?;
        self.skip(length);
        Ok(bytes)
    }
}

const MAP: &str = "a map";

fn pairs(head: Header) -> Option<Option<u64>> {
    match head {
        Header::Map(count) => Some(count.map(wide)),
        _ => None,
    }
}

/// Length of the shortest head that states a number.
fn shortest(number: u64) -> usize {
    match number {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    }
}

/// Lengths are at most 64 bits wide on every machine that Rust knows.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
