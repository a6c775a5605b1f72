//! Follows the chain: what its blocks change is read and told to the books.
//!
//! Each block's events name the sessions, models and attesters that it changed; these are read again at once. Sessions with
//! something at stake are read at every block, as most of the nodes see them, since what their lanes show decides what is
//! done with. Everything else is read again from time to time, in case a node left events out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub_chain::{ChainError, Event, Hub, Query, Reading};
use hub_ledger::{Block, Fact, Notice, Observation};
use hub_types::billing::{self, AttesterResponse};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{self, SessionResponse};
use hub_types::ids::{ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{self, ModelResponse, ReleaseResponse, TermsListResponse};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::app::Clock;
use crate::ledger::SharedLedger;
use crate::supervise::Supervised;

/// Most blocks whose events are read one by one; after a longer gap everything is read again.
const MOST_BLOCKS: u64 = 50;

/// Sets of terms that are read of a model, the newest ones.
const TERMS: u32 = 10;

/// Questions that are asked at one height together.
const TOGETHER: usize = 45;

/// How the chain is followed.
#[derive(Clone, Debug)]
pub struct FollowerOptions {
    /// Pause between two looks at the newest block.
    pub poll: Duration,
    /// How long a question may take at the most, all nodes and repeats included.
    pub timeout: Duration,
    /// Idle sessions that are read again at each block, the longest unread first.
    pub idle_sessions_per_block: usize,
    /// Blocks after which models and the attester are read again, whether or not events name them.
    pub refresh_blocks: u64,
}

impl Default for FollowerOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            timeout: Duration::from_secs(60),
            idle_sessions_per_block: 20,
            refresh_blocks: 30,
        }
    }
}

/// Tells the books what the chain shows. Cheap to clone.
#[derive(Clone)]
pub struct Follower {
    inner: Arc<Inner>,
}

struct Inner {
    hub: Hub,
    ledger: Arc<SharedLedger>,
    clock: Clock,
    options: FollowerOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The newest block of which everything was taken.
    height: u64,
    /// Height at which each session was last read.
    sessions: BTreeMap<SessionId, u64>,
    /// Releases that are served.
    models: BTreeMap<ModelId, BTreeSet<ReleaseNumber>>,
    /// What has to be read before the next block is looked at.
    dirty_sessions: BTreeSet<SessionId>,
    dirty_models: BTreeSet<ModelId>,
    dirty_attester: bool,
    payees: BTreeSet<(String, String)>,
    refreshed: u64,
    trouble: Option<String>,
}

