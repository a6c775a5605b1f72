//! Verifier of AWS Nitro Enclaves: which enclave image holds an attester's key.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]

pub mod contract;
pub mod error;
mod events;
mod state;
