//! Handlers: authority, load, decide, write, event, messages.

pub mod attest;
