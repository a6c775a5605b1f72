//! What is available goes out at once.

use cosmwasm_std::Addr;
use hub_testing::{EscrowError, Money, NATIVE};
use hub_types::denom::DenomError;
use hub_types::escrow::ExecuteMsg;

use crate::escrow_fixture::{with_each_money, Fixture};
use crate::hostile::token::{Behaviour, Call, HostileToken, TokenMsg};

fn withdraw(money: &Money, amount: Option<u128>, recipient: Option<&Addr>) -> ExecuteMsg {
    ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: amount.map(Into::into),
        recipient: recipient.map(Addr::to_string),
    }
}

#[test]
fn nothing_and_more_than_there_is_cannot_be_withdrawn() {
    with_each_money(|mut fixture| {
        let (alice, bob, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.money.clone(),
        );
        let nothing = || EscrowError::NothingAvailable {
            denom: money.checked(),
        };
        // Before the escrow knows the money at all, and after.
        for _ in 0..2 {
            for amount in [None, Some(1)] {
                let msg = withdraw(&money, amount, None);
                assert_eq!(fixture.refused(&bob, msg), nothing());
            }
            fixture.fund(&alice, 40);
        }
        let msg = withdraw(&money, Some(0), None);
        assert_eq!(
            fixture.refused(&alice, msg),
            EscrowError::Zero { field: "amount" }
        );
        for amount in [81, u128::MAX] {
            let msg = withdraw(&money, Some(amount), None);
            assert_eq!(
                fixture.refused(&alice, msg),
                EscrowError::InsufficientFunds {
                    available: 80u128.into(),
                    needed: amount.into()
                }
            );
        }
    });
}

/// Attack (overdraft and double spending): a caller withdraws the budget that an operator is working against.
/// Defence: reserved money is not available, and comes back only after the session's end.
#[test]
fn what_sessions_reserve_cannot_be_withdrawn() {
    with_each_money(|mut fixture| {
        let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
        fixture.open(100, |session| session);
        assert_eq!(
            fixture.refused(&alice, withdraw(&money, None, None)),
            EscrowError::NothingAvailable {
                denom: money.checked()
            }
        );
    });
}

#[test]
fn money_goes_to_accounts_of_this_chain_and_not_to_the_escrow() {
    with_each_money(|mut fixture| {
        let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
        fixture.fund(&alice, 40);
        let escrow = fixture.hub.escrow.clone();
        let field = "recipient";
        assert_eq!(
            fixture.refused(&alice, withdraw(&money, None, Some(&escrow))),
            EscrowError::EscrowItself { field }
        );
        let nowhere = Addr::unchecked("bob");
        match fixture.refused(&alice, withdraw(&money, None, Some(&nowhere))) {
            EscrowError::NotAnAddress { field: found, .. } => assert_eq!(found, field),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_denomination_that_is_neither_coin_nor_token_is_refused() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    let denom = "cw20:uusdc".to_owned();
    assert_eq!(
        fixture.refused(&alice, withdraw(&Money::Native(denom.clone()), None, None)),
        DenomError::NotNative { denom }.into()
    );
    let address = fixture.hub.registry.clone();
    assert_eq!(
        fixture.refused(&alice, withdraw(&Money::Cw20(address.clone()), None, None)),
        DenomError::NotAToken { address }.into()
    );
    let nowhere = Money::Cw20(Addr::unchecked(NATIVE));
    match fixture.refused(&alice, withdraw(&nowhere, None, None)) {
        EscrowError::NotAnAddress { field, .. } => assert_eq!(field, "denom"),
        other => panic!("{other:?}"),
    }
}

/// Attack (hostile tokens and payees): a native coin with a token's address for a name withdraws the token.
/// Defence: kind and name together are the denomination.
#[test]
fn a_native_coin_named_like_a_token_does_not_reach_the_balance_in_the_token() {
    let mut fixture = Fixture::cw20();
    let alice = fixture.alice.clone();
    fixture.fund(&alice, 40);
    let denom = fixture.money.checked().to_string();
    assert_eq!(
        fixture.refused(&alice, withdraw(&Money::Native(denom.clone()), None, None)),
        DenomError::NotNative { denom }.into()
    );
}

#[test]
fn an_owner_takes_a_part_or_everything_to_itself_or_another() {
    with_each_money(|mut fixture| {
        let (alice, bob, money) = (
            fixture.alice.clone(),
            fixture.bob.clone(),
            fixture.money.clone(),
        );
        fixture.fund(&alice, 40);
        let before = fixture.hub.ledger();
        let msg = withdraw(&money, Some(15), Some(&bob));
        let response = fixture.hub.escrow(&alice, msg).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice available $", -15),
                ("bob wallet $", 15),
                ("escrow held $", -15),
                ("escrow owed $", -15),
            ],
        );
        fixture.assert_events(
            &response,
            &[(
                "hub_withdrawn",
                &[
                    ("account", alice.as_str()),
                    ("recipient", bob.as_str()),
                    ("amount", "15"),
                    ("denom", "$"),
                ],
            )],
        );

        let before = fixture.hub.ledger();
        let response = fixture
            .hub
            .escrow(&alice, withdraw(&money, None, None))
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice available $", -25),
                ("alice wallet $", 25),
                ("escrow held $", -25),
                ("escrow owed $", -25),
            ],
        );
        fixture.assert_events(
            &response,
            &[(
                "hub_withdrawn",
                &[
                    ("account", alice.as_str()),
                    ("recipient", alice.as_str()),
                    ("amount", "25"),
                    ("denom", "$"),
                ],
            )],
        );
    });
}

