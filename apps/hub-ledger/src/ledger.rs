//! The books in memory, and how they are opened.

use std::collections::{BTreeMap, HashMap, VecDeque};

use hub_types::billing::{AttesterResponse, Outcome};
use hub_types::denom::Denom;
use hub_types::ids::{ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::time::Interval;
use hub_wire::{Batch, BlobId, Call, Hash, Purpose};

use crate::call::{Offer, Verifier, Work};
use crate::facts::{Block, Seen, TermsView};
use crate::identity::Identity;
use crate::limits::Limits;
use crate::record::{BatchId, Changed, NewReceipt, Record, Remembered, Saved, SavedBatch, Serial};
use crate::refusal::Refusal;
use crate::session::{Fingerprint, Session};
use crate::settling::LoadError;

/// What one attester is owed on one chain and billing contract. See the [crate] for how it is used.
///
/// It has no clock: `now` is unix seconds everywhere. It has no disk either: what a verb changes comes back as records
/// ([`Changed`]), which are stored in the order of the calls.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) call_tag: Hash,
    pub(crate) voucher_tag: Hash,
    pub(crate) batch_tag: Hash,

    /// The newest block, and when it was observed.
    pub(crate) block: Option<(Block, u64)>,
    pub(crate) attester: Option<Seen<Box<AttesterResponse>>>,
    pub(crate) models: HashMap<ModelId, Seen<Interval>>,
    pub(crate) terms: HashMap<ModelId, BTreeMap<TermsNumber, Seen<TermsView>>>,
    pub(crate) releases: HashMap<(ModelId, ReleaseNumber), Seen<BlobId>>,
    pub(crate) rolled_back: Option<(SessionId, u64, u64)>,

    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) batches: BTreeMap<BatchId, OpenBatch>,
    /// Receipts that are not settled, in all sessions.
    pub(crate) unsettled: u64,
    /// When the oldest of them was issued, or earlier.
    pub(crate) oldest: Option<u64>,
    /// Fewer receipts than the limit, once a node found a batch too large.
    pub(crate) fitting_receipts: usize,

    pub(crate) running: HashMap<u64, Running>,
    pub(crate) known: HashMap<(SessionId, [u8; 16]), Known>,
    /// What is known, by when it is forgotten, roughly ascending.
    pub(crate) forgetting: VecDeque<(u64, (SessionId, [u8; 16]))>,

    pub(crate) last_serial: u64,
    pub(crate) last_batch: u64,
    pub(crate) last_reservation: u64,
}

/// A call that runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub call: Call,
    pub work: Work,
    pub offer: Offer,
    pub started_at: Option<u64>,
    /// The receipt for what was sent of an answer in pieces.
    pub sent: Option<Box<NewReceipt>>,
}

/// What is known of a request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Running { content: Hash },
    Done { content: Hash, serial: Serial },
}

/// A signed batch that is not done with.
#[derive(Clone, Debug)]
pub(crate) struct OpenBatch {
    pub chain_id: String,
    pub bytes: Vec<u8>,
    pub signature: [u8; 64],
    pub batch: Batch,
    /// What each receipt charges, in batch order.
    pub amounts: Vec<u128>,
    pub groups: Vec<OpenGroup>,
    /// Whether a store holds it, so that its bytes may leave.
    pub stored: bool,
    pub tx: Option<String>,
    /// Not sent before this time.
    pub quiet_until: u64,
    /// The message was refused as a whole so many times in a row.
    pub refusals: u32,
    /// To be signed again in two halves.
    pub halve: bool,
    /// Receipts that are not archived.
    pub left: u64,
}

/// What is known of one group of a batch, beside what the batch itself says.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenGroup {
    /// Number from which on its receipts are not archived.
    pub left_from: u64,
    /// Place of its first receipt in the batch.
    pub place: usize,
    /// What a transaction said.
    pub outcome: Option<Outcome>,
    pub hold: Option<Hold>,
    /// It lies on both sides of a limit of time.
    pub straddles: bool,
}

/// A group that the chain would not settle for now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub outcome: Option<Outcome>,
    pub until: u64,
    pub wait: u64,
    pub seen: Fingerprint,
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Address of its owner.
    pub caller: String,
    /// Denomination of the amounts.
    pub denom: Denom,
    /// What was ever reserved for it.
    pub budget: u128,
    /// Charged on chain, waiting for settlement, or reserved by running calls.
    pub charged: u128,
    /// What the caller agreed to so far; none for sessions without a ceiling.
    pub ceiling: Option<u128>,
    /// Receipts that are not settled.
    pub unsettled: u64,
    /// Receipts issued from this time on are refused, unix seconds.
    pub ends_at: u64,
}

