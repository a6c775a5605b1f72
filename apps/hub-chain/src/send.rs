//! Transactions that are never lost and never happen twice.
//!
//! A transaction has a hash, and is kept, before it leaves. After that it is in one of three states, and only what proves a
//! state counts: a wrong "never happened" makes somebody pay twice. The same bytes are sent again where a node may have
//! forgotten them; new ones are signed only where the old ones can never be executed any more.

use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmos::tx::signing::v1beta1::SignMode;
use cosmrs::proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use cosmrs::proto::cosmos::tx::v1beta1::{
    AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, SimulateRequest, SimulateResponse, TxBody, TxRaw,
};
use cosmrs::proto::prost::Message as _;
use cosmrs::proto::Any;
use serde_json::{json, Value};

use crate::account::{account_in, Account};
use crate::chain::{Chain, Heard, Member, Status};
use crate::encoding::{bytes, number};
use crate::error::{reason_in, ChainError};
use crate::node::{Call, RpcError};
use crate::query::Query;
use crate::tx::{
    included, Flight, Included, Journal, Message, Outcome, Refusal, SendOptions, Stage, TxHash,
    Unknown, OUT_OF_GAS, WRONG_SEQUENCE,
};
use crate::wallet::Wallet;

/// A node announces a block before it can find the transactions in it.
const INDEXING_BLOCKS: u64 = 2;

/// Why a dry run has no answer.
enum DryRun {
    /// Nodes panicked, and none answered.
    Panicked(Vec<String>),
    /// Anything else.
    Failed(ChainError),
}

/// Whether what a node says is that it panicked.
fn is_panic(log: &str) -> bool {
    log.split_once("recovered: ")
        .is_some_and(|(_, rest)| rest.contains("goroutine"))
}

/// Most blocks that are searched for a transaction, one by one.
const MOST_BLOCKS: u64 = 2_000;

/// How often a dry run that panics is tried again, and after which pause: a node that goes from one block to the next was seen to
/// do so, for it had no time of a block yet. No contract refused anything then.
const MOST_PANICS: u32 = 5;
const AFTER_PANIC: Duration = Duration::from_millis(200);

/// How often a transaction is signed anew, because others took the sequence of its account.
const MOST_SIGNINGS: u32 = 4;

/// After how many questions without a sign of it a transaction is sent again to every node: one that took it may have
/// forgotten or swallowed it.
const REPEAT_AFTER: u32 = 6;

/// Gas that every transaction takes at the least, beside ten for each of its bytes. A lower estimate is a lie or an error.
const LEAST_GAS: u64 = 60_000;

/// What came of one signing.
enum Attempt {
    Done(Outcome),
    /// Another transaction took the sequence: this one was not executed and never will be.
    Overtaken(Refusal),
}

/// What the nodes said to a transaction.
enum Broadcast {
    Taken,
    /// None took it.
    Refused(Refusal),
    /// It cannot be told whether a node has it.
    Doubt(String),
}

impl Chain {
    /// Signs messages as one transaction, sends it, and waits for its block.
    ///
    /// Gas is estimated by the chain; the fee is bounded by [`crate::Settings::max_fee`]. `journal` keeps the transaction
    /// before it leaves. Transactions of one account are sent one after the other.
    ///
    /// # Errors
    ///
    /// Nothing left this process, and nothing will happen.
    pub async fn send(
        &self,
        wallet: &Wallet,
        messages: &[Message],
        options: &SendOptions,
        journal: &dyn Journal,
    ) -> Result<Outcome, ChainError> {
        let turn = self.turn_of(wallet.address());
        let _turn = turn.lock().await;
        for _ in 0..MOST_SIGNINGS {
            match self.attempt(wallet, messages, options, journal).await? {
                Attempt::Done(outcome) => return Ok(outcome),
                Attempt::Overtaken(refusal) => {
                    tracing::info!(
                        account = wallet.address(),
                        "signed anew: {}",
                        refusal.reason
                    );
                }
            }
        }
        Err(ChainError::SequenceConflict {
            address: wallet.address().to_owned(),
            times: MOST_SIGNINGS,
        })
    }

