//! The working copy of one session: read once, moved through all groups of a message, told to the escrow once.

use cosmwasm_std::Uint128;
use hub_types::billing::Outcome;
use hub_types::escrow::SessionSettlement;
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::records::billing::AttesterRecord;
use hub_types::records::escrow::{SessionPolicy, SessionRecord};
use hub_types::time::{Day, Week};

use super::charge::Payable;
use super::group::Group;
use crate::error::ContractError;

/// How the attester stands to the lanes of the session before the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneClaim {
    /// It has a lane.
    Held {
        /// Number of its next receipt.
        next: u64,
    },
    /// It gets a lane that is free.
    Free,
    /// It gets the lane of an attester that can never charge again.
    Replaces {
        /// That attester.
        attester: AttesterId,
    },
    /// All lanes are in use.
    Full,
}

/// Where a group stands to the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// It writes nothing.
    Refused(Outcome),
    /// It is billed from this number on.
    At(u64),
}

/// A session being settled.
pub struct SessionCopy {
    policy: SessionPolicy,
    record: SessionRecord,
    claim: LaneClaim,
    next_before: u64,
    next: u64,
    charged: u128,
    kept: u128,
    raised: bool,
}

impl SessionCopy {
    pub fn new(policy: SessionPolicy, record: SessionRecord, claim: LaneClaim) -> Self {
        let next = match claim {
            LaneClaim::Held { next } => next,
            _ => 0,
        };
        Self {
            policy,
            record,
            claim,
            next_before: next,
            next,
            charged: 0,
            kept: 0,
            raised: false,
        }
    }

    pub fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// Number of the session's denomination.
    pub fn denom(&self) -> DenomNumber {
        self.record.denom
    }

    /// Ceiling on what may be charged, for sessions that have one.
    pub fn ceiling(&self) -> Option<u128> {
        self.record.ceiling
    }

    /// Raises the ceiling; a lower one is ignored.
    pub fn raise_ceiling(&mut self, ceiling: u128) {
        if self.record.ceiling.is_some_and(|present| present < ceiling) {
            self.record.ceiling = Some(ceiling);
            self.raised = true;
        }
    }

    /// Whether the session trusts the operator of the attester, and its measurement where it insists on one.
    pub fn trusts(&self, attester: &AttesterRecord) -> bool {
        self.policy.operator == attester.operator
            && (self.policy.measurement.is_none()
                || self.policy.measurement == attester.measurement)
    }

    /// Where the group stands to the attester's lane. Numbers below the lane's next were billed or refused for good, so
    /// a replay is `stale`. An itemised group that overlaps them is billed in its new part; of a netted one that part
    /// is not known, so it waits until the rest is sent as a group of its own.
    pub fn position(&self, group: &Group) -> Position {
        if group.end <= self.next {
            Position::Refused(Outcome::Stale)
        } else if self.claim == LaneClaim::Full {
            Position::Refused(Outcome::LanesFull)
        } else if group.sequence > self.next {
            Position::Refused(Outcome::Gap)
        } else if group.is_netted() && group.sequence < self.next {
            Position::Refused(Outcome::Overlaps)
        } else {
            Position::At(self.next)
        }
    }

    /// What can be charged.
    pub fn payable(&self) -> Payable {
        Payable {
            left: self.record.left(),
            chargeable: self.record.chargeable(),
        }
    }

    /// How much of a charge is paid with money that lay in the session for a day or more.
    pub fn aged_part(&self, charge: u128, today: Day) -> u128 {
        self.record.aged_part(charge, today)
    }

    /// Consumes the numbers below `next` without charging.
    pub fn advance(&mut self, next: u64) {
        self.next = next;
    }

    /// Charges `amount` for the numbers below `next`.
    pub fn charge(&mut self, next: u64, amount: u128) -> Result<(), ContractError> {
        let beyond = ContractError::Inconsistent {
            what: "a charge beyond 128 bits",
        };
        let spent = self.record.spent.checked_add(amount);
        let charged = self.charged.checked_add(amount);
        let (Some(spent), Some(charged)) = (spent, charged) else {
            return Err(beyond);
        };
        self.record.spent = spent;
        self.charged = charged;
        self.next = next;
        Ok(())
    }

    /// Notes what of the last charge the operator kept.
    pub fn keep(&mut self, amount: u128) {
        self.kept = self.kept.saturating_add(amount);
    }

    /// Whether the session remembers that its funder is marked as a payer of its model at `place` in `week`.
    pub fn is_marked(&self, place: Option<usize>, week: Week) -> bool {
        self.record.paid_week == week && self.record.paid_models & bit(place) != 0
    }

    /// Remembers that its funder is marked so.
    pub fn mark(&mut self, place: Option<usize>, week: Week) {
        if self.record.paid_week != week {
            self.record.paid_week = week;
            self.record.paid_models = 0;
        }
        self.record.paid_models |= bit(place);
    }

    /// What the escrow is told; nothing if the lane did not move.
    pub fn into_settlement(
        self,
        session: SessionId,
        attester: AttesterId,
    ) -> Option<SessionSettlement> {
        (self.next > self.next_before).then(|| SessionSettlement {
            session,
            attester,
            replaces: match self.claim {
                LaneClaim::Replaces { attester } => Some(attester),
                _ => None,
            },
            next_before: self.next_before,
            next_after: self.next,
            charge: Uint128::new(self.charged),
            kept: Uint128::new(self.kept),
            ceiling: self
                .record
                .ceiling
                .filter(|_| self.raised)
                .map(Uint128::new),
            paid_week: self.record.paid_week,
            paid_models: self.record.paid_models,
        })
    }
}

/// The bit of the listed model at `place`; none for sessions that list no models.
fn bit(place: Option<usize>) -> u8 {
    place
        .and_then(|place| u32::try_from(place).ok())
        .and_then(|place| 1u8.checked_shl(place))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
