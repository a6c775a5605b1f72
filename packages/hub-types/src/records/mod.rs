//! The records that settlement reads and rewrites, in the storage of the contract that owns them.
//!
//! Their bytes are an ABI between the contracts: a golden test holds them, every value begins with its layout, and what
//! older releases wrote is read for ever (see [`crate::packed`]).

pub mod billing;
pub mod escrow;
pub mod fields;
pub mod recent;
pub mod registry;
pub mod served;
pub mod usage;
pub mod walrus;

#[cfg(test)]
mod tests;
