//! The matrix of symbols that a blob fills, and reading its parts.

use crate::reed_solomon::Shape;
use crate::{EncodeError, ReadAt, Stamp};
use hub_walrus::{Code, CodeError};
use std::io;

/// Sizes of a blob's matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    /// Rows and columns after extension.
    pub(crate) shards: usize,
    /// Rows that the blob fills.
    pub(crate) rows: usize,
    /// Columns that the blob fills.
    pub(crate) columns: usize,
    /// Bytes of a symbol.
    pub(crate) symbol: usize,
}

impl Matrix {
    pub(crate) fn new(code: Code, length: u64) -> Result<Self, CodeError> {
        Ok(Self {
            shards: code.shards().into(),
            rows: code.primary().into(),
            columns: code.secondary().into(),
            symbol: code.symbol_size(length)?.into(),
        })
    }

    /// Columns that extending the rows adds.
    pub(crate) fn added_columns(self) -> usize {
        self.shards - self.columns
    }

    /// The code of a row.
    pub(crate) fn row_shape(self) -> Shape {
        Shape {
            given: self.columns,
            added: self.added_columns(),
        }
    }

    /// The code of a column.
    pub(crate) fn column_shape(self) -> Shape {
        Shape {
            given: self.rows,
            added: self.shards - self.rows,
        }
    }

    /// Bytes of the blob that a row holds.
    pub(crate) fn row_bytes(self) -> usize {
        self.columns * self.symbol
    }

    /// Where a row begins in the blob.
    pub(crate) fn row_offset(self, row: usize) -> u64 {
        row as u64 * self.row_bytes() as u64
    }

    /// Bytes of so many symbols of a row.
    pub(crate) fn bytes_of(self, symbols: usize) -> u64 {
        symbols as u64 * self.symbol as u64
    }
}

/// Pieces of a source at equal distances.
#[derive(Clone, Copy)]
pub(crate) struct Pieces {
    /// Bytes from the start of one to the start of the next.
    pub(crate) stride: usize,
    /// Bytes of each.
    pub(crate) length: usize,
    /// How many there are.
    pub(crate) count: usize,
}

/// A source that is read as the matrix it was at the start.
pub(crate) struct Reader<'s, R: ?Sized> {
    source: &'s R,
    stamp: Stamp,
}

impl<'s, R: ReadAt + ?Sized> Reader<'s, R> {
    pub(crate) fn new(source: &'s R) -> Result<Self, EncodeError> {
        let stamp = source
            .stamp()
            .map_err(|error| EncodeError::Read { offset: 0, error })?;
        Ok(Self { source, stamp })
    }

    pub(crate) fn length(&self) -> u64 {
        self.stamp.length
    }

    /// Fills the buffer with the bytes at `offset`, and with zeros beyond the end of the blob.
    pub(crate) fn fill(&self, buffer: &mut [u8], offset: u64) -> Result<(), EncodeError> {
        let there = self.length().saturating_sub(offset);
        let there = usize::try_from(there).map_or(buffer.len(), |there| there.min(buffer.len()));
        let (bytes, beyond) = buffer.split_at_mut(there);
        beyond.fill(0);
        if bytes.is_empty() {
            return Ok(());
        }
        self.source
            .read_exact_at(bytes, offset)
            .map_err(|error| self.failed(offset, error))
    }

    /// Copies pieces of the source, the first at `offset`, to places beside each other. Pieces with little between them are read
    /// together, by way of `scratch`.
    pub(crate) fn fill_pieces(
        &self,
        offset: u64,
        Pieces {
            stride,
            length: piece,
            count,
        }: Pieces,
        to: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if stride - piece > self.source.worth_skipping() {
            for i in 0..count {
                let from = offset + (i * stride) as u64;
                self.fill(&mut to[i * piece..][..piece], from)?;
            }
            return Ok(());
        }
        let together = (RUN / stride).max(1);
        for first in (0..count).step_by(together) {
            let pieces = together.min(count - first);
            scratch.resize((pieces - 1) * stride + piece, 0);
            self.fill(scratch, offset + (first * stride) as u64)?;
            for i in 0..pieces {
                to[(first + i) * piece..][..piece].copy_from_slice(&scratch[i * stride..][..piece]);
            }
        }
        Ok(())
    }

    /// Fails if the source is no longer what it was at the start.
    pub(crate) fn unchanged(&self) -> Result<(), EncodeError> {
        let offset = 0;
        let now = self
            .source
            .stamp()
            .map_err(|error| EncodeError::Read { offset, error })?;
        match now {
            _ if now == self.stamp => Ok(()),
            _ if now.length == self.stamp.length => Err(EncodeError::Changed),
            _ => Err(self.resized(now)),
        }
    }

    /// A short read is a file that became shorter.
    fn failed(&self, offset: u64, error: io::Error) -> EncodeError {
        match self.source.stamp() {
            Ok(now)
                if now.length != self.stamp.length
                    && error.kind() == io::ErrorKind::UnexpectedEof =>
            {
                self.resized(now)
            }
            _ => EncodeError::Read { offset, error },
        }
    }

    fn resized(&self, now: Stamp) -> EncodeError {
        EncodeError::Resized {
            before: self.stamp.length,
            now: now.length,
        }
    }
}

/// Bytes that are read together at most.
const RUN: usize = 1 << 20;
