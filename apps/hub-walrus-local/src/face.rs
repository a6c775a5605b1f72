use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::committee::Committee;
use crate::faults::{Fault, Faults};
use crate::journal::{Entry, Journal, Pending};
use crate::store::Store;
use crate::Inner;

/// A server in front of a local Walrus: publisher, aggregator, storage nodes and upload relay at one address.
///
/// Several of them share blobs and clock. Each has faults and a journal of its own, so that one can lie and the other
/// not.
#[derive(Clone)]
pub struct Face {
    inner: Arc<Inner>,
    own: Arc<Own>,
}

struct Own {
    faults: Faults,
    journal: Journal,
    began: Instant,
}

/// The request that is being answered.
#[derive(Clone)]
pub(crate) struct Asked {
    pub pending: Pending,
}

impl Face {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            own: Arc::new(Own {
                faults: Faults::default(),
                journal: Journal::default(),
                began: Instant::now(),
            }),
        }
    }

    /// Replaces what goes wrong.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.own.faults.set(faults);
    }

    /// Requests that came in, the oldest first.
    pub fn requests(&self) -> Vec<Entry> {
        self.own.journal.entries()
    }

    /// Forgets the requests that came in.
    pub fn forget_requests(&self) {
        self.own.journal.clear();
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn committee(&self) -> &Committee {
        &self.inner.committee
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.own.faults
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.own.journal
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.own.began.elapsed()
    }

    pub(crate) fn limit(&self) -> u64 {
        self.inner.options.limit
    }

    pub(crate) fn quilt_limit(&self) -> u64 {
        self.inner.options.quilt_limit
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.inner.options.token.as_deref()
    }

    pub(crate) fn most_epochs(&self) -> u32 {
        self.inner.options.most_epochs
    }

    /// Address of the publisher's own wallet.
    pub(crate) fn wallet(&self) -> String {
        format!("0x{}", "57".repeat(32))
    }
}