#[test]
fn income_is_withdrawn_at_once_and_stays_counted() {
    with_each_money(|mut fixture| {
        let (author, money) = (fixture.author.clone(), fixture.money.clone());
        let session = fixture.open(100, |session| session);
        fixture.pay(session, 60);
        let before = fixture.hub.ledger();
        fixture
            .hub
            .escrow(&author, withdraw(&money, None, None))
            .unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("author available $", -60),
                ("author wallet $", 60),
                ("escrow held $", -60),
                ("escrow owed $", -60),
            ],
        );
        let what = fixture.hub.money_name(&money);
        assert_eq!(
            fixture.hub.ledger().get(&format!("author earned {what}")),
            60
        );
    });
}

#[test]
fn a_transfer_that_fails_leaves_the_balance() {
    let mut fixture = Fixture::native();
    let token = HostileToken::new(&mut fixture.hub, &Behaviour::default());
    let (alice, bob) = (fixture.alice.clone(), fixture.bob.clone());
    token.give(&mut fixture.hub, &alice, 40);
    fixture.money = token.money();
    let money = token.money();
    fixture.hub.deposit(&alice, &money, 40, None, None).unwrap();
    let grudge = Behaviour {
        fails_for: vec![alice.to_string()],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, grudge);
    fixture.unchanged(|hub| {
        let escrow = hub.escrow.clone();
        hub.execute(&alice, &escrow, &withdraw(&money, None, None), &[])
    });
    // Another recipient will do.
    fixture
        .hub
        .escrow(&alice, withdraw(&money, None, Some(&bob)))
        .unwrap();
    assert_eq!(fixture.hub.wallet(&bob, &money), 40);
}

#[test]
fn a_token_that_answers_no_more_still_pays_out_if_it_transfers() {
    let mut fixture = Fixture::native();
    let token = HostileToken::new(&mut fixture.hub, &Behaviour::default());
    let (alice, money) = (fixture.alice.clone(), token.money());
    token.give(&mut fixture.hub, &alice, 40);
    fixture.hub.deposit(&alice, &money, 40, None, None).unwrap();
    let mute = Behaviour {
        mute: true,
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, mute);
    fixture
        .hub
        .escrow(&alice, withdraw(&money, None, None))
        .unwrap();
    token.behave(&mut fixture.hub, Behaviour::default());
    assert_eq!(fixture.hub.wallet(&alice, &money), 40);
}

/// Attack (hostile tokens and payees): a token calls back from a withdrawal to withdraw again.
/// Defence: the balance is debited first.
#[test]
fn a_token_that_calls_back_from_a_transfer_finds_the_balance_gone() {
    let mut fixture = Fixture::native();
    let token = HostileToken::new(&mut fixture.hub, &Behaviour::default());
    let (alice, money, hostile) = (fixture.alice.clone(), token.money(), token.0.clone());
    token.give(&mut fixture.hub, &alice, 140);
    fixture
        .hub
        .deposit(&alice, &money, 100, None, None)
        .unwrap();
    fixture
        .hub
        .deposit(&alice, &money, 40, Some(&hostile), None)
        .unwrap();
    let again = Call::new(&fixture.hub.escrow, &withdraw(&money, None, None));
    let greedy = Behaviour {
        calls_back: vec![again.clone()],
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, greedy);

    // The token withdraws what is its own, and from within the transfer the same once more.
    let before = fixture.hub.ledger();
    token.tell(&mut fixture.hub, &TokenMsg::Call(again));
    let entry = |entry: &str, change| (format!("{entry} hostile"), change);
    assert_eq!(
        before.diff(&fixture.hub.ledger()),
        [
            entry("escrow held", -40),
            entry("escrow owed", -40),
            entry("hostile available", -40),
            entry("hostile wallet", 40),
        ]
    );
    let refusal = EscrowError::NothingAvailable {
        denom: money.checked(),
    };
    let answers = token.answers(&fixture.hub);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].contains(&refusal.to_string()), "{}", answers[0]);
    fixture.hub.assert_invariants();
}
