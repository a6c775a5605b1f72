//! Anyone shows that a Walrus committee stores the blob of a release.

use cosmwasm_std::{Addr, Binary, HexBinary};
use hub_testing::{event, Hub, NewModel, RegistryError, StorageNodes};
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{
    CommitteeMember, DeletableCertificate, ExecuteMsg, PermanentCertificate, QueryMsg,
    ReleaseResponse, ReleasesResponse, StatusName, StorageCertificate,
};
use hub_types::walrus::{
    BlobId, CertificateError, Confirmation, Persistence, PointError, SignersError,
};

use crate::fixture::attributes;
use crate::registry_fixture::{ask, refused};

const BLOB: BlobId = BlobId::from_bytes([7; 32]);
const EPOCH: u32 = 53;

/// 10 shards, so 7 make a quorum: the first two nodes, or the first and the last two.
const WEIGHTS: [u16; 4] = [4, 3, 2, 1];

struct Fixture {
    hub: Hub,
    author: Addr,
    stranger: Addr,
    nodes: StorageNodes,
}

impl Fixture {
    /// A model with one release, and a committee.
    fn new() -> Self {
        let mut hub = Hub::new();
        let [author, stranger] = ["author", "stranger"].map(|name| hub.account(name));
        hub.register_model(&author, NewModel::named("forecast").release(BLOB));
        let nodes = StorageNodes::with_weights(&WEIGHTS);
        hub.set_committee(EPOCH, &nodes);
        Self {
            hub,
            author,
            stranger,
            nodes,
        }
    }

    /// What the first two nodes sign about the blob.
    fn certificate(&self, epoch: u32, object_id: Option<[u8; 32]>) -> StorageCertificate {
        self.nodes
            .certificate(&confirmation(epoch, object_id), [0, 1])
    }

    #[track_caller]
    fn certify(&mut self, epoch: u32, object_id: Option<[u8; 32]>) {
        let certificate = self.certificate(epoch, object_id);
        let stranger = self.stranger.clone();
        self.hub
            .certify(&stranger, ModelId(1), ReleaseNumber(1), certificate)
            .unwrap();
    }

    #[track_caller]
    fn refused(&mut self, certificate: StorageCertificate) -> RegistryError {
        self.refused_on(ModelId(1), ReleaseNumber(1), certificate)
    }

    #[track_caller]
    fn refused_on(
        &mut self,
        model: ModelId,
        release: ReleaseNumber,
        certificate: StorageCertificate,
    ) -> RegistryError {
        let msg = ExecuteMsg::Certify {
            model,
            release,
            certificate,
        };
        refused(&mut self.hub, &self.stranger, msg)
    }

    fn shown(&self) -> (Option<PermanentCertificate>, Option<DeletableCertificate>) {
        let question = QueryMsg::Release {
            model: ModelId(1),
            release: ReleaseNumber(1),
        };
        let release: ReleaseResponse = ask(&self.hub, question);
        (release.permanent, release.deletable)
    }
}

fn confirmation(epoch: u32, object_id: Option<[u8; 32]>) -> Confirmation {
    Confirmation {
        epoch,
        blob_id: BLOB,
        persistence: match object_id {
            None => Persistence::Permanent,
            Some(object_id) => Persistence::Deletable { object_id },
        },
    }
}

fn not_newer(epoch: u32, shown: u32) -> RegistryError {
    RegistryError::CertificateNotNewer {
        model: ModelId(1),
        release: ReleaseNumber(1),
        epoch,
        shown,
    }
}

#[test]
fn bytes_that_are_no_signature_are_refused() {
    let mut fixture = Fixture::new();
    let honest = fixture.certificate(EPOCH, None);
    let mut identity = vec![0; 96];
    identity[0] = 0xc0;
    for (bytes, source) in [
        (
            vec![],
            PointError::WrongLength {
                length: 0,
                expected: 96,
            },
        ),
        (
            honest.signature[..95].to_vec(),
            PointError::WrongLength {
                length: 95,
                expected: 96,
            },
        ),
        (vec![0x17; 96], PointError::NotCompressed),
        (identity, PointError::Identity),
        (vec![0xff; 96], PointError::Identity),
    ] {
        let certificate = StorageCertificate {
            signature: Binary::from(bytes),
            ..honest.clone()
        };
        assert_eq!(
            fixture.refused(certificate),
            RegistryError::Signature { source }
        );
    }
}

