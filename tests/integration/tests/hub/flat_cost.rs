//! Nothing gets dearer as the Hub grows: every message and every page costs the same storage operations beside forty
//! models and sessions as beside a hundred thousand. Bytes differ by the width of numbers alone. And queries about usage
//! read no more than they say.

use cosmwasm_std::Addr;
use hub_testing::{
    rates, terms, Attester, Hub, KeyType, Money, NewModel, StorageCost, StorageNodes,
};
use hub_types::billing::{self, ExecuteMsg as Billing};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{self, ExecuteMsg as Escrow, NewCeiling};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::records::{recent, usage};
use hub_types::registry::{self, ExecuteMsg as Registry, StatusName, UncheckedPayee};
use hub_types::time::Week;
use hub_types::walrus::{Confirmation, Persistence};
use hub_types::wire::{sha256, Mode, Receipt, Units};
use serde::Serialize;

/// More than the glance at the Hub reads of the ranking.
const FEW: u64 = 40;

/// `HUB_FLAT_RECORDS` sets another number.
fn many() -> u64 {
    std::env::var("HUB_FLAT_RECORDS").map_or(100_000, |text| {
        text.parse().expect("HUB_FLAT_RECORDS is a number")
    })
}

struct Fixture {
    hub: Hub,
    author: Addr,
    buyer: Addr,
    caller: Addr,
    operator: Addr,
    money: Money,
    attester: Attester,
    /// The last model and session, with thousands before them or a few.
    model: ModelId,
    session: SessionId,
    /// The newest release of the last model.
    release: ReleaseNumber,
    /// Week in which every model was sold.
    sold_in: u64,
    costs: Vec<(&'static str, StorageCost)>,
    /// What usage queries cost beyond finding the denomination, and the most that they say.
    bounds: Vec<(&'static str, u64, u64)>,
}

/// Of the newest release of the last model.
const NEWEST_BLOB: [u8; 32] = [0xfd; 32];

/// Of the enclaves that hold the keys of attesters.
const IMAGE: &str = "image";

/// Groups of a batch that sells every model once.
const SOLD_AT_ONCE: u64 = 500;

impl Fixture {
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
                .operator_bps(1_000)
                .release(blob);
            hub.register_model(&author, model);
        }
        let mut fixture = Self {
            model: ModelId(records),
            session: SessionId(0),
            release: ReleaseNumber(1),
            sold_in: 0,
            hub,
            author,
            buyer,
            caller,
            operator,
            money,
            attester,
            costs: vec![],
            bounds: vec![],
        };
        fixture.sell_everything();
        fixture.open_sessions(records);
        fixture
    }

    fn open_sessions(&mut self, records: u64) {
        let (caller, operator) = (self.caller.clone(), self.operator.clone());
        let money = self.money.clone();
        self.hub
            .give(&caller, &money, 1_000_000 * u128::from(records + 10));
        let deposit = 1_000_000 * u128::from(records + 5);
        self.hub
            .deposit(&caller, &money, deposit, None, None)
            .unwrap();
        for _ in 0..records {
            let session = self.hub.new_session(&operator, 1_000_000);
            let open = Escrow::OpenSession {
                denom: money.unchecked(),
                session,
            };
            self.hub.escrow(&caller, open).unwrap();
        }
        self.session = self.hub.last_session(&caller);
    }

