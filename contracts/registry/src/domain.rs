//! Rules, without storage or chain.

pub mod config;
pub mod label;
pub mod shares;
pub mod status;
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
