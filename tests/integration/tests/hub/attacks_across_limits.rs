//! Groups that lie on both sides of a limit, and what somebody gains by making them so: nothing.

use hub_testing::{data, event, rates, NewModel};
use hub_types::billing::{BatchResponse, ExecuteMsg, Outcome};
use hub_types::escrow;
use hub_types::ids::{AttesterId, ModelId, SessionId, TermsNumber};
use hub_types::registry::{self, StatusName};
use hub_types::wire::{Batch, Mode, Receipt};

use crate::fixture::{attributes, changes, nothing_settled, Fixture, CALL};

const GRACE: u64 = 60;
const BOTH: [Mode; 2] = [Mode::Itemised, Mode::Netted];

fn outcomes(response: &BatchResponse) -> Vec<Outcome> {
    response.outcomes_of_groups().collect()
}

/// Receipts of which each was issued a second after the one before it, the last at `newest`.
fn receipts_until(fixture: &Fixture, count: u64, newest: u64) -> Vec<Receipt> {
    let numbered = |place, receipt: &mut Receipt| receipt.issued_at = newest - (count - 1 - place);
    fixture.hub.receipts(
        &fixture.attester,
        fixture.session,
        fixture.model,
        count,
        numbered,
    )
}

/// What became of a batch that changes something.
#[track_caller]
fn settled(fixture: &mut Fixture, mode: Mode, receipts: &[Receipt]) -> (Vec<Outcome>, u64) {
    let batch = fixture
        .hub
        .batch(&fixture.attester, mode, receipts.to_vec());
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    (outcomes(&answer), answer.paid)
}

