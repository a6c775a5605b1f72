//! Ceilings: what callers agreed to pay, by voucher or by message.

use cosmwasm_std::Binary;
use hub_testing::{data, signing_key, Hub, KeyType};
use hub_types::billing::{BatchResponse, ExecuteMsg, Outcome, ReceiptResponse};
use hub_types::escrow::{self, NewCeiling, NewSession, VoucherKey};
use hub_types::ids::SessionId;
use hub_types::wire::{SignedVoucher, SigningKey};

use crate::fixture::{nothing_settled, with_high_s, Fixture, CALL};

fn caller_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 1_000)
}

fn with_ceiling(key: Option<&SigningKey>) -> impl FnOnce(NewSession) -> NewSession {
    let key = key.map(|key| {
        let public = key.public_key();
        VoucherKey {
            key_type: public.key_type().into(),
            key: public.as_bytes().into(),
        }
    });
    move |session| NewSession {
        ceiling: Some(NewCeiling { key }),
        ..session
    }
}

fn ceiling(fixture: &Fixture) -> u128 {
    fixture
        .hub
        .session(SessionId(1))
        .ceiling
        .unwrap()
        .ceiling
        .u128()
}

/// A batch of ten receipts under vouchers.
fn under(fixture: &Fixture, vouchers: Vec<SignedVoucher>) -> ExecuteMsg {
    let batch = fixture.batch(fixture.receipts(10));
    fixture
        .hub
        .sign_batch_with(&fixture.attester, &batch, vouchers)
}

/// Attack (overdraft and double spending): an operator charges a session with a ceiling before the caller agreed to
/// anything.
/// Defence: the ceiling starts at nothing; `voucher_missing` writes nothing.
#[test]
fn without_a_voucher_nothing_is_charged() {
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&caller_key())));
    let msg = under(&fixture, vec![]);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::VoucherMissing])
    );
    let receipt = fixture.receipts(1).remove(0);
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::VoucherMissing])
    );
}

/// Attack (front running and stripping): a stranger appends forged vouchers to make a batch fail.
/// Defence: vouchers that do not verify are ignored, never an error.
#[test]
fn vouchers_that_do_not_verify_are_ignored() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let other_chain = Hub::builder().chain_id("other-1").build();
    let good = fixture.hub.voucher(&key, SessionId(1), 10 * CALL);
    let changed = |change: &dyn Fn(&mut SignedVoucher)| {
        let mut voucher = good;
        change(&mut voucher);
        voucher
    };
    let bad = vec![
        fixture.hub.voucher(
            &signing_key(KeyType::Ed25519, 1_001),
            SessionId(1),
            10 * CALL,
        ),
        other_chain.voucher(&key, SessionId(1), 10 * CALL),
        changed(&|signed| signed.voucher.ceiling = u128::MAX),
        changed(&|signed| signed.voucher.session = SessionId(2)),
        changed(&|signed| signed.signature = [0; 64]),
        fixture.hub.voucher(&key, SessionId(2), 10 * CALL),
        fixture.hub.voucher(&key, SessionId(1), 0),
    ];
    let msg = under(&fixture, bad.clone());
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::VoucherMissing])
    );

    // Among bad ones, the good one counts.
    let msg = under(&fixture, bad.into_iter().chain([good]).collect());
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(data::<BatchResponse>(&response).paid, 10);
    fixture.hub.assert_invariants();
}

/// Attack (griefing and wedging): a submitter puts rubbish where vouchers belong, to spoil a batch that it is handed.
/// Defence: what is no signed voucher is passed over, and the good one beside it counts.
#[test]
fn bytes_that_are_no_signed_voucher_are_ignored_wherever_they_stand() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let good = fixture.hub.voucher(&key, SessionId(1), 10 * CALL).encode();
    let bad: Vec<Binary> = [
        &[],
        &good[..good.len() - 1],
        &[good.as_slice(), &[0]].concat(),
        &[&[2], &good[1..]].concat(),
        // The voucher alone, and its session in a longer form.
        &good[..good.len() - 64],
        &[&[1, 0x81, 0], &good[2..]].concat(),
    ]
    .map(Binary::from)
    .to_vec();
    let with = |fixture: &Fixture, all: Vec<Binary>| {
        let mut msg = under(fixture, vec![]);
        if let ExecuteMsg::SettleBatch { vouchers, .. } = &mut msg {
            *vouchers = all;
        }
        msg
    };
    let nothing = nothing_settled(&[Outcome::VoucherMissing]);
    let msg = with(&fixture, bad.clone());
    assert_eq!(fixture.refused(msg), nothing);
    for bytes in &bad {
        let receipt = fixture.receipts(1).remove(0);
        let mut msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
        if let ExecuteMsg::Settle { voucher, .. } = &mut msg {
            *voucher = Some(bytes.clone());
        }
        assert_eq!(fixture.refused(msg), nothing);
    }

    let msg = with(&fixture, bad.into_iter().chain([good.into()]).collect());
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(data::<BatchResponse>(&response).paid, 10);
}

