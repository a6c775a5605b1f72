//! The inputs that broke the collector of earlier releases, and what they do here.

use hub_ledger::{
    Answer, Due, Fate, Ledger, Limits, LoadError, Notice, Refusal, SignError, Verdict,
};
use hub_testing::{rates, signing_key, terms, KeyType};
use hub_types::billing::Outcome;
use hub_types::escrow::{ExecuteMsg, Models};
use hub_types::registry::{ExecuteMsg as RegistryMsg, StatusName};
use hub_wire::{SignedVoucher, Voucher};

use crate::world::{identity, World, UNITS};

const HOUR: u64 = 3_600;

#[test]
fn a_call_is_paid_once_and_its_receipt_ends_in_the_archive() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    let completed = world.call(session, model).unwrap();
    assert_eq!((completed.amount, completed.charged), (10, 10));
    world.settle_all();
    assert_eq!((world.spent(), world.paid()), (10, 10));
    assert_eq!(
        world.memory.fates().into_iter().collect::<Vec<_>>(),
        [("paid", 1)]
    );
    assert_eq!(world.ledger.health(world.now()).unsettled, 0);
    assert_eq!(world.ledger.standing(session).unwrap().charged, 10);
}

#[test]
fn a_clock_in_milliseconds_dates_no_receipt_among_sixteen_good_ones() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    for _ in 0..16 {
        world.call(session, model).unwrap();
    }
    let reservation = world.reserve(session, model).unwrap();
    let now = world.now();
    let refusal = world.ledger.start(reservation, now * 1_000).unwrap_err();
    assert_eq!(
        refusal.code(),
        "stale_block",
        "a jump of the clock looks like a silent chain"
    );
    world.settle_all();
    assert_eq!(
        world.memory.fates().into_iter().collect::<Vec<_>>(),
        [("paid", 16)]
    );
    assert_eq!(world.spent(), 160);
}

#[test]
fn a_receipt_of_the_future_in_the_store_is_set_aside_alone() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    for _ in 0..17 {
        world.call(session, model).unwrap();
    }
    let (kept, _) = world.memory.receipts.values_mut().nth(5).unwrap();
    kept.receipt.issued_at *= 1_000;
    world.settle_all();
    let fates: Vec<_> = world.memory.fates().into_iter().collect();
    assert_eq!(fates, [("future", 1), ("paid", 16)]);
    assert_eq!(world.spent(), 160);
}

#[test]
fn a_receipt_of_session_0_or_another_attester_in_the_store_is_set_aside_alone() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    for _ in 0..5 {
        world.call(session, model).unwrap();
    }
    let mut kept = world.memory.receipts.values_mut();
    kept.next().unwrap().0.receipt.attester.0 += 1;
    drop(kept);
    world.settle_all();
    let fates: Vec<_> = world.memory.fates().into_iter().collect();
    assert_eq!(fates, [("foreign", 1), ("paid", 4)]);
    assert_eq!(world.spent(), 40);

    let refusal = world.call(hub_types::ids::SessionId(0), model).unwrap_err();
    assert_eq!(refusal.code(), "unknown_session");
}

