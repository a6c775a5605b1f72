//! Commitments: the first time counts.

use cosmwasm_std::HexBinary;
use cw_multi_test::AppResponse;
use hub_testing::{event, Hub, RegistryError, START_TIME};
use hub_types::hash::HashError;
use hub_types::registry::{CommitmentResponse, ExecuteMsg, QueryMsg};

use crate::fixture::attributes;
use crate::registry_fixture::{ask, assert_no_answer, refused};

/// Kinds of what the registry told indexers.
fn events_of(response: &AppResponse) -> Vec<String> {
    let kinds = response.events.iter().map(|event| event.ty.clone());
    kinds.filter(|kind| kind.starts_with("wasm-")).collect()
}

fn committed_at(hub: &Hub, hash: HexBinary) -> Option<u64> {
    ask::<CommitmentResponse>(hub, QueryMsg::Commitment { hash }).committed_at
}

#[test]
fn hashes_of_the_wrong_length_are_refused() {
    let mut hub = Hub::new();
    let sender = hub.account("sender");
    for length in [0, 31, 33, 64] {
        let hash = HexBinary::from(vec![1; length]);
        let error = || {
            RegistryError::Hash(HashError {
                field: "hash",
                length,
            })
        };
        let msg = ExecuteMsg::Commit { hash: hash.clone() };
        assert_eq!(refused(&mut hub, &sender, msg), error());
        assert_no_answer(&hub, QueryMsg::Commitment { hash }, error());
    }
}

/// Attack (front running and stripping): a watcher copies a commitment, so that the transaction of its owner fails, and
/// the publication that goes along with it.
/// Defence: a repetition succeeds and changes nothing, and the first time stands.
#[test]
fn a_hash_committed_before_keeps_its_time_and_the_repetition_changes_nothing() {
    let mut hub = Hub::new();
    let [author, watcher] = ["author", "watcher"].map(|name| hub.account(name));
    let hash = HexBinary::from([0xab; 32]);
    let commit = ExecuteMsg::Commit { hash: hash.clone() };
    hub.registry(&author, commit.clone()).unwrap();
    for (sender, later) in [(&author, 0), (&author, 1), (&watcher, 10)] {
        hub.advance(later);
        let before = hub.snapshot();
        let response = hub.registry(sender, commit.clone()).unwrap();
        before.assert_unchanged(&hub);
        assert_eq!(events_of(&response), Vec::<String>::new());
        assert_eq!(response.data, None);
    }
    assert_eq!(committed_at(&hub, hash), Some(START_TIME));
}

#[test]
fn anybody_commits_a_hash_at_the_time_of_the_block() {
    let mut hub = Hub::new();
    let sender = hub.account("sender");
    let hash = HexBinary::from([0xab; 32]);
    assert_eq!(committed_at(&hub, hash.clone()), None);
    hub.advance(77);

    let msg = ExecuteMsg::Commit { hash: hash.clone() };
    let response = hub.registry(&sender, msg).unwrap();

    let (hex, time) = ("ab".repeat(32), (START_TIME + 77).to_string());
    assert_eq!(
        event(&response, "hub_committed"),
        attributes(&[
            ("hash", &hex),
            ("sender", sender.as_str()),
            ("committed_at", &time)
        ])
    );
    assert_eq!(committed_at(&hub, hash), Some(START_TIME + 77));
    assert_eq!(committed_at(&hub, HexBinary::from([0xac; 32])), None);
}
