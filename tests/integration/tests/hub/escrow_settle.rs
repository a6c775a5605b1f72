//! Sessions pay and accounts earn, all or nothing, because billing says so.

use cosmwasm_std::Addr;
use hub_testing::{EscrowError, Hub, Money};
use hub_types::escrow::{
    Books, Credit, ExecuteMsg, LaneResponse, NewCeiling, NewSession, SessionSettlement,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::packed::{Packed, PackedError};
use hub_types::time::Week;
use hub_types::wire::DecodeError;

use crate::escrow_fixture::{settlement, with_each_money, Fixture, DAY};

fn settle(sessions: Vec<SessionSettlement>, credits: Vec<Credit>) -> ExecuteMsg {
    ExecuteMsg::Settle {
        books: Books { sessions, credits }.encode(),
    }
}

/// The error of a settlement in the name of billing, which must change nothing.
#[track_caller]
fn refusal(
    fixture: &mut Fixture,
    sessions: Vec<SessionSettlement>,
    credits: Vec<Credit>,
) -> EscrowError {
    let collector = fixture.hub.billing.clone();
    fixture.refused(&collector, settle(sessions, credits))
}

fn with_ceiling(session: NewSession) -> NewSession {
    NewSession {
        ceiling: Some(NewCeiling { key: None }),
        ..session
    }
}

/// A fixture in which alice has a session of 100.
fn prepared(mut fixture: Fixture) -> (Fixture, SessionId) {
    let session = fixture.open(100, |session| session);
    (fixture, session)
}

/// Gives lanes to attesters 1 to 4, which stand at 1.
fn fill_lanes(fixture: &mut Fixture, session: SessionId) {
    for attester in 1..=4 {
        fixture
            .settle(
                vec![settlement(session, AttesterId(attester), 0, 0)],
                vec![],
            )
            .unwrap();
    }
}

/// Attack (confused deputy): anybody but the billing contract moves money by the escrow's `Settle`.
/// Defence: the collector is fixed at birth and no message changes it.
#[test]
fn nobody_but_billing_settles() {
    let (mut fixture, session) = prepared(Fixture::native());
    let collector = fixture.hub.billing.clone();
    let others = [
        fixture.alice.clone(),
        fixture.operator.clone(),
        fixture.author.clone(),
        fixture.hub.account("deployer"),
        fixture.hub.registry.clone(),
        fixture.hub.escrow.clone(),
    ];
    for other in others {
        // Before anything else is looked at, be it right, wrong or nothing.
        for sessions in [
            vec![settlement(session, AttesterId(1), 0, 10)],
            vec![settlement(SessionId(99), AttesterId(1), 5, 10)],
            vec![],
        ] {
            let credits = vec![fixture.credit(&other, 10)];
            assert_eq!(
                fixture.refused(&other, settle(sessions, credits)),
                EscrowError::NotTheCollector {
                    collector: collector.clone()
                }
            );
        }
    }
}

/// Attack (upgrade of one contract alone): a new billing writes its books in a layout that the escrow does not know.
/// Defence: the layout has a number, and books that cannot be read to the end change nothing.
#[test]
fn books_that_cannot_be_read_to_the_end_change_nothing() {
    let (mut fixture, session) = prepared(Fixture::native());
    let (collector, stranger) = (fixture.hub.billing.clone(), fixture.stranger.clone());
    let good = Books {
        sessions: vec![settlement(session, AttesterId(1), 0, 10)],
        credits: vec![fixture.credit(&fixture.author, 10)],
    }
    .encode();
    let truncated = |at| DecodeError::Truncated { at }.into();
    let trailing = DecodeError::Trailing {
        at: good.len(),
        count: 1,
    };
    for (bytes, error) in [
        (vec![], truncated(0)),
        (good[..good.len() - 1].to_vec(), truncated(good.len() - 1)),
        ([good.as_slice(), &[0]].concat(), trailing.into()),
        (
            b"{}".to_vec(),
            PackedError::OtherLayout {
                found: b'{',
                newest: Books::LAYOUT,
            },
        ),
        (vec![Books::LAYOUT, 0xff, 0x7f], truncated(3)),
        (vec![1, 0xff, 0x7f], PackedError::LaidAside { found: 1 }),
    ] {
        let msg = ExecuteMsg::Settle {
            books: bytes.into(),
        };
        assert_eq!(
            fixture.refused(&collector, msg.clone()),
            EscrowError::MalformedBooks(error)
        );
        // What strangers send is not even read.
        let not_the_collector = EscrowError::NotTheCollector {
            collector: collector.clone(),
        };
        assert_eq!(fixture.refused(&stranger, msg), not_the_collector);
    }
    // Nothing moves nothing.
    let before = fixture.hub.ledger();
    fixture.settle(vec![], vec![]).unwrap();
    fixture.assert_changes(&before, &[]);
}

#[test]
fn an_unknown_session_refuses_the_whole() {
    let (mut fixture, session) = prepared(Fixture::native());
    for unknown in [0, 2, u64::MAX] {
        let sessions = vec![
            settlement(session, AttesterId(1), 0, 10),
            settlement(SessionId(unknown), AttesterId(1), 0, 0),
        ];
        let credits = vec![fixture.credit(&fixture.author, 10)];
        assert_eq!(
            refusal(&mut fixture, sessions, credits),
            EscrowError::UnknownSession {
                session: SessionId(unknown),
                last: session
            }
        );
    }
}

/// Attack (upgrade of one contract alone): a new billing names a session twice in one settlement, each time within its
/// budget.
/// Defence: a session stands once, or the whole is refused.
#[test]
fn a_session_stands_once_in_a_settlement() {
    let (mut fixture, session) = prepared(Fixture::native());
    let sessions = vec![
        settlement(session, AttesterId(1), 0, 10),
        settlement(session, AttesterId(1), 1, 10),
    ];
    let credits = vec![fixture.credit(&fixture.author, 20)];
    assert_eq!(
        refusal(&mut fixture, sessions, credits),
        EscrowError::SessionRepeated { session }
    );
}

/// Attack (upgrade of one contract alone): a new billing charges a session whose rest went back to its caller.
/// Defence: a released session takes nothing, not even a settlement of nothing.
#[test]
fn a_released_session_is_not_charged() {
    let (mut fixture, session) = prepared(Fixture::native());
    fixture.hub.set_time(fixture.hub.session(session).ends_at);
    let release = ExecuteMsg::ReleaseSession { session };
    fixture
        .hub
        .escrow(&fixture.operator.clone(), release)
        .unwrap();
    for charge in [0, 10] {
        let credits = if charge > 0 {
            vec![fixture.credit(&fixture.author, charge)]
        } else {
            vec![]
        };
        assert_eq!(
            refusal(
                &mut fixture,
                vec![settlement(session, AttesterId(1), 0, charge)],
                credits
            ),
            EscrowError::SessionReleased { session }
        );
    }
}

/// Attack (replay and ordering): a settlement decided on an old reading of a lane is carried out after another.
/// Defence: the escrow refuses unless the lane stands where billing read it.
#[test]
fn a_lane_must_stand_where_billing_read_it_and_move_forward() {
    let (mut fixture, session) = prepared(Fixture::native());
    fixture.pay(session, 10);
    for (attester, expected, found) in [(1, 1, 0), (1, 1, 2), (2, 0, 1)] {
        let credits = vec![fixture.credit(&fixture.author, 10)];
        assert_eq!(
            refusal(
                &mut fixture,
                vec![settlement(session, AttesterId(attester), found, 10)],
                credits
            ),
            EscrowError::LaneMismatch {
                session,
                attester: AttesterId(attester),
                expected,
                found
            }
        );
    }
    let still = SessionSettlement {
        next_after: 1,
        ..settlement(session, AttesterId(1), 1, 0)
    };
    assert_eq!(
        refusal(&mut fixture, vec![still], vec![]),
        EscrowError::LaneNotAdvanced {
            session,
            attester: AttesterId(1),
            next_before: 1,
            next_after: 1
        }
    );
}

#[test]
fn a_fifth_attester_takes_the_lane_it_replaces_and_no_other() {
    let (mut fixture, session) = prepared(Fixture::native());
    fill_lanes(&mut fixture, session);
    let attester = 5;
    assert_eq!(
        refusal(
            &mut fixture,
            vec![settlement(session, AttesterId(attester), 0, 0)],
            vec![]
        ),
        EscrowError::LanesFull {
            session,
            attester: AttesterId(attester)
        }
    );
    let replacing = |replaces| SessionSettlement {
        replaces: Some(replaces),
        ..settlement(session, AttesterId(attester), 0, 0)
    };
    for replaces in [5, 6] {
        assert_eq!(
            refusal(&mut fixture, vec![replacing(AttesterId(replaces))], vec![]),
            EscrowError::LaneNotReplaceable {
                session,
                attester: AttesterId(attester),
                replaces: AttesterId(replaces)
            }
        );
    }
    fixture
        .settle(vec![replacing(AttesterId(3))], vec![])
        .unwrap();
    let lane = |attester| LaneResponse { attester, next: 1 };
    assert_eq!(
        fixture.hub.session(session).lanes,
        [
            lane(AttesterId(1)),
            lane(AttesterId(2)),
            lane(AttesterId(5)),
            lane(AttesterId(4))
        ]
    );
}

/// Attack (upgrade of one contract alone): a new billing gives an attester's lane away, so that what it settled counts
/// anew.
/// Defence: a lane is replaced only where all are in use.
#[test]
fn no_lane_is_given_away_while_one_is_free() {
    let (mut fixture, session) = prepared(Fixture::native());
    fixture.pay(session, 10);
    let replacing = SessionSettlement {
        replaces: Some(AttesterId(1)),
        ..settlement(session, AttesterId(2), 0, 0)
    };
    assert_eq!(
        refusal(&mut fixture, vec![replacing], vec![]),
        EscrowError::LaneNotReplaceable {
            session,
            attester: AttesterId(2),
            replaces: AttesterId(1)
        }
    );
}

/// Attack (upgrade of one contract alone): a new billing, faulty or hostile, charges more than a session holds.
/// Defence: the escrow checks spent and charge against the budget for itself.
#[test]
fn a_session_pays_up_to_its_budget() {
    with_each_money(|fixture| {
        let (mut fixture, session) = prepared(fixture);
        fixture.pay(session, 60);
        let credits = vec![fixture.credit(&fixture.author, 41)];
        assert_eq!(
            refusal(
                &mut fixture,
                vec![settlement(session, AttesterId(1), 1, 41)],
                credits
            ),
            EscrowError::BudgetExceeded {
                session,
                left: 40u128.into(),
                charge: 41u128.into()
            }
        );
        fixture.pay(session, 40);
        assert_eq!(fixture.hub.session(session).left.u128(), 0);
    });
}

/// Attack (upgrade of one contract alone): a new billing charges more than the caller agreed to, or states a ceiling
/// that falls.
/// Defence: the escrow keeps the ceiling itself and holds every charge against it.
#[test]
fn a_session_with_a_ceiling_pays_up_to_that() {
    let mut fixture = Fixture::native();
    let session = fixture.open(100, with_ceiling);
    let with = |ceiling: Option<u128>, next, charge| SessionSettlement {
        ceiling: ceiling.map(Into::into),
        ..settlement(session, AttesterId(1), next, charge)
    };
    let exceeded = |ceiling: u128, spent: u128| EscrowError::CeilingExceeded {
        session,
        ceiling: ceiling.into(),
        spent: spent.into(),
    };
    let one = vec![fixture.credit(&fixture.author, 1)];
    assert_eq!(
        refusal(&mut fixture, vec![with(None, 0, 1)], one),
        exceeded(0, 1)
    );
    let many = vec![fixture.credit(&fixture.author, 31)];
    assert_eq!(
        refusal(&mut fixture, vec![with(Some(30), 0, 31)], many),
        exceeded(30, 31)
    );
    let credits = vec![fixture.credit(&fixture.author, 30)];
    fixture
        .settle(vec![with(Some(30), 0, 30)], credits.clone())
        .unwrap();
    assert_eq!(
        refusal(&mut fixture, vec![with(Some(29), 1, 0)], vec![]),
        EscrowError::CeilingFalls {
            session,
            ceiling: 30u128.into(),
            given: 29u128.into()
        }
    );
    let raise = ExecuteMsg::RaiseCeiling {
        session,
        ceiling: 60u128.into(),
    };
    fixture.hub.escrow(&fixture.alice.clone(), raise).unwrap();
    fixture.settle(vec![with(None, 1, 30)], credits).unwrap();
    let shown = fixture.hub.session(session);
    let ceiling = shown.ceiling.unwrap().ceiling;
    assert_eq!((shown.spent.u128(), ceiling.u128()), (60, 60));
}

/// Attack (upgrade of one contract alone): a new billing gives sessions a ceiling that they were opened without, so
/// that an operator is not paid.
/// Defence: whether a session has a ceiling is decided by its caller when it opens.
#[test]
fn a_session_without_a_ceiling_gets_none_from_billing() {
    let (mut fixture, session) = prepared(Fixture::native());
    let with = SessionSettlement {
        ceiling: Some(50u128.into()),
        ..settlement(session, AttesterId(1), 0, 0)
    };
    assert_eq!(
        refusal(&mut fixture, vec![with], vec![]),
        EscrowError::NoCeiling { session }
    );
}

/// Attack (upgrade of one contract alone): a new billing credits more than it charges, or in another denomination.
/// Defence: per denomination the charges must be the credits, or the whole is refused.
#[test]
fn charges_and_credits_must_be_the_same_in_every_denomination() {
    let (mut fixture, first) = prepared(Fixture::native());
    let usdx = fixture.hub.money_cw20();
    let (alice, operator) = (fixture.alice.clone(), fixture.operator.clone());
    let second = fixture
        .hub
        .open_session(&alice, &operator, &usdx, 100, |session| session);
    let author = fixture.hub.canonical(&fixture.author);
    let credit = |denom, amount: u128| Credit {
        account: author.clone(),
        denom,
        amount: amount.into(),
    };
    let unbalanced = |denom, charged: u128, credited: u128| EscrowError::Unbalanced {
        denom,
        charged: charged.into(),
        credited: credited.into(),
    };
    let charges = |one, two| {
        vec![
            settlement(SessionId(first.0), AttesterId(1), 0, one),
            settlement(second, AttesterId(1), 0, two),
        ]
    };
    for (sessions, credits, error) in [
        (charges(10, 0), vec![], unbalanced(DenomNumber(1), 10, 0)),
        (
            charges(10, 0),
            vec![credit(DenomNumber(1), 9)],
            unbalanced(DenomNumber(1), 10, 9),
        ),
        (
            charges(10, 0),
            vec![credit(DenomNumber(1), 11)],
            unbalanced(DenomNumber(1), 10, 11),
        ),
        // The same sum in the other denomination, or in one that does not exist.
        (
            charges(10, 0),
            vec![credit(DenomNumber(2), 10)],
            unbalanced(DenomNumber(1), 10, 0),
        ),
        (
            charges(0, 0),
            vec![credit(DenomNumber(2), 10)],
            unbalanced(DenomNumber(2), 0, 10),
        ),
        (
            charges(10, 5),
            vec![credit(DenomNumber(1), 5), credit(DenomNumber(2), 10)],
            unbalanced(DenomNumber(1), 10, 5),
        ),
        (
            charges(10, 5),
            vec![
                credit(DenomNumber(1), 10),
                credit(DenomNumber(2), 5),
                credit(DenomNumber(3), 1),
            ],
            unbalanced(DenomNumber(3), 0, 1),
        ),
        (
            vec![],
            vec![credit(DenomNumber(0), 1)],
            unbalanced(DenomNumber(0), 0, 1),
        ),
        (
            vec![],
            vec![credit(DenomNumber(1), u128::MAX)],
            unbalanced(DenomNumber(1), 0, u128::MAX),
        ),
    ] {
        assert_eq!(refusal(&mut fixture, sessions, credits), error);
    }
}

#[test]
fn credits_are_of_something_and_stand_once() {
    let (mut fixture, session) = prepared(Fixture::native());
    let charges = || vec![settlement(session, AttesterId(1), 0, 10)];
    let credit = |amount| fixture.credit(&fixture.author, amount);
    let (zero, five, ten) = (credit(0), credit(5), credit(10));
    let (account, denom) = (ten.account.clone(), ten.denom);
    assert_eq!(
        refusal(&mut fixture, charges(), vec![ten, zero]),
        EscrowError::ZeroCredit {
            account: account.clone(),
            denom
        }
    );
    assert_eq!(
        refusal(&mut fixture, charges(), vec![five.clone(), five]),
        EscrowError::CreditRepeated { account, denom }
    );
    let max = |account: &Addr| fixture.credit(account, u128::MAX);
    let credits = vec![max(&fixture.author), max(&fixture.bob)];
    assert_eq!(
        refusal(&mut fixture, charges(), credits),
        EscrowError::CreditsOverflow { denom }
    );
}

#[test]
fn several_sessions_pay_several_accounts_in_one_step() {
    with_each_money(|fixture| {
        let (mut fixture, first) = prepared(fixture);
        let second = fixture.open(50, |session| session);
        // Gives the author something that is no income.
        fixture.fund(&fixture.author.clone(), 5);
        let before = fixture.hub.ledger();
        let sessions = vec![
            SessionSettlement {
                next_after: 1_000,
                ..settlement(second, AttesterId(7), 0, 20)
            },
            settlement(SessionId(first.0), AttesterId(3), 0, 30),
        ];
        let credits = vec![
            fixture.credit(&fixture.author, 44),
            fixture.credit(&fixture.operator, 5),
            fixture.credit(&fixture.alice, 1),
        ];
        let response = fixture.settle(sessions, credits).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("session 1 spent", 30),
                ("session 1 left", -30),
                ("session 2 spent", 20),
                ("session 2 left", -20),
                ("author available $", 44),
                ("author earned $", 44),
                ("operator available $", 5),
                ("operator earned $", 5),
                ("alice available $", 1),
                ("alice earned $", 1),
            ],
        );
        fixture.assert_events(&response, &[]);
        assert_eq!(
            (
                fixture.hub.next(SessionId(first.0), AttesterId(3)),
                fixture.hub.next(second, AttesterId(7))
            ),
            (1, 1_000)
        );
    });
}