impl Follower {
    /// A follower of this Hub for these books. It follows once [`Follower::run`] does.
    pub fn new(
        hub: Hub,
        ledger: Arc<SharedLedger>,
        clock: Clock,
        options: FollowerOptions,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                hub,
                ledger,
                clock,
                options,
                state: Mutex::new(State {
                    dirty_attester: true,
                    ..State::default()
                }),
            }),
        }
    }

    /// Follows until it is stopped, in a task that is started again if it panics.
    pub fn run(
        &self,
        stop: CancellationToken,
    ) -> (Supervised, impl std::future::Future<Output = ()> + Send) {
        let follower = self.clone();
        let token = stop.clone();
        Supervised::start("follower", stop, move || {
            follower.clone().follow(token.clone())
        })
    }

    async fn follow(self, stop: CancellationToken) {
        let mut failures = 0;
        loop {
            let pause = match self.step().await {
                Ok(()) => {
                    failures = 0;
                    self.inner.options.poll
                }
                Err(error) => {
                    failures = (failures + 1).min(5);
                    tracing::warn!("the chain cannot be followed: {error}");
                    self.inner.options.poll * (1 << failures)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause.min(Duration::from_secs(10))) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Serves a release: its model, terms and weights are followed from now on.
    pub fn watch_model(&self, model: ModelId, release: ReleaseNumber) {
        let mut state = self.inner.state();
        state.models.entry(model).or_default().insert(release);
        state.dirty_models.insert(model);
    }

    /// Reads a session that a caller names, and follows it from now on if it exists. Whether it does.
    pub async fn want_session(&self, session: SessionId) -> bool {
        match self.inner.read_sessions(&[session], false).await {
            Ok(found) => found.contains(&session),
            Err(error) => {
                tracing::warn!("session {session} cannot be read: {error}");
                false
            }
        }
    }

    /// Payees of the served models with the denomination they are paid in, both as text: whom a payout may be for.
    pub fn payees(&self) -> Vec<(UncheckedDenom, String)> {
        let state = self.inner.state();
        let payees = state.payees.iter().map(|(denom, address)| {
            let denom = match denom.strip_prefix(hub_types::denom::CW20_PREFIX) {
                Some(token) => UncheckedDenom::Cw20(token.to_owned()),
                None => UncheckedDenom::Native(denom.clone()),
            };
            (denom, address.clone())
        });
        payees.collect()
    }

    /// The newest block of which everything was taken; 0 before the first.
    pub fn height(&self) -> u64 {
        self.inner.state().height
    }

    /// Why the chain could not be followed the last time; none if it could. Whether that is too long ago is for
    /// [`hub_ledger::Ledger::ready`] to say, which looks at the newest block and the clock.
    pub fn trouble(&self) -> Option<String> {
        self.inner.state().trouble.clone()
    }

    /// Takes what happened since the last time.
    ///
    /// # Errors
    ///
    /// If no node can be relied on; nothing is lost, and the next step takes it up.
    pub async fn step(&self) -> Result<(), ChainError> {
        let timeout = self.inner.options.timeout;
        let step = tokio::time::timeout(timeout, self.inner.step()).await;
        let result = step.unwrap_or_else(|_| {
            Err(ChainError::Setting(format!(
                "the nodes take longer than {timeout:?}: name faster ones"
            )))
        });
        self.inner.state().trouble = result.as_ref().err().map(ToString::to_string);
        result
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn step(&self) -> Result<(), ChainError> {
        let status = self.hub.chain().common_status().await?;
        let block = Block {
            height: status.height,
            time: status.time,
        };
        let last = self.state().height;
        if status.height > last {
            self.take_events(last, status.height).await;
        }
        let at_stake: BTreeSet<SessionId> = self.ledger.read(|ledger| ledger.sessions().collect());
        self.mark(&at_stake, status.height);
        self.read_attester().await?;
        self.read_models().await?;
        let dirty = std::mem::take(&mut self.state().dirty_sessions);
        let (staked, idle): (Vec<_>, Vec<_>) = dirty.iter().partition(|id| at_stake.contains(id));
        for (sessions, agreed) in [(staked, true), (idle, false)] {
            if let Err(error) = self.read_sessions(&sessions, agreed).await {
                // Not read: to be read by the next step.
                self.state().dirty_sessions.extend(dirty);
                return Err(error);
            }
        }
        // Last, so that a block counts as seen only with what it changed.
        self.observe(block, vec![]);
        let mut state = self.state();
        state.height = state.height.max(status.height);
        Ok(())
    }

    /// Marks what has to be read besides what events named.
    fn mark(&self, at_stake: &BTreeSet<SessionId>, height: u64) {
        let mut state = self.state();
        state.dirty_sessions.extend(at_stake);
        let mut idle: Vec<(u64, SessionId)> = state
            .sessions
            .iter()
            .map(|(session, read)| (*read, *session))
            .collect();
        idle.sort_unstable();
        let idle = idle.into_iter().take(self.options.idle_sessions_per_block);
        let idle: Vec<_> = idle
            .filter(|(read, _)| *read < height)
            .map(|(_, session)| session)
            .collect();
        state.dirty_sessions.extend(idle);
        if height >= state.refreshed + self.options.refresh_blocks {
            state.refreshed = height;
            state.dirty_attester = true;
            let models: Vec<_> = state.models.keys().copied().collect();
            state.dirty_models.extend(models);
        }
    }

    /// Marks what blocks after `last` changed. Where they cannot be read one by one, everything.
    async fn take_events(&self, last: u64, newest: u64) {
        let readable = last > 0 && newest - last <= MOST_BLOCKS;
        let mut missed = !readable;
        for height in last + 1..=newest {
            if missed {
                break;
            }
            match self.hub.chain().events(height).await {
                Ok(events) => events.iter().for_each(|event| self.take_event(event)),
                Err(_) => missed = true,
            }
        }
        if missed {
            let mut state = self.state();
            let sessions: Vec<_> = state.sessions.keys().copied().collect();
            let models: Vec<_> = state.models.keys().copied().collect();
            state.dirty_sessions.extend(sessions);
            state.dirty_models.extend(models);
            state.dirty_attester = true;
        }
    }

    fn take_event(&self, event: &Event) {
        let contracts = [self.hub.registry(), self.hub.escrow(), self.hub.billing()];
        let emitter = event.attribute("_contract_address").unwrap_or_default();
        if !contracts.contains(&emitter) {
            return;
        }
        let number = |name| {
            event
                .attribute(name)
                .and_then(|text| text.parse::<u64>().ok())
        };
        let own = self.ledger.read(|ledger| ledger.identity().attester);
        let mut state = self.state();
        if let Some(session) = number("session").map(SessionId) {
            if state.sessions.contains_key(&session) {
                state.dirty_sessions.insert(session);
            }
        }
        if let Some(model) = number("model").map(ModelId) {
            if emitter == self.hub.registry() && state.models.contains_key(&model) {
                state.dirty_models.insert(model);
            }
        }
        if number("attester") == Some(own.0) {
            state.dirty_attester = true;
        }
        // A batch names its attester and not its sessions.
        if event.is(self.hub.billing(), "hub_settle") {
            let sessions: Vec<_> = state.sessions.keys().copied().collect();
            state.dirty_sessions.extend(sessions);
        }
    }

    /// Reads sessions and tells the books. Those that exist.
    async fn read_sessions(
        &self,
        sessions: &[SessionId],
        agreed: bool,
    ) -> Result<BTreeSet<SessionId>, ChainError> {
        let mut found = BTreeSet::new();
        for part in sessions.chunks(TOGETHER) {
            let questions = part.iter().map(|session| {
                Query::smart(
                    self.hub.escrow(),
                    &escrow::QueryMsg::Session { session: *session },
                )
            });
            let questions: Vec<Query> = questions.collect::<Result<_, _>>()?;
            let reading = self.read(&questions, agreed).await?;
            let mut facts = vec![];
            for (place, session) in part.iter().enumerate() {
                if let Some(response) = json::<SessionResponse>(&reading, place) {
                    if response.session == *session {
                        found.insert(*session);
                        facts.push(Fact::Session(Box::new(response)));
                    }
                }
            }
            let mut state = self.state();
            for session in &found {
                state.sessions.insert(*session, reading.height);
            }
            drop(state);
            self.observe(block_of(&reading), facts);
        }
        Ok(found)
    }

    async fn read_attester(&self) -> Result<(), ChainError> {
        if !std::mem::take(&mut self.state().dirty_attester) {
            return Ok(());
        }
        let attester = self.ledger.read(|ledger| ledger.identity().attester);
        let question = Query::smart(
            self.hub.billing(),
            &billing::QueryMsg::Attester { attester },
        )?;
        match self.read(&[question], true).await {
            Ok(reading) => {
                let found = json::<AttesterResponse>(&reading, 0);
                let facts = found.map(|found| Fact::Attester(Box::new(found)));
                self.observe(block_of(&reading), facts.into_iter().collect());
                Ok(())
            }
            Err(error) => {
                self.state().dirty_attester = true;
                Err(error)
            }
        }
    }

    async fn read_models(&self) -> Result<(), ChainError> {
        loop {
            let Some((model, releases)) = ({
                let mut state = self.state();
                let model = state.dirty_models.pop_first();
                model.and_then(|model| Some((model, state.models.get(&model)?.clone())))
            }) else {
                return Ok(());
            };
            if let Err(error) = self.read_model(model, &releases).await {
                self.state().dirty_models.insert(model);
                return Err(error);
            }
        }
    }

    async fn read_model(
        &self,
        model: ModelId,
        releases: &BTreeSet<ReleaseNumber>,
    ) -> Result<(), ChainError> {
        let registry = self.hub.registry();
        let mut questions = vec![
            Query::smart(registry, &registry::QueryMsg::Model { model })?,
            Query::smart(
                registry,
                &registry::QueryMsg::TermsList {
                    model,
                    start_after: None,
                    limit: Some(TERMS),
                },
            )?,
        ];
        for release in releases {
            let release = *release;
            questions.push(Query::smart(
                registry,
                &registry::QueryMsg::Release { model, release },
            )?);
        }
        let reading = self.read(&questions, true).await?;
        let mut facts = vec![];
        if let Some(found) = json::<ModelResponse>(&reading, 0) {
            facts.push(Fact::Model(Box::new(found)));
        }
        if let Some(found) = json::<TermsListResponse>(&reading, 1) {
            let mut state = self.state();
            for terms in found.terms {
                let denom = terms.price.denom.to_string();
                let payees = terms
                    .payees
                    .iter()
                    .map(|payee| (denom.clone(), payee.address.to_string()));
                state.payees.extend(payees);
                facts.push(Fact::Terms(Box::new(terms)));
            }
        }
        for place in 2..questions.len() {
            if let Some(found) = json::<ReleaseResponse>(&reading, place) {
                facts.push(Fact::Release(Box::new(found)));
            }
        }
        self.observe(block_of(&reading), facts);
        Ok(())
    }

    async fn read(&self, questions: &[Query], agreed: bool) -> Result<Reading, ChainError> {
        if agreed {
            self.hub.chain().agreed(questions).await
        } else {
            self.hub.chain().read(questions, None).await
        }
    }

    fn observe(&self, block: Block, facts: Vec<Fact>) {
        let observation = Observation { block, facts };
        let now = (self.clock)();
        let verb = |ledger: &mut hub_ledger::Ledger| {
            Ok::<_, std::convert::Infallible>(ledger.observe(&observation, now))
        };
        let Ok(pending) = self.ledger.begin(verb);
        // What is done with is written down in the order of all changes; a store that fails stops calls by itself.
        tokio::spawn(async move {
            for notice in pending.wait().await.unwrap_or_default() {
                match notice {
                    Notice::Done {
                        session,
                        receipts,
                        amount,
                        fate,
                    } => {
                        tracing::info!(%session, receipts, amount, fate = fate.code(), "settled");
                    }
                    other => tracing::error!("{other:?}"),
                }
            }
        });
    }
}

fn block_of(reading: &Reading) -> Block {
    Block {
        height: reading.height,
        time: reading.time,
    }
}

/// The answer at a place; none if the contract refused, such as for a session that does not exist.
fn json<T: DeserializeOwned>(reading: &Reading, place: usize) -> Option<T> {
    match reading.answers.get(place)? {
        Ok(bytes) => serde_json::from_slice(bytes).ok(),
        Err(_) => None,
    }
}
