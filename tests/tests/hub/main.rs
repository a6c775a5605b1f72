//! The whole Hub on an embedded chain: one file per action.

mod market;
mod billing_attesters;
mod billing_settle;
mod stage;
