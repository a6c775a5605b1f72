//! Sessions open, with money that is available. What a list of models may hold is tested in the escrow itself.

use cosmwasm_std::HexBinary;
use hub_testing::{data, rates, signing_key, EscrowError, KeyType, Money};
use hub_types::denom::DenomError;
use hub_types::escrow::{
    Ceiling, ExecuteMsg, ModelRef, Models, NewCeiling, NewSession, SessionCreated, SessionResponse,
    SessionState, VoucherKey,
};
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_types::text::TextError;
use hub_types::wire::KeyError;

use crate::escrow_stage::{measurement, with_each_money, Stage};

fn open(stage: &Stage, session: NewSession) -> ExecuteMsg {
    ExecuteMsg::OpenSession {
        denom: stage.money.unchecked(),
        session,
    }
}

/// A stage on which alice has 100 available.
fn funded() -> Stage {
    let mut stage = Stage::native();
    stage.fund(&stage.alice.clone(), 100);
    stage
}

#[track_caller]
fn refusal(stage: &mut Stage, change: impl FnOnce(NewSession) -> NewSession) -> EscrowError {
    let (alice, session) = (stage.alice.clone(), change(stage.session(50)));
    let msg = open(stage, session);
    stage.refused(&alice, msg)
}

/// Attack (overdraft and double spending): one balance is promised to two operators.
/// Defence: opening a session moves the budget out of the available balance.
#[test]
fn nobody_reserves_more_than_is_available() {
    with_each_money(|mut stage| {
        let (alice, bob) = (stage.alice.clone(), stage.bob.clone());
        // The escrow does not know the money yet, then bob has none of it, then alice too little.
        let msg = open(&stage, stage.session(101));
        let short_of = |available: u128| EscrowError::InsufficientFunds {
            available: available.into(),
            needed: 101u128.into(),
        };
        assert_eq!(stage.refused(&alice, msg.clone()), short_of(0));
        stage.fund(&alice, 100);
        assert_eq!(stage.refused(&bob, msg.clone()), short_of(0));
        assert_eq!(stage.refused(&alice, msg), short_of(100));
    });
}

#[test]
fn a_denomination_must_be_a_coin_or_a_token() {
    let mut stage = Stage::native();
    let alice = stage.alice.clone();
    let session = stage.session(1);
    let mut refusal = |money: Money| {
        let denom = money.unchecked();
        let session = session.clone();
        stage.refused(&alice, ExecuteMsg::OpenSession { denom, session })
    };
    let denom = "u".to_owned();
    assert_eq!(
        refusal(Money::Native(denom.clone())),
        DenomError::NotNative { denom }.into()
    );
    let wallet = alice.clone();
    assert_eq!(
        refusal(Money::Cw20(wallet.clone())),
        DenomError::NotAToken { address: wallet }.into()
    );
}

#[test]
fn an_operator_is_an_account_of_this_chain_and_not_the_escrow() {
    let mut stage = funded();
    match refusal(&mut stage, |session| NewSession {
        operator: "operator".to_owned(),
        ..session
    }) {
        EscrowError::NotAnAddress { field, address, .. } => {
            assert_eq!((field, address.as_str()), ("operator", "operator"));
        }
        other => panic!("{other:?}"),
    }
    let escrow = stage.hub.escrow.to_string();
    let error = refusal(&mut stage, |session| NewSession {
        operator: escrow,
        ..session
    });
    assert_eq!(error, EscrowError::EscrowItself { field: "operator" });
}

#[test]
fn limits_are_stated_in_full_and_in_the_right_form() {
    let mut stage = funded();
    let now = stage.hub.now();
    let error = refusal(&mut stage, |session| NewSession {
        max_price: None,
        ..session
    });
    assert_eq!(error, EscrowError::NoPriceLimit);
    let error = refusal(&mut stage, |session| NewSession {
        models: Models::Listed(vec![]),
        ..session
    });
    assert_eq!(error, EscrowError::ModelCount { count: 0 });
    let error = refusal(&mut stage, |session| NewSession {
        budget: 0u128.into(),
        ..session
    });
    assert_eq!(error, EscrowError::Zero { field: "budget" });
    let error = refusal(&mut stage, |session| NewSession {
        expires_at: now,
        ..session
    });
    assert_eq!(
        error,
        EscrowError::ExpiresInThePast {
            expires_at: now,
            now
        }
    );
    for length in [0, 31, 33] {
        let error = refusal(&mut stage, |session| NewSession {
            measurement: Some(HexBinary::from(vec![7; length])),
            ..session
        });
        let field = "measurement";
        assert_eq!(error, HashError { field, length }.into());
    }
    let field = "label";
    let error = refusal(&mut stage, |session| NewSession {
        label: Some("x".repeat(65)),
        ..session
    });
    let (length, max) = (65, 64);
    assert_eq!(error, TextError::TooLong { field, length, max }.into());
    for (label, code_point) in [("a\nb", 10), ("a\u{202e}b", 0x202e), ("\u{3164}", 0x3164)] {
        let error = refusal(&mut stage, |session| NewSession {
            label: Some(label.to_owned()),
            ..session
        });
        assert_eq!(error, TextError::Unseen { field, code_point }.into());
    }
    let error = refusal(&mut stage, |session| NewSession {
        label: Some("  ".to_owned()),
        ..session
    });
    assert_eq!(error, TextError::Blank { field }.into());
}

