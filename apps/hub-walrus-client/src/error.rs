use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use hub_walrus::BlobId;
use thiserror::Error;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in a sentence. [`Error::hint`] says what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Every aggregator says that there is no such blob.
    #[error("no aggregator has blob {id} (asked: {}): it was never stored, or its storage has ended", asked.join(", "))]
    NotFound {
        /// The blob.
        id: BlobId,
        /// Addresses of the aggregators.
        asked: Vec<String>,
    },

    /// A quilt has no such file.
    #[error("quilt {quilt} has no file {identifier:?}")]
    PatchNotFound {
        /// The quilt.
        quilt: BlobId,
        /// The name asked for.
        identifier: String,
    },

    /// No aggregator gave what was asked for, for various reasons.
    #[error("{what} could not be read: {}", list(refusals))]
    NoAggregator {
        /// What was asked for.
        what: String,
        /// Who refused and why.
        refusals: Vec<Refusal>,
    },

    /// Bytes are not what their id says, and it cannot be told which of them.
    #[error("{source_name} does not hold the bytes of blob {id}: they make {found}")]
    WrongBytes {
        /// The blob that was wanted.
        id: BlobId,
        /// A file, or an aggregator.
        source_name: String,
        /// Id of what was found.
        found: BlobId,
    },

    /// Sliver roots that are not those of the blob.
    #[error("the sliver roots from {from} are not those of blob {id}: {why}")]
    WrongRoots {
        /// The blob.
        id: BlobId,
        /// A file, or a storage node.
        from: String,
        /// What is wrong with them.
        why: String,
    },

    /// More than one blob can hold.
    #[error("{length} bytes are more than one blob holds, which is at most {most} bytes")]
    TooLarge {
        /// Bytes given.
        length: u64,
        /// Bytes that a blob holds at most.
        most: u64,
    },

    /// More than the publisher takes in one request. Nothing was sent.
    #[error("{length} bytes are more than {publisher} takes in one request, which is {limit} bytes; nothing was sent")]
    OverLimit {
        /// Bytes to store.
        length: u64,
        /// Bytes that the publisher takes at most.
        limit: u64,
        /// Its address.
        publisher: String,
    },

    /// A name that the form of a request cannot carry.
    #[error("a form cannot carry the name {identifier:?}: it has a backslash or a line break")]
    NameInForm {
        /// The name.
        identifier: String,
    },

    /// The publisher refused, or failed for good.
    #[error("{publisher} did not store the blob: {answer}")]
    Publisher {
        /// Its address.
        publisher: String,
        /// What it said.
        answer: Answer,
    },

    /// The publisher stored something else.
    #[error("{publisher} says that it stored {theirs}, but the bytes sent are {ours}: do not rely on either")]
    WrongId {
        /// Its address.
        publisher: String,
        /// The id computed here.
        ours: BlobId,
        /// The id in its answer.
        theirs: BlobId,
    },

    /// A server could not be reached, or stopped in the middle.
    #[error("{url} could not be reached: {why}")]
    Unreachable {
        /// Its address.
        url: String,
        /// The cause.
        why: String,
    },

    /// A server said no.
    #[error("{url} answered {answer}")]
    Refused {
        /// Its address.
        url: String,
        /// What it said.
        answer: Answer,
    },

    /// A server sent what cannot be understood.
    #[error("{url} sent an answer that cannot be read: {why}")]
    Unreadable {
        /// Its address.
        url: String,
        /// What is wrong with it.
        why: String,
    },

    /// The network is not told where to ask.
    #[error("no {0} is configured")]
    NotConfigured(&'static str),

    /// An address that is none.
    #[error("{0:?} is no address of a server: expected http:// or https:// and a host")]
    NotAUrl(String),

    /// The disk is full.
    #[error("the disk is full: {} could not be written", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },

    /// A directory, a socket, or something else that has no bytes.
    #[error("{} is a {kind}, not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },

    /// The operating system refused something else.
    #[error("{} could not be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `"read"`, `"written"`.
        doing: &'static str,
        /// The cause.
        source: io::Error,
    },

    /// A file is longer, shorter or newer than when reading it began.
    #[error("{} changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },

    /// The encoder failed.
    #[error("the blob id could not be computed: {0}")]
    Encode(String),

    /// Bytes that are no quilt.
    #[error("{id} is not a quilt: {why}")]
    NotAQuilt {
        /// The blob.
        id: BlobId,
        /// What is wrong with it.
        why: String,
    },

    /// A storage certificate could not be put together.
    #[error("no certificate for blob {id}: {why}")]
    NoCertificate {
        /// The blob.
        id: BlobId,
        /// What is missing.
        why: String,
    },

    /// The caller said stop. What was checked is kept.
    #[error("stopped")]
    Cancelled,
}

