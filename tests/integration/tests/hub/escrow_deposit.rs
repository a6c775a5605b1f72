//! Money comes in: native coins with the message, tokens through the hook.

use cosmwasm_std::{coin, coins, Addr};
use cw_utils::PaymentError;
use hub_testing::{data, EscrowError, NATIVE};
use hub_types::denom::DenomError;
use hub_types::escrow::{Books, ExecuteMsg, SessionCreated, SessionState};
use hub_types::ids::SessionId;

use crate::escrow_fixture::{with_each_money, Fixture};

fn deposit(beneficiary: Option<&str>) -> ExecuteMsg {
    ExecuteMsg::Deposit {
        beneficiary: beneficiary.map(str::to_owned),
        session: None,
    }
}

#[test]
fn a_native_deposit_is_exactly_one_coin() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    let two = [coin(5, "uatom"), coin(7, NATIVE)];
    fixture.hub.mint(&alice, two.to_vec());

    let none = fixture.refused(&alice, deposit(None));
    assert_eq!(none, PaymentError::NoFunds {}.into());
    let error = fixture.refused_with(&alice, deposit(None), &two);
    assert_eq!(error, PaymentError::MultipleDenoms {}.into());
}

/// Attack (hostile tokens and payees): a native coin is made whose name is the address of a token, to be credited as
/// that token.
/// Defence: names that could be taken for a token's are refused; a denomination keeps its kind.
#[test]
fn a_coin_whose_name_could_be_taken_for_a_tokens_is_refused() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    for denom in ["cw20:usdx", "1x", "us dc"] {
        fixture.hub.mint(&alice, coins(5, denom));
        let error = fixture.refused_with(&alice, deposit(None), &coins(5, denom));
        let denom = denom.to_owned();
        assert_eq!(error, DenomError::NotNative { denom }.into());
    }
}

#[test]
fn a_beneficiary_must_be_an_account_of_this_chain_that_can_use_it() {
    let mut fixture = Fixture::native();
    let (alice, escrow) = (fixture.alice.clone(), fixture.hub.escrow.clone());
    fixture.hub.mint(&alice, coins(5, NATIVE));

    let funds = coins(5, NATIVE);
    let shouted = fixture.bob.to_string().to_uppercase();
    for wrong in ["", "bob", "osmo1bob", &shouted] {
        let error = fixture.refused_with(&alice, deposit(Some(wrong)), &funds);
        match error {
            EscrowError::NotAnAddress { field, address, .. } => {
                assert_eq!((field, address.as_str()), ("beneficiary", wrong));
            }
            other => panic!("{other:?}"),
        }
    }
    let error = fixture.refused_with(&alice, deposit(Some(escrow.as_str())), &funds);
    let field = "beneficiary";
    assert_eq!(error, EscrowError::EscrowItself { field });
}

#[test]
fn a_deposit_is_its_senders_at_once() {
    with_each_money(|mut fixture| {
        let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
        fixture.hub.give(&alice, &money, 100);
        let before = fixture.hub.ledger();
        let response = fixture.hub.deposit(&alice, &money, 70, None, None).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice wallet $", -70),
                ("alice available $", 70),
                ("escrow held $", 70),
                ("escrow owed $", 70),
            ],
        );
        fixture.assert_events(
            &response,
            &[(
                "hub_deposited",
                &[
                    ("depositor", alice.as_str()),
                    ("beneficiary", alice.as_str()),
                    ("amount", "70"),
                    ("denom", "$"),
                ],
            )],
        );
        assert_eq!(response.data, None);
    });
}

#[test]
fn a_deposit_for_somebody_else_is_theirs() {
    with_each_money(|mut fixture| {
        let (alice, bob, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&bob, 5);
        fixture.hub.give(&alice, &money, 100);
        let before = fixture.hub.ledger();
        let response = fixture
            .hub
            .deposit(&alice, &money, 100, Some(&bob), None)
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice wallet $", -100),
                ("bob available $", 100),
                ("escrow held $", 100),
                ("escrow owed $", 100),
            ],
        );
        fixture.assert_events(
            &response,
            &[(
                "hub_deposited",
                &[
                    ("depositor", alice.as_str()),
                    ("beneficiary", bob.as_str()),
                    ("amount", "100"),
                    ("denom", "$"),
                ],
            )],
        );
    });
}

/// Attack (overflow): somebody deposits all that 128 bits hold, so that the sums break and nothing goes out again.
/// Defence: sums are checked, never wrapped; it comes in and goes out.
#[test]
fn the_largest_deposit_there_is_comes_in_and_goes_out() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    fixture.fund(&alice, u128::MAX);
    let before = fixture.hub.ledger();
    let all = ExecuteMsg::Withdraw {
        denom: fixture.money.unchecked(),
        amount: None,
        recipient: None,
    };
    fixture.hub.escrow(&alice, all).unwrap();
    assert_eq!(before.get("alice available uusdc"), u128::MAX);
    assert_eq!(fixture.hub.ledger().get("alice wallet uusdc"), u128::MAX);
    fixture.assert_solvent();
}

/// Attack (overdraft and double spending): a session is opened with what somebody else has available.
/// Defence: a session takes its sender's money only.
#[test]
fn nobody_reserves_what_another_has_available() {
    with_each_money(|mut fixture| {
        let (alice, bob, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&bob, 1_000);
        fixture.hub.give(&alice, &money, 100);
        let greedy = fixture.session(101);
        let error = fixture.refused_deposit(&alice, 100, Some(&bob), Some(greedy));
        assert_eq!(
            error,
            EscrowError::BudgetAboveDeposit {
                budget: 101u128.into(),
                deposited: 100u128.into()
            }
        );
    });
}

