//! Several nodes of one chain, as one that is believed with care.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::{json, Value};

use crate::encoding::{bytes, number, unix_time};
use crate::error::{reason_in, ChainError, QueryError};
use crate::node::{Answers, Call, HttpNode, Node, MOST_CALLS};
use crate::query::Query;
use crate::settings::{Asked, Settings};
use crate::tx::{events, Event};

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The chain it belongs to.
    pub chain_id: String,
    /// Its newest block.
    pub height: u64,
    /// Time of that block, unix seconds.
    pub time: u64,
    /// The oldest block that it still has.
    pub earliest: u64,
    /// Whether it is still behind its chain: then what it says is of the past.
    pub catching_up: bool,
}

/// A value, and the block after which it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<T> {
    /// The block.
    pub height: u64,
    /// What stood there then.
    pub value: T,
}

impl<T> At<T> {
    /// The same height with what `change` makes of the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At {
            height: self.height,
            value: change(self.value),
        }
    }
}

/// What several questions were answered with, all of them by one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The block after which all of it was read.
    pub height: u64,
    /// Newest block time that the node knew then, unix seconds.
    pub time: u64,
    /// In the order of the questions.
    pub answers: Vec<Result<Vec<u8>, QueryError>>,
    /// How many nodes gave the same answers.
    pub agreed: usize,
}

/// What is known of a node, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// Its address.
    pub node: String,
    /// What it last said of itself, if it was to be believed.
    pub status: Option<Status>,
    /// Why it was not relied on the last time; none if it was.
    pub complaint: Option<String>,
    /// How often it failed since it last worked.
    pub failures: u32,
}

/// A chain, reached over one node or several. Cheap to clone; clones share what they know of the nodes.
#[derive(Clone)]
pub struct Chain {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub settings: Settings,
    members: Vec<Member>,
    /// Newest block time that any node showed, unix seconds.
    newest: AtomicU64,
    /// One transaction after the other per account: they share its sequence.
    pub turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

pub(crate) struct Member {
    pub node: Arc<dyn Node>,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    rests_until: Option<Instant>,
    latency: Duration,
    status: Option<Status>,
    complaint: Option<String>,
}

impl Member {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sentence(&self, what: impl std::fmt::Display) -> String {
        format!("{} {what}", self.node.name())
    }
}

impl Chain {
    /// A chain behind these RPC addresses. Nothing is asked yet.
    pub fn connect(settings: Settings, endpoints: &[String]) -> Result<Self, ChainError> {
        let nodes = endpoints.iter().map(|endpoint| {
            let node = HttpNode::new(endpoint, settings.request_timeout);
            node.map(|node| Arc::new(node) as Arc<dyn Node>)
                .map_err(|error| ChainError::Setting(format!("{endpoint}: {error}")))
        });
        let nodes = nodes.collect::<Result<_, _>>()?;
        Self::over(settings, nodes)
    }

    /// A chain behind nodes of any kind.
    pub fn over(settings: Settings, nodes: Vec<Arc<dyn Node>>) -> Result<Self, ChainError> {
        if nodes.is_empty() {
            return Err(ChainError::NoNodes);
        }
        let members = nodes.into_iter().map(|node| Member {
            node,
            health: Mutex::default(),
        });
        Ok(Self {
            inner: Arc::new(Inner {
                settings,
                members: members.collect(),
                newest: AtomicU64::new(0),
                turns: Mutex::default(),
            }),
        })
    }

    /// How the chain is used.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Its id.
    pub fn chain_id(&self) -> &str {
        &self.inner.settings.chain_id
    }

    /// The newest block that any node that is to be believed shows.
    pub async fn status(&self) -> Result<Status, ChainError> {
        let everywhere = self.everywhere(&[]).await;
        let newest = everywhere
            .iter()
            .filter_map(|(_, found)| found.as_ref().ok());
        let newest = newest
            .map(|(status, _)| status)
            .max_by_key(|status| status.height);
        newest
            .cloned()
            .ok_or_else(|| self.no_answer(sentences(&everywhere)))
    }

