//! A session is topped up, closed, released, and its ceiling raised.

use hub_testing::EscrowError;
use hub_types::escrow::{ExecuteMsg, NewCeiling, NewSession, SessionState};
use hub_types::ids::{AttesterId, SessionId};
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::escrow_stage::{settlement, with_each_money, Stage, DAY};

fn top_up(session: SessionId, amount: u128) -> ExecuteMsg {
    ExecuteMsg::TopUp {
        session,
        amount: amount.into(),
    }
}

fn close(session: SessionId) -> ExecuteMsg {
    ExecuteMsg::CloseSession { session }
}

fn release(session: SessionId) -> ExecuteMsg {
    ExecuteMsg::ReleaseSession { session }
}

fn raise(session: SessionId, ceiling: u128) -> ExecuteMsg {
    ExecuteMsg::RaiseCeiling {
        session,
        ceiling: ceiling.into(),
    }
}

fn with_ceiling(session: NewSession) -> NewSession {
    NewSession {
        ceiling: Some(NewCeiling { key: None }),
        ..session
    }
}

/// A stage on which alice has a session of 100 and 50 available.
fn prepared(mut stage: Stage) -> (Stage, SessionId) {
    let session = stage.open(100, |session| session);
    stage.fund(&stage.alice.clone(), 50);
    (stage, session)
}

#[test]
fn sessions_that_nobody_opened_are_unknown() {
    let (mut stage, last) = prepared(Stage::native());
    let alice = stage.alice.clone();
    for session in [0, 2, u64::MAX] {
        for msg in [
            top_up(SessionId(session), 1),
            close(SessionId(session)),
            release(SessionId(session)),
            raise(SessionId(session), 1),
        ] {
            let error = stage.refused(&alice, msg);
            assert_eq!(
                error,
                EscrowError::UnknownSession {
                    session: SessionId(session),
                    last: SessionId(last.0)
                }
            );
        }
    }
}

/// Attack (griefing and wedging): a stranger closes a session under its caller, or raises its ceiling.
/// Defence: only its caller can.
#[test]
fn only_the_caller_tops_up_closes_and_raises() {
    let (mut stage, session) = prepared(Stage::native());
    let caller = stage.alice.clone();
    let others = [
        stage.bob.clone(),
        stage.operator.clone(),
        stage.hub.billing.clone(),
    ];
    for other in others {
        for msg in [top_up(session, 1), close(session), raise(session, 1)] {
            let error = stage.refused(&other, msg);
            let caller = caller.clone();
            assert_eq!(error, EscrowError::NotTheCaller { session, caller });
        }
    }
}

#[test]
fn a_top_up_comes_from_what_the_caller_has_available() {
    with_each_money(|stage| {
        let (mut stage, session) = prepared(stage);
        let alice = stage.alice.clone();
        assert_eq!(
            stage.refused(&alice, top_up(session, 51)),
            EscrowError::InsufficientFunds {
                available: 50u128.into(),
                needed: 51u128.into()
            }
        );
        assert_eq!(
            stage.refused(&alice, top_up(session, 0)),
            EscrowError::Zero { field: "amount" }
        );

        let before = stage.hub.ledger();
        let response = stage.hub.escrow(&alice, top_up(session, 50)).unwrap();
        stage.assert_changes(
            &before,
            &[
                ("alice available $", -50),
                ("session 1 budget", 50),
                ("session 1 left", 50),
            ],
        );
        stage.assert_events(
            &response,
            &[(
                "hub_session_topped_up",
                &[
                    ("session", "1"),
                    ("caller", alice.as_str()),
                    ("amount", "50"),
                    ("denom", "$"),
                    ("budget", "150"),
                ],
            )],
        );
    });
}

#[test]
fn money_is_counted_on_the_day_it_comes_in() {
    let (mut stage, session) = prepared(Stage::native());
    let (alice, day) = (stage.alice.clone(), stage.hub.now() / DAY);
    let funding = |stage: &Stage| {
        let funding = stage.hub.state().sessions[&session].funding;
        (funding.day, funding.on_day, funding.day_before)
    };
    assert_eq!(funding(&stage), (day, 100, 0));
    // Noon of the first day, the last second of the second, the first of the third.
    stage.hub.escrow(&alice, top_up(session, 1)).unwrap();
    assert_eq!(funding(&stage), (day, 101, 0));
    stage.hub.set_time((day + 2) * DAY - 1);
    stage.hub.escrow(&alice, top_up(session, 2)).unwrap();
    assert_eq!(funding(&stage), (day + 1, 2, 101));
    stage.hub.advance(1);
    stage.hub.escrow(&alice, top_up(session, 4)).unwrap();
    assert_eq!(funding(&stage), (day + 2, 4, 2));
}

