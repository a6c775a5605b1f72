//! The whole Hub on an embedded chain: one file per action.

mod stage;

mod billing_attesters;
mod billing_inclusion;
mod billing_instantiate;
mod billing_settle;
mod billing_settle_batch;
mod billing_usage;
mod billing_vouchers;
mod contract_caller;
mod market;
