//! The collector and the one constant, fixed at instantiation. Two items, since settlement reads only the first.

use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Item;
use hub_types::time::{Seconds, MAX_TIME_CONSTANT_SECONDS};

use crate::error::ContractError;

const COLLECTOR: Item<Addr> = Item::new("collector");
const RECEIPT_MAX_AGE_SECONDS: Item<u64> = Item::new("receipt_max_age_seconds");

pub fn init(
    storage: &mut dyn Storage,
    collector: &Addr,
    receipt_max_age_seconds: u64,
) -> Result<(), ContractError> {
    // It bounds the time after which an owner surely gets the money of a session back.
    if receipt_max_age_seconds > MAX_TIME_CONSTANT_SECONDS {
        return Err(ContractError::MaxAgeTooLong {
            found: receipt_max_age_seconds,
        });
    }
    COLLECTOR.save(storage, collector)?;
    RECEIPT_MAX_AGE_SECONDS.save(storage, &receipt_max_age_seconds)?;
    Ok(())
}

pub fn collector(storage: &dyn Storage) -> StdResult<Addr> {
    COLLECTOR.load(storage)
}

pub fn receipt_max_age(storage: &dyn Storage) -> StdResult<Seconds> {
    RECEIPT_MAX_AGE_SECONDS.load(storage).map(Seconds)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    #[test]
    fn an_age_of_receipts_beyond_30_days_is_refused() {
        let mut storage = MockStorage::new();
        let found = 30 * 86_400 + 1;
        assert_eq!(
            init(&mut storage, &Addr::unchecked("billing"), found),
            Err(ContractError::MaxAgeTooLong { found })
        );
        assert!(collector(&storage).is_err());
    }

    #[test]
    fn collector_and_age_are_those_of_the_instantiation() {
        for age in [0, 30 * 86_400] {
            let mut storage = MockStorage::new();
            init(&mut storage, &Addr::unchecked("billing"), age).unwrap();
            assert_eq!(collector(&storage), Ok(Addr::unchecked("billing")));
            assert_eq!(receipt_max_age(&storage), Ok(Seconds(age)));
        }
    }
}
