//! A session is topped up, closed, released, and its ceiling raised.

use hub_testing::EscrowError;
use hub_types::escrow::{ExecuteMsg, NewCeiling, NewSession, SessionState};
use hub_types::ids::{AttesterId, SessionId};
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::escrow_fixture::{settlement, with_each_money, Fixture, DAY};

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

/// A fixture in which alice has a session of 100 and 50 available.
fn prepared(mut fixture: Fixture) -> (Fixture, SessionId) {
    let session = fixture.open(100, |session| session);
    fixture.fund(&fixture.alice.clone(), 50);
    (fixture, session)
}

#[test]
fn sessions_that_nobody_opened_are_unknown() {
    let (mut fixture, last) = prepared(Fixture::native());
    let alice = fixture.alice.clone();
    for session in [0, 2, u64::MAX] {
        for msg in [
            top_up(SessionId(session), 1),
            close(SessionId(session)),
            release(SessionId(session)),
            raise(SessionId(session), 1),
        ] {
            let error = fixture.refused(&alice, msg);
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
    let (mut fixture, session) = prepared(Fixture::native());
    let caller = fixture.alice.clone();
    let others = [
        fixture.bob.clone(),
        fixture.operator.clone(),
        fixture.hub.billing.clone(),
    ];
    for other in others {
        for msg in [top_up(session, 1), close(session), raise(session, 1)] {
            let error = fixture.refused(&other, msg);
            let caller = caller.clone();
            assert_eq!(error, EscrowError::NotTheCaller { session, caller });
        }
    }
}

#[test]
fn a_top_up_comes_from_what_the_caller_has_available() {
    with_each_money(|fixture| {
        let (mut fixture, session) = prepared(fixture);
        let alice = fixture.alice.clone();
        assert_eq!(
            fixture.refused(&alice, top_up(session, 51)),
            EscrowError::InsufficientFunds {
                available: 50u128.into(),
                needed: 51u128.into()
            }
        );
        assert_eq!(
            fixture.refused(&alice, top_up(session, 0)),
            EscrowError::Zero { field: "amount" }
        );

        let before = fixture.hub.ledger();
        let response = fixture.hub.escrow(&alice, top_up(session, 50)).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice available $", -50),
                ("session 1 budget", 50),
                ("session 1 left", 50),
            ],
        );
        fixture.assert_events(
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
    let (mut fixture, session) = prepared(Fixture::native());
    let (alice, day) = (fixture.alice.clone(), fixture.hub.now() / DAY);
    let funding = |fixture: &Fixture| {
        let funding = fixture.hub.state().sessions[&session].funding;
        (funding.day.0, funding.on_day, funding.day_before)
    };
    assert_eq!(funding(&fixture), (day, 100, 0));
    // Noon of the first day, the last second of the second, the first of the third.
    fixture.hub.escrow(&alice, top_up(session, 1)).unwrap();
    assert_eq!(funding(&fixture), (day, 101, 0));
    fixture.hub.set_time((day + 2) * DAY - 1);
    fixture.hub.escrow(&alice, top_up(session, 2)).unwrap();
    assert_eq!(funding(&fixture), (day + 1, 2, 101));
    fixture.hub.advance(1);
    fixture.hub.escrow(&alice, top_up(session, 4)).unwrap();
    assert_eq!(funding(&fixture), (day + 2, 4, 2));
}

#[test]
fn a_session_takes_top_ups_up_to_its_end_and_not_at_it() {
    let (mut fixture, session) = prepared(Fixture::native());
    let alice = fixture.alice.clone();
    fixture.hub.escrow(&alice, close(session)).unwrap();
    let ends_at = fixture.hub.now() + CUTOFF_GRACE_SECONDS;
    fixture.hub.set_time(ends_at - 1);
    fixture.hub.escrow(&alice, top_up(session, 1)).unwrap();
    fixture.hub.set_time(ends_at);
    assert_eq!(
        fixture.refused(&alice, top_up(session, 1)),
        EscrowError::SessionEnded { session, ends_at }
    );
}

/// Attack (market-number fakes): an author slips money of its own into a session that carries a customer's name.
/// Defence: only the funder's own session takes a top-up, so that a funder is always whose money it is.
#[test]
fn a_session_that_somebody_else_funded_takes_no_top_up() {
    let mut fixture = Fixture::native();
    let (alice, bob, money) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.money.clone(),
    );
    fixture.fund(&bob, 50);
    fixture.hub.give(&alice, &money, 10);
    let gift = fixture.session(10);
    fixture
        .hub
        .deposit(&alice, &money, 10, Some(&bob), Some(gift))
        .unwrap();
    assert_eq!(
        fixture.refused(&bob, top_up(SessionId(1), 1)),
        EscrowError::FundedByAnother {
            session: SessionId(1)
        }
    );
    // It is bob's all the same: he closes it, and what is left is his.
    fixture.hub.escrow(&bob, close(SessionId(1))).unwrap();
    fixture.hub.advance(CUTOFF_GRACE_SECONDS + DAY);
    let before = fixture.hub.ledger();
    fixture.hub.escrow(&bob, release(SessionId(1))).unwrap();
    fixture.assert_changes(&before, &[("bob available $", 10), ("session 1 left", -10)]);
}

#[test]
fn closing_moves_the_end_once_and_no_money() {
    let (mut fixture, session) = prepared(Fixture::native());
    let alice = fixture.alice.clone();
    let ends_at = fixture.hub.now() + CUTOFF_GRACE_SECONDS;
    let before = fixture.hub.ledger();
    let response = fixture.hub.escrow(&alice, close(session)).unwrap();
    fixture.assert_changes(&before, &[]);
    fixture.assert_events(
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
        fixture.hub.set_time(now);
        let session = fixture.hub.session(session);
        assert_eq!((session.ends_at, session.state), (ends_at, state));
    }
    assert_eq!(
        fixture.refused(&alice, close(session)),
        EscrowError::AlreadyClosed { session, ends_at }
    );
}

#[test]
fn a_session_about_to_end_is_not_closed() {
    let (mut fixture, session) = prepared(Fixture::native());
    let alice = fixture.alice.clone();
    let ends_at = fixture.hub.session(session).ends_at;
    fixture.hub.set_time(ends_at - CUTOFF_GRACE_SECONDS);
    assert_eq!(
        fixture.refused(&alice, close(session)),
        EscrowError::EndsByItself {
            session,
            ends_at,
            cutoff: ends_at
        }
    );
    fixture.hub.set_time(ends_at);
    assert_eq!(
        fixture.refused(&alice, close(session)),
        EscrowError::SessionEnded { session, ends_at }
    );
}

/// Attack (front running and stripping): a stranger releases a session to catch what is left.
/// Defence: what is left goes to the caller, whoever releases.
#[test]
fn what_is_left_goes_to_the_caller_whoever_releases() {
    with_each_money(|fixture| {
        let (mut fixture, session) = prepared(fixture);
        let alice = fixture.alice.clone();
        let ends_at = fixture.hub.session(session).ends_at;
        fixture.pay(session, 30);
        let operator_from = ends_at;
        let anyone_from = ends_at + DAY;
        let too_early = |now| EscrowError::ReleaseTooEarly {
            session,
            operator_from,
            anyone_from,
            now,
        };
        let (operator, stranger) = (fixture.operator.clone(), fixture.stranger.clone());
        fixture.hub.set_time(ends_at - 1);
        for everybody in [&operator, &alice, &stranger] {
            let error = fixture.refused(everybody, release(session));
            assert_eq!(error, too_early(ends_at - 1));
        }
        fixture.hub.set_time(anyone_from - 1);
        for other in [&alice, &stranger] {
            let error = fixture.refused(other, release(session));
            assert_eq!(error, too_early(anyone_from - 1));
        }

        fixture.hub.set_time(anyone_from);
        let before = fixture.hub.ledger();
        let response = fixture.hub.escrow(&stranger, release(session)).unwrap();
        fixture.assert_changes(
            &before,
            &[("alice available $", 70), ("session 1 left", -70)],
        );
        fixture.assert_events(
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
        let shown = fixture.hub.session(session);
        assert_eq!(shown.state, SessionState::Released);
        assert_eq!(
            (shown.budget.u128(), shown.spent.u128(), shown.left.u128()),
            (100, 30, 0)
        );
    });
}

#[test]
fn the_operator_releases_at_the_end() {
    let (mut fixture, session) = prepared(Fixture::native());
    let operator = fixture.operator.clone();
    fixture.hub.set_time(fixture.hub.session(session).ends_at);
    let before = fixture.hub.ledger();
    fixture.hub.escrow(&operator, release(session)).unwrap();
    fixture.assert_changes(
        &before,
        &[("alice available $", 100), ("session 1 left", -100)],
    );
}

#[test]
fn a_caller_who_is_its_own_operator_releases_at_the_end() {
    let mut fixture = Fixture::native();
    let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
    let session = fixture
        .hub
        .open_session(&alice, &alice, &money, 100, |session| session);
    fixture.hub.set_time(fixture.hub.session(session).ends_at);
    fixture.hub.escrow(&alice, release(session)).unwrap();
}

/// Attack (overdraft and double spending): a session is charged, or topped up, after its money went back.
/// Defence: a released session takes nothing.
#[test]
fn a_released_session_takes_nothing_more() {
    let mut fixture = Fixture::native();
    let session = fixture.open(100, with_ceiling);
    let (alice, operator) = (fixture.alice.clone(), fixture.operator.clone());
    fixture.fund(&alice, 10);
    fixture.hub.set_time(fixture.hub.session(session).ends_at);
    fixture.hub.escrow(&operator, release(session)).unwrap();
    for (sender, msg) in [
        (&operator, release(session)),
        (&alice, release(session)),
        (&alice, close(session)),
        (&alice, top_up(session, 1)),
        (&alice, raise(session, 1)),
    ] {
        let error = fixture.refused(sender, msg);
        assert_eq!(error, EscrowError::SessionReleased { session });
    }
    let charge = vec![settlement(session, AttesterId(1), 0, 1)];
    let credit = vec![fixture.credit(&fixture.author, 1)];
    let error = fixture.settle(charge, credit).unwrap_err();
    assert_eq!(error, EscrowError::SessionReleased { session });
}

#[test]
fn a_ceiling_only_rises() {
    let mut fixture = Fixture::native();
    let session = fixture.open(100, with_ceiling);
    let alice = fixture.alice.clone();
    let before = fixture.hub.ledger();
    let response = fixture.hub.escrow(&alice, raise(session, 40)).unwrap();
    fixture.assert_changes(&before, &[]);
    fixture.assert_events(
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
            fixture.refused(&alice, raise(session, given)),
            EscrowError::CeilingNotRaised {
                session,
                ceiling: 40u128.into(),
                given: given.into()
            }
        );
    }
    // Above the budget, which bounds anyway.
    fixture
        .hub
        .escrow(&alice, raise(session, u128::MAX))
        .unwrap();
    let ceiling = fixture.hub.session(session).ceiling.unwrap();
    assert_eq!((ceiling.ceiling.u128(), ceiling.key), (u128::MAX, None));
}

#[test]
fn a_session_without_a_ceiling_gets_none() {
    let (mut fixture, session) = prepared(Fixture::native());
    let alice = fixture.alice.clone();
    assert_eq!(
        fixture.refused(&alice, raise(session, 1)),
        EscrowError::NoCeiling { session }
    );
}

/// Attack (overflow): money is cycled through a session until its sums pass 128 bits.
/// Defence: sums of a session are bounded, and what would pass them is refused.
#[test]
fn money_that_comes_back_into_its_session_is_bounded_by_128_bits() {
    let mut fixture = Fixture::native();
    let (alice, author) = (fixture.alice.clone(), fixture.author.clone());
    let half = 1 << 127;
    let session = fixture.open(half, |session| session);
    fixture.pay(session, half);
    // The author hands the same coins back.
    let withdraw = ExecuteMsg::Withdraw {
        denom: fixture.money.unchecked(),
        amount: None,
        recipient: Some(alice.to_string()),
    };
    fixture.hub.escrow(&author, withdraw).unwrap();
    let money = fixture.money.clone();
    fixture
        .hub
        .deposit(&alice, &money, half, None, None)
        .unwrap();
    assert_eq!(
        fixture.refused(&alice, top_up(session, half)),
        EscrowError::BudgetOverflow {
            session,
            budget: half.into(),
            amount: half.into()
        }
    );
    fixture
        .hub
        .escrow(&alice, top_up(session, half - 1))
        .unwrap();
    assert_eq!(fixture.hub.session(session).budget.u128(), u128::MAX);
    fixture.assert_solvent();
}
