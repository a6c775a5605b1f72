//! Models: the record that settlement reads, and what only readers ask for.

use hub_types::ids::{ReleaseNumber, TermsNumber};
use hub_types::ids::ModelId;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use hub_types::records::registry::{ModelRecord, ModelStatus, MODELS};
use hub_types::registry::{Metadata, StatusName};
use hub_types::time::{self, cutoff};

use super::next;
use crate::error::ContractError;

const LAST: Item<ModelId> = Item::new("last_model");
/// First model registered on a day, for days that have one: as ids are given in order, it tells how many there were
/// before that day.
const FIRST_OF_DAY: Map<u64, ModelId> = Map::new("first_model_of_day");
const DETAILS: Map<u64, ModelDetails> = Map::new("model_details");

/// What settlement never reads.
#[cw_serde]
pub struct ModelDetails {
    /// Present name.
    pub name: String,
    /// What readers see.
    pub metadata: Metadata,
    /// Block time of the registration.
    pub registered_at: u64,
}

/// Takes the next id, for a model registered at `now`.
pub fn allocate(storage: &mut dyn Storage, now: u64) -> StdResult<ModelId> {
    let model = next(newest(storage)?)?;
    LAST.save(storage, &model)?;
    let day = time::day(now);
    if !FIRST_OF_DAY.has(storage, day) {
        FIRST_OF_DAY.save(storage, day, &model)?;
    }
    Ok(model)
}

/// The newest model: every id from 1 to it has one; 0 if there is none.
pub fn newest(storage: &dyn Storage) -> StdResult<ModelId> {
    Ok(LAST.may_load(storage)?.unwrap_or_default())
}

/// Of the models up to `newest`, how many were registered up to the end of `day`.
pub fn count_up_to(storage: &dyn Storage, newest: ModelId, day: u64) -> StdResult<u64> {
    let later = FIRST_OF_DAY
        .range(storage, Some(Bound::exclusive(day)), None, Order::Ascending)
        .next()
        .transpose()?;
    Ok(later.map_or(newest.0, |(_, first)| first.0.saturating_sub(1)))
}

/// The record of a model.
pub fn load(storage: &dyn Storage, model: ModelId) -> Result<ModelRecord, ContractError> {
    MODELS
        .get(storage, model)?
        .ok_or(ContractError::UnknownModel { model })
}

/// Stores the record of a model.
pub fn save(storage: &mut dyn Storage, model: ModelId, record: &ModelRecord) {
    MODELS.set(storage, model, record);
}

/// The details of a model.
pub fn load_details(storage: &dyn Storage, model: ModelId) -> StdResult<ModelDetails> {
    DETAILS.load(storage, model.0)
}

/// Stores the details of a model.
pub fn save_details(
    storage: &mut dyn Storage,
    model: ModelId,
    details: &ModelDetails,
) -> StdResult<()> {
    DETAILS.save(storage, model.0, details)
}

/// The record of `model` with the status `to`, as asked for at `now`.
///
/// Retirement lasts until every receipt issued before its cutoff is settled or expired; so `active_from`, one number,
/// tells for every receipt that can still be settled whether it was issued in retirement.
pub fn with_status(
    model: ModelId,
    record: ModelRecord,
    to: StatusName,
    now: u64,
    receipt_max_age_seconds: u64,
) -> Result<ModelRecord, ContractError> {
    let from = StatusName::from(record.status);
    if from == to {
        return Err(ContractError::StatusUnchanged {
            model,
            status: from,
        });
    }
    let active_from = match record.status {
        ModelStatus::Active | ModelStatus::Delisted => record.active_from,
        ModelStatus::Retired { cutoff } => {
            let reactivation_from = cutoff.saturating_add(receipt_max_age_seconds);
            if now < reactivation_from {
                return Err(ContractError::StillRetired {
                    model,
                    reactivation_from,
                    now,
                });
            }
            now
        }
    };
    let status = match to {
        StatusName::Active => ModelStatus::Active,
        StatusName::Delisted => ModelStatus::Delisted,
        StatusName::Retired => ModelStatus::Retired {
            cutoff: cutoff(now),
        },
    };
    Ok(ModelRecord {
        status,
        active_from,
        ..record
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::CanonicalAddr;

    const MAX_AGE: u64 = 86_400;

    fn record(status: ModelStatus, active_from: u64) -> ModelRecord {
        ModelRecord {
            author: CanonicalAddr::from(vec![1; 20]),
            status,
            active_from,
            latest_release: ReleaseNumber(2),
            latest_terms: TermsNumber(3),
        }
    }

    #[test]
    fn the_present_status_is_refused_and_a_cutoff_stands() {
        for (status, name) in [
            (ModelStatus::Active, StatusName::Active),
            (ModelStatus::Delisted, StatusName::Delisted),
            (ModelStatus::Retired { cutoff: 160 }, StatusName::Retired),
        ] {
            for now in [100, 160, 1_000_000] {
                assert_eq!(
                    with_status(ModelId(7), record(status, 0), name, now, MAX_AGE),
                    Err(ContractError::StatusUnchanged {
                        model: ModelId(7),
                        status: name
                    })
                );
            }
        }
    }

    #[test]
    fn a_retired_model_comes_back_from_cutoff_plus_receipt_max_age_on() {
        let retired = record(ModelStatus::Retired { cutoff: 160 }, 5);
        for (to, status) in [
            (StatusName::Active, ModelStatus::Active),
            (StatusName::Delisted, ModelStatus::Delisted),
        ] {
            for now in [100, 160, 160 + MAX_AGE - 1] {
                assert_eq!(
                    with_status(ModelId(7), retired.clone(), to, now, MAX_AGE),
                    Err(ContractError::StillRetired {
                        model: ModelId(7),
                        reactivation_from: 160 + MAX_AGE,
                        now
                    })
                );
            }
            let now = 160 + MAX_AGE;
            assert_eq!(
                with_status(ModelId(7), retired.clone(), to, now, MAX_AGE),
                Ok(record(status, now))
            );
        }
    }

    #[test]
    fn retiring_sets_a_cutoff_after_the_grace_and_hiding_sets_none() {
        for from in [ModelStatus::Active, ModelStatus::Delisted] {
            assert_eq!(
                with_status(ModelId(7), record(from, 5), StatusName::Retired, 100, MAX_AGE),
                Ok(record(ModelStatus::Retired { cutoff: 160 }, 5))
            );
        }
        let active = record(ModelStatus::Active, 5);
        let delisted = record(ModelStatus::Delisted, 5);
        assert_eq!(
            with_status(ModelId(7), active.clone(), StatusName::Delisted, 100, MAX_AGE),
            Ok(delisted.clone())
        );
        assert_eq!(
            with_status(ModelId(7), delisted, StatusName::Active, 100, MAX_AGE),
            Ok(active)
        );
    }

    #[test]
    fn no_receipt_that_can_still_be_settled_escapes_a_retirement() {
        let retired = with_status(
            ModelId(7),
            record(ModelStatus::Active, 0),
            StatusName::Retired,
            100,
            MAX_AGE,
        )
        .unwrap();
        let back_at = 160 + MAX_AGE;
        let back = with_status(ModelId(7), retired.clone(), StatusName::Active, back_at, MAX_AGE).unwrap();
        assert!(!retired.retired_for(100, 159));
        assert!(retired.retired_for(100, 160));
        // At `back_at` receipts before 160 have expired, and all since count as issued in retirement.
        assert!(back.retired_for(160, 160));
        assert!(back.retired_for(back_at - 1, back_at));
        assert!(!back.retired_for(back_at, back_at));
    }
}
