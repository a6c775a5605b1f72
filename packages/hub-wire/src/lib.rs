#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

mod answer;
mod batch;
#[cfg(feature = "signing")]
mod builder;
mod call;
pub mod digest;
mod error;
mod hash;
pub mod ids;
mod items;
mod key;
pub mod merkle;
mod possession;
mod receipt;
mod rice;
mod rules;
mod signature;
#[cfg(feature = "signing")]
pub mod signing;
mod units;
pub mod varint;
mod voucher;

pub use answer::answer_bytes;
pub use batch::{Batch, Group, Mode, Work};
#[cfg(feature = "signing")]
pub use builder::{BatchBuilder, BuildError};
pub use call::Call;
pub use digest::{
    answer_digest, batch_digest, call_digest, commit_hash, domain_tag, measurement,
    possession_digest, receipt_digest, voucher_digest, Domain, Purpose,
};
pub use error::{DecodeError, EncodeError};
pub use hash::{sha256, Hash};
pub use hub_walrus::BlobId;
pub use ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber, SessionId, TermsNumber};
pub use items::{Items, ItemsIter};
pub use key::{KeyError, KeyType, PublicKey};
pub use possession::possession_bytes;
pub use receipt::Receipt;
pub use rice::RiceCode;
pub use rules::{BatchRule, MAX_GROUP_COUNT};
pub use signature::is_low_s;
#[cfg(feature = "signing")]
pub use signing::{verify_digest, SigningKey};
pub use units::Units;
pub use voucher::{SignedVoucher, Voucher};

/// First byte of a receipt, a voucher and a possession.
pub const VERSION: u8 = 0x01;

/// First byte of a batch. Version 1 wrote units as LEB128; nothing reads it any more.
pub const BATCH_VERSION: u8 = 0x02;
