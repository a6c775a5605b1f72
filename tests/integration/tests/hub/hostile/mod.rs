//! Contracts that do what no honest one would.

pub mod token;
pub mod verifier;
