use crate::merkle::{self, Hash};
use crate::slivers::pair_leaf;
use crate::{BlobId, Code, CodeError};
use std::ops::Range;
use thiserror::Error;

/// Shows that one symbol of the encoded matrix, and so bytes at a known place of the blob, belongs to a blob id.
///
/// Hashes alone: no committee and no network take part. It says that the symbol is the one the encoder committed to; that
/// the encoder was honest (its rows and columns are code words) is what a storage certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolProof {
    /// Row of the symbol, which is also its pair of slivers: 0 to n-1. Rows below [`Code::primary`] hold the blob.
    pub row: u16,
    /// Column of the symbol: 0 to n-1. Columns below [`Code::secondary`] hold the blob.
    pub column: u16,
    /// From the symbol to the root of its row, from the leaves up: 10 hashes over 1000 shards.
    pub row_path: Vec<Hash>,
    /// Root of the column that is paired with the row: column n-1-row.
    pub paired_column_root: Hash,
    /// From the pair to the root hash: 10 hashes over 1000 shards.
    pub pair_path: Vec<Hash>,
}

/// Why a proof does not hold.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolProofError {
    /// A blob of this length has no such encoding.
    #[error(transparent)]
    Code(#[from] CodeError),

    /// A place outside the matrix.
    #[error("row {row}, column {column} lies outside a matrix of {shards} rows and columns, counted from 0")]
    Outside {
        /// The row that was given.
        row: u16,
        /// The column that was given.
        column: u16,
        /// Rows and columns of the matrix.
        shards: u16,
    },

    /// A symbol of another size than the blob's length gives.
    #[error(
        "the symbol has {found} bytes, and symbols of a blob of {length} bytes have {expected}"
    )]
    SymbolSize {
        /// How many bytes were given.
        found: usize,
        /// Bytes of a symbol.
        expected: u16,
        /// Bytes of the blob.
        length: u64,
    },

    /// A path with another number of hashes than the tree has levels.
    #[error("a path has {found} hashes, and the tree has {expected} levels above its leaves")]
    PathLength {
        /// How many hashes were given.
        found: usize,
        /// Levels of the tree.
        expected: usize,
    },

    /// Everything has its shape, and the hashes lead to another id.
    #[error("the proof leads to blob id {found}, not to {expected}: symbol, place, length or a hash is wrong")]
    OtherBlob {
        /// Id that the proof leads to.
        found: BlobId,
        /// Id that was asked for.
        expected: BlobId,
    },
}

impl SymbolProof {
    /// Checks that `symbol` lies at the proof's place in the blob `id` of `length` bytes, and says which bytes of the
    /// blob it is: `None` for a symbol that encoding added. A symbol at the end of the blob goes beyond it and is padded with zeros,
    /// so the range may be shorter than the symbol, or empty.
    pub fn verify(
        &self,
        code: Code,
        id: &BlobId,
        length: u64,
        symbol: &[u8],
    ) -> Result<Option<Range<u64>>, SymbolProofError> {
        let found = BlobId::derive(length, &self.root_hash(code, length, symbol)?);
        if found != *id {
            return Err(SymbolProofError::OtherBlob {
                found,
                expected: *id,
            });
        }
        Ok(self.blob_range(code, length)?)
    }

    /// The root hash to which the proof leads, whatever blob that is. Fails if place, symbol or paths do not have the
    /// shape that the code and the length give.
    pub fn root_hash(
        &self,
        code: Code,
        length: u64,
        symbol: &[u8],
    ) -> Result<Hash, SymbolProofError> {
        let shards = code.shards();
        if self.row >= shards || self.column >= shards {
            return Err(SymbolProofError::Outside {
                row: self.row,
                column: self.column,
                shards,
            });
        }
        let expected = code.symbol_size(length)?;
        if symbol.len() != usize::from(expected) {
            return Err(SymbolProofError::SymbolSize {
                found: symbol.len(),
                expected,
                length,
            });
        }
        let depth = merkle::depth(usize::from(shards));
        for path in [&self.row_path, &self.pair_path] {
            if path.len() != depth {
                return Err(SymbolProofError::PathLength {
                    found: path.len(),
                    expected: depth,
                });
            }
        }
        let leaf = merkle::leaf(symbol);
        let row_root = merkle::climb(leaf, usize::from(self.column), &self.row_path);
        let pair = pair_leaf(&row_root, &self.paired_column_root);
        Ok(merkle::climb(pair, usize::from(self.row), &self.pair_path))
    }

    /// Which bytes of a blob of `length` bytes lie at the proof's place; `None` for a symbol that encoding added.
    fn blob_range(&self, code: Code, length: u64) -> Result<Option<Range<u64>>, CodeError> {
        if self.row >= code.primary() || self.column >= code.secondary() {
            return Ok(None);
        }
        let size = u64::from(code.symbol_size(length)?);
        // Far below 2^64: at most primary * secondary symbols of 16 bits.
        let start = u64::from(self.row)
            .saturating_mul(u64::from(code.secondary()))
            .saturating_add(u64::from(self.column))
            .saturating_mul(size);
        let end = start.saturating_add(size);
        Ok(Some(start.min(length)..end.min(length)))
    }
}
