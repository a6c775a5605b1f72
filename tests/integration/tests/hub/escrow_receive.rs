//! The hook of cw20 tokens, which anybody can call and few tell the truth to.

use cosmwasm_std::{to_json_binary, Uint128};
use cw20::{Cw20ExecuteMsg, Cw20ReceiveMsg};
use hub_testing::EscrowError;
use hub_types::escrow::{Cw20HookMsg, ExecuteMsg, SolvencyResponse};

use crate::escrow_fixture::Fixture;
use crate::hostile::token::{Behaviour, HostileToken};

fn hook(sender: &str, amount: u128, hook: &Cw20HookMsg) -> Cw20ReceiveMsg {
    Cw20ReceiveMsg {
        sender: sender.to_owned(),
        amount: amount.into(),
        msg: to_json_binary(hook).unwrap(),
    }
}

fn plain() -> Cw20HookMsg {
    Cw20HookMsg::Deposit {
        beneficiary: None,
        session: None,
    }
}

/// Alice and her hostile token, of which the escrow holds 100 of alice's by fair means.
fn with_hostile_token() -> (Fixture, HostileToken) {
    let mut fixture = Fixture::cw20();
    let token = HostileToken::new(&mut fixture.hub, &Behaviour::default());
    let alice = fixture.alice.clone();
    token.give(&mut fixture.hub, &alice, 300);
    fixture.money = token.money();
    fixture
        .hub
        .deposit(&alice, &token.money(), 100, None, None)
        .unwrap();
    fixture.assert_solvent();
    (fixture, token)
}

/// Attack (forged hooks): a wallet sends the escrow the hook that a token would send.
/// Defence: the sender of the hook is the denomination, and it must answer as a token with the balance to show for
/// it.
#[test]
fn a_wallet_cannot_forge_the_hook() {
    let mut fixture = Fixture::cw20();
    let alice = fixture.alice.clone();
    let forged = ExecuteMsg::Receive(hook(alice.as_str(), 1_000, &plain()));
    let error = fixture.refused(&alice, forged);
    assert_eq!(error, EscrowError::NotAToken { sender: alice });
}

/// Attack (forged hooks): a contract that is no token claims a deposit.
/// Defence: it must answer a balance query as a token.
#[test]
fn a_contract_that_is_no_token_cannot_forge_the_hook() {
    let (mut fixture, token) = with_hostile_token();
    let mute = Behaviour {
        mute: true,
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, mute);
    let alice = fixture.alice.to_string();
    let records = fixture.hub.snapshot();
    let error = token.hook(&mut fixture.hub, hook(&alice, 1, &plain()));
    let sender = token.0.clone();
    assert_eq!(error, Err(EscrowError::NotAToken { sender }));
    records.assert_unchanged(&fixture.hub);
}

/// Attack (forged hooks): a token calls the hook without having moved anything.
/// Defence: the escrow's balance in it must cover what is owed and the amount.
#[test]
fn a_token_that_sent_nothing_cannot_say_it_did() {
    let (mut fixture, token) = with_hostile_token();
    let alice = fixture.alice.to_string();
    let error = token.hook(&mut fixture.hub, hook(&alice, 1, &plain()));
    assert_eq!(
        error,
        Err(EscrowError::NotCovered {
            token: token.0.clone(),
            held: 100u128.into(),
            owed: 100u128.into(),
            amount: 1u128.into()
        })
    );
}

/// Attack (hostile tokens and payees): a token keeps a fee on the way, so that the last to withdraw finds less.
/// Defence: a deposit that the balance does not cover is refused.
#[test]
fn a_token_that_takes_a_fee_is_refused() {
    let (mut fixture, token) = with_hostile_token();
    let fee = Behaviour {
        fee: 1u128.into(),
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, fee);
    let alice = fixture.alice.clone();
    let error = fixture.refused_deposit(&alice, 50, None, None);
    assert_eq!(
        error,
        EscrowError::NotCovered {
            token: token.0.clone(),
            held: 149u128.into(),
            owed: 100u128.into(),
            amount: 50u128.into()
        }
    );
}

#[test]
fn what_was_given_past_the_contract_covers_the_fee_of_a_token_and_no_more() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, escrow) = (fixture.alice.clone(), fixture.hub.escrow.clone());
    token.give(&mut fixture.hub, &escrow, 1);
    let fee = Behaviour {
        fee: 1u128.into(),
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, fee);
    fixture
        .hub
        .deposit(&alice, &token.money(), 50, None, None)
        .unwrap();
    fixture.assert_solvent();
    let error = fixture.refused_deposit(&alice, 50, None, None);
    assert_eq!(
        error,
        EscrowError::NotCovered {
            token: token.0,
            held: 199u128.into(),
            owed: 150u128.into(),
            amount: 50u128.into()
        }
    );
}

