//! When hashes were committed.

use cosmwasm_std::{StdResult, Storage};
use cw_storage_plus::Map;
use hub_types::wire::Hash;

const COMMITMENTS: Map<&[u8], u64> = Map::new("commitments");

/// Dates `hash`, once, and says whether it had no date before. A stranger who repeats a commitment before its owner only
/// makes the owner's claim earlier: nobody else can reveal it.
pub fn commit(storage: &mut dyn Storage, hash: &Hash, now: u64) -> StdResult<bool> {
    let new = committed_at(storage, hash)?.is_none();
    if new {
        COMMITMENTS.save(storage, hash, &now)?;
    }
    Ok(new)
}

/// When `hash` was committed.
pub fn committed_at(storage: &dyn Storage, hash: &Hash) -> StdResult<Option<u64>> {
    COMMITMENTS.may_load(storage, hash)
}
