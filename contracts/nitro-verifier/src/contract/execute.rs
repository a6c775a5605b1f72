//! Handlers, one file an action: authority, load, decide, write, event, messages.

pub mod attest;
