//! What is known of Walrus without asking it: blob ids with their canonical text form and the formula that ties an id
//! to a length and a root hash; the shape of the erasure code, sliver roots and proofs of single symbols; ids of files
//! in quilts; committees of storage nodes; certificates that a committee stores a blob.
//!
//! Pure values: no storage, no chain, no network. Everything runs in Wasm. The arithmetic on the curve is the host's,
//! behind the trait [`Bls`].

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
