//! Many receipts under one signature.

use cosmwasm_std::HexBinary;
use hub_testing::{data, event, rates, BillingError, Hub, KeyType, NewModel};
use hub_types::billing::{
    BatchResponse, ExecuteMsg, Gross, Outcome, OutcomeRun, QueryMsg, RecordedBatch,
};
use hub_types::denom::Denom;
use hub_types::escrow::{self, ModelRef, Models};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::wire::{Batch, DecodeError, Group, Mode, Receipt, Units, Work};

use crate::fixture::{attributes, changes, nothing_settled, Fixture, CALL};

const NETTED: Mode = Mode::Netted;
const ITEMISED: Mode = Mode::Itemised;

fn batch_bytes(msg: &mut ExecuteMsg, change: impl FnOnce(&mut Vec<u8>)) {
    if let ExecuteMsg::SettleBatch { batch, .. } = msg {
        let mut bytes = batch.to_vec();
        change(&mut bytes);
        *batch = bytes.into();
    }
}

fn outcomes(response: &BatchResponse) -> Vec<Outcome> {
    response.outcomes_of_groups().collect()
}

/// The first `count` receipts of a group.
fn head_of(batch: &Batch, count: usize) -> Batch {
    let mut batch = batch.clone();
    let group = &mut batch.groups[0];
    if let Work::Itemised(items) = &group.work {
        group.work = Work::itemised(items.iter().take(count));
    }
    batch
}

/// The receipts of a group without its first `skip`.
fn tail_of(batch: &Batch, skip: u64) -> Batch {
    let mut batch = batch.clone();
    let group = &mut batch.groups[0];
    group.sequence += skip;
    if let Work::Itemised(items) = &group.work {
        group.work = Work::itemised(items.iter().skip(skip as usize));
    }
    batch
}

/// Attack (storage spam and unbounded work): an attester signs bytes that end early, run on, or are of no version.
/// Defence: decoding is total and strict before the first write.
#[test]
fn malformed_batches_are_refused_whatever_is_signed() {
    let mut fixture = Fixture::new();
    let batch = fixture.batch(fixture.receipts(3));
    let good = fixture.hub.sign_batch(&fixture.attester, &batch);
    let length = batch.encode().unwrap().len();
    let key = fixture.attester.key.clone();
    let mut refuse = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut msg = good.clone();
        batch_bytes(&mut msg, change);
        // Signed anew, so that the form alone decides.
        if let ExecuteMsg::SettleBatch {
            batch, signature, ..
        } = &mut msg
        {
            *signature = fixture.hub.sign_batch_bytes(&key, batch);
        }
        match fixture.refused(msg) {
            BillingError::MalformedBatch(error) => error,
            other => panic!("{other}"),
        }
    };
    for cut in 0..length {
        refuse(&|bytes| bytes.truncate(cut));
    }
    assert_eq!(
        refuse(&|bytes| bytes.extend([1, 2])),
        DecodeError::Trailing {
            at: length,
            count: 2
        }
    );
    refuse(&|bytes| bytes[0] = 0);
    refuse(&|bytes| bytes[1] = 2);
}

/// Attack (cross-chain and cross-contract replay): a batch of a test network is presented on the main network.
/// Defence: the chain id is in the domain tag that was signed.
#[test]
fn a_batch_signed_for_another_chain_or_by_another_key_is_refused() {
    let mut fixture = Fixture::new();
    let batch = fixture.batch(fixture.receipts(3));
    let refused = BillingError::SignatureInvalid {
        attester: AttesterId(1),
    };
    let other_chain = Hub::builder().chain_id("other-1").build();
    let msg = other_chain.sign_batch(&fixture.attester, &batch);
    assert_eq!(fixture.refused(msg), refused);

    let mut other_key = fixture.attester.clone();
    other_key.key = hub_testing::signing_key(KeyType::Secp256k1, 99);
    let msg = fixture.hub.sign_batch(&other_key, &batch);
    assert_eq!(fixture.refused(msg), refused);

    // A second billing on the same registry is another contract.
    let msg = fixture.hub.sign_batch(&fixture.attester, &batch);
    let beside = fixture.hub.another_venue();
    fixture.hub.turn_to(&beside);
    let registration = fixture
        .hub
        .registration(&fixture.operator, &fixture.attester.key);
    let operator = fixture.operator.clone();
    fixture.hub.billing(&operator, registration).unwrap();
    assert_eq!(fixture.refused(msg), refused);
}

