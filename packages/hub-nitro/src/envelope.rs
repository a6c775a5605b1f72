//! The COSE_Sign1 envelope ([RFC 9052 section 4.2](https://www.rfc-editor.org/rfc/rfc9052#section-4.2)).

use crate::cbor::Reader;
use crate::error::{CborError, Error};
use crate::hash::sha384;

/// `{1: -35}`: the algorithm is ES384.
const PROTECTED: [u8; 4] = [0xa1, 0x01, 0x38, 0x22];

/// What stands before the payload in the bytes that are signed: an array of four, the text `Signature1`, the protected
/// header, and no external data.
const SIGNED_PREFIX: &[u8] = b"\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40";

/// An envelope whose signature nobody has verified.
pub struct Envelope<'a> {
    /// What is signed.
    pub payload: &'a [u8],
    /// The same with the head of its byte string, as it is signed.
    payload_item: &'a [u8],
    /// r and s.
    pub signature: [u8; 96],
}

impl<'a> Envelope<'a> {
    /// Reads an envelope without a tag, as the Nitro hypervisor writes it.
    pub fn parse(document: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(document);
        if reader.array().map_err(Error::Envelope)? != 4 {
            return Err(Error::Envelope(CborError::Unexpected {
                at: 0,
                expected: "an array of four",
            }));
        }
        if reader.bytes().map_err(Error::Envelope)? != PROTECTED {
            return Err(Error::ProtectedHeader);
        }
        if reader.map().map_err(Error::Envelope)? != 0 {
            return Err(Error::UnprotectedHeader);
        }
        let start = reader.position();
        let payload = reader.bytes().map_err(Error::Envelope)?;
        let payload_item = reader.since(start);
        let signature = reader.bytes().map_err(Error::Envelope)?;
        reader.finish().map_err(Error::Envelope)?;
        let signature = signature.try_into().map_err(|_| Error::SignatureLength {
            length: signature.len(),
        })?;
        Ok(Self {
            payload,
            payload_item,
            signature,
        })
    }

    /// The hash that the leaf signs. Strict reading leaves one encoding, so the bytes are those of the document.
    pub fn signed_hash(&self) -> [u8; 48] {
        sha384(&[SIGNED_PREFIX, self.payload_item])
    }
}
