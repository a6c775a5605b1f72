//! Who stores Walrus committees.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Item;

use crate::error::ContractError;

const KEEPER: Item<Keeper> = Item::new("walrus_keeper");

/// The keeper, and whom it has offered its role.
#[cw_serde]
pub struct Keeper {
    /// Account that may store committees.
    pub account: Addr,
    /// Who may take over.
    pub offered_to: Option<Addr>,
}

/// The keeper, if there is one.
pub fn get(storage: &dyn Storage) -> StdResult<Option<Keeper>> {
    KEEPER.may_load(storage)
}

/// The keeper, or an error if the registry was born without one.
pub fn load(storage: &dyn Storage) -> Result<Keeper, ContractError> {
    get(storage)?.ok_or(ContractError::NoKeeper {})
}

/// Makes an account the keeper, with nothing offered.
pub fn appoint(storage: &mut dyn Storage, account: Addr) -> StdResult<()> {
    let offered_to = None;
    KEEPER.save(
        storage,
        &Keeper {
            account,
            offered_to,
        },
    )
}

/// Sets whom the keeper's role is offered to.
pub fn offer(storage: &mut dyn Storage, account: Addr, offered_to: Option<Addr>) -> StdResult<()> {
    KEEPER.save(
        storage,
        &Keeper {
            account,
            offered_to,
        },
    )
}
