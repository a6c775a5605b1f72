//! What the registry keeps. Maps are private to their modules; handlers know the verbs.

pub mod authors;
pub mod certificates;
pub mod claims;
pub mod commitments;
pub mod committees;
pub mod config;
pub mod discovery;
pub mod keeper;
pub mod models;
pub mod names;
pub mod offers;
pub mod releases;
pub mod shares;
pub mod terms;

use cosmwasm_std::{OverflowError, OverflowOperation, StdError, StdResult};

/// The number after `number`.
pub fn next<N: From<u64> + Into<u64>>(number: N) -> StdResult<N> {
    number
        .into()
        .checked_add(1)
        .map(N::from)
        .ok_or_else(|| StdError::overflow(OverflowError::new(OverflowOperation::Add)))
}
