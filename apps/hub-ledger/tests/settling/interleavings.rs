//! Random interleavings over the real contracts: calls, vouchers, top-ups, closings, prices, time, lost answers, lagging nodes and
//! crashes. What must hold holds after every step, and in the end nothing is lost and nothing is paid twice.

use std::collections::BTreeMap;

use hub_ledger::{Answer, Limits, Verdict};
use hub_testing::{rates, terms};
use hub_types::escrow::ExecuteMsg;
use hub_types::ids::SessionId;
use hub_types::registry::{ExecuteMsg as RegistryMsg, StatusName};
use proptest::prelude::*;

use crate::fixture::Fixture;

#[derive(Clone, Debug)]
enum Step {
    Call { session: usize, model: usize },
    Voucher { session: usize, more: u128 },
    Reserve { session: usize, model: usize },
    Finish { place: usize, completes: bool },
    SendPiece { place: usize },
    TopUp { session: usize, amount: u128 },
    Price { model: usize, per_call: u128 },
    Retire { model: usize },
    Close { session: usize },
    Wait { seconds: u64 },
    Sign,
    Send { lost: bool, preview: bool },
    TooLarge,
    Observe,
    Lagging,
    Lie { ahead: u64 },
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let session = 0usize..3;
    let model = 0usize..2;
    prop_oneof![
        12 => (session.clone(), model.clone()).prop_map(|(session, model)| Step::Call { session, model }),
        5 => (session.clone(), 1u128..60).prop_map(|(session, more)| Step::Voucher { session, more }),
        4 => (session.clone(), model.clone()).prop_map(|(session, model)| Step::Reserve { session, model }),
        4 => (0usize..4, any::<bool>()).prop_map(|(place, completes)| Step::Finish { place, completes }),
        3 => (0usize..4).prop_map(|place| Step::SendPiece { place }),
        1 => (session.clone(), 1u128..50).prop_map(|(session, amount)| Step::TopUp { session, amount }),
        1 => (model.clone(), 1u128..30).prop_map(|(model, per_call)| Step::Price { model, per_call }),
        1 => model.prop_map(|model| Step::Retire { model }),
        1 => session.prop_map(|session| Step::Close { session }),
        4 => (1u64..120).prop_map(|seconds| Step::Wait { seconds }),
        6 => Just(Step::Sign),
        6 => (any::<bool>(), any::<bool>()).prop_map(|(lost, preview)| Step::Send { lost, preview }),
        1 => Just(Step::TooLarge),
        8 => Just(Step::Observe),
        2 => Just(Step::Lagging),
        2 => (1u64..9).prop_map(|ahead| Step::Lie { ahead }),
        2 => Just(Step::Crash),
    ]
}

