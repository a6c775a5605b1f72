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

use crate::stage::{attributes, changes, nothing_settled, Stage, CALL};

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
    let mut stage = Stage::new();
    let batch = stage.batch(stage.receipts(3));
    let good = stage.hub.sign_batch(&stage.attester, &batch);
    let length = batch.encode().unwrap().len();
    let key = stage.attester.key.clone();
    let mut refuse = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut msg = good.clone();
        batch_bytes(&mut msg, change);
        // Signed anew, so that the form alone decides.
        if let ExecuteMsg::SettleBatch {
            batch, signature, ..
        } = &mut msg
        {
            *signature = stage.hub.sign_batch_bytes(&key, batch);
        }
        match stage.refused(msg) {
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
    let mut stage = Stage::new();
    let batch = stage.batch(stage.receipts(3));
    let refused = BillingError::SignatureInvalid {
        attester: AttesterId(1),
    };
    let other_chain = Hub::builder().chain_id("other-1").build();
    let msg = other_chain.sign_batch(&stage.attester, &batch);
    assert_eq!(stage.refused(msg), refused);

    let mut other_key = stage.attester.clone();
    other_key.key = hub_testing::signing_key(KeyType::Secp256k1, 99);
    let msg = stage.hub.sign_batch(&other_key, &batch);
    assert_eq!(stage.refused(msg), refused);

    // A second billing on the same registry is another contract.
    let msg = stage.hub.sign_batch(&stage.attester, &batch);
    let beside = stage.hub.another_venue();
    stage.hub.turn_to(&beside);
    let registration = stage.hub.registration(&stage.operator, &stage.attester.key);
    let operator = stage.operator.clone();
    stage.hub.billing(&operator, registration).unwrap();
    assert_eq!(stage.refused(msg), refused);
}