#[test]
fn a_voucher_that_nobody_signed_is_refused_and_meets_no_batch() {
    let mut world = World::new();
    let session = world.open_with_key(1_000);
    let other = world.open_with_key(1_000);
    let model = world.models[0];
    world.voucher(session, model, 100).unwrap();

    let verifier = world.ledger.verifier(session).unwrap();
    let bad = Refusal::BadVoucher { session };
    let unsigned = SignedVoucher {
        voucher: Voucher {
            session,
            ceiling: u128::MAX,
        },
        signature: [0; 64],
    };
    assert_eq!(verifier.voucher(&unsigned.encode()), Err(bad.clone()));
    let empty_signature = unsigned.voucher.encode();
    assert_eq!(verifier.voucher(&empty_signature), Err(bad.clone()));
    let others = world.hub.voucher(&world.caller_key, other, u128::MAX);
    assert_eq!(verifier.voucher(&others.encode()), Err(bad.clone()));
    let strangers = signing_key(KeyType::Ed25519, 77);
    let forged = world.hub.voucher(&strangers, session, u128::MAX);
    assert_eq!(verifier.voucher(&forged.encode()), Err(bad));
    assert_eq!(verifier.voucher(b""), Err(Refusal::BadVoucher { session }));

    // 2^128 - 1, signed, is a ceiling like any other: the budget still bounds.
    world.voucher(session, model, u128::MAX).unwrap();
    world.voucher(other, model, 10).unwrap();
    world.settle_all();
    assert_eq!(world.spent(), 30);
    assert_eq!(world.hub.session(session).spent.u128(), 20);
}

#[test]
fn of_fifty_calls_on_the_budget_of_one_between_two_settlements_one_runs() {
    let mut world = World::new();
    let session = world.open_plain(10);
    let model = world.models[0];
    let mut reservations = vec![];
    let mut refused = 0;
    for _ in 0..50 {
        match world.reserve(session, model) {
            Ok(reservation) => reservations.push(reservation),
            Err(refusal) => {
                let (left, amount) = (0, 10);
                assert_eq!(
                    refusal,
                    Refusal::Exhausted {
                        session,
                        left,
                        amount
                    }
                );
                refused += 1;
            }
        }
    }
    assert_eq!((reservations.len(), refused), (1, 49));
    let now = world.now();
    world.ledger.start(reservations[0], now).unwrap();
    world.complete(reservations[0]);
    assert_eq!(world.call(session, model).unwrap_err().code(), "exhausted");
    world.settle_all();
    assert_eq!(world.spent(), 10);
    assert_eq!(world.call(session, model).unwrap_err().code(), "exhausted");
}

#[test]
fn a_node_one_block_behind_that_does_not_know_the_session_decides_nothing() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.sign();
    let now = world.now();
    let [out] = &world.ledger.to_send(now)[..] else {
        panic!("one batch")
    };
    let out = out.clone();
    let lagging = Answer::Previewed(vec![Outcome::UnknownSession]);
    assert_eq!(world.take(&out, &lagging), Verdict::Wait);
    assert!(world.ledger.to_send(now).is_empty(), "not again at once");
    assert_eq!(world.memory.receipts.len(), 1, "nothing was given up");
    world.hub.advance(40);
    world.settle_all();
    assert_eq!((world.spent(), world.paid()), (10, 10));
}

#[test]
fn what_a_session_does_not_allow_is_refused_before_anything_runs() {
    let mut world = World::new();
    let model = world.models[0];
    let other_model = world.add_model("two", 10);
    let stranger = world.hub.account("stranger");
    let other_operator = world.open(1_000, |mut session| {
        session.operator = stranger.to_string();
        session
    });
    let other_image = world.open(1_000, |mut session| {
        session.measurement = Some(vec![7; 32].into());
        session
    });
    let listed = world.open(1_000, |mut session| {
        session.models = Models::Listed(vec![hub_types::escrow::ModelRef {
            model: other_model,
            release: None,
        }]);
        session
    });
    let free_only = world.open(1_000, |mut session| {
        session.max_price = Some(rates(0, 0, 0));
        session
    });
    let token = world.hub.money_cw20();
    let native = std::mem::replace(&mut world.money, token);
    let other_denom = world.open_plain(1_000);
    world.money = native;
    let full = world.open_plain(1_000);
    for seed in 10..14 {
        let operator = world.operator.clone();
        let attester = world
            .hub
            .register_attester(&operator, KeyType::Ed25519, seed);
        let receipts = world.hub.receipts(&attester, full, model, 1, |_, _| {});
        world
            .hub
            .settle(&attester, hub_testing::Mode::Itemised, receipts);
    }
    world.observe();
    for (session, code) in [
        (other_operator, "attester_not_allowed"),
        (other_image, "attester_not_allowed"),
        (listed, "model_not_allowed"),
        (free_only, "price_above_limit"),
        (other_denom, "wrong_denom"),
        (full, "lanes_full"),
    ] {
        let refusal = world.call(session, model).unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
    }
    assert_eq!(world.memory.receipts.len(), 0);
}

