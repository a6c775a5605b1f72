use crate::error::DecodeError;
use crate::hash::Hash;
use crate::ids::{AttesterId, ModelId, SessionId};
use crate::varint::{Reader, Writer};
use crate::VERSION;

/// What a caller signs for one call, so that nobody else spends its session: ids of sessions and settled vouchers are public
/// and prove nothing.
///
/// ```text
/// call = 0x01 ‖ attester ‖ session ‖ model ‖ request_id[16] ‖ expires_at ‖ request_hash[32]
/// ```
///
/// The key of the session signs it ([`call_digest`](crate::call_digest)). No contract reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Attester that is to serve the call; for any other it is void.
    pub attester: AttesterId,
    /// Session that pays. A key may belong to several.
    pub session: SessionId,
    /// Model that is called, which the body of a request need not name.
    pub model: ModelId,
    /// Names the call within its session: a repeat with this id is the same call and is paid once.
    pub request_id: [u8; 16],
    /// Unix seconds from which on the call is void.
    pub expires_at: u64,
    /// sha256 of the request's body as it is sent.
    pub request_hash: Hash,
}

impl Call {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(88);
        writer.byte(VERSION);
        writer.u64(self.attester.into());
        writer.u64(self.session.into());
        writer.u64(self.model.into());
        writer.raw(&self.request_id);
        writer.u64(self.expires_at);
        writer.raw(&self.request_hash);
        writer.finish()
    }

    /// The call that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let call = Self {
            attester: reader.u64()?.into(),
            session: reader.u64()?.into(),
            model: reader.u64()?.into(),
            request_id: reader.array()?,
            expires_at: reader.u64()?,
            request_hash: reader.array()?,
        };
        reader.finish()?;
        Ok(call)
    }
}
