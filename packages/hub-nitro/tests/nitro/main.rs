//! Attestation documents under a root of one's own: what is accepted, and every way to be refused.
//!
//! | variable | means | by default |
//! |---|---|---|
//! | `HUB_FUZZ_CASES` | how many inputs each fuzzing test tries | 1 500; where each is signed, a tenth |
//! | `HUB_MUTATIONS` | how many other values each byte of a document takes; 255 is all | 12 |
//! | `HUB_SEED` | which inputs | 1 |
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod attempt;
mod defects;
mod fuzz;
mod memory;
mod mutations;
mod shapes;
mod trust;
