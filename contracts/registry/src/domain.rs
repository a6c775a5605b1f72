//! Rules, without storage or chain.

pub mod config;
pub mod label;
pub mod shares;
pub mod status;
pub mod terms;

use cosmwasm_std::{OverflowError, OverflowOperation, StdError, StdResult};

/// The number after `number`.
pub fn next(number: u64) -> StdResult<u64> {
    number
        .checked_add(1)
        .ok_or_else(|| StdError::overflow(OverflowError::new(OverflowOperation::Add)))
}
