//! Which models exist, who made them, what they cost.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

pub mod contract;
mod domain;
pub mod error;
mod events;
mod state;

pub use domain::label::Label;
