use crate::BlobId;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use thiserror::Error;

/// The only version of quilts so far.
const VERSION: u8 = 1;

/// The id of one file ("patch") of a quilt: the quilt's blob id, a version and a range of columns of its matrix.
///
/// 37 bytes, whose one text form is base64url without padding, 50 characters. It does **not** depend on the file's bytes
/// alone: in another quilt the same file has another id. Keep the SHA-256 of the file beside it.
/// Source: MystenLabs/walrus, crates/walrus-core/src/encoding/quilt_encoding.rs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuiltPatchId {
    quilt: BlobId,
    start: u16,
    end: u16,
}

/// Why something is not the id of a file of a quilt. The text itself is never repeated in the message.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuiltPatchIdError {
    /// The id of a blob, perhaps that of the whole quilt.
    #[error("this is a blob id (43 characters), perhaps that of the whole quilt: expected a quilt patch id, 50 characters")]
    BlobId,

    /// Not 50 characters of base64url whose last four bits are zero.
    #[error("a quilt patch id is 50 characters of base64url (A-Z, a-z, 0-9, '-', '_') that end in A, Q, g or w")]
    Text,

    /// Not 37 bytes.
    #[error("a quilt patch id has 37 bytes, and this has {length}")]
    Length {
        /// Length of what was given, in bytes.
        length: usize,
    },

    /// A version that is not known.
    #[error("the quilt patch id has version {version}, and only version 1 is known")]
    Version {
        /// The version that was given.
        version: u8,
    },

    /// Column 0 holds the quilt's index, and a file has at least one column of at most 667.
    #[error("the quilt patch id names columns {start} to {end}: expected 1 <= start < end <= 667")]
    Columns {
        /// First column.
        start: u16,
        /// Column after the last one.
        end: u16,
    },
}

impl QuiltPatchId {
    /// Length of the binary form, in bytes.
    pub const LENGTH: usize = 37;

    /// Length of the text form, in characters.
    pub const TEXT_LENGTH: usize = 50;

    /// Columns of a quilt over 1000 shards, the index's included.
    pub const COLUMNS: u16 = 667;

    /// The file in these columns of the quilt, of which the first is 1 or more and the end at most [`QuiltPatchId::COLUMNS`].
    pub fn new(quilt: BlobId, columns: Range<u16>) -> Result<Self, QuiltPatchIdError> {
        let Range { start, end } = columns;
        if start == 0 || start >= end || end > Self::COLUMNS {
            return Err(QuiltPatchIdError::Columns { start, end });
        }
        Ok(Self { quilt, start, end })
    }

    /// From the binary form: blob id, version, first column and column after the last one, u16 little-endian.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, QuiltPatchIdError> {
        let length = QuiltPatchIdError::Length {
            length: bytes.len(),
        };
        let (quilt, rest) = bytes.split_first_chunk::<32>().ok_or(length)?;
        let &[version, s0, s1, e0, e1] = rest else {
            return Err(length);
        };
        if version != VERSION {
            return Err(QuiltPatchIdError::Version { version });
        }
        Self::new(
            BlobId::from_bytes(*quilt),
            u16::from_le_bytes([s0, s1])..u16::from_le_bytes([e0, e1]),
        )
    }

    /// The binary form.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (quilt, rest) = bytes.split_at_mut(BlobId::LENGTH);
        quilt.copy_from_slice(self.quilt.as_bytes());
        let [s0, s1] = self.start.to_le_bytes();
        let [e0, e1] = self.end.to_le_bytes();
        rest.copy_from_slice(&[VERSION, s0, s1, e0, e1]);
        bytes
    }

    /// The quilt in which the file lies.
    pub const fn quilt(self) -> BlobId {
        self.quilt
    }

    /// First column of the file.
    pub const fn start(self) -> u16 {
        self.start
    }

    /// Column after the last one of the file.
    pub const fn end(self) -> u16 {
        self.end
    }
}

impl fmt::Display for QuiltPatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

impl fmt::Debug for QuiltPatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuiltPatchId({self})")
    }
}

impl FromStr for QuiltPatchId {
    type Err = QuiltPatchIdError;

    fn from_str(text: &str) -> Result<Self, QuiltPatchIdError> {
        if text.parse::<BlobId>().is_ok() {
            return Err(QuiltPatchIdError::BlobId);
        }
        if text.len() != Self::TEXT_LENGTH {
            return Err(QuiltPatchIdError::Text);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| QuiltPatchIdError::Text)?;
        Self::from_bytes(&bytes)
    }
}