#[test]
fn a_session_takes_top_ups_up_to_its_end_and_not_at_it() {
    let (mut stage, session) = prepared(Stage::native());
    let alice = stage.alice.clone();
    stage.hub.escrow(&alice, close(session)).unwrap();
    let ends_at = stage.hub.now() + CUTOFF_GRACE_SECONDS;
    stage.hub.set_time(ends_at - 1);
    stage.hub.escrow(&alice, top_up(session, 1)).unwrap();
    stage.hub.set_time(ends_at);
    assert_eq!(
        stage.refused(&alice, top_up(session, 1)),
        EscrowError::SessionEnded { session, ends_at }
    );
}

/// Attack (market-number fakes): an author slips money of its own into a session that carries a customer's name.
/// Defence: only the funder's own session takes a top-up, so that a funder is always whose money it is.
#[test]
fn a_session_that_somebody_else_funded_takes_no_top_up() {
    let mut stage = Stage::native();
    let (alice, bob, money) = (stage.alice.clone(), stage.bob.clone(), stage.money.clone());
    stage.fund(&bob, 50);
    stage.hub.give(&alice, &money, 10);
    let gift = stage.session(10);
    stage
        .hub
        .deposit(&alice, &money, 10, Some(&bob), Some(gift))
        .unwrap();
    assert_eq!(
        stage.refused(&bob, top_up(SessionId(1), 1)),
        EscrowError::FundedByAnother {
            session: SessionId(1)
        }
    );
    // It is bob's all the same: he closes it, and what is left is his.
    stage.hub.escrow(&bob, close(SessionId(1))).unwrap();
    stage.hub.advance(CUTOFF_GRACE_SECONDS + DAY);
    let before = stage.hub.ledger();
    stage.hub.escrow(&bob, release(SessionId(1))).unwrap();
    stage.assert_changes(&before, &[("bob available $", 10), ("session 1 left", -10)]);
}

#[test]
fn closing_moves_the_end_once_and_no_money() {
    let (mut stage, session) = prepared(Stage::native());
    let alice = stage.alice.clone();
    let ends_at = stage.hub.now() + CUTOFF_GRACE_SECONDS;
    let before = stage.hub.ledger();
    let response = stage.hub.escrow(&alice, close(session)).unwrap();
    stage.assert_changes(&before, &[]);
    stage.assert_events(
        &response,
        &[(
            "hub_session_closed",
            &[
                ("session", "1"),
                ("caller", alice.as_str()),
                ("ends_at", &ends_at.to_string()),
            ],
        )],
    );
    for (now, state) in [
        (ends_at - 1, SessionState::Open),
        (ends_at, SessionState::Ended),
    ] {
        stage.hub.set_time(now);
        let session = stage.hub.session(session);
        assert_eq!((session.ends_at, session.state), (ends_at, state));
    }
    assert_eq!(
        stage.refused(&alice, close(session)),
        EscrowError::AlreadyClosed { session, ends_at }
    );
}

#[test]
fn a_session_about_to_end_is_not_closed() {
    let (mut stage, session) = prepared(Stage::native());
    let alice = stage.alice.clone();
    let ends_at = stage.hub.session(session).ends_at;
    stage.hub.set_time(ends_at - CUTOFF_GRACE_SECONDS);
    assert_eq!(
        stage.refused(&alice, close(session)),
        EscrowError::EndsByItself {
            session,
            ends_at,
            cutoff: ends_at
        }
    );
    stage.hub.set_time(ends_at);
    assert_eq!(
        stage.refused(&alice, close(session)),
        EscrowError::SessionEnded { session, ends_at }
    );
}

/// Attack (front running and stripping): a stranger releases a session to catch what is left.
/// Defence: what is left goes to the caller, whoever releases.
#[test]
fn what_is_left_goes_to_the_caller_whoever_releases() {
    with_each_money(|stage| {
        let (mut stage, session) = prepared(stage);
        let alice = stage.alice.clone();
        let ends_at = stage.hub.session(session).ends_at;
        stage.pay(session, 30);
        let operator_from = ends_at;
        let anyone_from = ends_at + DAY;
        let too_early = |now| EscrowError::ReleaseTooEarly {
            session,
            operator_from,
            anyone_from,
            now,
        };
        let (operator, stranger) = (stage.operator.clone(), stage.stranger.clone());
        stage.hub.set_time(ends_at - 1);
        for everybody in [&operator, &alice, &stranger] {
            let error = stage.refused(everybody, release(session));
            assert_eq!(error, too_early(ends_at - 1));
        }
        stage.hub.set_time(anyone_from - 1);
        for other in [&alice, &stranger] {
            let error = stage.refused(other, release(session));
            assert_eq!(error, too_early(anyone_from - 1));
        }

        stage.hub.set_time(anyone_from);
        let before = stage.hub.ledger();
        let response = stage.hub.escrow(&stranger, release(session)).unwrap();
        stage.assert_changes(
            &before,
            &[("alice available $", 70), ("session 1 left", -70)],
        );
        stage.assert_events(
            &response,
            &[(
                "hub_session_released",
                &[
                    ("session", "1"),
                    ("released_by", stranger.as_str()),
                    ("caller", alice.as_str()),
                    ("amount", "70"),
                    ("denom", "$"),
                ],
            )],
        );
        let shown = stage.hub.session(session);
        assert_eq!(shown.state, SessionState::Released);
        assert_eq!(
            (shown.budget.u128(), shown.spent.u128(), shown.left.u128()),
            (100, 30, 0)
        );
    });
}

