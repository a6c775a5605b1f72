//! Messages, typed values and packed records of the Hub.
//!
//! Other contracts and clients depend on this crate alone. Three layers live here, none of which touches a chain:
//!
//! * [`registry`], [`escrow`], [`billing`]: the messages, queries and answers of the three contracts;
//! * [`price`], [`split`], [`denom`], [`text`]: the domain, parsed at the edge and pure inside;
//! * [`packed`] and [`records`]: the bytes in which the contracts keep what settlement reads, an ABI between them.
//!
//! What is signed off chain is in [`wire`].
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
#![warn(missing_docs)]

pub mod billing;
pub mod denom;
pub mod escrow;
pub mod hash;
pub mod packed;
pub mod page;
pub mod price;
pub mod records;
pub mod registry;
pub mod split;
pub mod text;
pub mod time;

pub use hub_wire as wire;
pub use walrus;
