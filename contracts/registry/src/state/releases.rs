//! Releases: the blob that settlement checks, and what only readers ask for.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage};
use cw_storage_plus::Map;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::records::registry::{ReleaseRecord, RELEASES};
use hub_types::walrus::BlobId;

use super::models;
use crate::domain::label::Label;
use crate::error::ContractError;

const DETAILS: Map<(u64, u64), ReleaseDetails> = Map::new("release_details");

/// What settlement never reads. What is learned of a blob later is added as an optional field.
#[cw_serde]
pub struct ReleaseDetails {
    /// Its label, `major.minor`.
    pub label: Label,
    /// Text form of the id of the blob that lists the files.
    pub manifest: Option<String>,
    /// Account that was the author when the release was published.
    pub publisher: Addr,
    /// Block time of the publication.
    pub published_at: u64,
    /// Time of the commitment that it revealed, else of the publication.
    pub claimed_at: u64,
    /// Proven length of the blob in bytes.
    pub size: Option<u64>,
}

/// A release that exists.
pub struct Release {
    /// Blob id on Walrus of what a call is billed for.
    pub blob_id: BlobId,
    /// All the rest.
    pub details: ReleaseDetails,
}

/// Stores a new release.
pub fn add(
    storage: &mut dyn Storage,
    model: ModelId,
    number: ReleaseNumber,
    release: &Release,
) -> StdResult<()> {
    let record = ReleaseRecord {
        blob_id: release.blob_id,
    };
    RELEASES.set(storage, (model, number), &record);
    save_details(storage, model, number, &release.details)
}

/// Stores what was learned of a release.
pub fn save_details(
    storage: &mut dyn Storage,
    model: ModelId,
    number: ReleaseNumber,
    details: &ReleaseDetails,
) -> StdResult<()> {
    DETAILS.save(storage, (model.0, number.0), details)
}

/// The billable blob of a release, of which nothing else is read.
pub fn blob_id(
    storage: &dyn Storage,
    model: ModelId,
    number: ReleaseNumber,
) -> Result<BlobId, ContractError> {
    match RELEASES.get(storage, (model, number))? {
        Some(record) => Ok(record.blob_id),
        None => Err(ContractError::UnknownRelease {
            model,
            release: number,
            latest: ReleaseNumber((models::load(storage, model)?.latest_release).0),
        }),
    }
}

/// A release of a model whose latest is number `latest`.
pub fn load(
    storage: &dyn Storage,
    model: ModelId,
    number: ReleaseNumber,
    latest: ReleaseNumber,
) -> Result<Release, ContractError> {
    let record = RELEASES
        .get(storage, (model, number))?
        .ok_or(ContractError::UnknownRelease {
            model,
            release: number,
            latest: ReleaseNumber(latest.0),
        })?;
    Ok(Release {
        blob_id: record.blob_id,
        details: DETAILS.load(storage, (model.0, number.0))?,
    })
}

/// Refuses a label that is not above that of the latest release.
pub fn check_label(
    storage: &dyn Storage,
    model: ModelId,
    label: Label,
    latest: ReleaseNumber,
) -> Result<(), ContractError> {
    if latest == ReleaseNumber(0) {
        return Ok(());
    }
    let latest = DETAILS.load(storage, (model.0, latest.0))?.label;
    if label > latest {
        Ok(())
    } else {
        Err(ContractError::LabelNotAscending {
            model,
            label,
            latest,
        })
    }
}