/// Why one aggregator did not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its address.
    pub url: String,
    /// The reason.
    pub why: Why,
}

/// Reasons for which an aggregator does not give what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It knows no such blob.
    NotFound,
    /// It sent bytes that are not those of the blob.
    Lied {
        /// The row of the blob's matrix, 0 to 333, or none where only the whole was checked.
        row: Option<u16>,
        /// What was wrong.
        what: String,
    },
    /// It said no.
    Refused(Answer),
    /// It could not be reached, or stopped in the middle.
    Unreachable(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("has no such blob"),
            Self::Lied {
                row: Some(row),
                what,
            } => write!(f, "sent wrong bytes in row {row}: {what}"),
            Self::Lied { row: None, what } => write!(f, "sent wrong bytes: {what}"),
            Self::Refused(answer) => write!(f, "answered {answer}"),
            Self::Unreachable(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.url, self.why)
    }
}

fn list(refusals: &[Refusal]) -> String {
    let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// An answer that is not what was asked for: the status, the reason if the server names one, and its words.
///
/// Walrus answers most errors with JSON that has a reason, and some with plain text: 429, 413, and what the
/// server's framework refuses before Walrus sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Reason in capitals, as `BLOB_NOT_FOUND`; none in plain text.
    pub reason: Option<String>,
    /// The server's words, at most 300 characters of them.
    pub message: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(reason) = &self.reason {
            write!(f, " {reason}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl Error {
    /// An error of the file system, by its kind.
    pub fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::IsADirectory => Self::NotAFile {
                path,
                kind: "directory",
            },
            _ => Self::Io {
                path,
                doing,
                source,
            },
        }
    }

    /// What to do about it, as one sentence; none where the error says it all.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFound { id, .. } => format!(
                "ask a storage node how long it was stored: hub blob status {id} --node URL; \
                 or name another aggregator: --aggregator URL"
            ),
            Self::PatchNotFound { quilt, .. } => format!("list what it has: hub quilt ls {quilt}"),
            Self::NoAggregator { .. } => {
                "run the same command again, what was checked is kept; or name another \
                 aggregator: --aggregator URL"
                    .into()
            }
            Self::WrongBytes { .. } => {
                "compare the two ids: the file is another one, or was changed".into()
            }
            Self::WrongRoots { .. } => "leave the roots out: the whole blob is then checked".into(),
            Self::TooLarge { .. } => {
                "split the file: split -b 13G FILE PART. makes parts that fit".into()
            }
            Self::OverLimit { .. } => {
                "run a publisher of your own and give its limit with --publisher-limit BYTES, or \
                 store the file with Walrus' own client: walrus store --epochs N --permanent FILE"
                    .into()
            }
            Self::Publisher { answer, .. } => match answer.status {
                413 => "this publisher takes less in one request than was thought: give the \
                        limit with --publisher-limit BYTES"
                    .into(),
                _ if answer.reason.as_deref().is_some_and(|reason| {
                    reason == "EXPIRED_SIGNATURE" || reason == "TOKEN_ALREADY_USED"
                }) =>
                {
                    "get a new token and set HUB_WALRUS_TOKEN to it".into()
                }
                429 => "it has too much to do: run the same command again later".into(),
                401 | 403 => "it wants to know who you are: set HUB_WALRUS_TOKEN".into(),
                _ => {
                    "run the same command again: what is stored already is not stored twice".into()
                }
            },
            Self::NameInForm { .. } => {
                "store the quilt as a blob: hub quilt make -o FILE, then hub blob put FILE".into()
            }
            Self::WrongId { .. } => "use another publisher: --publisher URL".into(),
            Self::Unreachable { .. } => "check the address and the network, then run the same \
                                         command again"
                .into(),
            Self::NotConfigured(what) => format!("name one: --{what} URL"),
            Self::NotAUrl(_) => "write it as https://aggregator.example.com".into(),
            Self::DiskFull { .. } => {
                "free some space and run the same command again: it goes on where it stopped".into()
            }
            Self::NotAFile { .. } => {
                "name a file; for all files of a folder: hub quilt make FOLDER".into()
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    "look at who may do so: ls -l, then chmod or another place".into()
                }
                io::ErrorKind::NotFound => "check the path".into(),
                _ => return None,
            },
            Self::Changed { .. } => "run the same command again when nothing writes to it".into(),
            Self::NotAQuilt { id, .. } => format!("fetch it as a blob: hub blob get {id}"),
            Self::Cancelled => "run the same command again: it goes on where it stopped".into(),
            Self::Refused { .. }
            | Self::Unreadable { .. }
            | Self::Encode(_)
            | Self::NoCertificate { .. } => return None,
        };
        Some(hint)
    }
}
