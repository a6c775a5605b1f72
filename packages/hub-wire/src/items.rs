use crate::error::DecodeError;
use crate::rice::{BitReader, BitWriter, Fault, Refused, RiceCode};
use crate::units::Units;
use crate::varint::{Reader, Writer};
use std::fmt;
use std::iter::FusedIterator;

/// The units of every receipt of an itemised group, in order, as the bits that stand on the wire: a few bits a
/// receipt, read on the way. Group of ten thousand or not, nothing else is kept in memory.
///
/// ```
/// # use hub_wire::{Items, Units};
/// let items = Items::from([Units::new(1_000, 20), Units::new(1_003, 35)]);
/// assert_eq!(items.iter().map(|units| units.output).sum::<u64>(), 55);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Items {
    input: RiceCode,
    output: RiceCode,
    count: usize,
    /// `count` × (input ‖ output), zero bits up to the byte.
    bits: Vec<u8>,
}

impl Items {
    /// These units under these codes; none if one of them lies below the base of its code.
    pub fn coded(units: &[Units], input: RiceCode, output: RiceCode) -> Option<Self> {
        let mut writer = BitWriter::default();
        for units in units {
            writer.integer(input, units.input)?;
            writer.integer(output, units.output)?;
        }
        Some(Self {
            input,
            output,
            count: units.len(),
            bits: writer.finish(),
        })
    }

    /// How input units are coded.
    pub fn input_code(&self) -> RiceCode {
        self.input
    }

    /// How output units are coded.
    pub fn output_code(&self) -> RiceCode {
        self.output
    }

    /// Number of receipts.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none, as in no batch.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The units from the receipt at `place` on, from 0.
    pub fn iter_from(&self, place: usize) -> ItemsIter<'_> {
        let mut units = self.iter();
        if let Some(last_before) = place.checked_sub(1) {
            let _ = units.nth(last_before);
        }
        units
    }

    /// The units, in order.
    pub fn iter(&self) -> ItemsIter<'_> {
        ItemsIter {
            bits: BitReader::new(&self.bits),
            input: self.input,
            output: self.output,
            left: self.count,
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        self.input.write(writer);
        self.output.write(writer);
        writer.raw(&self.bits);
    }

    /// Reads codes and bits. The count is believed only as far as there are bits: each receipt has two or more.
    pub(crate) fn read(reader: &mut Reader<'_>, count: u16) -> Result<Self, DecodeError> {
        let input = RiceCode::read(reader)?;
        let output = RiceCode::read(reader)?;
        let start = reader.offset();
        let mut bits = BitReader::new(reader.rest());
        for _ in 0..count {
            bits.pair(input, output).map_err(refused(start))?;
        }
        let length = bits.finish().map_err(refused(start))?;
        Ok(Self {
            input,
            output,
            count: count.into(),
            bits: reader.raw(length)?.to_vec(),
        })
    }
}

/// The error for bits that start at byte `start`.
fn refused(start: usize) -> impl Fn(Refused) -> DecodeError {
    move |(fault, byte)| {
        let at = start.saturating_add(byte);
        match fault {
            Fault::Truncated => DecodeError::Truncated { at },
            Fault::NeedlessEscape => DecodeError::NeedlessEscape { at },
            Fault::TooLarge => DecodeError::TooLarge { at, bits: 64 },
            Fault::Padding => DecodeError::Padding { at },
        }
    }
}

impl From<&[Units]> for Items {
    /// These units in the codes that make them shortest ([`RiceCode::shortest`]).
    fn from(units: &[Units]) -> Self {
        let input = RiceCode::shortest(units.iter().map(|units| units.input));
        let output = RiceCode::shortest(units.iter().map(|units| units.output));
        Self::coded(units, input, output).unwrap_or(Self {
            // Not reached: the base of a shortest code is 0 or the least of its integers.
            input,
            output,
            count: 0,
            bits: vec![],
        })
    }
}

impl From<Vec<Units>> for Items {
    fn from(units: Vec<Units>) -> Self {
        units.as_slice().into()
    }
}

impl<const N: usize> From<[Units; N]> for Items {
    fn from(units: [Units; N]) -> Self {
        units.as_slice().into()
    }
}

impl FromIterator<Units> for Items {
    fn from_iter<I: IntoIterator<Item = Units>>(units: I) -> Self {
        units.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Items {
    type Item = Units;
    type IntoIter = ItemsIter<'a>;

    fn into_iter(self) -> ItemsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Items {
    /// Shows the codes and the units.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({:?}, {:?}, ", self.input, self.output)?;
        f.debug_list().entries(self).finish()?;
        f.write_str(")")
    }
}

/// Reads the units of a group one after the other.
#[derive(Clone, Debug)]
pub struct ItemsIter<'a> {
    bits: BitReader<'a>,
    input: RiceCode,
    output: RiceCode,
    left: usize,
}

impl Iterator for ItemsIter<'_> {
    type Item = Units;

    #[inline]
    fn next(&mut self) -> Option<Units> {
        self.left = self.left.checked_sub(1)?;
        // The bits were written by this crate or read once before, so they hold what was counted.
        let (input, output) = self.bits.pair(self.input, self.output).ok()?;
        Some(Units { input, output })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for ItemsIter<'_> {}
impl FusedIterator for ItemsIter<'_> {}
