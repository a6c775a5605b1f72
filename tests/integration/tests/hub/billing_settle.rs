//! One receipt in one transaction.

use cosmwasm_std::HexBinary;
use hub_testing::{data, event, rates, terms, BillingError, Hub, KeyType, NewModel};
use hub_types::billing::{
    BatchResponse, ExecuteMsg, Outcome, QueryMsg, RankingResponse, ReceiptResponse, UsageResponse,
};
use hub_types::escrow::{self, ModelRef, Models};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::registry::{self, StatusName};
use hub_types::wire::{BlobId, DecodeError, Purpose, Receipt};

use crate::fixture::{attributes, changes, nothing_settled, with_high_s, Fixture, CALL};

fn receipt_bytes(msg: &mut ExecuteMsg, change: impl FnOnce(&mut Vec<u8>)) {
    if let ExecuteMsg::Settle { receipt, .. } = msg {
        let mut bytes = receipt.to_vec();
        change(&mut bytes);
        *receipt = bytes.into();
    }
}

#[test]
fn malformed_receipts_are_refused() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let good = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let length = receipt.encode().len();
    for cut in 0..length {
        let mut msg = good.clone();
        receipt_bytes(&mut msg, |bytes| bytes.truncate(cut));
        let error = fixture.refused(msg);
        assert!(
            matches!(error, BillingError::MalformedReceipt(_)),
            "{cut}: {error}"
        );
    }
    let mut trailing = good.clone();
    receipt_bytes(&mut trailing, |bytes| bytes.push(0));
    assert_eq!(
        fixture.refused(trailing),
        BillingError::MalformedReceipt(DecodeError::Trailing {
            at: length,
            count: 1
        })
    );
    let mut version = good;
    receipt_bytes(&mut version, |bytes| bytes[0] = 2);
    assert!(matches!(
        fixture.refused(version),
        BillingError::MalformedReceipt(_)
    ));
}

/// Attack (cross-chain and cross-contract replay): a receipt signed for another chain, another billing, another key,
/// another number or as a voucher is presented here.
/// Defence: the signature is over a domain tag of chain id, contract and purpose, and over the number in the lane;
/// it does not verify.
#[test]
fn a_signature_of_another_chain_contract_key_sequence_or_purpose_is_refused() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let refused = BillingError::SignatureInvalid {
        attester: AttesterId(1),
    };

    let other_chain = Hub::builder().chain_id("other-1").build();
    let msg = other_chain.sign_receipt(&fixture.attester, &receipt, 0);
    assert_eq!(fixture.refused(msg), refused);

    let mut elsewhere = fixture.attester.clone();
    elsewhere.key = hub_testing::signing_key(KeyType::Secp256k1, 99);
    let msg = fixture.hub.sign_receipt(&elsewhere, &receipt, 0);
    assert_eq!(fixture.refused(msg), refused);

    let mut moved = fixture.hub.sign_receipt(&fixture.attester, &receipt, 1);
    if let ExecuteMsg::Settle { sequence, .. } = &mut moved {
        *sequence = 0;
    }
    assert_eq!(fixture.refused(moved), refused);

    let tag = fixture.hub.tag(Purpose::Voucher);
    let digest = hub_types::wire::receipt_digest(&tag, &receipt.encode(), 0);
    let msg = ExecuteMsg::Settle {
        receipt: receipt.encode().into(),
        sequence: 0,
        signature: fixture.attester.key.sign_digest(&digest).into(),
        voucher: None,
    };
    assert_eq!(fixture.refused(msg), refused);

    // The same bytes are good for billing on this chain: one signature, one door.
    let mut second = Fixture::new();
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    second.hub.billing(&second.stranger.clone(), msg).unwrap();
}