#[test]
fn a_batch_with_one_receipt_from_the_future_fails_as_a_whole() {
    let mut fixture = Fixture::new();
    let now = fixture.hub.now();
    let mut receipts = fixture.receipts(3);
    receipts[2].issued_at = now + 61;
    let batch = fixture.batch(receipts);
    assert_eq!(
        fixture.refused_batch(&batch),
        BillingError::FromTheFuture {
            issued_at: now + 61,
            now,
            allowed: 60
        }
    );
}

/// Attack (key theft): a thief of an attester key dates receipts before the revocation.
/// Defence: revocation is not a date: nothing more is accepted.
#[test]
fn a_revoked_attester_settles_nothing_even_of_before() {
    let mut fixture = Fixture::new();
    let batch = fixture.batch(fixture.receipts(3));
    let revoke = ExecuteMsg::Revoke {
        attester: AttesterId(1),
    };
    fixture
        .hub
        .billing(&fixture.operator.clone(), revoke)
        .unwrap();
    assert_eq!(
        fixture.refused_batch(&batch),
        BillingError::AttesterRevoked {
            attester: AttesterId(1)
        }
    );
}

#[test]
fn a_batch_in_which_nothing_can_be_settled_now_names_the_reasons() {
    let mut fixture = Fixture::new();
    let mut batch = fixture.batch(fixture.receipts(3));
    batch.groups[0].sequence = 5;
    let lost = Group {
        session: SessionId(9),
        sequence: 0,
        ..batch.groups[0].clone()
    };
    batch.groups.push(lost);
    assert_eq!(
        fixture.refused_batch(&batch),
        nothing_settled(&[Outcome::UnknownSession, Outcome::Gap])
    );
}

/// Attack (replay and ordering): a stranger sends a batch before its submitter, so that the submitter's bundle fails.
/// Defence: a batch that was settled before succeeds and changes nothing.
#[test]
fn the_same_batch_twice_succeeds_and_changes_and_emits_nothing_the_second_time() {
    for mode in [ITEMISED, NETTED] {
        let mut fixture = Fixture::new();
        let batch = fixture
            .hub
            .batch(&fixture.attester, mode, fixture.receipts(3));
        fixture.send(&batch).unwrap();
        let before = fixture.hub.snapshot();
        let response = fixture.send(&batch).unwrap();
        before.assert_unchanged(&fixture.hub);
        assert!(response
            .events
            .iter()
            .all(|event| !event.ty.starts_with("wasm-")));
        let answer: BatchResponse = data(&response);
        assert_eq!(outcomes(&answer), [Outcome::Stale]);
        assert_eq!((answer.batch, answer.paid, answer.gross), (None, 0, vec![]));
    }
}

