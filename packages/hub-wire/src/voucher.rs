use crate::error::DecodeError;
use crate::varint::{Reader, Writer};
use crate::VERSION;

/// Ceiling that a caller signs for one session: `0x01 ‖ session ‖ ceiling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Session it is for.
    pub session: u64,
    /// Most that may be charged over the session's whole life, in the session's denom.
    pub ceiling: u128,
}

impl Voucher {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.byte(VERSION);
        writer.u64(self.session);
        writer.u128(self.ceiling);
        writer.finish()
    }

    /// The voucher that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let voucher = Self {
            session: reader.u64()?,
            ceiling: reader.u128()?,
        };
        reader.finish()?;
        Ok(voucher)
    }
}
