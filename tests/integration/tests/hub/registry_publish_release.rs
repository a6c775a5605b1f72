//! Releases are append-only, and their claims to a blob lie in the order of time.

use cosmwasm_std::{Addr, HexBinary};
use hub_testing::{data, event, Hub, RegistryError, START_TIME};
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::page::PageError;
use hub_types::registry::{
    ClaimCursor, ClaimResponse, ClaimsResponse, ExecuteMsg, NewRelease, QueryMsg, ReleaseCreated,
    ReleaseRef, ReleaseResponse, ReleasesResponse, StatusName, UncheckedPayee,
};
use hub_types::walrus::BlobId;

use hub_registry::Label;

use crate::fixture::attributes;
use crate::registry_fixture::{ask, assert_no_answer, blob, market_model, refused, release};

const SALT: [u8; 32] = [0x5a; 32];

fn publish(model: ModelId, release: NewRelease) -> ExecuteMsg {
    ExecuteMsg::PublishRelease { model, release }
}

fn salted(release: NewRelease, salt: [u8; 32]) -> NewRelease {
    NewRelease {
        salt: Some(HexBinary::from(salt)),
        ..release
    }
}

fn claims(
    hub: &Hub,
    blob_id: BlobId,
    start_after: Option<ClaimCursor>,
    limit: Option<u32>,
) -> Vec<ClaimResponse> {
    let question = QueryMsg::ByBlob {
        blob_id: blob_id.to_string(),
        start_after,
        limit,
    };
    ask::<ClaimsResponse>(hub, question).claims
}

fn published_by(hub: &Hub, publisher: &Addr, blob_id: BlobId) -> Option<ReleaseRef> {
    let question = QueryMsg::ByPublisherAndBlob {
        publisher: publisher.to_string(),
        blob_id: blob_id.to_string(),
    };
    ask(hub, question)
}

fn cursor(claim: &ClaimResponse) -> ClaimCursor {
    ClaimCursor {
        claimed_at: claim.claimed_at,
        model: claim.model,
        release: claim.release,
    }
}

#[test]
fn labels_that_do_not_ascend_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    hub.registry(&author, publish(model, release(2, 5, blob(0))))
        .unwrap();
    for (major, minor) in [(2, 5), (2, 4), (1, 9), (1, u32::MAX), (0, 0)] {
        assert_eq!(
            refused(
                &mut hub,
                &author,
                publish(model, release(major, minor, blob(1)))
            ),
            RegistryError::LabelNotAscending {
                model,
                label: Label { major, minor },
                latest: Label { major: 2, minor: 5 }
            }
        );
    }
    for (major, minor, place) in [(2, 6, 1), (3, 0, 2), (u32::MAX, u32::MAX, 3)] {
        hub.registry(&author, publish(model, release(major, minor, blob(place))))
            .unwrap();
    }
    let largest = Label {
        major: u32::MAX,
        minor: u32::MAX,
    };
    assert_eq!(
        refused(
            &mut hub,
            &author,
            publish(model, release(u32::MAX, u32::MAX, blob(4)))
        ),
        RegistryError::LabelNotAscending {
            model,
            label: largest,
            latest: largest
        }
    );
}

/// Attack (confused deputy): a publisher gives one blob to two models, so that a receipt could mean either.
/// Defence: (publisher, blob id) resolves to one model and release for ever.
#[test]
fn the_same_blob_twice_by_one_publisher_is_refused_on_any_of_its_models() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let first = hub.register_model(&author, market_model(0).release(blob(0)));
    let second = hub.register_model(&author, market_model(1));
    let published = RegistryError::BlobPublished {
        publisher: author.clone(),
        blob_id: blob(0),
        model: first,
        release: ReleaseNumber(1),
    };
    for model in [first, second] {
        let again = publish(model, release(9, 0, blob(0)));
        assert_eq!(refused(&mut hub, &author, again), published);
    }
}

#[test]
fn the_same_blob_after_a_sale_is_refused_to_its_publisher_and_allowed_to_the_buyer() {
    let mut hub = Hub::new();
    let [author, buyer] = ["author", "buyer"].map(|name| hub.account(name));
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    let to = buyer.to_string();
    hub.registry(&author, ExecuteMsg::OfferTransfer { model, to })
        .unwrap();
    let payees = vec![UncheckedPayee {
        address: buyer.to_string(),
        bps: 10_000,
    }];
    let name = None;
    let acceptance = ExecuteMsg::AcceptTransfer {
        model,
        expected_terms: TermsNumber(1),
        payees,
        name,
    };
    hub.registry(&buyer, acceptance).unwrap();

    let another = hub.register_model(&author, market_model(1));
    assert_eq!(
        refused(&mut hub, &author, publish(another, release(1, 0, blob(0)))),
        RegistryError::BlobPublished {
            publisher: author.clone(),
            blob_id: blob(0),
            model,
            release: ReleaseNumber(1)
        }
    );
    hub.registry(&buyer, publish(model, release(2, 0, blob(0))))
        .unwrap();

    let reference = |release| Some(ReleaseRef { model, release });
    assert_eq!(
        published_by(&hub, &author, blob(0)),
        reference(ReleaseNumber(1))
    );
    assert_eq!(
        published_by(&hub, &buyer, blob(0)),
        reference(ReleaseNumber(2))
    );
    let claim = |release, publisher: &Addr| ClaimResponse {
        claimed_at: START_TIME,
        model,
        release,
        publisher: publisher.clone(),
        author: buyer.clone(),
    };
    assert_eq!(
        claims(&hub, blob(0), None, None),
        [
            claim(ReleaseNumber(1), &author),
            claim(ReleaseNumber(2), &buyer)
        ]
    );
}

