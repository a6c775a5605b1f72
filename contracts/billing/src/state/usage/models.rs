//! What each model was used for: of its life, by day and by release; and the ranking.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber};
use hub_types::packed::PackedMap;
use hub_types::records::usage::{
    rank, score, Sums, UsageRecord, Visit, RANKING, RECENT_RANKING, USAGE, USAGE_DAYS,
    USAGE_RELEASES,
};
use hub_types::time::Day;

use super::served;
use super::{News, UsageChanges, Use};
use crate::domain::copies::Copies;

/// The copies of a message.
pub struct ModelBook<'a> {
    storage: &'a dyn Storage,
    models: Copies<(ModelId, DenomNumber), ModelCopy>,
}

struct ModelCopy {
    stored: UsageRecord,
    record: UsageRecord,
    /// Sums of releases before the latest one billed, where the message changes them.
    earlier: Copies<ReleaseNumber, Sums>,
}

impl<'a> ModelBook<'a> {
    pub fn new(storage: &'a dyn Storage) -> Self {
        Self {
            storage,
            models: Copies::default(),
        }
    }

    pub fn gross(&mut self, model: ModelId, denom: DenomNumber) -> StdResult<u128> {
        Ok(self.copy(model, denom)?.record.sums.gross)
    }

    /// Adds a group, on the day of the block.
    pub fn add(&mut self, used: &Use) -> StdResult<News> {
        let storage = self.storage;
        let copy = self.copy(used.model, used.denom)?;
        copy.add_to_release(storage, used)?;
        let record = &mut copy.record;
        let lag = used.settle_lag_seconds;
        record.settle_lag_seconds = match record.open_day < used.day {
            true => lag,
            false => record.settle_lag_seconds.min(lag),
        };
        record.open_day = record.open_day.max(used.day);
        record.recent.add(used.sums.aged, used.week());
        let full = !served::add_inline(record, used);
        let called = used.sums.calls > 0;
        let called_this_week =
            record.last_day > Day(0) && record.last_day.week() == used.day.week();
        let news = News {
            first_call: called && record.sums.calls == 0,
            first_call_of_week: called && !called_this_week,
            first_aged: used.sums.aged > 0 && record.sums.aged == 0,
            full,
        };
        if called {
            record.last_day = used.day;
        }
        if news.first_call {
            record.first_day = used.day;
        }
        if news.first_call_of_week {
            record.payers_in_week = 0;
        }
        record.sums = record.sums.and(&used.sums);
        Ok(news)
    }

    /// Counts a payer that came for the first time this week; whether it is the model's first one of this week.
    pub fn count_payer(
        &mut self,
        model: ModelId,
        denom: DenomNumber,
        visit: Visit,
    ) -> StdResult<bool> {
        let record = &mut self.copy(model, denom)?.record;
        match visit {
            Visit::Same => return Ok(false),
            Visit::First => record.payers = record.payers.saturating_add(1),
            Visit::Return => record.returning = record.returning.saturating_add(1),
            Visit::Next | Visit::Again => (),
        }
        record.payer_weeks = record.payer_weeks.saturating_add(1);
        record.payers_in_week = record.payers_in_week.saturating_add(1);
        Ok(record.payers_in_week == 1)
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for ((model, denom), copy) in self.models.into_sorted() {
            let ModelCopy {
                stored,
                record,
                earlier,
            } = copy;
            if record == stored {
                continue;
            }
            changes.set(&USAGE, (model, denom), &record);
            if stored.open_day > Day(0) && stored.open_day < record.open_day {
                let key = (model, denom, stored.open_day);
                changes.set(&USAGE_DAYS, key, &stored.sums);
            }
            for (release, sums) in earlier.into_sorted() {
                changes.set(&USAGE_RELEASES, (model, denom, release), &sums);
            }
            let of = |score: fn(&UsageRecord) -> u16| [score(&stored), score(&record)];
            let place = (denom, model);
            list_rank(changes, &RANKING, place, of(|it| score(it.sums.aged)));
            list_rank(changes, &RECENT_RANKING, place, of(|it| it.recent.score()));
            served::list_inline_ranks(changes, model, denom, &stored, &record);
        }
    }

    fn copy(&mut self, model: ModelId, denom: DenomNumber) -> StdResult<&mut ModelCopy> {
        let storage = self.storage;
        self.models.find((model, denom), || {
            let stored = load(storage, model, denom)?;
            Ok(ModelCopy {
                record: stored.clone(),
                stored,
                earlier: Copies::default(),
            })
        })
    }
}

