//! Newer code on older storage.

use cosmwasm_std::{DepsMut, Response};

use super::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::error::ContractError;

/// Takes over storage of this contract that older code, or this, has written; refuses any other.
pub fn migrate(deps: DepsMut) -> Result<Response, ContractError> {
    cw2::ensure_from_older_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}
