//! What Walrus committees certified of a release. The certificate of a permanent blob and that of a deletable one
//! stand side by side: anybody can store somebody else's blob again where he may delete it, and must not take the
//! other certificate down by that. Each gives way only to one of a later epoch.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::records::walrus::{DeletableRecord, PermanentRecord, DELETABLE, PERMANENT};
use hub_types::walrus::{Confirmation, Persistence};

use crate::error::ContractError;

/// The certificate of a release as a permanent blob.
pub fn permanent(
    storage: &dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
) -> StdResult<Option<PermanentRecord>> {
    PERMANENT.get(storage, (model, release))
}

/// The certificate of a release as a deletable blob.
pub fn deletable(
    storage: &dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
) -> StdResult<Option<DeletableRecord>> {
    DELETABLE.get(storage, (model, release))
}

/// Refuses a certificate of an epoch that is not later than that of the certificate it would replace.
pub fn check_news(
    storage: &dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
    confirmation: &Confirmation,
) -> Result<(), ContractError> {
    let shown = match confirmation.persistence {
        Persistence::Permanent => permanent(storage, model, release)?.map(|shown| shown.epoch),
        Persistence::Deletable { .. } => {
            deletable(storage, model, release)?.map(|shown| shown.epoch)
        }
    };
    match shown {
        Some(shown) if confirmation.epoch <= shown => Err(ContractError::CertificateNotNewer {
            model,
            release,
            epoch: confirmation.epoch,
            shown,
        }),
        _ => Ok(()),
    }
}

/// Shows a certificate in place of the one of its kind before it.
pub fn show(
    storage: &mut dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
    confirmation: &Confirmation,
    now: u64,
) {
    let key = (model, release);
    let epoch = confirmation.epoch;
    match confirmation.persistence {
        Persistence::Permanent => {
            let record = PermanentRecord {
                epoch,
                certified_at: now,
            };
            PERMANENT.set(storage, key, &record);
        }
        Persistence::Deletable { object_id } => {
            let record = DeletableRecord {
                epoch,
                certified_at: now,
                object_id,
            };
            DELETABLE.set(storage, key, &record);
        }
    }
}