    /// A block that half of the nodes or more have reached: no single node decides it. Where they are few, it is the older one.
    pub async fn common_status(&self) -> Result<Status, ChainError> {
        let everywhere = self.everywhere(&[]).await;
        let found = everywhere
            .iter()
            .filter_map(|(_, found)| found.as_ref().ok());
        let mut statuses: Vec<&Status> = found.map(|(status, _)| status).collect();
        statuses.sort_by_key(|status| (status.height, status.time));
        let middle = statuses.len().saturating_sub(1) / 2;
        let status = statuses.get(middle).map(|status| (*status).clone());
        status.ok_or_else(|| self.no_answer(sentences(&everywhere)))
    }

    /// What contracts and modules said in the transactions of a block that succeeded, by the first node that has the block.
    pub async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        let call = [Call::new(
            "block_results",
            json!({"height": height.to_string()}),
        )];
        let mut sentences = vec![];
        for member in self.by_merit() {
            match self.ask(member, &call).await {
                Ok((_, mut answers)) => match answers.pop() {
                    Some(Ok(results)) => {
                        let results = results
                            .get("txs_results")
                            .and_then(Value::as_array)
                            .cloned();
                        return Ok(results.iter().flatten().flat_map(events).collect());
                    }
                    Some(Err(error)) => sentences.push(member.sentence(format!("answers {error}"))),
                    None => sentences.push(member.sentence("gives no answer")),
                },
                Err(sentence) => sentences.push(sentence),
            }
        }
        Err(self.no_answer(sentences))
    }

    /// What is known of each node, without asking.
    pub fn health(&self) -> Vec<NodeHealth> {
        let members = self.inner.members.iter();
        members
            .map(|member| {
                let health = member.health();
                NodeHealth {
                    node: member.node.name().to_owned(),
                    status: health.status.clone(),
                    complaint: health.complaint.clone(),
                    failures: health.failures,
                }
            })
            .collect()
    }

    /// Answers to several questions, all of them after one block: the latest, or the one at `height`. The first node that
    /// can be relied on answers; where money hangs on it, use [`Chain::agreed`].
    pub async fn read(
        &self,
        questions: &[Query],
        height: Option<u64>,
    ) -> Result<Reading, ChainError> {
        let mut sentences = vec![];
        for member in self.by_merit() {
            match self.read_from(member, questions, height).await {
                Ok(reading) => return Ok(reading),
                Err(sentence) => sentences.push(sentence),
            }
        }
        Err(self.no_answer(sentences))
    }