    /// Finds out what became of a transaction, such as one that was kept before a crash. The same bytes are sent again
    /// as long as a block can still take them.
    pub async fn resume(&self, flight: &Flight) -> Outcome {
        let turn = self.turn_of(&flight.sender);
        let _turn = turn.lock().await;
        let doubt = Broadcast::Doubt("it was sent earlier".to_owned());
        match self.confirm(flight, doubt).await {
            Attempt::Done(outcome) => outcome,
            Attempt::Overtaken(refusal) => Outcome::Refused(refusal),
        }
    }

    /// Gas that the messages would use, with the adjustment of the settings. The refusal is what they would fail with.
    pub async fn estimate(
        &self,
        wallet: &Wallet,
        messages: &[Message],
    ) -> Result<Result<u64, Refusal>, ChainError> {
        let account = self.account(wallet.address()).await?;
        self.simulate(wallet, account, &body_of(wallet, messages, "", 0))
            .await
    }

    fn turn_of(&self, address: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self
            .inner
            .turns
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        turns.entry(address.to_owned()).or_default().clone()
    }

    async fn attempt(
        &self,
        wallet: &Wallet,
        messages: &[Message],
        options: &SendOptions,
        journal: &dyn Journal,
    ) -> Result<Attempt, ChainError> {
        let account = self.account(wallet.address()).await?;
        let gas = match options.gas {
            Some(gas) => gas,
            None => {
                let body = body_of(wallet, messages, &options.memo, 0);
                match self.simulate(wallet, account, &body).await? {
                    Ok(gas) => gas,
                    Err(refusal) if refusal.is_sequence() => {
                        return Ok(Attempt::Overtaken(refusal))
                    }
                    Err(refusal) => return Ok(Attempt::Done(Outcome::Refused(refusal))),
                }
            }
        };
        let fee = self.checked_fee(gas, "")?;
        let after = self.common_height().await?;
        let until = after
            + options
                .timeout_blocks
                .unwrap_or(self.settings().timeout_blocks);
        let body = body_of(wallet, messages, &options.memo, until);
        let bytes = self.sign(wallet, account, &body, gas, fee)?;
        let flight = Flight {
            hash: TxHash::of(&bytes),
            bytes,
            sender: wallet.address().to_owned(),
            sequence: account.sequence,
            after,
            until,
        };
        journal.keep(&flight).await.map_err(ChainError::NotKept)?;
        let first = self.broadcast(&flight).await;
        Ok(self.confirm(&flight, first).await)
    }

    /// Account number and sequence, as enough nodes say: a sequence that one node makes up could let two signatures count.
    async fn account(&self, address: &str) -> Result<Account, ChainError> {
        let question = Query::account(address);
        let reading = self.agreed(std::slice::from_ref(&question)).await?;
        let unknown = || ChainError::UnknownAccount {
            address: address.to_owned(),
            denom: self.settings().fee_denom.clone(),
        };
        match reading.answers.into_iter().next() {
            Some(Ok(answer)) => account_in(&answer).ok_or_else(unknown),
            Some(Err(error)) if error.reason.contains("not found") => Err(unknown()),
            Some(Err(error)) => Err(error.into()),
            None => Err(unknown()),
        }
    }

    /// A height that half of the nodes or more have reached: no single one decides it.
    async fn common_height(&self) -> Result<u64, ChainError> {
        Ok(self.common_status().await?.height)
    }

