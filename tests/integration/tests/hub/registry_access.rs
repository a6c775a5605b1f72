//! Who may do what in the registry, over all of its messages.

use cosmwasm_std::{coin, coins, Addr, HexBinary, Uint64};
use cw_utils::PaymentError;
use hub_testing::{rates, terms, Hub, NewModel, RegistryError, StorageNodes, NATIVE};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::registry::{ExecuteMsg, QueryMsg, StatusName, StorageCertificate, UncheckedPayee};
use hub_types::walrus::{Confirmation, Persistence};

use crate::registry_fixture::{assert_no_answer, blob, market_model, metadata, refused, release};

/// What only the author of `model` may send.
fn authors_messages(hub: &Hub, author: &Addr, model: ModelId) -> Vec<ExecuteMsg> {
    let price = terms(&hub.money_native(), rates(1, 2, 3), 0, &[(author, 10_000)]);
    vec![
        ExecuteMsg::UpdateMetadata {
            model,
            metadata: metadata("testing", &[]),
        },
        ExecuteMsg::PublishRelease {
            model,
            release: release(2, 0, blob(1)),
        },
        ExecuteMsg::SetTerms {
            model,
            terms: price,
        },
        ExecuteMsg::SetStatus {
            model,
            status: StatusName::Delisted,
        },
        ExecuteMsg::OfferTransfer {
            model,
            to: hub.account("buyer").to_string(),
        },
        ExecuteMsg::CancelTransfer { model },
        ExecuteMsg::ProveSize {
            model,
            release: ReleaseNumber(1),
            size: Uint64::new(1),
            root_hash: HexBinary::from([0; 32]),
        },
    ]
}

/// What only the keeper of Walrus committees may send.
fn keepers_messages(hub: &Hub) -> Vec<ExecuteMsg> {
    vec![
        StorageNodes::many(4).message(1),
        ExecuteMsg::OfferKeeperRole {
            to: hub.account("heir").to_string(),
        },
        ExecuteMsg::CancelKeeperOffer {},
    ]
}

/// A certificate of `blob(0)`.
fn certificate(nodes: &StorageNodes) -> StorageCertificate {
    let confirmation = Confirmation {
        epoch: 1,
        blob_id: blob(0),
        persistence: Persistence::Permanent,
    };
    nodes.certificate(&confirmation, 0..nodes.len())
}

fn acceptance(model: ModelId, payee: &Addr) -> ExecuteMsg {
    ExecuteMsg::AcceptTransfer {
        model,
        expected_terms: TermsNumber(1),
        payees: vec![UncheckedPayee {
            address: payee.to_string(),
            bps: 10_000,
        }],
        name: None,
    }
}

#[test]
fn coins_sent_along_with_any_message_are_refused() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    hub.mint(&author, vec![coin(9, NATIVE), coin(9, "untrn")]);
    let mut messages = authors_messages(&hub, &author, model);
    messages.extend([
        market_model(1).message(&author),
        acceptance(model, &author),
        ExecuteMsg::Commit {
            hash: HexBinary::from([1; 32]),
        },
        ExecuteMsg::Certify {
            model,
            release: ReleaseNumber(1),
            certificate: certificate(&StorageNodes::many(4)),
        },
        ExecuteMsg::AcceptKeeperRole {},
    ]);
    messages.extend(keepers_messages(&hub));
    for msg in messages {
        for funds in [coins(1, NATIVE), vec![coin(9, NATIVE), coin(9, "untrn")]] {
            let before = hub.snapshot();
            let error = hub.registry_with(&author, msg.clone(), &funds).unwrap_err();
            let expected = RegistryError::Payment(PaymentError::NonPayable {});
            assert_eq!(error, expected, "{msg:?}");
            before.assert_unchanged(&hub);
        }
    }
}

/// Attack (confused deputy): anybody but the author changes a model: its price, its status, its owner.
/// Defence: every message about a model is its author's alone.
#[test]
fn nobody_but_the_author_changes_a_model() {
    let mut hub = Hub::new();
    let [author, payee, buyer, stranger] =
        ["author", "payee", "buyer", "stranger"].map(|name| hub.account(name));
    let shared = market_model(0)
        .release(blob(0))
        .payees(&[(&author, 1), (&payee, 9_999)]);
    let model = hub.register_model(&author, shared);
    hub.register_model(&stranger, market_model(0).release(blob(0)));
    let offer = ExecuteMsg::OfferTransfer {
        model,
        to: buyer.to_string(),
    };
    hub.registry(&author, offer).unwrap();
    let registry = hub.registry.clone();
    for sender in [payee, buyer, stranger, registry] {
        for msg in authors_messages(&hub, &author, model) {
            assert_eq!(
                refused(&mut hub, &sender, msg),
                RegistryError::NotAuthor {
                    model,
                    author: author.clone(),
                    sender: sender.clone()
                }
            );
        }
    }
}