#[test]
fn a_voucher_key_has_the_form_of_its_type() {
    let mut stage = funded();
    for (key_type, key, error) in [
        (
            KeyType::Ed25519,
            vec![7; 33],
            KeyError::WrongLength {
                expected: 32,
                found: 33,
            },
        ),
        (
            KeyType::Secp256k1,
            vec![2; 32],
            KeyError::WrongLength {
                expected: 33,
                found: 32,
            },
        ),
        (
            KeyType::Secp256k1,
            vec![4; 33],
            KeyError::NotCompressed { found: 4 },
        ),
    ] {
        let key = VoucherKey {
            key_type,
            key: key.into(),
        };
        let found = refusal(&mut stage, |session| NewSession {
            ceiling: Some(NewCeiling { key: Some(key) }),
            ..session
        });
        assert_eq!(found, error.into());
    }
}

#[test]
fn a_session_reserves_its_budget_and_shows_what_was_agreed() {
    with_each_money(|mut stage| {
        let (alice, operator) = (stage.alice.clone(), stage.operator.clone());
        stage.fund(&alice, 100);
        let public = signing_key(KeyType::Secp256k1, 5).public_key();
        let key = VoucherKey {
            key_type: KeyType::Secp256k1,
            key: public.as_bytes().into(),
        };
        let models = Models::Listed(vec![
            ModelRef {
                model: ModelId(4),
                release: None,
            },
            ModelRef {
                model: ModelId(9),
                release: Some(ReleaseNumber(2)),
            },
        ]);
        let session = NewSession {
            measurement: Some(measurement()),
            models: models.clone(),
            max_price: Some(rates(1, 2, 3)),
            ceiling: Some(NewCeiling {
                key: Some(key.clone()),
            }),
            label: Some("nightly run".to_owned()),
            ..stage.session(60)
        };
        let (opened_at, ends_at) = (stage.hub.now(), session.expires_at);

        let before = stage.hub.ledger();
        let msg = open(&stage, session);
        let response = stage.hub.escrow(&alice, msg).unwrap();
        stage.assert_changes(
            &before,
            &[
                ("alice available $", -60),
                ("session 1 budget", 60),
                ("session 1 left", 60),
            ],
        );
        stage.assert_events(
            &response,
            &[(
                "hub_session_opened",
                &[
                    ("session", "1"),
                    ("caller", alice.as_str()),
                    ("funder", alice.as_str()),
                    ("operator", operator.as_str()),
                    ("amount", "60"),
                    ("denom", "$"),
                    ("expires_at", &ends_at.to_string()),
                ],
            )],
        );
        let created = SessionCreated {
            session: SessionId(1),
        };
        assert_eq!(data::<SessionCreated>(&response), created);
        assert_eq!(
            stage.hub.session(SessionId(1)),
            SessionResponse {
                session: SessionId(1),
                caller: alice.clone(),
                funder: alice,
                operator,
                measurement: Some(measurement()),
                models,
                max_price: Some(rates(1, 2, 3)),
                denom: stage.money.checked(),
                budget: 60u128.into(),
                spent: 0u128.into(),
                kept: 0u128.into(),
                left: 60u128.into(),
                ceiling: Some(Ceiling {
                    ceiling: 0u128.into(),
                    key: Some(key),
                }),
                opened_at,
                ends_at,
                state: SessionState::Open,
                lanes: vec![],
                label: Some("nightly run".to_owned()),
            }
        );
    });
}

#[test]
fn income_opens_sessions_at_once() {
    with_each_money(|mut stage| {
        let author = stage.author.clone();
        let session = stage.open(100, |session| session);
        stage.pay(session, 100);
        let before = stage.hub.ledger();
        let msg = open(&stage, stage.session(100));
        stage.hub.escrow(&author, msg).unwrap();
        stage.assert_changes(
            &before,
            &[
                ("author available $", -100),
                ("session 2 budget", 100),
                ("session 2 left", 100),
            ],
        );
    });
}
