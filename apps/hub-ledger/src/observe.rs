//! What the chain shows, and what is done with by that.

use hub_types::billing::{AttesterResponse, Outcome};
use hub_types::escrow::SessionResponse;
use hub_types::ids::{AttesterId, SessionId};
use hub_wire::{BlobId, KeyType, PublicKey};

use crate::facts::{in_service, Fact, Observation, Seen, TermsView};
use crate::ledger::Ledger;
use crate::record::{Changed, Fate, Record};
use crate::session::is_released;
use crate::settling::Notice;

impl Ledger {
    /// Takes what nodes showed at a committed block. What was seen at a greater height is never undone by an older one.
    ///
    /// Receipts are done with when the lane passed their numbers, and nothing else makes them so: not a transaction's answer and not
    /// a query. One block that shows it is not enough; a second, [`crate::Limits::confirm_blocks`] higher, has to show it as well.
    pub fn observe(&mut self, observation: &Observation, now: u64) -> Changed<Vec<Notice>> {
        let block = observation.block;
        if self
            .block
            .is_none_or(|(newest, _)| newest.height < block.height)
        {
            self.block = Some((block, now));
        }
        let mut changed = Changed::nothing(vec![]);
        for fact in &observation.facts {
            self.take(fact, block.height, &mut changed);
        }
        self.count();
        changed
    }

    fn take(&mut self, fact: &Fact, height: u64, changed: &mut Changed<Vec<Notice>>) {
        match fact {
            Fact::Session(session) => self.take_session(session, height, changed),
            Fact::Model(model) => {
                let entry = self.models.get(&model.model);
                if is_news(entry, height) {
                    let value = in_service(model);
                    self.models.insert(model.model, Seen { height, value });
                }
            }
            Fact::Terms(terms) => {
                let known = self.terms.entry(terms.model).or_default();
                if is_news(known.get(&terms.terms), height) {
                    let value = TermsView::from(&**terms);
                    known.insert(terms.terms, Seen { height, value });
                }
            }
            Fact::Release(release) => {
                let Ok(blob_id) = release.blob_id.parse::<BlobId>() else {
                    changed.value.push(Notice::Unreadable {
                        what: format!(
                            "release {} of model {}: {:?} is no blob id",
                            release.release, release.model, release.blob_id
                        ),
                    });
                    return;
                };
                let id = (release.model, release.release);
                if is_news(self.releases.get(&id), height) {
                    let value = blob_id;
                    self.releases.insert(id, Seen { height, value });
                }
            }
            Fact::Attester(attester) => self.take_attester(attester, height, changed),
        }
    }

    fn take_attester(
        &mut self,
        attester: &AttesterResponse,
        height: u64,
        changed: &mut Changed<Vec<Notice>>,
    ) {
        if attester.attester != self.identity.attester {
            return;
        }
        let key = PublicKey::new(KeyType::from(attester.key_type), &attester.key);
        if key != Ok(self.identity.key) {
            changed.value.push(Notice::Unreadable {
                what: format!(
                    "attester {} is registered with another key than these books have",
                    attester.attester
                ),
            });
            return;
        }
        if is_news(self.attester.as_ref(), height) {
            let value = Box::new(attester.clone());
            self.attester = Some(Seen { height, value });
        }
    }

    fn take_session(
        &mut self,
        facts: &SessionResponse,
        height: u64,
        changed: &mut Changed<Vec<Notice>>,
    ) {
        let id = facts.session;
        let next = next_of(facts, self.identity.attester);
        let confirm_blocks = self.limits.confirm_blocks;
        if is_released(facts) && !self.sessions.contains_key(&id) {
            return;
        }
        let session = self.sessions.entry(id).or_default();
        if !is_news(session.facts.as_ref(), height) {
            return;
        }
        let before = session.lane.next;
        if next < session.lane.passed {
            // Two blocks showed more: this node is wrong about the session as a whole.
            changed.value.push(Notice::LaneFell {
                session: id,
                before,
                now: next,
            });
            return;
        }
        if next < before {
            changed.value.push(Notice::LaneFell {
                session: id,
                before,
                now: next,
            });
            session.lane.candidate = None;
        }
        session.lane.next = next;

        // Numbers that these books never gave.
        let here = session.given;
        session.lane.ahead = match session.lane.ahead {
            // The numbers of a released session are over: books that were started anew need not know them.
            _ if next <= here || is_released(facts) => None,
            Some((_, since)) => Some((next, since)),
            None => Some((next, height)),
        };
        if session.lane.ahead.is_some() {
            changed.value.push(Notice::RolledBack {
                session: id,
                on_chain: next,
                here,
            });
        }

        // What two blocks showed is done with.
        let mut passed = session.lane.passed;
        match session.lane.candidate {
            Some((candidate, since)) if height >= since.saturating_add(confirm_blocks) => {
                passed = passed.max(candidate.min(next));
                session.lane.candidate = (next > passed).then_some((next, height));
            }
            Some(_) => (),
            None => session.lane.candidate = (next > passed).then_some((next, height)),
        }
        if confirm_blocks == 0 {
            passed = next;
            session.lane.candidate = None;
        }
        let passed = passed.min(here);

        session.released = match session.released {
            _ if !is_released(facts) => None,
            Some(since) => Some(since),
            None => Some(height),
        };
        let released = session
            .released
            .is_some_and(|since| height >= since.saturating_add(confirm_blocks));
        let value = Box::new(facts.clone());
        session.facts = Some(Seen { height, value });

        if passed > session.lane.passed {
            session.lane.passed = passed;
            self.archive(id, passed, None, changed);
        }
        if released {
            self.release(id, changed);
        }
        self.rolled_back = self.sessions.iter().find_map(|(id, session)| {
            let (on_chain, _) = session.lane.ahead?;
            Some((*id, on_chain, session.given))
        });
    }