#[test]
fn a_halt_of_25_hours_stops_calls_and_expires_only_what_is_too_old() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.sign();
    world.hub.advance(25 * HOUR);
    // The chain stands still for the ledger: nothing new was observed.
    let refusal = world.call(session, model).unwrap_err();
    assert_eq!(refusal.code(), "stale_block");
    world.observe();
    let refusal = world.call(session, model).unwrap_err();
    assert_eq!(refusal.code(), "unsettled_too_old");
    world.settle_all();
    world.call(session, model).unwrap();
    world.settle_all();
    let fates: Vec<_> = world.memory.fates().into_iter().collect();
    assert_eq!(fates, [("expired", 1), ("paid", 1)]);
    assert_eq!(world.spent(), 10);
}

#[test]
fn a_closing_in_the_middle_of_a_long_job_pays_the_job() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    let reservation = world.reserve(session, model).unwrap();
    let queued = world.reserve(session, model).unwrap();
    let now = world.now();
    world.ledger.start(reservation, now).unwrap();
    let caller = world.caller.clone();
    world
        .hub
        .escrow(&caller, ExecuteMsg::CloseSession { session })
        .unwrap();
    world.hub.advance(10 * 60);
    world.observe();
    let refusal = world.call(session, model).unwrap_err();
    assert_eq!(refusal.code(), "session_ended");
    let now = world.now();
    assert_eq!(
        world.ledger.start(queued, now).unwrap_err().code(),
        "session_ended"
    );
    world.complete(reservation);
    assert_eq!(world.ledger.due(now), Some(Due::SessionEnd { session }));
    world.settle_all();
    assert_eq!(world.spent(), 10);
    assert_eq!(
        world.memory.fates().into_iter().collect::<Vec<_>>(),
        [("paid", 1)]
    );
}

#[test]
fn identical_terms_set_again_are_the_ones_that_receipts_name() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    let first = world.call(session, model).unwrap();
    let author = world.author.clone();
    let same = terms(&world.money, rates(10, 0, 0), 0, &[(&author, 10_000)]);
    world.hub.set_terms(&author, model, same);
    world.observe();
    let second = world.call(session, model).unwrap();
    assert_eq!((first.receipt.terms.0, second.receipt.terms.0), (1, 2));
    world.hub.advance(120);
    world.observe();
    world.call(session, model).unwrap();
    world.settle_all();
    assert_eq!(world.spent(), 30);
    assert_eq!(
        world.memory.fates().into_iter().collect::<Vec<_>>(),
        [("paid", 3)]
    );
}

#[test]
fn a_group_on_both_sides_of_a_retirement_is_cut_and_only_the_late_part_is_lost() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    let author = world.author.clone();
    world
        .hub
        .registry(
            &author,
            RegistryMsg::SetStatus {
                model,
                status: StatusName::Retired,
            },
        )
        .unwrap();
    // Nobody tells the ledger, whose receipts go on past the cutoff.
    let stale = world.observation();
    for _ in 0..8 {
        world.hub.advance(15);
        let mut shown = stale.clone();
        shown.block.time = world.now();
        shown.block.height = world.hub.app.block_info().height;
        shown
            .facts
            .retain(|fact| !matches!(fact, hub_ledger::Fact::Model(_)));
        world.show(&shown);
        world.call(session, model).unwrap();
    }
    world.settle_all();
    let fates: Vec<_> = world.memory.fates().into_iter().collect();
    assert_eq!(fates, [("paid", 4), ("retired", 5)]);
    assert_eq!(world.spent(), 40);
}