#[test]
fn a_batch_with_one_receipt_from_the_future_fails_as_a_whole() {
    let mut stage = Stage::new();
    let now = stage.hub.now();
    let mut receipts = stage.receipts(3);
    receipts[2].issued_at = now + 61;
    let batch = stage.batch(receipts);
    assert_eq!(
        stage.refused_batch(&batch),
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
    let mut stage = Stage::new();
    let batch = stage.batch(stage.receipts(3));
    let revoke = ExecuteMsg::Revoke {
        attester: AttesterId(1),
    };
    stage.hub.billing(&stage.operator.clone(), revoke).unwrap();
    assert_eq!(
        stage.refused_batch(&batch),
        BillingError::AttesterRevoked {
            attester: AttesterId(1)
        }
    );
}

#[test]
fn a_batch_in_which_nothing_can_be_settled_now_names_the_reasons() {
    let mut stage = Stage::new();
    let mut batch = stage.batch(stage.receipts(3));
    batch.groups[0].sequence = 5;
    let lost = Group {
        session: SessionId(9),
        sequence: 0,
        ..batch.groups[0].clone()
    };
    batch.groups.push(lost);
    assert_eq!(
        stage.refused_batch(&batch),
        nothing_settled(&[Outcome::UnknownSession, Outcome::Gap])
    );
}

/// Attack (replay and ordering): a stranger sends a batch before its submitter, so that the submitter's bundle fails.
/// Defence: a batch that was settled before succeeds and changes nothing.
#[test]
fn the_same_batch_twice_succeeds_and_changes_and_emits_nothing_the_second_time() {
    for mode in [ITEMISED, NETTED] {
        let mut stage = Stage::new();
        let batch = stage.hub.batch(&stage.attester, mode, stage.receipts(3));
        stage.send(&batch).unwrap();
        let before = stage.hub.snapshot();
        let response = stage.send(&batch).unwrap();
        before.assert_unchanged(&stage.hub);
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
    let mut stage = Stage::new();
    let whole = stage.batch(stage.receipts(10));
    let first = head_of(&whole, 4);
    stage.send(&first).unwrap();
    let before = stage.hub.ledger();
    let answer: BatchResponse = data(&stage.send(&whole).unwrap());
    assert_eq!((outcomes(&answer), answer.paid), (vec![Outcome::Paid], 6));
    let paid = 6 * CALL as i128;
    assert_eq!(
        before.diff(&stage.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    assert_eq!(stage.next(), 10);
}

/// Attack (replay and ordering): a block producer reverses the halves of an attester's work.
/// Defence: the later half is a `gap` that writes nothing, and is billed when it is sent again.
#[test]
fn halves_sent_in_the_wrong_order_are_settled_by_sending_the_second_again() {
    let mut stage = Stage::new();
    let whole = stage.batch(stage.receipts(10));
    let first = head_of(&whole, 4);
    let second = tail_of(&whole, 4);
    assert_eq!(
        stage.refused_batch(&second),
        nothing_settled(&[Outcome::Gap])
    );
    stage.send(&first).unwrap();
    stage.send(&second).unwrap();
    assert_eq!(stage.next(), 10);
    assert_eq!(stage.hub.session(SessionId(1)).spent.u128(), 10 * CALL);
    stage.hub.assert_invariants();
}

#[test]
fn a_netted_group_that_overlaps_waits_and_one_ahead_is_a_gap() {
    let mut stage = Stage::new();
    let first = stage.hub.batch(&stage.attester, NETTED, stage.receipts(4));
    stage.send(&first).unwrap();
    let mut overlapping = stage.hub.batch(&stage.attester, NETTED, stage.receipts(4));
    overlapping.groups[0].sequence = 2;
    assert_eq!(
        stage.refused_batch(&overlapping),
        nothing_settled(&[Outcome::Overlaps])
    );
    overlapping.groups[0].sequence = 5;
    assert_eq!(
        stage.refused_batch(&overlapping),
        nothing_settled(&[Outcome::Gap])
    );
}

#[test]
fn a_budget_that_ends_in_a_group_pays_its_prefix_and_the_rest_after_a_top_up() {
    let mut stage = Stage::with_session(7 * CALL + 1, |session| session);
    let batch = stage.batch(stage.receipts(10));
    let before = stage.hub.ledger();
    let response = stage.send(&batch).unwrap();
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
        before.diff(&stage.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            ("session 1 left", -paid),
            ("session 1 spent", paid),
        ])
    );
    assert_eq!(stage.next(), 7);
    assert_eq!(
        stage.refused_batch(&batch),
        nothing_settled(&[Outcome::Exhausted])
    );

    let (caller, money) = (stage.caller.clone(), stage.money.clone());
    stage.hub.give(&caller, &money, 3 * CALL);
    stage
        .hub
        .deposit(&caller, &money, 3 * CALL, None, None)
        .unwrap();
    let top_up = escrow::ExecuteMsg::TopUp {
        session: SessionId(1),
        amount: (3 * CALL).into(),
    };
    stage.hub.escrow(&caller, top_up).unwrap();
    let answer: BatchResponse = data(&stage.send(&batch).unwrap());
    assert_eq!((answer.batch, answer.paid), (Some(2), 3));
    assert_eq!(stage.hub.session(SessionId(1)).left.u128(), 1);
    stage.hub.assert_invariants();
}

#[test]
fn a_netted_group_that_the_budget_does_not_cover_pays_nothing() {
    let mut stage = Stage::with_session(7 * CALL, |session| session);
    let batch = stage.hub.batch(&stage.attester, NETTED, stage.receipts(8));
    assert_eq!(
        stage.refused_batch(&batch),
        nothing_settled(&[Outcome::Exhausted])
    );
}

/// Attack (griefing and wedging): an author retires its model so that batches with its receipts get stuck.
/// Defence: a group that time cannot cure consumes its numbers, and the groups behind it are paid.
#[test]
fn one_authors_retirement_cannot_block_anothers_income() {
    let mut stage = Stage::new();
    let other = stage.hub.account("other author");
    let second = NewModel::named("second")
        .price(&stage.money, rates(7, 0, 0))
        .release([9; 32]);
    let second = stage.hub.register_model(&other, second);
    let retire = hub_types::registry::ExecuteMsg::SetStatus {
        model: stage.model,
        status: hub_types::registry::StatusName::Retired,
    };
    stage.hub.registry(&stage.author.clone(), retire).unwrap();
    stage.hub.advance(100);
    let mut receipts = stage.receipts(3);
    receipts.extend(
        stage
            .hub
            .receipts(&stage.attester, stage.session, second, 2, |_, _| {}),
    );
    let batch = stage.batch(receipts);
    let answer: BatchResponse = data(&stage.send(&batch).unwrap());
    assert_eq!(outcomes(&answer), [Outcome::Retired, Outcome::Paid]);
    assert_eq!((answer.offered, answer.paid), (5, 2));
    assert_eq!(stage.next(), 5);
    assert_eq!(stage.hub.session(SessionId(1)).spent.u128(), 14);
}

/// Attack (griefing and wedging): a caller lets its budget run out in the middle of everybody's batch.
/// Defence: only its own session waits; every other session in the batch is paid.
#[test]
fn behind_a_group_that_writes_nothing_the_session_waits_and_other_sessions_go_on() {
    let mut stage = Stage::with_session(CALL - 1, |session| session);
    let cheap = NewModel::named("cheap")
        .price(&stage.money, rates(1, 0, 0))
        .release([9; 32]);
    let cheap = stage.hub.register_model(&stage.author.clone(), cheap);
    let (caller, operator, money) = (
        stage.caller.clone(),
        stage.operator.clone(),
        stage.money.clone(),
    );
    let rich = stage
        .hub
        .open_session(&caller, &operator, &money, CALL, |session| session);
    let mut receipts = stage.receipts(1);
    receipts.extend(
        stage
            .hub
            .receipts(&stage.attester, stage.session, cheap, 1, |_, _| {}),
    );
    receipts.push(stage.hub.receipt(&stage.attester, rich, stage.model));
    let batch = stage.batch(receipts);
    let answer: BatchResponse = data(&stage.send(&batch).unwrap());
    assert_eq!(
        outcomes(&answer),
        [Outcome::Exhausted, Outcome::Gap, Outcome::Paid]
    );
    assert_eq!((stage.next(), stage.hub.next(rich, AttesterId(1))), (0, 1));
    stage.hub.assert_invariants();
}

/// Attack (overflow): an author sets an absurd price so that a shared batch overflows and fails.
/// Defence: the group is `overflow` alone; the others are paid.
#[test]
fn amounts_beyond_128_bits_inside_a_batch_harm_no_honest_group() {
    let mut stage = Stage::new();
    let (author, money) = (stage.author.clone(), stage.money.clone());
    let huge = NewModel::named("huge")
        .price(&money, rates(u128::MAX, u128::MAX, u128::MAX))
        .release([9; 32]);
    let huge = stage.hub.register_model(&author, huge);
    for mode in [ITEMISED, NETTED] {
        let mut receipts = stage.receipts(2);
        receipts.extend(
            stage
                .hub
                .receipts(&stage.attester, stage.session, huge, 3, |_, _| {}),
        );
        let batch = stage.hub.batch(&stage.attester, mode, receipts);
        let before = stage.hub.ledger();
        let answer: BatchResponse = data(&stage.send(&batch).unwrap());
        assert_eq!(outcomes(&answer), [Outcome::Paid, Outcome::Overflow]);
        let paid = 2 * CALL as i128;
        assert_eq!(
            before.diff(&stage.hub.ledger()),
            changes(&[
                ("author available uusdc", paid),
                ("author earned uusdc", paid),
                ("session 1 left", -paid),
                ("session 1 spent", paid),
            ])
        );
    }
    assert_eq!(stage.next(), 10);
    stage.hub.assert_invariants();
}

#[test]
fn units_at_their_maximum_are_priced_exactly() {
    let mut stage = Stage::with_session(u128::MAX / 2, |session| session);
    let dear = NewModel::named("dear")
        .price(&stage.money, rates(0, 1_000_000, 1))
        .release([9; 32]);
    let dear = stage.hub.register_model(&stage.author.clone(), dear);
    let max = Units::new(u64::MAX, u64::MAX);
    let receipts = stage
        .hub
        .receipts(&stage.attester, stage.session, dear, 1, |_, receipt| {
            receipt.units = max
        });
    let answer: BatchResponse = data(&stage.send(&stage.batch(receipts)).unwrap());
    let expected = u128::from(u64::MAX) + u128::from(u64::MAX).div_ceil(1_000_000);
    assert_eq!(answer.gross[0].amount.u128(), expected);
}

/// Attack (storage spam and unbounded work): an operator fills a session with lanes of ever new attesters.
/// Defence: four lanes; one is given away only when its attester can never charge again, so that nothing it signed
/// can come back.
#[test]
fn four_attesters_share_a_session_and_a_fifth_waits_until_one_of_them_can_never_charge_again() {
    let mut stage = Stage::new();
    let operator = stage.operator.clone();
    let mut attesters = vec![stage.attester.clone()];
    for seed in 2..=6 {
        attesters.push(
            stage
                .hub
                .register_attester(&operator, KeyType::Ed25519, seed),
        );
    }
    let settle = |stage: &mut Stage, attester: usize| {
        let attester = attesters[attester].clone();
        let receipt = stage.hub.receipt(&attester, stage.session, stage.model);
        let batch = stage.hub.batch(&attester, ITEMISED, vec![receipt]);
        let msg = stage.hub.sign_batch(&attester, &batch);
        stage.hub.billing(&operator, msg)
    };
    for attester in 0..4 {
        settle(&mut stage, attester).unwrap();
    }
    assert_eq!(
        settle(&mut stage, 4).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
    );

    // Retired is not enough: for the maximum age its earlier receipts are still billable.
    stage
        .hub
        .billing(
            &operator,
            ExecuteMsg::Retire {
                attester: AttesterId(2),
            },
        )
        .unwrap();
    let cutoff = stage.hub.now() + 60;
    stage.hub.set_time(cutoff + 86_400);
    assert_eq!(
        settle(&mut stage, 4).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
    );
    stage.hub.advance(1);
    settle(&mut stage, 4).unwrap();
    let lanes = |stage: &Stage| -> Vec<u64> {
        stage
            .hub
            .session(SessionId(1))
            .lanes
            .iter()
            .map(|lane| lane.attester.0)
            .collect()
    };
    assert_eq!(lanes(&stage).len(), 4);
    assert!(!lanes(&stage).contains(&2) && lanes(&stage).contains(&5));

    assert_eq!(
        settle(&mut stage, 5).unwrap_err(),
        nothing_settled(&[Outcome::LanesFull])
    );
    stage
        .hub
        .billing(
            &operator,
            ExecuteMsg::Revoke {
                attester: AttesterId(1),
            },
        )
        .unwrap();
    settle(&mut stage, 5).unwrap();
    assert!(!lanes(&stage).contains(&1) && lanes(&stage).contains(&6));
    stage.hub.assert_invariants();
}

#[test]
fn what_was_settled_is_recorded_announced_and_answered() {
    for (mode, secp256k1) in [(ITEMISED, true), (NETTED, false)] {
        let mut stage = Stage::new();
        if !secp256k1 {
            stage.attester =
                stage
                    .hub
                    .register_attester(&stage.operator.clone(), KeyType::Ed25519, 5);
        }
        let attester = stage.attester.id;
        let other = NewModel::named("other")
            .price(&stage.money, rates(3, 0, 0))
            .release([9; 32]);
        let other = stage.hub.register_model(&stage.author.clone(), other);
        let mut receipts = stage.receipts(3);
        receipts.extend(
            stage
                .hub
                .receipts(&stage.attester, SessionId(1), other, 2, |_, _| {}),
        );
        receipts.push(Receipt {
            session: SessionId(77),
            ..stage.receipts(1).remove(0)
        });
        let batch = stage.hub.batch(&stage.attester, mode, receipts);
        let response = stage.send(&batch).unwrap();
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
        let recorded: RecordedBatch = stage
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
                settled_at: stage.hub.now(),
                measurement: None,
            }
        );
        stage.hub.assert_invariants();
    }
}