#[test]
fn an_object_id_of_the_wrong_length_is_refused() {
    let mut fixture = Fixture::new();
    for length in [0, 31, 33] {
        let certificate = StorageCertificate {
            object_id: Some(HexBinary::from(vec![1; length])),
            ..fixture.certificate(EPOCH, Some([1; 32]))
        };
        assert_eq!(
            fixture.refused(certificate),
            RegistryError::Hash(HashError {
                field: "object_id",
                length
            })
        );
    }
}

#[test]
fn what_does_not_exist_is_not_certified() {
    let mut fixture = Fixture::new();
    let certificate = fixture.certificate(EPOCH, None);
    for model in [0, 2, u64::MAX] {
        assert_eq!(
            fixture.refused_on(ModelId(model), ReleaseNumber(1), certificate.clone()),
            RegistryError::UnknownModel {
                model: ModelId(model)
            }
        );
    }
    for release in [0, 2, u64::MAX] {
        assert_eq!(
            fixture.refused_on(ModelId(1), ReleaseNumber(release), certificate.clone()),
            RegistryError::UnknownRelease {
                model: ModelId(1),
                release: ReleaseNumber(release),
                latest: ReleaseNumber(1)
            }
        );
    }
}

#[test]
fn a_committee_that_is_not_kept_certifies_nothing() {
    let mut fixture = Fixture::new();
    let nodes = fixture.nodes.clone();
    for epoch in [0, EPOCH - 1, EPOCH + 1, u32::MAX] {
        let certificate = fixture.certificate(epoch, None);
        assert_eq!(
            fixture.refused(certificate),
            RegistryError::UnknownCommittee {
                epoch,
                latest: Some(EPOCH),
                before: None
            }
        );
    }
    fixture.hub.set_committee(EPOCH + 1, &nodes);
    fixture.hub.set_committee(EPOCH + 2, &nodes);
    let certificate = fixture.certificate(EPOCH, None);
    assert_eq!(
        fixture.refused(certificate),
        RegistryError::UnknownCommittee {
            epoch: EPOCH,
            latest: Some(EPOCH + 2),
            before: Some(EPOCH + 1)
        }
    );
}

/// Attack (market-number fakes): a few storage nodes certify a blob that the others do not hold.
/// Defence: two thirds of the shards and one must have signed.
#[test]
fn a_quorum_one_short_is_refused() {
    let mut fixture = Fixture::new();
    let six = fixture
        .nodes
        .certificate(&confirmation(EPOCH, None), [0, 2]);
    let short = |weight| {
        RegistryError::Certificate(CertificateError::NotEnoughWeight {
            weight,
            quorum: 7,
            n_shards: 10,
        })
    };
    assert_eq!(fixture.refused(six.clone()), short(6));
    for signers in [vec![], vec![0]] {
        let nobody = StorageCertificate {
            signers: Binary::from(signers),
            ..six.clone()
        };
        assert_eq!(fixture.refused(nobody), short(0));
    }
}

#[test]
fn a_bitmap_with_bits_or_bytes_to_spare_is_refused() {
    let mut fixture = Fixture::new();
    let honest = fixture.certificate(EPOCH, None);
    let spare = |bit| SignersError::SpareBit { bit, members: 4 };
    for (signers, error) in [
        (vec![0b1_0011], spare(4)),
        (vec![0b1000_0011], spare(7)),
        (
            vec![0b0011, 0],
            SignersError::TooLong {
                length: 2,
                most: 1,
                members: 4,
            },
        ),
    ] {
        let certificate = StorageCertificate {
            signers: Binary::from(signers),
            ..honest.clone()
        };
        assert_eq!(
            fixture.refused(certificate),
            RegistryError::Certificate(CertificateError::Signers(error))
        );
    }
}

/// Attack (market-number fakes): a badge of storage is made from keys chosen to cancel each other.
/// Defence: an aggregate that is the identity verifies nothing.
#[test]
fn keys_that_cancel_each_other_certify_nothing() {
    let mut fixture = Fixture::new();
    let key = fixture.nodes.members()[0].key.clone();
    let mut opposite = key.to_vec();
    opposite[0] ^= 0x20;
    let member = |key| CommitteeMember { key, weight: 500 };
    let cancelling = ExecuteMsg::SetCommittee {
        epoch: EPOCH,
        n_shards: 1_000,
        members: vec![member(key), member(Binary::from(opposite))],
    };
    let keeper = fixture.hub.keeper.clone();
    fixture.hub.registry(&keeper, cancelling).unwrap();
    let certificate = StorageCertificate {
        signers: Binary::from(vec![0b11]),
        ..fixture.certificate(EPOCH, None)
    };
    assert_eq!(
        fixture.refused(certificate),
        RegistryError::Certificate(CertificateError::IdentityKey)
    );
}