#[test]
fn a_salt_of_the_wrong_length_is_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    for length in [0, 31, 33] {
        let mut release = release(1, 0, blob(0));
        release.salt = Some(HexBinary::from(vec![1; length]));
        assert_eq!(
            refused(&mut hub, &author, publish(model, release)),
            RegistryError::Hash(HashError {
                field: "salt",
                length
            })
        );
    }
}

#[test]
fn a_reveal_that_does_not_match_its_commitment_is_refused() {
    let mut hub = Hub::new();
    let [author, thief] = ["author", "thief"].map(|name| hub.account(name));
    let model = hub.register_model(&author, market_model(0));
    let stolen = hub.register_model(&thief, market_model(0));
    let hash = hub.commitment(&author, &blob(0), &SALT);
    hub.registry(&author, ExecuteMsg::Commit { hash }).unwrap();

    let mut unknown = |sender: &Addr, model, blob_id, salt| {
        let hash = hub.commitment(sender, &blob_id, &salt).to_hex();
        let msg = publish(model, salted(release(1, 0, blob_id), salt));
        let error = refused(&mut hub, sender, msg);
        assert_eq!(error, RegistryError::UnknownCommitment { hash });
    };
    unknown(&author, model, blob(0), [0x5b; 32]);
    unknown(&author, model, blob(1), SALT);
    unknown(&thief, stolen, blob(0), SALT);
}

/// Attack (cross-chain and cross-contract replay): a commitment of another chain or another account is revealed here.
/// Defence: the committed hash is over this registry's tag and the sender.
#[test]
fn a_commitment_for_another_chain_or_registry_reveals_nothing() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    let elsewhere = Hub::builder().chain_id("elsewhere-1").build();
    let foreign = elsewhere.commitment(&author, &blob(0), &SALT);
    let mut beside = Hub::new();
    beside.registry = beside.billing.clone();
    let of_another_contract = beside.commitment(&author, &blob(0), &SALT);
    for hash in [foreign, of_another_contract] {
        hub.registry(&author, ExecuteMsg::Commit { hash }).unwrap();
    }
    let hash = hub.commitment(&author, &blob(0), &SALT).to_hex();
    assert_eq!(
        refused(
            &mut hub,
            &author,
            publish(model, salted(release(1, 0, blob(0)), SALT))
        ),
        RegistryError::UnknownCommitment { hash }
    );
}

#[test]
fn a_commitment_is_revealed_on_whatever_chain_it_names() {
    let mut hub = Hub::builder().chain_id("elsewhere-1").build();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    let hash = hub.commitment(&author, &blob(0), &SALT);
    hub.registry(&author, ExecuteMsg::Commit { hash }).unwrap();
    hub.advance(1);
    hub.registry(
        &author,
        publish(model, salted(release(1, 0, blob(0)), SALT)),
    )
    .unwrap();
    assert_eq!(claims(&hub, blob(0), None, None)[0].claimed_at, START_TIME);
}

