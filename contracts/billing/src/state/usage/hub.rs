//! The Hub as a whole, by day and by week.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::DenomNumber;
use hub_types::records::usage::{
    HubRecord, HubTotals, Visit, WeekCounts, EARNERS, HUB, HUB_DAYS, HUB_WEEKS,
};
use hub_types::time::{Day, Week};

use super::{News, UsageChanges, Use};
use crate::domain::copies::Copies;

/// The copies of a message.
pub struct HubBook<'a> {
    storage: &'a dyn Storage,
    hubs: Copies<DenomNumber, HubCopy>,
    earners: Copies<(DenomNumber, CanonicalAddr), ()>,
}

struct HubCopy {
    stored: HubRecord,
    record: HubRecord,
}

impl<'a> HubBook<'a> {
    pub fn new(storage: &'a dyn Storage) -> Self {
        Self {
            storage,
            hubs: Copies::default(),
            earners: Copies::default(),
        }
    }

    /// Adds a group, on the day of the block.
    pub fn add(&mut self, used: &Use, news: &News) -> StdResult<()> {
        let new_author = news.first_aged && self.is_new_earner(used.denom, used.author)?;
        let record = &mut self.copy(used.denom)?.record;
        if record.open_day < used.day {
            if record.open_day.week() < used.day.week() {
                record.week = WeekCounts::default();
            }
            record.open_day = used.day;
        }
        let HubRecord { totals, week, .. } = record;
        totals.gross = totals.gross.saturating_add(used.sums.gross);
        totals.related = totals.related.saturating_add(used.sums.related);
        totals.aged = totals.aged.saturating_add(used.sums.aged);
        totals.calls = totals.calls.saturating_add(used.sums.calls);
        totals.free_calls = totals.free_calls.saturating_add(used.sums.free_calls);
        count(&mut totals.models_called, news.first_call);
        count(&mut totals.models_earning, news.first_aged);
        count(&mut totals.authors_earning, new_author);
        count(&mut week.models_called, news.first_call_of_week);
        Ok(())
    }

    /// Counts a payer for this week, unless it was counted for another model; and the model that it paid, if it is the
    /// first payer of that one this week.
    pub fn count_payer(
        &mut self,
        denom: DenomNumber,
        visit: Visit,
        first_of_model: bool,
    ) -> StdResult<()> {
        let HubRecord { totals, week, .. } = &mut self.copy(denom)?.record;
        count(&mut week.models_earning, first_of_model);
        count(&mut week.payers, visit != Visit::Same);
        let returns = matches!(visit, Visit::Return | Visit::Again);
        count(&mut week.returning, returns);
        count(&mut totals.payers, visit == Visit::First);
        Ok(())
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for (denom, HubCopy { stored, record }) in self.hubs.into_sorted() {
            changes.set(&HUB, denom, &record);
            let (closed, open) = (stored.open_day, record.open_day);
            if closed > Day(0) && closed < open {
                changes.set(&HUB_DAYS, (denom, closed), &stored.totals);
                let week = closed.week();
                if week < open.week() {
                    changes.set(&HUB_WEEKS, (denom, week), &stored.week);
                }
            }
        }
        for ((denom, author), ()) in self.earners.into_sorted() {
            changes.set(&EARNERS, (denom, &author), &());
        }
    }

    fn is_new_earner(&mut self, denom: DenomNumber, author: &CanonicalAddr) -> StdResult<bool> {
        if EARNERS.get(self.storage, (denom, author))?.is_some() {
            return Ok(false);
        }
        let key = (denom, author.clone());
        let new = self.earners.get(&key).is_none();
        self.earners.set(key, ());
        Ok(new)
    }

    fn copy(&mut self, denom: DenomNumber) -> StdResult<&mut HubCopy> {
        let storage = self.storage;
        self.hubs.find(denom, || {
            let stored = load(storage, denom)?;
            Ok(HubCopy {
                stored,
                record: stored,
            })
        })
    }
}

fn count(counter: &mut u64, one_more: bool) {
    *counter = counter.saturating_add(one_more.into());
}

/// The Hub in a denomination; zeros if nothing happened.
pub fn load(storage: &dyn Storage, denom: DenomNumber) -> StdResult<HubRecord> {
    Ok(HUB.get(storage, denom)?.unwrap_or_default())
}

/// Lifetime sums at the end of `day`; `hub` is the record.
pub fn totals_up_to(
    storage: &dyn Storage,
    denom: DenomNumber,
    hub: &HubRecord,
    day: Day,
) -> StdResult<HubTotals> {
    if day >= hub.open_day {
        return Ok(hub.totals);
    }
    let last = HUB_DAYS.last_up_to(storage, denom, day)?;
    Ok(last.map_or_else(HubTotals::default, |(_, totals)| totals))
}

/// Days after `start_after` on which receipts were billed, each with the lifetime sums at its end.
pub fn days(
    storage: &dyn Storage,
    denom: DenomNumber,
    hub: &HubRecord,
    start_after: Option<Day>,
    limit: usize,
) -> StdResult<Vec<(Day, HubTotals)>> {
    let open =
        (hub.open_day > start_after.unwrap_or_default()).then_some(Ok((hub.open_day, hub.totals)));
    HUB_DAYS
        .range(storage, denom, start_after)
        .chain(open)
        .take(limit)
        .collect()
}

/// Counts of the weeks after `start_after` in which receipts were billed.
pub fn weeks(
    storage: &dyn Storage,
    denom: DenomNumber,
    start_after: Option<Week>,
    limit: usize,
) -> StdResult<Vec<(Week, WeekCounts)>> {
    let hub = load(storage, denom)?;
    let week = hub.open_day.week();
    let open = (week > start_after.unwrap_or_default()).then_some(Ok((week, hub.week)));
    HUB_WEEKS
        .range(storage, denom, start_after)
        .chain(open)
        .take(limit)
        .collect()
}
