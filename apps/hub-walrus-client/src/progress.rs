use std::sync::atomic::{AtomicBool, Ordering};

use hub_walrus_encode::Fraction;

/// Who is told how far a transfer is. Called from several threads.
pub trait Progress: Sync {
    /// A piece of work begins. Of its bytes some may be there already.
    fn begin(&self, work: Work, bytes: Fraction) {
        let _ = (work, bytes);
    }

    /// So many more bytes are done.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }

    /// The piece of work is over, well or not.
    fn end(&self) {}

    /// Something happened that a person may want to know, as one sentence.
    fn note(&self, sentence: &str) {
        let _ = sentence;
    }

    /// Whether to stop. Asked often.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Pieces of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// The id of a file is computed.
    Encode,
    /// Bytes come in and are checked.
    Fetch,
    /// Bytes go out.
    Send,
    /// What an earlier run left is checked.
    Resume,
}

/// Nobody is told.
pub struct Silent;

impl Progress for Silent {}

/// Nobody is told, and a flag says stop.
#[derive(Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Says stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Progress for Cancel {
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
