//! Nothing gets dearer as the Hub grows: every message and every page costs the same storage operations beside ten
//! models and sessions as beside a hundred thousand. Bytes differ by the width of numbers alone.

use cosmwasm_std::Addr;
use hub_testing::{
    rates, terms, Attester, Hub, KeyType, Money, NewModel, StorageCost, StorageNodes,
};
use hub_types::billing::{self, ExecuteMsg as Billing};
use hub_types::escrow::{self, ExecuteMsg as Escrow, NewCeiling};
use hub_types::registry::{self, ExecuteMsg as Registry, StatusName, UncheckedPayee};
use hub_types::walrus::{Confirmation, Persistence};
use hub_types::wire::{sha256, Mode};
use serde::Serialize;

const FEW: u64 = 10;

/// `HUB_FLAT_RECORDS` sets another number.
fn many() -> u64 {
    std::env::var("HUB_FLAT_RECORDS").map_or(100_000, |text| {
        text.parse().expect("HUB_FLAT_RECORDS is a number")
    })
}

struct World {
    hub: Hub,
    author: Addr,
    buyer: Addr,
    caller: Addr,
    operator: Addr,
    money: Money,
    attester: Attester,
    /// The last model and session, with thousands before them or ten.
    model: u64,
    session: u64,
    costs: Vec<(&'static str, StorageCost)>,
}

impl World {
    /// A Hub with this many models of one author and sessions of one caller for one operator, and as many batches.
    fn with(records: u64) -> Self {
        let mut hub = Hub::builder().unwatched().build();
        let [author, buyer, caller, operator] =
            ["author", "buyer", "caller", "operator"].map(|name| hub.account(name));
        let money = hub.money_native();
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        for number in 0..records {
            let blob: [u8; 32] = sha256(&[&number.to_be_bytes()]);
            let mut metadata = metadata();
            metadata.title = format!("{number:06}");
            let model = NewModel::named(&format!("model-{number:06}"))
                .metadata(metadata)
                .release(blob);
            hub.register_model(&author, model);
        }
        hub.give(&caller, &money, 1_000_000 * u128::from(records + 10));
        let deposit = 1_000_000 * u128::from(records + 5);
        hub.deposit(&caller, &money, deposit, None, None).unwrap();
        for _ in 0..records {
            let session = hub.new_session(&operator, 1_000_000);
            let open = Escrow::OpenSession {
                denom: money.unchecked(),
                session,
            };
            hub.escrow(&caller, open).unwrap();
        }
        Self {
            model: records,
            session: records,
            hub,
            author,
            buyer,
            caller,
            operator,
            money,
            attester,
            costs: vec![],
        }
    }

    fn note<T>(&mut self, name: &'static str, act: impl FnOnce(&mut Hub) -> T) -> T {
        let (answer, cost) = self.hub.metered(act);
        self.costs.push((name, cost));
        answer
    }

    fn billing(&mut self, name: &'static str, sender: &Addr, msg: Billing) {
        self.note(name, |hub| hub.billing(sender, msg)).unwrap();
    }

    fn escrow(&mut self, name: &'static str, sender: &Addr, msg: Escrow) {
        self.note(name, |hub| hub.escrow(sender, msg)).unwrap();
    }

    fn registry(&mut self, name: &'static str, sender: &Addr, msg: Registry) {
        self.note(name, |hub| hub.registry(sender, msg)).unwrap();
    }

    fn ask(&mut self, name: &'static str, contract: &Addr, query: &impl Serialize) {
        self.note(name, |hub| {
            hub.app
                .wrap()
                .query_wasm_smart::<serde_json::Value>(contract, query)
        })
        .unwrap();
    }

    fn settle(&mut self) {
        let (operator, session, model) = (self.operator.clone(), self.session, self.model);
        let receipt = self.hub.receipt(&self.attester, session, model);
        let msg = self.hub.sign_receipt(&self.attester, &receipt, 0);
        self.billing("settle", &operator, msg);
        for (name, mode) in [
            ("settle_batch, itemised", Mode::Itemised),
            ("settle_batch, netted", Mode::Netted),
        ] {
            let mut receipts = vec![];
            for step in 0..3 {
                let (session, model) = (session - step, model - step);
                receipts.extend(
                    self.hub
                        .receipts(&self.attester, session, model, 5, |_, _| {}),
                );
            }
            let batch = self.hub.batch(&self.attester, mode, receipts);
            let msg = self.hub.sign_batch(&self.attester, &batch);
            self.billing(name, &operator, msg);
        }
    }

