//! When to settle, what to send, and what the answers mean.

use hub_types::billing::Outcome;
use hub_types::ids::SessionId;

use crate::ledger::{Hold, Ledger, OpenBatch};
use crate::observe::is_consumed;
use crate::record::{BatchId, Changed, Record};
use crate::session::Session;
use crate::settling::{Answer, AnswerError, Due, Outgoing, Verdict};

/// A message that was refused as a whole so often is halved, to find what it is refused for.
const REFUSALS_BEFORE_HALVING: u32 = 3;

impl Ledger {
    /// Why it is time to sign, if it is. At a shutdown nothing needs to be due: [`Ledger::sign`] takes all that waits.
    pub fn due(&self, now: u64) -> Option<Due> {
        let again = |(id, open): (&BatchId, &OpenBatch)| {
            self.wants_again(open, now)
                .then_some(Due::Again { batch: *id })
        };
        self.batches
            .iter()
            .find_map(again)
            .or_else(|| self.due_of_waiting(now))
    }

    fn due_of_waiting(&self, now: u64) -> Option<Due> {
        let limits = &self.limits;
        let after = limits
            .settle_after_seconds
            .min(self.identity.receipt_max_age_seconds / 4);
        let (mut receipts, mut value) = (0u64, std::collections::BTreeMap::new());
        let mut due = None;
        for (id, session) in &self.sessions {
            if session.waiting.receipts == 0 || !self.may_number(*id, session, now) {
                continue;
            }
            receipts = receipts.saturating_add(session.waiting.receipts);
            let Some(facts) = session.facts.as_ref().map(|seen| &seen.value) else {
                continue;
            };
            let sum: &mut u128 = value.entry(&facts.denom).or_default();
            *sum = sum.saturating_add(session.waiting.amount);
            let age = session
                .waiting
                .oldest
                .map(|oldest| now.saturating_sub(oldest));
            if now >= facts.ends_at {
                due = due.or(Some(Due::SessionEnd { session: *id }));
            } else if age.is_some_and(|age| age >= after) {
                due = due.or(Some(Due::Age));
            } else if self.is_nearly_used(session) {
                due = due.or(Some(Due::NearlyUsed { session: *id }));
            }
        }
        let worth = |(denom, least): &(_, u128)| value.get(denom).is_some_and(|sum| *sum >= *least);
        if receipts > 0 && receipts >= limits.settle_at_receipts {
            Some(Due::Count)
        } else if limits.settle_at_value.iter().any(worth) {
            Some(Due::Value)
        } else {
            due
        }
    }

    /// Whether little is left of a budget, and enough waits that it is not settled receipt by receipt in the end.
    fn is_nearly_used(&self, session: &Session) -> bool {
        let Some(facts) = session.facts.as_ref() else {
            return false;
        };
        let budget = facts.value.budget.u128();
        let left = budget.saturating_sub(session.charged());
        let percent = u128::from(self.limits.settle_when_left_percent);
        let part = budget.saturating_mul(percent) / 100;
        left < part && session.waiting.amount >= part.max(1)
    }

    /// Whether receipts of a session may get numbers now: its lane was seen since the process started, nobody else has given
    /// numbers, and no group of it is held, since what is behind that could only be a gap.
    pub(crate) fn may_number(&self, id: SessionId, session: &Session, now: u64) -> bool {
        let holds = |batch: &BatchId| {
            self.batches.get(batch).is_some_and(|open| {
                open.places_of(id).any(|place| {
                    let state = &open.groups[place];
                    let is_left = state.left_from < open.batch.groups[place].end();
                    let held = state.hold.is_some_and(|hold| self.is_held(&hold, id, now));
                    is_left && (held || state.straddles)
                })
            })
        };
        session.facts.is_some()
            && session.released.is_none()
            && session.lane.ahead.is_none()
            && !session.open.iter().any(holds)
    }

