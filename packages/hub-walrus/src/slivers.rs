use crate::merkle::{self, Hash};
use crate::{BlobId, Code, CodeError};
use thiserror::Error;

/// The Merkle roots of all slivers of a blob: what ties every row and every column to the blob id.
///
/// Their binary form is that of the pairs of slivers in order, as Walrus' metadata lists them: root of row i, then root
/// of column n-1-i, 32 bytes each: 64 000 bytes over 1000 shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliverRoots {
    /// Primary and secondary root of pair i.
    pairs: Vec<(Hash, Hash)>,
}

/// Why bytes are not the sliver roots of a blob.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliverRootsError {
    /// Not 64 bytes for each shard of a possible number of shards.
    #[error(
        "sliver roots are 64 bytes a shard (64000 of 1000 shards), and these are {length} bytes"
    )]
    Length {
        /// Length of what was given, in bytes.
        length: usize,
    },
}

impl SliverRoots {
    /// From the roots of rows and of columns, each in order; `None` unless there are as many of one as of the other.
    pub fn new(rows: &[Hash], columns: &[Hash]) -> Option<Self> {
        if rows.len() != columns.len() {
            return None;
        }
        let pairs = rows.iter().copied().zip(columns.iter().rev().copied());
        Some(Self {
            pairs: pairs.collect(),
        })
    }

    /// From the binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SliverRootsError> {
        let length = SliverRootsError::Length {
            length: bytes.len(),
        };
        let (hashes, rest) = bytes.as_chunks::<32>();
        let (pairs, odd) = hashes.as_chunks::<2>();
        let shards = u16::try_from(pairs.len()).map_err(|_| length)?;
        if !rest.is_empty() || !odd.is_empty() || Code::new(shards).is_err() {
            return Err(length);
        }
        Ok(Self {
            pairs: pairs.iter().map(|[row, column]| (*row, *column)).collect(),
        })
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.pairs
            .iter()
            .flat_map(|(row, column)| [row, column])
            .flatten()
            .copied()
            .collect()
    }

    /// The encoding, which the number of roots tells.
    pub fn code(&self) -> Result<Code, CodeError> {
        Code::new(u16::try_from(self.pairs.len()).unwrap_or(u16::MAX))
    }

    /// Root of row (primary sliver) `row`, if there is one.
    pub fn row(&self, row: u16) -> Option<&Hash> {
        self.pairs.get(usize::from(row)).map(|(root, _)| root)
    }

    /// Root of column (secondary sliver) `column`, if there is one.
    pub fn column(&self, column: u16) -> Option<&Hash> {
        self.pairs
            .iter()
            .rev()
            .nth(usize::from(column))
            .map(|(_, root)| root)
    }

    /// Root hash of the blob.
    pub fn root_hash(&self) -> Hash {
        merkle::root(self.pair_leaves())
    }

    /// Id of a blob of `length` bytes with these slivers. Compare it with the id that is expected before trusting roots
    /// that came from elsewhere.
    pub fn blob_id(&self, length: u64) -> BlobId {
        BlobId::derive(length, &self.root_hash())
    }

    /// The hashes beside the way from pair `pair` to the root hash.
    pub fn pair_path(&self, pair: u16) -> Vec<Hash> {
        merkle::path(self.pair_leaves(), usize::from(pair))
    }

    fn pair_leaves(&self) -> Vec<Hash> {
        self.pairs
            .iter()
            .map(|(row, column)| pair_leaf(row, column))
            .collect()
    }
}

/// Leaf of a pair of slivers in the tree under the root hash.
pub(crate) fn pair_leaf(row: &Hash, column: &Hash) -> Hash {
    let mut bytes = [0; 64];
    let (left, right) = bytes.split_at_mut(32);
    left.copy_from_slice(row);
    right.copy_from_slice(column);
    merkle::leaf(&bytes)
}
