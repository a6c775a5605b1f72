//! The 32-byte digests that are signed or committed to, each bound to one purpose, one chain and one contract.

use crate::hash::{sha256, Hash};
use crate::varint::Writer;
use hub_walrus::BlobId;

/// What a signature or commitment is for. None can be taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A batch, signed by an attester, for billing.
    Batch,
    /// A single receipt, signed by an attester, for billing.
    Receipt,
    /// A voucher, signed by a caller, for billing.
    Voucher,
    /// The possession of an attester's key, for billing.
    Attester,
    /// The commitment to a blob id, for the registry.
    Commit,
    /// One call, signed by a caller, for an attester. No contract reads it.
    Call,
    /// An answer, signed by an attester, for its caller. No contract reads it.
    Answer,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Batch,
        Self::Receipt,
        Self::Voucher,
        Self::Attester,
        Self::Commit,
        Self::Call,
        Self::Answer,
    ];

    /// Its name in the domain tag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Receipt => "receipt",
            Self::Voucher => "voucher",
            Self::Attester => "attester",
            Self::Commit => "commit",
            Self::Call => "call",
            Self::Answer => "answer",
        }
    }
}

/// One contract on one chain: where a signature counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain<'a> {
    /// Chain id, as in the block header.
    pub chain_id: &'a str,
    /// Canonical address: the registry for [`Purpose::Commit`], billing for the rest.
    pub contract: &'a [u8],
}

impl Domain<'_> {
    /// The tag of one purpose here: sha256("hub/<purpose>/v1" ‖ len ‖ chain id ‖ len ‖ contract), lengths as varints.
    pub fn tag(&self, purpose: Purpose) -> Hash {
        let mut writer = Writer::new();
        writer.raw(b"hub/");
        writer.raw(purpose.name().as_bytes());
        writer.raw(b"/v1");
        writer.bytes(self.chain_id.as_bytes());
        writer.bytes(self.contract);
        sha256(&[&writer.finish()])
    }
}

/// The tag that binds a digest to a purpose, a chain and a contract (canonical address). Computed, never sent.
pub fn domain_tag(purpose: Purpose, chain_id: &str, contract: &[u8]) -> Hash {
    Domain { chain_id, contract }.tag(purpose)
}

/// What an attester signs for a batch: sha256(tag ‖ sha256(batch)).
pub fn batch_digest(tag: &Hash, batch_bytes: &[u8]) -> Hash {
    sha256(&[tag, &sha256(&[batch_bytes])])
}

/// What an attester signs for a single receipt at a place in its lane:
/// sha256(tag ‖ sha256(receipt) ‖ sequence as 8 big-endian bytes).
pub fn receipt_digest(tag: &Hash, receipt_bytes: &[u8], sequence: u64) -> Hash {
    sha256(&[tag, &sha256(&[receipt_bytes]), &sequence.to_be_bytes()])
}

/// What a caller signs for a voucher: sha256(tag ‖ sha256(voucher)).
pub fn voucher_digest(tag: &Hash, voucher_bytes: &[u8]) -> Hash {
    sha256(&[tag, &sha256(&[voucher_bytes])])
}

/// What an attester's key signs at its registration: sha256(tag ‖ sha256(possession)).
pub fn possession_digest(tag: &Hash, possession_bytes: &[u8]) -> Hash {
    sha256(&[tag, &sha256(&[possession_bytes])])
}

/// What a caller signs for one call: sha256(tag ‖ sha256(call)), see [`Call`](crate::Call).
pub fn call_digest(tag: &Hash, call_bytes: &[u8]) -> Hash {
    sha256(&[tag, &sha256(&[call_bytes])])
}

/// What an attester signs beside an answer: sha256(tag ‖ sha256(answer)), see [`answer_bytes`](crate::answer_bytes).
pub fn answer_digest(tag: &Hash, answer_bytes: &[u8]) -> Hash {
    sha256(&[tag, &sha256(&[answer_bytes])])
}

/// Names a verifier (canonical address) and what it found:
/// sha256("hub/measurement/v1" ‖ len ‖ verifier ‖ digest), the length as varint. The same on every chain that spells the
/// verifier's address with the same bytes.
pub fn measurement(verifier: &[u8], digest: &Hash) -> Hash {
    let mut writer = Writer::new();
    writer.raw(b"hub/measurement/v1");
    writer.bytes(verifier);
    sha256(&[&writer.finish(), digest])
}

/// Commitment to a blob id before its publication: sha256(tag ‖ len ‖ sender ‖ blob id ‖ salt), the sender as
/// canonical address with its length as varint.
pub fn commit_hash(tag: &Hash, sender: &[u8], blob_id: &BlobId, salt: &[u8; 32]) -> Hash {
    let mut writer = Writer::new();
    writer.bytes(sender);
    sha256(&[tag, &writer.finish(), blob_id.as_bytes(), salt])
}
