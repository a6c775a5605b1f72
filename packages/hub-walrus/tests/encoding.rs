//! The shape of the code, sliver roots, symbol proofs and ids of files in quilts.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use hub_walrus::merkle::{self, Hash};
use hub_walrus::{
    BlobId, Code, CodeError, QuiltPatchId, QuiltPatchIdError, SliverRoots, SliverRootsError,
    SymbolProof, SymbolProofError,
};
use proptest::prelude::*;

const PATCH: &str = "6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKoB0AB7Ag";
const QUILT: &str = "6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKo";

#[test]
fn numbers_of_shards_that_walrus_cannot_have_are_refused() {
    for shards in [0, 1, 2, 3, 10_001, u16::MAX] {
        assert_eq!(Code::new(shards), Err(CodeError::Shards { shards }));
    }
    assert_eq!(Code::new(1000), Ok(Code::WALRUS));
}

#[test]
fn symbols_grow_by_two_bytes_until_the_blob_is_too_long() {
    let code = Code::WALRUS;
    let symbols = code.source_symbols();
    assert_eq!(symbols, 222_778);
    for (length, size) in [
        (0, 2),
        (1, 2),
        (2 * symbols, 2),
        (2 * symbols + 1, 4),
        (1 << 30, 4820),
        (14_599_533_452, 65_534),
    ] {
        assert_eq!(code.symbol_size(length), Ok(size), "{length} bytes");
    }
    for length in [14_599_533_453, u64::MAX] {
        let max = 14_599_533_452;
        let shards = 1000;
        assert_eq!(
            code.symbol_size(length),
            Err(CodeError::TooLong {
                length,
                max,
                shards
            })
        );
    }
}

#[test]
fn texts_that_are_no_patch_id_are_refused_by_what_they_are() {
    let refused = |text: &str| text.parse::<QuiltPatchId>().unwrap_err();
    assert_eq!(refused(QUILT), QuiltPatchIdError::BlobId);
    let padded = format!("{PATCH}==");
    let other_end = PATCH.replace("7Ag", "7Ah");
    let standard = PATCH.replace('-', "+");
    for text in [
        "",
        &PATCH[1..],
        &padded,
        &other_end,
        &standard,
        &"ü".repeat(25),
    ] {
        assert_eq!(refused(text), QuiltPatchIdError::Text, "{text}");
    }
}

#[test]
fn bytes_that_are_no_patch_id_are_refused() {
    let id: QuiltPatchId = PATCH.parse().unwrap();
    let bytes = id.to_bytes();
    for length in [0, 32, 36, 38] {
        let other = [&bytes[..], &[0; 1]].concat();
        assert_eq!(
            QuiltPatchId::from_bytes(&other[..length]),
            Err(QuiltPatchIdError::Length { length })
        );
    }
    for version in [0, 2, 255] {
        let mut other = bytes;
        other[32] = version;
        assert_eq!(
            QuiltPatchId::from_bytes(&other),
            Err(QuiltPatchIdError::Version { version })
        );
    }
    for (start, end) in [(0, 5), (5, 5), (6, 5), (1, 668), (u16::MAX, u16::MAX)] {
        assert_eq!(
            QuiltPatchId::new(id.quilt(), start..end),
            Err(QuiltPatchIdError::Columns { start, end })
        );
    }
}

#[test]
fn a_published_patch_id_is_quilt_and_columns() {
    let id: QuiltPatchId = PATCH.parse().unwrap();
    assert_eq!(id.quilt(), QUILT.parse().unwrap());
    assert_eq!((id.start(), id.end()), (208, 635));
    assert_eq!(id.to_string(), PATCH);
    assert_eq!(QuiltPatchId::from_bytes(&id.to_bytes()), Ok(id));
}

#[test]
fn sliver_roots_of_no_possible_committee_are_refused() {
    for length in [0, 1, 64, 3 * 64, 64_001, 63_968, 10_001 * 64] {
        assert_eq!(
            SliverRoots::from_bytes(&vec![0; length]),
            Err(SliverRootsError::Length { length })
        );
    }
    assert_eq!(SliverRoots::new(&[[0; 32]; 4], &[[0; 32]; 5]), None);
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>()
}

