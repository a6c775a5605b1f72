//! The keeper stores Walrus committees, of which two are kept, and hands its role over in two steps.

use cosmwasm_std::{Addr, Binary, StdError};
use cw_multi_test::Executor;
use hub_testing::{event, Hub, RegistryError, StorageNodes};
use hub_types::registry::{
    CommitteeMember, CommitteeMembersResponse, CommitteeResponse, CommitteesResponse, ExecuteMsg,
    InstantiateMsg, QueryMsg, WalrusKeeperResponse,
};
use hub_types::walrus::{CommitteeError, PointError};

use crate::fixture::attributes;
use crate::registry_fixture::{ask, assert_no_answer, refused};

/// A registry of its own, with this keeper.
fn instantiate(hub: &mut Hub, walrus_keeper: Option<&str>) -> Result<Addr, RegistryError> {
    let msg = InstantiateMsg {
        receipt_max_age_seconds: None,
        price_notice_seconds: None,
        walrus_keeper: walrus_keeper.map(str::to_owned),
    };
    let (code, deployer) = (hub.codes.registry, hub.account("deployer"));
    hub.app
        .instantiate_contract(code, deployer, &msg, &[], "another registry", None)
        .map_err(|error| error.downcast().unwrap())
}

fn offer(to: &Addr) -> ExecuteMsg {
    ExecuteMsg::OfferKeeperRole { to: to.to_string() }
}

fn keeper(hub: &Hub) -> (Option<Addr>, Option<Addr>) {
    let answer: WalrusKeeperResponse = ask(hub, QueryMsg::WalrusKeeper {});
    (answer.keeper, answer.offered_to)
}

fn kept(hub: &Hub) -> Vec<u32> {
    let answer: CommitteesResponse = ask(hub, QueryMsg::Committees {});
    let committees = answer.committees.iter();
    committees.map(|committee| committee.epoch).collect()
}

fn members(
    hub: &Hub,
    epoch: u32,
    start_after: Option<u32>,
    limit: Option<u32>,
) -> Vec<CommitteeMember> {
    let question = QueryMsg::CommitteeMembers {
        epoch,
        start_after,
        limit,
    };
    ask::<CommitteeMembersResponse>(hub, question).members
}

