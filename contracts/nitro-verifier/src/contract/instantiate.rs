//! Birth of a verifier.

use cosmwasm_std::{DepsMut, Response};
use hub_nitro::Root;

use crate::error::ContractError;
use crate::events::Event;
use crate::state::config;

/// Trusts one root, for good.
pub fn instantiate(deps: DepsMut, root: &Root) -> Result<Response, ContractError> {
    config::init(deps.storage, root)?;
    Ok(Response::new().add_event(Event::Instantiated { root: &root.0 }))
}