#[test]
fn native_coins_and_tokens_are_settled_side_by_side() {
    let (mut fixture, first) = prepared(Fixture::native());
    let usdx = fixture.hub.money_cw20();
    let (alice, operator, author) = (
        fixture.alice.clone(),
        fixture.operator.clone(),
        fixture.author.clone(),
    );
    let second = fixture
        .hub
        .open_session(&alice, &operator, &usdx, 100, |session| session);
    let before = fixture.hub.ledger();
    let mut in_tokens = fixture.credit(&author, 20);
    in_tokens.denom = DenomNumber(2);
    let credits = vec![fixture.credit(&author, 10), in_tokens];
    fixture
        .settle(
            vec![
                settlement(SessionId(first.0), AttesterId(1), 0, 10),
                settlement(second, AttesterId(1), 0, 20),
            ],
            credits,
        )
        .unwrap();
    fixture.assert_changes(
        &before,
        &[
            ("author available uusdc", 10),
            ("author earned uusdc", 10),
            ("author available usdx", 20),
            ("author earned usdx", 20),
            ("session 1 spent", 10),
            ("session 1 left", -10),
            ("session 2 spent", 20),
            ("session 2 left", -20),
        ],
    );
}

#[test]
fn an_ended_session_still_pays_and_billing_decides_for_what() {
    let (mut fixture, session) = prepared(Fixture::native());
    fixture
        .hub
        .set_time(fixture.hub.session(session).ends_at + DAY);
    fixture.pay(session, 100);
    assert_eq!(fixture.hub.session(session).spent.u128(), 100);
}