/// Attack (replay and ordering): the high-s twin of a good signature, which anybody can compute, is sent as a second
/// receipt or batch.
/// Defence: only low s is accepted, and what is settled is counted by lane, never by signature.
#[test]
fn the_other_signature_that_anybody_can_make_of_a_good_one_is_refused() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let batch = fixture.batch(vec![receipt.clone()]);
    let mut single = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let mut many = fixture.hub.sign_batch(&fixture.attester, &batch);
    for msg in [&mut single, &mut many] {
        if let ExecuteMsg::Settle { signature, .. } | ExecuteMsg::SettleBatch { signature, .. } =
            msg
        {
            *signature = with_high_s(signature);
        }
    }
    for msg in [single, many] {
        let refused = BillingError::SignatureInvalid {
            attester: AttesterId(1),
        };
        assert_eq!(fixture.refused(msg), refused);
    }
}

/// Attack (front running and stripping): a submitter changes any bit of a receipt on its way: units, session, blob,
/// hashes.
/// Defence: every byte is under the attester's signature.
#[test]
fn a_changed_bit_anywhere_in_a_receipt_is_refused() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let good = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    for place in 0..receipt.encode().len() {
        let mut msg = good.clone();
        receipt_bytes(&mut msg, |bytes| bytes[place] ^= 1);
        let error = fixture.refused(msg);
        assert!(
            matches!(
                error,
                BillingError::SignatureInvalid { .. }
                    | BillingError::MalformedReceipt(_)
                    | BillingError::UnknownAttester { .. }
                    | BillingError::FromTheFuture { .. }
            ),
            "{place}: {error}"
        );
    }
}

/// Attack (time and grace edges): receipts are dated ahead, to reach terms or sessions that do not exist yet.
/// Defence: nothing newer than block time and a minute is accepted.
#[test]
fn receipts_from_the_future_are_refused_beyond_the_skew_of_clocks() {
    let mut fixture = Fixture::new();
    let now = fixture.hub.now();
    let mut receipt = fixture.receipts(1).remove(0);
    receipt.issued_at = now + 61;
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    assert_eq!(
        fixture.refused(msg),
        BillingError::FromTheFuture {
            issued_at: now + 61,
            now,
            allowed: 60
        }
    );
    receipt.issued_at = now + 60;
    fixture.send_receipt(&receipt, 0).unwrap();
}

/// Attack (key theft): a stolen attester key signs after its operator revoked it, receipts dated before included.
/// Defence: a revoked attester settles nothing, whenever it was issued.
#[test]
fn unknown_revoked_and_long_retired_attesters_are_refused() {
    let mut fixture = Fixture::new();
    let mut receipt = fixture.receipts(1).remove(0);
    let mut unknown = fixture.attester.clone();
    unknown.id = AttesterId(9);
    receipt.attester = AttesterId(9);
    let msg = fixture.hub.sign_receipt(&unknown, &receipt, 0);
    assert_eq!(
        fixture.refused(msg),
        BillingError::UnknownAttester {
            attester: AttesterId(9),
            last: AttesterId(1)
        }
    );

    let operator = fixture.operator.clone();
    fixture
        .hub
        .billing(
            &operator,
            ExecuteMsg::Retire {
                attester: AttesterId(1),
            },
        )
        .unwrap();
    let cutoff = fixture.hub.now() + 60;
    fixture.hub.set_time(cutoff + 86_400);
    let mut receipt = fixture.receipts(1).remove(0);
    receipt.issued_at = cutoff - 1;
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    // Just not too late for the attester, but the receipt has expired by then: the number is consumed.
    let response = fixture.hub.billing(&operator, msg).unwrap();
    assert_eq!(
        data::<ReceiptResponse>(&response),
        ReceiptResponse {
            outcome: Outcome::Expired,
            amount: 0u128.into()
        }
    );
    fixture.hub.advance(1);
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 1);
    assert_eq!(
        fixture.refused(msg),
        BillingError::AttesterRetired {
            attester: AttesterId(1),
            cutoff
        }
    );

    fixture
        .hub
        .billing(
            &operator,
            ExecuteMsg::Revoke {
                attester: AttesterId(1),
            },
        )
        .unwrap();
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 1);
    assert_eq!(
        fixture.refused(msg),
        BillingError::AttesterRevoked {
            attester: AttesterId(1)
        }
    );
}

