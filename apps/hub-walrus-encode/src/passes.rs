//! Two passes: the rows are extended and what that adds is kept; then the columns are extended and hashed.

use crate::blake2b::Kernel;
use crate::line::Liner;
use crate::matrix::{Matrix, Reader};
use crate::parity::Parity;
use crate::pool::{self, Watch};
use crate::reed_solomon::SLICE;
use crate::{EncodeError, Fraction, Progress, ReadAt};
use hub_walrus::merkle::{Hash, EMPTY};
use hub_walrus::SliverRoots;
use std::sync::atomic::{AtomicU64, Ordering};

/// What both passes take.
pub(crate) struct Passes<'r, R: ?Sized> {
    pub(crate) matrix: Matrix,
    pub(crate) reader: &'r Reader<'r, R>,
    pub(crate) kernel: Kernel,
    pub(crate) threads: usize,
    pub(crate) batch: usize,
}

/// Units of work of both passes.
pub(crate) fn units(matrix: Matrix) -> u64 {
    (matrix.rows + matrix.shards) as u64 * line_units(matrix)
}

/// Units of work of a row or a column.
fn line_units(matrix: Matrix) -> u64 {
    (matrix.shards * matrix.symbol) as u64
}

impl<R: ReadAt + ?Sized> Passes<'_, R> {
    pub(crate) fn run(
        &self,
        parity: Parity,
        watch: &mut Watch<'_>,
    ) -> Result<SliverRoots, EncodeError> {
        let matrix = self.matrix;
        let (parity, sums) = self.extend_rows(parity, watch)?;
        let shards = matrix.shards;
        let mut leaves = vec![EMPTY; shards * shards];
        let mut columns = vec![EMPTY; shards];
        self.hash_columns(&parity, sums, &mut leaves, &mut columns, watch)?;
        drop(parity);
        self.reader.unchanged()?;
        let rows = row_roots(
            self.kernel,
            self.threads,
            Leaves {
                shards,
                columns: &leaves,
            },
            watch,
        )?;
        Ok(SliverRoots::new(&rows, &columns).expect("a root for each row and each column"))
    }

    /// Fills `parity`, and returns a sum over each row, by which the second reading is compared with this one.
    fn extend_rows(
        &self,
        mut parity: Parity,
        watch: &mut Watch<'_>,
    ) -> Result<(Parity, Vec<AtomicU64>), EncodeError> {
        let matrix = self.matrix;
        let row_parity = matrix.added_columns() * matrix.symbol;
        let sums: Vec<AtomicU64> = (0..matrix.rows).map(|_| AtomicU64::new(0)).collect();
        let read = |row: usize, bytes: &mut Vec<u8>| -> Result<bool, EncodeError> {
            bytes.resize(matrix.row_bytes(), 0);
            self.reader.fill(bytes, matrix.row_offset(row))?;
            let symbols = bytes.chunks(matrix.symbol).enumerate();
            let sum = symbols.fold(0, |sum: u64, (column, symbol)| {
                sum.wrapping_add(weighted(column, symbol))
            });
            sums[row].store(sum, Ordering::Relaxed);
            Ok(is_zero(bytes))
        };
        let extend = |liner: &mut Liner, bytes: &[u8], added: &mut [u8]| {
            for start in (0..matrix.symbol).step_by(SLICE) {
                let length = SLICE.min(matrix.symbol - start);
                let given = |i: usize| &bytes[i * matrix.symbol + start..][..length];
                liner.extend(matrix.row_shape(), length, given, |i, symbol| {
                    added[i * matrix.symbol + start..][..length].copy_from_slice(symbol);
                });
            }
        };
        // Rows of zeros, those beyond the end of the blob among them, add zeros, which are there.
        match &mut parity {
            Parity::Memory(all) => pool::each(
                self.threads,
                watch,
                |_| line_units(matrix),
                all.chunks_mut(row_parity).enumerate(),
                || (Liner::new(self.kernel), Vec::new()),
                |(liner, bytes), (row, added)| {
                    if !read(row, bytes)? {
                        extend(liner, bytes, added);
                    }
                    Ok(())
                },
            )?,
            Parity::File(file) => pool::each(
                self.threads,
                watch,
                |_| line_units(matrix),
                0..matrix.rows,
                || (Liner::new(self.kernel), Vec::new(), vec![0; row_parity]),
                |(liner, bytes, added), row| {
                    if read(row, bytes)? {
                        return Ok(());
                    }
                    extend(liner, bytes, added);
                    file.write(added, row as u64 * row_parity as u64)
                },
            )?,
        }
        Ok((parity, sums))
    }

    /// Leaf hashes of all symbols, column after column, and the roots of the columns.
    fn hash_columns(
        &self,
        parity: &Parity,
        sums: Vec<AtomicU64>,
        leaves: &mut [Hash],
        roots: &mut [Hash],
        watch: &mut Watch<'_>,
    ) -> Result<(), EncodeError> {
        let matrix = self.matrix;
        let shards = matrix.shards;
        let zero = ZeroColumn::new(self.kernel, matrix);
        let (given_leaves, added_leaves) = leaves.split_at_mut(matrix.columns * shards);
        let (given_roots, added_roots) = roots.split_at_mut(matrix.columns);
        let batches = |first, leaves, roots| Batches {
            first,
            most: self.batch,
            shards,
            leaves,
            roots,
        };
        let items = batches(0, given_leaves, given_roots).chain(batches(
            matrix.columns,
            added_leaves,
            added_roots,
        ));
        pool::each(
            self.threads,
            watch,
            |batch: &Batch<'_>| batch.roots.len() as u64 * line_units(matrix),
            items,
            || (Liner::new(self.kernel), Vec::new()),
            |(liner, bytes), batch: Batch<'_>| {
                let width = batch.roots.len() * matrix.symbol;
                let added = batch.first.checked_sub(matrix.columns);
                let row_parity = matrix.added_columns() * matrix.symbol;
                // The symbols of the batch's columns, and the distance from row to row.
                let (symbols, stride): (&[u8], usize) = match (added, parity) {
                    (None, _) => {
                        bytes.resize(matrix.rows * width, 0);
                        for (row, run) in bytes.chunks_mut(width).enumerate() {
                            self.reader
                                .fill(run, matrix.row_offset(row) + matrix.bytes_of(batch.first))?;
                            let symbols = run.chunks(matrix.symbol).enumerate();
                            let sum = symbols.fold(0, |sum: u64, (i, symbol)| {
                                sum.wrapping_add(weighted(batch.first + i, symbol))
                            });
                            sums[row].fetch_sub(sum, Ordering::Relaxed);
                        }
                        (bytes, width)
                    }
                    (Some(column), Parity::Memory(all)) => {
                        (&all[column * matrix.symbol..], row_parity)
                    }
                    (Some(column), Parity::File(file)) => {
                        bytes.resize(matrix.rows * width, 0);
                        for (row, run) in bytes.chunks_mut(width).enumerate() {
                            let place = row * matrix.added_columns() + column;
                            file.read(run, place as u64 * matrix.symbol as u64)?;
                        }
                        (bytes, width)
                    }
                };
                let columns = batch.leaves.chunks_mut(shards).zip(batch.roots);
                for (i, (leaves, root)) in columns.enumerate() {
                    let given = &symbols[i * matrix.symbol..];
                    if (0..matrix.rows).all(|row| is_zero(&given[row * stride..][..matrix.symbol]))
                    {
                        leaves.fill(zero.leaf);
                        *root = zero.root;
                        continue;
                    }
                    liner.hash(matrix.column_shape(), matrix.symbol, given, stride, leaves);
                    *root = liner.root(leaves.iter().copied());
                }
                Ok(())
            },
        )?;
        // What was read for the columns is what was read for the rows, so the blob was like this at the time between.
        match sums.into_iter().all(|sum| sum.into_inner() == 0) {
            true => Ok(()),
            false => Err(EncodeError::Changed),
        }
    }
}