/// What an operator looks at, at one glance. All counts are of receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Not settled, in all.
    pub unsettled: u64,
    /// Of these, without a number.
    pub waiting: u64,
    /// Of these, in a group that the chain would not settle for now, by what has to change.
    pub held: BTreeMap<&'static str, u64>,
    /// When the oldest unsettled receipt was issued, unix seconds, or earlier.
    pub oldest: Option<u64>,
    /// Batches that are not closed.
    pub batches: u64,
    /// Calls that run.
    pub running: u64,
    /// Height of the newest block observed.
    pub height: Option<u64>,
}

impl Ledger {
    /// Opens the books of an attester with what a store holds. New books begin with a record of whose they are; books of another
    /// chain id are taken over: what is unsettled is signed again for this one, under the same numbers, and vouchers that were
    /// signed for the other are left out.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if they belong to another contract, attester or key.
    pub fn load(
        identity: Identity,
        limits: Limits,
        saved: Saved,
    ) -> Result<Changed<Self>, LoadError> {
        let mut records = vec![];
        match &saved.identity {
            Some(found) if found.billing != identity.billing => {
                return Err(LoadError::OtherContract {
                    found: found.billing.clone(),
                });
            }
            Some(found) if found.attester != identity.attester || found.key != identity.key => {
                return Err(LoadError::OtherAttester {
                    expected: identity.attester,
                    found: found.attester,
                });
            }
            Some(found) if *found == identity => (),
            _ => records.push(Record::Identity(identity.clone())),
        }
        let mut ledger = Self {
            call_tag: identity.tag(Purpose::Call),
            voucher_tag: identity.tag(Purpose::Voucher),
            batch_tag: identity.tag(Purpose::Batch),
            block: None,
            attester: None,
            models: HashMap::new(),
            terms: HashMap::new(),
            releases: HashMap::new(),
            rolled_back: None,
            sessions: BTreeMap::new(),
            batches: BTreeMap::new(),
            unsettled: 0,
            oldest: None,
            fitting_receipts: usize::MAX,
            running: HashMap::new(),
            known: HashMap::new(),
            forgetting: VecDeque::new(),
            last_serial: saved.last_serial.0,
            last_batch: saved.last_batch.0,
            last_reservation: 0,
            identity,
            limits,
        };
        for saved in &saved.sessions {
            let session = ledger.sessions.entry(saved.session).or_default();
            session.given = saved.given;
            session.lane.next = saved.passed;
            session.lane.passed = saved.passed;
            session.waiting = saved.waiting;
        }
        for (chain_id, voucher) in &saved.vouchers {
            if *chain_id == ledger.identity.chain_id {
                let session = ledger.sessions.entry(voucher.voucher.session).or_default();
                session.voucher = Some(*voucher);
                session.voucher_stored = true;
            }
        }
        for saved in saved.batches {
            ledger.open_saved(saved)?;
        }
        let mut remembered = saved.remembered;
        // Answers in pieces whose sending a death of the process ended: charged for what was sent by their last note.
        for sent in saved.partial {
            let receipt = &sent.receipt;
            let session = ledger.sessions.entry(receipt.session).or_default();
            session.wait_for(sent.amount, receipt.issued_at);
            ledger.last_serial = ledger.last_serial.max(sent.serial.0);
            remembered.push(Remembered {
                session: receipt.session,
                request_id: receipt.request_id,
                content: sent.content,
                kept_until: sent.kept_until,
                serial: sent.serial,
            });
            records.push(Record::Receipt(Box::new(sent)));
        }
        remembered.sort_unstable_by_key(|one| one.kept_until);
        for one in remembered {
            let id = (one.session, one.request_id);
            let (content, serial) = (one.content, one.serial);
            ledger.known.insert(id, Known::Done { content, serial });
            ledger.forgetting.push_back((one.kept_until, id));
        }
        ledger.count();
        Ok(Changed {
            value: ledger,
            records,
        })
    }

    fn open_saved(&mut self, saved: SavedBatch) -> Result<(), LoadError> {
        let unreadable = |reason: &dyn ToString| LoadError::Unreadable {
            batch: saved.id,
            reason: reason.to_string(),
        };
        let batch = Batch::decode(&saved.bytes).map_err(|error| unreadable(&error))?;
        if batch.offered() != saved.amounts.len() as u64 {
            return Err(unreadable(&"it has not as many amounts as receipts"));
        }
        let mut open = OpenBatch::new(batch, saved.bytes, saved.chain_id, saved.signature);
        open.amounts = saved.amounts;
        open.stored = true;
        open.tx = saved.tx;
        self.open_batch(saved.id, open);
        Ok(())
    }

