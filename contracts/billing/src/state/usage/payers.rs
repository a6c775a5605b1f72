//! Payers: funders whose aged money paid.
//!
//! A payer's record holds its weeks in the Hub and in its first few models, so that a week of a whole session costs one
//! record. Each payer of a model has an entry of its own besides, by which readers find it; it holds the weeks where the
//! payer's record has no room for them, and is written once where it has.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::{DenomNumber, ModelId};
use hub_types::records::usage::{
    ModelPayer, PayerRecord, Visit, Weeks, MAX_INLINE_MODELS, MODEL_PAYERS, PAYERS,
};
use hub_types::time::Week;

use super::UsageChanges;
use crate::domain::copies::Copies;

/// The copies of a message.
pub struct PayerBook<'a> {
    storage: &'a dyn Storage,
    payers: Copies<(DenomNumber, CanonicalAddr), PayerCopy>,
    entries: Copies<(ModelId, DenomNumber, CanonicalAddr), ModelPayer>,
}

struct PayerCopy {
    record: Option<PayerRecord>,
    changed: bool,
}

/// What a payment is to those before it.
pub struct Visits {
    /// Of the payer to the model; not the same week.
    pub of_model: Visit,
    /// Of the payer to the Hub.
    pub of_hub: Visit,
}

impl<'a> PayerBook<'a> {
    pub fn new(storage: &'a dyn Storage) -> Self {
        Self {
            storage,
            payers: Copies::default(),
            entries: Copies::default(),
        }
    }

    /// Counts `week` for the funder and the model; nothing if it was counted already.
    pub fn mark(
        &mut self,
        model: ModelId,
        denom: DenomNumber,
        funder: &CanonicalAddr,
        week: Week,
    ) -> StdResult<Option<Visits>> {
        let storage = self.storage;
        let copy = self.payers.find((denom, funder.clone()), || {
            StdResult::Ok(PayerCopy {
                record: PAYERS.get(storage, (denom, funder))?,
                changed: false,
            })
        })?;
        let (mut record, of_hub) = match copy.record.clone() {
            None => (PayerRecord::new(week), Visit::First),
            Some(mut record) => {
                let visit = record.weeks.visit(week);
                (record, visit)
            }
        };
        let key = (model, denom, funder.clone());
        let place = record.models.binary_search_by_key(&model, |(id, _)| *id);
        let of_model = match place {
            Ok(place) => match record.models.get_mut(place) {
                Some((_, weeks)) => weeks.visit(week),
                None => Visit::Same,
            },
            Err(place) => {
                let known = match self.entries.get(&key) {
                    Some(entry) => Some(*entry),
                    None => MODEL_PAYERS.get(storage, (model, denom, funder))?,
                };
                match known.and_then(|entry| entry.weeks) {
                    Some(mut weeks) => {
                        let visit = weeks.visit(week);
                        if visit != Visit::Same {
                            self.entries.set(key, ModelPayer { weeks: Some(weeks) });
                        }
                        visit
                    }
                    None if record.models.len() < MAX_INLINE_MODELS => {
                        record.models.insert(place, (model, Weeks::only(week)));
                        self.entries.set(key, ModelPayer { weeks: None });
                        Visit::First
                    }
                    None => {
                        let weeks = Some(Weeks::only(week));
                        self.entries.set(key, ModelPayer { weeks });
                        Visit::First
                    }
                }
            }
        };
        if of_model == Visit::Same {
            return Ok(None);
        }
        if copy.record.as_ref() != Some(&record) {
            copy.record = Some(record);
            copy.changed = true;
        }
        Ok(Some(Visits { of_model, of_hub }))
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for ((denom, funder), copy) in self.payers.into_sorted() {
            if let (Some(record), true) = (copy.record, copy.changed) {
                changes.set(&PAYERS, (denom, &funder), &record);
            }
        }
        for ((model, denom, funder), entry) in self.entries.into_sorted() {
            changes.set(&MODEL_PAYERS, (model, denom, &funder), &entry);
        }
    }
}

/// Payers of a model after `start_after`, with their weeks.
pub fn page(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    start_after: Option<CanonicalAddr>,
    limit: usize,
) -> StdResult<Vec<(CanonicalAddr, Weeks)>> {
    let mut payers = vec![];
    for entry in MODEL_PAYERS
        .range::<CanonicalAddr>(storage, (model, denom), start_after)
        .take(limit)
    {
        let (payer, entry) = entry?;
        let weeks = match entry.weeks {
            Some(weeks) => Some(weeks),
            None => PAYERS
                .get(storage, (denom, &payer))?
                .and_then(|record| record.weeks_of(model)),
        };
        payers.extend(weeks.map(|weeks| (payer, weeks)));
    }
    Ok(payers)
}
