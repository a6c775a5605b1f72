//! A contract that buys inference for its users: it takes their payment, prepays calls of one model, shows on chain what
//! was answered, and pays back what was not used. The README walks through it.
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub mod contract;
pub mod error;
pub mod msg;
mod state;
