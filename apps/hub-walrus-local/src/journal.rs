use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A request that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `GET`, `PUT`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without `?`; empty if there is none.
    pub query: String,
    /// The header `Range`.
    pub range: Option<String>,
    /// Status of the answer; 0 as long as there is none.
    pub status: u16,
    /// Bytes of blobs that went out so far.
    pub sent: u64,
}

/// The requests of a server, the oldest first; the last 10 000 of them.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    lines: Mutex<Vec<Line>>,
}

#[derive(Clone, Debug)]
struct Line {
    entry: Entry,
    status: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

/// What is yet to be known of a request.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    status: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

impl Pending {
    pub fn answered(&self, status: u16) {
        self.status.store(status.into(), Ordering::Relaxed);
    }

    pub fn sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }
}

const MOST: usize = 10_000;

impl Journal {
    pub fn begin(&self, entry: Entry) -> Pending {
        let pending = Pending {
            status: Arc::default(),
            sent: Arc::default(),
        };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MOST {
            lines.drain(..MOST / 2);
        }
        lines.push(Line {
            entry,
            status: Arc::clone(&pending.status),
            sent: Arc::clone(&pending.sent),
        });
        pending
    }

    pub fn entries(&self) -> Vec<Entry> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = |line: &Line| Entry {
            status: u16::try_from(line.status.load(Ordering::Relaxed)).unwrap_or_default(),
            sent: line.sent.load(Ordering::Relaxed),
            ..line.entry.clone()
        };
        lines.iter().map(entry).collect()
    }

    pub fn clear(&self) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