    fn register(&mut self) {
        let operator = self.operator.clone();
        let key = hub_testing::signing_key(KeyType::Secp256k1, 2);
        let msg = self.hub.registration(&operator, &key);
        self.billing("register_attester", &operator, msg);
        self.billing("retire", &operator, Billing::Retire { attester: 2 });
        self.billing("revoke", &operator, Billing::Revoke { attester: 2 });
    }

    fn move_money(&mut self) {
        let (caller, author, money) =
            (self.caller.clone(), self.author.clone(), self.money.clone());
        let (operator, denom) = (self.operator.clone(), money.unchecked());
        let mut session = self.hub.new_session(&operator, 1_000);
        session.ceiling = Some(NewCeiling { key: None });
        let opening = session.clone();
        self.note("deposit with a session", |hub| {
            hub.deposit(&caller, &money, 1_000, None, Some(opening))
        })
        .unwrap();
        let id = self.hub.last_session(&caller);
        let open = Escrow::OpenSession {
            denom: denom.clone(),
            session,
        };
        self.escrow("open_session", &caller, open);
        let amount = 10u128.into();
        self.escrow(
            "top_up",
            &caller,
            Escrow::TopUp {
                session: id,
                amount,
            },
        );
        let raise = Escrow::RaiseCeiling {
            session: id,
            ceiling: amount,
        };
        self.escrow("raise_ceiling", &caller, raise);
        self.escrow(
            "close_session",
            &caller,
            Escrow::CloseSession { session: id },
        );
        self.hub.advance(60);
        self.escrow(
            "release_session",
            &operator,
            Escrow::ReleaseSession { session: id },
        );
        let opt_in = Escrow::SetAutoPayout {
            denom: denom.clone(),
            on: true,
        };
        self.escrow("set_auto_payout", &author, opt_in);
        let payout = Escrow::Payout {
            accounts: vec![author.to_string()],
            denom: denom.clone(),
        };
        self.escrow("payout", &operator, payout);
        let withdraw = Escrow::Withdraw {
            denom,
            amount: None,
            recipient: None,
        };
        self.escrow("withdraw", &caller, withdraw);
    }

    fn publish(&mut self) {
        let (author, buyer, model) = (self.author.clone(), self.buyer.clone(), self.model);
        let metadata = metadata();
        let fresh = NewModel::named("fresh")
            .metadata(metadata.clone())
            .release([0xfe; 32]);
        let msg = fresh.message(&author);
        self.registry("register_model", &author, msg);
        self.note("publish_release", |hub| {
            hub.publish(&author, model, [0xfd; 32])
        });
        let new_terms = terms(&self.money, rates(1, 0, 0), 0, &[(&author, 10_000)]);
        self.registry(
            "set_terms",
            &author,
            Registry::SetTerms {
                model,
                terms: new_terms,
            },
        );
        self.registry(
            "update_metadata",
            &author,
            Registry::UpdateMetadata { model, metadata },
        );
        let status = |status| Registry::SetStatus { model, status };
        self.registry(
            "set_status, delisted",
            &author,
            status(StatusName::Delisted),
        );
        self.registry("set_status, active", &author, status(StatusName::Active));
        self.registry(
            "offer_transfer",
            &author,
            Registry::OfferTransfer {
                model,
                to: buyer.to_string(),
            },
        );
        let payees = vec![UncheckedPayee {
            address: buyer.to_string(),
            bps: 10_000,
        }];
        self.registry(
            "accept_transfer",
            &buyer,
            Registry::AcceptTransfer {
                model,
                payees,
                name: None,
            },
        );
        self.registry(
            "commit",
            &author,
            Registry::Commit {
                hash: [1; 32].into(),
            },
        );
    }

    fn certify(&mut self) {
        let (keeper, caller, model) = (self.hub.keeper.clone(), self.caller.clone(), self.model);
        let nodes = StorageNodes::many(100);
        for epoch in 1..4 {
            self.registry("set_committee", &keeper, nodes.message(epoch));
        }
        for (name, persistence) in [
            ("certify, permanent", Persistence::Permanent),
            (
                "certify, deletable",
                Persistence::Deletable { object_id: [1; 32] },
            ),
        ] {
            let confirmation = Confirmation {
                epoch: 3,
                blob_id: [0xfd; 32].into(),
                persistence,
            };
            let certificate = nodes.certificate(&confirmation, (0..100).filter(|i| i % 3 != 2));
            let certify = Registry::Certify {
                model,
                release: 2,
                certificate,
            };
            self.registry(name, &caller, certify);
        }
    }