/// Attack (overflow): a receipt takes the last number there is, to push the lane past 64 bits.
/// Defence: the last number is refused, since nothing could follow.
#[test]
fn the_last_sequence_number_is_refused_since_nothing_could_follow() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let msg = fixture
        .hub
        .sign_receipt(&fixture.attester, &receipt, u64::MAX);
    assert_eq!(
        fixture.refused(msg),
        BillingError::SequenceTooLarge { sequence: u64::MAX }
    );
}

#[test]
fn a_receipt_before_its_turn_or_for_an_unknown_session_writes_nothing() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 1);
    assert_eq!(fixture.refused(msg), nothing_settled(&[Outcome::Gap]));
    let lost = Receipt {
        session: SessionId(9),
        ..receipt
    };
    let msg = fixture.hub.sign_receipt(&fixture.attester, &lost, 0);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::UnknownSession])
    );
}

/// Attack (confused deputy): a registered attester of a stranger charges a session that trusts another operator.
/// Defence: a session trusts one operator; the group is `attester_not_allowed` and writes nothing.
#[test]
fn an_attester_of_another_operator_cannot_charge_the_session() {
    let mut fixture = Fixture::new();
    let rival = fixture.hub.account("rival");
    let attester = fixture.hub.register_attester(&rival, KeyType::Ed25519, 7);
    let receipt = fixture
        .hub
        .receipt(&attester, fixture.session, fixture.model);
    let msg = fixture.hub.sign_receipt(&attester, &receipt, 0);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::AttesterNotAllowed])
    );
}

/// Attack (key theft): an operator serves a session that insists on an enclave image from a bare key.
/// Defence: the attester's measurement is compared with the session's; `attester_not_allowed`.
#[test]
fn a_session_that_insists_on_an_enclave_image_refuses_attesters_without_one() {
    let mut fixture = Fixture::with_session(CALL, |session| escrow::NewSession {
        measurement: Some([0x3e; 32].into()),
        ..session
    });
    let receipt = fixture.receipts(1).remove(0);
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    assert_eq!(
        fixture.refused(msg),
        nothing_settled(&[Outcome::AttesterNotAllowed])
    );
}

#[test]
fn a_receipt_that_the_budget_does_not_cover_waits_for_a_top_up() {
    let mut fixture = Fixture::with_session(CALL - 1, |session| session);
    let receipt = fixture.receipts(1).remove(0);
    let msg = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    assert_eq!(
        fixture.refused(msg.clone()),
        nothing_settled(&[Outcome::Exhausted])
    );

    let (caller, money) = (fixture.caller.clone(), fixture.money.clone());
    fixture.hub.give(&caller, &money, 1);
    fixture.hub.deposit(&caller, &money, 1, None, None).unwrap();
    let top_up = escrow::ExecuteMsg::TopUp {
        session: fixture.session,
        amount: 1u128.into(),
    };
    fixture.hub.escrow(&caller, top_up).unwrap();
    let response = fixture.hub.billing(&fixture.stranger.clone(), msg).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
    assert_eq!(fixture.hub.session(fixture.session).left.u128(), 0);
    fixture.hub.assert_invariants();
}

/// Sends a receipt that is refused for good: its number is consumed, nothing is charged, and the event tells.
#[track_caller]
fn consumed(fixture: &mut Fixture, receipt: &Receipt, outcome: Outcome, name: &str) {
    let sequence = fixture.next();
    let before = fixture.hub.ledger();
    let response = fixture.send_receipt(receipt, sequence).unwrap();
    assert_eq!(
        data::<ReceiptResponse>(&response),
        ReceiptResponse {
            outcome,
            amount: 0u128.into()
        }
    );
    let told = event(&response, "hub_receipt");
    assert!(
        told.contains(&("outcome".to_owned(), name.to_owned())),
        "{told:?}"
    );
    assert!(
        told.contains(&("amount".to_owned(), "0".to_owned())),
        "{told:?}"
    );
    assert_eq!(before.diff(&fixture.hub.ledger()), []);
    assert_eq!(fixture.next(), sequence + 1);
    fixture.hub.assert_invariants();
}