    /// A transaction of which only the hash is known, such as one that another process sent: what most of the nodes that
    /// answer show of it. None if they show none, which proves nothing.
    pub async fn find(&self, hash: TxHash) -> Result<Option<Included>, ChainError> {
        let everywhere = self.everywhere(&[tx_call(hash)]).await;
        let mut found: Vec<Included> = vec![];
        let mut answered = 0;
        for (_, answer) in &everywhere {
            let Ok((_, answers)) = answer else { continue };
            answered += 1;
            if let Some(Ok(value)) = answers.first() {
                found.extend(tx_in(hash, value));
            }
        }
        if answered == 0 {
            return Err(self.no_answer(crate::chain::sentences(&everywhere)));
        }
        let votes = |one: &Included| found.iter().filter(|other| *other == one).count();
        let most = found.iter().max_by_key(|one| votes(one));
        Ok(most
            .filter(|one| votes(one) * 2 > answered && !one.is_sequence())
            .cloned())
    }

    fn checked_fee(&self, gas: u64, node: &str) -> Result<u128, ChainError> {
        let settings = self.settings();
        let fee = settings.fee(gas);
        if fee <= settings.max_fee {
            return Ok(fee);
        }
        Err(ChainError::FeeTooHigh {
            node: if node.is_empty() {
                "that was asked"
            } else {
                node
            }
            .to_owned(),
            gas,
            fee,
            max_fee: settings.max_fee,
            denom: settings.fee_denom.clone(),
        })
    }

    /// Asks one node after the other until one names gas that can be paid for. What all of them refuse is refused.
    async fn simulate(
        &self,
        wallet: &Wallet,
        account: Account,
        body: &TxBody,
    ) -> Result<Result<u64, Refusal>, ChainError> {
        let tx = TxRaw {
            body_bytes: body.encode_to_vec(),
            auth_info_bytes: auth_info(wallet, account, SignMode::Unspecified, Fee::default())?
                .encode_to_vec(),
            signatures: vec![vec![]],
        }
        .encode_to_vec();
        let mut tries_left = MOST_PANICS;
        loop {
            match self.simulate_once(&tx).await {
                Err(DryRun::Panicked(_)) if tries_left > 0 => {
                    tries_left -= 1;
                    tokio::time::sleep(AFTER_PANIC).await;
                }
                Err(DryRun::Panicked(sentences)) => return Err(self.no_answer(sentences)),
                Err(DryRun::Failed(error)) => return Err(error),
                Ok(found) => return Ok(found),
            }
        }
    }

    async fn simulate_once(&self, tx: &[u8]) -> Result<Result<u64, Refusal>, DryRun> {
        let least = LEAST_GAS + 10 * tx.len() as u64;
        let (mut refusal, mut dear, mut sentences) = (None, None, vec![]);
        let mut panicked = false;
        for member in self.by_merit() {
            match self.simulate_at(member, tx).await {
                Ok(Ok(used)) => {
                    let adjusted = cosmwasm_std::Uint128::from(used.max(least));
                    let adjusted = adjusted.checked_mul_ceil(self.settings().gas_adjustment);
                    let gas = adjusted
                        .ok()
                        .and_then(|gas| u64::try_from(gas.u128()).ok())
                        .unwrap_or(u64::MAX);
                    match self.checked_fee(gas, member.node.name()) {
                        Ok(_) => return Ok(Ok(gas)),
                        Err(error) => dear = dear.or(Some(error)),
                    }
                }
                Ok(Err(found)) if is_panic(&found.reason) => {
                    panicked = true;
                    let name = member.node.name();
                    sentences.push(format!("{name} panics in a dry run"));
                }
                Ok(Err(found)) => refusal = refusal.or(Some(found)),
                Err(sentence) => sentences.push(sentence),
            }
        }
        match (dear, refusal) {
            (Some(dear), _) => Err(DryRun::Failed(dear)),
            (None, Some(refusal)) => Ok(Err(refusal)),
            (None, None) if panicked => Err(DryRun::Panicked(sentences)),
            (None, None) => Err(DryRun::Failed(self.no_answer(sentences))),
        }
    }

