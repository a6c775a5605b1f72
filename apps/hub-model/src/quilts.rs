//! Small files share a blob, a quilt, since a blob of its own costs 66 MB of storage. With them lie the sliver roots of the large
//! ones, by which a download is checked row by row.

use std::collections::BTreeMap;

use hub_walrus::{BlobId, Code};
use hub_walrus_encode::quilt::{File, Quilt, QuiltError};
use hub_walrus_encode::{EncodeError, Encoder, Encoding};
use thiserror::Error;

/// Files above this size are a blob of their own, whatever they are for.
pub(crate) const LARGEST: u64 = 16 << 20;
/// Most bytes of files in one quilt, well below what publishers take by default (100 MiB).
const MOST_BYTES: usize = 64 << 20;
/// Most files in one quilt; 666 is what a quilt can hold, less some room for its index.
const MOST_FILES: usize = 600;
/// What the identifiers of sliver roots begin with. No path has a colon in it.
const ROOTS: &str = "roots:";
/// What the identifiers of paths begin with that begin with neither letter nor digit, which Walrus asks for.
const PATH: &str = "path:";

/// A quilt that would be stored.
#[derive(Clone, Debug)]
pub struct PlannedQuilt {
    /// Its id, and what checks it.
    pub encoding: Encoding,
    /// What is in it, by identifier.
    pub patches: BTreeMap<String, Vec<u8>>,
}

impl PlannedQuilt {
    /// Whether the file with this path is in it.
    pub fn holds(&self, path: &str) -> bool {
        self.patches.contains_key(&of_path(path))
    }
}

/// Why small files make no quilt.
#[derive(Error, Debug)]
pub enum QuiltsError {
    /// The format of quilts does not take them.
    #[error("the small files do not fit into a quilt: {0}")]
    Quilt(#[from] QuiltError),
    /// The quilt cannot be encoded.
    #[error("the quilt of the small files cannot be encoded: {0}")]
    Encode(#[from] EncodeError),
}

/// The identifier of a blob's sliver roots.
pub(crate) fn of_roots(id: &BlobId) -> String {
    format!("{ROOTS}{id}")
}

/// The blob whose sliver roots lie under an identifier; none if something else does.
#[cfg(feature = "client")]
pub(crate) fn blob_of_roots(identifier: &str) -> Option<BlobId> {
    identifier.strip_prefix(ROOTS)?.parse().ok()
}

/// The identifier of a file: its path where Walrus takes that.
pub(crate) fn of_path(path: &str) -> String {
    match path.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        true => path.to_owned(),
        false => format!("{PATH}{path}"),
    }
}

/// Divides files among quilts: by name, each quilt as full as it may be.
pub(crate) fn plan(
    patches: BTreeMap<String, Vec<u8>>,
    encoder: &Encoder,
) -> Result<Vec<PlannedQuilt>, QuiltsError> {
    let mut groups: Vec<BTreeMap<String, Vec<u8>>> = vec![];
    let mut bytes = 0;
    for (identifier, content) in patches {
        bytes += content.len();
        match groups.last_mut() {
            Some(group) if group.len() < MOST_FILES && bytes <= MOST_BYTES => {
                group.insert(identifier, content);
            }
            _ => {
                bytes = content.len();
                groups.push(BTreeMap::from([(identifier, content)]));
            }
        }
    }
    let plan = |patches: BTreeMap<String, Vec<u8>>| {
        let file = |(identifier, bytes)| File {
            identifier,
            tags: BTreeMap::new(),
            bytes,
        };
        let named = patches
            .iter()
            .map(|(identifier, bytes)| (identifier.as_str(), bytes.as_slice()));
        let files: Vec<File<'_>> = named.map(file).collect();
        let quilt = Quilt::new(Code::WALRUS, &files)?;
        let encoding = encoder.encode(quilt.bytes(), &mut ())?;
        Ok(PlannedQuilt { encoding, patches })
    };
    groups.into_iter().map(plan).collect()
}
