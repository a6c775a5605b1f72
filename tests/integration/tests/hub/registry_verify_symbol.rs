//! Bytes are shown to lie in a release's blob, by hashes alone.

use cosmwasm_std::{Binary, HexBinary, Uint64};
use hub_testing::{Hub, RegistryError};
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{ByteRange, QueryMsg, SymbolProof, SymbolResponse};
use hub_types::walrus::{BlobId, SymbolProofError};
use serde_json::Value;

use crate::registry_fixture::{ask, assert_no_answer, blob, market_model};

/// A proof of the committed vectors, of the reference encoder's tree.
#[derive(Clone)]
struct Case {
    blob_id: BlobId,
    size: u64,
    symbol: Vec<u8>,
    proof: SymbolProof,
    bytes: Option<ByteRange>,
}

impl Case {
    fn question(&self, model: ModelId, release: ReleaseNumber) -> QueryMsg {
        QueryMsg::VerifySymbol {
            model,
            release,
            size: Uint64::new(self.size),
            symbol: Binary::from(self.symbol.clone()),
            proof: self.proof.clone(),
        }
    }
}

fn cases() -> Vec<Case> {
    let file = include_str!("../../../vectors/walrus-blob-ids.json");
    let file: Value = serde_json::from_str(file).unwrap();
    let proofs = file["symbol_inclusion_proofs"].as_array().unwrap();
    let hex = |value: &Value| HexBinary::from_hex(value.as_str().unwrap()).unwrap();
    let path = |value: &Value| value.as_array().unwrap().iter().map(hex).collect();
    let case = |entry: &Value| Case {
        blob_id: entry["blob_id"].as_str().unwrap().parse().unwrap(),
        size: entry["unencoded_length"].as_u64().unwrap(),
        symbol: hex(&entry["symbol_hex"]).into(),
        proof: SymbolProof {
            row: entry["row"].as_u64().unwrap() as u16,
            column: entry["column"].as_u64().unwrap() as u16,
            row_path: path(&entry["primary_sliver_path_hex"]),
            paired_column_root: hex(&entry["secondary_sliver_root_of_pair_hex"]),
            pair_path: path(&entry["pair_path_hex"]),
        },
        bytes: entry["blob_offset"].as_u64().map(|offset| {
            let size = entry["unencoded_length"].as_u64().unwrap();
            let there = entry["symbol_size"]
                .as_u64()
                .unwrap()
                .min(size.saturating_sub(offset));
            ByteRange {
                offset: Uint64::new(offset.min(size)),
                length: Uint64::new(there),
            }
        }),
    };
    proofs.iter().map(case).collect()
}

/// A Hub with one model, whose release has the blob of the case.
fn market(case: &Case) -> (Hub, u64) {
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, market_model(0).release(case.blob_id));
    (hub, model.0)
}

/// The third case, which is the first one that is not at the start of its blob.
fn case() -> Case {
    cases().swap_remove(2)
}

#[test]
fn a_release_that_does_not_exist_has_no_symbol() {
    let case = case();
    let (hub, model) = market(&case);
    for release in [0, 2, u64::MAX] {
        assert_no_answer(
            &hub,
            case.question(ModelId(model), ReleaseNumber(release)),
            RegistryError::UnknownRelease {
                model: ModelId(model),
                release: ReleaseNumber(release),
                latest: ReleaseNumber(1),
            },
        );
    }
}

#[test]
fn a_hash_that_is_not_32_bytes_is_refused() {
    let case = case();
    let (hub, model) = market(&case);
    for length in [0, 31, 33] {
        let bytes = HexBinary::from(vec![0; length]);
        type Damage = fn(&mut SymbolProof, HexBinary);
        let fields: [(&str, Damage); 3] = [
            ("row_path", |proof, bytes| proof.row_path[9] = bytes),
            ("pair_path", |proof, bytes| proof.pair_path[0] = bytes),
            ("paired_column_root", |proof, bytes| {
                proof.paired_column_root = bytes
            }),
        ];
        for (field, set) in fields {
            let mut other = case.clone();
            set(&mut other.proof, bytes.clone());
            let error = RegistryError::Hash(HashError { field, length });
            assert_no_answer(
                &hub,
                other.question(ModelId(model), ReleaseNumber(1)),
                error,
            );
        }
    }
}