    fn ask_everything(&mut self) {
        let (registry, escrow, billing) = (
            self.hub.registry.clone(),
            self.hub.escrow.clone(),
            self.hub.billing.clone(),
        );
        let (author, caller) = (self.author.to_string(), self.caller.to_string());
        let (operator, denom) = (self.operator.to_string(), self.money.unchecked());
        let (model, session) = (self.model - 1, self.session);
        let (limit, start_after) = (Some(5), None);
        {
            use registry::QueryMsg as Q;
            let blob_id = hub_types::walrus::BlobId::from_bytes([0xfe; 32]).to_string();
            for (name, query) in [
                ("model", Q::Model { model }),
                (
                    "model_by_name",
                    Q::ModelByName {
                        author: author.clone(),
                        name: "fresh".into(),
                    },
                ),
                (
                    "by_blob",
                    Q::ByBlob {
                        blob_id,
                        start_after: None,
                        limit,
                    },
                ),
                ("models", Q::Models { start_after, limit }),
                (
                    "models, in the middle",
                    Q::Models {
                        start_after: Some(model),
                        limit,
                    },
                ),
                (
                    "models_by_author",
                    Q::ModelsByAuthor {
                        author,
                        start_after,
                        limit,
                    },
                ),
                (
                    "models_by_tag",
                    Q::ModelsByTag {
                        tag: "tag".into(),
                        start_after,
                        limit,
                    },
                ),
                (
                    "models_by_task",
                    Q::ModelsByTask {
                        task: "task".into(),
                        start_after,
                        limit,
                    },
                ),
                (
                    "releases",
                    Q::Releases {
                        model,
                        start_after,
                        limit,
                    },
                ),
                (
                    "terms_list",
                    Q::TermsList {
                        model,
                        start_after,
                        limit,
                    },
                ),
                ("terms_at", Q::TermsAt { model, time: None }),
            ] {
                self.ask(name, &registry, &query);
            }
        }
        {
            use escrow::QueryMsg as Q;
            for (name, query) in [
                ("session", Q::Session { session }),
                (
                    "sessions_by_caller",
                    Q::SessionsByCaller {
                        caller: caller.clone(),
                        start_after,
                        limit,
                    },
                ),
                (
                    "sessions_by_operator",
                    Q::SessionsByOperator {
                        operator: operator.clone(),
                        start_after,
                        limit,
                    },
                ),
                (
                    "balances",
                    Q::Balances {
                        address: caller,
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "denoms",
                    Q::Denoms {
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "solvency",
                    Q::Solvency {
                        denom: denom.clone(),
                    },
                ),
            ] {
                self.ask(name, &escrow, &query);
            }
        }
        {
            use billing::QueryMsg as Q;
            for (name, query) in [
                ("attesters", Q::Attesters { start_after, limit }),
                (
                    "attesters_by_operator",
                    Q::AttestersByOperator {
                        operator,
                        start_after,
                        limit,
                    },
                ),
                (
                    "batches",
                    Q::Batches {
                        attester: 1,
                        start_after,
                        limit,
                    },
                ),
                ("usage", Q::Usage { model, denom }),
            ] {
                self.ask(name, &billing, &query);
            }
        }
    }

    fn costs(records: u64) -> Vec<(&'static str, StorageCost)> {
        let mut world = Self::with(records);
        world.settle();
        world.register();
        world.move_money();
        world.publish();
        world.certify();
        world.ask_everything();
        world.hub.assert_invariants();
        world.costs
    }
}

fn metadata() -> registry::Metadata {
    registry::Metadata {
        title: "000000".into(),
        description: String::new(),
        task: "task".into(),
        license: "MIT".into(),
        tags: vec!["tag".into()],
        homepage: None,
    }
}

/// Attack (storage spam and unbounded work): the hub is filled with models and sessions so that everybody's calls
/// become dear.
/// Defence: every message and page does the same storage operations beside a hundred thousand records.
#[test]
fn messages_and_pages_cost_the_same_beside_ten_records_as_beside_a_hundred_thousand() {
    let (few, many) = (World::costs(FEW), World::costs(many()));
    for ((name, few), (_, many)) in few.iter().zip(&many) {
        assert_eq!(few.operations(), many.operations(), "{name}");
        let operations = few.reads + few.writes + few.removals + few.scanned;
        // An id of the larger world is written with at most five digits more, in a few places of a value.
        let wider = many.bytes.abs_diff(few.bytes);
        assert!(
            wider <= 16 * operations,
            "{name}: {} bytes became {} in {operations} operations",
            few.bytes,
            many.bytes
        );
    }
    assert_eq!(few.len(), many.len());
}