    /// Whether some group of a batch is worth an attempt now.
    fn is_ready(&self, open: &OpenBatch, now: u64) -> bool {
        now >= open.quiet_until
            && open.batch.groups.iter().enumerate().any(|(place, group)| {
                let state = &open.groups[place];
                let held = state
                    .hold
                    .is_some_and(|hold| self.is_held(&hold, group.session, now));
                // Of a session that was not yet read nothing is known.
                let seen = self
                    .sessions
                    .get(&group.session)
                    .filter(|session| session.facts.is_some());
                let is_open = seen.is_some_and(|seen| group.end() > seen.lane.next);
                is_open && !held
            })
    }

    /// Whether a batch has to be signed in another form before it is sent.
    pub(crate) fn wants_again(&self, open: &OpenBatch, now: u64) -> bool {
        open.chain_id != self.identity.chain_id
            || (self.is_ready(open, now)
                && (open.halve
                    || open.is_begun()
                    || open.groups.iter().any(|state| state.straddles)))
    }

    /// What can be sent now, in the order in which it should be. A batch is named until the chain's lanes have passed it, but not
    /// again for a while once it was sent, and not while everything in it waits for something else. Sending it twice does no harm.
    pub fn to_send(&self, now: u64) -> Vec<Outgoing> {
        if self.roll_back().is_some() {
            return vec![];
        }
        let ready = self.batches.iter().filter(|(_, open)| {
            open.stored && self.is_ready(open, now) && !self.wants_again(open, now)
        });
        ready
            .map(|(id, open)| {
                let mut sessions: Vec<_> = open
                    .batch
                    .groups
                    .iter()
                    .map(|group| group.session)
                    .collect();
                sessions.dedup();
                let voucher = |id: &SessionId| self.sessions.get(id)?.useful_voucher();
                Outgoing {
                    batch: *id,
                    bytes: open.bytes.clone(),
                    signature: open.signature,
                    vouchers: sessions.iter().filter_map(voucher).collect(),
                    receipts: open.batch.offered(),
                    groups: open.batch.groups.len() as u64,
                    gas: self.limits.gas.of(&open.batch),
                    last_tx: open.tx.clone(),
                }
            })
            .collect()
    }

    /// Says that a store holds these batches: only then are they named by [`Ledger::to_send`].
    pub fn stored(&mut self, batches: &[BatchId]) {
        for batch in batches {
            if let Some(open) = self.batches.get_mut(batch) {
                open.stored = true;
            }
        }
    }

    /// Takes what became of an attempt to settle a batch, and says what to do next.
    ///
    /// # Errors
    ///
    /// [`AnswerError`]; nothing changed.
    pub fn outcome(
        &mut self,
        batch: BatchId,
        answer: &Answer,
        now: u64,
    ) -> Result<Changed<Verdict>, AnswerError> {
        let resend = now.saturating_add(self.limits.resend_after_seconds);
        let open = self.batches.get_mut(&batch);
        let open = open.ok_or(AnswerError::NotOpen { batch })?;
        let mut changed = Changed::nothing(Verdict::Wait);
        match answer {
            Answer::Previewed(outcomes) => {
                check_count(batch, open, outcomes)?;
                changed.value = self.previewed(batch, outcomes, now);
            }
            Answer::Sending { tx } => {
                open.tx = Some(tx.clone());
                open.quiet_until = resend;
                let tx = tx.clone();
                changed.records.push(Record::Sent { batch, tx });
            }
            Answer::Included(outcomes) => {
                check_count(batch, open, outcomes)?;
                open.refusals = 0;
                let awaits_lane = |outcome: &Outcome| wrote(*outcome) || *outcome == Outcome::Stale;
                if outcomes.iter().any(awaits_lane) {
                    open.quiet_until = resend;
                } else {
                    open.quiet_until = 0;
                }
                for (state, outcome) in open.groups.iter_mut().zip(outcomes) {
                    if awaits_lane(outcome) && *outcome != Outcome::Stale {
                        state.outcome = Some(*outcome);
                    }
                    state.straddles = *outcome == Outcome::Straddles;
                }
                self.hold(batch, outcomes, now);
                changed.value = self.again_or_wait(batch, now);
            }
            Answer::TooLarge => {
                let receipts = open.amounts.len();
                self.fitting_receipts = self.fitting_receipts.min((receipts / 2).max(1));
                changed.value = self.halve(batch, now);
            }
            Answer::Refused(_) => {
                open.refusals += 1;
                let often = open.refusals >= REFUSALS_BEFORE_HALVING;
                changed.value = match often {
                    true => self.halve(batch, now),
                    false => self.hold_all(batch, now),
                };
            }
        }
        Ok(changed)
    }

