//! Settlement: the way of receipts through billing, on the rules of [`crate::domain`].
//!
//! | module | holds | uses |
//! |---|---|---|
//! | [`batch`] | a batch decided, and its answer | all below |
//! | [`message`] | the groups of one message in order: `Settlement` becomes `Decided` | all below |
//! | [`decision`] | what becomes of one group, and the books of it: `Billed` | rules, records |
//! | [`rules`] | refusals that no time cures | records, statement |
//! | [`vouchers`] | ceilings that callers signed | sessions, signature |
//! | [`sessions`] | working copies of sessions, each read once | statement |
//! | [`records`] | records of registry and escrow, each read once | |
//! | [`statement`] | who signed, when, and what decides about the whole message | signature |
//! | [`signature`] | domain tags, and whether a key signed a digest | |
//!
//! Nothing is written until all is decided; then `Decided` says what to write, what to tell the escrow and what
//! to answer.

pub mod batch;
pub mod decision;
pub mod message;
pub mod records;
pub mod rules;
pub mod sessions;
pub mod signature;
pub mod statement;
pub mod vouchers;