/// Attack (time and grace edges): an operator holds receipts back and presents them when nobody remembers.
/// Defence: beyond `receipt_max_age` a receipt is `expired`, to the second.
#[test]
fn a_receipt_expires_when_it_is_older_than_the_maximum_age() {
    let mut fixture = Fixture::new();
    let issued_at = fixture.hub.now();
    let receipt = fixture.receipts(1).remove(0);
    fixture.hub.set_time(issued_at + 86_400);
    let response = fixture.send_receipt(&receipt, 0).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
    fixture.hub.advance(1);
    consumed(&mut fixture, &receipt, Outcome::Expired, "expired");
}

#[test]
fn receipts_of_a_retired_attester_are_billed_if_issued_before_the_cutoff() {
    let mut fixture = Fixture::new();
    let cutoff = fixture.hub.now() + 60;
    let retire = ExecuteMsg::Retire {
        attester: AttesterId(1),
    };
    fixture
        .hub
        .billing(&fixture.operator.clone(), retire)
        .unwrap();
    fixture.hub.set_time(cutoff + 10);
    let mut receipt = fixture.receipts(1).remove(0);
    receipt.issued_at = cutoff;
    consumed(
        &mut fixture,
        &receipt,
        Outcome::AttesterRetired,
        "attester_retired",
    );
    receipt.issued_at = cutoff - 1;
    let response = fixture.send_receipt(&receipt, 1).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
}

/// Attack (time and grace edges): receipts dated before the session opened or after it ended are charged to it.
/// Defence: the session's own interval decides, with the grace at its beginning only.
#[test]
fn receipts_outside_the_time_of_the_session_are_closed() {
    let mut fixture = Fixture::new();
    let opened = fixture.hub.now();
    let mut receipt = fixture.receipts(1).remove(0);

    // Before it opened, beyond the grace. The terms are older than that, so only the session stands in the way.
    fixture.hub.advance(1_000);
    let late = fixture.hub.open_session(
        &fixture.caller.clone(),
        &fixture.operator.clone(),
        &fixture.money.clone(),
        CALL,
        |s| s,
    );
    receipt.session = late;
    receipt.issued_at = opened + 1_000 - 61;
    fixture.session = late;
    consumed(&mut fixture, &receipt, Outcome::Closed, "closed");
    receipt.issued_at += 1;
    assert_eq!(
        data::<ReceiptResponse>(&fixture.send_receipt(&receipt, 1).unwrap()).outcome,
        Outcome::Paid
    );

    // From the close on, after the grace.
    let close = escrow::ExecuteMsg::CloseSession {
        session: SessionId(1),
    };
    fixture.hub.escrow(&fixture.caller.clone(), close).unwrap();
    let ends_at = fixture.hub.now() + 60;
    fixture.hub.set_time(ends_at + 5);
    fixture.session = SessionId(1);
    receipt.session = SessionId(1);
    receipt.issued_at = ends_at;
    consumed(&mut fixture, &receipt, Outcome::Closed, "closed");
    receipt.issued_at = ends_at - 1;
    assert_eq!(
        data::<ReceiptResponse>(&fixture.send_receipt(&receipt, 1).unwrap()).outcome,
        Outcome::Paid
    );
}

