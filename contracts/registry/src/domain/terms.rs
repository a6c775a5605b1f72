//! Terms of a model, and when each set of them can be charged.
//!
//! Sets are numbered from 1. Those that were not dropped form a chain by `supersedes`, along which the beginnings
//! ascend; only its last link has no end. A set that begins more than the grace from now is *pending*: it can still
//! be replaced, and is dropped then. Nearer than that it counts as in force, since attesters may already use it.

use cosmwasm_std::{Api, StdResult};
use hub_types::denom::Denom;
use hub_types::ids::TermsNumber;
use hub_types::price::Rates;
use hub_types::records::registry::{PayeeRecord, TermsRecord, Validity};
use hub_types::time::{cutoff, Seconds, CUTOFF_GRACE_SECONDS};

use super::next;
use super::shares::Shares;
use crate::error::ContractError;

/// A set of terms with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its number within the model, from 1.
    pub number: TermsNumber,
    /// What is stored of it.
    pub record: TermsRecord,
}

impl Terms {
    /// When it can first be charged; never for a dropped set.
    pub fn effective_from(&self) -> u64 {
        match self.record.validity {
            Validity::Dropped => u64::MAX,
            Validity::Interval { from, .. } => from,
        }
    }

    /// Whether new terms at `now` would drop it.
    pub fn is_pending(&self, now: u64) -> bool {
        cutoff(now) < self.effective_from()
    }

    /// Whether it never was nor will be in force.
    pub fn is_dropped(&self) -> bool {
        self.record.validity == Validity::Dropped
    }
}

/// Price and shares that are to become a set of terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    denom: Denom,
    rates: Rates,
    operator_bps: u16,
    payees: Vec<PayeeRecord>,
}

impl Draft {
    /// A price of `rates` in `denom`, divided by `shares`.
    pub fn new(api: &dyn Api, denom: Denom, rates: Rates, shares: &Shares) -> StdResult<Self> {
        let payees = shares.payees().iter().map(|payee| {
            Ok(PayeeRecord {
                account: api.addr_canonicalize(payee.address.as_str())?,
                bps: payee.bps,
            })
        });
        Ok(Self {
            denom,
            rates,
            operator_bps: shares.operator_bps(),
            payees: payees.collect::<StdResult<_>>()?,
        })
    }

    fn into_terms(self, number: TermsNumber, from: u64, supersedes: TermsNumber) -> Terms {
        Terms {
            number,
            record: TermsRecord {
                denom: self.denom,
                rates: self.rates,
                operator_bps: self.operator_bps,
                payees: self.payees,
                validity: Validity::Interval { from, until: None },
                supersedes,
            },
        }
    }

    /// The first terms of a model, in force at once. Receipts of the grace before are charged at them too, as sessions
    /// take them: an attester whose clock is slow would lose what it earns right after the registration.
    pub fn into_first(self, now: u64) -> Terms {
        self.into_terms(
            TermsNumber(1),
            now.saturating_sub(CUTOFF_GRACE_SECONDS),
            TermsNumber(0),
        )
    }

    fn rises_above(&self, base: &TermsRecord) -> bool {
        self.denom != base.denom || !self.rates.within(&base.rates)
    }
}

/// Where the terms of a model stand: all that new ones depend on and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The set that counts as in force for every comparison.
    pub base: Terms,
    /// The set that waits to follow it.
    pub pending: Option<Terms>,
}

/// What new terms change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The new set.
    pub set: Terms,
    /// The set before it, which now has an end.
    pub superseded: Terms,
    /// That end.
    pub superseded_at: u64,
    /// The set that was waiting and never will be in force.
    pub dropped: Option<Terms>,
}

impl Standing {
    /// Sets `draft` at `now`.
    ///
    /// A rise waits for the notice, so whoever saw the price within the notice is charged no more than that. Anything
    /// else begins at once, but not before the set it follows; that one stays chargeable for the grace, since
    /// receipts are issued at it until attesters see the block.
    pub fn set(
        self,
        draft: Draft,
        now: u64,
        price_notice: Seconds,
    ) -> Result<Change, ContractError> {
        let Self { mut base, pending } = self;
        let latest = pending
            .as_ref()
            .map_or(base.number, |pending| pending.number);
        let from = base.effective_from();
        let (begins, superseded_at) = if draft.rises_above(&base.record) {
            let begins = price_notice.after(now);
            (begins, begins)
        } else {
            (now.max(from), cutoff(now))
        };
        let set = draft.into_terms(next(latest)?, begins, base.number);
        base.record.validity = Validity::Interval {
            from,
            until: Some(superseded_at),
        };
        Ok(Change {
            set,
            superseded: base,
            superseded_at,
            dropped: pending.map(|mut pending| {
                pending.record.validity = Validity::Dropped;
                pending
            }),
        })
    }
}
