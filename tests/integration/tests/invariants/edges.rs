//! Places that chance does not find.

use hub_types::ids::{ReleaseNumber, TermsNumber};
use hub_types::wire::{Units, Work};

use crate::action::{
    Action, BatchPlan, GroupPlan, ReleasePlan, SessionPlan, Start, TermsPlan, What,
};
use crate::fixture::{Setting, MONEYS};
use crate::reference::{Account, Money, Rates, Shares, Tag};
use crate::runner::Runner;

const ANN: Account = 0;
const BOB: Account = 1;
const OPERATOR: Account = 2;
const SUBMITTER: Account = 3;

const SETTING: Setting = Setting {
    start_time: 1_768_219_200,
    receipt_max_age: 86_400,
    price_notice: 86_400,
    venues: 1,
};

/// A Hub on which steps are carried out that must not fail.
struct Scene {
    runner: Runner,
    tag: Tag,
    money: Money,
}

impl Scene {
    fn new(money: Money) -> Self {
        Self {
            runner: Runner::new(SETTING),
            tag: 0,
            money,
        }
    }

    #[track_caller]
    fn step(&mut self, by: Account, what: What) -> Tag {
        self.tag += 1;
        let action = Action {
            tag: self.tag,
            by,
            venue: 0,
            coins: false,
            what,
        };
        if let Err(fault) = self.runner.step(&action) {
            panic!("{action:?}: {fault}");
        }
        self.tag
    }

    /// Makes money out of nothing.
    fn enrich(&mut self, account: Account, amount: u128) {
        let fixture = &mut self.runner.fixture;
        let (address, money) = (&fixture.accounts[account], &fixture.moneys[self.money]);
        fixture.hub.give(address, money, amount);
        let wallets = &mut self.runner.reference.wallets;
        *wallets.entry((account, self.money)).or_default() += amount;
    }

    fn model(&mut self, author: Account, rates: Rates) -> Tag {
        let terms = TermsPlan {
            money: self.money,
            rates,
            shares: Shares {
                payees: vec![(author, 10_000)],
                operator_bps: 0,
            },
        };
        let release = Some(ReleasePlan {
            blob: 1,
            major_step: 0,
            minor_step: 0,
            salt: None,
        });
        self.step(
            author,
            What::RegisterModel {
                name: 1,
                terms,
                release,
            },
        )
    }

    fn plan(&self, budget: u128) -> SessionPlan {
        SessionPlan {
            operator: OPERATOR,
            measured: None,
            models: None,
            max_price: Some([u128::MAX; 3]),
            budget,
            lasts: 1_000_000,
            ceiling: None,
        }
    }

    fn deposit_and_open(&mut self, caller: Account, budget: u128) -> Tag {
        let what = What::Deposit {
            money: self.money,
            amount: budget,
            beneficiary: None,
            session: Some(self.plan(budget)),
        };
        self.step(caller, what)
    }

    fn open(&mut self, caller: Account, budget: u128) -> Tag {
        let what = What::OpenSession {
            money: self.money,
            session: self.plan(budget),
        };
        self.step(caller, what)
    }

    fn settle(&mut self, attester: Tag, groups: Vec<GroupPlan>) {
        let what = What::SettleBatch {
            batch: BatchPlan { attester, groups },
            vouchers: vec![],
            flaw: None,
        };
        self.step(SUBMITTER, what);
    }

    fn outcome(&self, name: &str) -> u64 {
        let outcomes = &self.runner.tally.outcomes;
        outcomes.get(name).copied().unwrap_or_default()
    }
}

fn calls(session: Tag, model: Tag, count: usize) -> GroupPlan {
    GroupPlan {
        session,
        model,
        release: ReleaseNumber(1),
        terms: TermsNumber(1),
        age: 0,
        span: 0,
        start: Start::Lane(0),
        work: Work::itemised(vec![Units::new(10, 10); count]),
    }
}

/// Money that goes round can be earned any number of times, and the lifetime gross of a model counts all of it.
#[test]
fn beyond_128_bits_of_lifetime_gross_a_model_sells_nothing_and_all_others_go_on() {
    for money in 0..MONEYS {
        let mut scene = Scene::new(money);
        let price = 1 << 124;
        scene.enrich(ANN, 4 * price);
        let attester = scene.step(
            OPERATOR,
            What::RegisterAttester {
                key: 1,
                signed_for: OPERATOR,
                enclave: None,
            },
        );
        let round = scene.model(ANN, [price, 0, 0]);
        let honest = scene.model(BOB, [5, 0, 0]);
        let other = scene.deposit_and_open(BOB, 1_000);

        let mut session = scene.deposit_and_open(ANN, 4 * price);
        for _ in 0..3 {
            scene.settle(attester, vec![calls(session, round, 4)]);
            session = scene.open(ANN, 4 * price);
        }
        scene.settle(attester, vec![calls(session, round, 2)]);
        assert_eq!((scene.outcome("Paid"), scene.outcome("Overflow")), (4, 0));

        // What a session cannot pay would be the sixteenth when the same bytes come again: it waits as it did before.
        scene.settle(
            attester,
            vec![calls(other, round, 1), calls(session, round, 1)],
        );
        assert_eq!(
            (scene.outcome("Exhausted"), scene.outcome("Overflow")),
            (2, 0)
        );

        // The sixteenth is affordable, and one too many.
        scene.settle(
            attester,
            vec![calls(session, round, 1), calls(other, honest, 2)],
        );
        assert_eq!((scene.outcome("Paid"), scene.outcome("Overflow")), (6, 1));
        scene
            .runner
            .drain()
            .expect("everybody withdraws everything");
    }
}

/// Units times price in more than 128 bits, divided into an amount that fits: exact, and rounded up once.
#[test]
fn amounts_whose_products_exceed_128_bits_are_exact() {
    for money in 0..MONEYS {
        let mut scene = Scene::new(money);
        let budget = 1 << 120;
        scene.enrich(ANN, budget);
        let attester = scene.step(
            OPERATOR,
            What::RegisterAttester {
                key: 2,
                signed_for: OPERATOR,
                enclave: None,
            },
        );
        let model = scene.model(BOB, [3, (1 << 70) + 1, (1 << 65) + 7]);
        let session = scene.deposit_and_open(ANN, budget);
        for units in [
            Units::new(u64::MAX, u64::MAX),
            Units::new(1 << 60, 1),
            Units::new(1_000_000 << 40, 0),
            Units::new(0, u64::MAX - 1),
        ] {
            let work = [
                Work::itemised(vec![units, Units::new(1, 1), units]),
                Work::Netted {
                    count: 7,
                    total: units,
                },
            ];
            for work in work {
                let group = GroupPlan {
                    work,
                    ..calls(session, model, 1)
                };
                scene.settle(attester, vec![group]);
            }
        }
        assert_eq!(scene.outcome("Paid"), 8);
        scene
            .runner
            .drain()
            .expect("everybody withdraws everything");
    }
}
