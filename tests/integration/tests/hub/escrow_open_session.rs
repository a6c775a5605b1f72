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

use crate::escrow_fixture::{measurement, with_each_money, Fixture};

fn open(fixture: &Fixture, session: NewSession) -> ExecuteMsg {
    ExecuteMsg::OpenSession {
        denom: fixture.money.unchecked(),
        session,
    }
}

/// A fixture in which alice has 100 available.
fn funded() -> Fixture {
    let mut fixture = Fixture::native();
    fixture.fund(&fixture.alice.clone(), 100);
    fixture
}

#[track_caller]
fn refusal(fixture: &mut Fixture, change: impl FnOnce(NewSession) -> NewSession) -> EscrowError {
    let (alice, session) = (fixture.alice.clone(), change(fixture.session(50)));
    let msg = open(fixture, session);
    fixture.refused(&alice, msg)
}

/// Attack (overdraft and double spending): one balance is promised to two operators.
/// Defence: opening a session moves the budget out of the available balance.
#[test]
fn nobody_reserves_more_than_is_available() {
    with_each_money(|mut fixture| {
        let (alice, bob) = (fixture.alice.clone(), fixture.bob.clone());
        // The escrow does not know the money yet, then bob has none of it, then alice too little.
        let msg = open(&fixture, fixture.session(101));
        let short_of = |available: u128| EscrowError::InsufficientFunds {
            available: available.into(),
            needed: 101u128.into(),
        };
        assert_eq!(fixture.refused(&alice, msg.clone()), short_of(0));
        fixture.fund(&alice, 100);
        assert_eq!(fixture.refused(&bob, msg.clone()), short_of(0));
        assert_eq!(fixture.refused(&alice, msg), short_of(100));
    });
}

#[test]
fn a_denomination_must_be_a_coin_or_a_token() {
    let mut fixture = Fixture::native();
    let alice = fixture.alice.clone();
    let session = fixture.session(1);
    let mut refusal = |money: Money| {
        let denom = money.unchecked();
        let session = session.clone();
        fixture.refused(&alice, ExecuteMsg::OpenSession { denom, session })
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
    let mut fixture = funded();
    match refusal(&mut fixture, |session| NewSession {
        operator: "operator".to_owned(),
        ..session
    }) {
        EscrowError::NotAnAddress { field, address, .. } => {
            assert_eq!((field, address.as_str()), ("operator", "operator"));
        }
        other => panic!("{other:?}"),
    }
    let escrow = fixture.hub.escrow.to_string();
    let error = refusal(&mut fixture, |session| NewSession {
        operator: escrow,
        ..session
    });
    assert_eq!(error, EscrowError::EscrowItself { field: "operator" });
}

#[test]
fn limits_are_stated_in_full_and_in_the_right_form() {
    let mut fixture = funded();
    let now = fixture.hub.now();
    let error = refusal(&mut fixture, |session| NewSession {
        max_price: None,
        ..session
    });
    assert_eq!(error, EscrowError::NoPriceLimit);
    let error = refusal(&mut fixture, |session| NewSession {
        models: Models::Listed(vec![]),
        ..session
    });
    assert_eq!(error, EscrowError::ModelCount { count: 0 });
    let error = refusal(&mut fixture, |session| NewSession {
        budget: 0u128.into(),
        ..session
    });
    assert_eq!(error, EscrowError::Zero { field: "budget" });
    let error = refusal(&mut fixture, |session| NewSession {
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
        let error = refusal(&mut fixture, |session| NewSession {
            measurement: Some(HexBinary::from(vec![7; length])),
            ..session
        });
        let field = "measurement";
        assert_eq!(error, HashError { field, length }.into());
    }
    let field = "label";
    let error = refusal(&mut fixture, |session| NewSession {
        label: Some("x".repeat(65)),
        ..session
    });
    let (length, max) = (65, 64);
    assert_eq!(error, TextError::TooLong { field, length, max }.into());
    for (label, code_point) in [("a\nb", 10), ("a\u{202e}b", 0x202e), ("\u{3164}", 0x3164)] {
        let error = refusal(&mut fixture, |session| NewSession {
            label: Some(label.to_owned()),
            ..session
        });
        assert_eq!(error, TextError::Unseen { field, code_point }.into());
    }
    let error = refusal(&mut fixture, |session| NewSession {
        label: Some("  ".to_owned()),
        ..session
    });
    assert_eq!(error, TextError::Blank { field }.into());
}

#[test]
fn a_voucher_key_has_the_form_of_its_type() {
    let mut fixture = funded();
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
        let found = refusal(&mut fixture, |session| NewSession {
            ceiling: Some(NewCeiling { key: Some(key) }),
            ..session
        });
        assert_eq!(found, error.into());
    }
}

#[test]
fn a_session_reserves_its_budget_and_shows_what_was_agreed() {
    with_each_money(|mut fixture| {
        let (alice, operator) = (fixture.alice.clone(), fixture.operator.clone());
        fixture.fund(&alice, 100);
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
            ..fixture.session(60)
        };
        let (opened_at, ends_at) = (fixture.hub.now(), session.expires_at);

        let before = fixture.hub.ledger();
        let msg = open(&fixture, session);
        let response = fixture.hub.escrow(&alice, msg).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("alice available $", -60),
                ("session 1 budget", 60),
                ("session 1 left", 60),
            ],
        );
        fixture.assert_events(
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
            fixture.hub.session(SessionId(1)),
            SessionResponse {
                session: SessionId(1),
                caller: alice.clone(),
                funder: alice,
                operator,
                measurement: Some(measurement()),
                models,
                max_price: Some(rates(1, 2, 3)),
                denom: fixture.money.checked(),
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
    with_each_money(|mut fixture| {
        let author = fixture.author.clone();
        let session = fixture.open(100, |session| session);
        fixture.pay(session, 100);
        let before = fixture.hub.ledger();
        let msg = open(&fixture, fixture.session(100));
        fixture.hub.escrow(&author, msg).unwrap();
        fixture.assert_changes(
            &before,
            &[
                ("author available $", -100),
                ("session 2 budget", 100),
                ("session 2 left", 100),
            ],
        );
    });
}