    /// Archives what lies before a number of a session's lane.
    fn archive(
        &mut self,
        id: SessionId,
        passed: u64,
        fate: Option<Fate>,
        changed: &mut Changed<Vec<Notice>>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        for batch in session.open.clone() {
            let Some(open) = self.batches.get_mut(&batch) else {
                continue;
            };
            for place in open.places_of(id) {
                let (group, state) = (&open.batch.groups[place], &open.groups[place]);
                let end = group.end().min(passed);
                if end <= state.left_from {
                    continue;
                }
                let (from, count) = (state.left_from, end - state.left_from);
                let fate = fate.unwrap_or(match state.outcome {
                    Some(Outcome::Paid | Outcome::Partial { .. }) => Fate::Paid,
                    Some(outcome) if is_consumed(outcome) => Fate::Consumed(outcome),
                    _ => Fate::Passed,
                });
                let skip = usize::try_from(from - group.sequence).unwrap_or(usize::MAX);
                let first = open.groups[place].place.saturating_add(skip);
                let last = first.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
                let amount = open
                    .amounts
                    .get(first..last)
                    .unwrap_or_default()
                    .iter()
                    .fold(0u128, |sum, amount| sum.saturating_add(*amount));
                open.groups[place].left_from = end;
                open.left = open.left.saturating_sub(count);
                changed.records.push(Record::Settled {
                    batch,
                    session: id,
                    places: narrow(first)..narrow(last),
                    passed: end,
                    fate,
                });
                changed.value.push(Notice::Done {
                    session: id,
                    receipts: count,
                    amount,
                    fate,
                });
            }
            let nothing_of_it = open
                .places_of(id)
                .all(|place| open.groups[place].left_from >= open.batch.groups[place].end());
            if nothing_of_it {
                session.open.remove(&batch);
            }
            if open.left == 0 {
                changed.records.push(Record::Closed { batch });
                self.batches.remove(&batch);
            }
        }
    }

    /// Archives all that a released session can pay no more.
    fn release(&mut self, id: SessionId, changed: &mut Changed<Vec<Notice>>) {
        self.archive(id, u64::MAX, Some(Fate::Released), changed);
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let waiting = std::mem::take(&mut session.waiting);
        if waiting.receipts > 0 {
            changed.value.push(Notice::Done {
                session: id,
                receipts: waiting.receipts,
                amount: waiting.amount,
                fate: Fate::Released,
            });
        }
        if waiting.receipts > 0 || session.given > 0 || session.voucher.is_some() {
            changed.records.push(Record::Released { session: id });
        }
        if session.running == 0 {
            self.sessions.remove(&id);
        } else {
            (session.given, session.voucher) = (0, None);
        }
    }
}

/// Whether something seen at `height` is not older than what is known.
fn is_news<T>(known: Option<&Seen<T>>, height: u64) -> bool {
    known.is_none_or(|known| known.height <= height)
}

/// Number of the attester's next receipt in a session.
fn next_of(session: &SessionResponse, attester: AttesterId) -> u64 {
    let mut lanes = session.lanes.iter();
    lanes
        .find(|lane| lane.attester == attester)
        .map_or(0, |lane| lane.next)
}

/// Whether the chain passes over the numbers of a group for good without billing them.
pub(crate) fn is_consumed(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Expired
        | Outcome::AttesterRetired
        | Outcome::Closed
        | Outcome::ModelNotAllowed
        | Outcome::UnknownModel
        | Outcome::UnknownRelease
        | Outcome::UnknownTerms
        | Outcome::TermsNotInForce
        | Outcome::Retired
        | Outcome::WrongDenom
        | Outcome::PriceAboveLimit
        | Outcome::Overflow => true,
        Outcome::Paid
        | Outcome::Partial { .. }
        | Outcome::UnknownSession
        | Outcome::AttesterNotAllowed
        | Outcome::Stale
        | Outcome::LanesFull
        | Outcome::Gap
        | Outcome::Overlaps
        | Outcome::Straddles
        | Outcome::Exhausted
        | Outcome::VoucherMissing => false,
    }
}

/// A place in a batch. Batches have fewer than 2^32 receipts.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
