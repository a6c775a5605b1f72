//! Rules, without storage or chain.

pub mod account;
pub mod reserve;
pub mod session;
pub mod totals;
