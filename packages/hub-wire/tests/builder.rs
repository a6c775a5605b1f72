//! Batches made from receipts in any order.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used
)]

use hub_wire::merkle::{prove, root};
use hub_wire::{
    AttesterId, Batch, BatchBuilder, BatchRule, BlobId, BuildError, EncodeError, Mode, ModelId,
    Receipt, ReleaseNumber, SessionId, TermsNumber, Units, Work,
};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest, Strategy};
use std::collections::BTreeMap;

fn receipt(session: SessionId, model: ModelId, issued_at: u64, nonce: u64) -> Receipt {
    let mut request_id = [0; 16];
    request_id[..8].copy_from_slice(&nonce.to_be_bytes());
    Receipt {
        attester: AttesterId(7),
        session,
        blob_id: BlobId::from_bytes([model.0 as u8; 32]),
        model,
        release: ReleaseNumber(1 + nonce % 2),
        terms: TermsNumber(1),
        request_id,
        issued_at,
        units: Units::new(nonce * 3, nonce),
        request_hash: [1; 32],
        response_hash: [2; 32],
    }
}

fn builder_with(receipts: &[Receipt], next: &BTreeMap<u64, u64>) -> BatchBuilder {
    let mut builder = BatchBuilder::new(AttesterId(7));
    next.iter()
        .for_each(|(session, sequence)| builder.next(SessionId(*session), *sequence));
    receipts
        .iter()
        .for_each(|receipt| builder.push(receipt.clone()).unwrap());
    builder
}

#[test]
fn a_receipt_of_another_attester_is_refused() {
    let mut builder = BatchBuilder::new(AttesterId(8));
    assert_eq!(
        builder.push(receipt(SessionId(1), ModelId(1), 0, 0)),
        Err(BuildError::OtherAttester {
            expected: AttesterId(8),
            found: AttesterId(7)
        })
    );
}

#[test]
fn no_receipts_are_no_batch() {
    assert_eq!(
        BatchBuilder::new(AttesterId(7))
            .build(Mode::Netted)
            .unwrap_err(),
        BuildError::Refused(EncodeError::Rule {
            group: 0,
            rule: BatchRule::NoGroups
        })
    );
}

#[test]
fn a_lane_must_be_known() {
    let builder = builder_with(
        &[receipt(SessionId(5), ModelId(1), 0, 0)],
        &BTreeMap::from([(4, 0)]),
    );
    assert_eq!(
        builder.build(Mode::Itemised).unwrap_err(),
        BuildError::UnknownLane {
            session: SessionId(5)
        }
    );
}

#[test]
fn a_lane_ends_at_64_bits() {
    let builder = builder_with(
        &[receipt(SessionId(5), ModelId(1), 0, 0)],
        &BTreeMap::from([(5, u64::MAX)]),
    );
    assert_eq!(
        builder.build(Mode::Itemised).unwrap_err(),
        BuildError::LaneOverflow {
            session: SessionId(5)
        }
    );
}

#[test]
fn session_zero_is_refused() {
    let builder = builder_with(
        &[receipt(SessionId(0), ModelId(1), 0, 0)],
        &BTreeMap::from([(0, 0)]),
    );
    assert_eq!(
        builder.build(Mode::Itemised).unwrap_err(),
        BuildError::Refused(EncodeError::Rule {
            group: 0,
            rule: BatchRule::SessionZero
        })
    );
}

#[test]
fn netted_units_must_fit_64_bits() {
    let mut receipts = [
        receipt(SessionId(1), ModelId(1), 0, 0),
        receipt(SessionId(1), ModelId(1), 0, 2),
    ];
    receipts[0].units.output = u64::MAX;
    let next = BTreeMap::from([(1, 0)]);
    assert!(builder_with(&receipts, &next).build(Mode::Itemised).is_ok());
    assert_eq!(
        builder_with(&receipts, &next)
            .build(Mode::Netted)
            .unwrap_err(),
        BuildError::UnitsOverflow {
            session: SessionId(1),
            model: ModelId(1)
        }
    );
}