    /// The same, asked of every node at one height, and believed where as many as [`Settings::agreement`] say the same.
    /// One node that lies can hinder this, and change nothing.
    pub async fn agreed(&self, questions: &[Query]) -> Result<Reading, ChainError> {
        let mut last = None;
        for attempt in 0..4 {
            if attempt > 0 {
                tokio::time::sleep(self.inner.settings.poll).await;
            }
            let statuses = self.everywhere(&[]).await;
            let heights = statuses.iter().filter_map(|(_, found)| found.as_ref().ok());
            let Some(height) = heights.map(|(status, _)| status.height).min() else {
                last = Some(self.no_answer(sentences(&statuses)));
                continue;
            };
            let asked = self.inner.members.iter().map(|member| async move {
                let found = self.read_from(member, questions, Some(height)).await;
                (member, found)
            });
            let found = join_all(asked).await;
            match self.majority(questions, found) {
                Ok(reading) => return Ok(reading),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(ChainError::NoNodes))
    }

    fn majority(
        &self,
        questions: &[Query],
        found: Vec<(&Member, Result<Reading, String>)>,
    ) -> Result<Reading, ChainError> {
        let mut readings: Vec<Reading> = vec![];
        let mut said = vec![];
        for (member, reading) in found {
            match reading {
                Ok(reading) => {
                    said.push(member.sentence(format!("says {}", shortened(&reading.answers))));
                    match readings
                        .iter_mut()
                        .find(|one| one.answers == reading.answers)
                    {
                        Some(same) => same.agreed += 1,
                        None => readings.push(reading),
                    }
                }
                Err(sentence) => said.push(sentence),
            }
        }
        let answering = readings.iter().map(|reading| reading.agreed).sum();
        let settings = &self.inner.settings;
        let needed = settings.agreement(Asked {
            nodes: self.inner.members.len(),
            answering,
        });
        let several = readings.len() > 1;
        match readings.into_iter().max_by_key(|reading| reading.agreed) {
            Some(most) if most.agreed >= needed => Ok(most),
            Some(_) if several => Err(ChainError::Disagreement {
                chain_id: self.chain_id().to_owned(),
                question: questions.first().map(Query::to_string).unwrap_or_default(),
                sentences: said,
            }),
            _ => Err(self.no_answer(said)),
        }
    }

    /// What one node says to the questions, after one block. An error is a sentence about the node.
    async fn read_from(
        &self,
        member: &Member,
        questions: &[Query],
        height: Option<u64>,
    ) -> Result<Reading, String> {
        // A block may fall between the parts; then it is read again at the height that is known by then.
        let mut at = height;
        for _ in 0..3 {
            let mut reading: Option<Reading> = None;
            let mut torn = None;
            // One call of each request is the node's status, so that each answer comes with who gave it.
            for part in questions.chunks(MOST_CALLS - 1) {
                let height = at.or(reading.as_ref().map(|reading| reading.height));
                let calls: Vec<Call> = part.iter().map(|question| question.call(height)).collect();
                let (status, answers) = self.ask(member, &calls).await?;
                let reading = reading.get_or_insert(Reading {
                    height: 0,
                    time: status.time,
                    answers: vec![],
                    agreed: 1,
                });
                for (question, answer) in part.iter().zip(answers) {
                    let answer =
                        answer.map_err(|error| member.sentence(format!("answers {error}")))?;
                    let (height, answer) =
                        answered(question, &answer).map_err(|what| member.sentence(what))?;
                    if reading.height == 0 {
                        reading.height = height;
                    }
                    if height != reading.height {
                        torn = Some(height.max(reading.height));
                    }
                    reading.answers.push(answer);
                }
            }
            match (torn, reading) {
                (None, Some(reading)) => return Ok(reading),
                // No questions: the height alone.
                (None, None) => {
                    let (status, _) = self.ask(member, &[]).await?;
                    return Ok(Reading {
                        height: status.height,
                        time: status.time,
                        answers: vec![],
                        agreed: 1,
                    });
                }
                (Some(height), _) => at = Some(height),
            }
        }
        Err(member.sentence("answers each time after another block than it was asked about"))
    }

    /// Asks one node, and whether it is to be believed.
    pub(crate) async fn ask(
        &self,
        member: &Member,
        calls: &[Call],
    ) -> Result<(Status, Answers), String> {
        let began = Instant::now();
        let mut all = vec![Call::new("status", json!({}))];
        all.extend_from_slice(calls);
        let found = match member.node.ask(&all).await {
            Err(error) => Err(error.to_string()),
            Ok(mut answers) if answers.len() == all.len() => match answers.remove(0) {
                Err(error) => Err(format!("answers {error}")),
                Ok(status) => status_in(&status)
                    .ok_or_else(|| "says nothing of itself that can be read".to_owned())
                    .and_then(|status| self.believe(status))
                    .map(|status| (status, answers)),
            },
            Ok(_) => Err("gives more or fewer answers than it was asked for".to_owned()),
        };
        let mut health = member.health();
        match found {
            Ok((status, answers)) => {
                health.failures = 0;
                health.rests_until = None;
                health.complaint = None;
                health.latency = (health.latency * 7 + began.elapsed()) / 8;
                health.status = Some(status.clone());
                Ok((status, answers))
            }
            Err(what) => {
                let rest =
                    self.inner.settings.cool_down * 2u32.saturating_pow(health.failures.min(6));
                health.failures = health.failures.saturating_add(1);
                health.rests_until = Some(Instant::now() + rest.min(Duration::from_secs(60)));
                let sentence = member.sentence(what);
                if health.complaint.as_ref() != Some(&sentence) {
                    tracing::warn!(chain = self.chain_id(), "{sentence}");
                }
                health.complaint = Some(sentence.clone());
                Err(sentence)
            }
        }
    }

    /// Only a node of this chain that is up to date is believed. Up to date is measured in time, against the newest block
    /// that any node showed, but never against one that our own clock has not reached: a node that lies about heights or
    /// about the future cannot make honest ones look late.
    fn believe(&self, status: Status) -> Result<Status, String> {
        let settings = &self.inner.settings;
        if status.chain_id != settings.chain_id {
            return Err(format!(
                "belongs to chain {}, not to {}",
                status.chain_id, settings.chain_id
            ));
        }
        if status.catching_up {
            return Err(format!("is still catching up, at block {}", status.height));
        }
        let newest = self
            .inner
            .newest
            .fetch_max(status.time, Ordering::Relaxed)
            .max(status.time);
        let late = newest.min(unix_now()).saturating_sub(status.time);
        if late > settings.max_lag_seconds {
            return Err(format!(
                "is {late} s behind the others, at block {}",
                status.height
            ));
        }
        Ok(status)
    }

    /// Asks every node the same at the same time.
    pub(crate) async fn everywhere(&self, calls: &[Call]) -> Vec<Heard<'_>> {
        let asked = self.inner.members.iter().map(|member| async move {
            let found = self.ask(member, calls).await;
            (member, found)
        });
        join_all(asked).await
    }

