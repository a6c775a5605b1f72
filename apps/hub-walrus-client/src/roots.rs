//! What a blob is checked by, and how it lies in rows.

use std::fs::File;
use std::path::Path;

use hub_walrus::{BlobId, Code, CodeError};
use hub_walrus_encode::{EncodeError, Encoder, Encoding, Fraction, Options, ReadAt, Slivers};

use crate::error::{Error, Result};
use crate::progress::{Progress, Work};

/// Most bytes of a blob: 13.6 GiB.
pub const MAX_LENGTH: u64 = Code::WALRUS.max_length();

/// How the bytes of a blob lie in the rows of its matrix, as far as their number tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    length: u64,
    row_length: u64,
    symbol_size: u64,
}

impl Geometry {
    pub fn new(length: u64) -> Result<Self> {
        let symbol_size = Code::WALRUS
            .symbol_size(length)
            .map_err(|_| Error::TooLarge {
                length,
                most: MAX_LENGTH,
            })?;
        let symbol_size = u64::from(symbol_size);
        Ok(Self {
            length,
            row_length: u64::from(Code::WALRUS.secondary()) * symbol_size,
            symbol_size,
        })
    }

    pub fn length(self) -> u64 {
        self.length
    }

    pub fn row_length(self) -> u64 {
        self.row_length
    }

    /// Rows with a byte of the blob in them, at most 334.
    pub fn rows(self) -> u16 {
        u16::try_from(self.length.div_ceil(self.row_length)).unwrap_or(u16::MAX)
    }

    /// First byte and number of bytes of a row.
    pub fn row(self, row: u16) -> (u64, usize) {
        let offset = u64::from(row) * self.row_length;
        let length = self.length.saturating_sub(offset).min(self.row_length);
        // At most 667 symbols of less than 64 KiB.
        (offset, usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Bytes of memory that receiving and checking a row takes.
    pub fn check_memory(self) -> u64 {
        let shards = u64::from(Code::WALRUS.shards());
        self.row_length + 2 * shards * self.symbol_size
    }
}

pub(crate) fn geometry(slivers: &Slivers) -> Result<Geometry> {
    Geometry::new(slivers.length())
}

/// The sliver roots in what a storage node sends as a blob's metadata, checked against the id. The bytes are BCS:
/// id (32), version 0, encoding 1, length (u64 little-endian), number of pairs (ULEB128), and for each pair two times a
/// tag 1 and 32 bytes.
///
/// Source: MystenLabs/walrus, `crates/walrus-core/src/metadata.rs`, `BlobMetadataWithId`.
pub fn slivers_of_metadata(id: &BlobId, bytes: &[u8]) -> Result<Slivers, String> {
    let mut bytes = Bcs(bytes);
    let found = BlobId::from_bytes(bytes.array()?);
    if found != *id {
        return Err(format!("they are of blob {found}"));
    }
    if bytes.array()? != [0] {
        return Err("the metadata is of an unknown version".into());
    }
    if bytes.array()? != [1] {
        return Err("the encoding is not RS2".into());
    }
    let length = u64::from_le_bytes(bytes.array()?);
    let shards = Code::WALRUS.shards();
    if bytes.uleb()? != u32::from(shards) {
        return Err(format!("there are not {shards} pairs"));
    }
    let mut roots = Vec::with_capacity(64_000);
    for _ in 0..2 * shards {
        if bytes.array()? != [1] {
            return Err("a root is missing".into());
        }
        roots.extend_from_slice(&bytes.array::<32>()?);
    }
    if !bytes.0.is_empty() {
        return Err(format!("{} bytes are left over", bytes.0.len()));
    }
    Slivers::of_blob(id, length, &roots).map_err(|e| e.to_string())
}

/// Bytes in Binary Canonical Serialization, from the front.
struct Bcs<'a>(&'a [u8]);

impl Bcs<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (front, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or("the metadata breaks off")?;
        self.0 = rest;
        Ok(*front)
    }