#[test]
fn a_proof_of_another_shape_is_refused() {
    let case = case();
    let (hub, model) = market(&case);
    let refused = |change: fn(&mut Case), source| {
        let mut other = case.clone();
        change(&mut other);
        assert_no_answer(
            &hub,
            other.question(ModelId(model), ReleaseNumber(1)),
            RegistryError::Symbol { source },
        );
    };
    let path = |found| SymbolProofError::PathLength {
        found,
        expected: 10,
    };
    refused(|case| case.proof.row_path.truncate(9), path(9));
    refused(|case| case.proof.pair_path = vec![], path(0));
    refused(
        |case| case.proof.pair_path = vec![HexBinary::from([0; 32]); 500],
        path(500),
    );
    let (row, column, shards) = (case.proof.row, case.proof.column, 1000);
    refused(
        |case| case.proof.row = 1000,
        SymbolProofError::Outside {
            row: 1000,
            column,
            shards,
        },
    );
    refused(
        |case| case.proof.column = u16::MAX,
        SymbolProofError::Outside {
            row,
            column: u16::MAX,
            shards,
        },
    );
    let length = case.size;
    refused(
        |case| case.symbol.push(0),
        SymbolProofError::SymbolSize {
            found: 3,
            expected: 2,
            length,
        },
    );
    refused(
        |case| case.size = 14_599_533_453,
        SymbolProofError::Code(hub_types::walrus::CodeError::TooLong {
            length: 14_599_533_453,
            max: 14_599_533_452,
            shards,
        }),
    );
}

#[test]
fn whatever_is_changed_leads_to_another_blob() {
    let case = case();
    let (hub, model) = market(&case);
    let flip = |hash: &mut HexBinary| {
        let mut bytes = hash.to_vec();
        bytes[31] ^= 1;
        *hash = bytes.into();
    };
    let mut others = vec![case.clone(); 6];
    others[0].symbol[0] ^= 1;
    others[1].size += 1;
    others[2].proof.row ^= 1;
    others[3].proof.column ^= 1;
    flip(&mut others[4].proof.paired_column_root);
    others[5].proof.row_path.swap(0, 1);
    for place in 0..10 {
        let mut other = case.clone();
        flip(&mut other.proof.row_path[place]);
        others.push(other);
        let mut other = case.clone();
        flip(&mut other.proof.pair_path[place]);
        others.push(other);
    }
    for other in others {
        let answer: Result<SymbolResponse, _> =
            hub.query_registry(other.question(ModelId(model), ReleaseNumber(1)));
        let error = answer.unwrap_err().to_string();
        let (before, after) = error.split_once(", not to ").expect("two ids");
        assert!(before.contains("the proof leads to blob id "), "{error}");
        assert!(after.starts_with(&case.blob_id.to_string()), "{error}");
    }
}

#[test]
fn a_proof_of_another_blob_is_refused() {
    let case = case();
    let (hub, model) = market(&Case {
        blob_id: blob(0),
        ..case.clone()
    });
    assert_no_answer(
        &hub,
        case.question(ModelId(model), ReleaseNumber(1)),
        RegistryError::Symbol {
            source: SymbolProofError::OtherBlob {
                found: case.blob_id,
                expected: blob(0),
            },
        },
    );
}

#[test]
fn a_true_symbol_is_located_in_the_blob() {
    for case in cases() {
        let (hub, model) = market(&case);
        assert_eq!(
            ask::<SymbolResponse>(&hub, case.question(ModelId(model), ReleaseNumber(1))),
            SymbolResponse {
                blob_id: case.blob_id.to_string(),
                bytes: case.bytes,
            }
        );
    }
}