#[test]
fn the_operator_releases_at_the_end() {
    let (mut stage, session) = prepared(Stage::native());
    let operator = stage.operator.clone();
    stage.hub.set_time(stage.hub.session(session).ends_at);
    let before = stage.hub.ledger();
    stage.hub.escrow(&operator, release(session)).unwrap();
    stage.assert_changes(
        &before,
        &[("alice available $", 100), ("session 1 left", -100)],
    );
}

#[test]
fn a_caller_who_is_its_own_operator_releases_at_the_end() {
    let mut stage = Stage::native();
    let (alice, money) = (stage.alice.clone(), stage.money.clone());
    let session = stage
        .hub
        .open_session(&alice, &alice, &money, 100, |session| session);
    stage.hub.set_time(stage.hub.session(session).ends_at);
    stage.hub.escrow(&alice, release(session)).unwrap();
}

/// Attack (overdraft and double spending): a session is charged, or topped up, after its money went back.
/// Defence: a released session takes nothing.
#[test]
fn a_released_session_takes_nothing_more() {
    let mut stage = Stage::native();
    let session = stage.open(100, with_ceiling);
    let (alice, operator) = (stage.alice.clone(), stage.operator.clone());
    stage.fund(&alice, 10);
    stage.hub.set_time(stage.hub.session(session).ends_at);
    stage.hub.escrow(&operator, release(session)).unwrap();
    for (sender, msg) in [
        (&operator, release(session)),
        (&alice, release(session)),
        (&alice, close(session)),
        (&alice, top_up(session, 1)),
        (&alice, raise(session, 1)),
    ] {
        let error = stage.refused(sender, msg);
        assert_eq!(error, EscrowError::SessionReleased { session });
    }
    let charge = vec![settlement(session, AttesterId(1), 0, 1)];
    let credit = vec![stage.credit(&stage.author, 1)];
    let error = stage.settle(charge, credit).unwrap_err();
    assert_eq!(error, EscrowError::SessionReleased { session });
}

#[test]
fn a_ceiling_only_rises() {
    let mut stage = Stage::native();
    let session = stage.open(100, with_ceiling);
    let alice = stage.alice.clone();
    let before = stage.hub.ledger();
    let response = stage.hub.escrow(&alice, raise(session, 40)).unwrap();
    stage.assert_changes(&before, &[]);
    stage.assert_events(
        &response,
        &[(
            "hub_ceiling_raised",
            &[
                ("session", "1"),
                ("caller", alice.as_str()),
                ("ceiling", "40"),
            ],
        )],
    );
    for given in [0, 39, 40] {
        assert_eq!(
            stage.refused(&alice, raise(session, given)),
            EscrowError::CeilingNotRaised {
                session,
                ceiling: 40u128.into(),
                given: given.into()
            }
        );
    }
    // Above the budget, which bounds anyway.
    stage.hub.escrow(&alice, raise(session, u128::MAX)).unwrap();
    let ceiling = stage.hub.session(session).ceiling.unwrap();
    assert_eq!((ceiling.ceiling.u128(), ceiling.key), (u128::MAX, None));
}

#[test]
fn a_session_without_a_ceiling_gets_none() {
    let (mut stage, session) = prepared(Stage::native());
    let alice = stage.alice.clone();
    assert_eq!(
        stage.refused(&alice, raise(session, 1)),
        EscrowError::NoCeiling { session }
    );
}

/// Attack (overflow): money is cycled through a session until its sums pass 128 bits.
/// Defence: sums of a session are bounded, and what would pass them is refused.
#[test]
fn money_that_comes_back_into_its_session_is_bounded_by_128_bits() {
    let mut stage = Stage::native();
    let (alice, author) = (stage.alice.clone(), stage.author.clone());
    let half = 1 << 127;
    let session = stage.open(half, |session| session);
    stage.pay(session, half);
    // The author hands the same coins back.
    let withdraw = ExecuteMsg::Withdraw {
        denom: stage.money.unchecked(),
        amount: None,
        recipient: Some(alice.to_string()),
    };
    stage.hub.escrow(&author, withdraw).unwrap();
    let money = stage.money.clone();
    stage.hub.deposit(&alice, &money, half, None, None).unwrap();
    assert_eq!(
        stage.refused(&alice, top_up(session, half)),
        EscrowError::BudgetOverflow {
            session,
            budget: half.into(),
            amount: half.into()
        }
    );
    stage.hub.escrow(&alice, top_up(session, half - 1)).unwrap();
    assert_eq!(stage.hub.session(session).budget.u128(), u128::MAX);
    stage.assert_solvent();
}