/// Attack (replay and ordering): a voucher's signature is flipped to its high-s twin.
/// Defence: only low s verifies; the twin raises nothing.
#[test]
fn a_voucher_with_a_high_s_is_ignored() {
    let key = signing_key(KeyType::Secp256k1, 1_000);
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let mut voucher = fixture.hub.voucher(&key, SessionId(1), 10 * CALL);
    let high = with_high_s(&Binary::from(voucher.signature));
    voucher.signature = high.as_slice().try_into().unwrap();
    let msg = under(&fixture, vec![voucher]);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::VoucherMissing])
    );
}

#[test]
fn of_several_vouchers_the_highest_that_verifies_counts() {
    for key_type in [KeyType::Secp256k1, KeyType::Ed25519] {
        let key = signing_key(key_type, 1_000);
        let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
        let vouchers = [3, 5, 4]
            .map(|calls| fixture.hub.voucher(&key, SessionId(1), calls * CALL + 1))
            .to_vec();
        let msg = under(&fixture, vouchers);
        let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
        let answer: BatchResponse = data(&response);
        assert_eq!(
            answer.outcome_of_group(0),
            Some(Outcome::Partial { receipts: 5 })
        );
        assert_eq!(ceiling(&fixture), 5 * CALL + 1);
        fixture.hub.assert_invariants();
    }
}

/// Attack (front running and stripping): an old voucher is sent after a newer one, to take back what was agreed.
/// Defence: a ceiling never falls.
#[test]
fn a_voucher_lower_than_before_neither_lowers_the_ceiling_nor_fails() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let high = fixture.hub.voucher(&key, SessionId(1), 12 * CALL);
    let msg = under(&fixture, vec![high]);
    fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    let low = fixture.hub.voucher(&key, SessionId(1), 11 * CALL);
    let msg = under(&fixture, vec![low]);
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    let answer: BatchResponse = data(&response);
    assert_eq!(
        answer.outcome_of_group(0),
        Some(Outcome::Partial { receipts: 2 })
    );
    assert_eq!(ceiling(&fixture), 12 * CALL);
}

#[test]
fn a_voucher_alone_changes_nothing() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let voucher = fixture.hub.voucher(&key, SessionId(1), 10 * CALL);
    let mut batch = fixture.batch(fixture.receipts(10));
    batch.groups[0].sequence = 3;
    let msg = fixture
        .hub
        .sign_batch_with(&fixture.attester, &batch, vec![voucher]);
    assert_eq!(fixture.refused(msg), nothing_settled(&[Outcome::Gap]));
    assert_eq!(ceiling(&fixture), 0);
}

/// Attack (overdraft and double spending): a caller signs a voucher for more than its session holds.
/// Defence: budget and ceiling bind, each for itself.
#[test]
fn a_voucher_above_the_budget_still_pays_only_the_budget() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(4 * CALL, with_ceiling(Some(&key)));
    let voucher = fixture.hub.voucher(&key, SessionId(1), u128::MAX);
    let msg = under(&fixture, vec![voucher]);
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(
        data::<BatchResponse>(&response).outcome_of_group(0),
        Some(Outcome::Partial { receipts: 4 })
    );
    assert_eq!(ceiling(&fixture), u128::MAX);
    fixture.hub.assert_invariants();
}

#[test]
fn a_single_receipt_takes_a_voucher_along() {
    let key = caller_key();
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(Some(&key)));
    let receipt = fixture.receipts(1).remove(0);
    let mut msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let signed = fixture.hub.voucher(&key, SessionId(1), CALL);
    if let ExecuteMsg::Settle { voucher, .. } = &mut msg {
        *voucher = Some(signed.encode().into());
    }
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).amount.u128(), CALL);
    assert_eq!(ceiling(&fixture), CALL);
}

#[test]
fn without_a_key_only_messages_of_the_caller_raise_the_ceiling() {
    let mut fixture = Fixture::with_session(100 * CALL, with_ceiling(None));
    let voucher = fixture.hub.voucher(&caller_key(), SessionId(1), 10 * CALL);
    let msg = under(&fixture, vec![voucher]);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::VoucherMissing])
    );
    let raise = escrow::ExecuteMsg::RaiseCeiling {
        session: SessionId(1),
        ceiling: (2 * CALL).into(),
    };
    fixture.hub.escrow(&fixture.caller.clone(), raise).unwrap();
    let msg = under(&fixture, vec![]);
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(
        data::<BatchResponse>(&response).outcome_of_group(0),
        Some(Outcome::Partial { receipts: 2 })
    );
}

#[test]
fn a_session_without_a_ceiling_ignores_vouchers() {
    let mut fixture = Fixture::new();
    let voucher = fixture.hub.voucher(&caller_key(), SessionId(1), CALL);
    let msg = under(&fixture, vec![voucher]);
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(data::<BatchResponse>(&response).paid, 10);
    assert_eq!(fixture.hub.session(SessionId(1)).ceiling, None);
}
