//! What is available goes out at once.

use cosmwasm_std::Addr;
use hub_testing::{EscrowError, Money, NATIVE};
use hub_types::denom::DenomError;
use hub_types::escrow::ExecuteMsg;

use crate::escrow_stage::{with_each_money, Stage};
use crate::hostile::token::{Call, HostileToken, Manners, TokenMsg};

fn withdraw(money: &Money, amount: Option<u128>, recipient: Option<&Addr>) -> ExecuteMsg {
    ExecuteMsg::Withdraw {
        denom: money.unchecked(),
        amount: amount.map(Into::into),
        recipient: recipient.map(Addr::to_string),
    }
}

#[test]
fn nothing_and_more_than_there_is_cannot_be_withdrawn() {
    with_each_money(|mut stage| {
        let (alice, bob, money) = (stage.alice.clone(), stage.bob.clone(), stage.money.clone());
        let nothing = || EscrowError::NothingAvailable {
            denom: money.checked(),
        };
        // Before the escrow knows the money at all, and after.
        for _ in 0..2 {
            for amount in [None, Some(1)] {
                let msg = withdraw(&money, amount, None);
                assert_eq!(stage.refused(&bob, msg), nothing());
            }
            stage.fund(&alice, 40);
        }
        let msg = withdraw(&money, Some(0), None);
        assert_eq!(
            stage.refused(&alice, msg),
            EscrowError::Zero { field: "amount" }
        );
        for amount in [81, u128::MAX] {
            let msg = withdraw(&money, Some(amount), None);
            assert_eq!(
                stage.refused(&alice, msg),
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
    with_each_money(|mut stage| {
        let (alice, money) = (stage.alice.clone(), stage.money.clone());
        stage.open(100, |session| session);
        assert_eq!(
            stage.refused(&alice, withdraw(&money, None, None)),
            EscrowError::NothingAvailable {
                denom: money.checked()
            }
        );
    });
}

#[test]
fn money_goes_to_accounts_of_this_chain_and_not_to_the_escrow() {
    with_each_money(|mut stage| {
        let (alice, money) = (stage.alice.clone(), stage.money.clone());
        stage.fund(&alice, 40);
        let escrow = stage.hub.escrow.clone();
        let field = "recipient";
        assert_eq!(
            stage.refused(&alice, withdraw(&money, None, Some(&escrow))),
            EscrowError::EscrowItself { field }
        );
        let nowhere = Addr::unchecked("bob");
        match stage.refused(&alice, withdraw(&money, None, Some(&nowhere))) {
            EscrowError::NotAnAddress { field: found, .. } => assert_eq!(found, field),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_denomination_that_is_neither_coin_nor_token_is_refused() {
    let mut stage = Stage::native();
    let alice = stage.alice.clone();
    let denom = "cw20:uusdc".to_owned();
    assert_eq!(
        stage.refused(&alice, withdraw(&Money::Native(denom.clone()), None, None)),
        DenomError::NotNative { denom }.into()
    );
    let address = stage.hub.registry.clone();
    assert_eq!(
        stage.refused(&alice, withdraw(&Money::Cw20(address.clone()), None, None)),
        DenomError::NotAToken { address }.into()
    );
    let nowhere = Money::Cw20(Addr::unchecked(NATIVE));
    match stage.refused(&alice, withdraw(&nowhere, None, None)) {
        EscrowError::NotAnAddress { field, .. } => assert_eq!(field, "denom"),
        other => panic!("{other:?}"),
    }
}

/// Attack (hostile tokens and payees): a native coin with a token's address for a name withdraws the token.
/// Defence: kind and name together are the denomination.
#[test]
fn a_native_coin_named_like_a_token_does_not_reach_the_balance_in_the_token() {
    let mut stage = Stage::cw20();
    let alice = stage.alice.clone();
    stage.fund(&alice, 40);
    let denom = stage.money.checked().to_string();
    assert_eq!(
        stage.refused(&alice, withdraw(&Money::Native(denom.clone()), None, None)),
        DenomError::NotNative { denom }.into()
    );
}

#[test]
fn an_owner_takes_a_part_or_everything_to_itself_or_another() {
    with_each_money(|mut stage| {
        let (alice, bob, money) = (stage.alice.clone(), stage.bob.clone(), stage.money.clone());
        stage.fund(&alice, 40);
        let before = stage.hub.ledger();
        let msg = withdraw(&money, Some(15), Some(&bob));
        let response = stage.hub.escrow(&alice, msg).unwrap();
        stage.assert_changes(
            &before,
            &[
                ("alice available $", -15),
                ("bob wallet $", 15),
                ("escrow held $", -15),
                ("escrow owed $", -15),
            ],
        );
        stage.assert_events(
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

        let before = stage.hub.ledger();
        let response = stage
            .hub
            .escrow(&alice, withdraw(&money, None, None))
            .unwrap();
        stage.assert_changes(
            &before,
            &[
                ("alice available $", -25),
                ("alice wallet $", 25),
                ("escrow held $", -25),
                ("escrow owed $", -25),
            ],
        );
        stage.assert_events(
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
    with_each_money(|mut stage| {
        let (author, money) = (stage.author.clone(), stage.money.clone());
        let session = stage.open(100, |session| session);
        stage.pay(session, 60);
        let before = stage.hub.ledger();
        stage
            .hub
            .escrow(&author, withdraw(&money, None, None))
            .unwrap();
        stage.assert_changes(
            &before,
            &[
                ("author available $", -60),
                ("author wallet $", 60),
                ("escrow held $", -60),
                ("escrow owed $", -60),
            ],
        );
        let what = stage.hub.money_name(&money);
        assert_eq!(stage.hub.ledger().get(&format!("author earned {what}")), 60);
    });
}

#[test]
fn a_transfer_that_fails_leaves_the_balance() {
    let mut stage = Stage::native();
    let token = HostileToken::new(&mut stage.hub, &Manners::default());
    let (alice, bob) = (stage.alice.clone(), stage.bob.clone());
    token.give(&mut stage.hub, &alice, 40);
    stage.money = token.money();
    let money = token.money();
    stage.hub.deposit(&alice, &money, 40, None, None).unwrap();
    let grudge = Manners {
        fails_for: vec![alice.to_string()],
        ..Manners::default()
    };
    token.behave(&mut stage.hub, grudge);
    stage.unchanged(|hub| {
        let escrow = hub.escrow.clone();
        hub.execute(&alice, &escrow, &withdraw(&money, None, None), &[])
    });
    // Another recipient will do.
    stage
        .hub
        .escrow(&alice, withdraw(&money, None, Some(&bob)))
        .unwrap();
    assert_eq!(stage.hub.wallet(&bob, &money), 40);
}

#[test]
fn a_token_that_answers_no_more_still_pays_out_if_it_transfers() {
    let mut stage = Stage::native();
    let token = HostileToken::new(&mut stage.hub, &Manners::default());
    let (alice, money) = (stage.alice.clone(), token.money());
    token.give(&mut stage.hub, &alice, 40);
    stage.hub.deposit(&alice, &money, 40, None, None).unwrap();
    let mute = Manners {
        mute: true,
        ..Manners::default()
    };
    token.behave(&mut stage.hub, mute);
    stage
        .hub
        .escrow(&alice, withdraw(&money, None, None))
        .unwrap();
    token.behave(&mut stage.hub, Manners::default());
    assert_eq!(stage.hub.wallet(&alice, &money), 40);
}

/// Attack (hostile tokens and payees): a token calls back from a withdrawal to withdraw again.
/// Defence: the balance is debited first.
#[test]
fn a_token_that_calls_back_from_a_transfer_finds_the_balance_gone() {
    let mut stage = Stage::native();
    let token = HostileToken::new(&mut stage.hub, &Manners::default());
    let (alice, money, hostile) = (stage.alice.clone(), token.money(), token.0.clone());
    token.give(&mut stage.hub, &alice, 140);
    stage.hub.deposit(&alice, &money, 100, None, None).unwrap();
    stage
        .hub
        .deposit(&alice, &money, 40, Some(&hostile), None)
        .unwrap();
    let again = Call::new(&stage.hub.escrow, &withdraw(&money, None, None));
    let greedy = Manners {
        calls_back: vec![again.clone()],
        ..Manners::default()
    };
    token.behave(&mut stage.hub, greedy);

    // The token withdraws what is its own, and from within the transfer the same once more.
    let before = stage.hub.ledger();
    token.tell(&mut stage.hub, &TokenMsg::Call(again));
    let entry = |entry: &str, change| (format!("{entry} hostile"), change);
    assert_eq!(
        before.diff(&stage.hub.ledger()),
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
    let answers = token.answers(&stage.hub);
    assert_eq!(answers.len(), 1);
    assert!(answers[0].contains(&refusal.to_string()), "{}", answers[0]);
    stage.hub.assert_invariants();
}