/// Attack (hostile tokens and payees): a token lies about balances and credits itself at will.
/// Defence: every balance is kept per denomination; only balances in that token are hurt.
#[test]
fn a_token_that_lies_about_balances_hurts_only_balances_in_it() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, bob, native) = (
        fixture.alice.clone(),
        fixture.bob.clone(),
        fixture.hub.money_native(),
    );
    let usdx = fixture.hub.money_cw20();
    for money in [&native, &usdx] {
        fixture.hub.give(&bob, money, 40);
        fixture.hub.deposit(&bob, money, 40, None, None).unwrap();
    }
    let rich = Behaviour {
        says: Some(Uint128::MAX),
        ..Behaviour::default()
    };
    token.behave(&mut fixture.hub, rich);

    // It names depositors who sent nothing, up to what 128 bits hold.
    let before = fixture.hub.ledger();
    let lie = hook(bob.as_str(), u128::MAX - 100, &plain());
    token.hook(&mut fixture.hub, lie).unwrap();
    let changes = before.diff(&fixture.hub.ledger());
    assert_eq!(
        changes,
        [
            ("bob available hostile".to_owned(), i128::MAX),
            ("escrow owed hostile".to_owned(), i128::MAX)
        ]
    );
    let error = token.hook(&mut fixture.hub, hook(bob.as_str(), 1, &plain()));
    assert_eq!(
        error,
        Err(EscrowError::OwedOverflow {
            denom: token.money().checked(),
            owed: Uint128::MAX,
            amount: 1u128.into()
        })
    );

    // Everything else is where it was and goes out as before.
    for money in [native, usdx] {
        let denom = money.unchecked();
        let solvency: SolvencyResponse = fixture.ask(hub_types::escrow::QueryMsg::Solvency {
            denom: denom.clone(),
        });
        assert_eq!(
            (solvency.held, solvency.owed),
            (40u128.into(), 40u128.into())
        );
        let all = ExecuteMsg::Withdraw {
            denom,
            amount: None,
            recipient: None,
        };
        fixture.hub.escrow(&bob, all).unwrap();
        assert_eq!(fixture.hub.wallet(&bob, &money), 40);
    }
    let escrowed = ExecuteMsg::Withdraw {
        denom: token.money().unchecked(),
        amount: None,
        recipient: None,
    };
    fixture.hub.escrow(&alice, escrowed).unwrap();
}

#[test]
fn an_empty_deposit_is_refused() {
    let (mut fixture, token) = with_hostile_token();
    let alice = fixture.alice.to_string();
    let error = token.hook(&mut fixture.hub, hook(&alice, 0, &plain()));
    assert_eq!(error, Err(EscrowError::Zero { field: "amount" }));
}

#[test]
fn a_hook_names_accounts_of_this_chain_beside_the_escrow() {
    let (mut fixture, token) = with_hostile_token();
    let (alice, escrow) = (fixture.alice.to_string(), fixture.hub.escrow.to_string());
    let to = |beneficiary: &str| Cw20HookMsg::Deposit {
        beneficiary: Some(beneficiary.to_owned()),
        session: None,
    };
    for (field, sender, plan) in [
        ("sender", "alice", plain()),
        ("sender", "", to(&alice)),
        ("beneficiary", alice.as_str(), to("bob")),
    ] {
        match token.hook(&mut fixture.hub, hook(sender, 1, &plan)) {
            Err(EscrowError::NotAnAddress { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{other:?}"),
        }
    }
    for (sender, plan) in [(&escrow, plain()), (&alice, to(&escrow))] {
        let field = "beneficiary";
        assert_eq!(
            token.hook(&mut fixture.hub, hook(sender, 1, &plan)),
            Err(EscrowError::EscrowItself { field })
        );
    }
}

#[test]
fn tokens_sent_without_a_deposit_message_are_refused() {
    let mut fixture = Fixture::cw20();
    let (alice, money) = (fixture.alice.clone(), fixture.money.clone());
    fixture.hub.give(&alice, &money, 10);
    let hub_testing::Money::Cw20(token) = money else {
        panic!("the fixture has a token");
    };
    for msg in [
        "",
        "{}",
        "hello",
        r#"{"withdraw":{}}"#,
        r#"{"deposit":{"beneficiary":7}}"#,
    ] {
        let send = Cw20ExecuteMsg::Send {
            contract: fixture.hub.escrow.to_string(),
            amount: 10u128.into(),
            msg: msg.as_bytes().into(),
        };
        let error = fixture.unchanged(|hub| hub.execute(&alice, &token, &send, &[]));
        match error.downcast().unwrap() {
            EscrowError::MalformedHook { .. } => {}
            other => panic!("{msg:?}: {other:?}"),
        }
    }
}
