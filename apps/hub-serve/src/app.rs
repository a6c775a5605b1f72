//! What every request shares.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use hub_engine::Pool;
use hub_types::ids::SessionId;
use hub_wire::{Hash, SigningKey};
use hub_x402::SettleResponse;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer::{Kept, PaidAnswer};
use crate::config::Config;
use crate::error::ApiError;
use crate::ledger::SharedLedger;
use crate::metrics::Metrics;
use crate::models::Models;
use crate::payment::Venue;
use crate::peers::Peers;
use crate::sessions::Lookups;
use crate::supervise::Supervised;
use hub_ledger::Serial;

/// Unix seconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Asks the chain for a session, and tells the books what it shows. Whether it is there.
pub type AskSession = Arc<dyn Fn(SessionId) -> hub_chain::BoxFuture<'static, bool> + Send + Sync>;

/// What every request shares.
pub struct App {
    /// What the operator configured.
    pub config: Config,
    /// Where callers reach the server.
    pub url: String,
    /// Where it is on chain.
    pub venue: Venue,
    /// The attester's key.
    pub key: SigningKey,
    /// The tag of signed answers.
    pub answer_tag: Hash,
    /// What callers owe.
    pub ledger: Arc<SharedLedger>,
    /// What is served.
    pub models: Models,
    /// What runs calls.
    pub pool: Pool,
    /// What is asked for nothing.
    pub peers: Peers,
    /// Which unknown sessions are asked for.
    pub lookups: Lookups,
    /// How they are asked for.
    pub ask_session: AskSession,
    /// Requests whose bodies are in memory.
    pub requests: Semaphore,
    /// What is counted.
    pub metrics: Metrics,
    /// The time.
    pub clock: Clock,
    /// Fresh ids.
    pub ids: Ids,
    /// Tasks without which calls must not go on for long: what follows the chain, and what settles.
    pub tasks: Mutex<Vec<Supervised>>,
    /// Answers that are being sent in pieces.
    pub streams: TaskTracker,
    /// Ends them.
    pub cut: CancellationToken,
}

/// Ids that nobody guesses and that are never the same.
#[derive(Default)]
pub struct Ids {
    secret: (RandomState, RandomState),
    count: AtomicU64,
}

impl Ids {
    /// A fresh one.
    pub fn next(&self) -> [u8; 16] {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let (first, second) = (self.secret.0.hash_one(count), self.secret.1.hash_one(count));
        (u128::from(first) << 64 | u128::from(second)).to_be_bytes()
    }
}

impl App {
    /// Unix seconds.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// The tasks that are watched.
    pub fn tasks(&self) -> Vec<Supervised> {
        let tasks = self.tasks.lock();
        tasks.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Watches one more task.
    pub fn watch(&self, task: Supervised) {
        let tasks = self.tasks.lock();
        tasks.unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// The longest answer that is kept for repeats, bytes.
    pub fn answer_max_bytes(&self) -> usize {
        self.ledger.read(|ledger| ledger.limits().answer_max_bytes)
    }

    /// A fresh request id.
    pub fn random(&self) -> [u8; 16] {
        self.ids.next()
    }

    /// Notes that a peer asked without a payment that holds.
    pub fn unpaid(&self, peer: IpAddr) {
        let _ = self.peers.ask(peer, Instant::now());
    }

    /// Asks the chain for a session that is not known, if that is worth it.
    pub async fn look_for(&self, session: SessionId, peer: IpAddr) {
        let now = Instant::now();
        if self.peers.is_full(peer, now) || !self.lookups.worth(session, now) {
            return;
        }
        if !(self.ask_session)(session).await {
            self.lookups.not_there(session, Instant::now());
        }
    }

    /// The session's caller, as x402 names the payer.
    pub(crate) fn payer(&self, session: SessionId) -> String {
        let standing = self.ledger.read(|ledger| ledger.standing(session));
        standing.map(|standing| standing.caller).unwrap_or_default()
    }

    /// The answer to a call that ran before.
    pub(crate) async fn again(
        &self,
        serial: Serial,
        session: SessionId,
    ) -> Result<PaidAnswer, ApiError> {
        let (kept, settled) = self.found_again(serial, session).await?;
        self.metrics.repeated.fetch_add(1, Ordering::Relaxed);
        Ok(PaidAnswer {
            response: hub_x402::encode(&settled),
            mime_type: kept.mime_type,
            body: kept.body,
        })
    }

    /// The answer that is kept of a call, and what x402 says of it.
    pub(crate) async fn found_again(
        &self,
        serial: Serial,
        session: SessionId,
    ) -> Result<(Kept, SettleResponse), ApiError> {
        let found = self.ledger.answer(serial).await.map_err(ApiError::store)?;
        let gone = || {
            let message = "this call ran and is paid, and its answer is no longer kept: its receipt is under /v1/receipts";
            ApiError::new(410, "answer_gone", message)
        };
        let found = found.ok_or_else(gone)?;
        let kept = found
            .answer
            .as_deref()
            .and_then(Kept::parse)
            .ok_or_else(gone)?;
        let standing = self.ledger.read(|ledger| ledger.standing(session));
        let (payer, charged, ceiling) = standing.map_or_else(Default::default, |standing| {
            (standing.caller, standing.charged, standing.ceiling)
        });
        let settled = self.settled(&kept, &found.receipt, payer, found.amount, charged, ceiling);
        Ok((kept, settled))
    }
}
