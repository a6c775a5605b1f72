//! How an encoding is done in the memory that it may take. All ways have one result.

use crate::blake2b::{States, BLOCK, HASH};
use crate::line::fresh_groups;
use crate::matrix::Matrix;
use crate::parity::Parity;
use crate::reed_solomon::SLICE;
use crate::{Options, Spill};

/// Bytes of a run of symbols of one row that are read at once for a batch of columns.
const RUN: usize = 64 << 10;

/// Columns of a batch at most, so that there are enough batches for all threads.
const BATCH: usize = 32;

/// What a thread needs for its working sets, roughly.
const WORKING_SET: u64 = 1 << 20;

/// What the tables of the Reed-Solomon arithmetic take, once in a process: 65 536 factors of 128 bytes, and logarithms
/// (`engine/tables.rs` of reed-solomon-simd).
const TABLES: u64 = 9 << 20;

/// A way to encode, and the threads it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) threads: usize,
    pub(crate) way: Way,
}

/// Where intermediate results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Rows are extended first; what that adds is kept in memory. The source is read twice.
    Memory {
        /// Columns that are read at once.
        batch: usize,
    },
    /// The same, kept in a temporary file.
    Spilled {
        /// Columns that are read at once.
        batch: usize,
    },
    /// Both are extended at once, a slice of every symbol at a time, with the states of all hashes kept. The source is
    /// read once, in pieces.
    Sliced {
        /// Bytes of a slice: a multiple of [`BLOCK`].
        width: usize,
    },
}

impl Plan {
    pub(crate) fn new(matrix: Matrix, options: &Options) -> Self {
        let budget = options.budget();
        let batch = (RUN / matrix.symbol).clamp(1, BATCH);
        let shards = matrix.shards as u64;
        let leaves = TABLES + shards * shards * HASH as u64;
        // A row and what is added to it, or a batch of columns.
        let row = shards * matrix.symbol as u64;
        let columns = (matrix.rows * batch * matrix.symbol) as u64;
        let thread = row.max(columns) + WORKING_SET;

        let fitting = |base: u64, thread: u64| {
            let most = usize::try_from(budget.saturating_sub(base) / thread).unwrap_or(usize::MAX);
            most.clamp(1, options.threads.get())
        };
        let in_memory = leaves + Parity::bytes(matrix);
        let spilling = options.spill != Spill::Never;
        let spilled = fitting(leaves, thread);
        // A file costs less than a thread that has to stay away.
        let threads = fitting(in_memory, thread);
        if in_memory + thread <= budget && (threads >= spilled || !spilling) {
            let way = Way::Memory { batch };
            return Self { threads, way };
        }
        if spilling {
            let threads = spilled;
            let way = Way::Spilled { batch };
            return Self { threads, way };
        }
        let states = shards * (fresh_groups(matrix.shards) * size_of::<States>()) as u64;
        let base = TABLES + states + 2 * WORKING_SET;
        let cells = (matrix.rows * matrix.shards) as u64;
        // Threads are added only where the thinnest slices fit beside them.
        let threads = fitting(base + cells * BLOCK as u64, WORKING_SET);
        let left = budget.saturating_sub(base + threads as u64 * WORKING_SET);
        let width = usize::try_from(left / cells).unwrap_or(usize::MAX);
        let most = matrix.symbol.next_multiple_of(BLOCK);
        // Whole slices of the arithmetic where they fit.
        let unit = match width >= SLICE {
            true => SLICE,
            false => BLOCK,
        };
        Self {
            threads,
            way: Way::Sliced {
                width: (width / unit * unit).clamp(BLOCK, most),
            },
        }
    }
}
