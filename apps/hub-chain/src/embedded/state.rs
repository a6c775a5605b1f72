//! What the chain's thread keeps: contracts, accounts and blocks, and how blocks are made.

use std::collections::BTreeMap;

use hub_testing::Hub as TestHub;
use serde_json::Value;

use super::{Clock, EmbeddedOptions, FEE_DENOM, PREFIX};
use crate::chain::unix_now;
use crate::profile::Profile;
use crate::tx::TxHash;
use crate::wallet::COSMOS_COIN_TYPE;

/// Blocks that are kept with their transactions, at the most.
const MOST_BLOCKS: usize = 20_000;

pub(super) struct Account {
    pub(super) number: u64,
    /// With the block from which on it held, so that older heights can be asked about.
    pub(super) sequences: Vec<(u64, u64)>,
}

impl Account {
    pub(super) fn sequence(&self) -> u64 {
        self.sequences.last().map_or(0, |(_, sequence)| *sequence)
    }

    pub(super) fn sequence_at(&self, height: u64) -> u64 {
        let known = self
            .sequences
            .iter()
            .rev()
            .find(|(from, _)| *from <= height);
        known.map_or(0, |(_, sequence)| *sequence)
    }
}

pub(super) struct Block {
    pub(super) height: u64,
    pub(super) time: u64,
    pub(super) txs: Vec<Vec<u8>>,
    pub(super) results: Vec<Value>,
}

/// Everything that the chain's thread keeps.
pub(super) struct State {
    pub(super) hub: TestHub,
    pub(super) options: EmbeddedOptions,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) blocks: Vec<Block>,
    pub(super) waiting: Vec<Vec<u8>>,
    /// The last block that holds it, by hash.
    pub(super) index: BTreeMap<TxHash, (u64, usize)>,
}

impl State {
    pub(super) fn new(options: EmbeddedOptions) -> Self {
        let hub = TestHub::builder()
            .chain_id(&options.chain_id)
            .start_time(options.start_time.unwrap_or_else(unix_now))
            .receipt_max_age(options.receipt_max_age)
            .price_notice(options.price_notice)
            .unwatched()
            .build();
        let mut state = Self {
            hub,
            options,
            accounts: BTreeMap::new(),
            blocks: vec![],
            waiting: vec![],
            index: BTreeMap::new(),
        };
        state.record_block(vec![], vec![]);
        state
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            chain_id: self.options.chain_id.clone(),
            rpc: vec![],
            prefix: PREFIX.to_owned(),
            coin_type: COSMOS_COIN_TYPE,
            gas_price: format!("0.025{FEE_DENOM}"),
            max_fee: 10_000_000,
            registry: self.hub.registry.to_string(),
            escrow: self.hub.escrow.to_string(),
            billing: self.hub.billing.to_string(),
            nitro_verifier: Some(self.hub.nitro_verifier.to_string()),
        }
    }

    /// Lets time pass where it passes by itself.
    pub(super) fn tick(&mut self) {
        if let Clock::Wall { interval } = self.options.clock {
            let (now, last) = (unix_now(), self.hub.now());
            if now.saturating_sub(last) >= interval.as_secs().max(1) {
                self.next_block(now - last);
            }
        }
    }

    /// Seconds from the last block to one that is made now. By the wall clock blocks never run ahead of it, however many
    /// there are in a second.
    pub(super) fn pace(&self) -> u64 {
        match self.options.clock {
            Clock::Wall { .. } => unix_now().saturating_sub(self.hub.now()),
            Clock::ByHand | Clock::Stopped => 1,
        }
    }

    pub(super) fn next_block(&mut self, seconds: u64) {
        self.hub.advance(seconds);
        let height = self.hub.app.block_info().height;
        let mut held = vec![];
        let mut results = vec![];
        for tx in std::mem::take(&mut self.waiting) {
            results.push(self.deliver(&tx, height));
            held.push(tx);
        }
        self.record_block(held, results);
    }

    fn record_block(&mut self, txs: Vec<Vec<u8>>, results: Vec<Value>) {
        let info = self.hub.app.block_info();
        for (place, tx) in txs.iter().enumerate() {
            self.index.insert(TxHash::of(tx), (info.height, place));
        }
        self.blocks.push(Block {
            height: info.height,
            time: info.time.seconds(),
            txs,
            results,
        });
        if self.blocks.len() > MOST_BLOCKS {
            let gone = self.blocks.remove(0);
            gone.txs.iter().for_each(|tx| {
                self.index.remove(&TxHash::of(tx));
            });
        }
    }

    pub(super) fn latest(&self) -> u64 {
        self.hub.app.block_info().height
    }

    pub(super) fn block(&self, height: u64) -> Option<&Block> {
        let first = self.blocks.first()?.height;
        let place = usize::try_from(height.checked_sub(first)?).ok()?;
        self.blocks.get(place)
    }

    pub(super) fn account(&mut self, address: &str) -> &mut Account {
        // As wide as the SDK gives numbers since 0.54.
        let number = u64::MAX / 3 + self.accounts.len() as u64;
        self.accounts.entry(address.to_owned()).or_insert(Account {
            number,
            sequences: vec![(0, 0)],
        })
    }

    pub(super) fn balance(&self, address: &str, denom: &str) -> u128 {
        let balance = self.hub.app.wrap().query_balance(address, denom);
        balance.map_or(0, |coin| coin.amount.u128())
    }
}
