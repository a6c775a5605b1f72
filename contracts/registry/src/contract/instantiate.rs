//! Birth of a registry.

use cosmwasm_std::{Addr, DepsMut, Response};

use crate::domain::config::Config;
use crate::error::ContractError;
use crate::state::{config, keeper};

/// What a registry is born with, in checked form.
pub struct Instantiation {
    pub config: Config,
    pub walrus_keeper: Option<Addr>,
}

pub fn instantiate(deps: DepsMut, instantiation: Instantiation) -> Result<Response, ContractError> {
    config::save(deps.storage, &instantiation.config)?;
    if let Some(account) = instantiation.walrus_keeper {
        keeper::appoint(deps.storage, account)?;
    }
    Ok(Response::new())
}