#[test]
fn a_session_opened_with_a_deposit_needs_the_money_to_be_there() {
    with_each_money(|mut fixture| {
        let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
        fixture.fund(&alice, 30);
        fixture.hub.give(&alice, &money, 100);
        let session = fixture.session(131);
        let error = fixture.refused_deposit(&alice, 100, None, Some(session));
        assert_eq!(
            error,
            EscrowError::InsufficientFunds {
                available: 130u128.into(),
                needed: 131u128.into()
            }
        );
    });
}

fn opened<'a>(
    caller: &'a Addr,
    funder: &'a Addr,
    operator: &'a Addr,
    expires_at: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("session", "1"),
        ("caller", caller.as_str()),
        ("funder", funder.as_str()),
        ("operator", operator.as_str()),
        ("amount", "120"),
        ("denom", "$"),
        ("expires_at", expires_at),
    ]
}

#[test]
fn a_deposit_opens_its_senders_session_with_all_that_is_available() {
    with_each_money(|mut fixture| {
        let (alice, operator, money) = (
            fixture.alice.clone(),
            fixture.operator.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&alice, 30);
        fixture.hub.give(&alice, &money, 100);
        let before = fixture.hub.ledger();
        let session = fixture.session(120);
        let expires_at = session.expires_at.to_string();
        let response = fixture
            .hub
            .deposit(&alice, &money, 100, None, Some(session))
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice wallet $", -100),
                ("alice available $", 10 - 30),
                ("session 1 budget", 120),
                ("session 1 left", 120),
                ("escrow held $", 100),
                ("escrow owed $", 100),
            ],
        );
        fixture.assert_events(
            &response,
            &[
                (
                    "hub_deposited",
                    &[
                        ("depositor", alice.as_str()),
                        ("beneficiary", alice.as_str()),
                        ("amount", "100"),
                        ("denom", "$"),
                    ],
                ),
                (
                    "hub_session_opened",
                    &opened(&alice, &alice, &operator, &expires_at),
                ),
            ],
        );
        let session = fixture.hub.session(SessionId(1));
        assert_eq!((&session.caller, &session.funder), (&alice, &alice));
    });
}

#[test]
fn a_deposit_opens_a_session_for_somebody_else_whose_funder_stays_the_depositor() {
    with_each_money(|mut fixture| {
        let (alice, bob, operator, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.operator.clone(),
            fixture.money.clone(),
        );
        fixture.hub.give(&alice, &money, 150);
        let before = fixture.hub.ledger();
        let session = fixture.session(120);
        let expires_at = session.expires_at.to_string();
        let response = fixture
            .hub
            .deposit(&alice, &money, 150, Some(&bob), Some(session))
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice wallet $", -150),
                ("bob available $", 30),
                ("session 1 budget", 120),
                ("session 1 left", 120),
                ("escrow held $", 150),
                ("escrow owed $", 150),
            ],
        );
        fixture.assert_events(
            &response,
            &[
                (
                    "hub_deposited",
                    &[
                        ("depositor", alice.as_str()),
                        ("beneficiary", bob.as_str()),
                        ("amount", "150"),
                        ("denom", "$"),
                    ],
                ),
                (
                    "hub_session_opened",
                    &opened(&bob, &alice, &operator, &expires_at),
                ),
            ],
        );
        let session = fixture.hub.session(SessionId(1));
        assert_eq!((&session.caller, &session.funder), (&bob, &alice));
        assert_eq!(session.state, SessionState::Open);
    });
}

#[test]
fn a_native_deposit_returns_the_id_of_its_session() {
    let mut fixture = Fixture::native();
    let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
    fixture.hub.give(&alice, &money, 20);
    for id in 1..=2 {
        let session = fixture.session(10);
        let response = fixture
            .hub
            .deposit(&alice, &money, 10, None, Some(session))
            .unwrap();
        let session = SessionCreated {
            session: SessionId(id),
        };
        assert_eq!(data::<SessionCreated>(&response), session);
    }
}

#[test]
fn no_other_message_takes_coins() {
    let mut fixture = Fixture::native();
    let (alice, denom) = (fixture.alice.clone(), fixture.money.unchecked());
    let session = fixture.open(10, |session| session);
    fixture.hub.mint(&alice, coins(5, NATIVE));
    let messages = [
        ExecuteMsg::Receive(cw20::Cw20ReceiveMsg {
            sender: alice.to_string(),
            amount: 5u128.into(),
            msg: Default::default(),
        }),
        ExecuteMsg::Withdraw {
            denom: denom.clone(),
            amount: None,
            recipient: None,
        },
        ExecuteMsg::OpenSession {
            denom: denom.clone(),
            session: fixture.session(1),
        },
        ExecuteMsg::TopUp {
            session,
            amount: 1u128.into(),
        },
        ExecuteMsg::CloseSession { session },
        ExecuteMsg::ReleaseSession { session },
        ExecuteMsg::RaiseCeiling {
            session,
            ceiling: 1u128.into(),
        },
        ExecuteMsg::SetAutoPayout {
            denom: denom.clone(),
            on: true,
        },
        ExecuteMsg::Payout {
            accounts: vec![alice.to_string()],
            denom,
        },
        ExecuteMsg::Settle {
            books: Books::default().encode(),
        },
    ];
    for msg in messages {
        let error = fixture.refused_with(&alice, msg, &coins(5, NATIVE));
        assert_eq!(error, PaymentError::NonPayable {}.into());
    }
}
