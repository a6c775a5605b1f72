//! Settles what waits: signs batches when the books say so, sends them, and tells the books what became of them.
//!
//! What a node answers to a question decides nothing but whether a transaction is worth its fee; what a transaction answers
//! annotates; the lanes, which the follower reads, decide. So a crash at any point, a second sender or a transaction that
//! lands after all do no harm: the same batch counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cosmwasm_std::Binary;
use hub_chain::{
    BoxFuture, ChainError, Flight, Hub, Included, Journal, Message, Outcome, Query, Refusal,
    SendOptions, TxHash, Unknown, Wallet,
};
use hub_ledger::{Answer, BatchId, Outgoing, Verdict};
use hub_types::billing::{BatchResponse, ExecuteMsg, Outcome as GroupOutcome};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{self, BalanceResponse};
use hub_wire::SigningKey;
use tokio_util::sync::CancellationToken;

use crate::app::Clock;
use crate::ledger::SharedLedger;
use crate::supervise::Supervised;

/// How often a round signs anew what turned out to need other groups, before it leaves the rest to the next.
const MOST_PASSES: usize = 40;

/// Most accounts that one payout names.
const MOST_PAYEES: usize = 16;

/// How receipts are settled.
#[derive(Clone, Debug)]
pub struct SettlerOptions {
    /// Pause between two rounds.
    pub poll: Duration,
    /// Whether payees who allow it get their income into their wallets in the same transaction.
    pub payout: bool,
    /// How long a shutdown settles, at the most.
    pub shutdown: Duration,
}

impl Default for SettlerOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            payout: true,
            shutdown: Duration::from_secs(30),
        }
    }
}

/// Whom a payout may be for, with the denomination: see [`crate::follower::Follower::payees`].
pub type Payees = Arc<dyn Fn() -> Vec<(UncheckedDenom, String)> + Send + Sync>;

/// Settles the receipts of one attester. Cheap to clone.
#[derive(Clone)]
pub struct Settler {
    inner: Arc<Inner>,
}

/// What a settler works with.
pub struct Tools {
    /// The contracts.
    pub hub: Hub,
    /// Who pays for transactions. Anyone may.
    pub wallet: Wallet,
    /// The attester's key.
    pub key: SigningKey,
    /// The books.
    pub ledger: Arc<SharedLedger>,
    /// Whom payouts may be for.
    pub payees: Payees,
    /// The time.
    pub clock: Clock,
}

struct Inner {
    tools: Tools,
    options: SettlerOptions,
    state: Mutex<State>,
    /// One round at a time, whoever asks for it.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Transactions of which nothing is certain yet, by their batch.
    flights: BTreeMap<BatchId, Flight>,
    /// Transactions in blocks of which the books were told.
    told: BTreeSet<TxHash>,
    /// What became of attempts, by reason.
    counts: BTreeMap<&'static str, u64>,
    trouble: Option<String>,
}

/// Why a round ended early. Nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The nodes.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The store, or the books as a whole.
    #[error("{0}")]
    Ledger(String),
}

impl Settler {
    /// A settler with these tools. It settles once [`Settler::run`] does.
    pub fn new(tools: Tools, options: SettlerOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                tools,
                options,
                state: Mutex::default(),
                turn: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Settles until it is stopped, in a task that is started again if it panics; then it settles what fits into the time of a
    /// shutdown.
    pub fn run(
        &self,
        stop: CancellationToken,
    ) -> (Supervised, impl std::future::Future<Output = ()> + Send) {
        let settler = self.clone();
        let token = stop.clone();
        Supervised::start("settler", stop, move || {
            settler.clone().settle_on(token.clone())
        })
    }

    async fn settle_on(self, stop: CancellationToken) {
        let mut failures = 0u32;
        while !stop.is_cancelled() {
            let pause = match self.round(false).await {
                Ok(()) => {
                    failures = 0;
                    self.inner.options.poll
                }
                Err(error) => {
                    failures = (failures + 1).min(6);
                    tracing::warn!("what waits cannot be settled now: {error}");
                    self.inner.options.poll * (1 << failures)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause.min(Duration::from_secs(60))) => {}
                () = stop.cancelled() => {}
            }
        }
        match tokio::time::timeout(self.inner.options.shutdown, self.round(true)).await {
            Ok(Ok(())) => tracing::info!("everything that could be settled is"),
            Ok(Err(error)) => tracing::warn!("the rest is settled after the next start: {error}"),
            Err(_) => tracing::warn!(
                "the time of the shutdown is over: the rest is settled after the next start"
            ),
        }
    }

    /// What became of attempts since the start, by reason.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner.state().counts.clone()
    }