    /// The nodes, best first: those that rest come last, and are asked all the same if no other answers.
    pub(crate) fn by_merit(&self) -> Vec<&Member> {
        let now = Instant::now();
        let mut members: Vec<_> = self.inner.members.iter().collect();
        members.sort_by_key(|member| {
            let health = member.health();
            let rests = health.rests_until.filter(|until| *until > now);
            // Differences below a few milliseconds are noise, and the order of the configuration decides.
            (rests, health.failures, health.latency.as_millis() / 20)
        });
        members
    }

    pub(crate) fn no_answer(&self, sentences: Vec<String>) -> ChainError {
        ChainError::NoAnswer {
            chain_id: self.chain_id().to_owned(),
            sentences,
        }
    }
}

/// A node, and what it answered beside its own status, or why it is not believed.
pub(crate) type Heard<'a> = (&'a Member, Result<(Status, Answers), String>);

pub(crate) fn sentences<T>(found: &[(&Member, Result<T, String>)]) -> Vec<String> {
    let sentences = found.iter().filter_map(|(_, found)| found.as_ref().err());
    sentences.cloned().collect()
}

/// Unix seconds by our own clock.
pub fn unix_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

pub(crate) fn status_in(value: &Value) -> Option<Status> {
    let sync = value.get("sync_info")?;
    Some(Status {
        chain_id: value.pointer("/node_info/network")?.as_str()?.to_owned(),
        height: number(sync.get("latest_block_height")?)?,
        time: unix_time(sync.get("latest_block_time")?.as_str()?)?,
        earliest: sync
            .get("earliest_block_height")
            .and_then(number)
            .unwrap_or(u64::MAX),
        catching_up: sync.get("catching_up")?.as_bool()?,
    })
}

type Answer = Result<Vec<u8>, QueryError>;

/// The height and the answer within that of `abci_query`. An error is what is wrong with the node.
fn answered(question: &Query, value: &Value) -> Result<(u64, Answer), String> {
    let malformed = || format!("answers {question} with something that cannot be read");
    let response = value.get("response").ok_or_else(malformed)?;
    let text = |name| {
        response
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let height = response.get("height").and_then(number).unwrap_or_default();
    let code = response
        .get("code")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    if code != 0 {
        let (log, codespace) = (text("log"), text("codespace"));
        // What only says that this node does not have the block, or does not serve the question.
        let of_the_node = [
            "height",
            "version does not exist",
            "unknown query path",
            "not ready",
            "pruned",
        ];
        if codespace == "sdk" && of_the_node.iter().any(|what| log.contains(what)) {
            return Err(format!("cannot answer {question}: {}", reason_in(log)));
        }
        let error = QueryError {
            reason: reason_in(log),
            codespace: codespace.to_owned(),
            code: u32::try_from(code).unwrap_or(u32::MAX),
        };
        return Ok((height, Err(error)));
    }
    let value = response
        .get("value")
        .and_then(bytes)
        .ok_or_else(malformed)?;
    let answer = question.unwrap(&value).ok_or_else(malformed)?;
    Ok((height, Ok(answer)))
}

fn shortened(answers: &[Answer]) -> String {
    let texts = answers.iter().take(3).map(|answer| match answer {
        Ok(bytes) => String::from_utf8_lossy(bytes).chars().take(60).collect(),
        Err(error) => error.reason.clone(),
    });
    texts.collect::<Vec<String>>().join(", ")
}