    async fn simulate_at(
        &self,
        member: &Member,
        tx: &[u8],
    ) -> Result<Result<u64, Refusal>, String> {
        #[allow(deprecated)]
        let request = SimulateRequest {
            tx: None,
            tx_bytes: tx.to_vec(),
        };
        let service = Query::path(
            "/cosmos.tx.v1beta1.Service/Simulate",
            request.encode_to_vec(),
        );
        let answer = self.ask_one(member, service.call(None)).await?;
        let response = answer.get("response").unwrap_or(&Value::Null);
        let of = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let unreadable = || {
            format!(
                "{} simulates with an answer that cannot be read",
                member.node.name()
            )
        };
        if of(response, "log").contains("unknown query path") {
            // A node that serves RPC alone knows it by this name, and answers in JSON.
            let app = Query::path("/app/simulate", tx.to_vec());
            let answer = self.ask_one(member, app.call(None)).await?;
            let response = answer.get("response").unwrap_or(&Value::Null);
            if let Some(refusal) = refusal_in(response, Stage::Simulation, None) {
                return Ok(Err(refusal));
            }
            let value = response
                .get("value")
                .and_then(bytes)
                .ok_or_else(unreadable)?;
            let value: Value = serde_json::from_slice(&value).map_err(|_| unreadable())?;
            return value
                .pointer("/gas_info/gas_used")
                .and_then(number)
                .map(Ok)
                .ok_or_else(unreadable);
        }
        if let Some(refusal) = refusal_in(response, Stage::Simulation, None) {
            return Ok(Err(refusal));
        }
        let value = response
            .get("value")
            .and_then(bytes)
            .ok_or_else(unreadable)?;
        let simulated = SimulateResponse::decode(value.as_slice()).map_err(|_| unreadable())?;
        simulated
            .gas_info
            .map(|gas| Ok(gas.gas_used))
            .ok_or_else(unreadable)
    }

    async fn ask_one(&self, member: &Member, call: Call) -> Result<Value, String> {
        let (_, mut answers) = self.ask(member, &[call]).await?;
        let answer = answers
            .pop()
            .ok_or_else(|| format!("{} gives no answer", member.node.name()))?;
        answer.map_err(|error| format!("{} answers {error}", member.node.name()))
    }

    fn sign(
        &self,
        wallet: &Wallet,
        account: Account,
        body: &TxBody,
        gas: u64,
        fee: u128,
    ) -> Result<Vec<u8>, ChainError> {
        let coin = ProtoCoin {
            denom: self.settings().fee_denom.clone(),
            amount: fee.to_string(),
        };
        let fee = Fee {
            amount: if fee == 0 { vec![] } else { vec![coin] },
            gas_limit: gas,
            payer: String::new(),
            granter: String::new(),
        };
        let body_bytes = body.encode_to_vec();
        let auth_info_bytes = auth_info(wallet, account, SignMode::Direct, fee)?.encode_to_vec();
        let document = SignDoc {
            body_bytes: body_bytes.clone(),
            auth_info_bytes: auth_info_bytes.clone(),
            chain_id: self.chain_id().to_owned(),
            account_number: account.number,
        };
        let signature = wallet
            .key()
            .sign(&document.encode_to_vec())
            .map_err(|error| {
                ChainError::Setting(format!("{} cannot sign: {error}", wallet.address()))
            })?;
        let raw = TxRaw {
            body_bytes,
            auth_info_bytes,
            signatures: vec![signature.to_vec()],
        };
        Ok(raw.encode_to_vec())
    }

    /// Hands the bytes to one node after the other until one takes them. Refused is what no node that answers takes.
    async fn broadcast(&self, flight: &Flight) -> Broadcast {
        let (mut refusal, mut doubt) = (None, None);
        for member in self.by_merit() {
            match hand_over(member, flight).await {
                Broadcast::Taken => return Broadcast::Taken,
                // Of several reasons that of the sequence counts: it may have been used by the transaction itself, through
                // a node that took it and says that it did not.
                Broadcast::Refused(found) if found.is_sequence() => refusal = Some(found),
                Broadcast::Refused(found) => refusal = refusal.or(Some(found)),
                Broadcast::Doubt(found) => doubt = doubt.or(Some(found)),
            }
        }
        match (doubt, refusal) {
            (None, Some(refusal)) => Broadcast::Refused(refusal),
            (doubt, _) => Broadcast::Doubt(doubt.unwrap_or_else(|| "no node was asked".to_owned())),
        }
    }

