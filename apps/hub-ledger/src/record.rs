//! What a store keeps, and what it gives back.

use std::fmt;
use std::ops::Range;

use hub_types::billing::Outcome;
use hub_types::ids::SessionId;
use hub_wire::{Hash, Receipt, SignedVoucher};

use crate::identity::Identity;

/// Names a receipt in its books, from 1, in the order in which calls ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(pub u64);

/// Names a signed batch in its books, from 1, in the order in which batches were signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a verb of the ledger gives back, and what has to be stored with it: all of it in one commit, before anything that
/// `value` says leaves the process, and in the order in which the verbs were called.
#[must_use = "the records have to be stored before the value is used"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<T> {
    /// What the verb found.
    pub value: T,
    /// What to store, in this order. Empty if nothing changed that a restart must know.
    pub records: Vec<Record>,
}

impl<T> Changed<T> {
    /// A value beside which nothing needs to be stored.
    pub fn nothing(value: T) -> Self {
        Self {
            value,
            records: vec![],
        }
    }
}

/// One change to the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Whose books these are: the first record, and again when the chain id changed.
    Identity(Identity),
    /// The highest voucher of its session so far. It replaces the one before it.
    Voucher {
        /// Chain id that it was signed for.
        chain_id: String,
        /// The voucher.
        voucher: SignedVoucher,
    },
    /// A call whose answer is being sent in pieces: its receipt for what is sent so far. It replaces the one before it of the same
    /// serial, and [`Record::Receipt`] ends it.
    Partial(Box<NewReceipt>),
    /// A call that ended. Its receipt waits for a number.
    Receipt(Box<NewReceipt>),
    /// A signed batch, the numbers in it included.
    Batch(Box<NewBatch>),
    /// The same batch under a signature for another chain id.
    Resigned {
        /// The batch.
        batch: BatchId,
        /// Chain id that it is signed for now.
        chain_id: String,
        /// 64 bytes.
        signature: [u8; 64],
    },
    /// The batch is about to be sent in this transaction.
    Sent {
        /// The batch.
        batch: BatchId,
        /// Hash of the transaction.
        tx: String,
    },
    /// Receipts of a batch that are done with: they move to the archive.
    Settled {
        /// The batch.
        batch: BatchId,
        /// Session of the receipts.
        session: SessionId,
        /// Their places in the batch, from 0.
        places: Range<u32>,
        /// The lane's next number behind them.
        passed: u64,
        /// What became of them.
        fate: Fate,
    },
    /// Receipts without a number that never get one: they move to the archive.
    SetAside {
        /// Session of the receipts.
        session: SessionId,
        /// The receipts.
        serials: Vec<Serial>,
        /// What they would have charged.
        amount: u128,
        /// Why.
        fate: Fate,
    },
    /// The session is over for good: its receipts without a number move to the archive as [`Fate::Released`], and its numbers and
    /// its voucher need not be known any more.
    Released {
        /// The session.
        session: SessionId,
    },
    /// Every receipt of the batch is done with or stands in another batch: it moves to the archive.
    Closed {
        /// The batch.
        batch: BatchId,
    },
}

/// A receipt that waits for its number, and the answer that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// Its name.
    pub serial: Serial,
    /// The receipt.
    pub receipt: Receipt,
    /// What it charges.
    pub amount: u128,
    /// What was asked: a repeat of the request id has to ask the same.
    pub content: Hash,
    /// Unix seconds until which a repeat gets the stored answer.
    pub kept_until: u64,
    /// The answer; none if it is too long to be kept.
    pub answer: Option<Vec<u8>>,
}

/// A batch that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// Its name.
    pub id: BatchId,
    /// Chain id that it is signed for.
    pub chain_id: String,
    /// Canonical bytes of [`hub_wire::Batch`].
    pub bytes: Vec<u8>,
    /// The attester's signature.
    pub signature: [u8; 64],
    /// Its receipts in batch order, each with what it charges.
    pub receipts: Vec<(Serial, u128)>,
    /// What left the waiting receipts of each session for it; empty if the receipts come from another batch.
    pub taken: Vec<Taken>,
}

/// Receipts of a session that got their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The session.
    pub session: SessionId,
    /// How many.
    pub receipts: u64,
    /// What they charge.
    pub amount: u128,
    /// Number behind the last one given in this session.
    pub given: u64,
}

/// What became of a receipt in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Billed, as the transaction that settled it said.
    Paid,
    /// The chain's lane passed it by a message whose answer is not known here, such as a stranger's.
    Passed,
    /// The chain consumed its number without billing it.
    Consumed(Outcome),
    /// Its session was released before it was settled.
    Released,
    /// It can never be settled by this attester: of another attester, or of a session that trusts another.
    Foreign,
    /// It is dated in the future.
    Future,
}

impl Fate {
    /// A stable name, in snake_case: for [`Fate::Consumed`] that of the outcome.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Passed => "passed",
            Self::Consumed(outcome) => outcome.name(),
            Self::Released => "released",
            Self::Foreign => "foreign",
            Self::Future => "future",
        }
    }
}

/// What a store holds when the process starts: sums, and no receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Whose books these are; none in a new store.
    pub identity: Option<Identity>,
    /// The greatest serial ever given.
    pub last_serial: Serial,
    /// The greatest batch id ever given.
    pub last_batch: BatchId,
    /// Sessions with numbers or waiting receipts.
    pub sessions: Vec<SavedSession>,
    /// The voucher of each session, with the chain id that it was signed for.
    pub vouchers: Vec<(String, SignedVoucher)>,
    /// Batches that are not closed.
    pub batches: Vec<SavedBatch>,
    /// Calls whose repeats get a stored answer.
    pub remembered: Vec<Remembered>,
    /// Answers in pieces that were being sent: what [`Record::Partial`] said last and no [`Record::Receipt`] ended.
    pub partial: Vec<NewReceipt>,
}

/// Sums of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SavedSession {
    /// The session.
    pub session: SessionId,
    /// Number behind the last one given.
    pub given: u64,
    /// The lane's next number, as far as receipts were archived by it.
    pub passed: u64,
    /// Receipts without a number.
    pub waiting: Waiting,
}

/// Receipts without a number, in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub receipts: u64,
    /// What they charge.
    pub amount: u128,
    /// When the oldest was issued, unix seconds, or earlier; none if there are none.
    pub oldest: Option<u64>,
}

/// A batch that is not done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedBatch {
    /// Its name.
    pub id: BatchId,
    /// Chain id that it is signed for.
    pub chain_id: String,
    /// Canonical bytes.
    pub bytes: Vec<u8>,
    /// The attester's signature.
    pub signature: [u8; 64],
    /// What each of its receipts charges, in batch order.
    pub amounts: Vec<u128>,
    /// Transaction in which it was last sent.
    pub tx: Option<String>,
}

/// A call that ended not long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its session.
    pub session: SessionId,
    /// Its request id.
    pub request_id: [u8; 16],
    /// What was asked.
    pub content: Hash,
    /// Unix seconds until which it is remembered.
    pub kept_until: u64,
    /// Its receipt.
    pub serial: Serial,
}

/// A receipt as a store gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name.
    pub serial: Serial,
    /// The receipt.
    pub receipt: Receipt,
    /// What it charges.
    pub amount: u128,
}

/// Reads receipts that a store holds. They are read when a batch is signed, and never else.
pub trait Receipts {
    /// Why they cannot be read.
    type Error;

    /// Receipts of a session without a number, the oldest issued first, at most `limit`.
    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, Self::Error>;

    /// Receipts of a batch that were not archived, each with its place from 0, by place.
    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, Kept)>, Self::Error>;
}
