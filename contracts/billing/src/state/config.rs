//! Wiring and constants, fixed at instantiation.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Item;
use hub_types::wire::Hash;
use nitro::Root;

const CONFIG: Item<Config> = Item::new("config");
/// Apart from the rest, which every settlement reads.
const NITRO_ROOT: Item<Hash> = Item::new("nitro_root");
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
    NITRO_ROOT.save(storage, &root.0)?;
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

/// The authority below which enclaves are attested. A contract that was instantiated before there was attestation, and
/// migrated since, has what it would be given now if it named none.
pub fn nitro_root(storage: &dyn Storage) -> StdResult<Root> {
    let named = NITRO_ROOT.may_load(storage)?;
    Ok(named.map_or(Root::AWS, Root))
}
