//! What the contract keeps. Maps are private; the verbs here are the only way to them.

pub mod authors;
pub mod certificates;
pub mod claims;
pub mod commitments;
pub mod committees;
pub mod config;
pub mod discovery;
pub mod keeper;
pub mod models;
pub mod names;
pub mod offers;
pub mod releases;
pub mod terms;
pub mod topics;
