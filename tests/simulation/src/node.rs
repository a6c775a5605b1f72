//! The end of a scenario as a node of CometBFT with wasmd shows it, for whoever reads a chain: pages, clients, scripts.
//!
//! It answers what a node answers, in the same words, from one block: nothing is ever added. Queries that would cost more than
//! the gas that nodes allow are refused as nodes refuse them, and so are batches of more calls than CometBFT takes.

mod http;
mod query;
mod rpc;

use anyhow::{Context, Result};
use hub_testing::{Hub, SavedChain};
use serde_json::{json, Value};

pub use http::Serving;

/// Most calls in a batch by CometBFT's own configuration (`max_request_batch_size`).
pub const MAX_BATCH: usize = 10;

/// A chain that stands still, asked as a node.
pub struct Node {
    hub: Hub,
    /// Served at `/scenario`.
    scenario: Value,
    max_batch: usize,
}

impl Node {
    /// A node of a chain that was saved. `scenario` is what the scenario says of itself.
    pub fn new(saved: &SavedChain, scenario: Value) -> Result<Self> {
        Ok(Self {
            hub: Hub::load(saved)?,
            scenario,
            max_batch: MAX_BATCH,
        })
    }

    /// Takes batches of as many calls; CometBFT takes ten if not told otherwise.
    pub fn max_batch(mut self, calls: usize) -> Self {
        self.max_batch = calls;
        self
    }

    /// Where the contracts are, as `deploy/deployments/<chain-id>.json` says it.
    pub fn deployment(&self) -> Result<Value> {
        let contract = |address: &cosmwasm_std::Addr| -> Result<Value> {
            let data = self.hub.app.contract_data(address);
            let data = data.with_context(|| format!("there is no contract at {address}"))?;
            Ok(json!({ "address": address, "code_id": data.code_id }))
        };
        Ok(json!({
            "chain_id": self.hub.app.block_info().chain_id,
            "contracts": {
                "registry": contract(&self.hub.registry)?,
                "escrow": contract(&self.hub.escrow)?,
                "billing": contract(&self.hub.billing)?,
                "nitro_verifier": contract(&self.hub.nitro_verifier)?,
            }
        }))
    }
}