#[test]
fn the_marks_of_the_week_are_kept_as_billing_states_them() {
    let (mut fixture, session) = prepared(Fixture::native());
    let marked = SessionSettlement {
        paid_week: Week(2_900),
        paid_models: 0b1000_0001,
        ..settlement(session, AttesterId(1), 0, 0)
    };
    fixture.settle(vec![marked], vec![]).unwrap();
    let record = &fixture.hub.state().sessions[&session];
    assert_eq!(
        (record.paid_week, record.paid_models),
        (Week(2_900), 0b1000_0001)
    );
}

/// Attack (overflow): an account's lifetime income is driven to its end so that settlements with it fail.
/// Defence: lifetime sums saturate and fail nothing; balances stay exact.
#[test]
fn the_income_of_a_lifetime_saturates_while_balances_stay_exact() {
    let mut fixture = Fixture::native();
    let (alice, author, money) = (
        fixture.alice.clone(),
        fixture.author.clone(),
        fixture.money.clone(),
    );
    let half = 1 << 127;
    fixture.hub.give(&alice, &money, half);
    for _ in 0..2 {
        let plan = fixture.session(half);
        fixture
            .hub
            .deposit(&alice, &money, half, None, Some(plan))
            .unwrap();
        fixture.pay(fixture.hub.last_session(&alice), half);
        let withdraw = ExecuteMsg::Withdraw {
            denom: money.unchecked(),
            amount: None,
            recipient: Some(alice.to_string()),
        };
        fixture.hub.escrow(&author, withdraw).unwrap();
    }
    let ledger = fixture.hub.ledger();
    assert_eq!(ledger.get("author earned uusdc"), u128::MAX);
    assert_eq!(ledger.get("alice wallet uusdc"), half);
    fixture.assert_solvent();
}

