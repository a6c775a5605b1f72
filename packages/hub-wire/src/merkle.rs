//! The Merkle tree of RFC 6962, section 2.1, with sha256: leaf prefix 0x00, node prefix 0x01, left subtree the largest
//! power of two below the size.

use crate::hash::{sha256, Hash};

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;

/// Hash of one leaf: sha256(0x00 ‖ bytes).
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    sha256(&[&[LEAF], bytes])
}

/// Hash of an inner node: sha256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[NODE], left, right])
}

/// Root over the leaves in order; of no leaves, sha256 of nothing. Holds at most one hash per level.
pub fn root<I>(leaves: I) -> Hash
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let mut tree = Tree::new();
    for leaf in leaves {
        tree.push(leaf.as_ref());
    }
    tree.root()
}

/// A tree that grows leaf by leaf and keeps only the roots of its full subtrees: at most 64 hashes.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Roots of full subtrees, largest first; their sizes are the bits of `size`.
    subtrees: Vec<Hash>,
    size: u64,
}

impl Tree {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        let mut hash = leaf_hash(leaf);
        // As in binary counting: every trailing one of the size is a full subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// Root over the leaves so far.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        match subtrees.next() {
            None => sha256(&[]),
            Some(last) => subtrees.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// That a leaf is in a tree: its place, and the siblings on its way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Place of the leaf, from 0.
    pub index: u64,
    /// Siblings, from the leaf up (the inclusion path of RFC 9162, section 2.1.3.1).
    pub siblings: Vec<Hash>,
}

impl Proof {
    /// Whether it proves that `leaf` lies at its index in the tree of `size` leaves with this root.
    pub fn verify(&self, root: &Hash, leaf: &[u8], size: u64) -> bool {
        verify(root, leaf, self.index, size, &self.siblings)
    }
}

/// The proof for the leaf at `index`, or `None` where there is none.
pub fn prove<T: AsRef<[u8]>>(leaves: &[T], index: u64) -> Option<Proof> {
    let mut place = usize::try_from(index).ok().filter(|i| *i < leaves.len())?;
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect();
    let mut siblings = Vec::new();
    while level.len() > 1 {
        // The last node of an odd level has no sibling and rises as it is.
        siblings.extend(level.get(place ^ 1));
        place >>= 1;
        level = level
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                [alone] => Some(*alone),
                _ => None,
            })
            .collect();
    }
    Some(Proof { index, siblings })
}

/// Whether `leaf` lies at `index` in the tree of `size` leaves with this root: RFC 9162, section 2.1.3.2. Exactly the
/// siblings on the way are accepted, none missing and none besides.
pub fn verify(root: &Hash, leaf: &[u8], index: u64, size: u64, siblings: &[Hash]) -> bool {
    let Some(mut last) = size.checked_sub(1).filter(|last| index <= *last) else {
        return false;
    };
    let mut place = index;
    let mut hash = leaf_hash(leaf);
    for sibling in siblings {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}
