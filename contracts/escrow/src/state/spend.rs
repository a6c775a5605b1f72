//! What funders spent on calls: of a session it is told when that is released, when it is final.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::DenomNumber;
use hub_types::packed::Delimited;
use hub_types::records::escrow::{Spent, SPENT, SPENT_WITH};

/// What the money of `funder` was spent in released sessions.
pub fn released(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
) -> StdResult<Spent> {
    Ok(SPENT.get(storage, (funder, denom))?.unwrap_or_default())
}

/// What the money of `funder` was spent in released sessions with `operator`.
pub fn released_with(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
    operator: &CanonicalAddr,
) -> StdResult<Spent> {
    let key = (Delimited(funder), denom, operator);
    Ok(SPENT_WITH.get(storage, key)?.unwrap_or_default())
}

/// Adds what a session that is released spent. The same coins can be spent again and again, so these sums have no bound;
/// they are for readers only.
pub fn add(
    storage: &mut dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
    operator: &CanonicalAddr,
    spent: Spent,
) -> StdResult<()> {
    if spent == Spent::default() {
        return Ok(());
    }
    let everything = released(storage, funder, denom)?.and(spent);
    SPENT.set(storage, (funder, denom), &everything);
    let with = released_with(storage, funder, denom, operator)?.and(spent);
    SPENT_WITH.set(storage, (Delimited(funder), denom, operator), &with);
    Ok(())
}

/// Operators after `start_after` with whom the money of `funder` was spent, by canonical address.
pub fn page(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    denom: DenomNumber,
    start_after: Option<CanonicalAddr>,
    limit: usize,
) -> StdResult<Vec<(CanonicalAddr, Spent)>> {
    SPENT_WITH
        .range(storage, (Delimited(funder), denom), start_after)
        .take(limit)
        .collect()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    const DENOM: DenomNumber = DenomNumber(7);

    fn account(byte: u8) -> CanonicalAddr {
        vec![byte; 20].into()
    }

    fn of(spent: u128, kept: u128) -> Spent {
        Spent { spent, kept }
    }

    #[test]
    fn a_session_that_spent_nothing_leaves_no_record() {
        let mut storage = MockStorage::new();
        add(&mut storage, &account(1), DENOM, &account(9), of(0, 0)).unwrap();
        assert_eq!(SPENT.get(&storage, (&account(1), DENOM)), Ok(None));
        assert_eq!(page(&storage, &account(1), DENOM, None, 9), Ok(vec![]));
    }

    #[test]
    fn what_was_spent_adds_up_by_funder_denomination_and_operator() {
        let mut storage = MockStorage::new();
        for (funder, denom, operator, spent) in [
            (1, DENOM, 9, of(30, 3)),
            (1, DENOM, 8, of(5, 1)),
            (1, DENOM, 9, of(7, 0)),
            (1, DenomNumber(8), 9, of(100, 100)),
            (2, DENOM, 9, of(1_000, 10)),
        ] {
            add(
                &mut storage,
                &account(funder),
                denom,
                &account(operator),
                spent,
            )
            .unwrap();
        }
        assert_eq!(released(&storage, &account(1), DENOM), Ok(of(42, 4)));
        assert_eq!(released(&storage, &account(3), DENOM), Ok(of(0, 0)));
        let with = |operator| released_with(&storage, &account(1), DENOM, &account(operator));
        assert_eq!(
            (with(9), with(8), with(7)),
            (Ok(of(37, 3)), Ok(of(5, 1)), Ok(of(0, 0)))
        );
        let page = |start_after, limit| page(&storage, &account(1), DENOM, start_after, limit);
        let (eight, nine) = ((account(8), of(5, 1)), (account(9), of(37, 3)));
        assert_eq!(page(None, 9), Ok(vec![eight.clone(), nine.clone()]));
        assert_eq!(page(None, 1), Ok(vec![eight]));
        assert_eq!(page(Some(account(8)), 9), Ok(vec![nine]));
    }

    /// Accounts have addresses of 20 bytes and contracts of 32, so that the same bytes can be cut in two ways.
    #[test]
    fn a_funder_whose_address_begins_as_anothers_is_another() {
        let mut storage = MockStorage::new();
        let longer: CanonicalAddr = vec![1; 32].into();
        add(&mut storage, &longer, DENOM, &account(9), of(30, 3)).unwrap();
        let ones = DenomNumber(0x0101_0101);
        assert_eq!(page(&storage, &account(1), ones, None, 9), Ok(vec![]));
        assert_eq!(page(&storage, &longer, DENOM, None, 9).unwrap().len(), 1);
    }

    #[test]
    fn the_spend_of_a_lifetime_saturates() {
        let mut storage = MockStorage::new();
        for spent in [of(u128::MAX, u128::MAX), of(1, 1)] {
            add(&mut storage, &account(1), DENOM, &account(9), spent).unwrap();
        }
        let all = of(u128::MAX, u128::MAX);
        assert_eq!(released(&storage, &account(1), DENOM), Ok(all));
        assert_eq!(
            released_with(&storage, &account(1), DENOM, &account(9)),
            Ok(all)
        );
    }
}