fn run(steps: Vec<Step>) {
    let limits = Limits {
        batch_receipts: 7,
        ..Limits::default()
    };
    let mut fixture = Fixture::with(limits);
    fixture.add_model("two", 7);
    fixture.open_plain(120);
    fixture.open_with_key(500);
    fixture.open_plain(60);
    let mut running = vec![];
    let mut stored = 0u64;
    let mut older = fixture.observation();
    for step in steps {
        match step {
            Step::Call { session, model } => {
                let (session, model) = (fixture.sessions[session], fixture.models[model]);
                stored += u64::from(fixture.call(session, model).is_ok());
            }
            Step::Voucher { session, more } => {
                let (session, model) = (fixture.sessions[session], fixture.models[0]);
                let charged = fixture
                    .ledger
                    .standing(session)
                    .map_or(0, |one| one.charged);
                stored += u64::from(fixture.voucher(session, model, charged + more).is_ok());
            }
            Step::Reserve { session, model } => {
                let (session, model) = (fixture.sessions[session], fixture.models[model]);
                if let Ok(reservation) = fixture.reserve(session, model) {
                    let now = fixture.now();
                    if fixture.ledger.start(reservation, now).is_ok() {
                        running.push(reservation);
                    }
                }
            }
            Step::Finish { place, completes } => {
                if place < running.len() {
                    let reservation = running.remove(place);
                    if completes {
                        fixture.complete(reservation);
                        stored += 1;
                    } else {
                        stored += fixture.abandon(reservation);
                    }
                }
            }
            Step::SendPiece { place } => {
                if let Some(reservation) = running.get(place) {
                    fixture.send_piece(*reservation);
                }
            }
            Step::TopUp { session, amount } => {
                let (session, caller, money) = (
                    fixture.sessions[session],
                    fixture.caller.clone(),
                    fixture.money.clone(),
                );
                fixture.hub.give(&caller, &money, amount);
                fixture
                    .hub
                    .deposit(&caller, &money, amount, None, None)
                    .unwrap();
                let amount = amount.into();
                let _ = fixture
                    .hub
                    .escrow(&caller, ExecuteMsg::TopUp { session, amount });
            }
            Step::Price { model, per_call } => {
                let (model, author) = (fixture.models[model], fixture.author.clone());
                let terms = terms(
                    &fixture.money,
                    rates(per_call, 0, 0),
                    0,
                    &[(&author, 10_000)],
                );
                let _ = fixture
                    .hub
                    .registry(&author, RegistryMsg::SetTerms { model, terms });
            }
            Step::Retire { model } => {
                let (model, author) = (fixture.models[model], fixture.author.clone());
                let _ = fixture.hub.registry(
                    &author,
                    RegistryMsg::SetStatus {
                        model,
                        status: StatusName::Retired,
                    },
                );
            }
            Step::Close { session } => {
                let (session, caller) = (fixture.sessions[session], fixture.caller.clone());
                let _ = fixture
                    .hub
                    .escrow(&caller, ExecuteMsg::CloseSession { session });
            }
            Step::Wait { seconds } => fixture.hub.advance(seconds),
            Step::Sign => {
                fixture.try_sign();
            }
            Step::Send { lost, preview } => {
                for out in fixture.ledger.to_send(fixture.now()) {
                    let outcomes = fixture.preview(&out);
                    if !preview || fixture.take(&out, &Answer::Previewed(outcomes)) == Verdict::Send
                    {
                        fixture.send(&out, lost);
                    }
                }
            }
            Step::TooLarge => {
                if let Some(out) = fixture.ledger.to_send(fixture.now()).first() {
                    fixture.take(out, &Answer::TooLarge);
                }
            }
            Step::Observe => {
                older = fixture.observation();
                fixture.observe();
            }
            Step::Lagging => {
                fixture.show(&older);
            }
            Step::Lie { ahead } => {
                fixture.lie(ahead);
                check(&fixture, stored);
                fixture.observe();
            }
            Step::Crash => {
                running.clear();
                // What was sent of answers in pieces is charged.
                stored += fixture.memory.partial.len() as u64;
                fixture.restart();
                assert_eq!(fixture.memory.partial.len(), 0);
            }
        }
        check(&fixture, stored);
    }
    for reservation in running {
        stored += fixture.abandon(reservation);
    }
    fixture.hub.advance(4_000);
    fixture.observe();
    fixture.settle_all();
    check(&fixture, stored);
    // Everything that could be paid was; what a session cannot pay for is kept.
    let mut archived = BTreeMap::<SessionId, u128>::new();
    for (kept, fate) in fixture.memory.archive.values() {
        if matches!(fate.code(), "paid" | "passed") {
            *archived.entry(kept.receipt.session).or_default() += kept.amount;
        }
    }
    for session in &fixture.sessions {
        let shown = fixture.hub.session(*session);
        let passed = archived.get(session).copied().unwrap_or(0);
        // "Passed" may hide receipts that a lost answer refused.
        assert!(shown.spent.u128() <= passed, "paid more than was settled");
        if !fixture.memory.fates().contains_key("passed") {
            assert_eq!(shown.spent.u128(), passed);
        }
    }
    assert_eq!(
        fixture.memory.receipts.len(),
        0,
        "left: {:?}",
        fixture.ledger.health(fixture.now())
    );
    fixture.hub.assert_invariants();
}

fn check(fixture: &Fixture, stored: u64) {
    let books = fixture.memory.receipts.len() + fixture.memory.archive.len();
    assert_eq!(books as u64, stored, "a receipt was lost");
    for session in &fixture.sessions {
        let lane = fixture.hub.next(*session, fixture.attester.id);
        let done = fixture.memory.archive.values();
        let done = done.filter(|(kept, _)| kept.receipt.session == *session);
        assert!(
            done.count() as u64 <= lane,
            "archived before the lane passed it"
        );
        let Some(standing) = fixture.ledger.standing(*session) else {
            continue;
        };
        assert!(standing.charged <= standing.budget, "{standing:?}");
        if let Some(ceiling) = standing.ceiling {
            assert!(standing.charged <= ceiling, "{standing:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_signed_twice_or_paid_twice(steps in prop::collection::vec(step(), 1..80)) {
        run(steps);
    }
}

fn cases() -> u32 {
    let from_env = std::env::var("PROPTEST_CASES").ok();
    from_env.and_then(|text| text.parse().ok()).unwrap_or(32)
}