    fn previewed(&mut self, batch: BatchId, outcomes: &[Outcome], now: u64) -> Verdict {
        let Some(open) = self.batches.get_mut(&batch) else {
            return Verdict::Wait;
        };
        let mut cut = false;
        for (state, outcome) in open.groups.iter_mut().zip(outcomes) {
            state.straddles = *outcome == Outcome::Straddles;
            cut |= state.straddles;
        }
        if cut {
            return Verdict::SignAgain;
        }
        if outcomes.iter().any(|outcome| wrote(*outcome)) {
            return Verdict::Send;
        }
        self.hold(batch, outcomes, now);
        Verdict::Wait
    }

    fn again_or_wait(&self, batch: BatchId, now: u64) -> Verdict {
        let open = self.batches.get(&batch);
        match open.is_some_and(|open| self.wants_again(open, now)) {
            true => Verdict::SignAgain,
            false => Verdict::Wait,
        }
    }

    /// Holds the groups whose outcome says that something else has to happen first.
    fn hold(&mut self, batch: BatchId, outcomes: &[Outcome], now: u64) {
        for (place, outcome) in outcomes.iter().enumerate() {
            let waits = match outcome {
                Outcome::Paid | Outcome::Straddles => false,
                outcome => !is_consumed(*outcome),
            };
            self.set_hold(batch, place, waits.then_some(Some(*outcome)), now);
        }
    }

    /// Holds or lets go a group; the inner option is the outcome, none where the message as a whole was refused.
    fn set_hold(&mut self, batch: BatchId, place: usize, why: Option<Option<Outcome>>, now: u64) {
        let limits = &self.limits;
        let Some(open) = self.batches.get_mut(&batch) else {
            return;
        };
        let session = open.batch.groups[place].session;
        let state = &mut open.groups[place];
        let Some(seen) = self.sessions.get(&session).map(Session::fingerprint) else {
            return;
        };
        state.hold = why.map(|outcome| {
            let wait = match state.hold {
                Some(before) if before.seen == seen => before.wait.saturating_mul(2),
                _ => limits.retry_after_seconds,
            };
            let wait = wait.clamp(1, limits.retry_at_most_after_seconds.max(1));
            Hold {
                outcome,
                until: now.saturating_add(wait),
                wait,
                seen,
            }
        });
    }

    fn hold_all(&mut self, batch: BatchId, now: u64) -> Verdict {
        let groups = self.batches.get(&batch).map_or(0, |open| open.groups.len());
        for place in 0..groups {
            self.set_hold(batch, place, Some(None), now);
        }
        Verdict::Wait
    }

    /// Halves a batch; a single receipt is held.
    fn halve(&mut self, batch: BatchId, now: u64) -> Verdict {
        match self.batches.get_mut(&batch) {
            Some(open) if open.left > 1 => {
                open.halve = true;
                open.quiet_until = 0;
                open.groups.iter_mut().for_each(|state| state.hold = None);
                Verdict::SignAgain
            }
            _ => self.hold_all(batch, now),
        }
    }
}

/// Whether an outcome moves the lane.
fn wrote(outcome: Outcome) -> bool {
    is_consumed(outcome) || matches!(outcome, Outcome::Paid | Outcome::Partial { .. })
}

fn check_count(batch: BatchId, open: &OpenBatch, outcomes: &[Outcome]) -> Result<(), AnswerError> {
    let groups = open.groups.len();
    match outcomes.len() == groups {
        true => Ok(()),
        false => Err(AnswerError::OtherVersion {
            batch,
            groups,
            outcomes: outcomes.len(),
        }),
    }
}
