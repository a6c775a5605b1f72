//! The ledger against the real contracts, on an embedded chain.

mod fixture;
mod interleavings;
mod memory;
mod old_collector;
