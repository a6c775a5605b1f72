//! Wiring and constants, fixed at instantiation.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Item;

const CONFIG: Item<Config> = Item::new("config");
const UNWIRED: Item<Unwired> = Item::new("unwired");

/// Wiring and constants.
#[cw_serde]
pub struct Config {
    /// Where models and terms are read.
    pub registry: Addr,
    /// Where money is moved.
    pub escrow: Addr,
    /// The age in seconds from which the registry lets a receipt expire.
    pub receipt_max_age_seconds: u64,
}

/// A [`Config`] before the escrow exists: within the instantiating transaction only.
#[cw_serde]
pub struct Unwired {
    /// The registry that billing reads models and terms from.
    pub registry: Addr,
    /// The age in seconds from which a receipt expires.
    pub receipt_max_age_seconds: u64,
}

pub fn begin(storage: &mut dyn Storage, unwired: &Unwired) -> StdResult<()> {
    UNWIRED.save(storage, unwired)
}

pub fn complete(storage: &mut dyn Storage, escrow: Addr) -> StdResult<Config> {
    let Unwired {
        registry,
        receipt_max_age_seconds,
    } = UNWIRED.load(storage)?;
    UNWIRED.remove(storage);
    let config = Config {
        registry,
        escrow,
        receipt_max_age_seconds,
    };
    CONFIG.save(storage, &config)?;
    Ok(config)
}

pub fn load(storage: &dyn Storage) -> StdResult<Config> {
    CONFIG.load(storage)
}
