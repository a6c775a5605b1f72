//! Quilts: many small files in one blob, each in columns of its own, with an index in front.
//!
//! The bytes are those that Walrus' own clients write for the same files, so the quilt has the same blob id and its files the
//! same patch ids. Source: MystenLabs/walrus, crates/walrus-core/src/encoding/quilt_encoding.rs; MystenLabs/ts-sdks,
//! packages/walrus/src/utils/quilts.ts.

mod bcs;

use hub_walrus::{BlobId, Code, QuiltPatchId, QuiltPatchIdError, MAX_SYMBOL_SIZE};
use std::collections::BTreeMap;
use thiserror::Error;

/// Version of index and headers.
const VERSION: u8 = 1;

/// Bytes before the index: version, and length as u32.
const INDEX_PREFIX: usize = 5;

/// Bytes of a file's header: version, length of what follows as u32, mask of what follows.
const HEADER: usize = 6;

/// In the mask: tags follow.
const HAS_TAGS: u8 = 1;

/// Columns that the index may take.
const INDEX_COLUMNS: usize = 10;

/// Bytes of an identifier or of all tags of a file, as they are written.
const MAX_FIELD: usize = 65_535;

/// A file to be put into a quilt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File<'a> {
    /// Its name in the quilt, unique there: begins with a letter or a digit, has no white space at its end.
    pub identifier: &'a str,
    /// Labels, which readers may look for.
    pub tags: BTreeMap<String, String>,
    /// Its content.
    pub bytes: &'a [u8],
}

/// A quilt: the bytes of a blob, and what lies where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quilt {
    code: Code,
    symbol: usize,
    bytes: Vec<u8>,
    patches: Vec<Patch>,
}

/// Where a file lies in a quilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Name of the file.
    pub identifier: String,
    /// Its labels.
    pub tags: BTreeMap<String, String>,
    /// First column of the file.
    pub start: u16,
    /// Column after its last one.
    pub end: u16,
}

