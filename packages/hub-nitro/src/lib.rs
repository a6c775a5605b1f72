//! Verifies attestation documents of
//! [AWS Nitro Enclaves](https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html).
//!
//! A document says: an enclave whose image has these hashes (PCR0, PCR1, PCR2) was given this document at this time,
//! and asked for this key to stand in it. It is a COSE_Sign1 envelope, signed with a leaf certificate whose chain ends
//! in a root that the verifier trusts by hash.
//!
//! - [`verify`]: everything, in the order that keeps a bad document cheap;
//! - [`Document`]: the same in two steps, for callers who look for no key of their own;
//! - [`Remembered`]: certificates verified before, whose signatures are not computed again;
//! - [`Error`]: one variant for every defect.
//!
//! Pure values: no storage, no chain, no clock. Nothing panics, whatever the bytes. All signatures are ECDSA over P-384
//! with SHA-384, the only kind that AWS uses here; each costs about a hundred times everything else together, so they
//! come last.

#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

mod cbor;
mod certificate;
mod chain;
mod document;
mod envelope;
mod error;
mod hash;
mod payload;
mod signature;

pub use chain::{Learned, Remembered, Root};
pub use document::{verify, Attestation, Document};
pub use error::{CborError, Error, Place};
pub use hash::Hash;
pub use payload::Pcr;

/// Longest document that is looked at, in bytes. Real ones have about 4 600; the three fields that an enclave fills
/// can add 3 072.
pub const MAX_DOCUMENT: usize = 8_192;
/// Longest certificate, in bytes, by AWS's specification.
pub const MAX_CERTIFICATE: usize = 1_024;
/// Longest `public_key`, `user_data` or `nonce`, in bytes, by AWS's specification.
pub const MAX_FIELD: usize = 1_024;
/// Longest `module_id`, in bytes. Real ones have 39.
pub const MAX_MODULE_ID: usize = 128;
/// Most certificates in `cabundle`. Real ones have 4: root, region, zone, instance.
pub const MAX_BUNDLE: usize = 8;
/// Oldest document that is accepted, in seconds.
pub const MAX_AGE_SECONDS: u64 = 300;
/// How far a document may be ahead of the verifier's clock, in seconds.
pub const MAX_AHEAD_SECONDS: u64 = 60;