#[test]
fn a_signature_of_others_or_over_something_else_is_refused() {
    let mut fixture = Fixture::new();
    let honest = fixture.certificate(EPOCH, None);
    let object = [1; 32];
    let other_blob = Confirmation {
        blob_id: BlobId::from_bytes([8; 32]),
        ..confirmation(EPOCH, None)
    };
    let stated_otherwise = |confirmation, object_id: Option<[u8; 32]>| StorageCertificate {
        epoch: EPOCH,
        object_id: object_id.map(|object_id| HexBinary::from(&object_id)),
        ..fixture.nodes.certificate(&confirmation, [0, 1])
    };
    let mut damaged = honest.signature.to_vec();
    damaged[95] ^= 1;
    for certificate in [
        stated_otherwise(other_blob, None),
        stated_otherwise(confirmation(EPOCH + 1, None), None),
        stated_otherwise(confirmation(EPOCH, Some(object)), None),
        stated_otherwise(confirmation(EPOCH, None), Some(object)),
        stated_otherwise(confirmation(EPOCH, Some(object)), Some([2; 32])),
        StorageCertificate {
            signers: Binary::from(vec![0b1101]),
            ..honest.clone()
        },
        StorageCertificate {
            signers: Binary::from(vec![0b1111]),
            ..honest.clone()
        },
        StorageCertificate {
            signature: Binary::from(damaged),
            ..honest
        },
    ] {
        assert_eq!(
            fixture.refused(certificate),
            RegistryError::Certificate(CertificateError::WrongSignature)
        );
    }
}

/// Attack (cross-chain and cross-contract replay): the certificate of one blob is shown on the release of another.
/// Defence: the signed message names the blob.
#[test]
fn a_certificate_of_the_blob_of_another_release_is_refused() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    fixture.hub.publish(&author, ModelId(1), [8; 32]);
    let certificate = fixture.certificate(EPOCH, None);
    assert_eq!(
        fixture.refused_on(ModelId(1), ReleaseNumber(2), certificate),
        RegistryError::Certificate(CertificateError::WrongSignature)
    );
}

/// Attack (replay and ordering): an old certificate is sent again after a newer one, to make a release look older.
/// Defence: only a later epoch takes its place.
#[test]
fn a_certificate_not_of_a_later_epoch_is_refused() {
    let mut fixture = Fixture::new();
    let nodes = fixture.nodes.clone();
    fixture.hub.set_committee(EPOCH + 1, &nodes);
    fixture.certify(EPOCH + 1, None);
    fixture.certify(EPOCH + 1, Some([1; 32]));
    let before = fixture.shown();
    for object_id in [None, Some([1; 32]), Some([2; 32])] {
        for epoch in [EPOCH, EPOCH + 1] {
            let certificate = fixture.certificate(epoch, object_id);
            assert_eq!(fixture.refused(certificate), not_newer(epoch, EPOCH + 1));
        }
    }
    assert_eq!(fixture.shown(), before);
}

#[test]
fn anyone_certifies_a_release_and_the_release_shows_epoch_and_time() {
    let mut fixture = Fixture::new();
    let stranger = fixture.stranger.clone();
    fixture.hub.advance(7);
    assert_eq!(fixture.shown(), (None, None));
    let before = fixture.hub.state();
    let certificate = fixture.certificate(EPOCH, None);
    let response = fixture
        .hub
        .certify(&stranger, ModelId(1), ReleaseNumber(1), certificate)
        .unwrap();
    assert_eq!(
        event(&response, "hub_release_certified"),
        attributes(&[
            ("model", "1"),
            ("release", "1"),
            ("blob_id", &BLOB.to_string()),
            ("epoch", "53"),
            ("weight", "7"),
            ("n_shards", "10"),
            ("sender", stranger.as_str()),
        ])
    );
    let certificate = PermanentCertificate {
        epoch: EPOCH,
        certified_at: fixture.hub.now(),
        by_author: false,
    };
    fixture.hub.advance(7);
    assert_eq!(fixture.shown(), (Some(certificate), None));
    // Nothing that settlement reads grew.
    let mut after = fixture.hub.state();
    assert_eq!(
        after
            .permanent
            .remove(&(ModelId(1), ReleaseNumber(1)))
            .unwrap()
            .epoch,
        EPOCH
    );
    assert_eq!(after, before);
}