/// Why files cannot be put into a quilt, or bytes are not a quilt.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum QuiltError {
    /// A quilt of nothing.
    #[error("a quilt has at least one file")]
    Empty,

    /// More files than columns.
    #[error("a quilt of {shards} shards holds at most {max} files, and these are {files}: make several quilts")]
    TooManyFiles {
        /// Files given.
        files: usize,
        /// Files that fit.
        max: usize,
        /// Shards of the encoding.
        shards: u16,
    },

    /// More bytes than columns hold.
    #[error("these files do not fit into one quilt: store the longest one as a blob of its own, or make several quilts")]
    TooLong,

    /// Two files of one name.
    #[error("two files of the quilt are called {identifier:?}")]
    Duplicate {
        /// The name.
        identifier: String,
    },

    /// A name that Walrus refuses.
    #[error("{identifier:?} cannot name a file of a quilt: it begins with a letter or a digit, has no white space at its end and at most 65535 bytes")]
    Identifier {
        /// The name.
        identifier: String,
    },

    /// Tags that are too long.
    #[error("the tags of {identifier:?} take more than 65535 bytes")]
    Tags {
        /// Name of the file.
        identifier: String,
    },

    /// Not a quilt at all.
    #[error("this blob is not a quilt: {reason}")]
    NotAQuilt {
        /// What is wrong with its index.
        reason: &'static str,
    },

    /// No file of this name.
    #[error("the quilt has no file {identifier:?}")]
    NoSuchFile {
        /// The name.
        identifier: String,
    },

    /// The index names columns, and what lies there is not the file.
    #[error("the quilt's file {identifier:?} is damaged: {reason}")]
    Damaged {
        /// Name of the file.
        identifier: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Quilt {
    /// The quilt of these files, whose order does not matter: they are laid down by name.
    ///
    /// Names are ordered by their bytes, as Walrus' Rust client does. Its TypeScript client orders by UTF-16, which differs only if
    /// one name has a character beyond U+FFFF where another one has one of U+E000 to U+FFFF.
    pub fn new(code: Code, files: &[File<'_>]) -> Result<Self, QuiltError> {
        let mut files: Vec<&File<'_>> = files.iter().collect();
        files.sort_by_key(|file| file.identifier);
        check_files(code, &files)?;
        let headers: Vec<Vec<u8>> = files
            .iter()
            .map(|file| header(file))
            .collect::<Result<_, _>>()?;
        let mut patches: Vec<Patch> = files
            .iter()
            .map(|file| Patch {
                identifier: file.identifier.to_owned(),
                tags: file.tags.clone(),
                start: 0,
                end: 0,
            })
            .collect();

        let index_length = INDEX_PREFIX + bcs::index(&patches).len();
        let sizes: Vec<usize> = std::iter::once(index_length)
            .chain(
                files
                    .iter()
                    .zip(&headers)
                    .map(|(file, header)| header.len() + file.bytes.len()),
            )
            .collect();
        let symbol = symbol_size(code, &sizes).ok_or(QuiltError::TooLong)?;
        let [rows, columns] = [code.primary(), code.secondary()].map(usize::from);
        let mut quilt = Self {
            code,
            symbol,
            bytes: vec![0; rows * columns * symbol],
            patches: Vec::new(),
        };
        let mut column = index_length.div_ceil(quilt.column_bytes());
        for ((patch, file), header) in patches.iter_mut().zip(&files).zip(&headers) {
            quilt.lay(Place { column, at: 0 }, header);
            quilt.lay(
                Place {
                    column,
                    at: header.len(),
                },
                file.bytes,
            );
            patch.start = column_number(column);
            column += (header.len() + file.bytes.len()).div_ceil(quilt.column_bytes());
            patch.end = column_number(column);
        }
        let index = bcs::index(&patches);
        let length = u32::try_from(index.len()).map_err(|_| QuiltError::TooLong)?;
        quilt.lay(
            Place { column: 0, at: 0 },
            &[&[VERSION], &length.to_le_bytes()[..], &index].concat(),
        );
        quilt.patches = patches;
        Ok(quilt)
    }

    /// The quilt with these bytes, which are the whole blob. Its index is checked, its files when they are read.
    pub fn parse(code: Code, bytes: Vec<u8>) -> Result<Self, QuiltError> {
        let refused = |reason| QuiltError::NotAQuilt { reason };
        let length = bytes.len() as u64;
        let symbol = code
            .symbol_size(length)
            .map_err(|_| refused("it is longer than a blob can be"))?;
        if code.source_symbols() * u64::from(symbol) != length {
            return Err(refused("its length is not that of whole columns"));
        }
        let mut quilt = Self {
            code,
            symbol: symbol.into(),
            bytes,
            patches: Vec::new(),
        };
        let prefix = quilt.take(Place { column: 0, at: 0 }, INDEX_PREFIX);
        let Some(([VERSION], length)) = prefix.split_first_chunk::<1>() else {
            return Err(refused("it does not begin with version 1 of an index"));
        };
        let length = length
            .first_chunk()
            .map_or(0, |length| u32::from_le_bytes(*length));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let columns = usize::from(code.secondary());
        let most = quilt.column_bytes() * INDEX_COLUMNS.min(columns) - INDEX_PREFIX;
        if length > most {
            return Err(refused("its index is longer than ten columns"));
        }
        let index = quilt.take(
            Place {
                column: 0,
                at: INDEX_PREFIX,
            },
            length,
        );
        let index_columns = (INDEX_PREFIX + length).div_ceil(quilt.column_bytes());
        let mut patches = bcs::parse_index(&index).ok_or(refused("its index cannot be read"))?;
        let mut column = column_number(index_columns);
        for patch in &mut patches {
            if patch.end <= column || patch.end > code.secondary() {
                return Err(refused("the columns of its files are not in order"));
            }
            patch.start = column;
            column = patch.end;
        }
        if let Some(pair) = patches
            .windows(2)
            .find(|pair| pair[0].identifier == pair[1].identifier)
        {
            return Err(QuiltError::Duplicate {
                identifier: pair[0].identifier.clone(),
            });
        }
        quilt.patches = patches;
        Ok(quilt)
    }

    /// The bytes of the blob.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the blob, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Its files, in the order in which they lie there.
    pub fn patches(&self) -> &[Patch] {
        &self.patches
    }

    /// The content of the file of this name.
    pub fn file(&self, identifier: &str) -> Result<Vec<u8>, QuiltError> {
        let patch = self
            .patches
            .iter()
            .find(|patch| patch.identifier == identifier)
            .ok_or_else(|| QuiltError::NoSuchFile {
                identifier: identifier.to_owned(),
            })?;
        let damaged = |reason| QuiltError::Damaged {
            identifier: identifier.to_owned(),
            reason,
        };
        let start = usize::from(patch.start);
        let room = usize::from(patch.end - patch.start) * self.column_bytes();
        let header = self.take(
            Place {
                column: start,
                at: 0,
            },
            HEADER.min(room),
        );
        let &[version, l0, l1, l2, l3, mask] = header.as_slice() else {
            return Err(damaged("its columns are shorter than a header"));
        };
        if version != VERSION {
            return Err(damaged("its header does not have version 1"));
        }
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > room - HEADER {
            return Err(damaged("it is longer than its columns"));
        }
        let rest = self.take(
            Place {
                column: start,
                at: HEADER,
            },
            length,
        );
        let (name, mut rest) = bcs::field(&rest).ok_or(damaged("its header ends early"))?;
        if name != bcs::string(identifier) {
            return Err(damaged("its header names another file"));
        }
        if mask & HAS_TAGS != 0 {
            let (tags, content) = bcs::field(rest).ok_or(damaged("its header ends early"))?;
            if bcs::parse_tags(tags).as_ref() != Some(&patch.tags) {
                return Err(damaged("its tags are not those of the index"));
            }
            rest = content;
        } else if !patch.tags.is_empty() {
            return Err(damaged("its tags are not those of the index"));
        }
        Ok(rest.to_vec())
    }

    fn column_bytes(&self) -> usize {
        usize::from(self.code.primary()) * self.symbol
    }

    /// Writes bytes down the columns, from a place on.
    fn lay(&mut self, from: Place, bytes: &[u8]) {
        let mut rest = bytes;
        let mut to = from;
        while !rest.is_empty() {
            let (place, room) = self.run_at(to);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.bytes[place..place + now.len()].copy_from_slice(now);
            to.at += now.len();
            rest = later;
        }
    }

    /// Reads bytes down the columns, as many as there are up to `length`.
    fn take(&self, Place { column, at }: Place, length: usize) -> Vec<u8> {
        let columns = usize::from(self.code.secondary());
        let there = ((columns - column) * self.column_bytes()).saturating_sub(at);
        let mut bytes = Vec::with_capacity(length.min(there));
        while bytes.len() < length.min(there) {
            let at = at + bytes.len();
            let (place, room) = self.run_at(Place { column, at });
            let now = room.min(length.min(there) - bytes.len());
            bytes.extend_from_slice(&self.bytes[place..place + now]);
        }
        bytes
    }

    /// Where a byte lies, and how many bytes lie there side by side.
    fn run_at(&self, Place { column, at }: Place) -> (usize, usize) {
        let (symbols, within) = (at / self.symbol, at % self.symbol);
        let rows = usize::from(self.code.primary());
        let (column, row) = (column + symbols / rows, symbols % rows);
        let columns = usize::from(self.code.secondary());
        (
            (row * columns + column) * self.symbol + within,
            self.symbol - within,
        )
    }
}

/// A byte of a quilt.
#[derive(Clone, Copy)]
struct Place {
    /// The column in which the counting begins.
    column: usize,
    /// Bytes before it, down that column and those after it.
    at: usize,
}

impl Patch {
    /// Id of the file in the quilt with this blob id.
    pub fn id(&self, quilt: BlobId) -> Result<QuiltPatchId, QuiltPatchIdError> {
        QuiltPatchId::new(quilt, self.start..self.end)
    }
}

/// `files` are sorted by name.
fn check_files(code: Code, files: &[&File<'_>]) -> Result<(), QuiltError> {
    if files.is_empty() {
        return Err(QuiltError::Empty);
    }
    let max = usize::from(code.secondary()) - 1;
    if files.len() > max {
        return Err(QuiltError::TooManyFiles {
            files: files.len(),
            max,
            shards: code.shards(),
        });
    }
    for file in files {
        let identifier = file.identifier;
        if !identifier.starts_with(char::is_alphanumeric)
            || identifier.ends_with(char::is_whitespace)
            || bcs::string(identifier).len() > MAX_FIELD
        {
            return Err(QuiltError::Identifier {
                identifier: identifier.to_owned(),
            });
        }
    }
    match files
        .windows(2)
        .find(|pair| pair[0].identifier == pair[1].identifier)
    {
        None => Ok(()),
        Some(pair) => Err(QuiltError::Duplicate {
            identifier: pair[0].identifier.to_owned(),
        }),
    }
}

/// What stands before a file's content.
fn header(file: &File<'_>) -> Result<Vec<u8>, QuiltError> {
    let name = bcs::string(file.identifier);
    let mut fields = Vec::new();
    bcs::push_field(&mut fields, &name);
    let mut mask = 0;
    if !file.tags.is_empty() {
        let tags = bcs::tags(&file.tags);
        if tags.len() > MAX_FIELD {
            return Err(QuiltError::Tags {
                identifier: file.identifier.to_owned(),
            });
        }
        bcs::push_field(&mut fields, &tags);
        mask |= HAS_TAGS;
    }
    let length = u32::try_from(fields.len() + file.bytes.len()).map_err(|_| QuiltError::TooLong)?;
    let mut header = vec![VERSION];
    header.extend(length.to_le_bytes());
    header.push(mask);
    header.extend(fields);
    Ok(header)
}

/// The smallest size of symbols with which index and files fit, each into whole columns; the index, which is the first of
/// `sizes`, into ten.
fn symbol_size(code: Code, sizes: &[usize]) -> Option<usize> {
    let [rows, columns] = [code.primary(), code.secondary()].map(usize::from);
    let fits = |symbol: usize| {
        let column = symbol * rows;
        let taken: usize = sizes.iter().map(|size| size.div_ceil(column)).sum();
        taken <= columns && sizes[0].div_ceil(column) <= INDEX_COLUMNS && INDEX_PREFIX <= column
    };
    let most = usize::from(MAX_SYMBOL_SIZE) / 2;
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low.midpoint(high);
        match fits(2 * middle) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    fits(2 * low).then_some(2 * low)
}

/// Columns are at most 10 000.
fn column_number(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
