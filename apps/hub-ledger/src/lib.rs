#![doc = include_str!("../README.md")]

mod call;
mod calls;
mod facts;
mod identity;
mod ledger;
mod limits;
mod observe;
mod outcomes;
mod record;
mod refusal;
mod session;
mod settling;
mod signing;

pub use call::{
    Admission, Authorized, CompleteError, Completed, Offer, Probe, Quote, Reservation,
    VerifiedVoucher, Verifier, Work,
};
pub use facts::{Block, Fact, Observation};
pub use identity::Identity;
pub use ledger::{Health, Ledger, Standing};
pub use limits::{Gas, Limits};
pub use record::{
    BatchId, Changed, Fate, Kept, NewBatch, NewReceipt, Receipts, Record, Remembered, Saved,
    SavedBatch, SavedSession, Serial, Taken, Waiting,
};
pub use refusal::Refusal;
pub use settling::{Answer, AnswerError, Due, LoadError, Notice, Outgoing, SignError, Verdict};
