//! Birth of an escrow.

use cosmwasm_std::{Addr, DepsMut, Response};

use crate::error::ContractError;
use crate::state::config;

/// What an escrow is born with.
pub struct Instantiation {
    pub receipt_max_age_seconds: u64,
}

/// Makes the sender the only contract that may ever settle.
pub fn instantiate(
    deps: DepsMut,
    sender: Addr,
    instantiation: Instantiation,
) -> Result<Response, ContractError> {
    config::init(deps.storage, &sender, instantiation.receipt_max_age_seconds)?;
    Ok(Response::new())
}
