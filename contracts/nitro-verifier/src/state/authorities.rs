//! Certificate authorities of Nitro whose signatures were verified with an earlier document, for ever: a path says the same at
//! any time, and whether its certificates are still valid is checked with every document.

use cosmwasm_std::{StdResult, Storage};
use cw_storage_plus::Map;
use hub_nitro::{Hash, Learned};

/// Last second of validity by path, so that a reader of the state sees which ones are of use.
const PATHS: Map<&[u8], u64> = Map::new("p");

pub fn is_known(storage: &dyn Storage, path: &Hash) -> bool {
    PATHS.has(storage, path)
}

/// Only what [`hub_nitro::verify`] hands out with a document that it found good.
pub fn remember(storage: &mut dyn Storage, learned: &[Learned]) -> StdResult<()> {
    for authority in learned {
        PATHS.save(storage, &authority.path, &authority.not_after)?;
    }
    Ok(())
}