    /// Waits for a block with the transaction, through outages: a node that restarts has forgotten what was in no block yet.
    async fn confirm(&self, flight: &Flight, first: Broadcast) -> Attempt {
        let deadline = Instant::now() + self.settings().confirm_timeout;
        let mut because = "no block with it was seen yet".to_owned();
        let mut overtaken = None;
        let mut repeat = false;
        match first {
            Broadcast::Taken => {}
            Broadcast::Refused(refusal) if refusal.is_sequence() => overtaken = Some(refusal),
            Broadcast::Refused(refusal) => return Attempt::Done(Outcome::Refused(refusal)),
            Broadcast::Doubt(doubt) => {
                because = doubt;
                repeat = true;
            }
        }
        for round in 1u32.. {
            let everywhere = self.everywhere(&[tx_call(flight.hash)]).await;
            match self.verdict(flight, &everywhere).await {
                Verdict::Executed(included) => return Attempt::Done(Outcome::Included(included)),
                Verdict::Overtaken(refusal) => return Attempt::Overtaken(refusal),
                Verdict::Dropped(reason) => {
                    return Attempt::Done(Outcome::Refused(dropped(flight, reason)))
                }
                Verdict::Unknown(reason) => because = reason,
                Verdict::Nowhere => {
                    if let Some(refusal) = overtaken.take() {
                        match self.overtaken(flight, refusal).await {
                            Ok(refusal) => return Attempt::Overtaken(refusal),
                            Err(reason) => {
                                because = reason;
                                repeat = true;
                            }
                        }
                    } else if repeat || round % REPEAT_AFTER == 0 {
                        repeat = false;
                        match self.broadcast_everywhere(flight).await {
                            Broadcast::Taken => {}
                            // Refused by now, or because a block just took it: what comes after tells.
                            Broadcast::Refused(refusal) => {
                                because = refusal.to_string();
                                if refusal.is_sequence() {
                                    overtaken = Some(refusal);
                                }
                            }
                            Broadcast::Doubt(doubt) => {
                                because = doubt;
                                repeat = true;
                            }
                        }
                    }
                }
            }
            if Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(self.settings().poll.max(Duration::from_millis(1))).await;
        }
        Attempt::Done(Outcome::Unknown(Unknown {
            flight: flight.clone(),
            because,
        }))
    }

    async fn broadcast_everywhere(&self, flight: &Flight) -> Broadcast {
        let mut all = Broadcast::Doubt("no node was asked".to_owned());
        for (place, member) in self.by_merit().into_iter().enumerate() {
            let one = hand_over(member, flight).await;
            all = match (place, all, one) {
                (0, _, one) => one,
                (_, Broadcast::Taken, _) | (_, _, Broadcast::Taken) => Broadcast::Taken,
                (_, Broadcast::Doubt(doubt), _) | (_, _, Broadcast::Doubt(doubt)) => {
                    Broadcast::Doubt(doubt)
                }
                (_, refused, _) => refused,
            };
        }
        all
    }

    /// Whether the transaction can never be executed, since another one took its sequence. An error says why that is not
    /// certain.
    async fn overtaken(&self, flight: &Flight, refusal: Refusal) -> Result<Refusal, String> {
        let question = Query::account(&flight.sender);
        let reading = self
            .agreed(std::slice::from_ref(&question))
            .await
            .map_err(|error| error.to_string())?;
        let answer = reading.answers.into_iter().next().and_then(Result::ok);
        let account = answer
            .as_deref()
            .and_then(account_in)
            .ok_or("the account cannot be read")?;
        if account.sequence <= flight.sequence {
            return Err(format!(
                "its sequence {} was refused, and the account is at {}: another transaction waits for a block",
                flight.sequence, account.sequence
            ));
        }
        // The sequence may have been taken by the transaction itself: through a proxy that asked twice, or another process.
        let mut because = String::new();
        for member in self.by_merit() {
            match self
                .search(member, flight, flight.after + 1..=reading.height, executed)
                .await
            {
                Ok(None) => return Ok(refusal),
                Ok(Some(_)) => return Err("a block holds it".to_owned()),
                Err(sentence) => because = sentence,
            }
        }
        Err(because)
    }

