//! Money goes out to whom it belongs, triggered by anyone, where its owner allows that.

use cosmwasm_std::{to_json_binary, Addr};
use cw20::Cw20ReceiveMsg;
use hub_testing::{data, events, EscrowError, Hub, Money};
use hub_types::denom::DenomError;
use hub_types::escrow::{
    BalanceResponse, Cw20HookMsg, ExecuteMsg, PayoutResponse, PayoutSent, PayoutSkipped, QueryMsg,
    SkipReason,
};
use hub_types::ids::{DenomNumber, SessionId};

use crate::escrow_fixture::{with_each_money, Fixture};
use crate::hostile::token::{Behaviour, Call, HostileToken};

fn auto(money: &Money, on: bool) -> ExecuteMsg {
    ExecuteMsg::SetAutoPayout {
        denom: money.unchecked(),
        on,
    }
}

fn payout<'a>(money: &Money, accounts: impl IntoIterator<Item = &'a Addr>) -> ExecuteMsg {
    ExecuteMsg::Payout {
        accounts: accounts.into_iter().map(Addr::to_string).collect(),
        denom: money.unchecked(),
    }
}

fn sent(account: &Addr, amount: u128) -> PayoutSent {
    PayoutSent {
        account: account.clone(),
        amount: amount.into(),
    }
}

fn skipped(account: &Addr, reason: SkipReason) -> PayoutSkipped {
    PayoutSkipped {
        account: account.to_string(),
        reason,
    }
}

fn balance(hub: &Hub, account: &Addr, money: &Money) -> BalanceResponse {
    let query = QueryMsg::Balance {
        address: account.to_string(),
        denom: money.unchecked(),
    };
    hub.query_escrow(query).unwrap()
}

#[test]
fn only_coins_and_tokens_are_paid_out() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    let denom = "x".to_owned();
    let money = Money::Native(denom.clone());
    let error: EscrowError = DenomError::NotNative { denom }.into();
    let (set, pay) = (auto(&money, true), payout(&money, [&alice]));
    assert_eq!(fixture.refused(&alice, set), error);
    assert_eq!(fixture.refused(&alice, pay), error);
    let address = fixture.hub.billing.clone();
    let money = Money::Cw20(address.clone());
    let error: EscrowError = DenomError::NotAToken { address }.into();
    let (set, pay) = (auto(&money, true), payout(&money, [&alice]));
    assert_eq!(fixture.refused(&alice, set), error);
    assert_eq!(fixture.refused(&alice, pay), error);
}

#[test]
fn an_owner_opts_in_and_out_even_before_the_first_deposit() {
    with_each_money(|mut fixture| {
        let (author, money) = (fixture.author.clone(), fixture.money.clone());
        for on in [true, true, false, true] {
            let before = fixture.hub.ledger();
            let response = fixture.hub.escrow(&author, auto(&money, on)).unwrap();
            fixture.assert_changes(&before, &[]);
            fixture.assert_events(
                &response,
                &[(
                    "hub_auto_payout_set",
                    &[
                        ("account", author.as_str()),
                        ("denom", "$"),
                        ("on", if on { "true" } else { "false" }),
                    ],
                )],
            );
            assert_eq!(
                balance(&fixture.hub, &author, &money),
                BalanceResponse {
                    denom: money.checked(),
                    denom_number: Some(DenomNumber(1)),
                    available: 0u128.into(),
                    earned: 0u128.into(),
                    auto_payout: on,
                }
            );
        }
        // The choice outlives deposits, income and withdrawals.
        let session = fixture.open(10, |session| session);
        fixture.pay(session, 10);
        let withdraw = ExecuteMsg::Withdraw {
            denom: money.unchecked(),
            amount: None,
            recipient: None,
        };
        fixture.hub.escrow(&author, withdraw).unwrap();
        assert!(balance(&fixture.hub, &author, &money).auto_payout);
    });
}

