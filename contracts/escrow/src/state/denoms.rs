//! Denominations by number, and what the escrow owes in each.

use cosmwasm_std::{StdResult, Storage, Uint128};
use cw_storage_plus::{Item, Map};
use hub_types::denom::Denom;
use hub_types::ids::DenomNumber;
use hub_types::records::escrow::DENOMS;

use crate::error::ContractError;

const COUNT: Item<DenomNumber> = Item::new("denom_count");
/// By the text form, which is different for different denominations.
const NUMBERS: Map<&str, DenomNumber> = Map::new("denom_number");
const OWED: Map<u32, Uint128> = Map::new("owed");

/// Number of `denom`, if the escrow knows it.
pub fn find(storage: &dyn Storage, denom: &Denom) -> StdResult<Option<DenomNumber>> {
    NUMBERS.may_load(storage, &denom.to_string())
}

/// Number of `denom`; the next free one if the escrow does not know it yet.
pub fn number(storage: &mut dyn Storage, denom: &Denom) -> Result<DenomNumber, ContractError> {
    if let Some(number) = find(storage, denom)? {
        return Ok(number);
    }
    let last = COUNT.may_load(storage)?.unwrap_or_default();
    let number = last
        .0
        .checked_add(1)
        .map(DenomNumber)
        .ok_or(ContractError::Inconsistent {
            what: "all numbers of denominations are taken",
        })?;
    COUNT.save(storage, &number)?;
    NUMBERS.save(storage, &denom.to_string(), &number)?;
    DENOMS.set(storage, number, denom);
    Ok(number)
}

/// The denomination behind a number that stands in a record.
pub fn get(storage: &dyn Storage, number: DenomNumber) -> Result<Denom, ContractError> {
    DENOMS
        .get(storage, number)?
        .ok_or(ContractError::Inconsistent {
            what: "a record names an unknown denomination",
        })
}

/// Denominations after `start_after`, by number.
pub fn page(
    storage: &dyn Storage,
    start_after: Option<DenomNumber>,
    limit: usize,
) -> Result<Vec<(DenomNumber, Denom)>, ContractError> {
    let first = start_after.unwrap_or_default().next();
    let last = COUNT.may_load(storage)?.unwrap_or_default();
    first
        .up_to(last)
        .take(limit)
        .map(|number| Ok((number, get(storage, number)?)))
        .collect()
}

/// What the escrow owes: available and left in sessions, of everybody.
pub fn owed(storage: &dyn Storage, number: DenomNumber) -> StdResult<Uint128> {
    Ok(OWED.may_load(storage, number.0)?.unwrap_or_default())
}

/// Counts money that came in.
pub fn owe(
    storage: &mut dyn Storage,
    number: DenomNumber,
    denom: &Denom,
    amount: Uint128,
) -> Result<(), ContractError> {
    let owed = owed_with(owed(storage, number)?, denom, amount)?;
    OWED.save(storage, number.0, &owed)?;
    Ok(())
}

/// `owed` and `amount` more, or an error: this bound is what keeps every other sum within 128 bits.
pub fn owed_with(owed: Uint128, denom: &Denom, amount: Uint128) -> Result<Uint128, ContractError> {
    owed.checked_add(amount)
        .map_err(|_| ContractError::OwedOverflow {
            denom: denom.clone(),
            owed,
            amount,
        })
}

/// Counts money that goes out.
pub fn pay(
    storage: &mut dyn Storage,
    number: DenomNumber,
    amount: Uint128,
) -> Result<(), ContractError> {
    let owed =
        owed(storage, number)?
            .checked_sub(amount)
            .map_err(|_| ContractError::Inconsistent {
                what: "more goes out than was owed",
            })?;
    OWED.save(storage, number.0, &owed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn coin(name: &str) -> Denom {
        Denom::Native(name.to_owned())
    }

    fn amount(amount: u128) -> Uint128 {
        Uint128::new(amount)
    }

    #[test]
    fn denominations_are_numbered_from_1_as_they_come() {
        let mut storage = MockStorage::new();
        assert_eq!(find(&storage, &coin("a")), Ok(None));
        for (name, expected) in [("a", 1), ("b", 2), ("c", 3), ("b", 2)] {
            assert_eq!(number(&mut storage, &coin(name)), Ok(DenomNumber(expected)));
        }
        for (name, number) in [("a", 1), ("b", 2), ("c", 3)] {
            let number = DenomNumber(number);
            assert_eq!(find(&storage, &coin(name)), Ok(Some(number)));
            assert_eq!(get(&storage, number), Ok(coin(name)));
        }
        assert_eq!(
            get(&storage, DenomNumber(4)),
            Err(ContractError::Inconsistent {
                what: "a record names an unknown denomination"
            })
        );
    }

    #[test]
    fn pages_go_on_behind_where_the_last_one_ended() {
        let mut storage = MockStorage::new();
        assert_eq!(page(&storage, None, 9), Ok(vec![]));
        for name in ["a", "b", "c"] {
            number(&mut storage, &coin(name)).unwrap();
        }
        let (a, b, c) = (
            (DenomNumber(1), coin("a")),
            (DenomNumber(2), coin("b")),
            (DenomNumber(3), coin("c")),
        );
        assert_eq!(page(&storage, None, 2), Ok(vec![a, b.clone()]));
        assert_eq!(page(&storage, Some(DenomNumber(1)), 9), Ok(vec![b, c]));
        assert_eq!(page(&storage, Some(DenomNumber(3)), 9), Ok(vec![]));
    }

    #[test]
    fn what_is_owed_is_what_came_less_what_went_in_each_denomination() {
        let mut storage = MockStorage::new();
        owe(&mut storage, DenomNumber(1), &coin("a"), amount(50)).unwrap();
        owe(&mut storage, DenomNumber(1), &coin("a"), amount(7)).unwrap();
        owe(&mut storage, DenomNumber(2), &coin("b"), amount(9)).unwrap();
        pay(&mut storage, DenomNumber(1), amount(20)).unwrap();
        let sums = [1, 2, 3].map(|number| owed(&storage, DenomNumber(number)).unwrap().u128());
        assert_eq!(sums, [37, 9, 0]);
    }

    #[test]
    fn more_than_128_bits_is_never_owed_and_more_than_is_owed_never_paid() {
        let mut storage = MockStorage::new();
        owe(
            &mut storage,
            DenomNumber(1),
            &coin("a"),
            amount(u128::MAX - 5),
        )
        .unwrap();
        assert_eq!(
            owe(&mut storage, DenomNumber(1), &coin("a"), amount(6)),
            Err(ContractError::OwedOverflow {
                denom: coin("a"),
                owed: amount(u128::MAX - 5),
                amount: amount(6)
            })
        );
        assert_eq!(
            pay(&mut storage, DenomNumber(1), amount(u128::MAX - 4)),
            Err(ContractError::Inconsistent {
                what: "more goes out than was owed"
            })
        );
        assert_eq!(owed(&storage, DenomNumber(1)), Ok(amount(u128::MAX - 5)));
    }
}