proptest! {
    #[test]
    fn sliver_roots_are_read_as_written(
        rows in proptest::collection::vec(hash(), 4..20),
        seed: u8,
    ) {
        let columns: Vec<Hash> = rows.iter().map(|row| merkle::leaf(&[&row[..], &[seed]].concat())).collect();
        let roots = SliverRoots::new(&rows, &columns).unwrap();
        let bytes = roots.to_bytes();
        prop_assert_eq!(SliverRoots::from_bytes(&bytes), Ok(roots.clone()));
        let last = rows.len() - 1;
        for i in 0..rows.len() {
            let place = u16::try_from(i).unwrap();
            prop_assert_eq!(roots.row(place), Some(&rows[i]));
            prop_assert_eq!(roots.column(place), Some(&columns[i]));
            // Row i is paired with column n - 1 - i.
            prop_assert_eq!(&bytes[64 * i..64 * i + 32], &rows[i]);
            prop_assert_eq!(&bytes[64 * i + 32..64 * i + 64], &columns[last - i]);
        }
        let after = u16::try_from(rows.len()).unwrap();
        prop_assert_eq!((roots.row(after), roots.column(after)), (None, None));
    }

    /// Paths of every leaf lead to the root, whatever the number of leaves.
    #[test]
    fn every_leaf_has_its_way_to_the_root(leaves in proptest::collection::vec(hash(), 1..40)) {
        let root = merkle::root(leaves.clone());
        for (i, leaf) in leaves.iter().enumerate() {
            let path = merkle::path(leaves.clone(), i);
            prop_assert_eq!(path.len(), merkle::depth(leaves.len()));
            prop_assert_eq!(merkle::climb(*leaf, i, &path), root);
        }
    }

    /// A committed symbol is proven, and nothing else of the same proof is.
    #[test]
    fn a_symbol_is_proven_at_its_place_alone(
        shards in 4_u16..14,
        row in 0_u16..14,
        column in 0_u16..14,
        length in 0_u64..2000,
        flipped in any::<prop::sample::Index>(),
    ) {
        let code = Code::new(shards).unwrap();
        let (row, column) = (row % shards, column % shards);
        let size = usize::from(code.symbol_size(length).unwrap());
        // Any matrix is committed to, code word or not.
        let symbol = |row: u16, column: u16| vec![(row * 16 + column) as u8; size];
        let leaf = |row, column| merkle::leaf(&symbol(row, column));
        let line = |row| (0..shards).map(|column| leaf(row, column)).collect::<Vec<_>>();
        let rows: Vec<Hash> = (0..shards).map(|row| merkle::root(line(row))).collect();
        let columns: Vec<Hash> = (0..shards)
            .map(|column| merkle::root((0..shards).map(|row| leaf(row, column)).collect()))
            .collect();
        let roots = SliverRoots::new(&rows, &columns).unwrap();
        let id = roots.blob_id(length);
        let proof = SymbolProof {
            row,
            column,
            row_path: merkle::path(line(row), column.into()),
            paired_column_root: columns[usize::from(shards - 1 - row)],
            pair_path: roots.pair_path(row),
        };
        let bytes = symbol(row, column);
        let range = proof.verify(code, &id, length, &bytes).unwrap();
        let systematic = row < code.primary() && column < code.secondary();
        prop_assert_eq!(range.is_some(), systematic);
        if let Some(range) = range {
            let start = (u64::from(row) * u64::from(code.secondary()) + u64::from(column)) * size as u64;
            prop_assert_eq!(range, start.min(length)..(start + size as u64).min(length));
        }

        let mut other = bytes.clone();
        *flipped.get_mut(&mut other) ^= 1;
        let refused = proof.verify(code, &id, length, &other);
        let is_other = matches!(refused, Err(SymbolProofError::OtherBlob { expected, .. }) if expected == id);
        prop_assert!(is_other, "{:?}", refused);
        let elsewhere = SymbolProof { column: (column + 1) % shards, ..proof.clone() };
        prop_assert!(elsewhere.verify(code, &id, length, &bytes).is_err());
        let elsewhere = SymbolProof { row: (row + 1) % shards, ..proof };
        prop_assert!(elsewhere.verify(code, &id, length, &bytes).is_err());
    }
}

#[test]
fn any_32_bytes_make_a_patch_id_with_possible_columns() {
    let id = QuiltPatchId::new(BlobId::from_bytes([0xff; 32]), 666..667).unwrap();
    assert_eq!(id.to_string().parse(), Ok(id));
}
