use std::path::PathBuf;
use std::sync::Arc;

use hub_ledger::LoadError;
use thiserror::Error;

/// Why a store cannot be opened.
#[derive(Error, Debug)]
pub enum OpenError {
    /// The folder cannot be made or used.
    #[error("the books in {} cannot be opened: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("the books in {} are open in another process{}: two of them would sign the same numbers twice. Stop it first", path.display(), by(.process))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Its process id, if it left one.
        process: Option<u32>,
    },
    /// The file is another program's.
    #[error("{} is no file of books: give another folder", path.display())]
    NotBooks {
        /// The file.
        path: PathBuf,
    },
    /// A newer release wrote it.
    #[error("the books in {} are of version {found}, and this release reads version {expected}: use the release that wrote them", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this release writes.
        expected: i64,
    },
    /// They belong to somebody else, or a batch cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The database cannot be read.
    #[error("the books cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// Writing failed at once.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn by(process: &Option<u32>) -> String {
    process.map_or(String::new(), |process| format!(" (process {process})"))
}

/// Why records are not safe. Nothing that belongs to them may leave the process. The ledger in memory is ahead of the disk from
/// then on: open the store and load the ledger again.
#[derive(Error, Clone, Debug)]
#[error("the books cannot be written ({reason}): nothing more is charged until the server is started again")]
pub struct StoreError {
    /// What the database or the system said.
    pub reason: Arc<str>,
    /// Whether there is no space left.
    pub is_full: bool,
}

impl StoreError {
    pub(crate) fn new(error: &rusqlite::Error) -> Self {
        let is_full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        Self {
            reason: error.to_string().into(),
            is_full,
        }
    }

    pub(crate) fn stopped() -> Self {
        Self {
            reason: "the store was closed".into(),
            is_full: false,
        }
    }
}

/// Why something cannot be read from a store.
#[derive(Error, Debug)]
pub enum ReadError {
    /// The database cannot be read.
    #[error("the books cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// What it holds makes no sense.
    #[error("the books hold something that cannot be read: {what}")]
    Malformed {
        /// What it is.
        what: String,
    },
}
