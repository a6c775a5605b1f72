//! The contracts on a chain within the process: blocks, accounts, signatures, fees and gas as a node shows them, over the
//! real contracts of the workspace. For demos and tests.
//!
//! It is a [`Node`], so the client above it is the same one that talks to nodes over HTTP: what is tested here is what
//! runs there. Storage ends with the process. Gas is a rough figure made of storage operations and bytes: right in order
//! of magnitude, good for tests of bounds, no measure of cost.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::auth::v1beta1::{
    BaseAccount, QueryAccountRequest, QueryAccountResponse,
};
use cosmrs::proto::cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmos::base::abci::v1beta1::{GasInfo, TxMsgData};
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmos::tx::v1beta1::{
    AuthInfo, SignDoc, SimulateRequest, SimulateResponse, TxBody, TxRaw,
};
use cosmrs::proto::cosmwasm::wasm::v1::{
    MsgExecuteContract, MsgExecuteContractResponse, QueryRawContractStateRequest,
    QueryRawContractStateResponse, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::Message as _;
use cosmrs::proto::Any;
use cosmwasm_std::{
    to_json_vec, Addr, BankMsg, Binary, Coin, ContractResult, CosmosMsg, Empty, QueryRequest,
    SystemResult, Timestamp, WasmMsg, WasmQuery,
};
use hub_testing::{AppResponse, Hub as TestHub};
use serde_json::{json, Value};
use tokio::sync::oneshot;

use crate::chain::{unix_now, Chain};
use crate::error::ChainError;
use crate::hub::Hub;
use crate::node::{Answers, BoxFuture, Call, Node, NodeError, RpcError};
use crate::profile::Profile;
use crate::tx::{TxHash, EXECUTE, OUT_OF_GAS, SEND, WRONG_SEQUENCE};
use crate::wallet::{Wallet, COSMOS_COIN_TYPE};

/// Prefix of the embedded chain's addresses.
pub const PREFIX: &str = "cosmwasm";

/// What fees are paid in on the embedded chain.
pub const FEE_DENOM: &str = "ustake";

/// Blocks that are kept with their transactions, at the most.
const MOST_BLOCKS: usize = 20_000;

/// Gas of a query, at the most, as nodes have it by default.
const QUERY_GAS: u64 = 3_000_000;

/// How time passes on the embedded chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// By the wall clock: a block for each transaction, and one whenever somebody asks after this long.
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
        self.run(|state| state.next_block(1)).await
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

struct Account {
    number: u64,
    /// With the block from which on it held, so that older heights can be asked about.
    sequences: Vec<(u64, u64)>,
}

impl Account {
    fn sequence(&self) -> u64 {
        self.sequences.last().map_or(0, |(_, sequence)| *sequence)
    }

    fn sequence_at(&self, height: u64) -> u64 {
        let known = self
            .sequences
            .iter()
            .rev()
            .find(|(from, _)| *from <= height);
        known.map_or(0, |(_, sequence)| *sequence)
    }
}

struct Block {
    height: u64,
    time: u64,
    txs: Vec<Vec<u8>>,
    results: Vec<Value>,
}

/// Everything that the chain's thread keeps.
struct State {
    hub: TestHub,
    options: EmbeddedOptions,
    accounts: BTreeMap<String, Account>,
    blocks: Vec<Block>,
    waiting: Vec<Vec<u8>>,
    /// The last block that holds it, by hash.
    index: BTreeMap<TxHash, (u64, usize)>,
}

/// Why a transaction is not executed: code and log of the SDK.
struct Rejected(u32, String);

/// A transaction whose envelope is in order.
struct Checked {
    sender: String,
    messages: Vec<CosmosMsg>,
    gas_limit: u64,
    fee: Vec<Coin>,
    sequence: u64,
}

impl State {
    fn new(options: EmbeddedOptions) -> Self {
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

    fn profile(&self) -> Profile {
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

    // --- Blocks -----------------------------------------------------------------------------------------------------

    /// Lets time pass where it passes by itself.
    fn tick(&mut self) {
        if let Clock::Wall { interval } = self.options.clock {
            let (now, last) = (unix_now(), self.hub.now());
            if now.saturating_sub(last) >= interval.as_secs().max(1) {
                self.next_block(now - last);
            }
        }
    }

    fn next_block(&mut self, seconds: u64) {
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

    fn latest(&self) -> u64 {
        self.hub.app.block_info().height
    }

    fn block(&self, height: u64) -> Option<&Block> {
        let first = self.blocks.first()?.height;
        let place = usize::try_from(height.checked_sub(first)?).ok()?;
        self.blocks.get(place)
    }

    // --- Transactions -----------------------------------------------------------------------------------------------

    /// What a block does with a transaction, as `block_results` shows it.
    fn deliver(&mut self, tx: &[u8], height: u64) -> Value {
        let checked = match self.check(tx, height) {
            Ok(checked) => checked,
            Err(Rejected(code, log)) => return failed(code, "sdk", &log, 0, 0),
        };
        let account = self.account(&checked.sender);
        account.sequences.push((height, checked.sequence + 1));
        let sender = Addr::unchecked(&checked.sender);
        if !checked.fee.is_empty() {
            let collector = self.hub.account("fee collector").to_string();
            let pay = BankMsg::Send {
                to_address: collector,
                amount: checked.fee.clone(),
            };
            if let Err(error) = self.hub.bundle(&sender, vec![pay.into()]) {
                return failed(5, "sdk", &format!("insufficient funds: {error}"), 0, 0);
            }
        }
        let gas_used = match self.try_out(&sender, checked.messages.clone(), tx.len()) {
            Ok(gas) => gas,
            Err((log, gas)) => return failed(5, "wasm", &log, gas, checked.gas_limit),
        };
        if gas_used > checked.gas_limit {
            let log = format!("out of gas in location: WritePerByte; gasWanted: {}, gasUsed: {gas_used}: out of gas", checked.gas_limit);
            return failed(OUT_OF_GAS, "sdk", &log, gas_used, checked.gas_limit);
        }
        match self.hub.bundle(&sender, checked.messages) {
            Ok(responses) => succeeded(&responses, gas_used, checked.gas_limit),
            Err(error) => failed(
                5,
                "wasm",
                &log_of(error.root_cause()),
                gas_used,
                checked.gas_limit,
            ),
        }
    }

    /// Gas of messages, which are undone again; or what they fail with.
    fn try_out(
        &mut self,
        sender: &Addr,
        mut messages: Vec<CosmosMsg>,
        bytes: usize,
    ) -> Result<u64, (String, u64)> {
        // The last message fails whatever comes before it, and undoes all of it.
        const UNDO: &str = "Unexpected exec msg Empty";
        let count = messages.len() as u64;
        messages.push(CosmosMsg::Custom(Empty {}));
        let (result, cost) = self.hub.metered(|hub| hub.bundle(sender, messages));
        let log = match result {
            Ok(_) => String::new(),
            Err(error) => error.root_cause().to_string(),
        };
        let reached_end = log.starts_with(UNDO);
        let gas = 60_000
            + 14 * bytes as u64
            + 100_000 * count
            + 1_000 * (cost.reads + cost.ranges)
            + 2_000 * (cost.writes + cost.removals)
            + 3 * cost.bytes
            + 30 * cost.bytes_written;
        if reached_end {
            Ok(gas)
        } else {
            Err((log_of(&log), gas))
        }
    }

    /// Whether a transaction may be executed in the block at `height`: what the SDK's ante handler checks.
    fn check(&mut self, tx: &[u8], height: u64) -> Result<Checked, Rejected> {
        let unreadable = |what: String| Rejected(2, format!("tx parse error: {what}"));
        let raw = TxRaw::decode(tx).map_err(|error| unreadable(error.to_string()))?;
        let body = TxBody::decode(raw.body_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let (Some(signer), [signature]) = (auth.signer_infos.first(), raw.signatures.as_slice())
        else {
            return Err(Rejected(
                15,
                "one signer is expected: no signatures supplied".to_owned(),
            ));
        };
        let fee = auth.fee.unwrap_or_default();
        if body.timeout_height != 0 && height > body.timeout_height {
            let log = format!(
                "block height: {height}, timeout height: {}: tx timeout height",
                body.timeout_height
            );
            return Err(Rejected(30, log));
        }
        if fee.gas_limit > self.options.block_gas {
            let log = format!(
                "tx gas limit {} exceeds block max gas {}: invalid gas limit",
                fee.gas_limit, self.options.block_gas
            );
            return Err(Rejected(41, log));
        }
        let (sender, messages) = messages_in(&body.messages).map_err(unreadable)?;
        if self.balance(&sender, FEE_DENOM) == 0 && !self.accounts.contains_key(&sender) {
            return Err(Rejected(
                9,
                format!("fee payer address: {sender} does not exist: unknown address"),
            ));
        }
        let account = self.account(&sender);
        let (number, sequence) = (account.number, account.sequence());
        if signer.sequence != sequence {
            let log = format!(
                "account sequence mismatch, expected {sequence}, got {}: incorrect account sequence",
                signer.sequence
            );
            return Err(Rejected(WRONG_SEQUENCE, log));
        }
        let document = SignDoc {
            body_bytes: raw.body_bytes.clone(),
            auth_info_bytes: raw.auth_info_bytes.clone(),
            chain_id: self.options.chain_id.clone(),
            account_number: number,
        }
        .encode_to_vec();
        if !signed_by(signer.public_key.as_ref(), &sender, &document, signature) {
            return Err(Rejected(4, "signature verification failed; please verify account number and chain-id: unauthorized".to_owned()));
        }
        let fee_coins = coins(&fee.amount).map_err(unreadable)?;
        let paid: u128 = fee_coins
            .iter()
            .filter(|coin| coin.denom == FEE_DENOM)
            .map(|coin| coin.amount.u128())
            .sum();
        let required = u128::from(fee.gas_limit).div_ceil(40);
        if paid < required {
            let log = format!("insufficient fees; got: {paid}{FEE_DENOM} required: {required}{FEE_DENOM}: insufficient fee");
            return Err(Rejected(13, log));
        }
        if fee_coins
            .iter()
            .any(|coin| self.balance(&sender, &coin.denom) < coin.amount.u128())
        {
            return Err(Rejected(
                5,
                format!(
                    "spendable balance of {sender} is smaller than the fee: insufficient funds"
                ),
            ));
        }
        Ok(Checked {
            sender,
            messages,
            gas_limit: fee.gas_limit,
            fee: fee_coins,
            sequence,
        })
    }

    fn account(&mut self, address: &str) -> &mut Account {
        // As wide as the SDK gives numbers since 0.54.
        let number = u64::MAX / 3 + self.accounts.len() as u64;
        self.accounts.entry(address.to_owned()).or_insert(Account {
            number,
            sequences: vec![(0, 0)],
        })
    }

    fn balance(&self, address: &str, denom: &str) -> u128 {
        let balance = self.hub.app.wrap().query_balance(address, denom);
        balance.map_or(0, |coin| coin.amount.u128())
    }

    // --- Answers ----------------------------------------------------------------------------------------------------

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        match method {
            "health" => Ok(json!({})),
            "status" => Ok(self.status()),
            "abci_query" => self.abci_query(params),
            "broadcast_tx_sync" => self.broadcast(params),
            "tx" => self.tx(params),
            "block" => self
                .block_of(params)
                .map(|block| block_json(&self.options.chain_id, block)),
            "block_results" => {
                let block = self.block_of(params)?;
                Ok(json!({
                    "height": block.height.to_string(), "txs_results": block.results,
                    "finalize_block_events": [], "app_hash": ""
                }))
            }
            _ => Err(RpcError {
                code: -32_601,
                message: "Method not found".to_owned(),
                data: method.to_owned(),
            }),
        }
    }

    fn status(&self) -> Value {
        let (first, last) = (self.blocks.first(), self.blocks.last());
        json!({
            "node_info": {
                "network": self.options.chain_id, "version": "0.39.0", "moniker": "embedded",
                "other": {"tx_index": "on"}
            },
            "sync_info": {
                "latest_block_height": last.map_or(0, |block| block.height).to_string(),
                "latest_block_time": time_text(last.map_or(0, |block| block.time)),
                "earliest_block_height": first.map_or(0, |block| block.height).to_string(),
                "earliest_block_time": time_text(first.map_or(0, |block| block.time)),
                "catching_up": false
            }
        })
    }

    fn block_of(&self, params: &Value) -> Result<&Block, RpcError> {
        let height = params
            .get("height")
            .and_then(crate::chain::number)
            .unwrap_or_else(|| self.latest());
        self.block(height).ok_or_else(|| {
            let latest = self.latest();
            rpc_error(&format!(
                "height {height} is not available, blocks are kept up to {latest}"
            ))
        })
    }

    fn tx(&self, params: &Value) -> Result<Value, RpcError> {
        let hash = params
            .get("hash")
            .and_then(crate::chain::bytes)
            .and_then(|hash| hash.try_into().ok())
            .map(TxHash);
        let hash = hash.ok_or_else(|| rpc_error("the hash is no base64 of 32 bytes"))?;
        let found = self.index.get(&hash).and_then(|(height, place)| {
            let block = self.block(*height)?;
            Some((
                block,
                *place,
                block.txs.get(*place)?,
                block.results.get(*place)?,
            ))
        });
        let (block, place, tx, result) =
            found.ok_or_else(|| rpc_error(&format!("tx ({hash}) not found")))?;
        Ok(json!({
            "hash": hash.to_string(), "height": block.height.to_string(), "index": place,
            "tx_result": result, "tx": BASE64_STANDARD.encode(tx)
        }))
    }

    fn broadcast(&mut self, params: &Value) -> Result<Value, RpcError> {
        let tx = params
            .get("tx")
            .and_then(crate::chain::bytes)
            .ok_or_else(|| rpc_error("the transaction is no base64"))?;
        let hash = TxHash::of(&tx);
        let answer = |code: u32, log: &str| {
            json!({
                "code": code, "data": "", "log": log, "codespace": if code == 0 { "" } else { "sdk" },
                "hash": hash.to_string()
            })
        };
        if self.waiting.contains(&tx) {
            return Err(RpcError {
                code: -32_603,
                message: "Internal error".to_owned(),
                data: "tx already exists in cache".to_owned(),
            });
        }
        // A second one of an account waits for the sequence after those that wait already; simpler here: one at a time.
        if let Err(Rejected(code, log)) = self.check(&tx, self.latest() + 1) {
            return Ok(answer(code, &log));
        }
        self.waiting.push(tx);
        match self.options.clock {
            Clock::Wall { .. } => {
                let seconds = unix_now().saturating_sub(self.hub.now()).max(1);
                self.next_block(seconds);
            }
            Clock::ByHand => self.next_block(1),
            Clock::Stopped => {}
        }
        Ok(answer(0, ""))
    }

    fn abci_query(&mut self, params: &Value) -> Result<Value, RpcError> {
        let height = params
            .get("height")
            .and_then(crate::chain::number)
            .unwrap_or_default();
        let path = params
            .get("path")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let data = params
            .get("data")
            .and_then(Value::as_str)
            .and_then(|data| hex::decode(data).ok());
        let data = data.ok_or_else(|| rpc_error("the data is no hexadecimal"))?;
        let latest = self.latest();
        let at = if height == 0 { latest } else { height };
        let answered = if at > latest {
            Err((18, "sdk", format!("cannot query with height in the future; provided {at}, latest {latest}: invalid height")))
        } else if at != latest && path != ACCOUNT {
            Err((
                38,
                "sdk",
                format!(
                    "failed to load state at height {at}; version does not exist: invalid request"
                ),
            ))
        } else {
            self.query(&path, &data, at)
        };
        let response = match answered {
            Ok(value) => json!({
                "code": 0, "log": "", "value": BASE64_STANDARD.encode(value), "height": at.to_string(), "codespace": ""
            }),
            Err((code, codespace, log)) => json!({
                "code": code, "log": log, "value": null, "height": at.to_string(), "codespace": codespace
            }),
        };
        Ok(json!({ "response": response }))
    }

    fn query(
        &mut self,
        path: &str,
        data: &[u8],
        height: u64,
    ) -> Result<Vec<u8>, (u32, &'static str, String)> {
        let unreadable = |error: cosmrs::proto::prost::DecodeError| {
            (18, "sdk", format!("{error}: invalid request"))
        };
        match path {
            ACCOUNT => {
                let address = QueryAccountRequest::decode(data)
                    .map_err(unreadable)?
                    .address;
                if !self.accounts.contains_key(&address) && self.balance(&address, FEE_DENOM) == 0 {
                    let log = format!("rpc error: code = NotFound desc = account {address} not found: key not found");
                    return Err((22, "sdk", log));
                }
                let account = self.account(&address);
                let base = BaseAccount {
                    account_number: account.number,
                    sequence: account.sequence_at(height),
                    pub_key: None,
                    address,
                };
                let account = Any {
                    type_url: "/cosmos.auth.v1beta1.BaseAccount".to_owned(),
                    value: base.encode_to_vec(),
                };
                Ok(QueryAccountResponse {
                    account: Some(account),
                }
                .encode_to_vec())
            }
            "/cosmos.bank.v1beta1.Query/Balance" => {
                let QueryBalanceRequest { address, denom } =
                    QueryBalanceRequest::decode(data).map_err(unreadable)?;
                let amount = self.balance(&address, &denom).to_string();
                let balance = Some(ProtoCoin { denom, amount });
                Ok(QueryBalanceResponse { balance }.encode_to_vec())
            }
            "/cosmwasm.wasm.v1.Query/SmartContractState" => {
                let request = QuerySmartContractStateRequest::decode(data).map_err(unreadable)?;
                let (answer, cost) = self.hub.metered(|hub| {
                    ask_contract(
                        hub,
                        WasmQuery::Smart {
                            contract_addr: request.address,
                            msg: request.query_data.into(),
                        },
                    )
                });
                if cost.gas_of_query() > QUERY_GAS {
                    return Err((
                        11,
                        "sdk",
                        "out of gas in location: wasm contract; query gas limit: out of gas"
                            .to_owned(),
                    ));
                }
                let data = answer
                    .map_err(|error| (9, "wasm", format!("{error}: query wasm contract failed")))?;
                Ok(QuerySmartContractStateResponse { data }.encode_to_vec())
            }
            "/cosmwasm.wasm.v1.Query/RawContractState" => {
                let request = QueryRawContractStateRequest::decode(data).map_err(unreadable)?;
                let query = WasmQuery::Raw {
                    contract_addr: request.address.clone(),
                    key: request.query_data.into(),
                };
                let data = ask_contract(&self.hub, query).map_err(|_| {
                    (
                        22,
                        "wasm",
                        format!("no such contract: address {}", request.address),
                    )
                })?;
                Ok(QueryRawContractStateResponse { data }.encode_to_vec())
            }
            "/cosmos.tx.v1beta1.Service/Simulate" => {
                let request = SimulateRequest::decode(data).map_err(unreadable)?;
                let gas_used = self
                    .simulate(&request.tx_bytes)
                    .map_err(|Rejected(code, log)| (code, "sdk", log))?;
                let gas_info = Some(GasInfo {
                    gas_wanted: 0,
                    gas_used,
                });
                Ok(SimulateResponse {
                    gas_info,
                    result: None,
                }
                .encode_to_vec())
            }
            _ => Err((6, "sdk", "unknown query path: unknown request".to_owned())),
        }
    }

    fn simulate(&mut self, tx: &[u8]) -> Result<u64, Rejected> {
        let unreadable = |what: String| Rejected(2, format!("tx parse error: {what}"));
        let raw = TxRaw::decode(tx).map_err(|error| unreadable(error.to_string()))?;
        let body = TxBody::decode(raw.body_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice())
            .map_err(|error| unreadable(error.to_string()))?;
        let (sender, messages) = messages_in(&body.messages).map_err(unreadable)?;
        let expected = self.account(&sender).sequence();
        let got = auth
            .signer_infos
            .first()
            .map_or(0, |signer| signer.sequence);
        if got != expected {
            let log = format!("account sequence mismatch, expected {expected}, got {got}: incorrect account sequence");
            return Err(Rejected(WRONG_SEQUENCE, log));
        }
        // Simulated as a part of the next block, as nodes do by and large.
        let info = self.hub.app.block_info();
        let gas = self.try_out(&Addr::unchecked(sender), messages, tx.len() + 64);
        debug_assert_eq!(info, self.hub.app.block_info());
        match gas {
            Ok(gas) if gas > self.options.block_gas => Err(Rejected(
                OUT_OF_GAS,
                "out of gas in location: ReadFlat; gas of the block: out of gas".to_owned(),
            )),
            Ok(gas) => Ok(gas),
            Err((log, _)) => Err(Rejected(5, log)),
        }
    }
}

const ACCOUNT: &str = "/cosmos.auth.v1beta1.Query/Account";

fn rpc_error(data: &str) -> RpcError {
    RpcError {
        code: -32_603,
        message: "Internal error".to_owned(),
        data: data.to_owned(),
    }
}

fn time_text(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or_default();
    let time = cosmrs::tendermint::Time::from_unix_timestamp(seconds, 0);
    time.map(|time| time.to_rfc3339()).unwrap_or_default()
}

fn block_json(chain_id: &str, block: &Block) -> Value {
    let txs: Vec<String> = block
        .txs
        .iter()
        .map(|tx| BASE64_STANDARD.encode(tx))
        .collect();
    json!({
        "block": {
            "header": {"chain_id": chain_id, "height": block.height.to_string(), "time": time_text(block.time)},
            "data": {"txs": txs}
        }
    })
}

fn ask_contract(hub: &TestHub, query: WasmQuery) -> Result<Vec<u8>, String> {
    let request: QueryRequest<Empty> = query.into();
    let request = to_json_vec(&request).map_err(|error| error.to_string())?;
    match hub.app.wrap().raw_query(&request) {
        SystemResult::Ok(ContractResult::Ok(answer)) => Ok(answer.into()),
        SystemResult::Ok(ContractResult::Err(error)) => Err(error),
        SystemResult::Err(error) => Err(error.to_string()),
    }
}

/// The messages of a transaction and the one account that sends all of them.
fn messages_in(messages: &[Any]) -> Result<(String, Vec<CosmosMsg>), String> {
    let mut senders = vec![];
    let mut found = vec![];
    for message in messages {
        let value = message.value.as_slice();
        let (sender, message): (String, CosmosMsg) = match message.type_url.as_str() {
            EXECUTE => {
                let execute =
                    MsgExecuteContract::decode(value).map_err(|error| error.to_string())?;
                let message = WasmMsg::Execute {
                    contract_addr: execute.contract,
                    msg: execute.msg.into(),
                    funds: coins(&execute.funds)?,
                };
                (execute.sender, message.into())
            }
            SEND => {
                let send = MsgSend::decode(value).map_err(|error| error.to_string())?;
                let message = BankMsg::Send {
                    to_address: send.to_address,
                    amount: coins(&send.amount)?,
                };
                (send.from_address, message.into())
            }
            other => return Err(format!("unable to resolve type URL {other}")),
        };
        senders.push(sender);
        found.push(message);
    }
    senders.dedup();
    match senders.as_slice() {
        [sender] => Ok((sender.clone(), found)),
        _ => Err("one sender of at least one message is expected".to_owned()),
    }
}

fn coins(coins: &[ProtoCoin]) -> Result<Vec<Coin>, String> {
    let coins = coins.iter().map(|coin| {
        let amount: u128 = coin
            .amount
            .parse()
            .map_err(|_| format!("{:?} is no amount", coin.amount))?;
        Ok(Coin::new(amount, coin.denom.clone()))
    });
    coins.collect()
}

fn signed_by(key: Option<&Any>, sender: &str, document: &[u8], signature: &[u8]) -> bool {
    let Some(key) = key.and_then(|key| cosmrs::crypto::PublicKey::try_from(key).ok()) else {
        return false;
    };
    let is_of_sender = key
        .account_id(PREFIX)
        .is_ok_and(|id| id.to_string() == sender);
    let digest: [u8; 32] = TxHash::of(document).0;
    let key = hub_wire::PublicKey::new(hub_wire::KeyType::Secp256k1, &key.to_bytes());
    let signature: Result<[u8; 64], _> = signature.try_into();
    match (is_of_sender, key, signature) {
        (true, Ok(key), Ok(signature)) => hub_wire::verify_digest(&key, &digest, &signature),
        _ => false,
    }
}

/// The innermost cause, which is the contract's own sentence, as nodes wrap it.
fn log_of(cause: &(impl std::fmt::Display + ?Sized)) -> String {
    format!("failed to execute message; message index: 0: {cause}: execute wasm contract failed")
}

fn failed(code: u32, codespace: &str, log: &str, gas_used: u64, gas_wanted: u64) -> Value {
    json!({
        "code": code, "data": null, "log": log, "info": "", "codespace": codespace, "events": [],
        "gas_used": gas_used.to_string(), "gas_wanted": gas_wanted.to_string()
    })
}

fn succeeded(responses: &[AppResponse], gas_used: u64, gas_wanted: u64) -> Value {
    let answers = responses.iter().map(|response| Any {
        type_url: "/cosmwasm.wasm.v1.MsgExecuteContractResponse".to_owned(),
        value: MsgExecuteContractResponse {
            data: response.data.clone().map(Binary::into).unwrap_or_default(),
        }
        .encode_to_vec(),
    });
    #[allow(deprecated)]
    let data = TxMsgData {
        data: vec![],
        msg_responses: answers.collect(),
    };
    let events = responses
        .iter()
        .flat_map(|response| &response.events)
        .map(|event| {
            let attributes = event
                .attributes
                .iter()
                .map(|one| json!({"key": one.key, "value": one.value, "index": true}));
            json!({"type": event.ty, "attributes": attributes.collect::<Vec<_>>()})
        });
    json!({
        "code": 0, "data": BASE64_STANDARD.encode(data.encode_to_vec()), "log": "", "info": "", "codespace": "",
        "events": events.collect::<Vec<_>>(),
        "gas_used": gas_used.to_string(), "gas_wanted": gas_wanted.to_string()
    })
}

/// Kept so that block times can be set exactly in tests.
impl Embedded {
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
}
