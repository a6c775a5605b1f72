#![doc = include_str!("../README.md")]
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
/// How far a document, or the start of a certificate's validity, may be ahead of the verifier's clock, in seconds.
pub const MAX_AHEAD_SECONDS: u64 = 60;