/// Attack (front running and stripping): a watcher copies a blob id out of a pending publication and claims it first.
/// Defence: a commitment made before the upload dates the author's claim.
#[test]
fn a_revealed_commitment_dates_the_claim_before_anybody_who_copied_the_blob() {
    let mut hub = Hub::new();
    let [author, watcher] = ["author", "watcher"].map(|name| hub.account(name));
    let hash = hub.commitment(&author, &blob(0), &SALT);
    hub.registry(&author, ExecuteMsg::Commit { hash }).unwrap();

    // The blob is uploaded, a watcher sees it and publishes first.
    hub.advance(100);
    let copied_at = hub.now();
    let copy = hub.register_model(&watcher, market_model(0).release(blob(0)));
    hub.advance(100);
    let model = hub.register_model(&author, market_model(0));
    let manifest = Some(blob(9).to_string());
    let msg = publish(
        model,
        NewRelease {
            manifest: manifest.clone(),
            ..salted(release(1, 2, blob(0)), SALT)
        },
    );
    let response = hub.registry(&author, msg).unwrap();

    assert_eq!(
        data::<ReleaseCreated>(&response),
        ReleaseCreated {
            release: ReleaseNumber(1)
        }
    );
    let (blob_id, committed_at) = (blob(0).to_string(), START_TIME.to_string());
    assert_eq!(
        event(&response, "hub_release_published"),
        attributes(&[
            ("model", "2"),
            ("release", "1"),
            ("label", "1.2"),
            ("blob_id", &blob_id),
            ("manifest", &blob(9).to_string()),
            ("publisher", author.as_str()),
            ("claimed_at", &committed_at),
        ])
    );
    let question = QueryMsg::Release {
        model,
        release: ReleaseNumber(1),
    };
    assert_eq!(
        ask::<ReleaseResponse>(&hub, question),
        ReleaseResponse {
            model,
            release: ReleaseNumber(1),
            major: 1,
            minor: 2,
            blob_id,
            manifest,
            publisher: author.clone(),
            published_at: START_TIME + 200,
            claimed_at: START_TIME,
            size: None,
            permanent: None,
            deletable: None,
        }
    );
    let claim = |claimed_at, model, publisher: &Addr| ClaimResponse {
        claimed_at,
        model,
        release: ReleaseNumber(1),
        publisher: publisher.clone(),
        author: publisher.clone(),
    };
    let (first, second) = (
        claim(START_TIME, model, &author),
        claim(copied_at, copy, &watcher),
    );
    assert_eq!(
        claims(&hub, blob(0), None, None),
        [first.clone(), second.clone()]
    );
    assert_eq!(claims(&hub, blob(0), None, Some(1)), vec![first.clone()]);
    assert_eq!(
        claims(&hub, blob(0), Some(cursor(&first)), None),
        vec![second.clone()]
    );
    assert_eq!(claims(&hub, blob(0), Some(cursor(&second)), None), []);
}

#[test]
fn claims_of_one_second_are_by_model_and_release() {
    let mut hub = Hub::new();
    let publishers: Vec<Addr> = (0..12)
        .map(|place| hub.account(&format!("publisher {place}")))
        .collect();
    for publisher in &publishers {
        hub.register_model(publisher, market_model(0).release(blob(0)));
    }
    let models = |limit| -> Vec<u64> {
        let page = claims(&hub, blob(0), None, limit);
        page.iter().map(|claim| claim.model.0).collect()
    };
    assert_eq!(models(None), (1..=10).collect::<Vec<_>>());
    assert_eq!(models(Some(100)), (1..=12).collect::<Vec<_>>());
    assert_eq!(models(Some(u32::MAX)), (1..=12).collect::<Vec<_>>());
    let question = QueryMsg::ByBlob {
        blob_id: blob(0).to_string(),
        start_after: None,
        limit: Some(0),
    };
    let error = RegistryError::Page(PageError::LimitZero);
    assert_no_answer(&hub, question, error);
    assert_eq!(claims(&hub, blob(1), None, None), []);
    for (model, publisher) in (1..).zip(&publishers) {
        assert_eq!(
            published_by(&hub, publisher, blob(0)),
            Some(ReleaseRef {
                model: ModelId(model),
                release: ReleaseNumber(1)
            })
        );
        assert_eq!(published_by(&hub, publisher, blob(1)), None);
    }
}

#[test]
fn one_manifest_may_stand_on_many_releases() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    for minor in 0..2 {
        let release = NewRelease {
            manifest: Some(blob(9).to_string()),
            ..release(1, minor, blob(minor as usize))
        };
        hub.registry(&author, publish(model, release)).unwrap();
    }
    assert_eq!(claims(&hub, blob(9), None, None), []);
}

#[test]
fn a_retired_model_can_get_the_release_with_which_it_comes_back() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    let status = StatusName::Retired;
    hub.registry(&author, ExecuteMsg::SetStatus { model, status })
        .unwrap();
    assert_eq!(hub.publish(&author, model, blob(1)), ReleaseNumber(2));
}

#[test]
fn releases_are_numbered_from_1_and_lie_on_pages() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0));
    for place in 0..12 {
        hub.publish(&author, model, blob(place));
    }
    let numbers = |start_after, limit| -> Vec<u64> {
        let question = QueryMsg::Releases {
            model,
            start_after,
            limit,
        };
        let page: ReleasesResponse = ask(&hub, question);
        page.releases
            .iter()
            .map(|release| release.release.0)
            .collect()
    };
    assert_eq!(numbers(None, None), (3..=12).rev().collect::<Vec<_>>());
    assert_eq!(numbers(Some(ReleaseNumber(3)), None), [2, 1]);
    assert_eq!(numbers(Some(ReleaseNumber(10)), Some(2)), [9, 8]);
    assert_eq!(numbers(Some(ReleaseNumber(1)), None), Vec::<u64>::new());
    assert_eq!(numbers(Some(ReleaseNumber(0)), None), Vec::<u64>::new());
    assert_eq!(numbers(Some(ReleaseNumber(u64::MAX)), Some(1)), [12]);
    for release in [0, 13, u64::MAX] {
        assert_no_answer(
            &hub,
            QueryMsg::Release {
                model,
                release: ReleaseNumber(release),
            },
            RegistryError::UnknownRelease {
                model,
                release: ReleaseNumber(release),
                latest: ReleaseNumber(12),
            },
        );
    }
    hub.assert_invariants();
}
