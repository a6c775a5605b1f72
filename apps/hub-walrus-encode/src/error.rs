use hub_walrus::CodeError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no encoding. Nothing is left on disk in any case.
#[derive(Error, Debug)]
pub enum EncodeError {
    /// Longer than a blob can be.
    #[error(transparent)]
    Code(#[from] CodeError),

    /// The path cannot be opened: it is not there, or permission is missing.
    #[error("{} cannot be opened: {error}", path.display())]
    Open {
        /// The path given.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },

    /// The path is that of a folder, a pipe or a device.
    #[error("{} is {kind}, and only a regular file has a blob id", path.display())]
    NotAFile {
        /// The path given.
        path: PathBuf,
        /// What it is, with its article.
        kind: &'static str,
    },

    /// The source cannot be read.
    #[error("reading at byte {offset} failed: {error}")]
    Read {
        /// First byte that was asked for.
        offset: u64,
        /// What the system says.
        error: io::Error,
    },

    /// The source became longer or shorter while it was read.
    #[error("the file had {before} bytes and now has {now}: it changed while it was read; encode it again when nobody writes to it")]
    Resized {
        /// Length at the start.
        before: u64,
        /// Length found later.
        now: u64,
    },

    /// The source has its length and other content than at the start.
    #[error("the file changed while it was read; encode it again when nobody writes to it")]
    Changed,

    /// The temporary file cannot be made, written or read.
    #[error("the temporary file of {bytes} bytes in {} failed: {error}; name a folder with space, or allow more memory", folder.display())]
    Spill {
        /// Folder of the temporary file.
        folder: PathBuf,
        /// Its size when it is complete.
        bytes: u64,
        /// What the system says.
        error: io::Error,
    },

    /// [`Progress::advance`](crate::Progress::advance) asked for the end.
    #[error("encoding was cancelled")]
    Cancelled,
}
