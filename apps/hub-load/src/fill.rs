//! Keeps the mempool full while some blocks pass, and reads the clocks when each begins.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use futures_util::future::try_join_all;

use crate::node::{portion, processor_seconds, Block, Limits, Node};
use crate::profile::{Profile, Recording};

/// Blocks' worth of transactions that the node has waiting.
const AHEAD: f64 = 2.0;
/// A block with at least this part of its gas or bytes taken is full.
pub const FULL: f64 = 0.9;
/// So rarely that the answers do not show in the node's time.
const POLL: Duration = Duration::from_millis(100);
/// As long as no block comes, in seconds, something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is sent, and to whom.
pub struct Work<'a> {
    pub node: &'a Node,
    /// Process of the node.
    pub pid: u32,
    pub limits: Limits,
    /// Transactions of each account, in the order of its sequences.
    pub queues: Vec<VecDeque<Vec<u8>>>,
    /// How many a block takes.
    pub per_block: u64,
    /// Full blocks that count.
    pub blocks: u64,
    /// Where perf records; nothing is recorded without.
    pub record: Option<&'a Path>,
}

/// What the blocks that count say, and the clocks beside them.
pub struct Filled {
    pub blocks: Vec<Block>,
    /// Of the wall clock.
    pub seconds: f64,
    /// Of the node's processor time.
    pub node_seconds: f64,
    /// Of this process's processor time.
    pub own_seconds: f64,
    /// Transactions that the node took meanwhile.
    pub taken: u64,
    pub profile: Option<Profile>,
}

/// Read when the node has stored a block and begins to execute it.
struct Stamp {
    height: u64,
    at: Instant,
    node_seconds: f64,
    own_seconds: f64,
    taken: u64,
}

#[derive(Default)]
struct Shared {
    /// In the node's mempool, by what it said last.
    waiting: AtomicU64,
    /// Handed over and not answered.
    leaving: AtomicU64,
    taken: AtomicU64,
    ended: AtomicBool,
}

impl Work<'_> {
    /// Fills blocks, and returns once the mempool is empty. What was not sent by then never is.
    pub async fn run(mut self) -> Result<Filled> {
        let queues = std::mem::take(&mut self.queues);
        let shared = Shared::default();
        let ahead = (AHEAD * self.per_block as f64) as u64;
        let senders = queues
            .into_iter()
            .map(|queue| self.send(queue, ahead, &shared));
        let sending = try_join_all(senders);
        let watching = self.watch(&shared);
        let (_, (first, last, recording)) = tokio::try_join!(sending, watching)?;
        drained(self.node).await?;
        let profile = recording.map(Recording::folded).transpose()?;
        let mut blocks = vec![];
        for height in first.height..last.height {
            let block = self.node.block(height).await?;
            if let Some(failure) = block.failure {
                bail!("block {height} holds a batch that was not settled: {failure}");
            }
            let by_gas = block.gas_wanted as f64 / self.limits.gas as f64;
            let by_bytes = block.bytes as f64 / self.limits.bytes as f64;
            ensure!(
                by_gas.max(by_bytes) >= FULL,
                "block {height} is full to {:.0} % by gas and {:.0} % by bytes, with {} of about {} transactions: the node \
                 needed longer for a block than it pauses after one, and took too few transactions meanwhile; set \
                 HUB_DEVNET_BLOCK_MS higher",
                100.0 * by_gas,
                100.0 * by_bytes,
                block.txs,
                self.per_block
            );
            blocks.push(block);
        }
        Ok(Filled {
            blocks,
            seconds: (last.at - first.at).as_secs_f64(),
            node_seconds: last.node_seconds - first.node_seconds,
            own_seconds: last.own_seconds - first.own_seconds,
            taken: last.taken - first.taken,
            profile,
        })
    }

    async fn send(&self, mut queue: VecDeque<Vec<u8>>, ahead: u64, shared: &Shared) -> Result<()> {
        while !shared.ended.load(Ordering::Relaxed) {
            let waiting = shared.waiting.load(Ordering::Relaxed);
            if waiting + shared.leaving.load(Ordering::Relaxed) >= ahead {
                tokio::time::sleep(POLL / 2).await;
                continue;
            }
            let count = portion(queue.make_contiguous());
            let some: Vec<Vec<u8>> = queue.drain(..count.min(queue.len())).collect();
            ensure!(
                !some.is_empty(),
                "all that was signed is sent before the blocks are full: give HUB_LOAD_BLOCKS less"
            );
            let count = some.len() as u64;
            shared.leaving.fetch_add(count, Ordering::Relaxed);
            let handed = self.node.hand_over(&some).await;
            shared.leaving.fetch_sub(count, Ordering::Relaxed);
            handed?;
            shared.waiting.fetch_add(count, Ordering::Relaxed);
            shared.taken.fetch_add(count, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits for a block that is proposed out of more transactions than it takes, and then for `blocks` further ones. What waits
    /// when a block is seen came partly after its proposal, so that the next one is the first that is surely full.
    async fn watch(&self, shared: &Shared) -> Result<(Stamp, Stamp, Option<Recording>)> {
        let mut first: Option<(Stamp, Option<Recording>)> = None;
        let (mut height, mut before) = self.node.standing().await?;
        let mut seen = Instant::now();
        let mut ready = false;
        loop {
            tokio::time::sleep(POLL).await;
            let (now, waiting) = self.node.standing().await?;
            shared.waiting.store(waiting, Ordering::Relaxed);
            if now > height {
                seen = Instant::now();
                height = now;
                match &first {
                    None if before < self.per_block => ready = false,
                    None if !ready => ready = true,
                    None => {
                        let stamp = self.stamp(height, shared)?;
                        let recording = self.record.map(|to| Recording::begin(self.pid, to));
                        first = Some((stamp, recording.transpose()?));
                    }
                    Some((stamp, _)) if height >= stamp.height + self.blocks => {
                        let last = self.stamp(height, shared)?;
                        shared.ended.store(true, Ordering::Relaxed);
                        let (first, recording) = first.context("the first block")?;
                        let recording = recording.map(Recording::end).transpose()?;
                        return Ok((first, last, recording));
                    }
                    _ => {}
                }
            }
            before = waiting;
            ensure!(
                seen.elapsed() < PATIENCE,
                "the node made no block for {} s: see node.log in its home",
                PATIENCE.as_secs()
            );
        }
    }

    fn stamp(&self, height: u64, shared: &Shared) -> Result<Stamp> {
        Ok(Stamp {
            height,
            at: Instant::now(),
            node_seconds: processor_seconds(self.pid)?,
            own_seconds: processor_seconds(std::process::id())?,
            taken: shared.taken.load(Ordering::Relaxed),
        })
    }
}

/// Waits until nothing waits in the mempool, and the block that took the last of it is executed.
pub async fn drained(node: &Node) -> Result<()> {
    loop {
        let (height, waiting) = node.standing().await?;
        if waiting == 0 {
            // What the newest block holds was in the mempool until it was executed.
            node.block(height).await?;
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Waits for the next block. A node that was started again takes signatures for those of a genesis, and finds no limits of the
/// block that it stands at, until it makes one.
pub async fn next_block(node: &Node) -> Result<()> {
    let (before, _) = node.standing().await?;
    let began = Instant::now();
    loop {
        let (height, _) = node.standing().await?;
        if height > before {
            // It is stored before it is executed.
            node.block(height).await?;
            return Ok(());
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "the node made no block for {} s: see node.log in its home",
            PATIENCE.as_secs()
        );
        tokio::time::sleep(POLL).await;
    }
}
