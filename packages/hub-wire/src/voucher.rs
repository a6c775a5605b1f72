use crate::error::DecodeError;
use crate::ids::SessionId;
use crate::varint::{Reader, Writer};
use crate::VERSION;

/// Ceiling that a caller signs for one session: `0x01 ‖ session ‖ ceiling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Session it is for.
    pub session: SessionId,
    /// Most that may be charged over the session's whole life, in the session's denom.
    pub ceiling: u128,
}

impl Voucher {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.byte(VERSION);
        writer.u64(self.session.into());
        writer.u128(self.ceiling);
        writer.finish()
    }

    /// The voucher that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let voucher = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(voucher)
    }

    fn read(reader: &mut Reader) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        Ok(Self {
            session: reader.u64()?.into(),
            ceiling: reader.u128()?,
        })
    }
}

/// A voucher as messages carry it: its canonical bytes, then the 64 bytes of the caller's signature over
/// [`voucher_digest`](crate::voucher_digest) of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedVoucher {
    /// What the caller agrees to.
    pub voucher: Voucher,
    /// Compact low-s ECDSA, or ed25519.
    pub signature: [u8; 64],
}

impl SignedVoucher {
    /// The bytes: `0x01 ‖ session ‖ ceiling ‖ signature`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.voucher.encode();
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    /// The signed voucher that these bytes are the encoding of; the signature is not checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let signed = Self {
            voucher: Voucher::read(&mut reader)?,
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(signed)
    }
}