/// Moves a model in a ranking, if its score is another than before.
fn list_rank(
    changes: &mut UsageChanges,
    ranking: &PackedMap<(DenomNumber, u16, ModelId), ()>,
    (denom, model): (DenomNumber, ModelId),
    [before, after]: [u16; 2],
) {
    if before == after {
        return;
    }
    if before > 0 {
        changes.remove(ranking, (denom, rank(before), model));
    }
    if after > 0 {
        changes.set(ranking, (denom, rank(after), model), &());
    }
}

impl ModelCopy {
    /// Adds a group to the sums of its release. Those of the latest release billed are what the model's sums have
    /// beyond all earlier ones', so a model whose callers went over to a new release pays for no second record.
    fn add_to_release(&mut self, storage: &dyn Storage, used: &Use) -> StdResult<()> {
        let record = &mut self.record;
        if used.release > record.release {
            if record.release > ReleaseNumber(0) {
                let left = record.sums.without(&record.earlier_releases);
                self.earlier.set(record.release, left);
            }
            record.earlier_releases = record.sums;
            record.release = used.release;
        } else if used.release < record.release {
            let key = (used.model, used.denom, used.release);
            let sums = self.earlier.find(used.release, || {
                StdResult::Ok(USAGE_RELEASES.get(storage, key)?.unwrap_or_default())
            })?;
            *sums = sums.and(&used.sums);
            record.earlier_releases = record.earlier_releases.and(&used.sums);
        }
        Ok(())
    }
}

/// Usage of a model in a denomination; zeros if none.
pub fn load(storage: &dyn Storage, model: ModelId, denom: DenomNumber) -> StdResult<UsageRecord> {
    Ok(USAGE.get(storage, (model, denom))?.unwrap_or_default())
}

/// Lifetime sums of a model at the end of `day`; `usage` is its record.
pub fn sums_up_to(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    usage: &UsageRecord,
    day: Day,
) -> StdResult<Sums> {
    if day >= usage.open_day {
        return Ok(usage.sums);
    }
    let last = USAGE_DAYS.last_up_to(storage, (model, denom), day)?;
    Ok(last.map_or_else(Sums::default, |(_, sums)| sums))
}

/// Days after `start_after` on which receipts were billed, each with the lifetime sums at its end.
pub fn days(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    usage: &UsageRecord,
    start_after: Option<Day>,
    limit: usize,
) -> StdResult<Vec<(Day, Sums)>> {
    let open = (usage.open_day > start_after.unwrap_or_default())
        .then_some(Ok((usage.open_day, usage.sums)));
    USAGE_DAYS
        .range(storage, (model, denom), start_after)
        .chain(open)
        .take(limit)
        .collect()
}

/// Sums of the releases after `start_after` that were billed, by number.
pub fn releases(
    storage: &dyn Storage,
    model: ModelId,
    denom: DenomNumber,
    start_after: Option<ReleaseNumber>,
    limit: usize,
) -> StdResult<Vec<(ReleaseNumber, Sums)>> {
    let usage = load(storage, model, denom)?;
    let latest = (usage.release > start_after.unwrap_or_default()).then(|| {
        let sums = usage.sums.without(&usage.earlier_releases);
        Ok((usage.release, sums))
    });
    USAGE_RELEASES
        .range(storage, (model, denom), start_after)
        .chain(latest)
        .take(limit)
        .collect()
}

/// Models after `start_after`, a score and a model, by recent aged income from the highest score on, then by model.
pub fn ranking(
    storage: &dyn Storage,
    denom: DenomNumber,
    start_after: Option<(u16, ModelId)>,
    limit: usize,
) -> StdResult<Vec<(u16, ModelId)>> {
    page_of(&RECENT_RANKING, storage, denom, start_after, limit)
}

/// The same by the aged income of their lives.
pub fn lifetime_ranking(
    storage: &dyn Storage,
    denom: DenomNumber,
    start_after: Option<(u16, ModelId)>,
    limit: usize,
) -> StdResult<Vec<(u16, ModelId)>> {
    page_of(&RANKING, storage, denom, start_after, limit)
}

fn page_of(
    ranking: &PackedMap<(DenomNumber, u16, ModelId), ()>,
    storage: &dyn Storage,
    denom: DenomNumber,
    start_after: Option<(u16, ModelId)>,
    limit: usize,
) -> StdResult<Vec<(u16, ModelId)>> {
    let start_after = start_after.map(|(score, model)| (rank(score), model));
    ranking
        .range(storage, denom, start_after)
        .map(|entry| entry.map(|((place, model), ())| (rank(place), model)))
        .take(limit)
        .collect()
}
