//! Terms of a model, and when each set of them can be charged.
//!
//! Sets are numbered from 1. Those that were not dropped form a chain by `supersedes`, along which the beginnings
//! ascend; only its last link has no end. A set that begins more than the grace from now is *pending*: it can still
//! be replaced, and is dropped then. Nearer than that it counts as in force, since attesters may already use it.

use hub_types::ids::{ModelId, TermsNumber};
use cosmwasm_std::{Api, StdError, StdResult, Storage};
use hub_types::denom::Denom;
use hub_types::price::Rates;
use hub_types::records::registry::{PayeeRecord, TermsRecord, Validity, TERMS};
use hub_types::time::{cutoff, CUTOFF_GRACE_SECONDS};

use super::next;
use super::shares::Shares;
use crate::error::ContractError;

/// Most sets that one question about a time is answered with.
const MAX_AT_ONE_TIME: usize = 100;

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

    fn is_pending(&self, now: u64) -> bool {
        cutoff(now) < self.effective_from()
    }

    fn is_dropped(&self) -> bool {
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
        self.into_terms(TermsNumber(1), now.saturating_sub(CUTOFF_GRACE_SECONDS), TermsNumber(0))
    }

    fn rises_above(&self, base: &TermsRecord) -> bool {
        self.denom != base.denom || !self.rates.within(&base.rates)
    }
}

/// Where the terms of a model stand: all that new ones depend on and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    base: Terms,
    pending: Option<Terms>,
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
    /// The set that counts as in force for every comparison.
    pub fn base(&self) -> &TermsRecord {
        &self.base.record
    }

    /// Sets `draft` at `now`.
    ///
    /// A rise waits for the notice, so whoever saw the price within the notice is charged no more than that. Anything
    /// else begins at once, but not before the set it follows; that one stays chargeable for the grace, since
    /// receipts are issued at it until attesters see the block.
    pub fn set(
        self,
        draft: Draft,
        now: u64,
        price_notice_seconds: u64,
    ) -> Result<Change, ContractError> {
        let Self { mut base, pending } = self;
        let latest = pending
            .as_ref()
            .map_or(base.number, |pending| pending.number);
        let from = base.effective_from();
        let (begins, superseded_at) = if draft.rises_above(&base.record) {
            let begins = now.saturating_add(price_notice_seconds);
            (begins, begins)
        } else {
            (now.max(from), cutoff(now))
        };
        let set = draft.into_terms(TermsNumber(next(latest.0)?), begins, base.number);
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

/// Stores the first terms of a model.
pub fn begin(storage: &mut dyn Storage, model: ModelId, first: &Terms) {
    put(storage, model, first);
}

/// Where the terms of a model stand at `now`, whose latest set is number `latest`.
pub fn standing(storage: &dyn Storage, model: ModelId, latest: TermsNumber, now: u64) -> StdResult<Standing> {
    let latest = get(storage, model, latest)?;
    if latest.is_pending(now) {
        Ok(Standing {
            base: get(storage, model, latest.record.supersedes)?,
            pending: Some(latest),
        })
    } else {
        Ok(Standing {
            base: latest,
            pending: None,
        })
    }
}

/// Stores what new terms change.
pub fn apply(storage: &mut dyn Storage, model: ModelId, change: &Change) {
    let changed = [
        Some(&change.superseded),
        change.dropped.as_ref(),
        Some(&change.set),
    ];
    for terms in changed.into_iter().flatten() {
        put(storage, model, terms);
    }
}

/// A set of a model whose latest is number `latest`.
pub fn load(
    storage: &dyn Storage,
    model: ModelId,
    number: TermsNumber,
    latest: TermsNumber,
) -> Result<Terms, ContractError> {
    let record = TERMS
        .get(storage, (model, number))?
        .ok_or(ContractError::UnknownTerms {
            model,
            terms: number,
            latest: TermsNumber(latest.0),
        })?;
    Ok(Terms { number, record })
}

/// Sets that can be charged for a receipt issued at `time`, the latest first.
///
/// The last set that has begun is found by halving. From there the way back ends soon: no set outlives the beginning
/// of its successor by more than the grace, and a hundred sets are read at most.
pub fn in_force_at(
    storage: &dyn Storage,
    model: ModelId,
    latest: TermsNumber,
    time: u64,
) -> StdResult<Vec<Terms>> {
    let mut found = vec![];
    let mut number = last_begun(storage, model, latest, time)?;
    for _ in 0..MAX_AT_ONE_TIME {
        if number == TermsNumber(0) {
            break;
        }
        let terms = get(storage, model, number)?;
        number = terms.record.supersedes;
        let begun = terms.effective_from();
        if terms.record.in_force_for(time, time) {
            found.push(terms);
        }
        if begun.saturating_add(CUTOFF_GRACE_SECONDS) <= time {
            break;
        }
    }
    Ok(found)
}

/// Number of the last set that begins at `time` or before, or of a dropped one right behind it; 0 if there is none.
fn last_begun(storage: &dyn Storage, model: ModelId, latest: TermsNumber, time: u64) -> StdResult<TermsNumber> {
    let (mut begun, mut after): (u64, u64) = (0, next(latest.0)?);
    loop {
        // `begun` has begun (or is 0), `after` and all behind it have not (or do not exist).
        let middle = begun.saturating_add(after.saturating_sub(begun) / 2);
        if middle == begun {
            return Ok(TermsNumber(begun));
        }
        let mut terms = get(storage, model, TermsNumber(middle))?;
        if terms.is_dropped() {
            // Between a dropped set and the one it would have superseded lie dropped sets only.
            terms = get(storage, model, terms.record.supersedes)?;
        }
        if terms.effective_from() <= time {
            begun = middle;
        } else {
            after = middle;
        }
    }
}

fn get(storage: &dyn Storage, model: ModelId, number: TermsNumber) -> StdResult<Terms> {
    let record = TERMS
        .get(storage, (model, number))?
        .ok_or_else(|| StdError::not_found(format!("terms {number} of model {model}")))?;
    Ok(Terms { number, record })
}

fn put(storage: &mut dyn Storage, model: ModelId, terms: &Terms) {
    TERMS.set(storage, (model, terms.number), &terms.record);
}

#[cfg(test)]
mod tests;
