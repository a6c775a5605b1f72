//! What each operator served of each model, and what it kept of the income.
//!
//! A model's record holds the sums of its first few operators, so that most models need no other record; those of further
//! operators have records of their own.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{DenomNumber, ModelId, OperatorNumber};
use hub_types::records::served::{Served, MAX_INLINE_OPERATORS, RANKING_AT, SERVED};
use hub_types::records::usage::{rank, UsageRecord};

use super::{UsageChanges, Use};
use crate::domain::copies::Copies;

/// The copies of a message that have no room in their models' records.
pub struct ServedBook<'a> {
    storage: &'a dyn Storage,
    copies: Copies<(ModelId, DenomNumber, OperatorNumber), ServedCopy>,
}

struct ServedCopy {
    stored: Served,
    served: Served,
}

impl<'a> ServedBook<'a> {
    pub fn new(storage: &'a dyn Storage) -> Self {
        Self {
            storage,
            copies: Copies::default(),
        }
    }

    pub fn add(&mut self, used: &Use) -> StdResult<()> {
        let key = (used.model, used.denom, used.operator);
        let storage = self.storage;
        let copy = self.copies.find(key, || {
            let stored = SERVED.get(storage, key)?.unwrap_or_default();
            StdResult::Ok(ServedCopy {
                stored,
                served: stored,
            })
        })?;
        copy.served.add(&used.service(), used.week());
        Ok(())
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for ((model, denom, operator), ServedCopy { stored, served }) in self.copies.into_sorted() {
            changes.set(&SERVED, (model, denom, operator), &served);
            list_rank(changes, (denom, operator), model, &stored, &served);
        }
    }
}

/// Adds what an operator served to the model's own record; false if that has no room for it.
pub fn add_inline(record: &mut UsageRecord, used: &Use) -> bool {
    // Free calls name nobody: everybody can have them.
    if used.sums.calls == 0 {
        return true;
    }
    let place = match record.place_of(used.operator) {
        Ok(place) => place,
        Err(_) if record.served.len() >= MAX_INLINE_OPERATORS => return false,
        Err(place) => {
            record
                .served
                .insert(place, (used.operator, Served::default()));
            place
        }
    };
    if let Some((_, served)) = record.served.get_mut(place) {
        served.add(&used.service(), used.week());
    }
    true
}

/// Moves the models of a record in the rankings of the operators whose sums stand in it.
pub fn list_inline_ranks(
    changes: &mut UsageChanges,
    model: ModelId,
    denom: DenomNumber,
    stored: &UsageRecord,
    record: &UsageRecord,
) {
    for (operator, served) in &record.served {
        let before = inline(stored, *operator).unwrap_or_default();
        list_rank(changes, (denom, *operator), model, &before, served);
    }
}

fn list_rank(
    changes: &mut UsageChanges,
    ranking: (DenomNumber, OperatorNumber),
    model: ModelId,
    before: &Served,
    after: &Served,
) {
    let (before, after) = (before.score(), after.score());
    if before == after {
        return;
    }
    if before > 0 {
        changes.remove(&RANKING_AT, (ranking, rank(before), model));
    }
    if after > 0 {
        changes.set(&RANKING_AT, (ranking, rank(after), model), &());
    }
}

fn inline(record: &UsageRecord, operator: OperatorNumber) -> Option<Served> {
    let place = record.place_of(operator).ok()?;
    record.served.get(place).map(|(_, served)| *served)
}

/// What an operator served of a model whose record is `usage`; zeros if nothing.
pub fn at(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    usage: &UsageRecord,
    operator: OperatorNumber,
) -> StdResult<Served> {
    if let Some(served) = inline(usage, operator) {
        return Ok(served);
    }
    if usage.served.len() < MAX_INLINE_OPERATORS {
        return Ok(Served::default());
    }
    Ok(SERVED
        .get(storage, (model, denom, operator))?
        .unwrap_or_default())
}

/// Operators after `start_after` that served a model whose record is `usage`, by number.
pub fn page(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    usage: &UsageRecord,
    start_after: Option<OperatorNumber>,
    limit: usize,
) -> StdResult<Vec<(OperatorNumber, Served)>> {
    let mut page: Vec<(OperatorNumber, Served)> = vec![];
    if usage.served.len() >= MAX_INLINE_OPERATORS {
        for entry in SERVED
            .range(storage, (model, denom), start_after)
            .take(limit)
        {
            page.push(entry?);
        }
    }
    for (operator, served) in &usage.served {
        if start_after.is_none_or(|after| *operator > after) {
            let place = page.partition_point(|(other, _)| other < operator);
            page.insert(place, (*operator, *served));
        }
    }
    page.truncate(limit);
    Ok(page)
}

/// Models after `start_after`, a score and a model, by what `operator` recently kept of them, from the most on.
pub fn ranking(
    storage: &dyn Storage,
    denom: DenomNumber,
    operator: OperatorNumber,
    start_after: Option<(u16, ModelId)>,
    limit: usize,
) -> StdResult<Vec<(u16, ModelId)>> {
    let start_after = start_after.map(|(score, model)| (rank(score), model));
    RANKING_AT
        .range(storage, (denom, operator), start_after)
        .map(|entry| entry.map(|((place, model), ())| (rank(place), model)))
        .take(limit)
        .collect()
}