#[test]
fn a_batch_pays_callers_of_both_kinds_of_money_at_once() {
    let mut stage = Stage::new();
    let (author, caller, operator) = (
        stage.author.clone(),
        stage.caller.clone(),
        stage.operator.clone(),
    );
    let token = stage.hub.money_cw20();
    let priced = NewModel::named("in-tokens")
        .price(&token, rates(11, 0, 0))
        .operator_bps(10_000 - 1)
        .release([9; 32]);
    let model = stage.hub.register_model(&author, priced);
    let session = stage
        .hub
        .open_session(&caller, &operator, &token, 1_000, |session| session);
    let mut receipts = stage.receipts(1);
    receipts.extend(
        stage
            .hub
            .receipts(&stage.attester, session, model, 2, |_, _| {}),
    );
    let batch = stage.batch(receipts);
    let response = stage.send(&batch).unwrap();
    let denom = token.checked();
    assert!(event(&response, "hub_settle")
        .contains(&("gross".to_owned(), format!("{CALL}uusdc,22{denom}"))));
    stage.hub.assert_invariants();
}

/// Attack (storage spam and unbounded work): a batch of ten thousand groups, all of them bad, is sent to exhaust a
/// block.
/// Defence: work is linear in the bytes that were paid for, and bad groups write nothing.
#[test]
fn ten_thousand_groups_are_settled_and_ten_thousand_bad_ones_refused_in_one_message() {
    let mut stage = Stage::with_session(u128::MAX / 4, |session| session);
    let now = stage.hub.now();
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
    let answer: BatchResponse = data(&stage.send(&batch).unwrap());
    assert_eq!((answer.offered, answer.paid), (10_000, 1));
    assert_eq!(stage.next(), 10_000);
    let run = |outcome, groups| OutcomeRun { outcome, groups };
    assert_eq!(
        answer.outcomes,
        [run(Outcome::Paid, 1), run(Outcome::UnknownRelease, 9_999)]
    );
    stage.hub.assert_invariants();
}