#[test]
fn a_session_that_lists_models_refuses_others_and_other_releases() {
    let mut fixture = Fixture::with_session(10 * CALL, |session| escrow::NewSession {
        models: Models::Listed(vec![
            ModelRef {
                model: ModelId(1),
                release: Some(ReleaseNumber(2)),
            },
            ModelRef {
                model: ModelId(3),
                release: None,
            },
        ]),
        max_price: None,
        ..session
    });
    let author = fixture.author.clone();
    fixture.hub.publish(&author, ModelId(1), [8; 32]);
    let receipt = fixture.receipts(1).remove(0);
    assert_eq!(receipt.release, ReleaseNumber(2));
    fixture.send_receipt(&receipt, 0).unwrap();
    let older = Receipt {
        release: ReleaseNumber(1),
        blob_id: BlobId::from_bytes([7; 32]),
        ..receipt.clone()
    };
    consumed(
        &mut fixture,
        &older,
        Outcome::ModelNotAllowed,
        "model_not_allowed",
    );
    let unlisted = Receipt {
        model: ModelId(2),
        ..receipt.clone()
    };
    consumed(
        &mut fixture,
        &unlisted,
        Outcome::ModelNotAllowed,
        "model_not_allowed",
    );
    let listed_but_unknown = Receipt {
        model: ModelId(3),
        ..receipt
    };
    consumed(
        &mut fixture,
        &listed_but_unknown,
        Outcome::UnknownModel,
        "unknown_model",
    );
}

/// Attack (confused deputy): a receipt for one blob is charged as a release of another, dearer model.
/// Defence: a single receipt's blob id is checked against the release that it names.
#[test]
fn unknown_models_releases_blobs_and_terms_are_refused_for_good() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    for (bad, outcome, name) in [
        (
            Receipt {
                model: ModelId(2),
                ..receipt.clone()
            },
            Outcome::UnknownModel,
            "unknown_model",
        ),
        (
            Receipt {
                model: ModelId(0),
                ..receipt.clone()
            },
            Outcome::UnknownModel,
            "unknown_model",
        ),
        (
            Receipt {
                release: ReleaseNumber(0),
                ..receipt.clone()
            },
            Outcome::UnknownRelease,
            "unknown_release",
        ),
        (
            Receipt {
                release: ReleaseNumber(2),
                ..receipt.clone()
            },
            Outcome::UnknownRelease,
            "unknown_release",
        ),
        (
            Receipt {
                release: ReleaseNumber::MAX,
                ..receipt.clone()
            },
            Outcome::UnknownRelease,
            "unknown_release",
        ),
        (
            Receipt {
                blob_id: BlobId::from_bytes([8; 32]),
                ..receipt.clone()
            },
            Outcome::UnknownRelease,
            "unknown_release",
        ),
        (
            Receipt {
                terms: TermsNumber(0),
                ..receipt.clone()
            },
            Outcome::UnknownTerms,
            "unknown_terms",
        ),
        (
            Receipt {
                terms: TermsNumber(2),
                ..receipt.clone()
            },
            Outcome::UnknownTerms,
            "unknown_terms",
        ),
    ] {
        consumed(&mut fixture, &bad, outcome, name);
    }
}

