//! Keeps a node's mempool full of settlements, one shape of batch after the other, and writes what each receipt costs the node.
//! `HUB_LOAD_THROUGHPUT=1 make load` runs it.

mod fill;
mod market;
mod node;
mod profile;
mod shape;
mod signing;

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{anyhow, bail, Context, Result};
use clap::Parser;
use hub_chain::Hub;
use serde::Serialize;

use crate::fill::{drained, next_block, Filled, Work};
use crate::market::{Attester, KeyType, Market};
use crate::node::{Limits, Node};
use crate::profile::Profile;
use crate::shape::{next_batch, Numbers, Shape};
use crate::signing::{settlement, Sender};

/// Gas limit over the dearest of the first batches.
const MARGIN: f64 = 1.1;
/// Blocks' worth of batches that are signed over those that count: until blocks are full, in the mempool, and to spare.
const SPARE: f64 = 7.0;

/// Keeps a node's mempool full of settlements, and says what each receipt costs the node.
#[derive(Parser)]
struct Options {
    /// File with the market, as tests/e2e wrote it.
    #[arg(long)]
    market: PathBuf,
    /// Process of the node.
    #[arg(long)]
    pid: u32,
    /// What the node is called in the figures.
    #[arg(long)]
    node: String,
    /// A type of attesters' keys and a shape of batches, such as secp256k1/itemised-50x2x100: mode, sessions, models of each,
    /// receipts of each model. Repeat it.
    #[arg(long = "batches", required = true)]
    batches: Vec<Batches>,
    /// Full blocks of each shape that count.
    #[arg(long, default_value_t = 4)]
    blocks: u64,
    /// Folder for perf's records: each run says where the node's time goes.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// File that the figures go to.
    #[arg(long)]
    json: PathBuf,
}

/// What one measurement sends.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Batches {
    key_type: KeyType,
    shape: Shape,
}

impl FromStr for Batches {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (key_type, shape) = text.split_once('/').unwrap_or(("", text));
        let key_type = serde_json::from_value(key_type.into()).map_err(|_| {
            anyhow!("{text:?} names no type of keys: give secp256k1/{shape} or ed25519/{shape}")
        })?;
        let shape = shape.parse()?;
        Ok(Self { key_type, shape })
    }
}

impl fmt::Display for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_type = match self.key_type {
            KeyType::Secp256k1 => "secp256k1",
            KeyType::Ed25519 => "ed25519",
        };
        write!(f, "{key_type}/{}", self.shape)
    }
}

/// What the file of figures holds.
#[derive(Serialize)]
struct Report {
    /// What a block takes.
    block_gas: u64,
    block_bytes: u64,
    runs: Vec<Run>,
}

/// One shape of batches, over full blocks.
#[derive(Serialize)]
struct Run {
    node: String,
    mode: &'static str,
    key_type: KeyType,
    /// Of a batch.
    receipts_per_batch: usize,
    groups_per_batch: usize,
    /// Bytes of a transaction.
    bytes_per_batch: u64,
    blocks: usize,
    /// Of the least full block, as a part of its gas or its bytes.
    least_full: f64,
    seconds: f64,
    receipts: u64,
    batches: u64,
    gas_used: u64,
    /// Transactions that the node took meanwhile.
    taken: u64,
    /// Processor time.
    node_seconds: f64,
    submitter_seconds: f64,
    profile: Option<Profile>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let market = Market::read(&options.market)?;
    let hub = market.hub()?;
    let node = Node::at(&market.rpc)?;
    next_block(&node).await?;
    let limits = node.limits().await?;
    let load = Load {
        options: &options,
        market: &market,
        hub: &hub,
        node: &node,
        limits,
    };
    let mut report = Report {
        block_gas: limits.gas,
        block_bytes: limits.bytes,
        runs: vec![],
    };
    let mut opened = vec![];
    for batches in &options.batches {
        if !opened.contains(&batches.key_type) {
            load.open_lanes(batches.key_type).await?;
            opened.push(batches.key_type);
        }
        let run = load.run(*batches).await;
        let run = run.with_context(|| batches.to_string())?;
        println!("{}", sentence(*batches, &run));
        report.runs.push(run);
        // What is measured is not lost by what fails after it.
        std::fs::write(&options.json, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("{} cannot be written", options.json.display()))?;
    }
    Ok(())
}

struct Load<'a> {
    options: &'a Options,
    market: &'a Market,
    hub: &'a Hub,
    node: &'a Node,
    limits: Limits,
}

impl<'a> Load<'a> {
    /// Settles a receipt of every lane and model, so that no batch that counts is the first of any.
    async fn open_lanes(&self, key_type: KeyType) -> Result<()> {
        let mut attesters = self.market.lanes(self.hub, key_type).await?;
        let lanes = attesters.iter().map(|one| one.lanes.len()).min();
        let all = Shape {
            mode: hub_wire::Mode::Itemised,
            sessions: lanes.unwrap_or_default(),
            models: 4,
            each: 1,
        };
        self.first(&mut attesters, all, &mut Numbers::new(0))
            .await?;
        Ok(())
    }

