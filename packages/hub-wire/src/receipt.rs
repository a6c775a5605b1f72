use crate::error::DecodeError;
use crate::hash::Hash;
use crate::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use crate::units::Units;
use crate::varint::{Reader, Writer};
use crate::VERSION;
use hub_walrus::BlobId;

/// Statement of an attester that one inference ran.
///
/// ```text
/// receipt = 0x01 ‖ attester ‖ session ‖ blob_id[32] ‖ model ‖ release ‖ terms ‖ request_id[16] ‖ issued_at
///           ‖ units_in ‖ units_out ‖ request_hash[32] ‖ response_hash[32]
/// ```
///
/// These bytes are the leaf that the batch's Merkle root commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Attester that states it.
    pub attester: AttesterId,
    /// Id of the session that pays.
    pub session: SessionId,
    /// The weights that ran.
    pub blob_id: BlobId,
    /// Model that was called.
    pub model: ModelId,
    /// Number of the release within its model.
    pub release: ReleaseNumber,
    /// Number of the terms within their model.
    pub terms: TermsNumber,
    /// The caller's own name for the request.
    pub request_id: [u8; 16],
    /// When the work of the call began, in unix seconds.
    pub issued_at: u64,
    /// What it took in and gave out.
    pub units: Units,
    /// sha256 of the request, by the attester's own convention.
    pub request_hash: Hash,
    /// sha256 of the response, by the attester's own convention.
    pub response_hash: Hash,
}

impl Receipt {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(160);
        writer.byte(VERSION);
        writer.u64(self.attester.into());
        writer.u64(self.session.into());
        writer.raw(self.blob_id.as_bytes());
        writer.u64(self.model.into());
        writer.u64(self.release.into());
        writer.u64(self.terms.into());
        writer.raw(&self.request_id);
        writer.u64(self.issued_at);
        self.units.write(&mut writer);
        writer.raw(&self.request_hash);
        writer.raw(&self.response_hash);
        writer.finish()
    }

    /// The receipt that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let receipt = Self {
            attester: reader.u64()?.into(),
            session: reader.u64()?.into(),
            blob_id: BlobId::from_bytes(reader.array()?),
            model: reader.u64()?.into(),
            release: reader.u64()?.into(),
            terms: reader.u64()?.into(),
            request_id: reader.array()?,
            issued_at: reader.u64()?,
            units: Units::read(&mut reader)?,
            request_hash: reader.array()?,
            response_hash: reader.array()?,
        };
        reader.finish()?;
        Ok(receipt)
    }
}
