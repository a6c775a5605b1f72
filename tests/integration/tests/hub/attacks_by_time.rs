//! Cutoffs that somebody sets to take back what was already owed, and receipts that were served before them.

use hub_testing::{data, rates, terms};
use hub_types::billing::{Outcome, ReceiptResponse};
use hub_types::escrow;
use hub_types::ids::{ModelId, SessionId, TermsNumber};
use hub_types::registry::{ExecuteMsg, StatusName};

use crate::fixture::{Fixture, CALL};

const DAY: u64 = 86_400;
const GRACE: u64 = 60;

fn settle(fixture: &mut Fixture, receipt: &hub_types::wire::Receipt) -> ReceiptResponse {
    let next = fixture.next();
    data(&fixture.send_receipt(receipt, next).unwrap())
}

fn paid() -> ReceiptResponse {
    ReceiptResponse {
        outcome: Outcome::Paid,
        amount: CALL.into(),
    }
}

fn refused(outcome: Outcome) -> ReceiptResponse {
    ReceiptResponse {
        outcome,
        amount: 0u128.into(),
    }
}

/// Attack (time and grace edges): a caller closes its session once it has its answers and before the receipts arrive, to
/// have had them for nothing.
/// Defence: the end lies a minute ahead, and what was issued before it is billable for `receipt_max_age`; until then the
/// caller does not get its money back.
#[test]
fn closing_a_session_does_not_unpay_what_was_served() {
    let mut fixture = Fixture::new();
    let caller = fixture.caller.clone();
    let close = escrow::ExecuteMsg::CloseSession {
        session: SessionId(1),
    };
    fixture.hub.escrow(&caller, close).unwrap();
    let ends_at = fixture.hub.now() + GRACE;
    let mut receipt = fixture.receipts(1).remove(0);
    receipt.issued_at = ends_at - 1;
    let release = escrow::ExecuteMsg::ReleaseSession {
        session: SessionId(1),
    };
    fixture.hub.set_time(ends_at + DAY - 1);
    fixture.hub.escrow(&caller, release.clone()).unwrap_err();
    assert_eq!(settle(&mut fixture, &receipt), paid());
    fixture.hub.advance(1);
    fixture.hub.escrow(&caller, release).unwrap();
}

/// Attack (front running and stripping): an author raises its price a hundredfold just before a caller's receipts are
/// settled.
/// Defence: the rise waits for the notice, which is no shorter than a receipt is accepted; a receipt at the terms of its
/// time costs what they say, and one that names the new terms before their time is `terms_not_in_force`.
#[test]
fn a_rise_does_not_reach_what_was_served_before_it() {
    let mut fixture = Fixture::new();
    let receipt = fixture.receipts(1).remove(0);
    let terms = terms(
        &fixture.money,
        rates(500, 200_000_000, 800_000_000),
        0,
        &[(&fixture.author, 10_000)],
    );
    let author = fixture.author.clone();
    let rise = ExecuteMsg::SetTerms {
        model: ModelId(1),
        terms,
    };
    fixture.hub.registry(&author, rise).unwrap();
    let begins = fixture.hub.now() + DAY;
    let mut early = receipt.clone();
    early.terms = TermsNumber(2);
    assert_eq!(
        settle(&mut fixture, &early),
        refused(Outcome::TermsNotInForce)
    );
    // As late as a receipt is taken at all.
    fixture.hub.set_time(begins);
    assert_eq!(settle(&mut fixture, &receipt), paid());
}

/// Attack (time and grace edges): an author retires its model and brings it back, to make receipts of the time between
/// billable.
/// Defence: a model is back from a second on, and what was issued before that stays `retired`.
#[test]
fn receipts_of_a_retirement_stay_retired_when_the_model_is_back() {
    let mut fixture = Fixture::new();
    let author = fixture.author.clone();
    let set = |status| ExecuteMsg::SetStatus {
        model: ModelId(1),
        status,
    };
    fixture
        .hub
        .registry(&author, set(StatusName::Retired))
        .unwrap();
    let cutoff = fixture.hub.now() + GRACE;
    fixture.hub.set_time(cutoff + DAY);
    fixture
        .hub
        .registry(&author, set(StatusName::Active))
        .unwrap();
    let mut receipt = fixture.receipts(1).remove(0);
    for between in [cutoff, cutoff + DAY - 1] {
        receipt.issued_at = between;
        assert_eq!(settle(&mut fixture, &receipt), refused(Outcome::Retired));
    }
    receipt.issued_at = cutoff + DAY;
    assert_eq!(settle(&mut fixture, &receipt), paid());
}

/// Attack (griefing and wedging): an author cuts its price a hundred times, so that the terms of a receipt that was just
/// served are long superseded.
/// Defence: terms stay chargeable for the grace after the set that follows them began, however many follow.
#[test]
fn a_hundred_sets_of_terms_do_not_unpay_a_receipt_at_the_first() {
    let mut fixture = Fixture::new();
    let (author, money) = (fixture.author.clone(), fixture.money.clone());
    let receipt = fixture.receipts(1).remove(0);
    for _ in 0..100 {
        let terms = terms(&money, rates(0, 0, 0), 0, &[(&author, 10_000)]);
        let cut = ExecuteMsg::SetTerms {
            model: ModelId(1),
            terms,
        };
        fixture.hub.registry(&author, cut).unwrap();
    }
    fixture.hub.advance(GRACE);
    assert_eq!(settle(&mut fixture, &receipt), paid());
}
