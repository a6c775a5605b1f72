//! The contracts on a chain within the process: blocks, accounts, signatures, fees and gas as a node shows them, over the
//! real contracts of the workspace. For demos and tests.
//!
//! It is a [`Node`], so the client above it is the same one that talks to nodes over HTTP: what is tested here is what
//! runs there. Storage ends with the process. Gas is a rough figure made of storage operations and bytes: right in order
//! of magnitude, good for tests of bounds, no measure of cost.

mod answers;
mod state;
mod transactions;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cosmwasm_std::{Addr, Coin, Timestamp};
use hub_testing::Hub as TestHub;
use serde_json::Value;
use tokio::sync::oneshot;

use self::answers::rpc_error;
use self::state::State;
use crate::chain::Chain;
use crate::error::ChainError;
use crate::hub::Hub;
use crate::node::{Answers, BoxFuture, Call, Node, NodeError, RpcError};
use crate::profile::Profile;
use crate::tx::TxHash;
use crate::wallet::Wallet;

/// Prefix of the embedded chain's addresses.
pub const PREFIX: &str = "cosmwasm";

/// What fees are paid in on the embedded chain.
pub const FEE_DENOM: &str = "ustake";

/// How time passes on the embedded chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// By the wall clock, never ahead of it: a block for each transaction, and one whenever somebody asks after this long.
    Wall {
        /// From one block to the next.
        interval: Duration,
    },
    /// By hand: a block for each transaction, a second after the one before, and whatever [`Embedded::advance`] makes.
    ByHand,
    /// By hand alone: transactions wait until [`Embedded::advance`] makes a block.
    Stopped,
}

/// How an embedded chain starts.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Its id.
    pub chain_id: String,
    /// How time passes.
    pub clock: Clock,
    /// Block time of the first block, unix seconds; that of the wall clock if not given.
    pub start_time: Option<u64>,
    /// Seconds after which receipts are refused.
    pub receipt_max_age: u64,
    /// Seconds that a rise of a price waits.
    pub price_notice: u64,
    /// Gas that a transaction may use, at the most.
    pub block_gas: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            chain_id: "hub-embedded-1".to_owned(),
            clock: Clock::Wall {
                interval: Duration::from_secs(1),
            },
            start_time: None,
            receipt_max_age: 86_400,
            price_notice: 86_400,
            block_gas: 100_000_000,
        }
    }
}

/// A chain within the process. Cheap to clone; it ends with the last clone.
#[derive(Clone)]
pub struct Embedded {
    work: mpsc::Sender<Work>,
    profile: Profile,
}

type Work = Box<dyn FnOnce(&mut State) + Send>;

impl Embedded {
    /// Starts a chain with a registry, a billing contract and its escrow on it.
    pub fn start(options: EmbeddedOptions) -> Result<Self, ChainError> {
        let (work, todo) = mpsc::channel::<Work>();
        let (ready, started) = mpsc::channel();
        // cw-multi-test stays on one thread; this is its.
        thread::Builder::new()
            .name("embedded chain".to_owned())
            .spawn(move || {
                let mut state = State::new(options);
                if ready.send(state.profile()).is_ok() {
                    while let Ok(work) = todo.recv() {
                        work(&mut state);
                    }
                }
            })
            .map_err(|error| {
                ChainError::Setting(format!("the embedded chain does not start: {error}"))
            })?;
        let profile = started.recv().map_err(|_| {
            ChainError::Setting(
                "the embedded chain does not start: its contracts failed".to_owned(),
            )
        })?;
        Ok(Self { work, profile })
    }

    /// Where its contracts are. It names no RPC address: see [`crate::testing`] for one.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The Hub on it.
    pub fn hub(&self) -> Result<Hub, ChainError> {
        let mut settings = self.profile.settings()?;
        settings.poll = Duration::from_millis(20);
        Ok(self.profile.over(Chain::over(
            settings,
            vec![std::sync::Arc::new(self.clone())],
        )?))
    }

    /// An account with coins for fees and, if wanted, others. The same name gives the same account.
    pub async fn account(&self, name: &str, coins: Vec<Coin>) -> Result<Wallet, ChainError> {
        let wallet = Wallet::from_secret(
            &TxHash::of(format!("embedded account {name}").as_bytes()).0,
            PREFIX,
        )?;
        self.fund(wallet.address(), coins).await?;
        Ok(wallet)
    }

    /// Gives an address coins out of nothing, and enough for fees.
    pub async fn fund(&self, address: &str, mut coins: Vec<Coin>) -> Result<(), ChainError> {
        coins.push(Coin::new(1_000_000_000_000_u128, FEE_DENOM));
        let address = Addr::unchecked(address);
        self.with(move |hub| hub.mint(&address, coins)).await?;
        self.run(|state| state.next_block(state.pace())).await
    }

    /// Works on the contracts and the chain directly, as tests of contracts do.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut TestHub) -> T + Send + 'static,
    ) -> Result<T, ChainError> {
        self.run(|state| act(&mut state.hub)).await
    }

    /// Makes a block `seconds` after the last one, with the transactions that wait.
    pub async fn advance(&self, seconds: u64) -> Result<(), ChainError> {
        self.run(move |state| state.next_block(seconds)).await
    }

    /// Makes the next block at `unix_seconds`.
    pub async fn advance_to(&self, unix_seconds: u64) -> Result<(), ChainError> {
        self.run(move |state| {
            let seconds = Timestamp::from_seconds(unix_seconds)
                .seconds()
                .saturating_sub(state.hub.now());
            state.next_block(seconds);
        })
        .await
    }

    /// Makes `blocks` blocks, a second apart.
    pub async fn pass_blocks(&self, blocks: u64) -> Result<(), ChainError> {
        self.run(move |state| (0..blocks).for_each(|_| state.next_block(1)))
            .await
    }

    /// Forgets the transactions that wait for a block, as a node does that is restarted.
    pub async fn forget_waiting(&self) -> Result<usize, ChainError> {
        self.run(|state| std::mem::take(&mut state.waiting).len())
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T, ChainError> {
        let (done, answer) = oneshot::channel();
        let gone = || {
            ChainError::Setting("the embedded chain has stopped: start the program anew".to_owned())
        };
        self.work
            .send(Box::new(move |state| {
                let _ = done.send(act(state));
            }))
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

impl Node for Embedded {
    fn name(&self) -> &str {
        "the embedded chain"
    }

    fn ask<'a>(&'a self, calls: &'a [Call]) -> BoxFuture<'a, Result<Answers, NodeError>> {
        Box::pin(async move {
            let calls = calls.to_vec();
            self.run(move |state| {
                state.tick();
                calls
                    .iter()
                    .map(|call| state.answer(call.method, &call.params))
                    .collect()
            })
            .await
            .map_err(|error| NodeError::Unreachable(error.to_string()))
        })
    }
}

impl Embedded {
    /// Answers one call of JSON-RPC, whatever its name.
    pub async fn call(&self, method: String, params: Value) -> Result<Value, RpcError> {
        self.run(move |state| {
            state.tick();
            state.answer(&method, &params)
        })
        .await
        .map_err(|error| rpc_error(&error.to_string()))?
    }
}