/// Neighbouring columns, and where their hashes go.
struct Batch<'l> {
    first: usize,
    leaves: &'l mut [Hash],
    roots: &'l mut [Hash],
}

/// Cuts columns into batches.
struct Batches<'l> {
    first: usize,
    most: usize,
    shards: usize,
    leaves: &'l mut [Hash],
    roots: &'l mut [Hash],
}

impl<'l> Iterator for Batches<'l> {
    type Item = Batch<'l>;

    fn next(&mut self) -> Option<Batch<'l>> {
        let columns = self.most.min(self.roots.len());
        if columns == 0 {
            return None;
        }
        let (leaves, other_leaves) =
            std::mem::take(&mut self.leaves).split_at_mut(columns * self.shards);
        let (roots, other_roots) = std::mem::take(&mut self.roots).split_at_mut(columns);
        let first = self.first;
        self.first += columns;
        self.leaves = other_leaves;
        self.roots = other_roots;
        Some(Batch {
            first,
            leaves,
            roots,
        })
    }
}

/// A column of zeros, as blobs shorter than a row have many: all its hashes are known.
struct ZeroColumn {
    leaf: Hash,
    root: Hash,
}

impl ZeroColumn {
    fn new(kernel: Kernel, matrix: Matrix) -> Self {
        let mut liner = Liner::new(kernel);
        let leaf = liner.leaf(&vec![0; matrix.symbol]);
        Self {
            leaf,
            root: liner.root(std::iter::repeat_n(leaf, matrix.shards)),
        }
    }
}

