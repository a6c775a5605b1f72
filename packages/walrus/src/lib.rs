//! Walrus blob ids: the canonical text form, and the formula that ties an id to a length and a root hash.
//!
//! Pure values: no storage, no chain, no network. Everything runs in Wasm.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
#![deny(missing_docs)]

mod blob_id;
mod error;

pub use blob_id::BlobId;
pub use error::BlobIdError;
