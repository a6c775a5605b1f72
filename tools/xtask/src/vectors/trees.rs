//! Merkle trees, proofs and refused proofs.

use super::inputs::{leaves, named};
use super::values::hexes;
use anyhow::{ensure, Context, Result};
use hub_wire::merkle::{prove, root};
use hub_wire::Hash;
use serde_json::{json, Value};

pub fn merkle_trees() -> Result<Value> {
    let leaves = leaves()?;
    (0..=leaves.len())
        .map(|size| {
            let leaves = &leaves[..size];
            let proofs = (0..size as u64)
                .map(|index| {
                    let proof = prove(leaves, index).context("no proof")?;
                    Ok(json!({ "index": index.to_string(), "siblings_hex": hexes(&proof.siblings) }))
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(json!({
                "size": size.to_string(),
                "leaves_hex": hexes(leaves),
                "root_hex": hex::encode(root(leaves)),
                "proofs": proofs,
            }))
        })
        .collect()
}

pub fn refused_proofs() -> Result<Value> {
    let leaves = &leaves()?[..7];
    let root = root(leaves);
    let proof = prove(leaves, 4).context("no proof")?.siblings;
    let with = |change: &dyn Fn(&mut Vec<Hash>)| {
        let mut siblings = proof.clone();
        change(&mut siblings);
        siblings
    };
    let cases = [
        ("another leaf", root, "00", 4, 7, proof.clone()),
        ("another root", named("root"), "3031", 4, 7, proof.clone()),
        ("another index", root, "3031", 5, 7, proof.clone()),
        ("index beyond the size", root, "3031", 7, 7, proof.clone()),
        (
            "widest index and size",
            root,
            "3031",
            u64::MAX - 1,
            u64::MAX,
            proof.clone(),
        ),
        ("size 0", root, "3031", 0, 0, vec![]),
        ("no siblings", root, "3031", 4, 7, vec![]),
        (
            "a sibling less",
            root,
            "3031",
            4,
            7,
            with(&|s| s.truncate(2)),
        ),
        (
            "a sibling more",
            root,
            "3031",
            4,
            7,
            with(&|s| s.push([0; 32])),
        ),
        (
            "siblings swapped",
            root,
            "3031",
            4,
            7,
            with(&|s| s.swap(0, 1)),
        ),
        (
            "a sibling changed",
            root,
            "3031",
            4,
            7,
            with(&|s| s[2][0] ^= 1),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, root, leaf, index, size, siblings)| {
            let accepted =
                hub_wire::merkle::verify(&root, &hex::decode(leaf)?, index, size, &siblings);
            ensure!(!accepted, "proof with {name} is accepted");
            Ok(json!({
                "name": name,
                "root_hex": hex::encode(root),
                "leaf_hex": leaf,
                "index": index.to_string(),
                "size": size.to_string(),
                "siblings_hex": hexes(&siblings),
            }))
        })
        .collect()
}
