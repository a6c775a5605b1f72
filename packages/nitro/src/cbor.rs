//! Strict reading of CBOR: one value has one encoding.

use minicbor::data::Type;
use minicbor::Decoder;

use crate::error::CborError;

/// Reads items one by one: definite lengths, shortest forms, exact types.
pub struct Reader<'a> {
    decoder: Decoder<'a>,
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
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            decoder: Decoder::new(bytes),
        }
    }

    /// Offset of the next item.
    pub fn position(&self) -> usize {
        self.decoder.position()
    }

    /// The bytes from `start` to the next item.
    pub fn since(&self, start: usize) -> &'a [u8] {
        let read = self.decoder.input().get(start..self.position());
        read.unwrap_or_default()
    }

    pub fn uint(&mut self) -> Result<u64, CborError> {
        let at = self.position();
        let value = self.decoder.u64().map_err(unexpected(at, "an integer"))?;
        self.check_shortest(at, value, 0)?;
        Ok(value)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let at = self.position();
        self.check_definite(Type::BytesIndef)?;
        let bytes = self.decoder.bytes();
        let bytes = bytes.map_err(unexpected(at, "a byte string"))?;
        self.check_shortest(at, length(bytes), bytes.len())?;
        Ok(bytes)
    }

    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let at = self.position();
        self.check_definite(Type::StringIndef)?;
        let text = self.decoder.str().map_err(unexpected(at, "a text"))?;
        self.check_shortest(at, length(text.as_bytes()), text.len())?;
        Ok(text)
    }

    /// A byte string, or null.
    pub fn optional_bytes(&mut self) -> Result<Option<&'a [u8]>, CborError> {
        match self.decoder.datatype() {
            Ok(Type::Null) => {
                let at = self.position();
                let null = self.decoder.null();
                null.map(|()| None).map_err(unexpected(at, "null"))
            }
            _ => self.bytes().map(Some),
        }
    }

    /// How many items follow.
    pub fn array(&mut self) -> Result<u64, CborError> {
        let at = self.position();
        let count = self.decoder.array().map_err(unexpected(at, "an array"))?;
        let count = count.ok_or(CborError::Indefinite { at })?;
        self.check_shortest(at, count, 0)?;
        Ok(count)
    }

    /// How many pairs follow.
    pub fn map(&mut self) -> Result<u64, CborError> {
        let at = self.position();
        match self.map_of_any_length()? {
            Entries::Left(count) => Ok(count),
            Entries::UntilBreak => Err(CborError::Indefinite { at }),
        }
    }

    /// How many pairs follow, in a map whose length need not be definite.
    pub fn map_of_any_length(&mut self) -> Result<Entries, CborError> {
        let at = self.position();
        match self.decoder.map().map_err(unexpected(at, "a map"))? {
            Some(count) => {
                self.check_shortest(at, count, 0)?;
                Ok(Entries::Left(count))
            }
            None => Ok(Entries::UntilBreak),
        }
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
            Entries::UntilBreak => {
                let at_break = matches!(self.decoder.datatype(), Ok(Type::Break));
                if at_break {
                    let behind = self.position().saturating_add(1);
                    self.decoder.set_position(behind);
                }
                !at_break
            }
        }
    }

    /// Nothing may follow.
    pub fn finish(self) -> Result<(), CborError> {
        let at = self.position();
        match self.decoder.input().len().saturating_sub(at) {
            0 => Ok(()),
            count => Err(CborError::Trailing { at, count }),
        }
    }

    fn check_definite(&self, indefinite: Type) -> Result<(), CborError> {
        match self.decoder.datatype() {
            Ok(found) if found == indefinite => Err(CborError::Indefinite {
                at: self.position(),
            }),
            _ => Ok(()),
        }
    }

    /// What was read from `at` on is a head that states `number`, in its shortest form, and a body.
    fn check_shortest(&self, at: usize, number: u64, body: usize) -> Result<(), CborError> {
        let head: usize = match number {
            0..=23 => 1,
            24..=0xff => 2,
            0x100..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        };
        let expected = at.saturating_add(head).saturating_add(body);
        if self.position() == expected {
            Ok(())
        } else {
            Err(CborError::NotShortest { at })
        }
    }
}

fn unexpected(at: usize, expected: &'static str) -> impl Fn(minicbor::decode::Error) -> CborError {
    move |_| CborError::Unexpected { at, expected }
}

/// Lengths are at most 64 bits wide on every machine that Rust knows.
fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