/// Attack (griefing and wedging): a payout is aimed at accounts that did not ask, have nothing, or stand twice in
/// the list.
/// Defence: they are skipped with the reason, and the others are paid.
#[test]
fn accounts_that_cannot_be_paid_are_skipped_with_the_reason() {
    with_each_money(|mut fixture| {
        let (alice, bob, author, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.author.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&alice, 40);
        fixture.fund(&bob, 50);
        for account in [&bob, &author] {
            fixture.hub.escrow(account, auto(&money, true)).unwrap();
        }
        let long = "x".repeat(500);
        let shouted = bob.to_string().to_uppercase();
        let accounts = [
            "",
            " ",
            "nobody",
            &long,
            &shouted,
            alice.as_str(),
            bob.as_str(),
            author.as_str(),
            bob.as_str(),
            alice.as_str(),
        ];
        let msg = ExecuteMsg::Payout {
            accounts: accounts.map(str::to_owned).into(),
            denom: money.unchecked(),
        };
        let before = fixture.hub.ledger();
        let response = fixture.hub.escrow(&fixture.stranger.clone(), msg).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("bob available $", -50),
                ("bob wallet $", 50),
                ("escrow held $", -50),
                ("escrow owed $", -50),
            ],
        );
        let no_address = |account: &str| PayoutSkipped {
            account: account.to_owned(),
            reason: SkipReason::NotAnAddress,
        };
        assert_eq!(
            data::<PayoutResponse>(&response),
            PayoutResponse {
                sent: vec![sent(&bob, 50)],
                skipped: vec![
                    no_address(""),
                    no_address(" "),
                    no_address("nobody"),
                    no_address(&long),
                    no_address(&shouted),
                    skipped(&alice, SkipReason::NotOptedIn),
                    skipped(&author, SkipReason::Empty),
                    skipped(&bob, SkipReason::Repeated),
                    skipped(&alice, SkipReason::Repeated),
                ],
            }
        );
        let passed = |account, reason| {
            (
                "hub_payout_skipped",
                [("account", account), ("denom", "$"), ("reason", reason)],
            )
        };
        let not_an_address = "not_an_address";
        let all = [
            passed("?", not_an_address),
            passed("?", not_an_address),
            passed("nobody", not_an_address),
            passed(&long[..128], not_an_address),
            passed(&shouted, not_an_address),
            passed(alice.as_str(), "not_opted_in"),
            (
                "hub_payout",
                [("account", bob.as_str()), ("amount", "50"), ("denom", "$")],
            ),
            passed(author.as_str(), "empty"),
            passed(bob.as_str(), "repeated"),
            passed(alice.as_str(), "repeated"),
        ];
        let all: Vec<_> = all
            .iter()
            .map(|(name, attributes)| (*name, attributes.as_slice()))
            .collect();
        fixture.assert_events(&response, &all);
    });
}

#[test]
fn a_payout_of_nothing_and_in_unknown_money_does_nothing() {
    with_each_money(|mut fixture| {
        let (alice, stranger, money) = (
            fixture.alice.clone(),
            fixture.stranger.clone(),
            fixture.money.clone(),
        );
        let records = fixture.hub.snapshot();
        let response = fixture.hub.escrow(&stranger, payout(&money, [])).unwrap();
        let nothing = PayoutResponse {
            sent: vec![],
            skipped: vec![],
        };
        assert_eq!(data::<PayoutResponse>(&response), nothing);
        let response = fixture
            .hub
            .escrow(&stranger, payout(&money, [&alice, &alice]))
            .unwrap();
        assert_eq!(
            data::<PayoutResponse>(&response),
            PayoutResponse {
                sent: vec![],
                skipped: vec![
                    skipped(&alice, SkipReason::NotOptedIn),
                    skipped(&alice, SkipReason::Repeated)
                ],
            }
        );
        records.assert_unchanged(&fixture.hub);
    });
}

