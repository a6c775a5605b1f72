//! A contract that buys inference for its users: it takes their payment, prepays calls of one model, shows on chain what
//! was answered, and pays back what was not used. The README walks through it.

pub mod contract;
pub mod error;
pub mod msg;
mod state;