    /// Adds a batch to the sessions whose numbers it has.
    pub(crate) fn open_batch(&mut self, id: BatchId, mut open: OpenBatch) {
        open.left = 0;
        for (group, state) in open.batch.groups.iter().zip(&mut open.groups) {
            let session = self.sessions.entry(group.session).or_default();
            state.left_from = group.sequence.max(session.lane.passed).min(group.end());
            if state.left_from < group.end() {
                session.open.insert(id);
                open.left += group.end() - state.left_from;
            }
        }
        self.batches.insert(id, open);
    }

    /// Whose books these are.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the operator decided.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The newest block observed.
    pub fn block(&self) -> Option<Block> {
        self.block.map(|(block, _)| block)
    }

    /// Sessions that a follower has to read again at every block: those with unsettled receipts, running calls or numbers, whether
    /// or not they were read since the process started.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.sessions
            .iter()
            .filter(|(_, session)| {
                session.unsettled() > 0 || !session.open.is_empty() || session.running > 0
            })
            .map(|(id, _)| *id)
    }

    /// Whether a session was seen on chain since the process started.
    pub fn knows_session(&self, session: SessionId) -> bool {
        self.sessions
            .get(&session)
            .is_some_and(|session| session.facts.is_some())
    }

    /// Whose a session is, and how it stands; none if it was not seen since the process started.
    pub fn standing(&self, session: SessionId) -> Option<Standing> {
        let known = self.sessions.get(&session)?;
        let facts = &known.facts.as_ref()?.value;
        Some(Standing {
            caller: facts.caller.to_string(),
            denom: facts.denom.clone(),
            budget: facts.budget.u128(),
            charged: known.charged(),
            ceiling: known.ceiling(),
            unsettled: known.unsettled(),
            ends_at: facts.ends_at,
        })
    }

    /// Checks what callers sign for a session.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownSession`] and [`Refusal::NoKey`].
    pub fn verifier(&self, session: SessionId) -> Result<Verifier, Refusal> {
        let known = self
            .sessions
            .get(&session)
            .filter(|known| known.facts.is_some())
            .ok_or(Refusal::UnknownSession { session })?;
        Ok(Verifier {
            attester: self.identity.attester,
            session,
            key: known.key().ok_or(Refusal::NoKey { session })?,
            call_tag: self.call_tag,
            voucher_tag: self.voucher_tag,
        })
    }

    /// Whether calls are served at all.
    ///
    /// # Errors
    ///
    /// What stops all of them, for `/health/ready`: [`Refusal::is_outage`] holds of each.
    pub fn ready(&self, now: u64) -> Result<(), Refusal> {
        let attester = self.identity.attester;
        if let Some((session, on_chain, here)) = self.roll_back() {
            return Err(Refusal::RolledBack {
                session,
                on_chain,
                here,
            });
        }
        self.fresh(now)?;
        let seen = self.attester.as_ref();
        let seen = seen.ok_or(Refusal::NotReady { attester })?;
        if crate::facts::signing_time(&seen.value).is_none_or(|time| !time.contains(now)) {
            return Err(Refusal::AttesterRetired { attester });
        }
        let limit = self.limits.unsettled_receipts;
        if self.unsettled >= limit {
            return Err(Refusal::TooMuchUnsettled {
                unsettled: self.unsettled,
                limit,
            });
        }
        let limit_seconds = self
            .limits
            .unsettled_max_age_seconds
            .min(self.identity.receipt_max_age_seconds / 2);
        let age_seconds = self.oldest.map_or(0, |oldest| now.saturating_sub(oldest));
        if age_seconds > limit_seconds {
            return Err(Refusal::UnsettledTooOld {
                age_seconds,
                limit_seconds,
            });
        }
        Ok(())
    }

    /// Whether the newest block is new, and the clock near it.
    pub(crate) fn fresh(&self, now: u64) -> Result<(), Refusal> {
        let limit_seconds = self.limits.block_max_age_seconds;
        let Some((block, observed_at)) = self.block else {
            return Err(Refusal::StaleBlock {
                age_seconds: u64::MAX,
                limit_seconds,
            });
        };
        let skew = self.limits.clock_skew_seconds;
        let clock_off = Refusal::ClockOff {
            now,
            block_time: block.time,
            limit_seconds: skew,
        };
        if now.saturating_add(skew) < block.time {
            return Err(clock_off);
        }
        let age_seconds = now.saturating_sub(block.time);
        let unseen_seconds = now.saturating_sub(observed_at);
        // A block that was only just observed is new: it is the clock that is ahead.
        if age_seconds > skew && unseen_seconds < limit_seconds {
            return Err(clock_off);
        }
        if age_seconds.max(unseen_seconds) > limit_seconds {
            return Err(Refusal::StaleBlock {
                age_seconds: age_seconds.max(unseen_seconds),
                limit_seconds,
            });
        }
        Ok(())
    }

    /// Session, next number on chain and next number here, where the chain is ahead of the books.
    pub(crate) fn roll_back(&self) -> Option<(SessionId, u64, u64)> {
        self.rolled_back
    }

    /// Counts anew what is not settled. After observations, signatures and outcomes; never in a call.
    pub(crate) fn count(&mut self) {
        let mut oldest: Option<u64> = None;
        let mut unsettled: u64 = 0;
        let mut older = |time: u64| oldest = Some(oldest.map_or(time, |oldest| oldest.min(time)));
        for session in self.sessions.values_mut() {
            (session.signed, session.signed_receipts) = (0, 0);
            if let Some(time) = session.waiting.oldest {
                older(time);
            }
            unsettled = unsettled.saturating_add(session.waiting.receipts);
        }
        for open in self.batches.values() {
            for (place, group) in open.batch.groups.iter().enumerate() {
                let Some(session) = self.sessions.get_mut(&group.session) else {
                    continue;
                };
                let from = open.groups[place].left_from.max(session.lane.next);
                if group.end() <= from {
                    continue;
                }
                let amounts = open.amounts_from(place, from).iter();
                session.signed = amounts.fold(session.signed, |sum, one| sum.saturating_add(*one));
                session.signed_receipts += group.end() - from;
                unsettled = unsettled.saturating_add(group.end() - from);
                older(open.batch.oldest(group));
            }
        }
        (self.unsettled, self.oldest) = (unsettled, oldest);
    }

    /// What an operator looks at.
    pub fn health(&self, now: u64) -> Health {
        let mut held = BTreeMap::new();
        for open in self.batches.values() {
            for (place, group) in open.batch.groups.iter().enumerate() {
                let state = &open.groups[place];
                let left = group.end().saturating_sub(state.left_from);
                let hold = state.hold.filter(|_| left > 0);
                if let Some(hold) = hold.filter(|hold| self.is_held(hold, group.session, now)) {
                    let why = hold
                        .outcome
                        .map_or("refused", hub_types::billing::Outcome::name);
                    *held.entry(why).or_insert(0) += left;
                }
            }
        }
        let waiting = self.sessions.values().map(|one| one.waiting.receipts).sum();
        Health {
            unsettled: self.unsettled,
            waiting,
            held,
            oldest: self.oldest,
            batches: self.batches.len() as u64,
            running: self.running.len() as u64,
            height: self.block.map(|(block, _)| block.height),
        }
    }

    /// Whether a hold still stands.
    pub(crate) fn is_held(&self, hold: &Hold, session: SessionId, now: u64) -> bool {
        let seen = self.sessions.get(&session).map(Session::fingerprint);
        now < hold.until && seen == Some(hold.seen)
    }
}

