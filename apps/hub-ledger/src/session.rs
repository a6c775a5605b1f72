//! What the books say of one session.

use std::collections::BTreeSet;

use hub_types::escrow::{Models, SessionResponse, SessionState};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber};
use hub_types::time::{Interval, CUTOFF_GRACE_SECONDS};
use hub_wire::{KeyType, PublicKey, SignedVoucher};

use crate::facts::Seen;
use crate::record::{BatchId, Waiting};

/// Most lanes of a session.
const MAX_LANES: usize = 4;

/// The attester's lane in a session, as nodes showed it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lane {
    /// Next number by the newest observation.
    pub next: u64,
    /// Next number that two blocks showed. What lies before it is done with.
    pub passed: u64,
    /// Next number that one block showed, and its height.
    pub candidate: Option<(u64, u64)>,
    /// A next number beyond what was given, and the height at which it was first seen.
    pub ahead: Option<(u64, u64)>,
}

/// One session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    /// What the chain shows; none until it was seen since the process started.
    pub facts: Option<Seen<Box<SessionResponse>>>,
    /// Height at which it was first seen released.
    pub released: Option<u64>,
    pub lane: Lane,
    /// Number behind the last one given.
    pub given: u64,
    /// Receipts without a number.
    pub waiting: Waiting,
    /// Batches with numbers of this session.
    pub open: BTreeSet<BatchId>,
    /// Receipts in them that the lane has not passed, by the newest observation, and what they charge.
    pub signed_receipts: u64,
    pub signed: u128,
    /// The most that running calls can charge.
    pub reserved: u128,
    pub running: u64,
    pub voucher: Option<SignedVoucher>,
    /// Whether a store knows the voucher.
    pub voucher_stored: bool,
}

impl Session {
    /// What counts against budget and ceiling.
    pub fn charged(&self) -> u128 {
        let spent = self
            .facts
            .as_ref()
            .map_or(0, |facts| facts.value.spent.u128());
        spent
            .saturating_add(self.signed)
            .saturating_add(self.waiting.amount)
            .saturating_add(self.reserved)
    }

    /// Receipts that are not settled by the newest observation.
    pub fn unsettled(&self) -> u64 {
        self.waiting.receipts.saturating_add(self.signed_receipts)
    }

    /// What the caller agreed to; none for sessions without a ceiling.
    pub fn ceiling(&self) -> Option<u128> {
        let on_chain = self.facts.as_ref()?.value.ceiling.as_ref()?.ceiling.u128();
        let signed = self.voucher.map_or(0, |signed| signed.voucher.ceiling);
        Some(on_chain.max(signed))
    }

    /// The voucher, where it raises the ceiling on chain.
    pub fn useful_voucher(&self) -> Option<SignedVoucher> {
        let on_chain = self.facts.as_ref()?.value.ceiling.as_ref()?.ceiling.u128();
        self.voucher
            .filter(|signed| signed.voucher.ceiling > on_chain)
    }

    /// The key that signs calls and vouchers.
    pub fn key(&self) -> Option<PublicKey> {
        let ceiling = self.facts.as_ref()?.value.ceiling.as_ref()?;
        let key = ceiling.key.as_ref()?;
        PublicKey::new(KeyType::from(key.key_type), &key.key).ok()
    }

    /// What can change so that a settlement that was refused may pass.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            budget: self
                .facts
                .as_ref()
                .map_or(0, |facts| facts.value.budget.u128()),
            ceiling: self.ceiling(),
            next: self.lane.next,
            released: self.released.is_some(),
        }
    }

    /// Whether an attester has a lane here, or gets one.
    pub fn has_lane_for(&self, attester: AttesterId) -> bool {
        self.facts.as_ref().is_some_and(|facts| {
            let lanes = &facts.value.lanes;
            lanes.len() < MAX_LANES || lanes.iter().any(|lane| lane.attester == attester)
        })
    }
}

/// See [`Session::fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    budget: u128,
    ceiling: Option<u128>,
    next: u64,
    released: bool,
}

/// When a session takes receipts.
pub(crate) fn takes(session: &SessionResponse) -> Interval {
    Interval {
        from: session.opened_at.saturating_sub(CUTOFF_GRACE_SECONDS),
        until: Some(session.ends_at),
    }
}

/// Whether a session allows a release of a model.
pub(crate) fn admits(session: &SessionResponse, model: ModelId, release: ReleaseNumber) -> bool {
    match &session.models {
        Models::Any {} => true,
        Models::Listed(listed) => listed
            .iter()
            .any(|one| one.model == model && one.release.is_none_or(|only| only == release)),
    }
}

pub(crate) fn is_released(session: &SessionResponse) -> bool {
    session.state == SessionState::Released
}
