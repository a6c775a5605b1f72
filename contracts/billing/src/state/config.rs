//! Wiring and constants, fixed at instantiation.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, StdResult, Storage};
use cw_storage_plus::Item;
use hub_nitro::Root;

const CONFIG: Item<Config> = Item::new("config");
/// Apart from the rest, which every settlement reads.
const NITRO_ROOT: Item<Binary> = Item::new("nitro_root");
const UNWIRED: Item<Unwired> = Item::new("unwired");

/// Wiring and constants.
#[cw_serde]
pub struct Config {
    /// Where models and terms are read.
    pub registry: Addr,
    /// Where money is moved.
    pub escrow: Addr,
    /// Of the registry.
    pub receipt_max_age_seconds: u64,
}

/// A [`Config`] before the escrow exists: within the instantiating transaction only.
#[cw_serde]
pub struct Unwired {
    /// As in [`Config`].
    pub registry: Addr,
    /// As in [`Config`].
    pub receipt_max_age_seconds: u64,
}

pub fn begin(storage: &mut dyn Storage, unwired: &Unwired, root: &Root) -> StdResult<()> {
    NITRO_ROOT.save(storage, &Binary::from(root.0))?;
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

/// The authority below which enclaves are attested. Billings of 0.1.0 chose none, and trust AWS's once they are migrated.
pub fn nitro_root(storage: &dyn Storage) -> StdResult<Root> {
    match NITRO_ROOT.may_load(storage)? {
        Some(chosen) => Ok(Root(chosen.to_array()?)),
        None => Ok(Root::AWS),
    }
}
