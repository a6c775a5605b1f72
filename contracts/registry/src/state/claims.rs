//! Who published which blob. A publisher has a blob once, for ever; several publishers may have the same one.

use cosmwasm_std::{Addr, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::registry::{ClaimCursor, ReleaseRef};
use hub_types::walrus::BlobId;

use crate::error::ContractError;

/// Publishers by blob id and (claimed_at, model, release).
const CLAIMS: Map<(&[u8], Place), Addr> = Map::new("claims");
/// Releases as (model, number) by publisher and blob id.
const PUBLICATIONS: Map<(&Addr, &[u8]), (u64, u64)> = Map::new("publications");

type Place = (u64, u64, u64);

/// A publication of a blob id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When it counts as claimed, and by which release.
    pub place: ClaimCursor,
    /// Author at publication.
    pub publisher: Addr,
}

/// Enters a claim; refused if its publisher has the blob.
pub fn enter(
    storage: &mut dyn Storage,
    blob_id: &BlobId,
    claim: &Claim,
) -> Result<(), ContractError> {
    let key = (&claim.publisher, blob_id.as_bytes().as_slice());
    if let Some((model, release)) = PUBLICATIONS.may_load(storage, key)? {
        return Err(ContractError::BlobPublished {
            publisher: claim.publisher.clone(),
            blob_id: *blob_id,
            model,
            release,
        });
    }
    let place = claim.place;
    PUBLICATIONS.save(storage, key, &(place.model, place.release))?;
    CLAIMS.save(
        storage,
        (
            blob_id.as_bytes(),
            (place.claimed_at, place.model, place.release),
        ),
        &claim.publisher,
    )?;
    Ok(())
}

/// The release under which `publisher` published a blob.
pub fn publication(
    storage: &dyn Storage,
    publisher: &Addr,
    blob_id: &BlobId,
) -> StdResult<Option<ReleaseRef>> {
    let publication = PUBLICATIONS.may_load(storage, (publisher, blob_id.as_bytes()))?;
    Ok(publication.map(|(model, release)| ReleaseRef { model, release }))
}

/// Claims to a blob, the earliest first.
pub fn page(
    storage: &dyn Storage,
    blob_id: &BlobId,
    start_after: Option<ClaimCursor>,
    limit: usize,
) -> StdResult<Vec<Claim>> {
    let start =
        start_after.map(|after| Bound::exclusive((after.claimed_at, after.model, after.release)));
    CLAIMS
        .prefix(blob_id.as_bytes())
        .range(storage, start, None, Order::Ascending)
        .take(limit)
        .map(|entry| {
            let ((claimed_at, model, release), publisher) = entry?;
            Ok(Claim {
                place: ClaimCursor {
                    claimed_at,
                    model,
                    release,
                },
                publisher,
            })
        })
        .collect()
}
