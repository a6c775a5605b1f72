//! What is said about batches between the ledger and whoever sends them.

use hub_types::billing::Outcome;
use hub_types::ids::{AttesterId, SessionId};
use hub_wire::{BuildError, SignedVoucher};
use thiserror::Error;

use crate::record::{BatchId, Fate};

/// Why it is time to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// As many receipts wait as the limits say.
    Count,
    /// What waits is worth it.
    Value,
    /// A receipt waits for long.
    Age,
    /// A session with waiting receipts has ended: its operator's money is at stake until it is released.
    SessionEnd {
        /// The session.
        session: SessionId,
    },
    /// A session has little left for calls.
    NearlyUsed {
        /// The session.
        session: SessionId,
    },
    /// A batch has to be signed again: cut, halved, without what is done, or for another chain id.
    Again {
        /// The batch.
        batch: BatchId,
    },
}

/// A batch that can be sent: the fields of billing's `settle_batch` and `preview_batch`. It may be sent any number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The batch.
    pub batch: BatchId,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// The attester's signature.
    pub signature: [u8; 64],
    /// The vouchers that it needs: those above the ceiling on chain.
    pub vouchers: Vec<SignedVoucher>,
    /// How many receipts it states.
    pub receipts: u64,
    /// How many groups it has.
    pub groups: u64,
    /// The estimate of the gas it uses.
    pub gas: u64,
    /// Hash of the transaction in which it was last sent, if it was: ask for that first.
    pub last_tx: Option<String>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A query answered what settling would do: an outcome for each group. It is never final.
    Previewed(Vec<Outcome>),
    /// It is about to leave in this transaction: store this before it does.
    Sending {
        /// Hash of the transaction.
        tx: String,
    },
    /// A block holds the transaction, which succeeded with an outcome for each group. What it says is annotated; a receipt is
    /// done with when the chain's lane passed it ([`crate::Ledger::observe`]).
    Included(Vec<Outcome>),
    /// No block or node takes a transaction of this size or gas.
    TooLarge,
    /// The message was refused as a whole, for this reason.
    Refused(String),
}

/// What to do next with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it.
    Send,
    /// Nothing for now; [`crate::Ledger::to_send`] names it again when it is worth another attempt.
    Wait,
    /// It has to be signed in other groups: call [`crate::Ledger::sign`].
    SignAgain,
}

/// Why an answer about a batch was not taken. Nothing changed.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// Closed, or never signed here.
    #[error("batch {batch} is not open: its receipts are done with or stand in another batch")]
    NotOpen {
        /// The batch.
        batch: BatchId,
    },
    /// As many outcomes as the batch has groups were expected.
    #[error("batch {batch} has {groups} groups and the answer {outcomes} outcomes: the contracts are of another release than this server. Nothing is lost")]
    OtherVersion {
        /// The batch.
        batch: BatchId,
        /// Its groups.
        groups: usize,
        /// Outcomes found.
        outcomes: usize,
    },
}

/// Why nothing was signed. Nothing changed.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum SignError<E> {
    /// Receipts cannot be read.
    #[error("receipts cannot be read: {0}")]
    Store(E),
    /// The chain shows numbers that these books never gave.
    #[error("rolled back: in session {session} the chain expects number {on_chain}, and number {here} is the next here. Retire attester {attester} and register a new key")]
    RolledBack {
        /// Where it shows.
        session: SessionId,
        /// Next number on chain.
        on_chain: u64,
        /// Next number in the books.
        here: u64,
        /// Whose books these are.
        attester: AttesterId,
    },
    /// The key is not the attester's.
    #[error("the key is not that of attester {attester}: give the key that is registered")]
    OtherKey {
        /// Whose books these are.
        attester: AttesterId,
    },
    /// What the store holds of a batch is not what was signed.
    #[error("batch {batch} does not have the receipts that were signed: the store was changed by somebody else. Nothing is signed")]
    Inconsistent {
        /// The batch.
        batch: BatchId,
    },
    /// Receipts that make no batch.
    #[error("the receipts make no batch: {0}")]
    Build(#[from] BuildError),
}

/// Why books cannot be opened.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// They are another billing contract's.
    #[error("these books belong to another billing contract ({}): give the books of this one, or an empty folder", hex(.found))]
    OtherContract {
        /// Canonical address in the store.
        found: Vec<u8>,
    },
    /// They are another attester's.
    #[error("these books belong to attester {found} under its key, not to attester {expected}: give the books of that, or an empty folder")]
    OtherAttester {
        /// Attester asked for.
        expected: AttesterId,
        /// Attester in the store.
        found: AttesterId,
    },
    /// A batch in them cannot be read.
    #[error("batch {batch} in these books cannot be read: {reason}. Restore them from a copy that was made with the server stopped")]
    Unreadable {
        /// The batch.
        batch: BatchId,
        /// What is wrong.
        reason: String,
    },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Something that an observation showed, for logs and alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Receipts are done with.
    Done {
        /// Their session.
        session: SessionId,
        /// How many.
        receipts: u64,
        /// What they charged or would have.
        amount: u128,
        /// What became of them.
        fate: Fate,
    },
    /// A lane stands before where it stood at an earlier height, which never happens: some node lied. What was seen first is
    /// dropped if it was not yet confirmed.
    LaneFell {
        /// The session.
        session: SessionId,
        /// Where it stood.
        before: u64,
        /// Where it stands by this observation.
        now: u64,
    },
    /// The chain shows numbers that these books never gave. Nothing is signed while it does.
    RolledBack {
        /// The session.
        session: SessionId,
        /// Next number on chain.
        on_chain: u64,
        /// Next number in the books.
        here: u64,
    },
    /// An answer of a contract that makes no sense, such as an attester of this id with another key. It was ignored.
    Unreadable {
        /// What it was about.
        what: String,
    },
}
