//! Open offers of models to other accounts, one a model.

use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Map;
use hub_types::ids::ModelId;

use crate::error::ContractError;

const OFFERS: Map<u64, Addr> = Map::new("offers");

/// Offers `model` to `account`, in place of any earlier offer.
pub fn make(storage: &mut dyn Storage, model: ModelId, account: &Addr) -> StdResult<()> {
    OFFERS.save(storage, model.0, account)
}

/// Ends the offer of `model`.
pub fn end(storage: &mut dyn Storage, model: ModelId) {
    OFFERS.remove(storage, model.0);
}

/// Whom `model` is offered to.
pub fn get(storage: &dyn Storage, model: ModelId) -> StdResult<Option<Addr>> {
    OFFERS.may_load(storage, model.0)
}

/// Whom `model` is offered to, or an error if it is offered to nobody.
pub fn load(storage: &dyn Storage, model: ModelId) -> Result<Addr, ContractError> {
    get(storage, model)?.ok_or(ContractError::NotOffered { model })
}
