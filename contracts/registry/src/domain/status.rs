//! When a model may change its status, and from when on the change holds.

use hub_types::ids::ModelId;
use hub_types::records::registry::{ModelRecord, ModelStatus};
use hub_types::registry::StatusName;
use hub_types::time::{cutoff, Seconds};

use crate::error::ContractError;

/// The record of `model` with the status `to`, as asked for at `now`.
///
/// Retirement lasts until every receipt issued before its cutoff is settled or expired; so `active_from`, one number,
/// tells for every receipt that can still be settled whether it was issued in retirement.
pub fn with_status(
    model: ModelId,
    record: ModelRecord,
    to: StatusName,
    now: u64,
    receipt_max_age: Seconds,
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
            let reactivation_from = receipt_max_age.after(cutoff);
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
    use hub_types::ids::{ReleaseNumber, TermsNumber};

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
                    with_status(ModelId(7), record(status, 0), name, now, Seconds(MAX_AGE)),
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
                    with_status(ModelId(7), retired.clone(), to, now, Seconds(MAX_AGE)),
                    Err(ContractError::StillRetired {
                        model: ModelId(7),
                        reactivation_from: 160 + MAX_AGE,
                        now
                    })
                );
            }
            let now = 160 + MAX_AGE;
            assert_eq!(
                with_status(ModelId(7), retired.clone(), to, now, Seconds(MAX_AGE)),
                Ok(record(status, now))
            );
        }
    }

    #[test]
    fn retiring_sets_a_cutoff_after_the_grace_and_hiding_sets_none() {
        for from in [ModelStatus::Active, ModelStatus::Delisted] {
            assert_eq!(
                with_status(
                    ModelId(7),
                    record(from, 5),
                    StatusName::Retired,
                    100,
                    Seconds(MAX_AGE)
                ),
                Ok(record(ModelStatus::Retired { cutoff: 160 }, 5))
            );
        }
        let active = record(ModelStatus::Active, 5);
        let delisted = record(ModelStatus::Delisted, 5);
        assert_eq!(
            with_status(
                ModelId(7),
                active.clone(),
                StatusName::Delisted,
                100,
                Seconds(MAX_AGE)
            ),
            Ok(delisted.clone())
        );
        assert_eq!(
            with_status(
                ModelId(7),
                delisted,
                StatusName::Active,
                100,
                Seconds(MAX_AGE)
            ),
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
            Seconds(MAX_AGE),
        )
        .unwrap();
        let back_at = 160 + MAX_AGE;
        let back = with_status(
            ModelId(7),
            retired.clone(),
            StatusName::Active,
            back_at,
            Seconds(MAX_AGE),
        )
        .unwrap();
        assert!(retired.in_service().contains(159));
        assert!(!retired.in_service().contains(160));
        // At `back_at` receipts before 160 have expired, and all since count as issued in retirement.
        assert!(!back.in_service().contains(160));
        assert!(!back.in_service().contains(back_at - 1));
        assert!(back.in_service().contains(back_at));
    }
}