#[test]
fn nobody_but_the_keeper_stores_committees_or_offers_the_role() {
    let mut hub = Hub::new();
    let [author, stranger, heir] = ["author", "stranger", "heir"].map(|name| hub.account(name));
    hub.register_model(&author, market_model(0).release(blob(0)));
    let keeper = hub.keeper.clone();
    let [_, offer, _] = &keepers_messages(&hub)[..] else {
        panic!("three messages");
    };
    hub.registry(&keeper, offer.clone()).unwrap();
    let (registry, deployer) = (hub.registry.clone(), hub.account("deployer"));
    for sender in [author, stranger, heir, registry, deployer] {
        for msg in keepers_messages(&hub) {
            assert_eq!(
                refused(&mut hub, &sender, msg),
                RegistryError::NotKeeper {
                    keeper: keeper.clone(),
                    sender: sender.clone()
                }
            );
        }
    }
}

/// Attack (key theft): the key of the keeper of committees is stolen.
/// Defence: it decides about badges of storage alone: no model, no price, no coin.
#[test]
fn the_keeper_has_no_say_over_models() {
    let mut hub = Hub::new();
    let (author, keeper) = (hub.account("author"), hub.keeper.clone());
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    for msg in authors_messages(&hub, &author, model) {
        assert_eq!(
            refused(&mut hub, &keeper, msg),
            RegistryError::NotAuthor {
                model,
                author: author.clone(),
                sender: keeper.clone()
            }
        );
    }
}

#[test]
fn everybody_may_certify() {
    let mut hub = Hub::new();
    let [author, stranger] = ["author", "stranger"].map(|name| hub.account(name));
    let keeper = hub.keeper.clone();
    let nodes = StorageNodes::many(4);
    hub.set_committee(1, &nodes);
    for (sender, name) in [(&author, "a"), (&stranger, "b"), (&keeper, "c")] {
        let model = NewModel::named(name).release(blob(0));
        let model = hub.register_model(&hub.account(name), model);
        let certificate = certificate(&nodes);
        hub.certify(sender, model, ReleaseNumber(1), certificate)
            .unwrap();
    }
}

#[test]
fn the_author_before_has_no_say_after_a_transfer() {
    let mut hub = Hub::new();
    let [author, buyer] = ["author", "buyer"].map(|name| hub.account(name));
    let model = hub.register_model(&author, market_model(0).release(blob(0)));
    let offer = ExecuteMsg::OfferTransfer {
        model,
        to: buyer.to_string(),
    };
    hub.registry(&author, offer).unwrap();
    hub.registry(&buyer, acceptance(model, &buyer)).unwrap();
    for msg in authors_messages(&hub, &author, model) {
        assert_eq!(
            refused(&mut hub, &author, msg),
            RegistryError::NotAuthor {
                model,
                author: buyer.clone(),
                sender: author.clone()
            }
        );
    }
}

#[test]
fn models_that_do_not_exist_are_refused_by_every_message() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    hub.register_model(&author, NewModel::named("forecast"));
    for model in [0, 2, u64::MAX] {
        let mut messages = authors_messages(&hub, &author, ModelId(model));
        messages.push(acceptance(ModelId(model), &author));
        messages.push(ExecuteMsg::Certify {
            model: ModelId(model),
            release: ReleaseNumber(1),
            certificate: certificate(&StorageNodes::many(4)),
        });
        for msg in messages {
            assert_eq!(
                refused(&mut hub, &author, msg),
                RegistryError::UnknownModel {
                    model: ModelId(model)
                }
            );
        }
    }
}

#[test]
fn questions_about_models_that_do_not_exist_have_no_answer() {
    let mut hub = Hub::new();
    let author = hub.account("author");
    hub.register_model(&author, NewModel::named("forecast"));
    for model in [0, 2, u64::MAX].map(ModelId) {
        let limit = None;
        for question in [
            QueryMsg::Model { model },
            QueryMsg::Release {
                model,
                release: ReleaseNumber(1),
            },
            QueryMsg::Releases {
                model,
                start_after: None,
                limit,
            },
            QueryMsg::Terms {
                model,
                terms: TermsNumber(1),
            },
            QueryMsg::TermsList {
                model,
                start_after: None,
                limit,
            },
            QueryMsg::TermsAt { model, time: None },
        ] {
            assert_no_answer(&hub, question, RegistryError::UnknownModel { model });
        }
    }
}
