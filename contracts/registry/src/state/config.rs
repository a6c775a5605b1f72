//! The constants, fixed at birth.

use cosmwasm_std::{StdResult, Storage};
use cw_storage_plus::Item;

use crate::domain::config::Config;

const CONFIG: Item<Config> = Item::new("config");

/// The constants of this registry.
pub fn load(storage: &dyn Storage) -> StdResult<Config> {
    CONFIG.load(storage)
}

/// Stores them, once.
pub fn save(storage: &mut dyn Storage, config: &Config) -> StdResult<()> {
    CONFIG.save(storage, config)
}