    /// Settles one batch of each attester. Answers the most gas that one used, and the bytes of the longest transaction.
    async fn first(
        &self,
        attesters: &mut [Attester<'a>],
        shape: Shape,
        numbers: &mut Numbers,
    ) -> Result<(u64, u64)> {
        let most = self.limits.gas / attesters.len() as u64;
        let (before, _) = self.node.standing().await?;
        let mut longest = 0;
        for attester in attesters {
            let mut sender = self.sender(attester).await?;
            let batch = next_batch(attester, shape, self.market.issued_at, numbers)?;
            let tx = settlement(self.hub, attester, &mut sender, batch, most)?;
            longest = longest.max(tx.len() as u64);
            self.node.hand_over(&[tx]).await?;
        }
        drained(self.node).await?;
        let (after, _) = self.node.standing().await?;
        let mut dearest = 0;
        for height in before + 1..=after {
            let block = self.node.block(height).await?;
            if let Some(failure) = block.failure {
                bail!("the first batches are not settled: {failure}");
            }
            dearest = dearest.max(block.dearest);
        }
        Ok((dearest, longest))
    }

    async fn sender(&self, attester: &Attester<'_>) -> Result<Sender> {
        let (number, sequence) = self.node.account(attester.address.as_ref()).await?;
        Ok(Sender { number, sequence })
    }

    async fn run(&self, batches: Batches) -> Result<Run> {
        let Batches { key_type, shape } = batches;
        let mut attesters = self.market.lanes(self.hub, key_type).await?;
        let mut numbers = Numbers::new(1);
        let (dearest, longest) = self.first(&mut attesters, shape, &mut numbers).await?;
        let gas = (dearest as f64 * MARGIN) as u64;
        let per_block = (self.limits.gas / gas).min(self.limits.bytes / longest);
        let count = (self.options.blocks as f64 + SPARE) * per_block as f64;
        let each = (count / attesters.len() as f64).ceil() as usize;
        println!(
            "{batches}: signing {} batches of {gas} gas",
            each * attesters.len()
        );
        let mut queues = vec![];
        for attester in &mut attesters {
            let mut sender = self.sender(attester).await?;
            let mut queue = VecDeque::with_capacity(each);
            for _ in 0..each {
                let batch = next_batch(attester, shape, self.market.issued_at, &mut numbers)?;
                queue.push_back(settlement(self.hub, attester, &mut sender, batch, gas)?);
            }
            queues.push(queue);
        }
        let name = |folder: &PathBuf| {
            let file = batches.to_string().replace('/', "-");
            folder.join(format!("{}-{file}.perf", self.options.node))
        };
        let record = self.options.profile.as_ref().map(name);
        let work = Work {
            node: self.node,
            pid: self.options.pid,
            limits: self.limits,
            queues,
            per_block,
            blocks: self.options.blocks,
            record: record.as_deref(),
        };
        let filled = work.run().await?;
        Ok(self.figures(batches, longest, filled))
    }

    fn figures(&self, batches: Batches, bytes_per_batch: u64, filled: Filled) -> Run {
        let Batches { key_type, shape } = batches;
        let Filled { blocks, .. } = &filled;
        let fullness = blocks.iter().map(|block| {
            let by_gas = block.gas_wanted as f64 / self.limits.gas as f64;
            by_gas.max(block.bytes as f64 / self.limits.bytes as f64)
        });
        Run {
            node: self.options.node.clone(),
            mode: match shape.mode {
                hub_wire::Mode::Itemised => "itemised",
                hub_wire::Mode::Netted => "sums",
            },
            key_type,
            receipts_per_batch: shape.receipts(),
            groups_per_batch: shape.groups(),
            bytes_per_batch,
            blocks: blocks.len(),
            least_full: fullness.fold(1.0, f64::min),
            seconds: filled.seconds,
            receipts: blocks.iter().map(|block| block.receipts).sum(),
            batches: blocks.iter().map(|block| block.txs).sum(),
            gas_used: blocks.iter().map(|block| block.gas_used).sum(),
            taken: filled.taken,
            node_seconds: filled.node_seconds,
            submitter_seconds: filled.own_seconds,
            profile: filled.profile,
        }
    }
}

fn sentence(batches: Batches, run: &Run) -> String {
    let micros = |seconds: f64| 1e6 * seconds / run.receipts as f64;
    format!(
        "{batches}: {:.0} receipts a second, {:.2} µs of the node's processors a receipt, {:.2} µs of the submitter's; {} blocks, \
         {} batches, {} taken, {:.1} s",
        run.receipts as f64 / run.seconds,
        micros(run.node_seconds),
        micros(run.submitter_seconds),
        run.blocks,
        run.batches,
        run.taken,
        run.seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_read_as_they_are_written_and_a_wrong_text_is_refused_with_the_right_one() {
        for text in ["secp256k1/itemised-10x2x15", "ed25519/sums-50x1x65535"] {
            assert_eq!(text.parse::<Batches>().unwrap().to_string(), text);
        }
        for text in ["sums-50x1x1", "rsa/sums-50x1x1"] {
            let error = text.parse::<Batches>().unwrap_err().to_string();
            assert!(error.contains("ed25519/sums-50x1x1"), "{error}");
        }
    }
}
