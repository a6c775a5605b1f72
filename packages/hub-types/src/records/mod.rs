//! The records that settlement reads and rewrites, in the storage of the contract that owns them.
//!
//! Their bytes are an ABI between the contracts: a golden test holds them, and every value begins with
//! [`crate::packed::LAYOUT`].

pub mod billing;
pub mod escrow;
pub mod fields;
pub mod registry;
pub mod usage;
pub mod walrus;

#[cfg(test)]
mod tests;