#[test]
fn a_batch_that_no_block_takes_is_halved_until_it_fits() {
    let mut world = World::new();
    let [a, b] = [world.open_plain(1_000), world.open_plain(1_000)];
    let model = world.models[0];
    for _ in 0..10 {
        world.call(a, model).unwrap();
        world.call(b, model).unwrap();
    }
    let most = 3;
    for _ in 0..30 {
        world.sign();
        for out in world.ledger.to_send(world.now()) {
            if out.receipts > most {
                assert_eq!(world.take(&out, &Answer::TooLarge), Verdict::SignAgain);
            } else {
                world.send(&out, false);
            }
        }
        world.observe();
        world.observe();
    }
    assert_eq!((world.spent(), world.paid()), (200, 200));
    assert_eq!(world.ledger.health(world.now()).unsettled, 0);
}

#[test]
fn one_session_that_cannot_pay_holds_no_other_and_goes_on_after_a_voucher() {
    let mut world = World::new();
    let [dry, good] = [world.open_with_key(1_000), world.open_plain(1_000)];
    let model = world.models[0];
    world.voucher(dry, model, 10).unwrap();
    world.call(good, model).unwrap();
    // Another attester of the operator spends what the ceiling allows.
    let operator = world.operator.clone();
    let other = world.hub.register_attester(&operator, KeyType::Ed25519, 3);
    let raise = ExecuteMsg::RaiseCeiling {
        session: dry,
        ceiling: 10u128.into(),
    };
    let caller = world.caller.clone();
    world.hub.escrow(&caller, raise).unwrap();
    let receipts = world.hub.receipts(&other, dry, model, 1, |_, _| {});
    world
        .hub
        .settle(&other, hub_testing::Mode::Itemised, receipts);
    world.settle_all();
    assert_eq!(world.hub.session(good).spent.u128(), 10);
    let health = world.ledger.health(world.now());
    assert_eq!((health.unsettled, world.memory.archive.len()), (1, 1));
    assert_eq!(world.ledger.standing(dry).unwrap().charged, 20);

    world.voucher(dry, model, 30).unwrap();
    world.settle_all();
    assert_eq!(world.hub.session(dry).spent.u128(), 30);
    assert_eq!(world.ledger.health(world.now()).unsettled, 0);
}

#[test]
fn a_repeat_gets_the_same_answer_waits_or_is_refused_and_is_never_charged_twice() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    let call = world.call_of(session, model);
    let authorized = hub_ledger::Authorized::otherwise(call);
    let (work, now) = (world.work(model), world.now());
    let hub_ledger::Admission::Reserved(reservation) =
        world.ledger.reserve(&authorized, &work, None, now).unwrap()
    else {
        panic!("a new call")
    };
    let again = world.ledger.reserve(&authorized, &work, None, now);
    assert_eq!(again, Err(Refusal::Running));
    let mut other = call;
    other.request_hash = [1; 32];
    let other = hub_ledger::Authorized::otherwise(other);
    let used = Err(Refusal::RequestIdUsed { session });
    assert_eq!(world.ledger.reserve(&other, &work, None, now), used);
    world.ledger.start(reservation, now).unwrap();
    let serial = world.complete(reservation).serial;
    world.restart();
    let now = world.now();
    let answered = Ok(hub_ledger::Admission::Answered { serial });
    assert_eq!(
        world.ledger.reserve(&authorized, &work, None, now),
        answered
    );
    assert_eq!(world.ledger.reserve(&other, &work, None, now), used);
    let late = call.expires_at;
    let expired = Refusal::CallExpired {
        expires_at: late,
        now: late,
    };
    assert_eq!(
        world.ledger.reserve(&authorized, &work, None, late),
        Err(expired)
    );
    world.settle_all();
    assert_eq!(world.spent(), 10);
}

