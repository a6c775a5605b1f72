//! Terms of models by number.

use cosmwasm_std::{StdError, StdResult, Storage};
use hub_types::ids::{ModelId, TermsNumber};
use hub_types::records::registry::TERMS;
use hub_types::time::CUTOFF_GRACE_SECONDS;

use crate::domain::next;
use crate::domain::terms::{Change, Standing, Terms};
use crate::error::ContractError;

/// Most sets that one question about a time is answered with.
const MAX_AT_ONE_TIME: usize = 100;

/// Stores the first terms of a model.
pub fn begin(storage: &mut dyn Storage, model: ModelId, first: &Terms) {
    put(storage, model, first);
}

/// Where the terms of a model stand at `now`, whose latest set is number `latest`.
pub fn standing(
    storage: &dyn Storage,
    model: ModelId,
    latest: TermsNumber,
    now: u64,
) -> StdResult<Standing> {
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
            latest,
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
        if terms.record.is_in_force_at(time) {
            found.push(terms);
        }
        if begun.saturating_add(CUTOFF_GRACE_SECONDS) <= time {
            break;
        }
    }
    Ok(found)
}

/// Number of the last set that begins at `time` or before, or of a dropped one right after it; 0 if there is none.
fn last_begun(
    storage: &dyn Storage,
    model: ModelId,
    latest: TermsNumber,
    time: u64,
) -> StdResult<TermsNumber> {
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
