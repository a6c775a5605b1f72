//! Handlers: authority, load, decide, write, event, messages.

pub mod keeper;
pub mod model;
pub mod release;
pub mod terms;
pub mod transfer;

use cosmwasm_std::{Addr, Deps};
use hub_types::ids::ModelId;
use hub_types::records::registry::ModelRecord;

use crate::error::ContractError;
use crate::state::models;

/// The record of a model whose author is `sender`; everybody else is refused.
fn authored(deps: Deps, model: ModelId, sender: &Addr) -> Result<ModelRecord, ContractError> {
    let record = models::load(deps.storage, model)?;
    let author = deps.api.addr_humanize(&record.author)?;
    if author == *sender {
        Ok(record)
    } else {
        Err(ContractError::NotAuthor {
            model,
            author,
            sender: sender.clone(),
        })
    }
}
