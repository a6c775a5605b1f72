//! What funders spent on calls: of a session it is told when that is released, when it is final.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::records::escrow::{Spent, SPENT};

/// What the money of `funder` was spent in released sessions.
pub fn released(storage: &dyn Storage, funder: &CanonicalAddr, denom: u32) -> StdResult<u128> {
    Ok(SPENT.get(storage, (funder, denom))?.unwrap_or_default().0)
}

/// Adds what a session that is released spent. The same coins can be spent again and again, so this sum has no bound; it
/// is for readers only.
pub fn add(
    storage: &mut dyn Storage,
    funder: &CanonicalAddr,
    denom: u32,
    spent: u128,
) -> StdResult<()> {
    if spent > 0 {
        let sum = released(storage, funder, denom)?.saturating_add(spent);
        SPENT.set(storage, (funder, denom), &Spent(sum));
    }
    Ok(())
}
