//! Usage against itself: the same facts stand in several records, for readers who ask differently.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber};
use hub_types::records::usage::{rank, score, HubTotals, Sums, UsageRecord, WeekCounts};
use hub_types::time;

use super::Violations;
use crate::state::State;

/// Recounts whatever follows from the models' records.
pub fn check(state: &State, violations: &mut Violations) {
    for ((model, denom), usage) in &state.usage {
        let what = || format!("usage of model {model} in denomination {denom}");
        violations.unless(state.denoms.contains_key(denom), || {
            format!("{}: no such denomination", what())
        });
        let Sums {
            gross,
            related,
            aged,
            ..
        } = usage.sums;
        violations.unless(
            related
                .checked_add(aged)
                .is_some_and(|parts| parts <= gross),
            || format!("{}: related and aged are more than gross", what()),
        );
        violations.unless(
            usage.returning.max(usage.payers_in_week) <= usage.payers,
            || format!("{}: more payers return than pay", what()),
        );
        check_days(state, (*model, *denom), usage, violations);
        check_releases(state, (*model, *denom), usage, violations);
    }
    check_payers(state, violations);
    for denom in state.denoms.keys() {
        check_hub(state, *denom, violations);
    }
    check_ranking(state, violations);
}

impl Violations {
    fn same<T: PartialEq + Debug>(&mut self, what: impl FnOnce() -> String, found: T, expected: T) {
        self.unless(found == expected, || {
            format!("{}: {found:?}, expected {expected:?}", what())
        });
    }
}

/// Lifetime sums never fall from day to day, and the closed days lie before the open one.
fn check_days(
    state: &State,
    (model, denom): (ModelId, DenomNumber),
    usage: &UsageRecord,
    violations: &mut Violations,
) {
    let days = state
        .usage_days
        .range((model, denom, 0)..=(model, denom, u32::MAX));
    let closed = days.map(|((_, _, day), sums)| (u64::from(*day), *sums));
    let mut before = (0, Sums::default());
    for (day, sums) in closed.chain([(usage.open_day, usage.sums)]) {
        let rising = before.0 < day && before.1.and(&sums.without(&before.1)) == sums;
        violations.unless(rising, || {
            format!("usage of model {model} in denomination {denom} fell on day {day}")
        });
        before = (day, sums);
    }
}

/// Earlier releases add up to what the record says of them.
fn check_releases(
    state: &State,
    (model, denom): (ModelId, DenomNumber),
    usage: &UsageRecord,
    violations: &mut Violations,
) {
    let releases = state
        .usage_releases
        .range((model, denom, ReleaseNumber(0))..=(model, denom, ReleaseNumber(u64::MAX)));
    let mut sum = Sums::default();
    for ((_, _, release), sums) in releases {
        violations.unless(*release < usage.release, || {
            format!("release {release} of model {model} is not before the latest billed")
        });
        sum = sum.and(sums);
    }
    violations.same(
        || format!("earlier releases of model {model} in denomination {denom}"),
        sum,
        usage.earlier_releases,
    );
}

