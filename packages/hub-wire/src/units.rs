use crate::error::DecodeError;
use crate::varint::{Reader, Writer};

/// What a price counts besides the call itself: tokens, pixels or seconds, as the model defines them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Units {
    /// Input units, as the model's metering counts them.
    pub input: u64,
    /// Output units, as the model's metering counts them.
    pub output: u64,
}

impl Units {
    /// The units `input` and `output`.
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, output }
    }

    /// The sum, or `None` where either component leaves u64.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            input: self.input.checked_add(other.input)?,
            output: self.output.checked_add(other.output)?,
        })
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.u64(self.input);
        writer.u64(self.output);
    }

    #[inline]
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            input: reader.u64()?,
            output: reader.u64()?,
        })
    }
}
