#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

mod blob_id;
mod bls;
mod certificate;
mod code;
mod committee;
mod confirmation;
mod error;
pub mod merkle;
mod quilt_patch;
mod signers;
mod slivers;
mod symbol_proof;

pub use blob_id::BlobId;
pub use bls::{Bls, PointError, PublicKey, Signature, DST};
pub use certificate::{Certificate, CertificateError};
pub use code::{Code, CodeError, MAX_SYMBOL_SIZE};
pub use committee::{quorum, Committee, CommitteeError, Member, MAX_MEMBERS};
pub use confirmation::{possession_message, Confirmation, ConfirmationError, Persistence};
pub use error::BlobIdError;
pub use quilt_patch::{QuiltPatchId, QuiltPatchIdError};
pub use signers::{Signers, SignersError};
pub use slivers::{SliverRoots, SliverRootsError};
pub use symbol_proof::{SymbolProof, SymbolProofError};