    /// Why the last round ended early, if it did.
    pub fn trouble(&self) -> Option<String> {
        self.inner.state().trouble.clone()
    }

    /// Signs what is due, or with `all` everything that waits, and sends what can be sent.
    ///
    /// # Errors
    ///
    /// If no node can be relied on or the books cannot be written; nothing is lost.
    pub async fn round(&self, all: bool) -> Result<(), SettleError> {
        let _turn = self.inner.turn.lock().await;
        let result = self.inner.round(all).await;
        let mut state = self.inner.state();
        state.trouble = result.as_ref().err().map(ToString::to_string);
        if let Err(error) = &result {
            *state.counts.entry(reason_of(error)).or_default() += 1;
        }
        drop(state);
        result
    }
}

fn reason_of(error: &SettleError) -> &'static str {
    match error {
        SettleError::Ledger(_) => "store_failed",
        SettleError::Chain(ChainError::FeeTooHigh { .. }) => "fee_too_high",
        SettleError::Chain(ChainError::UnknownAccount { .. }) => "account_unknown",
        SettleError::Chain(ChainError::Disagreement { .. }) => "nodes_disagree",
        SettleError::Chain(ChainError::SequenceConflict { .. }) => "sequence_conflict",
        SettleError::Chain(_) => "no_node",
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, reason: &'static str) {
        *self.state().counts.entry(reason).or_default() += 1;
    }

    fn now(&self) -> u64 {
        (self.tools.clock)()
    }

    async fn round(self: &Arc<Self>, all: bool) -> Result<(), SettleError> {
        self.resume().await?;
        let mut tried = BTreeSet::new();
        let mut failure = None;
        for _ in 0..MOST_PASSES {
            let signed = self.sign(all).await?;
            let to_send = self.tools.ledger.read(|ledger| ledger.to_send(self.now()));
            let flying: BTreeSet<_> = self.state().flights.keys().copied().collect();
            let fresh =
                |out: &Outgoing| !tried.contains(&out.batch) && !flying.contains(&out.batch);
            let to_send: Vec<_> = to_send.into_iter().filter(fresh).collect();
            if to_send.is_empty() && !signed {
                break;
            }
            for out in to_send {
                tried.insert(out.batch);
                // One batch that cannot be sent stops no other.
                match self.settle(&out).await {
                    Ok(()) => {}
                    Err(error @ SettleError::Ledger(_)) => return Err(error),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            if failure.is_some() {
                break;
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Signs until there is nothing to sign. Whether anything was.
    async fn sign(self: &Arc<Self>, all: bool) -> Result<bool, SettleError> {
        let mut signed = false;
        while all
            || self
                .tools
                .ledger
                .read(|ledger| ledger.due(self.now()))
                .is_some()
        {
            let inner = self.clone();
            // Receipts are read from disk under the ledger's lock.
            let signing = tokio::task::spawn_blocking(move || {
                let Tools { ledger, key, .. } = &inner.tools;
                tokio::runtime::Handle::current().block_on(ledger.sign(key, inner.now()))
            });
            let batches = signing
                .await
                .map_err(|error| SettleError::Ledger(error.to_string()))?;
            if batches.map_err(SettleError::Ledger)?.is_none() {
                break;
            }
            signed = true;
        }
        Ok(signed)
    }

    /// Finds out what became of transactions that were not certain.
    async fn resume(self: &Arc<Self>) -> Result<(), SettleError> {
        let flights = std::mem::take(&mut self.state().flights);
        for (batch, flight) in flights {
            match self.tools.hub.chain().resume(&flight).await {
                Outcome::Unknown(unknown) => self.unknown(batch, unknown),
                // Another attempt follows when the books ask for it; the lanes tell whether one is needed.
                Outcome::Refused(refusal) => {
                    self.count("dropped");
                    tracing::warn!(%batch, "a transaction never happened: {refusal}");
                }
                Outcome::Included(included) => {
                    self.included(batch, &included).await?;
                }
            }
        }
        Ok(())
    }

    fn unknown(&self, batch: BatchId, unknown: Unknown) {
        self.count("unknown");
        tracing::warn!(%batch, tx = %unknown.flight.hash, "not known yet: {}", unknown.because);
        self.state().flights.insert(batch, unknown.flight);
    }

    async fn settle(self: &Arc<Self>, out: &Outgoing) -> Result<(), SettleError> {
        // One that an earlier process sent. Once: what the lanes have not passed by the next time is sent again.
        let last_tx = out
            .last_tx
            .as_ref()
            .and_then(|tx| tx.parse::<TxHash>().ok());
        if let Some(tx) = last_tx.filter(|tx| !self.state().told.contains(tx)) {
            if let Some(included) = self.tools.hub.chain().find(tx).await? {
                self.count("found");
                self.included(out.batch, &included).await?;
                return Ok(());
            }
        }
        if !self.worth_sending(out).await? {
            return Ok(());
        }
        let settle = self.message(out)?;
        let payouts = self.payouts().await;
        let with_payouts = !payouts.is_empty();
        let mut messages = vec![settle.clone()];
        messages.extend(payouts);
        let mut outcome = self.send(out, &messages).await;
        if with_payouts
            && matches!(&outcome, Ok(Outcome::Refused(refusal)) if !refusal.out_of_gas())
        {
            // A payout must not stand in the way of a settlement.
            self.count("sent_without_payout");
            outcome = self.send(out, &[settle]).await;
        }
        match outcome {
            Ok(Outcome::Included(included)) => {
                self.included(out.batch, &included).await?;
                Ok(())
            }
            Ok(Outcome::Refused(refusal)) => self.refused(out, refusal).await,
            Ok(Outcome::Unknown(unknown)) => {
                self.unknown(out.batch, unknown);
                Ok(())
            }
            // If even the estimate of the books is above the bound, the batch is too large for it; else the nodes are wrong.
            Err(ChainError::FeeTooHigh { .. })
                if out.receipts > 1
                    && self.fee_of(out) > self.tools.hub.chain().settings().max_fee =>
            {
                self.count("too_large");
                self.tell(out.batch, Answer::TooLarge).await?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn fee_of(&self, out: &Outgoing) -> u128 {
        self.tools.hub.chain().settings().fee(out.gas)
    }

    /// Whether a preview says that a transaction would do something. It is a question, and decides nothing for good.
    async fn worth_sending(self: &Arc<Self>, out: &Outgoing) -> Result<bool, SettleError> {
        let vouchers = out
            .vouchers
            .iter()
            .map(|voucher| voucher.encode())
            .collect();
        let preview = self
            .tools
            .hub
            .preview(&out.bytes, &out.signature, vouchers)
            .await;
        match preview {
            Ok(preview) => {
                let outcomes: Vec<GroupOutcome> = preview.value.outcomes_of_groups().collect();
                let verdict = self.tell(out.batch, Answer::Previewed(outcomes)).await?;
                if verdict != Verdict::Send {
                    self.count(if verdict == Verdict::Wait {
                        "held"
                    } else {
                        "cut"
                    });
                }
                Ok(verdict == Verdict::Send)
            }
            // The node has no gas for the question: the simulation tells.
            Err(ChainError::Query(error)) if error.reason.contains("out of gas") => Ok(true),
            Err(ChainError::Query(error)) => {
                self.count("refused");
                self.tell(out.batch, Answer::Refused(error.reason)).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn message(&self, out: &Outgoing) -> Result<Message, ChainError> {
        let vouchers = out
            .vouchers
            .iter()
            .map(|voucher| Binary::from(voucher.encode()));
        self.tools.hub.tell_billing(&ExecuteMsg::SettleBatch {
            batch: out.bytes.clone().into(),
            signature: out.signature.into(),
            vouchers: vouchers.collect(),
        })
    }

    async fn send(
        self: &Arc<Self>,
        out: &Outgoing,
        messages: &[Message],
    ) -> Result<Outcome, ChainError> {
        let journal = Sending {
            inner: self.clone(),
            batch: out.batch,
        };
        let chain = self.tools.hub.chain();
        chain
            .send(
                &self.tools.wallet,
                messages,
                &SendOptions::default(),
                &journal,
            )
            .await
    }

    async fn included(
        self: &Arc<Self>,
        batch: BatchId,
        included: &Included,
    ) -> Result<Verdict, SettleError> {
        self.state().told.insert(included.hash);
        let answer = if included.succeeded() {
            match included.answer::<BatchResponse>(0) {
                Ok(response) => {
                    self.count("included");
                    Answer::Included(response.outcomes_of_groups().collect())
                }
                // It happened; what it did, the lanes show.
                Err(error) => {
                    self.count("unreadable");
                    tracing::error!(%batch, tx = %included.hash, "{error}");
                    return Ok(Verdict::Wait);
                }
            }
        } else if included.out_of_gas() {
            self.count("too_large");
            Answer::TooLarge
        } else {
            self.count("failed");
            tracing::warn!(%batch, tx = %included.hash, "failed in its block: {}", included.reason());
            Answer::Refused(included.reason())
        };
        self.tell(batch, answer).await
    }

    async fn refused(
        self: &Arc<Self>,
        out: &Outgoing,
        refusal: Refusal,
    ) -> Result<(), SettleError> {
        let answer = if refusal.out_of_gas() && out.receipts > 1 {
            self.count("too_large");
            Answer::TooLarge
        } else {
            self.count("refused");
            tracing::warn!(batch = %out.batch, "{refusal}");
            Answer::Refused(refusal.reason)
        };
        self.tell(out.batch, answer).await?;
        Ok(())
    }

    async fn tell(
        self: &Arc<Self>,
        batch: BatchId,
        answer: Answer,
    ) -> Result<Verdict, SettleError> {
        let now = self.now();
        match self
            .tools
            .ledger
            .begin(|ledger| ledger.outcome(batch, &answer, now))
        {
            Ok(pending) => pending.wait().await.map_err(SettleError::Ledger),
            // Its receipts are done with meanwhile, or the contracts are of another release: nothing is changed.
            Err(error) => {
                tracing::warn!("{error}");
                Ok(Verdict::Wait)
            }
        }
    }

    /// Payouts to the payees that allow them. Whatever goes wrong with the question, there are none.
    async fn payouts(&self) -> Vec<Message> {
        if !self.options.payout {
            return vec![];
        }
        let payees = (self.tools.payees)();
        let questions = payees.iter().take(MOST_PAYEES).map(|(denom, address)| {
            let (address, denom) = (address.clone(), denom.clone());
            Query::smart(
                self.tools.hub.escrow(),
                &escrow::QueryMsg::Balance { address, denom },
            )
        });
        let Ok(questions) = questions.collect::<Result<Vec<_>, _>>() else {
            return vec![];
        };
        let Ok(reading) = self.tools.hub.chain().agreed(&questions).await else {
            return vec![];
        };
        let mut accounts: Vec<(UncheckedDenom, Vec<String>)> = vec![];
        for ((denom, address), answer) in payees.into_iter().zip(&reading.answers) {
            let balance = answer
                .as_ref()
                .ok()
                .and_then(|json| serde_json::from_slice::<BalanceResponse>(json).ok());
            if balance.is_some_and(|balance| balance.auto_payout) {
                match accounts.iter_mut().find(|(one, _)| *one == denom) {
                    Some((_, accounts)) => accounts.push(address),
                    None => accounts.push((denom, vec![address])),
                }
            }
        }
        let messages = accounts.into_iter().filter_map(|(denom, accounts)| {
            let payout = escrow::ExecuteMsg::Payout { accounts, denom };
            self.tools.hub.tell_escrow(&payout, vec![]).ok()
        });
        messages.collect()
    }
}

/// Writes the hash of a transaction down before it leaves.
struct Sending {
    inner: Arc<Inner>,
    batch: BatchId,
}

impl Journal for Sending {
    fn keep<'a>(&'a self, flight: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let tx = flight.hash.to_string();
            let now = self.inner.now();
            let begun = self
                .inner
                .tools
                .ledger
                .begin(|ledger| ledger.outcome(self.batch, &Answer::Sending { tx }, now))
                .map_err(|error| error.to_string())?;
            begun.wait().await.map(|_| ())
        })
    }
}