#[test]
fn a_deletable_blob_is_shown_as_such_with_its_object() {
    let mut fixture = Fixture::new();
    let (stranger, object) = (fixture.stranger.clone(), [0xab; 32]);
    let certificate = fixture.certificate(EPOCH, Some(object));
    let response = fixture
        .hub
        .certify(&stranger, ModelId(1), ReleaseNumber(1), certificate)
        .unwrap();
    assert_eq!(
        event(&response, "hub_release_certified")[3..5],
        attributes(&[("epoch", "53"), ("object_id", &"ab".repeat(32))])
    );
    let certificate = DeletableCertificate {
        epoch: EPOCH,
        certified_at: fixture.hub.now(),
        by_author: false,
        object_id: HexBinary::from(&object),
    };
    assert_eq!(fixture.shown(), (None, Some(certificate)));
}

#[test]
fn a_deletable_copy_takes_no_permanent_certificate_down_nor_the_other_way_round() {
    let mut fixture = Fixture::new();
    let nodes = fixture.nodes.clone();
    fixture.hub.set_committee(EPOCH + 1, &nodes);
    fixture.certify(EPOCH, None);
    let (permanent, _) = fixture.shown();
    fixture.certify(EPOCH + 1, Some([1; 32]));
    let (still, deletable) = fixture.shown();
    assert_eq!(still, permanent);
    assert_eq!(deletable.clone().unwrap().epoch, EPOCH + 1);
    fixture.certify(EPOCH + 1, None);
    let (later, still) = fixture.shown();
    assert_eq!(later.unwrap().epoch, EPOCH + 1);
    assert_eq!(still, deletable);
}

#[test]
fn a_later_epoch_takes_the_place_of_an_earlier_one() {
    let mut fixture = Fixture::new();
    let nodes = fixture.nodes.clone();
    fixture.certify(EPOCH, None);
    fixture.certify(EPOCH, Some([1; 32]));
    fixture.hub.advance(60);
    fixture.hub.set_committee(EPOCH + 3, &nodes);
    fixture.certify(EPOCH + 3, None);
    fixture.certify(EPOCH + 3, Some([2; 32]));
    let (epoch, certified_at) = (EPOCH + 3, fixture.hub.now());
    let permanent = PermanentCertificate {
        epoch,
        certified_at,
        by_author: false,
    };
    let deletable = DeletableCertificate {
        epoch,
        certified_at,
        by_author: false,
        object_id: HexBinary::from([2; 32]),
    };
    assert_eq!(fixture.shown(), (Some(permanent), Some(deletable)));
}

#[test]
fn a_certificate_of_the_epoch_before_is_taken_after_the_change_of_epochs() {
    let mut fixture = Fixture::new();
    let others = StorageNodes::with_weights(&[1; 9]);
    fixture.hub.set_committee(EPOCH + 1, &others);
    fixture.certify(EPOCH, None);
    assert_eq!(fixture.shown().0.unwrap().epoch, EPOCH);
    // What the committee before signs is no certificate of the present one.
    let certificate = StorageCertificate {
        signers: Binary::from(vec![0x7f]),
        ..fixture.certificate(EPOCH + 1, None)
    };
    assert_eq!(
        fixture.refused(certificate),
        RegistryError::Certificate(CertificateError::WrongSignature)
    );
}

#[test]
fn a_certificate_is_shown_on_its_release_alone() {
    let mut fixture = Fixture::new();
    let (author, stranger) = (fixture.author.clone(), fixture.stranger.clone());
    fixture.hub.publish(&author, ModelId(1), [8; 32]);
    // The same blob, published by somebody else.
    let copy = NewModel::named("copy").release(BLOB);
    let copy = fixture.hub.register_model(&stranger, copy);
    fixture.certify(EPOCH, None);
    let of = |model| {
        let question = QueryMsg::Releases {
            model,
            start_after: None,
            limit: None,
        };
        let releases = ask::<ReleasesResponse>(&fixture.hub, question).releases;
        let certified = releases.iter().map(|release| release.permanent.is_some());
        certified.collect::<Vec<_>>()
    };
    assert_eq!(of(ModelId(1)), [false, true]);
    assert_eq!(of(copy), [false]);
    let certificate = fixture.certificate(EPOCH, None);
    fixture
        .hub
        .certify(&author, copy, ReleaseNumber(1), certificate)
        .unwrap();
}

