//! The length of a blob follows from its id and the root of its slivers.

use cosmwasm_std::{HexBinary, Uint64};
use hub_testing::{event, Hub, RegistryError};
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{ExecuteMsg, QueryMsg, ReleaseResponse};
use hub_types::walrus::BlobId;

use crate::fixture::attributes;
use crate::registry_fixture::{ask, blob, market_model, refused};

/// Blob id and root of the one byte 0x00, from the reference encoder of Walrus.
const ONE_BYTE: &str = "ikLkoKbOGH6P7kZyA78_GOJnoOjkbI1lOYH5I77Qi7Y";
const ROOT: &str = "e3fb10a9d88c9e7157c5e112dd6916e44011f5a9d6460bced51ebacf9308e1da";

fn root() -> [u8; 32] {
    HexBinary::from_hex(ROOT).unwrap().to_array().unwrap()
}

fn proof(
    model: ModelId,
    release: ReleaseNumber,
    size: u64,
    root_hash: impl Into<HexBinary>,
) -> ExecuteMsg {
    ExecuteMsg::ProveSize {
        model,
        release,
        size: Uint64::new(size),
        root_hash: root_hash.into(),
    }
}

fn size(hub: &Hub, model: ModelId, release: ReleaseNumber) -> Option<Uint64> {
    let question = QueryMsg::Release { model, release };
    ask::<ReleaseResponse>(hub, question).size
}

#[test]
fn a_root_of_the_wrong_length_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    for length in [0, 31, 33] {
        assert_eq!(
            refused(
                &mut hub,
                &author,
                proof(model, ReleaseNumber(1), 1, vec![0; length])
            ),
            RegistryError::Hash(HashError {
                field: "root_hash",
                length
            })
        );
    }
}

#[test]
fn a_release_that_does_not_exist_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    for release in [0, 2, u64::MAX] {
        assert_eq!(
            refused(
                &mut hub,
                &author,
                proof(model, ReleaseNumber(release), 1, root())
            ),
            RegistryError::UnknownRelease {
                model,
                release: ReleaseNumber(release),
                latest: ReleaseNumber(1)
            }
        );
    }
}

#[test]
fn a_size_or_root_of_another_blob_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let blob_id: BlobId = ONE_BYTE.parse().unwrap();
    let model = hub.register_model(&author, market_model(0).release(blob_id));
    for (size, root_hash) in [
        (0, root()),
        (2, root()),
        (1 << 56, root()),
        (u64::MAX, root()),
        (1, [0; 32]),
    ] {
        assert_eq!(
            refused(
                &mut hub,
                &author,
                proof(model, ReleaseNumber(1), size, root_hash)
            ),
            RegistryError::SizeMismatch {
                blob_id,
                derived: BlobId::derive(size, &root_hash)
            }
        );
    }
    assert_eq!(size(&hub, model, ReleaseNumber(1)), None);
}

#[test]
fn a_size_proven_before_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let blob_id: BlobId = ONE_BYTE.parse().unwrap();
    let model = hub.register_model(&author, market_model(0).release(blob_id));
    hub.registry(&author, proof(model, ReleaseNumber(1), 1, root()))
        .unwrap();
    for size in [1, 2] {
        assert_eq!(
            refused(
                &mut hub,
                &author,
                proof(model, ReleaseNumber(1), size, root())
            ),
            RegistryError::SizeProven {
                model,
                release: ReleaseNumber(1),
                size: 1
            }
        );
    }
}

#[test]
fn a_size_that_the_blob_id_follows_from_is_shown_on_its_release_alone() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    let sizes = [0, 1, 5_368_709_120, u64::MAX];
    for length in sizes {
        hub.publish(&author, model, BlobId::derive(length, &root()));
    }
    for (release, length) in (2..).zip(sizes) {
        let msg = proof(model, ReleaseNumber(release), length, root());
        let response = hub.registry(&author, msg).unwrap();
        let blob_id = BlobId::derive(length, &root()).to_string();
        assert_eq!(
            event(&response, "hub_size_proven"),
            attributes(&[
                ("model", "1"),
                ("release", &release.to_string()),
                ("blob_id", &blob_id),
                ("size", &length.to_string()),
            ])
        );
        assert_eq!(
            size(&hub, model, ReleaseNumber(release)),
            Some(Uint64::new(length))
        );
    }
    assert_eq!(size(&hub, model, ReleaseNumber(1)), None);
    assert_eq!(BlobId::derive(1, &root()).to_string(), ONE_BYTE);
}
