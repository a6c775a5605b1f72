use crate::BlobId;
use hub_walrus::merkle::{self, Hash};
use hub_walrus::{Code, CodeError, SliverRoots, SliverRootsError, SymbolProof};
use std::ops::Range;
use thiserror::Error;

/// What checks a blob piece by piece, without encoding all of it: its length and the Merkle roots of its slivers.
///
/// Row r of the matrix, for r below [`Slivers::rows`], *is* a run of the blob's bytes. So each run of a download is
/// checked as it arrives, for a quarter of what the blob id costs, and a wrong byte names its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slivers {
    code: Code,
    length: u64,
    symbol_size: usize,
    roots: SliverRoots,
}

/// Why sliver roots are not those of the blob.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliversError {
    /// Not in the form of sliver roots.
    #[error(transparent)]
    Form(#[from] SliverRootsError),

    /// No blob has this length.
    #[error(transparent)]
    Code(#[from] CodeError),

    /// Roots of another blob.
    #[error("these sliver roots and {length} bytes give blob id {found}, not {expected}")]
    OtherBlob {
        /// Length given.
        length: u64,
        /// Id that they give.
        found: BlobId,
        /// Id that was asked for.
        expected: BlobId,
    },
}

/// Why a run of bytes is not a row of the blob.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowError {
    /// There is no such row.
    #[error("row {row} does not exist: rows are counted from 0 to {}", rows - 1)]
    NoSuchRow {
        /// Row asked for.
        row: u16,
        /// Rows there are.
        rows: u16,
    },

    /// There is no such column.
    #[error("column {column} does not exist: columns are counted from 0 to {}", columns - 1)]
    NoSuchColumn {
        /// Column asked for.
        column: u16,
        /// Columns there are.
        columns: u16,
    },

    /// Not as many bytes as the row has.
    #[error("row {row} has {expected} bytes, and {found} were given")]
    Length {
        /// Row asked for.
        row: u16,
        /// Bytes given.
        found: usize,
        /// Bytes of the row.
        expected: u64,
    },

    /// As many bytes as the row has, and not those of the blob.
    #[error(
        "the bytes of row {row} (bytes {start} to {end} of the blob) are not those of the blob"
    )]
    Wrong {
        /// Row asked for.
        row: u16,
        /// First byte of the row in the blob.
        start: u64,
        /// Byte after the last one.
        end: u64,
    },
}

impl Slivers {
    /// The slivers of a blob of `length` bytes. Whether they are those of a certain blob is up to the caller; where
    /// they come from elsewhere, use [`Slivers::of_blob`].
    pub fn new(length: u64, roots: SliverRoots) -> Result<Self, CodeError> {
        let code = roots.code()?;
        let symbol_size = usize::from(code.symbol_size(length)?);
        Ok(Self {
            code,
            length,
            symbol_size,
            roots,
        })
    }

    /// From their binary form ([`SliverRoots::to_bytes`]), checked against the blob's id and length.
    pub fn of_blob(id: &BlobId, length: u64, roots: &[u8]) -> Result<Self, SliversError> {
        let slivers = Self::new(length, SliverRoots::from_bytes(roots)?)?;
        let found = slivers.id();
        if found != *id {
            return Err(SliversError::OtherBlob {
                length,
                found,
                expected: *id,
            });
        }
        Ok(slivers)
    }

    /// Id of the blob.
    pub fn id(&self) -> BlobId {
        self.roots.blob_id(self.length)
    }

    /// Bytes of the blob.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The encoding.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The Merkle roots.
    pub fn roots(&self) -> &SliverRoots {
        &self.roots
    }

    /// Bytes of a symbol.
    pub fn symbol_size(&self) -> usize {
        self.symbol_size
    }

    /// Rows that hold the blob's bytes; the last ones may hold padding alone.
    pub fn rows(&self) -> u16 {
        self.code.primary()
    }

    /// Which bytes of the blob are row `row`. Empty beyond the end of the blob.
    pub fn row_range(&self, row: u16) -> Range<u64> {
        let size = u64::from(self.code.secondary()) * self.symbol_size as u64;
        let start = (u64::from(row) * size).min(self.length);
        let end = match row < self.rows() {
            true => (start + size).min(self.length),
            false => start,
        };
        start..end
    }

    /// The row in which this byte of the blob lies.
    pub fn row_of(&self, offset: u64) -> Option<u16> {
        let size = u64::from(self.code.secondary()) * self.symbol_size as u64;
        match offset < self.length {
            true => u16::try_from(offset / size).ok(),
            false => None,
        }
    }

    /// Checks that these are the bytes of row `row` of the blob, all of [`Slivers::row_range`].
    pub fn check_row(&self, row: u16, bytes: &[u8]) -> Result<(), RowError> {
        let leaves = self.row_leaves(row, bytes)?;
        let Range { start, end } = self.row_range(row);
        match self.roots.row(row) {
            Some(root) if *root == merkle::root(leaves) => Ok(()),
            _ => Err(RowError::Wrong { row, start, end }),
        }
    }

    /// Proves what the symbol at `row` and `column` is, from the bytes of the row. The symbol comes with the proof.
    pub fn prove_symbol(
        &self,
        row: u16,
        column: u16,
        bytes: &[u8],
    ) -> Result<(SymbolProof, Vec<u8>), RowError> {
        let _ = (row, column, bytes, &self.roots);
        let columns = self.code.shards();
        if column >= columns {
            return Err(RowError::NoSuchColumn { column, columns });
        }
        let symbols = self.row_symbols(row, bytes)?;
        let leaves: Vec<Hash> = symbols.iter().map(|symbol| merkle::leaf(symbol)).collect();
        let row_path = merkle::path(leaves.clone(), column.into());
        let Range { start, end } = self.row_range(row);
        let wrong = RowError::Wrong { row, start, end };
        if self.roots.row(row) != Some(&merkle::root(leaves)) {
            return Err(wrong);
        }
        let paired = columns - 1 - row;
        let proof = SymbolProof {
            row,
            column,
            row_path,
            paired_column_root: *self.roots.column(paired).ok_or(wrong)?,
            pair_path: self.roots.pair_path(row),
        };
        Ok((proof, symbols[usize::from(column)].clone()))
    }

    fn row_leaves(&self, row: u16, bytes: &[u8]) -> Result<Vec<Hash>, RowError> {
        let symbols = self.row_symbols(row, bytes)?;
        Ok(symbols.iter().map(|symbol| merkle::leaf(symbol)).collect())
    }

    fn row_symbols(&self, row: u16, bytes: &[u8]) -> Result<Vec<Vec<u8>>, RowError> {
        let rows = self.rows();
        if row >= rows {
            return Err(RowError::NoSuchRow { row, rows });
        }
        let range = self.row_range(row);
        let expected = range.end - range.start;
        if bytes.len() as u64 != expected {
            return Err(RowError::Length {
                row,
                found: bytes.len(),
                expected,
            });
        }
        let mut padded = bytes.to_vec();
        padded.resize(usize::from(self.code.secondary()) * self.symbol_size, 0);
        let symbols = padded.chunks(self.symbol_size).map(<[u8]>::to_vec);
        Ok(crate::reference::extend(
            symbols.collect(),
            self.code.shards().into(),
        ))
    }
}