/// Attack (replay and ordering): a batch repeats receipts that were settled and adds new ones.
/// Defence: what lies before the lane's position is skipped; the rest is billed once.
#[test]
fn what_a_retry_repeats_is_skipped_and_what_it_adds_is_billed() {
    let mut fixture = Fixture::new();
    let whole = fixture.batch(fixture.receipts(10));
    let first = head_of(&whole, 4);
    fixture.send(&first).unwrap();
    let before = fixture.hub.ledger();
    let answer: BatchResponse = data(&fixture.send(&whole).unwrap());
    assert_eq!((outcomes(&answer), answer.paid), (vec![Outcome::Paid], 6));
    let paid = 6 * CALL as i128;
    assert_eq!(
        before.diff(&fixture.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    assert_eq!(fixture.next(), 10);
}

/// Attack (replay and ordering): a block producer reverses the halves of an attester's work.
/// Defence: the later half is a `gap` that writes nothing, and is billed when it is sent again.
#[test]
fn halves_sent_in_the_wrong_order_are_settled_by_sending_the_second_again() {
    let mut fixture = Fixture::new();
    let whole = fixture.batch(fixture.receipts(10));
    let first = head_of(&whole, 4);
    let second = tail_of(&whole, 4);
    assert_eq!(
        fixture.refused_batch(&second),
        nothing_settled(&[Outcome::Gap])
    );
    fixture.send(&first).unwrap();
    fixture.send(&second).unwrap();
    assert_eq!(fixture.next(), 10);
    assert_eq!(fixture.hub.session(SessionId(1)).spent.u128(), 10 * CALL);
    fixture.hub.assert_invariants();
}

#[test]
fn a_netted_group_that_overlaps_waits_and_one_ahead_is_a_gap() {
    let mut fixture = Fixture::new();
    let first = fixture
        .hub
        .batch(&fixture.attester, NETTED, fixture.receipts(4));
    fixture.send(&first).unwrap();
    let mut overlapping = fixture
        .hub
        .batch(&fixture.attester, NETTED, fixture.receipts(4));
    overlapping.groups[0].sequence = 2;
    assert_eq!(
        fixture.refused_batch(&overlapping),
        nothing_settled(&[Outcome::Overlaps])
    );
    overlapping.groups[0].sequence = 5;
    assert_eq!(
        fixture.refused_batch(&overlapping),
        nothing_settled(&[Outcome::Gap])
    );
}

#[test]
fn a_budget_that_ends_in_a_group_pays_its_prefix_and_the_rest_after_a_top_up() {
    let mut fixture = Fixture::with_session(7 * CALL + 1, |session| session);
    let batch = fixture.batch(fixture.receipts(10));
    let before = fixture.hub.ledger();
    let response = fixture.send(&batch).unwrap();
    let answer: BatchResponse = data(&response);
    assert_eq!(
        answer,
        BatchResponse {
            attester: AttesterId(1),
            batch: Some(1),
            offered: 10,
            paid: 7,
            gross: vec![Gross {
                denom: Denom::Native("uusdc".into()),
                amount: (7 * CALL).into()
            }],
            outcomes: vec![OutcomeRun {
                outcome: Outcome::Partial { receipts: 7 },
                groups: 1
            }],
        }
    );
    let paid = 7 * CALL as i128;
    assert_eq!(
        before.diff(&fixture.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    assert_eq!(fixture.next(), 7);
    assert_eq!(
        fixture.refused_batch(&batch),
        nothing_settled(&[Outcome::Exhausted])
    );

    let (caller, money) = (fixture.caller.clone(), fixture.money.clone());
    fixture.hub.give(&caller, &money, 3 * CALL);
    fixture
        .hub
        .deposit(&caller, &money, 3 * CALL, None, None)
        .unwrap();
    let top_up = escrow::ExecuteMsg::TopUp {
        session: SessionId(1),
        amount: (3 * CALL).into(),
    };
    fixture.hub.escrow(&caller, top_up).unwrap();
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!((answer.batch, answer.paid), (Some(2), 3));
    assert_eq!(fixture.hub.session(SessionId(1)).left.u128(), 1);
    fixture.hub.assert_invariants();
}

#[test]
fn a_netted_group_that_the_budget_does_not_cover_pays_nothing() {
    let mut fixture = Fixture::with_session(7 * CALL, |session| session);
    let batch = fixture
        .hub
        .batch(&fixture.attester, NETTED, fixture.receipts(8));
    assert_eq!(
        fixture.refused_batch(&batch),
        nothing_settled(&[Outcome::Exhausted])
    );
}

/// Attack (griefing and wedging): an author retires its model so that batches with its receipts get stuck.
/// Defence: a group that time cannot cure consumes its numbers, and the groups behind it are paid.
#[test]
fn one_authors_retirement_cannot_block_anothers_income() {
    let mut fixture = Fixture::new();
    let other = fixture.hub.account("other author");
    let second = NewModel::named("second")
        .price(&fixture.money, rates(7, 0, 0))
        .release([9; 32]);
    let second = fixture.hub.register_model(&other, second);
    let retire = hub_types::registry::ExecuteMsg::SetStatus {
        model: fixture.model,
        status: hub_types::registry::StatusName::Retired,
    };
    fixture
        .hub
        .registry(&fixture.author.clone(), retire)
        .unwrap();
    fixture.hub.advance(100);
    let mut receipts = fixture.receipts(3);
    receipts.extend(
        fixture
            .hub
            .receipts(&fixture.attester, fixture.session, second, 2, |_, _| {}),
    );
    let batch = fixture.batch(receipts);
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!(outcomes(&answer), [Outcome::Retired, Outcome::Paid]);
    assert_eq!((answer.offered, answer.paid), (5, 2));
    assert_eq!(fixture.next(), 5);
    assert_eq!(fixture.hub.session(SessionId(1)).spent.u128(), 14);
}

/// Attack (griefing and wedging): a caller lets its budget run out in the middle of everybody's batch.
/// Defence: only its own session waits; every other session in the batch is paid.
#[test]
fn behind_a_group_that_writes_nothing_the_session_waits_and_other_sessions_go_on() {
    let mut fixture = Fixture::with_session(CALL - 1, |session| session);
    let cheap = NewModel::named("cheap")
        .price(&fixture.money, rates(1, 0, 0))
        .release([9; 32]);
    let cheap = fixture.hub.register_model(&fixture.author.clone(), cheap);
    let (caller, operator, money) = (
        fixture.caller.clone(),
        fixture.operator.clone(),
        fixture.money.clone(),
    );
    let rich = fixture
        .hub
        .open_session(&caller, &operator, &money, CALL, |session| session);
    let mut receipts = fixture.receipts(1);
    receipts.extend(
        fixture
            .hub
            .receipts(&fixture.attester, fixture.session, cheap, 1, |_, _| {}),
    );
    receipts.push(fixture.hub.receipt(&fixture.attester, rich, fixture.model));
    let batch = fixture.batch(receipts);
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!(
        outcomes(&answer),
        [Outcome::Exhausted, Outcome::Gap, Outcome::Paid]
    );
    assert_eq!(
        (fixture.next(), fixture.hub.next(rich, AttesterId(1))),
        (0, 1)
    );
    fixture.hub.assert_invariants();
}

/// Attack (overflow): an author sets an absurd price so that a shared batch overflows and fails.
/// Defence: the group is `overflow` alone; the others are paid.
#[test]
fn amounts_beyond_128_bits_inside_a_batch_harm_no_honest_group() {
    let mut fixture = Fixture::new();
    let (author, money) = (fixture.author.clone(), fixture.money.clone());
    let huge = NewModel::named("huge")
        .price(&money, rates(u128::MAX, u128::MAX, u128::MAX))
        .release([9; 32]);
    let huge = fixture.hub.register_model(&author, huge);
    for mode in [ITEMISED, NETTED] {
        let mut receipts = fixture.receipts(2);
        receipts.extend(fixture.hub.receipts(
            &fixture.attester,
            fixture.session,
            huge,
            3,
            |_, _| {},
        ));
        let batch = fixture.hub.batch(&fixture.attester, mode, receipts);
        let before = fixture.hub.ledger();
        let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
        assert_eq!(outcomes(&answer), [Outcome::Paid, Outcome::Overflow]);
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
    }
    assert_eq!(fixture.next(), 10);
    fixture.hub.assert_invariants();
}

#[test]
fn units_at_their_maximum_are_priced_exactly() {
    let mut fixture = Fixture::with_session(u128::MAX / 2, |session| session);
    let dear = NewModel::named("dear")
        .price(&fixture.money, rates(0, 1_000_000, 1))
        .release([9; 32]);
    let dear = fixture.hub.register_model(&fixture.author.clone(), dear);
    let max = Units::new(u64::MAX, u64::MAX);
    let receipts =
        fixture
            .hub
            .receipts(&fixture.attester, fixture.session, dear, 1, |_, receipt| {
                receipt.units = max
            });
    let answer: BatchResponse = data(&fixture.send(&fixture.batch(receipts)).unwrap());
    let expected = u128::from(u64::MAX) + u128::from(u64::MAX).div_ceil(1_000_000);
    assert_eq!(answer.gross[0].amount.u128(), expected);
}

/// Attack (storage spam and unbounded work): an operator fills a session with lanes of ever new attesters.
/// Defence: four lanes; one is given away only when its attester can never charge again, so that nothing it signed
/// can come back.
#[test]
fn four_attesters_share_a_session_and_a_fifth_waits_until_one_of_them_can_never_charge_again() {
    let mut fixture = Fixture::new();
    let operator = fixture.operator.clone();
    let mut attesters = vec![fixture.attester.clone()];
    for seed in 2..=6 {
        attesters.push(
            fixture
                .hub
                .register_attester(&operator, KeyType::Ed25519, seed),
        );
    }
    let settle = |fixture: &mut Fixture, attester: usize| {
        let attester = attesters[attester].clone();
        let receipt = fixture
            .hub
            .receipt(&attester, fixture.session, fixture.model);
        let batch = fixture.hub.batch(&attester, ITEMISED, vec![receipt]);
        let msg = fixture.hub.sign_batch(&attester, &batch);
        fixture.hub.billing(&operator, msg)
    };
    for attester in 0..4 {
        settle(&mut fixture, attester).unwrap();
    }
    assert_eq!(
        settle(&mut fixture, 4).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
    );

    // Retired is not enough: for the maximum age its earlier receipts are still billable.
    fixture
        .hub
        .billing(
            &operator,
            ExecuteMsg::Retire {
                attester: AttesterId(2),
            },
        )
        .unwrap();
    let cutoff = fixture.hub.now() + 60;
    fixture.hub.set_time(cutoff + 86_400);
    assert_eq!(
        settle(&mut fixture, 4).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
    );
    fixture.hub.advance(1);
    settle(&mut fixture, 4).unwrap();
    let lanes = |fixture: &Fixture| -> Vec<u64> {
        fixture
            .hub
            .session(SessionId(1))
            .lanes
            .iter()
            .map(|lane| lane.attester.0)
            .collect()
    };
    assert_eq!(lanes(&fixture).len(), 4);
    assert!(!lanes(&fixture).contains(&2) && lanes(&fixture).contains(&5));

    assert_eq!(
        settle(&mut fixture, 5).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
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
    settle(&mut fixture, 5).unwrap();
    assert!(!lanes(&fixture).contains(&1) && lanes(&fixture).contains(&6));
    fixture.hub.assert_invariants();
}

#[test]
fn what_was_settled_is_recorded_announced_and_answered() {
    for (mode, secp256k1) in [(ITEMISED, true), (NETTED, false)] {
        let mut fixture = Fixture::new();
        if !secp256k1 {
            fixture.attester =
                fixture
                    .hub
                    .register_attester(&fixture.operator.clone(), KeyType::Ed25519, 5);
        }
        let attester = fixture.attester.id;
        let other = NewModel::named("other")
            .price(&fixture.money, rates(3, 0, 0))
            .release([9; 32]);
        let other = fixture.hub.register_model(&fixture.author.clone(), other);
        let mut receipts = fixture.receipts(3);
        receipts.extend(
            fixture
                .hub
                .receipts(&fixture.attester, SessionId(1), other, 2, |_, _| {}),
        );
        receipts.push(Receipt {
            session: SessionId(77),
            ..fixture.receipts(1).remove(0)
        });
        let batch = fixture.hub.batch(&fixture.attester, mode, receipts);
        let response = fixture.send(&batch).unwrap();
        let gross = 3 * CALL + 6;
        let root = HexBinary::from(batch.receipts_root);
        assert_eq!(
            event(&response, "hub_settle"),
            attributes(&[
                ("attester", &attester.to_string()),
                ("batch", "1"),
                ("root", &root.to_hex()),
                ("offered", "6"),
                ("paid", "5"),
                ("gross", &format!("{gross}uusdc")),
                ("outcomes", "paid*2,unknown_session"),
            ])
        );
        let run = |outcome, groups| OutcomeRun { outcome, groups };
        assert_eq!(
            data::<BatchResponse>(&response),
            BatchResponse {
                attester,
                batch: Some(1),
                offered: 6,
                paid: 5,
                gross: vec![Gross {
                    denom: Denom::Native("uusdc".into()),
                    amount: gross.into()
                }],
                outcomes: vec![run(Outcome::Paid, 2), run(Outcome::UnknownSession, 1)],
            }
        );
        let recorded: RecordedBatch = fixture
            .hub
            .query_billing(QueryMsg::Batch { attester, batch: 1 })
            .unwrap();
        assert_eq!(
            recorded,
            RecordedBatch {
                attester,
                batch: 1,
                receipts_root: root,
                offered: 6,
                paid: 5,
                settled_at: fixture.hub.now(),
                measurement: None,
            }
        );
        fixture.hub.assert_invariants();
    }
}

#[test]
fn a_batch_pays_callers_of_both_kinds_of_money_at_once() {
    let mut fixture = Fixture::new();
    let (author, caller, operator) = (
        fixture.author.clone(),
        fixture.caller.clone(),
        fixture.operator.clone(),
    );
    let token = fixture.hub.money_cw20();
    let priced = NewModel::named("in-tokens")
        .price(&token, rates(11, 0, 0))
        .operator_bps(10_000 - 1)
        .release([9; 32]);
    let model = fixture.hub.register_model(&author, priced);
    let session = fixture
        .hub
        .open_session(&caller, &operator, &token, 1_000, |session| session);
    let mut receipts = fixture.receipts(1);
    receipts.extend(
        fixture
            .hub
            .receipts(&fixture.attester, session, model, 2, |_, _| {}),
    );
    let batch = fixture.batch(receipts);
    let response = fixture.send(&batch).unwrap();
    let denom = token.checked();
    assert!(event(&response, "hub_settle")
        .contains(&("gross".to_owned(), format!("{CALL}uusdc,22{denom}"))));
    fixture.hub.assert_invariants();
}

/// Attack (storage spam and unbounded work): a batch of ten thousand groups, all of them bad, is sent to exhaust a
/// block.
/// Defence: work is linear in the bytes that were paid for, and bad groups write nothing.
#[test]
fn ten_thousand_groups_are_settled_and_ten_thousand_bad_ones_refused_in_one_message() {
    let mut fixture = Fixture::with_session(u128::MAX / 4, |session| session);
    let now = fixture.hub.now();
    let group = |release: ReleaseNumber, sequence| Group {
        session: SessionId(1),
        model: ModelId(1),
        release,
        terms: TermsNumber(1),
        from: 0,
        span: 0,
        sequence,
        work: Work::itemised(vec![Units::new(1_000, 200)]),
    };
    let groups: Vec<Group> = (0..10_000)
        .map(|i| group(ReleaseNumber(i + 1), i))
        .collect();
    let batch = Batch {
        attester: AttesterId(1),
        issued_from: now,
        issued_to: now,
        receipts_root: [1; 32],
        groups,
    };
    let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!((answer.offered, answer.paid), (10_000, 1));
    assert_eq!(fixture.next(), 10_000);
    let run = |outcome, groups| OutcomeRun { outcome, groups };
    assert_eq!(
        answer.outcomes,
        [run(Outcome::Paid, 1), run(Outcome::UnknownRelease, 9_999)]
    );
    fixture.hub.assert_invariants();
}

#[test]
fn a_preview_tells_what_the_message_would_answer_and_changes_nothing() {
    let mut fixture = Fixture::with_session(7 * CALL, |session| escrow::NewSession {
        models: Models::Listed(vec![ModelRef {
            model: ModelId(1),
            release: None,
        }]),
        max_price: None,
        ..session
    });
    let batch = fixture.batch(fixture.receipts(10));
    let ExecuteMsg::SettleBatch {
        batch: bytes,
        signature,
        vouchers,
    } = fixture.hub.sign_batch(&fixture.attester, &batch)
    else {
        unreachable!()
    };
    let preview = |fixture: &Fixture, signature| {
        fixture
            .hub
            .query_billing::<BatchResponse>(QueryMsg::PreviewBatch {
                batch: bytes.clone(),
                signature,
                vouchers: vouchers.clone(),
            })
    };
    let unsigned = preview(&fixture, None).unwrap();
    let signed = preview(&fixture, Some(signature.clone())).unwrap();
    let error = preview(&fixture, Some([1; 64].into())).unwrap_err();
    assert!(
        error.to_string().contains("signature does not verify"),
        "{error}"
    );
    let settled: BatchResponse = data(&fixture.send(&batch).unwrap());
    assert_eq!((&unsigned, &signed), (&settled, &settled));
    assert_eq!(settled.paid, 7);

    let after = preview(&fixture, None).unwrap();
    assert_eq!((after.batch, after.paid), (None, 0));
    assert_eq!(outcomes(&after), [Outcome::Exhausted]);
}
