//! The whole Hub on an embedded chain: one file per action.

mod stage;

mod billing_attestation;
mod billing_attesters;
mod billing_inclusion;
mod billing_instantiate;
mod billing_settle;
mod billing_settle_batch;
mod billing_usage;
mod billing_vouchers;
mod contract_caller;
mod escrow_deposit;
mod escrow_instantiate;
mod escrow_open_session;
mod escrow_payout;
mod escrow_query;
mod escrow_receive;
mod escrow_session;
mod escrow_settle;
mod escrow_stage;
mod escrow_withdraw;
mod flat_cost;
mod hostile;
mod market;
mod registry_access;
mod registry_commit;
mod registry_discovery;
mod registry_instantiate;
mod registry_prove_size;
mod registry_publish_release;
mod registry_register_model;
mod registry_set_status;
mod registry_set_terms;
mod registry_stage;
mod registry_transfer;
mod registry_update_metadata;