#[test]
fn terms_are_charged_only_while_they_are_in_force() {
    let mut fixture = Fixture::new();
    let (author, money) = (fixture.author.clone(), fixture.money.clone());
    let receipt = fixture.receipts(1).remove(0);
    let paid = |fixture: &mut Fixture, receipt: &Receipt| {
        let sequence = fixture.next();
        data::<ReceiptResponse>(&fixture.send_receipt(receipt, sequence).unwrap())
            .amount
            .u128()
    };

    // First terms reach back over the grace, for attesters whose clocks are slow, and no further.
    fixture.hub.advance(100);
    let late = NewModel::named("late")
        .price(&money, rates(7, 0, 0))
        .release([9; 32]);
    let late = fixture.hub.register_model(&author, late);
    let registered = fixture.hub.now();
    let called = |fixture: &Fixture, issued_at| Receipt {
        issued_at,
        ..fixture
            .hub
            .receipt(&fixture.attester, fixture.session, late)
    };
    let too_early = called(&fixture, registered - 61);
    consumed(
        &mut fixture,
        &too_early,
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
    let in_the_grace = called(&fixture, registered - 60);
    assert_eq!(paid(&mut fixture, &in_the_grace), 7);

    // A cut: both can be charged in the grace, then only the new ones.
    fixture.hub.advance(100);
    let cut = terms(
        &money,
        rates(1, 2_000_000, 8_000_000),
        0,
        &[(&author, 10_000)],
    );
    let created = fixture.hub.set_terms(&author, fixture.model, cut);
    let superseded_at = fixture.hub.now() + 60;
    assert_eq!(
        (created.terms, created.effective_from),
        (TermsNumber(2), superseded_at - 60)
    );
    fixture.hub.set_time(superseded_at + 1);
    let old = |issued_at| Receipt {
        terms: TermsNumber(1),
        issued_at,
        ..receipt.clone()
    };
    let new = |issued_at| Receipt {
        terms: TermsNumber(2),
        issued_at,
        ..receipt.clone()
    };
    assert_eq!(paid(&mut fixture, &old(superseded_at - 1)), CALL);
    assert_eq!(paid(&mut fixture, &new(superseded_at - 60)), CALL - 4);
    consumed(
        &mut fixture,
        &old(superseded_at),
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
    consumed(
        &mut fixture,
        &new(superseded_at - 61),
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );

    // A rise waits for its notice; while pending it cannot be charged, and replaced it never can.
    let rise = |per_call| {
        terms(
            &money,
            rates(per_call, 2_000_000, 8_000_000),
            0,
            &[(&author, 10_000)],
        )
    };
    fixture.hub.set_terms(&author, fixture.model, rise(50));
    let replaced = fixture.hub.set_terms(&author, fixture.model, rise(20));
    assert_eq!(replaced.terms, TermsNumber(4));
    let now = fixture.hub.now();
    let third = Receipt {
        terms: TermsNumber(3),
        issued_at: now,
        ..receipt.clone()
    };
    let fourth = Receipt {
        terms: TermsNumber(4),
        issued_at: now,
        ..receipt.clone()
    };
    consumed(
        &mut fixture,
        &third,
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
    consumed(
        &mut fixture,
        &fourth,
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
    fixture.hub.set_time(replaced.effective_from);
    let third = Receipt {
        issued_at: replaced.effective_from,
        ..third
    };
    let fourth = Receipt {
        issued_at: replaced.effective_from,
        ..fourth
    };
    consumed(
        &mut fixture,
        &third,
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
    assert_eq!(paid(&mut fixture, &fourth), CALL + 15);
    consumed(
        &mut fixture,
        &new(replaced.effective_from),
        Outcome::TermsNotInForce,
        "terms_not_in_force",
    );
}

#[test]
fn a_retired_model_is_paid_for_receipts_issued_before_the_cutoff_only() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    let status = |status| registry::ExecuteMsg::SetStatus {
        model: ModelId(1),
        status,
    };
    fixture
        .hub
        .registry(&author, status(StatusName::Retired))
        .unwrap();
    let cutoff = fixture.hub.now() + 60;
    fixture.hub.set_time(cutoff + 1);
    let mut receipt = fixture.receipts(1).remove(0);
    receipt.issued_at = cutoff;
    consumed(&mut fixture, &receipt, Outcome::Retired, "retired");
    receipt.issued_at = cutoff - 1;
    fixture.send_receipt(&receipt, 1).unwrap();

    fixture.hub.set_time(cutoff + 86_400);
    fixture
        .hub
        .registry(&author, status(StatusName::Active))
        .unwrap();
    receipt.issued_at = fixture.hub.now() - 1;
    consumed(&mut fixture, &receipt, Outcome::Retired, "retired");
    receipt.issued_at += 1;
    let response = fixture.send_receipt(&receipt, 3).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
}

#[test]
fn a_delisted_model_is_still_paid() {
    let mut fixture = Fixture::new();
    let delist = registry::ExecuteMsg::SetStatus {
        model: ModelId(1),
        status: StatusName::Delisted,
    };
    fixture
        .hub
        .registry(&fixture.author.clone(), delist)
        .unwrap();
    let receipt = fixture.receipts(1).remove(0);
    let response = fixture.send_receipt(&receipt, 0).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
}

#[test]
fn a_model_priced_in_another_denomination_is_refused_for_good() {
    let mut fixture = Fixture::new();
    let token = fixture.hub.money_cw20();
    let in_tokens = NewModel::named("in-tokens")
        .price(&token, rates(1, 0, 0))
        .release([9; 32]);
    let model = fixture
        .hub
        .register_model(&fixture.author.clone(), in_tokens);
    let receipt = fixture
        .hub
        .receipt(&fixture.attester, fixture.session, model);
    consumed(&mut fixture, &receipt, Outcome::WrongDenom, "wrong_denom");
}

/// Attack (front running and stripping): an author raises one component of a price to drain sessions that are open
/// for any model.
/// Defence: every component is held against the session's own limit; `price_above_limit`.
#[test]
fn every_component_of_the_price_is_held_against_the_limit() {
    for limit in [
        rates(4, 2_000_000, 8_000_000),
        rates(5, 1_999_999, 8_000_000),
        rates(5, 2_000_000, 7_999_999),
    ] {
        let mut fixture = Fixture::with_session(10 * CALL, |session| escrow::NewSession {
            max_price: Some(limit),
            ..session
        });
        let receipt = fixture.receipts(1).remove(0);
        consumed(
            &mut fixture,
            &receipt,
            Outcome::PriceAboveLimit,
            "price_above_limit",
        );
    }
    let mut fixture = Fixture::with_session(10 * CALL, |session| escrow::NewSession {
        max_price: Some(rates(5, 2_000_000, 8_000_000)),
        ..session
    });
    let receipt = fixture.receipts(1).remove(0);
    let response = fixture.send_receipt(&receipt, 0).unwrap();
    assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
}

/// Attack (overflow): units and prices are chosen so that their product passes 128 bits.
/// Defence: amounts are computed in 256 bits; beyond 128 the group is `overflow` and nothing is charged.
#[test]
fn an_amount_beyond_128_bits_is_refused_for_good() {
    let mut fixture = Fixture::new();
    let huge = NewModel::named("huge")
        .price(&fixture.money, rates(u128::MAX, 1, 0))
        .release([9; 32]);
    let model = fixture.hub.register_model(&fixture.author.clone(), huge);
    let receipt = fixture
        .hub
        .receipt(&fixture.attester, fixture.session, model);
    consumed(&mut fixture, &receipt, Outcome::Overflow, "overflow");
}

/// Attack (replay and ordering): a settled receipt is sent again, to be paid twice.
/// Defence: the lane stands behind it: nothing is written, nothing emitted.
#[test]
fn a_receipt_is_billed_once_and_its_replay_changes_and_emits_nothing() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    fixture.send_receipt(&receipt, 0).unwrap();
    let before = fixture.hub.snapshot();
    let response = fixture.send_receipt(&receipt, 0).unwrap();
    before.assert_unchanged(&fixture.hub);
    assert_eq!(
        data::<ReceiptResponse>(&response),
        ReceiptResponse {
            outcome: Outcome::Stale,
            amount: 0u128.into()
        }
    );
    assert!(response
        .events
        .iter()
        .all(|event| !event.ty.starts_with("wasm-")));
}

#[test]
fn one_receipt_pays_author_payees_and_operator_in_full_in_one_transaction() {
    for key_type in [KeyType::Secp256k1, KeyType::Ed25519] {
        for cw20 in [false, true] {
            let mut hub = Hub::new();
            let [author, backer, caller, operator, stranger] =
                ["author", "backer", "caller", "operator", "stranger"]
                    .map(|name| hub.account(name));
            let money = if cw20 {
                hub.money_cw20()
            } else {
                hub.money_native()
            };
            let shared = NewModel::named("shared")
                .price(&money, rates(10_000, 0, 0))
                .operator_bps(500)
                .payees(&[(&author, 7_000), (&backer, 2_500)])
                .release([7; 32]);
            let model = hub.register_model(&author, shared);
            let session = hub.open_session(&caller, &operator, &money, 25_000, |session| session);
            let attester = hub.register_attester(&operator, key_type, 1);
            let receipt = hub.receipt(&attester, session, model);
            let before = hub.ledger();
            let msg = hub.sign_receipt(&attester, &receipt, 0);
            let response = hub.billing(&stranger, msg).unwrap();
            let name = hub.money_name(&money);
            let entry = |account: &str, what: &str| format!("{account} {what} {name}");
            let mut expected = vec![
                (entry("author", "available"), 7_000),
                (entry("author", "earned"), 7_000),
                (entry("backer", "available"), 2_500),
                (entry("backer", "earned"), 2_500),
                (entry("operator", "available"), 500),
                (entry("operator", "earned"), 500),
                ("session 1 left".to_owned(), -10_000),
                ("session 1 spent".to_owned(), 10_000),
            ];
            expected.sort();
            assert_eq!(before.diff(&hub.ledger()), expected);
            hub.assert_invariants();
            assert_eq!(
                event(&response, "hub_receipt"),
                attributes(&[
                    ("attester", "1"),
                    ("session", "1"),
                    ("sequence", "0"),
                    ("caller", caller.as_str()),
                    ("model", "1"),
                    ("release", "1"),
                    ("terms", "1"),
                    ("blob_id", &receipt.blob_id.to_string()),
                    ("request_id", &HexBinary::from(&receipt.request_id).to_hex()),
                    ("issued_at", &receipt.issued_at.to_string()),
                    ("units_in", "1000"),
                    ("units_out", "200"),
                    (
                        "request_hash",
                        &HexBinary::from(&receipt.request_hash).to_hex()
                    ),
                    (
                        "response_hash",
                        &HexBinary::from(&receipt.response_hash).to_hex()
                    ),
                    ("outcome", "paid"),
                    ("amount", "10000"),
                    ("denom", &money.checked().to_string()),
                ])
            );
        }
    }
}

/// Attack (market-number fakes): calls are invented at a price of nothing.
/// Defence: they are counted as free calls, apart, and rank nowhere.
#[test]
fn a_free_model_is_recorded_and_moves_nothing() {
    let mut fixture = Fixture::new();
    let free = NewModel::named("free")
        .price(&fixture.money, rates(0, 0, 0))
        .release([9; 32]);
    let model = fixture.hub.register_model(&fixture.author.clone(), free);
    let receipt = fixture
        .hub
        .receipt(&fixture.attester, fixture.session, model);
    let before = fixture.hub.ledger();
    let response = fixture.send_receipt(&receipt, 0).unwrap();
    assert_eq!(
        data::<ReceiptResponse>(&response),
        ReceiptResponse {
            outcome: Outcome::Paid,
            amount: 0u128.into()
        }
    );
    assert_eq!(before.diff(&fixture.hub.ledger()), changes(&[]));
    assert_eq!(fixture.next(), 1);

    let denom = fixture.money.unchecked();
    let usage: UsageResponse = fixture
        .hub
        .query_billing(QueryMsg::Usage {
            model,
            denom: denom.clone(),
        })
        .unwrap();
    assert_eq!((usage.sums.calls, usage.sums.free_calls), (0, 1));
    let ranking: RankingResponse = fixture
        .hub
        .query_billing(QueryMsg::Ranking {
            denom,
            start_after: None,
            limit: None,
        })
        .unwrap();
    assert_eq!(ranking.models, []);

    // A batch of them has no gross in any denomination: a sum of nothing is not stated.
    let calls = fixture
        .hub
        .receipts(&fixture.attester, fixture.session, model, 2, |_, _| {});
    let answer: BatchResponse = data(&fixture.send(&fixture.batch(calls)).unwrap());
    assert_eq!((answer.paid, answer.gross), (2, vec![]));
}
