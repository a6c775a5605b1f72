//! The tree against the recursive definition of RFC 6962, and every way to tamper with a proof.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use hub_wire::merkle::{leaf_hash, node_hash, prove, root, verify, Proof, Tree};
use hub_wire::{sha256, Hash};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

/// Largest size at which every index is tried.
const SIZES: usize = 130;

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| vec![i as u8; i % 7]).collect()
}

/// MTH of RFC 6962, section 2.1, word for word.
fn definition(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => sha256(&[&[0], leaf]),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1], &definition(left), &definition(right)])
        }
    }
}

/// PATH of RFC 6962, section 2.1.1, word for word.
fn path(index: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut path, sibling) = match index < k {
        true => (path(index, left), definition(right)),
        false => (path(index - k, right), definition(left)),
    };
    path.push(sibling);
    path
}

#[test]
fn no_leaves_hash_to_sha256_of_nothing() {
    assert_eq!(
        hex::encode(root::<[&[u8]; 0]>([])),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn roots_follow_the_definition() {
    let leaves = leaves(SIZES);
    let mut tree = Tree::new();
    for size in 0..SIZES {
        assert_eq!(tree.size(), size as u64);
        assert_eq!(tree.root(), definition(&leaves[..size]), "size {size}");
        assert_eq!(root(&leaves[..size]), tree.root());
        tree.push(&leaves[size]);
    }
}

#[test]
fn every_leaf_has_the_path_of_the_definition_and_it_verifies() {
    let leaves = leaves(SIZES);
    for size in 0..SIZES {
        let leaves = &leaves[..size];
        let root = root(leaves);
        for index in 0..size {
            let proof = prove(leaves, index as u64).unwrap();
            assert_eq!(
                proof.siblings,
                path(index, leaves),
                "leaf {index} of {size}"
            );
            assert!(proof.verify(&root, &leaves[index], size as u64));
        }
        assert_eq!(prove(leaves, size as u64), None);
        assert_eq!(prove(leaves, u64::MAX), None);
    }
}

#[test]
fn every_tampering_is_refused() {
    // Leaves all different, so that no two places can be confused.
    let leaves: Vec<Vec<u8>> = (0..34_u8).map(|i| vec![i, 1]).collect();
    for size in 1..leaves.len() {
        let leaves = &leaves[..size];
        let root = root(leaves);
        let size = size as u64;
        for index in 0..size {
            let Proof { siblings, .. } = prove(leaves, index).unwrap();
            let leaf = &leaves[index as usize];
            let holds = |leaf: &[u8], index, size, siblings: &[Hash]| {
                verify(&root, leaf, index, size, siblings)
            };
            assert!(holds(leaf, index, size, &siblings));

            assert!(
                !verify(&[0; 32], leaf, index, size, &siblings),
                "another root"
            );
            assert!(!holds(b"no leaf", index, size, &siblings), "another leaf");
            for other in (0..=size + 2).chain([u64::MAX]).filter(|i| *i != index) {
                assert!(
                    !holds(leaf, other, size, &siblings),
                    "leaf {index} of {size} as {other}"
                );
            }
            assert!(!holds(leaf, index, 0, &siblings), "no size");
            for at in 0..siblings.len() {
                let mut changed = siblings.clone();
                changed[at][31] ^= 1;
                assert!(!holds(leaf, index, size, &changed), "changed sibling");
                let mut missing = siblings.clone();
                missing.remove(at);
                assert!(!holds(leaf, index, size, &missing), "missing sibling");
                let mut doubled = siblings.clone();
                doubled.insert(at, siblings[at]);
                assert!(!holds(leaf, index, size, &doubled), "sibling twice");
            }
            let mut more = siblings.clone();
            more.push([0; 32]);
            assert!(!holds(leaf, index, size, &more), "a sibling more");
        }
    }
}

#[test]
fn a_node_is_no_leaf() {
    let leaves = leaves(2);
    let root = root(&leaves);
    let node = [leaf_hash(&leaves[0]), leaf_hash(&leaves[1])].concat();
    assert!(!verify(&root, &node, 0, 1, &[]));
    assert_eq!(
        node_hash(&leaf_hash(&leaves[0]), &leaf_hash(&leaves[1])),
        root
    );
}

proptest! {
    #[test]
    fn any_proof_is_answered_without_panic(
        index in any::<u64>(),
        size in any::<u64>(),
        siblings in vec(any::<Hash>(), 0..70),
    ) {
        prop_assert!(!verify(&[7; 32], b"leaf", index, size, &siblings));
        prop_assert!(!verify(&[7; 32], b"leaf", size.wrapping_sub(1), size, &siblings));
    }

    #[test]
    fn a_proof_of_a_large_tree_verifies(size in 1_usize..3_000, place in any::<u64>()) {
        let leaves: Vec<[u8; 8]> = (0..size as u64).map(u64::to_be_bytes).collect();
        let index = place % size as u64;
        let proof = prove(&leaves, index).unwrap();
        prop_assert!(proof.verify(&root(&leaves), &index.to_be_bytes(), size as u64));
        prop_assert_eq!(proof.index, index);
    }
}
