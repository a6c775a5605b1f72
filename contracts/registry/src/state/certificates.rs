//! What Walrus committees certified of a release. The certificate of a permanent blob and that of a deletable one
//! stand side by side: anybody can store somebody else's blob again where he may delete it, and must not take the
//! other certificate down by that. Each gives way to one of a later epoch, and within its epoch the certificate that a
//! stranger showed to the author's.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::records::walrus::{DeletableRecord, PermanentRecord, DELETABLE, PERMANENT};
use hub_types::walrus::{Confirmation, Persistence};

use crate::error::ContractError;

/// When a certificate was shown, and by whom.
pub struct Shown {
    /// The epoch of Walrus that the committee served in.
    pub epoch: u32,
    /// Block time at which it was shown.
    pub certified_at: u64,
    /// Whether the model's author showed it.
    pub by_author: bool,
}

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

/// Refuses a certificate that takes the place of none: of an epoch before the one that is shown, or of the same epoch
/// unless the author shows it in place of a stranger's.
pub fn check_news(
    storage: &dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
    confirmation: &Confirmation,
    by_author: bool,
) -> Result<(), ContractError> {
    let shown = match confirmation.persistence {
        Persistence::Permanent => {
            permanent(storage, model, release)?.map(|shown| (shown.epoch, shown.by_author))
        }
        Persistence::Deletable { .. } => {
            deletable(storage, model, release)?.map(|shown| (shown.epoch, shown.by_author))
        }
    };
    let Some((shown, shown_by_author)) = shown else {
        return Ok(());
    };
    let epoch = confirmation.epoch;
    let replaces = epoch > shown || epoch == shown && by_author && !shown_by_author;
    if replaces {
        return Ok(());
    }
    Err(ContractError::CertificateNotNewer {
        model,
        release,
        epoch,
        shown,
    })
}

/// Shows a certificate in place of the one of its kind before it.
pub fn show(
    storage: &mut dyn Storage,
    model: ModelId,
    release: ReleaseNumber,
    persistence: Persistence,
    shown: Shown,
) {
    let key = (model, release);
    let Shown {
        epoch,
        certified_at,
        by_author,
    } = shown;
    match persistence {
        Persistence::Permanent => {
            let record = PermanentRecord {
                epoch,
                certified_at,
                by_author,
            };
            PERMANENT.set(storage, key, &record);
        }
        Persistence::Deletable { object_id } => {
            let record = DeletableRecord {
                epoch,
                certified_at,
                by_author,
                object_id,
            };
            DELETABLE.set(storage, key, &record);
        }
    }
}
