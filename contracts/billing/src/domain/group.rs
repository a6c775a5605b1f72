//! What is decided as one.

use hub_types::ids::{ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::wire::{BlobId, Work};

/// Consecutive receipts of one session, model, release and terms that an attester signed.
pub struct Group<'a> {
    pub session: SessionId,
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
    /// Blob that the receipt names, where it names one.
    pub blob_id: Option<BlobId>,
    /// Time of the oldest receipt, unix seconds.
    pub oldest: u64,
    /// Time of the newest receipt, unix seconds.
    pub newest: u64,
    /// Number of the first receipt in the attester's lane.
    pub sequence: u64,
    /// Number after the last receipt.
    pub end: u64,
    /// What the receipts state.
    pub work: &'a Work,
}

impl Group<'_> {
    /// Whether its receipts are charged as one sum, which cannot be divided.
    pub fn is_netted(&self) -> bool {
        matches!(self.work, Work::Netted { .. })
    }
}
