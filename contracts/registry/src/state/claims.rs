//! Who published which blob. A publisher has a blob once, for ever; several publishers may have the same one.

use cosmwasm_std::{Addr, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Map};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{ClaimCursor, ReleaseRef};
use hub_types::walrus::BlobId;

use crate::error::ContractError;

/// Publishers by blob id and (claimed_at, model, release).
const CLAIMS: Map<(&[u8], Place), Addr> = Map::new("claims");
/// Releases as (model, number) by publisher and blob id.
const PUBLICATIONS: Map<(&Addr, &[u8]), (ModelId, ReleaseNumber)> = Map::new("publications");

type Place = (u64, u64, u64);

/// A publication of a blob id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When it counts as claimed, and by which release.
    pub place: ClaimCursor,
    /// Account that was the author when the release was published.
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
            (place.claimed_at, place.model.0, place.release.0),
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
    let start = start_after
        .map(|after| Bound::exclusive((after.claimed_at, after.model.0, after.release.0)));
    CLAIMS
        .prefix(blob_id.as_bytes())
        .range(storage, start, None, Order::Ascending)
        .take(limit)
        .map(|entry| {
            let ((claimed_at, model, release), publisher) = entry?;
            Ok(Claim {
                place: ClaimCursor {
                    claimed_at,
                    model: ModelId(model),
                    release: ReleaseNumber(release),
                },
                publisher,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use proptest::prelude::*;

    use super::*;

    fn claim(claimed_at: u64, model: ModelId, release: ReleaseNumber, publisher: &str) -> Claim {
        Claim {
            place: ClaimCursor {
                claimed_at,
                model,
                release,
            },
            publisher: Addr::unchecked(publisher),
        }
    }

    fn key(claim: &Claim) -> Place {
        let place = claim.place;
        (place.claimed_at, place.model.0, place.release.0)
    }

    #[test]
    fn a_blob_twice_by_one_publisher_is_refused_even_if_claimed_earlier() {
        let mut storage = MockStorage::new();
        let blob_id = BlobId::from_bytes([7; 32]);
        enter(
            &mut storage,
            &blob_id,
            &claim(100, ModelId(1), ReleaseNumber(1), "ann"),
        )
        .unwrap();
        for again in [
            claim(100, ModelId(1), ReleaseNumber(2), "ann"),
            claim(1, ModelId(2), ReleaseNumber(1), "ann"),
            claim(200, ModelId(3), ReleaseNumber(9), "ann"),
        ] {
            assert_eq!(
                enter(&mut storage, &blob_id, &again),
                Err(ContractError::BlobPublished {
                    publisher: Addr::unchecked("ann"),
                    blob_id,
                    model: ModelId(1),
                    release: ReleaseNumber(1)
                })
            );
        }
        assert_eq!(
            page(&storage, &blob_id, None, 10),
            Ok(vec![claim(100, ModelId(1), ReleaseNumber(1), "ann")])
        );
    }

    proptest! {
        #[test]
        fn claims_are_by_time_model_and_release_on_whatever_pages(
            mut places in prop::collection::btree_set((0..4u64, 0..4u64, 0..4u64), 0..20)
                .prop_map(|places| places.into_iter().collect::<Vec<_>>())
                .prop_shuffle(),
            limit in 1..5usize,
        ) {
            let mut storage = MockStorage::new();
            let blob_id = BlobId::from_bytes([7; 32]);
            for (publisher, (claimed_at, model, release)) in places.iter().enumerate() {
                // Times of one, two and eight bytes.
                let claim = claim(claimed_at << (claimed_at * 10), ModelId(*model), ReleaseNumber(*release), &publisher.to_string());
                enter(&mut storage, &blob_id, &claim).unwrap();
                let reference = ReleaseRef { model: ModelId(*model), release: ReleaseNumber(*release) };
                prop_assert_eq!(publication(&storage, &claim.publisher, &blob_id), Ok(Some(reference)));
            }
            let other = BlobId::from_bytes([8; 32]);
            enter(&mut storage, &other, &claim(0, ModelId(9), ReleaseNumber(9), "0")).unwrap();

            places.sort();
            let mut found = vec![];
            loop {
                let after = found.last().map(|claim: &Claim| claim.place);
                let next = page(&storage, &blob_id, after, limit).unwrap();
                if next.is_empty() {
                    break;
                }
                prop_assert!(next.len() <= limit);
                found.extend(next);
            }
            let found: Vec<Place> = found.iter().map(key).collect();
            let expected: Vec<Place> = places.iter().map(|(at, model, release)| (at << (at * 10), *model, *release)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
