//! What funders spent on calls: of a session it is told when that is released, when it is final.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::DenomNumber;
use hub_types::records::escrow::{Spent, SPENT};

/// What the money of `funder` was spent in released sessions.
pub fn released(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
) -> StdResult<u128> {
    Ok(SPENT.get(storage, (funder, denom))?.unwrap_or_default().0)
}

/// Adds what a session that is released spent. The same coins can be spent again and again, so this sum has no bound; it
/// is for readers only.
pub fn add(
    storage: &mut dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
    spent: u128,
) -> StdResult<()> {
    if spent > 0 {
        let sum = released(storage, funder, denom)?.saturating_add(spent);
        SPENT.set(storage, (funder, denom), &Spent(sum));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn funder() -> CanonicalAddr {
        vec![1; 20].into()
    }

    #[test]
    fn what_was_spent_adds_up_by_funder_and_denomination() {
        let mut storage = MockStorage::new();
        assert_eq!(released(&storage, &funder(), DenomNumber(7)), Ok(0));
        add(&mut storage, &funder(), DenomNumber(7), 30).unwrap();
        add(&mut storage, &funder(), DenomNumber(7), 5).unwrap();
        assert_eq!(released(&storage, &funder(), DenomNumber(7)), Ok(35));
        assert_eq!(released(&storage, &funder(), DenomNumber(8)), Ok(0));
        assert_eq!(
            released(&storage, &vec![2; 20].into(), DenomNumber(7)),
            Ok(0)
        );
    }

    #[test]
    fn the_spend_of_a_lifetime_saturates() {
        let mut storage = MockStorage::new();
        add(&mut storage, &funder(), DenomNumber(7), u128::MAX).unwrap();
        add(&mut storage, &funder(), DenomNumber(7), 1).unwrap();
        assert_eq!(released(&storage, &funder(), DenomNumber(7)), Ok(u128::MAX));
    }

    #[test]
    fn a_session_that_spent_nothing_leaves_no_record() {
        let mut storage = MockStorage::new();
        add(&mut storage, &funder(), DenomNumber(7), 0).unwrap();
        assert_eq!(SPENT.get(&storage, (&funder(), DenomNumber(7))), Ok(None));
    }
}