#[test]
fn a_signature_counts_for_one_call_session_attester_and_chain() {
    let mut world = World::new();
    let session = world.open_with_key(1_000);
    let plain = world.open_plain(1_000);
    let model = world.models[0];
    let call = world.call_of(session, model);
    let tag = world.ledger.identity().tag(hub_wire::Purpose::Call);
    let digest = hub_wire::call_digest(&tag, &call.encode());
    let signature = world.caller_key.sign_digest(&digest);
    let verifier = world.ledger.verifier(session).unwrap();
    verifier.call(call, &signature).unwrap();
    let bad = Err(Refusal::BadSignature { session });
    assert_eq!(verifier.call(call, b""), bad);
    assert_eq!(verifier.call(call, &[0; 64]), bad);
    let mut changed = call;
    changed.expires_at += 1;
    assert_eq!(verifier.call(changed, &signature), bad);
    let mut other = call;
    other.attester.0 += 1;
    let refusal = Refusal::OtherCall { what: "attester" };
    assert_eq!(verifier.call(other, &signature), Err(refusal));
    let no_key = Refusal::NoKey { session: plain };
    assert_eq!(world.ledger.verifier(plain).unwrap_err(), no_key);
}

#[test]
fn books_restored_from_a_backup_are_never_signed_on() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    let backup = world.memory.clone();
    world.settle_all();
    world.memory = backup;
    world.restart();
    let now = world.now();
    let refusal = world.ledger.ready(now).unwrap_err();
    assert_eq!(refusal.code(), "rolled_back");
    let key = world.attester.key.clone();
    let error = world.ledger.sign(&key, &world.memory, now).unwrap_err();
    let attester = world.attester.id;
    let (on_chain, here) = (1, 0);
    assert_eq!(
        error,
        SignError::RolledBack {
            session,
            on_chain,
            here,
            attester
        }
    );
    assert_eq!(
        world.call(session, model).unwrap_err().code(),
        "rolled_back"
    );
}

#[test]
fn one_block_that_shows_a_lane_too_far_ends_nothing() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.sign();
    world.hub.advance(6);
    let mut lie = world.observation();
    for fact in &mut lie.facts {
        if let hub_ledger::Fact::Session(session) = fact {
            session.lanes = vec![hub_types::escrow::LaneResponse {
                attester: world.attester.id,
                next: 1,
            }];
        }
    }
    world.show(&lie);
    assert_eq!(world.memory.archive.len(), 0);
    world.observe();
    world.settle_all();
    assert_eq!((world.spent(), world.paid()), (10, 10));
    // What an older block showed does not undo it.
    lie.block.height -= 1;
    let before = world.ledger.standing(session);
    world.show(&lie);
    assert_eq!(world.ledger.standing(session), before);
}

#[test]
fn a_node_that_shows_a_lane_before_where_it_stood_is_believed_in_nothing_about_the_session() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.settle_all();
    world.observe();
    let (archived, before) = (world.memory.archive.len(), world.ledger.standing(session));
    assert_eq!(archived, 1);

    // As before the settlement, and without money.
    world.hub.advance(6);
    let mut lie = world.observation();
    for fact in &mut lie.facts {
        if let hub_ledger::Fact::Session(shown) = fact {
            shown.lanes = vec![];
            shown.budget = 0_u128.into();
        }
    }
    let fell = Notice::LaneFell {
        session,
        before: 1,
        now: 0,
    };
    assert_eq!(world.show(&lie), vec![fell]);
    assert_eq!(world.ledger.standing(session), before);
    world.call(session, model).unwrap();
    world.settle_all();
    assert_eq!((world.spent(), world.memory.archive.len()), (20, 2));
}

