//! Names: (author, name) once given stays with its model for ever.

use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Map;
use hub_types::ids::ModelId;

use crate::error::ContractError;

const NAMES: Map<(&Addr, &str), ModelId> = Map::new("names");

/// Gives `name` under `author` to `model`, unless another model ever had it.
pub fn give(
    storage: &mut dyn Storage,
    author: &Addr,
    name: &str,
    model: ModelId,
) -> Result<(), ContractError> {
    match NAMES.may_load(storage, (author, name))? {
        Some(holder) if holder != model => Err(ContractError::NameTaken {
            author: author.clone(),
            name: name.to_owned(),
            model: ModelId(holder.0),
        }),
        _ => Ok(NAMES.save(storage, (author, name), &model)?),
    }
}

/// The model that has, or had, `name` under `author`.
pub fn resolve(storage: &dyn Storage, author: &Addr, name: &str) -> StdResult<Option<ModelId>> {
    NAMES.may_load(storage, (author, name))
}
