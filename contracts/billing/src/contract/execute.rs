//! Handlers: authority, load, decide, write, event, messages.

pub mod attest;
pub mod attesters;
pub mod collect;
pub mod settle;
pub mod settle_batch;
