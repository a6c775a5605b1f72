//! What the contract keeps. Maps are private; the verbs here are the only way to them.

pub mod attesters;
pub mod batches;
pub mod config;
pub mod usage;