    /// A customer's aged money pays every model, each another amount; the last one has more payers, days with calls and
    /// releases than go on a page, and the operator as many attesters in enclaves of one image.
    fn sell_everything(&mut self) {
        let (operator, money, author) = (
            self.operator.clone(),
            self.money.clone(),
            self.author.clone(),
        );
        for seed in 10..20 {
            self.hub
                .register_enclave(&operator, KeyType::Ed25519, seed, IMAGE);
        }
        let sessions: Vec<SessionId> = (0..10)
            .map(|customer| {
                let customer = self.hub.account(&format!("customer {customer}"));
                let lasting = |session| escrow::NewSession {
                    expires_at: self.hub.now() + 365 * 86_400,
                    ..session
                };
                let session = lasting(self.hub.new_session(&operator, 1 << 60));
                self.hub
                    .open_session(&customer, &operator, &money, 1 << 60, |_| session)
            })
            .collect();
        self.hub.advance(2 * 86_400);
        for session in &sessions {
            let receipts = self
                .hub
                .receipts(&self.attester, *session, self.model, 1, |_, _| {});
            self.sell(receipts);
        }
        let session = sessions[0];
        let template = self.hub.receipt(&self.attester, session, self.model);
        let models: Vec<ModelId> = ModelId(1).up_to(self.model).collect();
        self.sold_in = self.hub.now() / (7 * 86_400);
        for models in models.chunks(SOLD_AT_ONCE as usize) {
            let receipts = models.iter().map(|model| {
                let mut receipt = template.clone();
                receipt.model = *model;
                receipt.units = Units::new(1_000 * self.thousands(*model), 0);
                receipt
            });
            self.sell(receipts.collect());
        }
        for release in 2..=9u8 {
            self.hub.publish(&author, self.model, [release; 32]);
        }
        for day in 0..30 {
            self.hub.advance(86_400);
            let release = 1 + day % 9;
            let change = |_, receipt: &mut Receipt| receipt.release = ReleaseNumber(release);
            let receipts = self
                .hub
                .receipts(&self.attester, session, self.model, 1, change);
            self.sell(receipts);
        }
    }

    /// Thousands of units that a model sells at first: each another number, and the last ones as many in a small Hub as in a large
    /// one, since what a sale moves in a ranking depends on the sums before it.
    fn thousands(&self, model: ModelId) -> u64 {
        1_000_000 + model.0 - self.model.0
    }