/// Every member of a committee, page by page.
fn all_members(hub: &Hub, epoch: u32) -> Vec<CommitteeMember> {
    let mut found = vec![];
    loop {
        let after = u32::try_from(found.len()).unwrap().checked_sub(1);
        let page = members(hub, epoch, after, Some(100));
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

/// Number of records of committees, and of their keys.
fn records(hub: &Hub) -> (usize, usize) {
    let state = hub.state();
    (state.committees.len(), state.committee_keys.len())
}

#[test]
fn a_keeper_that_is_no_address_is_refused() {
    let mut hub = Hub::new();
    assert_eq!(
        instantiate(&mut hub, Some("keeper")),
        Err(RegistryError::NotAnAddress {
            field: "walrus_keeper",
            address: "keeper".to_owned(),
            reason: StdError::generic_err("Error decoding bech32").to_string(),
        })
    );
}

#[test]
fn a_registry_born_without_a_keeper_never_has_one() {
    let mut hub = Hub::new();
    hub.registry = instantiate(&mut hub, None).unwrap();
    let keeper_of_another = hub.keeper.clone();
    for msg in [
        StorageNodes::many(4).message(1),
        offer(&keeper_of_another),
        ExecuteMsg::CancelKeeperOffer {},
        ExecuteMsg::AcceptKeeperRole {},
    ] {
        assert_eq!(
            refused(&mut hub, &keeper_of_another, msg),
            RegistryError::NoKeeper {}
        );
    }
    assert_eq!(keeper(&hub), (None, None));
    assert_eq!(kept(&hub), Vec::<u32>::new());
}

#[test]
fn keys_that_are_none_are_refused_with_the_place_of_their_member() {
    let mut hub = Hub::new();
    let keeper = hub.keeper.clone();
    let mut spoiled = |key: Vec<u8>| {
        let mut msg = StorageNodes::many(4).message(1);
        if let ExecuteMsg::SetCommittee { members, .. } = &mut msg {
            members[2].key = Binary::from(key);
        }
        refused(&mut hub, &keeper, msg)
    };
    let mut identity = vec![0; 48];
    identity[0] = 0xc0;
    let malformed = |source| RegistryError::MemberKey { member: 2, source };
    for length in [0, 47, 49, 96] {
        let expected = 48;
        let source = PointError::WrongLength { length, expected };
        assert_eq!(spoiled(vec![0x97; length]), malformed(source));
    }
    assert_eq!(
        spoiled(vec![0x17; 48]),
        malformed(PointError::NotCompressed)
    );
    assert_eq!(spoiled(identity), malformed(PointError::Identity));
    // Not on the curve; on it, but outside of the group of prime order; a coordinate beyond the field.
    for point in [[0x80, 1], [0x80, 4], [0x9f, 0xff]] {
        let mut key = vec![if point[0] == 0x9f { 0xff } else { 0 }; 48];
        (key[0], key[47]) = (point[0], point[1]);
        assert_eq!(
            spoiled(key),
            RegistryError::Committee(CommitteeError::InvalidKey { member: 2 })
        );
    }
}

#[test]
fn members_that_make_no_committee_are_refused() {
    let mut hub = Hub::new();
    let keeper = hub.keeper.clone();
    let nodes = StorageNodes::with_weights(&[250; 4]);
    let mut stating = |n_shards, members: Vec<CommitteeMember>| {
        let msg = ExecuteMsg::SetCommittee {
            epoch: 1,
            n_shards,
            members,
        };
        match refused(&mut hub, &keeper, msg) {
            RegistryError::Committee(error) => error,
            other => panic!("another error: {other:?}"),
        }
    };
    for count in [0, 1_001] {
        assert_eq!(
            stating(1_000, vec![nodes.members()[0].clone(); count]),
            CommitteeError::MemberCount { count }
        );
    }
    for n_shards in [0, 999, 1_001] {
        assert_eq!(
            stating(n_shards, nodes.members()),
            CommitteeError::WeightsNotWhole {
                weight: 1_000,
                n_shards
            }
        );
    }
    let mut idle = nodes.members();
    idle[3].weight = 0;
    assert_eq!(stating(750, idle), CommitteeError::ZeroWeight { member: 3 });
    let mut twice = nodes.members();
    twice[3].key = twice[1].key.clone();
    assert_eq!(
        stating(1_000, twice),
        CommitteeError::DuplicateKey {
            first: 1,
            second: 3
        }
    );
}

#[test]
fn an_epoch_not_above_the_one_before_the_latest_is_refused() {
    let mut hub = Hub::new();
    let keeper = hub.keeper.clone();
    let nodes = StorageNodes::many(4);
    hub.set_committee(10, &nodes);
    hub.set_committee(12, &nodes);
    for epoch in [0, 9, 10] {
        assert_eq!(
            refused(&mut hub, &keeper, nodes.message(epoch)),
            RegistryError::EpochNotAscending { epoch, before: 10 }
        );
    }
    assert_eq!(kept(&hub), [12, 10]);
}

#[test]
fn a_later_epoch_pushes_the_earlier_of_two_committees_out() {
    let mut hub = Hub::new();
    for (epoch, count, expected, keys) in [
        (1, 65, &[1][..], 2),
        (2, 64, &[2, 1], 3),
        (5, 130, &[5, 2], 4),
        (u32::MAX, 1, &[u32::MAX, 5], 4),
    ] {
        hub.set_committee(epoch, &StorageNodes::many(count));
        assert_eq!(kept(&hub), expected);
        assert_eq!(records(&hub), (expected.len(), keys));
    }
}

#[test]
fn the_latest_committee_can_be_set_right_and_the_one_before_stands() {
    let mut hub = Hub::new();
    let (first, wrong, right) = (
        StorageNodes::many(3),
        StorageNodes::many(100),
        StorageNodes::many(4),
    );
    // The only one there is, under another number as well.
    hub.set_committee(9, &wrong);
    hub.set_committee(8, &first);
    hub.set_committee(8, &first);
    assert_eq!((kept(&hub), records(&hub)), (vec![8], (1, 1)));

    // A number too high would lock out every committee until that epoch.
    hub.set_committee(u32::MAX, &wrong);
    hub.set_committee(9, &right);
    assert_eq!((kept(&hub), records(&hub)), (vec![9, 8], (2, 2)));
    assert_eq!(all_members(&hub, 9), right.members());
    assert_eq!(all_members(&hub, 8), first.members());
}

#[test]
fn a_committee_is_shown_whole_to_everybody() {
    let mut hub = Hub::new();
    let nodes = StorageNodes::many(130);
    let response = hub.set_committee(53, &nodes);
    assert_eq!(
        event(&response, "hub_committee_set"),
        attributes(&[
            ("epoch", "53"),
            ("n_shards", "1000"),
            ("members", "130"),
            ("keeper", hub.keeper.as_str()),
        ])
    );
    let set_at = hub.now();
    hub.advance(5);
    assert_eq!(
        ask::<CommitteesResponse>(&hub, QueryMsg::Committees {}).committees,
        [CommitteeResponse {
            epoch: 53,
            n_shards: 1_000,
            quorum: 667,
            members: 130,
            set_at,
        }]
    );
    let all = nodes.members();
    assert_eq!(members(&hub, 53, None, None), all[..10]);
    assert_eq!(members(&hub, 53, Some(61), Some(4)), all[62..66]);
    assert_eq!(members(&hub, 53, Some(126), Some(100)), all[127..]);
    for beyond in [129, 130, u32::MAX] {
        assert_eq!(members(&hub, 53, Some(beyond), None), []);
    }
    let question = QueryMsg::CommitteeMembers {
        epoch: 52,
        start_after: None,
        limit: None,
    };
    let error = RegistryError::UnknownCommittee {
        epoch: 52,
        latest: Some(53),
        before: None,
    };
    assert_no_answer(&hub, question, error);
}

#[test]
fn a_committee_of_a_thousand_fits_into_one_message() {
    let mut hub = Hub::new();
    let nodes = StorageNodes::many(1_000);
    hub.set_committee(1, &nodes);
    assert_eq!(all_members(&hub, 1), nodes.members());
    assert_eq!(records(&hub), (1, 16));
}

#[test]
fn the_role_offered_to_oneself_or_to_no_address_is_refused() {
    let mut hub = Hub::new();
    let keeper = hub.keeper.clone();
    assert_eq!(
        refused(&mut hub, &keeper, offer(&keeper)),
        RegistryError::OfferToKeeper {
            keeper: keeper.clone()
        }
    );
    assert_eq!(
        refused(&mut hub, &keeper, offer(&Addr::unchecked("heir"))),
        RegistryError::NotAnAddress {
            field: "to",
            address: "heir".to_owned(),
            reason: StdError::generic_err("Error decoding bech32").to_string(),
        }
    );
}

#[test]
fn a_role_that_is_not_offered_can_be_neither_accepted_nor_taken_back() {
    let mut hub = Hub::new();
    let (keeper, heir) = (hub.keeper.clone(), hub.account("heir"));
    let accept = ExecuteMsg::AcceptKeeperRole {};
    let cancel = ExecuteMsg::CancelKeeperOffer {};
    let not_offered = RegistryError::KeeperNotOffered {};
    assert_eq!(refused(&mut hub, &heir, accept.clone()), not_offered);
    assert_eq!(refused(&mut hub, &keeper, cancel.clone()), not_offered);

    hub.registry(&keeper, offer(&heir)).unwrap();
    let response = hub.registry(&keeper, cancel.clone()).unwrap();
    assert_eq!(
        event(&response, "hub_keeper_offer_cancelled"),
        attributes(&[("keeper", keeper.as_str()), ("to", heir.as_str())])
    );
    assert_eq!(refused(&mut hub, &heir, accept.clone()), not_offered);

    hub.registry(&keeper, offer(&heir)).unwrap();
    hub.registry(&heir, accept.clone()).unwrap();
    assert_eq!(refused(&mut hub, &heir, accept), not_offered);
    assert_eq!(refused(&mut hub, &heir, cancel), not_offered);
}

#[test]
fn a_role_offered_to_another_is_not_accepted() {
    let mut hub = Hub::new();
    let (keeper, stranger) = (hub.keeper.clone(), hub.account("stranger"));
    let [first, second] = ["first heir", "second heir"].map(|name| hub.account(name));
    hub.registry(&keeper, offer(&first)).unwrap();
    hub.registry(&keeper, offer(&second)).unwrap();
    for sender in [first, stranger, keeper] {
        assert_eq!(
            refused(&mut hub, &sender, ExecuteMsg::AcceptKeeperRole {}),
            RegistryError::KeeperNotOfferedToSender {
                offered_to: second.clone(),
                sender
            }
        );
    }
}

#[test]
fn the_role_changes_hands_when_the_heir_accepts_and_not_before() {
    let mut hub = Hub::new();
    let (old, heir) = (hub.keeper.clone(), hub.account("heir"));
    let nodes = StorageNodes::many(4);
    let response = hub.registry(&old, offer(&heir)).unwrap();
    assert_eq!(
        event(&response, "hub_keeper_offered"),
        attributes(&[("keeper", old.as_str()), ("to", heir.as_str())])
    );
    assert_eq!(keeper(&hub), (Some(old.clone()), Some(heir.clone())));
    assert_eq!(
        refused(&mut hub, &heir, nodes.message(1)),
        RegistryError::NotKeeper {
            keeper: old.clone(),
            sender: heir.clone()
        }
    );
    hub.set_committee(1, &nodes);

    let response = hub
        .registry(&heir, ExecuteMsg::AcceptKeeperRole {})
        .unwrap();
    assert_eq!(
        event(&response, "hub_keeper_changed"),
        attributes(&[("from", old.as_str()), ("keeper", heir.as_str())])
    );
    assert_eq!(keeper(&hub), (Some(heir.clone()), None));
    assert_eq!(
        refused(&mut hub, &old, nodes.message(2)),
        RegistryError::NotKeeper {
            keeper: heir.clone(),
            sender: old
        }
    );
    hub.registry(&heir, nodes.message(2)).unwrap();
    assert_eq!(kept(&hub), [2, 1]);
}