/// Each model's payers are as many as its record says, and a payer's weeks begin and end with those of its models.
fn check_payers(state: &State, violations: &mut Violations) {
    let mut counts: BTreeMap<(ModelId, DenomNumber), (u64, u64)> = BTreeMap::new();
    let mut spans: BTreeMap<(DenomNumber, &cosmwasm_std::Addr), (u64, u64)> = BTreeMap::new();
    for ((model, denom, payer), entry) in &state.model_payers {
        let record = state.payers.get(&(*denom, payer.clone()));
        let inline = record.and_then(|record| record.weeks_of(*model));
        let (Some(weeks), true) = (
            inline.or(entry.weeks),
            inline.is_none() || entry.weeks.is_none(),
        ) else {
            violations.unless(false, || {
                format!("the weeks of payer {payer} of model {model} stand nowhere, or twice")
            });
            continue;
        };
        let (payers, returning) = counts.entry((*model, *denom)).or_default();
        *payers += 1;
        *returning += u64::from(weeks.first < weeks.last);
        let (first, last) = spans
            .entry((*denom, payer))
            .or_insert((weeks.first, weeks.last));
        *first = weeks.first.min(*first);
        *last = weeks.last.max(*last);
    }
    for (place, usage) in &state.usage {
        violations.same(
            || format!("payers and returning ones of {place:?}"),
            (usage.payers, usage.returning),
            counts.get(place).copied().unwrap_or_default(),
        );
    }
    for ((denom, payer), record) in &state.payers {
        violations.same(
            || format!("weeks of payer {payer}"),
            Some((record.weeks.first, record.weeks.last)),
            spans.get(&(*denom, payer)).copied(),
        );
    }
}

/// The Hub's sums are those of its models and of its attesters.
fn check_hub(state: &State, denom: DenomNumber, violations: &mut Violations) {
    let hub = state.hubs.get(&denom).copied().unwrap_or_default();
    let models = || {
        let of_denom =
            |((_, number), _): &(&(ModelId, DenomNumber), &UsageRecord)| *number == denom;
        state.usage.iter().filter(of_denom).map(|(_, usage)| usage)
    };
    let count =
        |keep: &dyn Fn(&UsageRecord) -> bool| models().filter(|usage| keep(usage)).count() as u64;
    let sums = models().fold(Sums::default(), |sum, usage| sum.and(&usage.sums));
    let of_denom = |number: DenomNumber| number == denom;
    let expected = HubTotals {
        gross: sums.gross,
        related: sums.related,
        aged: sums.aged,
        calls: sums.calls,
        free_calls: sums.free_calls,
        models_called: count(&|usage| usage.sums.calls > 0),
        models_earning: count(&|usage| usage.sums.aged > 0),
        authors_earning: state.earners.keys().filter(|key| of_denom(key.0)).count() as u64,
        payers: state.payers.keys().filter(|key| of_denom(key.0)).count() as u64,
    };
    violations.same(
        || format!("sums of the Hub in {denom}"),
        hub.totals,
        expected,
    );

    let week = time::week(hub.open_day);
    let payers = || {
        let of_denom = state.payers.iter().filter(|(key, _)| of_denom(key.0));
        of_denom.filter(|(_, payer)| payer.weeks.last == week)
    };
    let in_week = |usage: &UsageRecord| usage.last_day > 0 && time::week(usage.last_day) == week;
    let expected = WeekCounts {
        payers: payers().count() as u64,
        returning: payers()
            .filter(|(_, payer)| payer.weeks.first < week)
            .count() as u64,
        models_called: count(&in_week),
        models_earning: count(&|usage| in_week(usage) && usage.payers_in_week > 0),
    };
    violations.same(
        || format!("week {week} of the Hub in {denom}"),
        hub.week,
        expected,
    );

    let attesters = state
        .attester_usage
        .iter()
        .filter(|(key, _)| of_denom(key.1));
    let signed = attesters.fold((0u128, 0u64), |(gross, calls), (_, totals)| {
        (
            gross.saturating_add(totals.gross),
            calls.saturating_add(totals.calls),
        )
    });
    violations.same(
        || format!("what attesters signed in {denom}"),
        signed,
        (sums.gross, sums.calls),
    );
}

fn check_ranking(state: &State, violations: &mut Violations) {
    let earning = state.usage.iter().filter(|(_, usage)| usage.sums.aged > 0);
    let expected: BTreeSet<(DenomNumber, u16, ModelId)> = earning
        .map(|((model, denom), usage)| (*denom, rank(score(usage.sums.aged)), *model))
        .collect();
    let found: BTreeSet<_> = state.ranking.keys().copied().collect();
    violations.same(|| "the ranking".to_owned(), found, expected);
}