    fn sell(&mut self, receipts: Vec<Receipt>) {
        let (answer, _) = self.hub.settle(&self.attester, Mode::Itemised, receipts);
        assert_eq!(answer.paid, answer.offered);
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
                let (session, model) = (SessionId(session.0 - step), ModelId(model.0 - step));
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
        let key = hub_testing::signing_key(KeyType::Secp256k1, 3);
        let document = self.hub.attestation(&key, IMAGE);
        let msg = self.hub.attested_registration(&operator, &key, document);
        self.billing("register_attester, attested", &operator, msg);
        self.billing(
            "retire",
            &operator,
            Billing::Retire {
                attester: AttesterId(12),
            },
        );
        self.billing(
            "revoke",
            &operator,
            Billing::Revoke {
                attester: AttesterId(12),
            },
        );
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
        self.release = self.note("publish_release", |hub| {
            hub.publish(&author, model, NEWEST_BLOB)
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
            bps: 9_000,
        }];
        self.registry(
            "accept_transfer",
            &buyer,
            Registry::AcceptTransfer {
                model,
                expected_terms: TermsNumber(1),
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
                blob_id: NEWEST_BLOB.into(),
                persistence,
            };
            let certificate = nodes.certificate(&confirmation, (0..100).filter(|i| i % 3 != 2));
            let certify = Registry::Certify {
                model,
                release: self.release,
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
        let (model, session) = (ModelId(self.model.0 - 1), self.session);
        let limit = Some(5);
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
                (
                    "models",
                    Q::Models {
                        start_after: None,
                        limit,
                    },
                ),
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
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "models_by_tag",
                    Q::ModelsByTag {
                        tag: "tag".into(),
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "models_by_task",
                    Q::ModelsByTask {
                        task: "task".into(),
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "releases",
                    Q::Releases {
                        model,
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "terms_list",
                    Q::TermsList {
                        model,
                        start_after: None,
                        limit,
                    },
                ),
                ("terms_at", Q::TermsAt { model, time: None }),
                (
                    "models_by_ids",
                    Q::ModelsByIds {
                        ids: vec![model, ModelId(1), model],
                    },
                ),
                (
                    "tags",
                    Q::Tags {
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "tasks",
                    Q::Tasks {
                        start_after: None,
                        limit,
                    },
                ),
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
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "sessions_from_others",
                    Q::SessionsFromOthers {
                        caller: caller.clone(),
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "sessions_for_others",
                    Q::SessionsForOthers {
                        funder: caller.clone(),
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "sessions_by_operator",
                    Q::SessionsByOperator {
                        operator: operator.clone(),
                        start_after: None,
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
                (
                    "attesters",
                    Q::Attesters {
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "attesters_by_operator",
                    Q::AttestersByOperator {
                        operator,
                        start_after: None,
                        limit,
                    },
                ),
                (
                    "batches",
                    Q::Batches {
                        attester: AttesterId(1),
                        start_after: None,
                        limit,
                    },
                ),
            ] {
                self.ask(name, &billing, &query);
            }
        }
    }

    /// Asks about usage, and notes what it cost beside the bound that the query's documentation states.
    fn ask_about_usage(&mut self) {
        use billing::QueryMsg as Q;
        let (billing, model, limit) = (self.hub.billing.clone(), self.model, Some(5));
        let (author, operator) = (self.author.to_string(), self.operator.to_string());
        let denom = || UncheckedDenom::Native("uusdc".into());
        // Finding the denomination is all that this does beyond one read.
        let unknown = Q::Usage {
            model: ModelId::MAX,
            denom: denom(),
        };
        let reads = |cost: StorageCost| cost.reads + cost.ranges + cost.scanned;
        let cost = |fixture: &mut Self, name, query: &Q| {
            fixture.ask(name, &billing, query);
            reads(fixture.costs.last().expect("it was noted").1)
        };
        let finding = cost(self, "usage of no model", &unknown) - 1;
        let config = registry::QueryMsg::Config {};
        let registry = self.hub.registry.clone();
        self.ask("registry config", &registry, &config);
        // What the chain itself reads to reach another contract.
        let reaching = reads(self.costs.last().expect("it was noted").1) - 1;
        let today = self.hub.now() / 86_400;
        let sold_in = self.sold_in;
        let half = ModelId(model.0 / 2);
        let sold = u128::from(self.thousands(half)) * 2_000;
        let middle = |score| Some(billing::RankingPlace { score, model: half });
        // One who served everything, and one who never registered an attester.
        let names = [&self.operator, &self.caller].map(Addr::to_string);
        let believed = || names.to_vec();
        for (name, bound, query) in [
            (
                "usage",
                1,
                Q::Usage {
                    model,
                    denom: denom(),
                },
            ),
            (
                "usage_by_day",
                5 + 4,
                Q::UsageByDay {
                    model,
                    denom: denom(),
                    start_after: Some(today - 20),
                    limit,
                },
            ),
            (
                "usage_of_days",
                5,
                Q::UsageOfDays {
                    model,
                    denom: denom(),
                    from: today - 25,
                    until: today - 3,
                },
            ),
            (
                "usage_by_release",
                5 + 2,
                Q::UsageByRelease {
                    model,
                    denom: denom(),
                    start_after: Some(ReleaseNumber(2)),
                    limit,
                },
            ),
            (
                "payers",
                2 * 5 + 1,
                Q::Payers {
                    model,
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "author_usage",
                2 * 5 + 2 + reaching,
                Q::AuthorUsage {
                    author,
                    denom: denom(),
                    start_after: Some(ModelId(1)),
                    limit,
                },
            ),
            (
                "attester_usage",
                2,
                Q::AttesterUsage {
                    attester: AttesterId(1),
                    denom: denom(),
                },
            ),
            (
                "operator_usage",
                2 * 5 + 1,
                Q::OperatorUsage {
                    operator,
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "measurement_usage",
                2 * 5 + 1,
                Q::MeasurementUsage {
                    measurement: self.hub.measurement_of(IMAGE).into(),
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "ranking",
                2 * 5 + 1,
                Q::Ranking {
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "ranking, in the middle",
                2 * 5 + 1,
                Q::Ranking {
                    denom: denom(),
                    start_after: middle(recent::score(sold, Week(sold_in))),
                    limit,
                },
            ),
            (
                "lifetime_ranking, in the middle",
                2 * 5 + 1,
                Q::LifetimeRanking {
                    denom: denom(),
                    start_after: middle(usage::score(sold)),
                    limit,
                },
            ),
            (
                "ranking_at",
                2 * 5 + 3,
                Q::RankingAt {
                    operator: names[0].clone(),
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "served_by",
                1 + 1,
                Q::ServedBy {
                    model,
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "backing",
                2 + 1 + 1,
                Q::Backing {
                    model,
                    denom: denom(),
                    operators: believed(),
                    factor: None,
                },
            ),
            (
                "backings",
                2 + 1 + 3,
                Q::Backings {
                    models: vec![model, ModelId(1), ModelId(2)],
                    denom: denom(),
                    operators: believed(),
                    factor: None,
                },
            ),
            (
                "usages",
                3,
                Q::Usages {
                    models: vec![model, ModelId(1), ModelId::MAX],
                    denom: denom(),
                },
            ),
            (
                "usages_of_days",
                2 * 5,
                Q::UsagesOfDays {
                    models: vec![model, model],
                    denom: denom(),
                    from: today - 25,
                    until: today - 3,
                },
            ),
            (
                "usages_by_day",
                2 * (4 + 9),
                Q::UsagesByDay {
                    models: vec![model, model],
                    denom: denom(),
                    from: today - 20,
                    until: today - 12,
                },
            ),
            (
                "hub_by_day",
                5 + 4,
                Q::HubByDay {
                    denom: denom(),
                    start_after: Some(today - 20),
                    limit,
                },
            ),
            (
                "hub_weeks",
                5 + 2,
                Q::HubWeeks {
                    denom: denom(),
                    start_after: None,
                    limit,
                },
            ),
            (
                "hub",
                81 + reaching,
                Q::Hub {
                    denom: denom(),
                    days: 12,
                },
            ),
        ] {
            let cost = cost(self, name, &query);
            self.bounds.push((name, cost - finding, bound));
        }
    }

    fn ask_everything_and_measure(records: u64) -> Self {
        let mut fixture = Self::with(records);
        fixture.settle();
        fixture.register();
        fixture.move_money();
        fixture.publish();
        fixture.certify();
        fixture.ask_everything();
        fixture.ask_about_usage();
        fixture.hub.assert_invariants();
        fixture
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
fn messages_and_pages_cost_the_same_beside_forty_records_as_beside_a_hundred_thousand() {
    let few = Fixture::ask_everything_and_measure(FEW);
    let many = Fixture::ask_everything_and_measure(many());
    assert_eq!(few.costs.len(), many.costs.len());
    for ((name, few), (_, many)) in few.costs.iter().zip(&many.costs) {
        assert_eq!(few.operations(), many.operations(), "{name}");
        let operations = few.reads + few.writes + few.removals + few.scanned;
        // An id of the larger market is written with at most five digits more, in a few places of a value.
        let wider = many.bytes.abs_diff(few.bytes);
        assert!(
            wider <= 16 * operations,
            "{name}: {} bytes became {} in {operations} operations",
            few.bytes,
            many.bytes
        );
    }
    for (name, cost, bound) in few.bounds.into_iter().chain(many.bounds) {
        // Few weeks went by.
        let less = name == "hub_weeks" && cost < bound;
        assert!(
            cost == bound || less,
            "{name} costs {cost} reads, not {bound}"
        );
    }
}
