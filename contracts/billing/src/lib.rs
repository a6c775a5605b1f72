//! Attesters, receipts and settlement.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

pub mod contract;
mod domain;
pub mod error;
mod events;
mod settlement;
mod state;