#[test]
fn books_of_another_contract_attester_or_key_are_refused() {
    let world = World::new();
    let saved = world.memory.saved(0);
    let own = identity(&world.hub, &world.attester);
    let load = |identity| {
        Ledger::load(identity, Limits::default(), saved.clone()).map(|changed| changed.records)
    };
    assert_eq!(load(own.clone()), Ok(vec![]));
    let mut other = own.clone();
    other.billing = vec![1; 32];
    let found = own.billing.clone();
    assert_eq!(load(other), Err(LoadError::OtherContract { found }));
    let mut other = own.clone();
    other.key = signing_key(KeyType::Ed25519, 55).public_key();
    let (expected, found) = (own.attester, own.attester);
    assert_eq!(
        load(other),
        Err(LoadError::OtherAttester { expected, found })
    );
}

#[test]
fn a_new_chain_id_gets_the_same_batches_under_new_signatures() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.sign();
    let before = world.ledger.to_send(world.now());
    world
        .hub
        .app
        .update_block(|block| block.chain_id = "hub-testing-2".to_owned());
    world.restart();
    assert!(
        world.ledger.to_send(world.now()).is_empty(),
        "signed for another chain"
    );
    world.sign();
    let after = world.ledger.to_send(world.now());
    assert_eq!(after[0].bytes, before[0].bytes);
    assert_ne!(after[0].signature, before[0].signature);
    world.settle_all();
    assert_eq!((world.spent(), world.paid()), (10, 10));
}

#[test]
fn a_released_session_archives_what_it_can_pay_no_more() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    world.sign();
    world.call(session, model).unwrap();
    let (caller, operator) = (world.caller.clone(), world.operator.clone());
    world
        .hub
        .escrow(&caller, ExecuteMsg::CloseSession { session })
        .unwrap();
    world.hub.advance(120);
    world
        .hub
        .escrow(&operator, ExecuteMsg::ReleaseSession { session })
        .unwrap();
    world.observe();
    assert_eq!(world.memory.archive.len(), 0, "one block is not enough");
    world.observe();
    let fates: Vec<_> = world.memory.fates().into_iter().collect();
    assert_eq!(fates, [("released", 2)]);
    assert_eq!(world.ledger.health(world.now()).unsettled, 0);
    world.observe();
    world.restart();
    assert_eq!(world.ledger.ready(world.now()), Ok(()));
}

#[test]
fn more_units_than_were_reserved_are_refused_and_the_reservation_stands() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    let reservation = world.reserve(session, model).unwrap();
    let now = world.now();
    let mut units = UNITS;
    let complete = |world: &mut World, units| {
        let done = world
            .ledger
            .complete(reservation, units, [0; 32], vec![], now);
        done.map(|changed| changed.value.amount)
    };
    assert_eq!(
        complete(&mut world, units),
        Err(hub_ledger::CompleteError::NotStarted)
    );
    world.ledger.start(reservation, now).unwrap();
    units.output += 1;
    let error = complete(&mut world, units).unwrap_err();
    let most = UNITS;
    assert_eq!(
        error,
        hub_ledger::CompleteError::MoreThanReserved { found: units, most }
    );
    assert_eq!(complete(&mut world, UNITS), Ok(10));
    assert_eq!(
        complete(&mut world, UNITS),
        Err(hub_ledger::CompleteError::NotRunning)
    );
}

#[test]
fn a_batch_leaves_only_once_it_is_stored() {
    let mut world = World::new();
    let session = world.open_plain(1_000);
    let model = world.models[0];
    world.call(session, model).unwrap();
    let (now, key) = (world.now(), world.attester.key.clone());
    let changed = world
        .ledger
        .sign(&key, &world.memory, now)
        .unwrap()
        .unwrap();
    assert!(world.ledger.to_send(now).is_empty());
    world.memory.apply(&changed.records);
    world.ledger.stored(&changed.value);
    assert_eq!(world.ledger.to_send(now).len(), 1);
    let fate = Fate::Consumed(Outcome::Expired);
    assert_eq!(fate.code(), "expired");
}