    fn uleb(&mut self) -> Result<u32, String> {
        let mut value: u32 = 0;
        for shift in [0, 7, 14, 21] {
            let [byte] = self.array()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number in the metadata is too large".into())
    }
}

/// The encoding of a source, with progress.
pub(crate) fn encode(
    source: &impl ReadAt,
    length: u64,
    progress: &dyn Progress,
) -> Result<Encoding, EncodeError> {
    use std::ops::ControlFlow;
    progress.begin(
        Work::Encode,
        Fraction {
            done: 0,
            total: length,
        },
    );
    let mut before = 0;
    let mut advance = |Fraction { done, total }| {
        // In bytes of the source, whatever the encoder counts.
        let bytes = (u128::from(done) * u128::from(length) / u128::from(total.max(1))) as u64;
        progress.advance(bytes.saturating_sub(before));
        before = before.max(bytes);
        if progress.cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let encoding = Encoder::new(Options::default()).encode(source, &mut advance);
    progress.end();
    encoding
}

pub(crate) fn encode_file(
    file: &File,
    path: &Path,
    length: u64,
    progress: &dyn Progress,
) -> Result<Slivers> {
    file.set_len(length)
        .map_err(|e| Error::io("written", path, e))?;
    encode(file, length, progress)
        .map(|encoding| encoding.slivers)
        .map_err(|e| failed(path, e))
}

/// What the encoder could not do, with the file it was about.
pub(crate) fn failed(path: &Path, error: EncodeError) -> Error {
    match error {
        EncodeError::Open { path, error } => Error::io("opened", &path, error),
        EncodeError::Read { error, .. } => Error::io("read", path, error),
        EncodeError::Resized { .. } | EncodeError::Changed => Error::Changed { path: path.into() },
        EncodeError::Cancelled => Error::Cancelled,
        EncodeError::Code(CodeError::TooLong { length, max, .. }) => {
            Error::TooLarge { length, most: max }
        }
        EncodeError::Spill { folder, error, .. } => Error::io("written", &folder, error),
        EncodeError::NotAFile { path, kind } => Error::NotAFile { path, kind },
        other => Error::Encode(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(slivers: &Slivers) -> Vec<u8> {
        let mut bytes = slivers.id().as_bytes().to_vec();
        bytes.extend_from_slice(&[0, 1]);
        bytes.extend_from_slice(&slivers.length().to_le_bytes());
        bytes.extend_from_slice(&[0xe8, 0x07]);
        for root in slivers.roots().to_bytes().chunks(32) {
            bytes.push(1);
            bytes.extend_from_slice(root);
        }
        bytes
    }

    #[test]
    fn metadata_that_is_not_the_blobs_is_refused_whatever_is_wrong_with_it() {
        let hello = encode(&b"hello".to_vec(), 5, &crate::Silent)
            .unwrap()
            .slivers;
        let id = hello.id();
        let good = metadata(&hello);
        assert_eq!(good.len(), 66_044);
        assert_eq!(slivers_of_metadata(&id, &good), Ok(hello));
        for length in [0, 1, 31, 32, 33, 41, 44, 45, 66_043] {
            assert!(
                slivers_of_metadata(&id, &good[..length]).is_err(),
                "{length}"
            );
        }
        let long = [&good[..], &[0]].concat();
        assert_eq!(
            slivers_of_metadata(&id, &long),
            Err("1 bytes are left over".into())
        );
        // Any byte counts: id, version, encoding, length, number, tags, roots.
        for place in [
            0, 31, 32, 33, 34, 41, 42, 43, 44, 45, 76, 77, 40_000, 66_043,
        ] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            assert!(slivers_of_metadata(&id, &bad).is_err(), "byte {place}");
        }
        let endless = [&good[..42], &[0xff; 100][..]].concat();
        assert!(slivers_of_metadata(&id, &endless).is_err());
    }

    #[test]
    fn rows_cover_the_blob_without_gaps() {
        for length in [
            0, 1, 1_333, 1_334, 1_335, 445_556, 445_557, 5_000_000, MAX_LENGTH,
        ] {
            let geometry = Geometry::new(length).unwrap();
            let mut end = 0;
            for row in 0..geometry.rows() {
                let (offset, bytes) = geometry.row(row);
                assert_eq!(offset, end);
                assert!(bytes > 0, "row {row} of {length}");
                end += bytes as u64;
            }
            assert_eq!(end, length);
            assert!(geometry.rows() <= 334);
        }
        assert!(matches!(
            Geometry::new(MAX_LENGTH + 1),
            Err(Error::TooLarge { length, most }) if length == MAX_LENGTH + 1 && most == MAX_LENGTH
        ));
    }
}