    /// What the nodes together show.
    async fn verdict(&self, flight: &Flight, everywhere: &[Heard<'_>]) -> Verdict {
        let (mut found, mut without, mut because) = (vec![], vec![], None);
        for (member, answer) in everywhere {
            match answer {
                Err(sentence) => because = Some(sentence.clone()),
                Ok((status, answers)) => match answers.first() {
                    Some(Ok(value)) => match tx_in(flight.hash, value) {
                        Some(included) => found.push((*member, included)),
                        None => {
                            because =
                                Some(format!("{} shows another transaction", member.node.name()))
                        }
                    },
                    // Not found, or this node does not index.
                    _ => without.push((*member, status)),
                },
            }
        }
        if found.is_empty() {
            return match (without.is_empty(), because) {
                (true, because) => {
                    Verdict::Unknown(because.unwrap_or_else(|| "no node answers".to_owned()))
                }
                (false, _) => self.absent(flight, &without).await,
            };
        }
        // Most say the same; those that do not find it are asked for the block itself.
        let same = |one: &Included, other: &Included| {
            (one.height, one.code, &one.codespace) == (other.height, other.code, &other.codespace)
        };
        let votes = |one: &Included| found.iter().filter(|(_, other)| same(one, other)).count();
        let Some((witness, included)) = found.iter().max_by_key(|(_, included)| votes(included))
        else {
            return Verdict::Unknown("no node shows it".to_owned());
        };
        let mut against = found.len() - votes(included);
        for (member, status) in &without {
            if status.height >= included.height + INDEXING_BLOCKS
                && self
                    .search(member, flight, included.height..=included.height, |_| true)
                    .await
                    == Ok(None)
            {
                against += 1;
            }
        }
        if votes(included) <= against {
            return Verdict::Unknown(format!(
                "{} shows it in block {}, and {against} other nodes do not",
                witness.node.name(),
                included.height
            ));
        }
        if !included.is_sequence() {
            return Verdict::Executed(included.clone());
        }
        // A node tells of the last block with these bytes. They fail there also if an earlier block has executed them.
        let first = flight.after + 1;
        match self
            .search(
                witness,
                flight,
                first..=included.height.saturating_sub(1),
                executed,
            )
            .await
        {
            Ok(Some(earlier)) => Verdict::Executed(earlier),
            Ok(None) => Verdict::Overtaken(Refusal {
                hash: Some(flight.hash),
                stage: Stage::Dropped,
                code: included.code,
                codespace: included.codespace.clone(),
                reason: included.reason(),
            }),
            Err(sentence) => Verdict::Unknown(sentence),
        }
    }

    /// What follows from no node finding it. It is dropped once no further block can hold it, and each node that answers
    /// shows that none did: its account still expects the sequence, which every execution counts up, or all blocks that
    /// could hold it were searched. That a node does not find it shows nothing: it may not index, or have begun later.
    async fn absent(&self, flight: &Flight, nodes: &[(&Member, &Status)]) -> Verdict {
        if nodes
            .iter()
            .any(|(_, status)| status.height <= flight.until + INDEXING_BLOCKS)
        {
            return Verdict::Nowhere;
        }
        let mut reason = String::new();
        for (member, status) in nodes {
            if self.sequence_unused(member, flight, status.height).await {
                reason = format!(
                    "after block {} its account still expects its sequence",
                    status.height
                );
                continue;
            }
            match self
                .search(member, flight, flight.after + 1..=flight.until, executed)
                .await
            {
                Ok(Some(executed)) => return Verdict::Executed(executed),
                Ok(None) => {
                    reason = format!(
                        "blocks {} to {} do not hold it",
                        flight.after + 1,
                        flight.until
                    )
                }
                Err(sentence) => return Verdict::Unknown(sentence),
            }
        }
        Verdict::Dropped(reason)
    }

    /// Whether the account still expects the sequence of the transaction, after a block by which it had to happen.
    async fn sequence_unused(&self, member: &Member, flight: &Flight, height: u64) -> bool {
        // After that block and no other: a node that lags refuses it, where the latest it has would be of the past.
        let question = Query::account(&flight.sender);
        let Ok(answer) = self.ask_one(member, question.call(Some(height))).await else {
            return false;
        };
        let response = answer.get("response").unwrap_or(&Value::Null);
        let at = response.get("height").and_then(number).unwrap_or_default();
        let value = response.get("value").and_then(bytes).unwrap_or_default();
        let account = account_in(&value);
        at >= height && account.is_some_and(|account| account.sequence <= flight.sequence)
    }

    /// The first result of the transaction that counts, in these blocks as one node shows them. An error if
    /// it does not have all of them.
    async fn search(
        &self,
        member: &Member,
        flight: &Flight,
        blocks: RangeInclusive<u64>,
        counts: fn(&Included) -> bool,
    ) -> Result<Option<Included>, String> {
        let (first, last) = (*blocks.start(), *blocks.end());
        if last.saturating_sub(first) > MOST_BLOCKS {
            return Err(format!(
                "it can be in one of {} blocks, too many to search",
                last - first + 1
            ));
        }
        let lacks = |height: u64, what: &str| {
            format!(
                "{} does not have block {height} ({what}): name a node with older blocks",
                member.node.name()
            )
        };
        let heights: Vec<u64> = blocks.collect();
        // Blocks can be large: a few at a time.
        for part in heights.chunks(4) {
            let calls: Vec<Call> = part
                .iter()
                .map(|height| Call::new("block", json!({"height": height.to_string()})))
                .collect();
            let (_, answers) = self.ask(member, &calls).await?;
            for (height, answer) in part.iter().zip(answers) {
                let block = answer.map_err(|error| lacks(*height, &error.to_string()))?;
                let header = block.pointer("/block/header/height").and_then(number);
                if header != Some(*height) {
                    return Err(lacks(*height, "it shows another"));
                }
                let txs = block.pointer("/block/data/txs").and_then(Value::as_array);
                for (place, tx) in txs.into_iter().flatten().enumerate() {
                    if bytes(tx).is_some_and(|tx| TxHash::of(&tx) == flight.hash) {
                        let results =
                            Call::new("block_results", json!({"height": height.to_string()}));
                        let results = self.ask_one(member, results).await?;
                        let result = results.pointer(&format!("/txs_results/{place}"));
                        let result =
                            result.and_then(|result| included(flight.hash, *height, result));
                        let result =
                            result.ok_or_else(|| lacks(*height, "its results cannot be read"))?;
                        if counts(&result) {
                            return Ok(Some(result));
                        }
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Whether a result is an execution: one that failed for its sequence executed nothing.
fn executed(result: &Included) -> bool {
    !result.is_sequence()
}

enum Verdict {
    /// A block holds it.
    Executed(Included),
    /// A block holds it, where it failed since another took its sequence, and no earlier block executed it.
    Overtaken(Refusal),
    /// It never happened and never will.
    Dropped(String),
    /// No node shows it, and it may still happen.
    Nowhere,
    /// The nodes that answer do not show enough.
    Unknown(String),
}

/// Gives the bytes to one node.
async fn hand_over(member: &Member, flight: &Flight) -> Broadcast {
    let call = Call::new(
        "broadcast_tx_sync",
        json!({"tx": BASE64_STANDARD.encode(&flight.bytes)}),
    );
    let name = member.node.name();
    match member
        .node
        .ask(&[call])
        .await
        .map(|mut answers| answers.pop())
    {
        Ok(Some(Ok(answer))) => match refusal_in(&answer, Stage::Broadcast, Some(flight.hash)) {
            None if answer.get("code").and_then(Value::as_u64).is_none() => {
                Broadcast::Doubt(format!("{name} says nothing that can be read"))
            }
            None => Broadcast::Taken,
            // The node has it already.
            Some(refusal) if refusal.codespace == "sdk" && refusal.code == ALREADY_KNOWN => {
                Broadcast::Taken
            }
            Some(refusal) => Broadcast::Refused(refusal),
        },
        Ok(Some(Err(error))) => rpc_refusal(name, flight, &error),
        Ok(None) => Broadcast::Doubt(format!("{name} gives no answer")),
        Err(error) => Broadcast::Doubt(format!("{name} {error}")),
    }
}

/// Code of the SDK for a transaction that the node has already.
const ALREADY_KNOWN: u32 = 19;

fn rpc_refusal(name: &str, flight: &Flight, error: &RpcError) -> Broadcast {
    let text = error.to_string();
    if text.contains("already exists in cache") {
        return Broadcast::Taken;
    }
    if text.to_lowercase().contains("tx too large") {
        return Broadcast::Refused(Refusal {
            hash: Some(flight.hash),
            stage: Stage::Broadcast,
            code: OUT_OF_GAS,
            codespace: "sdk".to_owned(),
            reason: text,
        });
    }
    // Such as a full mempool.
    Broadcast::Doubt(format!("{name} answers {text}"))
}

fn tx_call(hash: TxHash) -> Call {
    Call::new("tx", json!({"hash": hash.base64(), "prove": false}))
}

/// The transaction that a node shows, if it is this one.
fn tx_in(hash: TxHash, value: &Value) -> Option<Included> {
    let tx = value.get("tx").and_then(bytes)?;
    if TxHash::of(&tx) != hash {
        return None;
    }
    included(
        hash,
        value.get("height").and_then(number)?,
        value.get("tx_result")?,
    )
}

fn dropped(flight: &Flight, reason: String) -> Refusal {
    Refusal {
        hash: Some(flight.hash),
        stage: Stage::Dropped,
        code: 0,
        codespace: String::new(),
        reason: format!(
            "no block up to {}, the last one that could, holds it: {reason}",
            flight.until
        ),
    }
}

fn refusal_in(response: &Value, stage: Stage, hash: Option<TxHash>) -> Option<Refusal> {
    let text = |name| {
        response
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let code = response
        .get("code")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    (code != 0).then(|| Refusal {
        hash,
        stage,
        code: u32::try_from(code).unwrap_or(u32::MAX),
        codespace: text("codespace").to_owned(),
        reason: reason_in(text("log")),
    })
}

impl Refusal {
    fn is_sequence(&self) -> bool {
        // A simulation says it in words alone: questions carry no code of another module.
        (self.codespace == "sdk" && self.code == WRONG_SEQUENCE)
            || self.reason.contains("account sequence mismatch")
    }
}

impl Included {
    fn is_sequence(&self) -> bool {
        self.codespace == "sdk" && self.code == WRONG_SEQUENCE
    }
}

fn body_of(wallet: &Wallet, messages: &[Message], memo: &str, until: u64) -> TxBody {
    TxBody {
        messages: messages
            .iter()
            .map(|message| message.to_any(wallet.address()))
            .collect(),
        memo: memo.to_owned(),
        timeout_height: until,
        ..TxBody::default()
    }
}

fn auth_info(
    wallet: &Wallet,
    account: Account,
    mode: SignMode,
    fee: Fee,
) -> Result<AuthInfo, ChainError> {
    let key: Any = wallet.key().public_key().to_any().map_err(|error| {
        ChainError::Setting(format!(
            "the key of {} has no text: {error}",
            wallet.address()
        ))
    })?;
    let signer = SignerInfo {
        public_key: Some(key),
        mode_info: Some(ModeInfo {
            sum: Some(Sum::Single(Single { mode: mode.into() })),
        }),
        sequence: account.sequence,
    };
    Ok(AuthInfo {
        signer_infos: vec![signer],
        fee: Some(fee),
        ..AuthInfo::default()
    })
}