/// Ten receipts of which a limit at `limit` refuses those from there on, or those before it, with `outcome`: together they
/// wait, cut at the limit the good ones are paid.
#[track_caller]
fn is_cured_by_a_cut(fixture: &mut Fixture, mode: Mode, limit: u64, outcome: Outcome, late: bool) {
    let receipts = receipts_until(fixture, 10, limit + 2);
    let (before, after) = receipts.split_at(7);
    assert_eq!(after[0].issued_at, limit);
    let batch = fixture.hub.batch(&fixture.attester, mode, receipts.clone());
    assert_eq!(
        fixture.refused_batch(&batch),
        nothing_settled(&[Outcome::Straddles])
    );

    let ledger = fixture.hub.ledger();
    let refused = (vec![outcome], 0);
    let [first, second] = match late {
        true => [(vec![Outcome::Paid], 7), refused],
        false => [refused, (vec![Outcome::Paid], 3)],
    };
    assert_eq!(settled(fixture, mode, before), first);
    assert_eq!(settled(fixture, mode, after), second);
    let paid = (first.1 + second.1) as i128 * CALL as i128;
    assert_eq!(
        ledger.diff(&fixture.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    assert_eq!(fixture.next(), 10);
    fixture.hub.assert_invariants();
}

/// Attack (griefing and wedging): a caller asks for a job of more than a minute and closes its session meanwhile, so that
/// its last receipt comes too late and voids all others of its group.
/// Defence: the group is `straddles` and writes nothing; cut at the end of the session, what was issued before it is paid.
#[test]
fn one_receipt_after_the_end_of_a_session_voids_no_other() {
    for mode in BOTH {
        let mut fixture = Fixture::new();
        fixture.hub.advance(1_000);
        let close = escrow::ExecuteMsg::CloseSession {
            session: SessionId(1),
        };
        fixture.hub.escrow(&fixture.caller.clone(), close).unwrap();
        let ends_at = fixture.hub.now() + GRACE;
        fixture.hub.set_time(ends_at + 30);
        is_cured_by_a_cut(&mut fixture, mode, ends_at, Outcome::Closed, true);
    }
}

/// Attack (griefing and wedging): a block producer holds a batch back until its oldest receipt has expired, so that all of
/// it is void.
/// Defence: only what is too old is `expired`; a group that is so in part is `straddles` and can be cut.
#[test]
fn a_batch_held_back_until_its_oldest_receipt_expires_loses_that_receipt_alone() {
    for mode in BOTH {
        let mut fixture = Fixture::new();
        let oldest = fixture.hub.now();
        let config: hub_types::billing::ConfigResponse = fixture
            .hub
            .query_billing(hub_types::billing::QueryMsg::Config {})
            .unwrap();
        let limit = oldest + 7;
        fixture.hub.set_time(limit + config.receipt_max_age_seconds);
        is_cured_by_a_cut(&mut fixture, mode, limit, Outcome::Expired, false);
    }
}

#[test]
fn an_attester_that_retires_is_paid_for_what_it_signed_before() {
    for mode in BOTH {
        let mut fixture = Fixture::new();
        fixture.hub.advance(1_000);
        let retire = ExecuteMsg::Retire {
            attester: AttesterId(1),
        };
        fixture
            .hub
            .billing(&fixture.operator.clone(), retire)
            .unwrap();
        let cutoff = fixture.hub.now() + GRACE;
        fixture.hub.set_time(cutoff + 30);
        is_cured_by_a_cut(&mut fixture, mode, cutoff, Outcome::AttesterRetired, true);
    }
}

/// Attack (griefing and wedging): an author changes its terms or retires its model in the middle of a long group, so that
/// the operator loses what it served before.
/// Defence: the group is `straddles` and can be cut at the cutoff.
#[test]
fn an_author_that_changes_its_terms_or_retires_voids_nothing_of_before() {
    let retire = registry::ExecuteMsg::SetStatus {
        model: ModelId(1),
        status: StatusName::Retired,
    };
    let cheaper = |fixture: &Fixture| registry::ExecuteMsg::SetTerms {
        model: ModelId(1),
        terms: hub_testing::terms(
            &fixture.money,
            rates(1, 0, 0),
            0,
            &[(&fixture.author, 10_000)],
        ),
    };
    for mode in BOTH {
        for outcome in [Outcome::Retired, Outcome::TermsNotInForce] {
            let mut fixture = Fixture::new();
            fixture.hub.advance(1_000);
            let receipt = fixture.receipts(1).remove(0);
            let change = match outcome {
                Outcome::Retired => retire.clone(),
                _ => cheaper(&fixture),
            };
            fixture
                .hub
                .registry(&fixture.author.clone(), change)
                .unwrap();
            let cutoff = fixture.hub.now() + GRACE;
            fixture.hub.set_time(cutoff + 30);
            assert_eq!(receipt.terms, TermsNumber(1));
            if outcome == Outcome::Retired {
                is_cured_by_a_cut(&mut fixture, mode, cutoff, outcome, true);
                continue;
            }
            // Receipts are made out to the newest terms unless told otherwise.
            let at_first_terms: Vec<Receipt> = receipts_until(&fixture, 10, cutoff + 2)
                .into_iter()
                .map(|receipt| Receipt {
                    terms: TermsNumber(1),
                    ..receipt
                })
                .collect();
            let batch = fixture
                .hub
                .batch(&fixture.attester, mode, at_first_terms.clone());
            assert_eq!(
                fixture.refused_batch(&batch),
                nothing_settled(&[Outcome::Straddles])
            );
            let (before, after) = at_first_terms.split_at(7);
            let (paid, refused) = ((vec![Outcome::Paid], 7), (vec![outcome], 0));
            assert_eq!(settled(&mut fixture, mode, before), paid);
            assert_eq!(settled(&mut fixture, mode, after), refused);
        }
    }
}

/// Attack (griefing and wedging): receipts of one session are spread over its end, to spoil a batch that others share.
/// Defence: only that group waits; the others are paid, and its outcome tells its attester what to do.
#[test]
fn a_group_that_straddles_harms_no_other_in_its_batch() {
    let mut fixture = Fixture::new();
    let (caller, operator, money) = (
        fixture.caller.clone(),
        fixture.operator.clone(),
        fixture.money.clone(),
    );
    let other = fixture
        .hub
        .open_session(&caller, &operator, &money, CALL, |session| session);
    fixture.hub.advance(1_000);
    let close = escrow::ExecuteMsg::CloseSession {
        session: SessionId(1),
    };
    fixture.hub.escrow(&caller, close).unwrap();
    let ends_at = fixture.hub.now() + GRACE;
    fixture.hub.set_time(ends_at + 30);
    let mut receipts = receipts_until(&fixture, 3, ends_at);
    receipts.push(fixture.hub.receipt(&fixture.attester, other, fixture.model));
    let response = fixture.send(&fixture.batch(receipts)).unwrap();
    let answer: BatchResponse = data(&response);
    assert_eq!(outcomes(&answer), [Outcome::Straddles, Outcome::Paid]);
    assert_eq!(
        (fixture.next(), fixture.hub.next(other, AttesterId(1))),
        (0, 1)
    );
    let attributes = attributes(&[
        ("outcomes", "straddles,paid"),
        ("offered", "4"),
        ("paid", "1"),
    ]);
    let found = event(&response, "hub_settle");
    for attribute in attributes {
        assert!(found.contains(&attribute), "{attribute:?} in {found:?}");
    }
}

/// Attack (griefing and wedging): a stranger keeps the first, small batch of an attester that has since signed its
/// receipts anew in a larger netted group, and settles the small one first, so that the rest of the large one is lost.
/// Defence: the large group is `overlaps` and writes nothing; the rest is paid as a group of its own.
#[test]
fn the_rest_of_a_netted_group_of_which_a_part_was_settled_is_not_lost() {
    let mut fixture = Fixture::new();
    let receipts = fixture.receipts(5);
    let small = fixture
        .hub
        .batch(&fixture.attester, Mode::Netted, receipts[..2].to_vec());
    let large = fixture
        .hub
        .batch(&fixture.attester, Mode::Netted, receipts.clone());
    fixture.send(&small).unwrap();
    assert_eq!(
        fixture.refused_batch(&large),
        nothing_settled(&[Outcome::Overlaps])
    );
    let rest = settled(&mut fixture, Mode::Netted, &receipts[2..]);
    assert_eq!(rest, (vec![Outcome::Paid], 3));
    assert_eq!(fixture.next(), 5);
    assert_eq!(fixture.hub.session(SessionId(1)).spent.u128(), 5 * CALL);
    // All of it was settled: now it is stale.
    let answer: BatchResponse = data(&fixture.send(&large).unwrap());
    assert_eq!(outcomes(&answer), [Outcome::Stale]);
    fixture.hub.assert_invariants();
}

/// Attack (replay and ordering): a stranger settles a part of what a bundle is about to settle, so that the bundle finds
/// nothing that it can change and fails.
/// Defence: a batch of which some group was settled before succeeds, writes nothing and emits nothing.
#[test]
fn a_bundle_that_was_overtaken_in_part_succeeds_without_effect() {
    let mut fixture = Fixture::new();
    let (caller, operator, money) = (
        fixture.caller.clone(),
        fixture.operator.clone(),
        fixture.money.clone(),
    );
    let poor = fixture
        .hub
        .open_session(&caller, &operator, &money, CALL - 1, |session| session);
    let waiting = fixture.hub.receipt(&fixture.attester, poor, fixture.model);
    let first = fixture.receipts(2);
    let whole = fixture.batch([first.clone(), vec![waiting.clone()]].concat());
    let part = fixture.batch(first);
    fixture.send(&part).unwrap();

    let before = fixture.hub.snapshot();
    let response = fixture.send(&whole).unwrap();
    before.assert_unchanged(&fixture.hub);
    let answer: BatchResponse = data(&response);
    assert_eq!(outcomes(&answer), [Outcome::Stale, Outcome::Exhausted]);
    assert_eq!((answer.batch, answer.paid, answer.gross), (None, 0, vec![]));
    assert!(response
        .events
        .iter()
        .all(|event| !event.ty.starts_with("wasm-")));

    // Nothing of this one was settled before.
    let alone = fixture.batch(vec![waiting]);
    assert_eq!(
        fixture.refused_batch(&alone),
        nothing_settled(&[Outcome::Exhausted])
    );
}

#[test]
fn what_nothing_could_bill_is_consumed_even_where_a_limit_of_time_runs_through_it() {
    let mut fixture = Fixture::with_session(100 * CALL, |session| escrow::NewSession {
        models: escrow::Models::Listed(vec![escrow::ModelRef {
            model: ModelId(1),
            release: None,
        }]),
        ..session
    });
    let other = NewModel::named("other")
        .price(&fixture.money, rates(5, 0, 0))
        .release([9; 32]);
    let other = fixture.hub.register_model(&fixture.author.clone(), other);
    fixture.hub.advance(1_000);
    let close = escrow::ExecuteMsg::CloseSession {
        session: SessionId(1),
    };
    fixture.hub.escrow(&fixture.caller.clone(), close).unwrap();
    let ends_at = fixture.hub.now() + GRACE;
    fixture.hub.set_time(ends_at + 30);
    let mut receipts = receipts_until(&fixture, 3, ends_at);
    receipts
        .iter_mut()
        .for_each(|receipt| receipt.model = other);
    let batch: Batch = fixture.batch(receipts);
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!(outcomes(&answer), [Outcome::ModelNotAllowed]);
    assert_eq!(fixture.next(), 3);
}