#[test]
fn one_who_opted_out_again_is_not_paid() {
    with_each_money(|mut fixture| {
        let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
        fixture.fund(&alice, 40);
        fixture.hub.escrow(&alice, auto(&money, true)).unwrap();
        fixture.hub.escrow(&alice, auto(&money, false)).unwrap();
        let records = fixture.hub.snapshot();
        let response = fixture
            .hub
            .escrow(&alice, payout(&money, [&alice]))
            .unwrap();
        assert_eq!(
            data::<PayoutResponse>(&response).skipped,
            [skipped(&alice, SkipReason::NotOptedIn)]
        );
        records.assert_unchanged(&fixture.hub);
    });
}

#[test]
fn several_accounts_are_paid_their_own() {
    with_each_money(|mut fixture| {
        let (alice, bob, author, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.author.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&alice, 40);
        fixture.fund(&bob, 50);
        let session = fixture.open(30, |session| session);
        fixture.pay(session, 20);
        for account in [&alice, &bob, &author] {
            fixture.hub.escrow(account, auto(&money, true)).unwrap();
        }
        let before = fixture.hub.ledger();
        let response = fixture
            .hub
            .escrow(
                &fixture.stranger.clone(),
                payout(&money, [&author, &bob, &alice]),
            )
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice available $", -40),
                ("alice wallet $", 40),
                ("author available $", -20),
                ("author wallet $", 20),
                ("bob available $", -50),
                ("bob wallet $", 50),
                ("escrow held $", -110),
                ("escrow owed $", -110),
            ],
        );
        assert_eq!(
            data::<PayoutResponse>(&response).sent,
            [sent(&author, 20), sent(&bob, 50), sent(&alice, 40)]
        );
    });
}

/// A hostile token of which alice, bob and the author have 40 available each and are paid out on demand.
fn with_hostile_token() -> (Fixture, HostileToken) {
    let mut fixture = Fixture::native();
    let token = HostileToken::new(&mut fixture.hub, &Behaviour::default());
    let money = token.money();
    for account in [
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.author.clone(),
    ] {
        token.give(&mut fixture.hub, &account, 40);
        fixture
            .hub
            .deposit(&account, &money, 40, None, None)
            .unwrap();
        fixture.hub.escrow(&account, auto(&money, true)).unwrap();
    }
    fixture.money = money;
    (fixture, token)
}

/// Attack (hostile tokens and payees): a payee whose token or bank account refuses sits in everybody's payout.
/// Defence: each transfer is a sub-message of its own; a failed one is credited back and reported.
#[test]
fn a_transfer_that_fails_is_credited_back_and_stops_nobody_else() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, bob, author, money) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.author.clone(),
        fixture.money.clone(),
    );
    let grudge = Behaviour {
        fails_for: vec![bob.to_string()],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, grudge);
    let before = fixture.hub.ledger();
    let response = fixture
        .hub
        .escrow(
            &fixture.stranger.clone(),
            payout(&money, [&alice, &bob, &author]),
        )
        .unwrap();
    fixture.assert_changes(
        &before,
        &[
            ("alice available $", -40),
            ("alice wallet $", 40),
            ("author available $", -40),
            ("author wallet $", 40),
            ("escrow held $", -80),
            ("escrow owed $", -80),
        ],
    );
    assert_eq!(
        data::<PayoutResponse>(&response).sent,
        [sent(&alice, 40), sent(&bob, 40), sent(&author, 40)]
    );
    let failed: Vec<_> = events(&response)
        .into_iter()
        .filter(|(name, _)| name == "hub_payout_failed")
        .map(|(_, attributes)| attributes)
        .collect();
    let [failed] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    let [account, amount, denom, error] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    assert_eq!(
        (account.0.as_str(), account.1.as_str()),
        ("account", bob.as_str())
    );
    assert_eq!((amount.0.as_str(), amount.1.as_str()), ("amount", "40"));
    assert_eq!(
        (denom.0.as_str(), denom.1.as_str()),
        ("denom", money.checked().to_string().as_str())
    );
    assert_eq!(error.0, "error");
    assert!(!error.1.is_empty() && error.1.len() <= 128, "{}", error.1);

    // Bob is still opted in, and paid once the token lets him.
    token.behave(&mut fixture.hub, Behaviour::default());
    let before = fixture.hub.ledger();
    fixture.hub.escrow(&bob, payout(&money, [&bob])).unwrap();
    fixture.assert_changes(
        &before,
        &[
            ("bob available $", -40),
            ("bob wallet $", 40),
            ("escrow held $", -40),
            ("escrow owed $", -40),
        ],
    );
}

