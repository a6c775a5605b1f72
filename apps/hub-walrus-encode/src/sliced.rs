//! Without a file and without half the blob in memory: a slice of every symbol at a time is read, extended both ways and
//! hashed on, with the states of all hashes kept from slice to slice.

use crate::blake2b::{Kernel, States};
use crate::line::{fresh_states, Liner};
use crate::matrix::{Matrix, Pieces, Reader};
use crate::passes::{row_roots, Leaves};
use crate::pool::{self, Watch};
use crate::reed_solomon::SLICE;
use crate::{EncodeError, ReadAt};
use hub_walrus::merkle::{Hash, EMPTY};
use hub_walrus::SliverRoots;
use std::ops::Range;

/// What the sliced way takes.
pub(crate) struct Sliced<'r, R: ?Sized> {
    pub(crate) matrix: Matrix,
    pub(crate) reader: &'r Reader<'r, R>,
    pub(crate) kernel: Kernel,
    pub(crate) threads: usize,
    pub(crate) width: usize,
}

/// One column, on its way.
struct Column {
    states: Vec<States>,
    leaves: Vec<Hash>,
    root: Hash,
}

impl<R: ReadAt + ?Sized> Sliced<'_, R> {
    pub(crate) fn run(&self, watch: &mut Watch<'_>) -> Result<SliverRoots, EncodeError> {
        let matrix = self.matrix;
        let shards = matrix.shards;
        let mut columns: Vec<Column> = (0..shards)
            .map(|_| Column {
                states: fresh_states(shards),
                leaves: Vec::new(),
                root: EMPTY,
            })
            .collect();
        // A slice of every symbol, row after row.
        let mut slices = vec![0; matrix.rows * shards * self.width.min(matrix.symbol)];
        for start in (0..matrix.symbol).step_by(self.width) {
            let width = self.width.min(matrix.symbol - start);
            let slices = &mut slices[..matrix.rows * shards * width];
            self.extend_rows(start..start + width, slices, watch)?;
            self.hash_columns(start..start + width, slices, &mut columns, watch)?;
        }
        drop(slices);
        self.reader.unchanged()?;
        let mut leaves = Vec::with_capacity(shards * shards);
        let mut roots = Vec::with_capacity(shards);
        for column in columns {
            leaves.extend_from_slice(&column.leaves);
            roots.push(column.root);
        }
        let rows = row_roots(
            self.kernel,
            self.threads,
            Leaves {
                shards,
                columns: &leaves,
            },
            watch,
        )?;
        Ok(SliverRoots::new(&rows, &roots).expect("a root for each row and each column"))
    }

    /// Extends the bytes `within` of all symbols.
    fn extend_rows(
        &self,
        within: Range<usize>,
        slices: &mut [u8],
        watch: &mut Watch<'_>,
    ) -> Result<(), EncodeError> {
        let (matrix, width) = (self.matrix, within.len());
        pool::each(
            self.threads,
            watch,
            |_| (matrix.shards * width) as u64,
            slices.chunks_mut(matrix.shards * width).enumerate(),
            || (Liner::new(self.kernel), Vec::new()),
            |(liner, scratch), (row, slices)| {
                let (given, added) = slices.split_at_mut(matrix.columns * width);
                let from = matrix.row_offset(row) + within.start as u64;
                let pieces = Pieces {
                    stride: matrix.symbol,
                    length: width,
                    count: matrix.columns,
                };
                self.reader.fill_pieces(from, pieces, given, scratch)?;
                for inner in (0..width).step_by(SLICE) {
                    let length = SLICE.min(width - inner);
                    let slice = |i: usize| &given[i * width + inner..][..length];
                    liner.extend(matrix.row_shape(), length, slice, |i, symbol| {
                        added[i * width + inner..][..length].copy_from_slice(symbol);
                    });
                }
                Ok(())
            },
        )
    }

    /// Hashes the bytes `within` of all symbols.
    fn hash_columns(
        &self,
        within: Range<usize>,
        slices: &[u8],
        columns: &mut [Column],
        watch: &mut Watch<'_>,
    ) -> Result<(), EncodeError> {
        let (matrix, width) = (self.matrix, within.len());
        let shape = matrix.column_shape();
        let stride = matrix.shards * width;
        pool::each(
            self.threads,
            watch,
            |_| (matrix.shards * width) as u64,
            columns.iter_mut().enumerate(),
            || Liner::new(self.kernel),
            |liner, (place, column)| {
                let given = &slices[place * width..];
                for inner in (0..width).step_by(SLICE) {
                    let length = SLICE.min(width - inner);
                    let slice = |i: usize| &given[i * stride + inner..][..length];
                    let done = within.start + inner;
                    let mut leaves = None;
                    if done + length == matrix.symbol {
                        column.leaves = vec![EMPTY; matrix.shards];
                        leaves = Some(column.leaves.as_mut_slice());
                    }
                    liner.step(
                        shape,
                        done as u64,
                        length,
                        slice,
                        &mut column.states,
                        leaves,
                    );
                }
                if within.end == matrix.symbol {
                    column.states = Vec::new();
                    column.root = liner.root(column.leaves.iter().copied());
                }
                Ok(())
            },
        )
    }
}