impl OpenBatch {
    pub fn new(batch: Batch, bytes: Vec<u8>, chain_id: String, signature: [u8; 64]) -> Self {
        let mut place = 0;
        let groups = batch.groups.iter().map(|group| {
            let first = place;
            place += usize::try_from(group.count()).unwrap_or(usize::MAX);
            OpenGroup {
                left_from: group.sequence,
                place: first,
                ..OpenGroup::default()
            }
        });
        Self {
            chain_id,
            bytes,
            signature,
            groups: groups.collect(),
            batch,
            amounts: vec![],
            stored: false,
            tx: None,
            quiet_until: 0,
            refusals: 0,
            halve: false,
            left: 0,
        }
    }

    /// Places of the groups of a session, which stand together.
    pub fn places_of(&self, session: SessionId) -> std::ops::Range<usize> {
        let groups = &self.batch.groups;
        let first = groups.partition_point(|group| group.session < session);
        let last = groups.partition_point(|group| group.session <= session);
        first..last
    }

    /// What the receipts of a group charge, from this number on.
    pub fn amounts_from(&self, group: usize, number: u64) -> &[u128] {
        let (state, stated) = (&self.groups[group], &self.batch.groups[group]);
        let skip = usize::try_from(number.saturating_sub(stated.sequence)).unwrap_or(usize::MAX);
        let end = state.place + usize::try_from(stated.count()).unwrap_or(usize::MAX);
        self.amounts
            .get(state.place.saturating_add(skip).min(end)..end)
            .unwrap_or_default()
    }

    /// Whether some of it is archived.
    pub fn is_begun(&self) -> bool {
        let begun =
            |(state, group): (&OpenGroup, &hub_wire::Group)| state.left_from > group.sequence;
        self.groups.iter().zip(&self.batch.groups).any(begun)
    }
}
