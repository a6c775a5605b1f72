//! What a thief of a key can do: as little as the key was for.

use hub_testing::data;
use hub_testing::{rates, signing_key, KeyType, NewModel};
use hub_types::billing::{BatchResponse, Outcome, ReceiptResponse};
use hub_types::escrow::{ModelRef, Models, NewCeiling, NewSession, VoucherKey};
use hub_types::ids::{ModelId, SessionId};

use crate::fixture::{changes, nothing_settled, Fixture, CALL};

/// Attack (key theft): the thief of an attester's key signs as many receipts as the session holds money for.
/// Defence: where there is a ceiling, it takes what the caller agreed to so far and no more, and the author gets it.
#[test]
fn a_stolen_attester_key_takes_at_most_what_the_caller_agreed_to() {
    let key = signing_key(KeyType::Ed25519, 1_000);
    let ceiling = |session| NewSession {
        ceiling: Some(NewCeiling {
            key: Some(VoucherKey {
                key_type: KeyType::Ed25519,
                key: key.public_key().as_bytes().into(),
            }),
        }),
        ..session
    };
    let mut fixture = Fixture::with_session(100 * CALL, ceiling);
    let agreed = fixture.hub.voucher(&key, SessionId(1), 2 * CALL);
    let before = fixture.hub.ledger();
    let batch = fixture.batch(fixture.receipts(100));
    let msg = fixture
        .hub
        .sign_batch_with(&fixture.attester, &batch, vec![agreed]);
    let thief = fixture.stranger.clone();
    let answer: BatchResponse = data(&fixture.hub.billing(&thief, msg).unwrap());
    assert_eq!(
        answer.outcome_of_group(0),
        Some(Outcome::Partial { receipts: 2 })
    );
    let paid = 2 * CALL as i128;
    assert_eq!(
        before.diff(&fixture.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    let more = fixture.batch(fixture.receipts(1));
    assert_eq!(
        fixture.refused_batch(&more),
        nothing_settled(&[Outcome::VoucherMissing])
    );
}

/// Attack (key theft): the thief of an attester's key publishes a model of its own and charges sessions for it.
/// Defence: a session pays for the models that it lists, or none above its price limit.
#[test]
fn a_stolen_attester_key_does_not_sell_the_thiefs_model_to_sessions_that_list_another() {
    let listed = |session| NewSession {
        models: Models::Listed(vec![ModelRef {
            model: ModelId(1),
            release: None,
        }]),
        max_price: None,
        ..session
    };
    let mut fixture = Fixture::with_session(100 * CALL, listed);
    let limited = {
        let (caller, operator, money) = (
            fixture.caller.clone(),
            fixture.operator.clone(),
            fixture.money.clone(),
        );
        let limit = |session| NewSession {
            max_price: Some(rates(5, 2_000_000, 8_000_000)),
            ..session
        };
        fixture
            .hub
            .open_session(&caller, &operator, &money, 100 * CALL, limit)
    };
    let thief = fixture.stranger.clone();
    let worthless = NewModel::named("worthless")
        .price(&fixture.money, rates(100 * CALL, 0, 0))
        .release([9; 32]);
    let worthless = fixture.hub.register_model(&thief, worthless);
    for (session, outcome) in [
        (fixture.session, Outcome::ModelNotAllowed),
        (limited, Outcome::PriceAboveLimit),
    ] {
        let before = fixture.hub.ledger();
        let receipt = fixture.hub.receipt(&fixture.attester, session, worthless);
        let response = fixture.send_receipt(&receipt, 0).unwrap();
        let expected = ReceiptResponse {
            outcome,
            amount: 0u128.into(),
        };
        assert_eq!(data::<ReceiptResponse>(&response), expected);
        assert_eq!(before.diff(&fixture.hub.ledger()), []);
    }
}

/// Attack (key theft): the thief of a voucher key signs the highest ceiling there is, and receipts to go with it.
/// Defence: the key agrees and does not charge; receipts are the operator's attesters' alone, and a key that signs
/// vouchers for a session is none of them.
#[test]
fn a_stolen_voucher_key_moves_nothing() {
    let key = signing_key(KeyType::Ed25519, 1_000);
    let ceiling = |session| NewSession {
        ceiling: Some(NewCeiling {
            key: Some(VoucherKey {
                key_type: KeyType::Ed25519,
                key: key.public_key().as_bytes().into(),
            }),
        }),
        ..session
    };
    let mut fixture = Fixture::with_session(100 * CALL, ceiling);
    let thief = fixture.stranger.clone();
    // The thief makes it an attester of its own, under which the session is not served.
    let attester = fixture
        .hub
        .register_attester(&thief, KeyType::Ed25519, 1_000);
    let everything = fixture.hub.voucher(&key, SessionId(1), u128::MAX);
    let receipt = fixture
        .hub
        .receipt(&attester, fixture.session, fixture.model);
    let batch = fixture
        .hub
        .batch(&attester, hub_types::wire::Mode::Itemised, vec![receipt]);
    let msg = fixture
        .hub
        .sign_batch_with(&attester, &batch, vec![everything]);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::AttesterNotAllowed])
    );
}