/// A row of the extended matrix as far as the blob's columns go, without the padding that a row of the blob may have.
pub(crate) fn row<R: ReadAt + ?Sized>(
    matrix: Matrix,
    reader: &Reader<'_, R>,
    kernel: Kernel,
    row: usize,
    progress: &mut dyn Progress,
) -> Result<Vec<u8>, EncodeError> {
    let mut symbols = vec![0; matrix.row_bytes()];
    let Some(added) = row.checked_sub(matrix.rows) else {
        let start = matrix.row_offset(row);
        let there = reader.length().saturating_sub(start);
        symbols.truncate(usize::try_from(there).unwrap_or(usize::MAX));
        reader.fill(&mut symbols, start)?;
        return Ok(symbols);
    };
    let mut liner = Liner::new(kernel);
    let mut bytes = Vec::new();
    let batch = (BATCH_BYTES / matrix.symbol).max(1);
    let total = symbols.len() as u64;
    let mut done = 0;
    for (group, symbols) in symbols.chunks_mut(batch * matrix.symbol).enumerate() {
        let width = symbols.len();
        bytes.resize(matrix.rows * width, 0);
        for (row, run) in bytes.chunks_mut(width).enumerate() {
            reader.fill(run, matrix.row_offset(row) + matrix.bytes_of(group * batch))?;
        }
        for (i, symbol) in symbols.chunks_mut(matrix.symbol).enumerate() {
            for start in (0..matrix.symbol).step_by(SLICE) {
                let length = SLICE.min(matrix.symbol - start);
                let given =
                    |row: usize| &bytes[row * width + i * matrix.symbol + start..][..length];
                liner.extend(matrix.column_shape(), length, given, |place, slice| {
                    if place == added {
                        symbol[start..start + length].copy_from_slice(slice);
                    }
                });
            }
        }
        done += width as u64;
        if progress.advance(Fraction { done, total }).is_break() {
            return Err(EncodeError::Cancelled);
        }
    }
    Ok(symbols)
}

/// Bytes of a row that are computed at once.
const BATCH_BYTES: usize = 64 << 10;

/// Hashes of all symbols.
#[derive(Clone, Copy)]
pub(crate) struct Leaves<'l> {
    /// Symbols of a column, and of a row.
    pub(crate) shards: usize,
    /// The hashes of one column after those of another.
    pub(crate) columns: &'l [Hash],
}

/// Roots of all rows.
pub(crate) fn row_roots(
    kernel: Kernel,
    threads: usize,
    Leaves { shards, columns }: Leaves<'_>,
    watch: &mut Watch<'_>,
) -> Result<Vec<Hash>, EncodeError> {
    // The hashes of neighbouring rows lie side by side, two in a line of the cache.
    const TOGETHER: usize = 16;
    let mut roots = vec![EMPTY; shards];
    pool::each(
        threads,
        watch,
        |_| 0,
        roots.chunks_mut(TOGETHER).enumerate(),
        || (Liner::new(kernel), Vec::new()),
        |(liner, gathered), (group, roots)| {
            let first = group * TOGETHER;
            let rows = roots.len();
            gathered.clear();
            for column in columns.chunks(shards) {
                gathered.extend_from_slice(&column[first..first + rows]);
            }
            for (i, root) in roots.iter_mut().enumerate() {
                *root = liner.root(gathered.iter().skip(i).step_by(rows).copied());
            }
            Ok(())
        },
    )?;
    Ok(roots)
}

fn is_zero(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<64>();
    chunks
        .iter()
        .all(|chunk| chunk.iter().fold(0, |or, byte| or | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

/// The sum of a symbol's words, times a number that is another for each column.
fn weighted(column: usize, symbol: &[u8]) -> u64 {
    let (words, rest) = symbol.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let sum = words.iter().fold(u64::from_le_bytes(last), |sum, word| {
        sum.wrapping_add(u64::from_le_bytes(*word))
    });
    sum.wrapping_mul((2 * column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