#[test]
fn a_preview_tells_what_the_message_would_answer_and_changes_nothing() {
    let mut stage = Stage::with_session(7 * CALL, |session| escrow::NewSession {
        models: Models::Listed(vec![ModelRef {
            model: ModelId(1),
            release: None,
        }]),
        max_price: None,
        ..session
    });
    let batch = stage.batch(stage.receipts(10));
    let ExecuteMsg::SettleBatch {
        batch: bytes,
        signature,
        vouchers,
    } = stage.hub.sign_batch(&stage.attester, &batch)
    else {
        unreachable!()
    };
    let preview = |stage: &Stage, signature| {
        stage
            .hub
            .query_billing::<BatchResponse>(QueryMsg::PreviewBatch {
                batch: bytes.clone(),
                signature,
                vouchers: vouchers.clone(),
            })
    };
    let unsigned = preview(&stage, None).unwrap();
    let signed = preview(&stage, Some(signature.clone())).unwrap();
    let error = preview(&stage, Some([1; 64].into())).unwrap_err();
    assert!(
        error.to_string().contains("signature does not verify"),
        "{error}"
    );
    let settled: BatchResponse = data(&stage.send(&batch).unwrap());
    assert_eq!((&unsigned, &signed), (&settled, &settled));
    assert_eq!(settled.paid, 7);

    let after = preview(&stage, None).unwrap();
    assert_eq!((after.batch, after.paid), (None, 0));
    assert_eq!(outcomes(&after), [Outcome::Exhausted]);
}