#[test]
fn a_group_takes_65535_receipts() {
    let mut builder = BatchBuilder::new(AttesterId(7));
    builder.next(SessionId(1), 0);
    let one = receipt(SessionId(1), ModelId(1), 0, 0);
    (0..65_535).for_each(|_| builder.push(one.clone()).unwrap());
    assert_eq!(
        builder.push(one.clone()),
        Err(BuildError::GroupFull {
            session: SessionId(1),
            model: ModelId(1)
        })
    );
    builder
        .push(Receipt {
            terms: TermsNumber(2),
            ..one
        })
        .unwrap();
    let (batch, _) = builder.build(Mode::Netted).unwrap();
    assert_eq!(batch.groups[0].count(), 65_535);
    assert_eq!(batch.groups[1].sequence, 65_535);
}

fn any_receipts() -> impl Strategy<Value = Vec<Receipt>> {
    let one = (1_u64..5, 1_u64..4, 1_000_u64..2_000);
    vec(one, 1..60).prop_map(|all| {
        let numbered = all.into_iter().zip(0..);
        numbered
            .map(|((session, model, at), nonce)| {
                receipt(SessionId(session), ModelId(model), at, nonce)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_built_batch_states_its_receipts(receipts in any_receipts(), netted in any::<bool>(), first in 0_u64..1_000) {
        let mode = if netted { Mode::Netted } else { Mode::Itemised };
        let next: BTreeMap<u64, u64> = (1..5).map(|session| (session, first * session)).collect();
        let (batch, in_order) = builder_with(&receipts, &next).build(mode).unwrap();

        let bytes = batch.encode().unwrap();
        prop_assert_eq!(Batch::decode(&bytes), Ok(batch.clone()));
        prop_assert_eq!(batch.mode(), mode);
        prop_assert_eq!(batch.offered(), receipts.len() as u64);
        prop_assert_eq!(Some(batch.issued_from), receipts.iter().map(|r| r.issued_at).min());
        prop_assert_eq!(Some(batch.issued_to), receipts.iter().map(|r| r.issued_at).max());

        // The receipts are those pushed, and the leaves of the root in this order.
        let key = |r: &Receipt| (r.session, r.model, r.release, r.terms);
        let mut sorted = receipts.clone();
        sorted.sort_by_key(key);
        prop_assert_eq!(&in_order, &sorted);
        let leaves: Vec<Vec<u8>> = in_order.iter().map(Receipt::encode).collect();
        prop_assert_eq!(batch.receipts_root, root(&leaves));
        let last = leaves.len() as u64 - 1;
        prop_assert!(prove(&leaves, last).unwrap().verify(&batch.receipts_root, &leaves[last as usize], last + 1));

        // Group by group: keys, numbers, times and units.
        let mut lanes = next;
        let mut rest = &in_order[..];
        for group in &batch.groups {
            let (own, others) = rest.split_at(group.count() as usize);
            rest = others;
            let group_key = (group.session, group.model, group.release, group.terms);
            prop_assert!(own.iter().all(|r| key(r) == group_key));
            prop_assert_eq!(lanes.insert(group.session.0, group.end()), Some(group.sequence));
            prop_assert_eq!(own.iter().map(|r| r.issued_at).min(), Some(batch.oldest(group)));
            prop_assert_eq!(own.iter().map(|r| r.issued_at).max(), Some(batch.newest(group)));
            match &group.work {
                Work::Itemised(items) => {
                    prop_assert_eq!(items, &own.iter().map(|r| r.units).collect());
                }
                Work::Netted { total, .. } => {
                    prop_assert_eq!(total.input, own.iter().map(|r| r.units.input).sum::<u64>());
                    prop_assert_eq!(total.output, own.iter().map(|r| r.units.output).sum::<u64>());
                }
            }
        }
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn the_order_of_pushing_matters_within_a_group_only(receipts in any_receipts(), turn in any::<usize>()) {
        let next: BTreeMap<u64, u64> = (1..5).map(|session| (session, 0)).collect();
        let (a, _) = builder_with(&receipts, &next).build(Mode::Netted).unwrap();
        let mut turned = receipts.clone();
        turned.rotate_left(turn % receipts.len());
        let (mut b, _) = builder_with(&turned, &next).build(Mode::Netted).unwrap();
        b.receipts_root = a.receipts_root;
        prop_assert_eq!(a, b);
    }
}
