//! A verifier of a page: k of n named keys, such as auditors', vouch for an attester's key. The README walks through it.

pub mod contract;
pub mod error;
pub mod msg;

/// The code of the README, which must run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
