//! The Merkle tree of Walrus (MystenLabs/walrus, crates/walrus-core/src/merkle.rs): Blake2b-256, leaves hashed after a
//! byte 0x00, nodes after 0x01; a level of odd length is completed by 32 zero bytes.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};

/// A Blake2b-256 hash.
pub type Hash = [u8; 32];

/// Completes a level of odd length.
pub const EMPTY: Hash = [0; 32];

/// Hash of a leaf with these bytes: blake2b-256(0x00 ‖ bytes).
pub fn leaf(bytes: &[u8]) -> Hash {
    let mut hasher = Blake2b::<U32>::new();
    hasher.update([0x00]);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// Hash of an inner node: blake2b-256(0x01 ‖ left ‖ right).
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Blake2b::<U32>::new();
    hasher.update([0x01]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The root over leaves that are hashed already. A single leaf is the root; no leaf at all has [`EMPTY`].
pub fn root(leaves: Vec<Hash>) -> Hash {
    let mut level = leaves;
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or(EMPTY)
}

/// The hashes beside the way from leaf `index` to the root, from the leaves up.
pub fn path(leaves: Vec<Hash>, mut index: usize) -> Vec<Hash> {
    let mut level = leaves;
    let mut path = Vec::new();
    while level.len() > 1 {
        path.push(level.get(index ^ 1).copied().unwrap_or(EMPTY));
        level = parents(&level);
        index >>= 1;
    }
    path
}

/// The root to which a leaf with this place and these hashes beside its way leads.
pub fn climb(leaf: Hash, mut index: usize, path: &[Hash]) -> Hash {
    let mut hash = leaf;
    for beside in path {
        hash = match index & 1 {
            0 => node(&hash, beside),
            _ => node(beside, &hash),
        };
        index >>= 1;
    }
    hash
}

/// Hashes beside the way to the root of a tree of `leaves` leaves.
pub fn depth(leaves: usize) -> usize {
    let mut depth: usize = 0;
    let mut level = leaves;
    while level > 1 {
        level = level.div_ceil(2);
        depth = depth.saturating_add(1);
    }
    depth
}

fn parents(level: &[Hash]) -> Vec<Hash> {
    level
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => node(left, right),
            [left] => node(left, &EMPTY),
            _ => EMPTY,
        })
        .collect()
}
