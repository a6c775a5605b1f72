use crate::blake2b::Kernel;
use crate::line::Liner;
use crate::reed_solomon::{Shape, SLICE};
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

/// A symbol of a blob's matrix, those that encoding added included. Both are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbolPlace {
    /// Its row.
    pub row: u16,
    /// Its place in the row.
    pub column: u16,
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
        self.checked_leaves(row, bytes).map(|_| ())
    }

    /// Proves what a symbol is, from the bytes of the row. The symbol comes with the proof.
    ///
    /// `bytes` are [`Slivers::row_range`] of the blob, or, for the rows that encoding added, what [`Encoder::row`](crate::Encoder::row) gives.
    pub fn prove_symbol(
        &self,
        SymbolPlace { row, column }: SymbolPlace,
        bytes: &[u8],
    ) -> Result<(SymbolProof, Vec<u8>), RowError> {
        let columns = self.code.shards();
        if column >= columns {
            return Err(RowError::NoSuchColumn { column, columns });
        }
        let leaves = self.checked_leaves(row, bytes)?;
        let wrong = self.wrong(row);
        let symbol = self.symbol(column, bytes);
        let proof = SymbolProof {
            row,
            column,
            row_path: merkle::path(leaves, column.into()),
            paired_column_root: *self.roots.column(columns - 1 - row).ok_or(wrong)?,
            pair_path: self.roots.pair_path(row),
        };
        Ok((proof, symbol))
    }

    /// Hashes of all symbols of a row, which lead to its root.
    fn checked_leaves(&self, row: u16, bytes: &[u8]) -> Result<Vec<Hash>, RowError> {
        let rows = self.code.shards();
        if row >= rows {
            return Err(RowError::NoSuchRow { row, rows });
        }
        let whole = usize::from(self.code.secondary()) * self.symbol_size;
        let range = self.row_range(row);
        let expected = match row < self.rows() {
            true => range.end - range.start,
            false => whole as u64,
        };
        if bytes.len() as u64 != expected {
            return Err(RowError::Length {
                row,
                found: bytes.len(),
                expected,
            });
        }
        let padded;
        let bytes = match bytes.len() == whole {
            true => bytes,
            false => {
                padded = [bytes, &vec![0; whole - bytes.len()]].concat();
                &padded
            }
        };
        let mut liner = Liner::new(Kernel::detect());
        let mut leaves = vec![merkle::EMPTY; self.code.shards().into()];
        let size = self.symbol_size;
        liner.hash(self.row_shape(), size, bytes, size, &mut leaves);
        match self.roots.row(row) {
            Some(root) if *root == liner.root(leaves.iter().copied()) => Ok(leaves),
            _ => Err(self.wrong(row)),
        }
    }

    /// The symbol in this column of a row with these bytes.
    fn symbol(&self, column: u16, bytes: &[u8]) -> Vec<u8> {
        let size = self.symbol_size;
        let given = |i: usize| -> Vec<u8> {
            let from = (i * size).min(bytes.len());
            let mut symbol = bytes[from..bytes.len().min(from + size)].to_vec();
            symbol.resize(size, 0);
            symbol
        };
        let Some(added) = column.checked_sub(self.code.secondary()) else {
            return given(column.into());
        };
        let given: Vec<Vec<u8>> = (0..self.code.secondary().into()).map(given).collect();
        let mut liner = Liner::new(Kernel::detect());
        let mut symbol = Vec::with_capacity(size);
        for start in (0..size).step_by(SLICE) {
            let length = SLICE.min(size - start);
            let slice = |i: usize| &given[i][start..start + length];
            liner.extend(self.row_shape(), length, slice, |i, slice| {
                if i == usize::from(added) {
                    symbol.extend_from_slice(slice);
                }
            });
        }
        symbol
    }

    fn row_shape(&self) -> Shape {
        Shape {
            given: self.code.secondary().into(),
            added: (self.code.shards() - self.code.secondary()).into(),
        }
    }

    fn wrong(&self, row: u16) -> RowError {
        let Range { start, end } = self.row_range(row);
        RowError::Wrong { row, start, end }
    }
}
