//! What the contract keeps. Maps are private; the verbs here are the only way to them.

pub mod authorities;
pub mod config;