#[test]
fn an_escrow_obeys_whoever_instantiated_it() {
    let mut hub = Hub::builder().plays_billing().build();
    let (collector, alice, author) = (
        hub.account("collector"),
        hub.account("alice"),
        hub.account("author"),
    );
    let code = hub.codes.escrow;
    let init = hub_types::escrow::InstantiateMsg {
        receipt_max_age_seconds: DAY,
    };
    let escrow = cw_multi_test::Executor::instantiate_contract(
        &mut hub.app,
        code,
        collector.clone(),
        &init,
        &[],
        "escrow",
        None,
    )
    .unwrap();
    // From here on the harness speaks to this escrow.
    let billing = hub.billing.clone();
    hub.escrow = escrow;
    let money: Money = hub.money_native();
    let session = hub.open_session(&alice, &alice, &money, 100, |session| session);
    let credit = Credit {
        account: hub.canonical(&author),
        denom: DenomNumber(1),
        amount: 100u128.into(),
    };
    let msg = settle(
        vec![settlement(session, AttesterId(1), 0, 100)],
        vec![credit],
    );
    let error = hub.escrow(&billing, msg.clone()).unwrap_err();
    let not_the_collector = EscrowError::NotTheCollector {
        collector: collector.clone(),
    };
    assert_eq!(error, not_the_collector);
    hub.escrow(&collector, msg).unwrap();
    assert_eq!(hub.ledger().get("author available uusdc"), 100);
}