/// Attack (griefing and wedging): in each epoch a stranger shows its own copy of a blob first, which it deletes the next
/// day, and keeps the author's certificate out.
/// Defence: within an epoch the author's certificate takes the place of a stranger's, once, and stays.
#[test]
fn the_certificate_of_the_author_takes_the_place_of_a_strangers_within_the_epoch() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    for (strangers, authors) in [(None, None), (Some([1; 32]), Some([2; 32]))] {
        fixture.certify(EPOCH, strangers);
        fixture.hub.advance(7);
        let certificate = fixture.certificate(EPOCH, authors);
        fixture
            .hub
            .certify(&author, ModelId(1), ReleaseNumber(1), certificate.clone())
            .unwrap();
        let now = fixture.hub.now();
        let shown = fixture.shown();
        match authors {
            None => assert_eq!(
                shown.0,
                Some(PermanentCertificate {
                    epoch: EPOCH,
                    certified_at: now,
                    by_author: true
                })
            ),
            Some(object_id) => assert_eq!(
                shown.1,
                Some(DeletableCertificate {
                    epoch: EPOCH,
                    certified_at: now,
                    by_author: true,
                    object_id: HexBinary::from(&object_id)
                })
            ),
        }
        // Neither the stranger nor the author moves it within the epoch any more.
        let again = fixture.certificate(EPOCH, strangers);
        assert_eq!(fixture.refused(again), not_newer(EPOCH, EPOCH));
        let error = fixture
            .hub
            .certify(&author, ModelId(1), ReleaseNumber(1), certificate)
            .unwrap_err();
        assert_eq!(error, not_newer(EPOCH, EPOCH));
    }
    // A later epoch is anybody's again.
    let nodes = fixture.nodes.clone();
    fixture.hub.set_committee(EPOCH + 1, &nodes);
    fixture.certify(EPOCH + 1, None);
    let (permanent, _) = fixture.shown();
    assert!(permanent.is_some_and(|shown| !shown.by_author && shown.epoch == EPOCH + 1));
}

#[test]
fn a_retired_model_is_certified_as_well() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    let status = StatusName::Retired;
    let msg = ExecuteMsg::SetStatus {
        model: ModelId(1),
        status,
    };
    fixture.hub.registry(&author, msg).unwrap();
    fixture.certify(EPOCH, None);
    assert!(fixture.shown().0.is_some());
}

#[test]
fn a_bitmap_may_end_where_nobody_signed_any_more() {
    let mut fixture = Fixture::new();
    let nodes = StorageNodes::with_weights(&[1; 20]);
    fixture.hub.set_committee(EPOCH, &nodes);
    let full = nodes.certificate(&confirmation(EPOCH, None), 0..14);
    let short = StorageCertificate {
        signers: Binary::from(&full.signers[..2]),
        ..full
    };
    let stranger = fixture.stranger.clone();
    fixture
        .hub
        .certify(&stranger, ModelId(1), ReleaseNumber(1), short)
        .unwrap();
}

#[test]
fn a_committee_of_a_thousand_certifies_with_exactly_its_quorum() {
    let mut fixture = Fixture::new();
    let nodes = StorageNodes::many(1_000);
    fixture.hub.set_committee(EPOCH, &nodes);
    let signers = |count| (0..1_000).filter(|place| place % 3 != 1).take(count);
    let short = nodes.certificate(&confirmation(EPOCH, None), signers(666));
    assert_eq!(
        fixture.refused(short),
        RegistryError::Certificate(CertificateError::NotEnoughWeight {
            weight: 666,
            quorum: 667,
            n_shards: 1_000
        })
    );
    let enough = nodes.certificate(&confirmation(EPOCH, None), signers(667));
    let stranger = fixture.stranger.clone();
    fixture
        .hub
        .certify(&stranger, ModelId(1), ReleaseNumber(1), enough)
        .unwrap();
}