/// Attack (market-number fakes): a payee refuses its payouts over and over to let its `earned` grow.
/// Defence: what is credited back is not earned again.
#[test]
fn income_credited_back_is_not_earned_twice() {
    let (mut fixture, token) = with_hostile_token();
    let (author, money) = (fixture.author.clone(), fixture.money.clone());
    let alice = fixture.alice.clone();
    let open = ExecuteMsg::OpenSession {
        denom: money.unchecked(),
        session: fixture.session(40),
    };
    fixture.hub.escrow(&alice, open).unwrap();
    fixture.pay(SessionId(1), 30);
    let grudge = Behaviour {
        fails_for: vec![author.to_string()],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, grudge);
    let before = fixture.hub.ledger();
    fixture
        .hub
        .escrow(&alice, payout(&money, [&author]))
        .unwrap();
    fixture.assert_changes(&before, &[]);
    assert_eq!(balance(&fixture.hub, &author, &money).available.u128(), 70);
    assert_eq!(balance(&fixture.hub, &author, &money).earned.u128(), 30);
}

/// Attack (hostile tokens and payees): a token calls back into the escrow from within a payout, to be paid twice.
/// Defence: every balance is debited before the first transfer.
#[test]
fn a_token_that_calls_back_from_a_payout_finds_every_balance_gone() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, bob, money) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.money.clone(),
    );
    let again = payout(&money, [&alice, &bob]);
    let greedy = Behaviour {
        calls_back: vec![Call::new(&fixture.hub.escrow, &again)],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, greedy);
    let before = fixture.hub.ledger();
    fixture
        .hub
        .escrow(&fixture.stranger.clone(), again)
        .unwrap();
    fixture.assert_changes(
        &before,
        &[
            ("alice available $", -40),
            ("alice wallet $", 40),
            ("bob available $", -40),
            ("bob wallet $", 40),
            ("escrow held $", -80),
            ("escrow owed $", -80),
        ],
    );
    // It was let in both times, and found nothing.
    assert_eq!(token.answers(&fixture.hub), ["ok", "ok"]);
}

/// Attack (hostile tokens and payees): a token claims a deposit that fills the books while a payout of it is under
/// way.
/// Defence: the payout is undone; nothing else is touched.
#[test]
fn a_token_that_fills_the_books_from_within_a_payout_undoes_it_and_takes_nothing() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, bob, money) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.money.clone(),
    );
    // While alice is paid, it claims a deposit of all that 128 bits still hold, so that bob's, which fails, could not
    // be credited back.
    let hook = Cw20ReceiveMsg {
        sender: fixture.stranger.to_string(),
        amount: (u128::MAX - 40).into(),
        msg: to_json_binary(&Cw20HookMsg::Deposit {
            beneficiary: None,
            session: None,
        })
        .unwrap(),
    };
    let full = Behaviour {
        says: Some(u128::MAX.into()),
        fails_for: vec![bob.to_string()],
        calls_back: vec![Call::new(&fixture.hub.escrow, &ExecuteMsg::Receive(hook))],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, full);
    let stranger = fixture.stranger.clone();
    let error = fixture.refused(&stranger, payout(&money, [&alice, &bob]));
    assert_eq!(
        error,
        EscrowError::OwedOverflow {
            denom: money.checked(),
            owed: u128::MAX.into(),
            amount: 40u128.into()
        }
    );
}
