//! What the contract keeps. Maps are private; the verbs here are the only way to them.
//!
//! Balances and sessions are packed records of [`hub_types::records::escrow`]. For each denomination
//! owed = Σ available + Σ left of all sessions: only deposits, withdrawals and payouts change it, so settlement never
//! touches it. Deposits keep it within 128 bits, so no sum of balances and budgets left can overflow.

pub mod accounts;
pub mod config;
pub mod denoms;
pub mod sessions;
pub mod spend;
