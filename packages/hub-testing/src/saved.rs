use anyhow::{ensure, Context, Result};
use cosmwasm_std::{Binary, BlockInfo, Order, Storage};
use serde::{Deserialize, Serialize};

use crate::hub::Hub;

/// A chain as it stood after a block: what [`Hub::load`] continues from. JSON, whose bytes are the same for the same chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedChain {
    block: BlockInfo,
    /// Every key of the chain with its value, in the order of the keys.
    records: Vec<(Binary, Binary)>,
}

impl Hub {
    /// Everything on the chain: contracts, accounts and the time. Not the codes, which are those of this build.
    pub fn save(&self) -> SavedChain {
        let records = self.app.storage().range(None, None, Order::Ascending);
        SavedChain {
            block: self.app.block_info(),
            records: records
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        }
    }

    /// A Hub on a chain that was saved by a Hub of [`crate::HubBuilder::build`] without an admin. It is asked and written to
    /// as before, but does not check the invariants by itself, and knows no names of accounts. An error if the chain has no
    /// Hub where this build puts it. A contract of a test's own is there, but nobody can call it: its code is not saved.
    pub fn load(saved: &SavedChain) -> Result<Self> {
        let mut hub = Self::builder()
            .unwatched()
            .chain_id(&saved.block.chain_id)
            .build();
        let storage = hub.app.storage_mut();
        let stale: Vec<Vec<u8>> = storage
            .range(None, None, Order::Ascending)
            .map(|(key, _)| key)
            .collect();
        for key in stale {
            storage.remove(&key);
        }
        for (key, value) in &saved.records {
            storage.set(key, value);
        }
        hub.app.set_block(saved.block.clone());
        let contracts = [
            (&hub.registry, hub.codes.registry),
            (&hub.escrow, hub.codes.escrow),
            (&hub.billing, hub.codes.billing),
        ];
        for (address, code) in contracts {
            let found = hub.app.contract_data(address);
            let found = found.with_context(|| format!("the saved chain has no {address}"))?;
            ensure!(
                found.code_id == code,
                "the saved chain has another contract at {address}"
            );
        }
        Ok(hub)
    }
}
