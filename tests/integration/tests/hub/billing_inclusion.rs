//! Recorded batches, and proofs that an attester vouched for a receipt.

use cosmwasm_std::{HexBinary, StdResult};
use hub_types::billing::{
    BatchesResponse, InclusionProof, InclusionResponse, QueryMsg, RecordedBatch,
};
use hub_types::ids::{AttesterId, ModelId, SessionId};
use hub_types::wire::{merkle, Mode, Receipt};

use crate::fixture::{Fixture, CALL};

fn proof(leaves: &[Receipt], index: u64) -> InclusionProof {
    let leaves: Vec<_> = leaves.iter().map(Receipt::encode).collect();
    let proof = merkle::prove(&leaves, index).unwrap();
    InclusionProof {
        index,
        siblings: proof.siblings.into_iter().map(HexBinary::from).collect(),
    }
}

fn verify(
    fixture: &Fixture,
    batch: u64,
    receipt: &[u8],
    proof: InclusionProof,
) -> StdResult<InclusionResponse> {
    fixture.hub.query_billing(QueryMsg::VerifyInclusion {
        attester: AttesterId(1),
        batch,
        receipt: receipt.into(),
        proof,
    })
}

/// Attack (confused deputy): a contract is shown a receipt that was never in the batch, or an inner node of the tree
/// as a receipt.
/// Defence: leaves and nodes are hashed under different prefixes, and index and size bind the path.
#[test]
fn every_receipt_of_a_recorded_batch_is_proven_and_no_other() {
    for mode in [Mode::Itemised, Mode::Netted] {
        let mut fixture = Fixture::with_session(5 * CALL, |session| session);
        let receipts = fixture.hub.receipts(
            &fixture.attester,
            SessionId(1),
            ModelId(1),
            5,
            |place, receipt| {
                receipt.units.input = 1_000 - place;
            },
        );
        let (batch, leaves) = fixture
            .hub
            .batch_and_leaves(&fixture.attester, mode, receipts);
        fixture.send(&batch).unwrap();
        let settled_at = fixture.hub.now();
        fixture.hub.advance(1_000_000);
        for (index, leaf) in leaves.iter().enumerate() {
            let index = index as u64;
            let good = proof(&leaves, index);
            assert_eq!(
                verify(&fixture, 1, &leaf.encode(), good.clone()).unwrap(),
                InclusionResponse {
                    attester: AttesterId(1),
                    measurement: None,
                    settled_at,
                    offered: 5,
                    paid: 5
                }
            );
            let not_included = "does not lead from this receipt to the root of batch 1";
            let mut other = leaf.clone();
            other.units.output += 1;
            let mut longer = good.clone();
            longer.siblings.push([0; 32].into());
            let shorter = InclusionProof {
                siblings: vec![],
                ..good.clone()
            };
            let moved = InclusionProof {
                index: (index + 1) % 5,
                ..good.clone()
            };
            let beyond = InclusionProof {
                index: u64::MAX,
                ..good.clone()
            };
            for (receipt, proof) in [
                (&other, good.clone()),
                (leaf, longer),
                (leaf, shorter),
                (leaf, moved),
                (leaf, beyond),
            ] {
                let error = verify(&fixture, 1, &receipt.encode(), proof).unwrap_err();
                assert!(error.to_string().contains(not_included), "{error}");
            }
        }
    }
}

#[test]
fn a_proof_for_an_unknown_batch_another_attester_or_of_the_wrong_form_is_refused() {
    let mut fixture = Fixture::new();
    let (batch, leaves) =
        fixture
            .hub
            .batch_and_leaves(&fixture.attester, Mode::Itemised, fixture.receipts(3));
    fixture.send(&batch).unwrap();
    let good = proof(&leaves, 0);
    let bytes = leaves[0].encode();
    for (error, sentence) in [
        (
            verify(&fixture, 0, &bytes, good.clone()),
            "has no recorded batch 0: numbers run from 1 to 1",
        ),
        (
            verify(&fixture, 2, &bytes, good.clone()),
            "has no recorded batch 2: numbers run from 1 to 1",
        ),
        (
            verify(&fixture, 1, &bytes[..bytes.len() - 1], good.clone()),
            "the receipt is malformed",
        ),
        (
            verify(
                &fixture,
                1,
                &bytes,
                InclusionProof {
                    siblings: vec![vec![1; 31].into()],
                    ..good.clone()
                },
            ),
            "siblings has 31 bytes: give exactly 32",
        ),
        (
            verify(
                &fixture,
                1,
                &Receipt {
                    attester: AttesterId(2),
                    ..leaves[0].clone()
                }
                .encode(),
                good,
            ),
            "the receipt is attester 2's, the batch attester 1's",
        ),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn a_single_receipt_records_no_batch_and_batches_are_listed_in_pages() {
    let mut fixture = Fixture::with_session(100 * CALL, |session| session);
    let receipt = fixture.receipts(1).remove(0);
    fixture.send_receipt(&receipt, 0).unwrap();
    let list = |fixture: &Fixture, start_after, limit| -> Vec<RecordedBatch> {
        let query = QueryMsg::Batches {
            attester: AttesterId(1),
            start_after,
            limit,
        };
        fixture
            .hub
            .query_billing::<BatchesResponse>(query)
            .unwrap()
            .batches
    };
    assert_eq!(list(&fixture, None, None), []);
    for _ in 0..12 {
        let batch = fixture.batch(fixture.receipts(2));
        fixture.send(&batch).unwrap();
    }
    let numbers = |batches: Vec<RecordedBatch>| -> Vec<u64> {
        batches.into_iter().map(|batch| batch.batch).collect()
    };
    assert_eq!(
        numbers(list(&fixture, None, None)),
        (1..=10).collect::<Vec<_>>()
    );
    assert_eq!(numbers(list(&fixture, Some(10), None)), [11, 12]);
    assert_eq!(numbers(list(&fixture, Some(3), Some(2))), [4, 5]);
    assert_eq!(
        numbers(list(&fixture, Some(u64::MAX), None)),
        Vec::<u64>::new()
    );
}
