//! When hashes were committed.

use cosmwasm_std::{HexBinary, StdResult, Storage};
use cw_storage_plus::Map;
use hub_types::wire::Hash;

use crate::error::ContractError;

const COMMITMENTS: Map<&[u8], u64> = Map::new("commitments");

/// Dates `hash`, once. A stranger who repeats a commitment before its owner only makes the owner's claim earlier:
/// nobody else can reveal it.
pub fn commit(storage: &mut dyn Storage, hash: &Hash, now: u64) -> Result<(), ContractError> {
    match committed_at(storage, hash)? {
        Some(committed_at) => Err(ContractError::AlreadyCommitted {
            hash: HexBinary::from(hash).to_hex(),
            committed_at,
        }),
        None => Ok(COMMITMENTS.save(storage, hash, &now)?),
    }
}

/// When `hash` was committed.
pub fn committed_at(storage: &dyn Storage, hash: &Hash) -> StdResult<Option<u64>> {
    COMMITMENTS.may_load(storage, hash)
}
