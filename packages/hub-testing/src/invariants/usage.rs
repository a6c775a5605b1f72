//! Usage against itself: the same facts stand in several records, for readers who ask differently.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use cosmwasm_std::{Addr, CanonicalAddr};
use hub_types::belief::backed;
use hub_types::ids::{AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber};
use hub_types::records::escrow::Spent;
use hub_types::records::served::MAX_INLINE_OPERATORS;
use hub_types::records::usage::{rank, score, HubTotals, Sums, UsageRecord, WeekCounts};
use hub_types::time::{Day, Week};

use super::Violations;
use crate::state::State;

/// Recounts whatever follows from the models' records.
pub fn check(state: &State, human: &dyn Fn(&CanonicalAddr) -> Addr, violations: &mut Violations) {
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
        violations.unless(
            usage.recent.sum <= aged && (usage.payers..=u64::MAX).contains(&usage.payer_weeks),
            || format!("{}: more is recent than ever was", what()),
        );
        check_served(state, (*model, *denom), usage, violations);
        check_days(state, (*model, *denom), usage, violations);
        check_releases(state, (*model, *denom), usage, violations);
    }
    check_payers(state, violations);
    for denom in state.denoms.keys() {
        check_hub(state, *denom, violations);
    }
    check_ranking(state, violations);
    check_kept(state, human, violations);
}

impl Violations {
    fn same<T: PartialEq + Debug>(&mut self, what: impl FnOnce() -> String, found: T, expected: T) {
        self.unless(found == expected, || {
            format!("{}: {found:?}, expected {expected:?}", what())
        });
    }
}

/// What operators served makes up the model's usage, and what they kept is a part of it. The first ones stand in its record.
fn check_served(
    state: &State,
    (model, denom): (ModelId, DenomNumber),
    usage: &UsageRecord,
    violations: &mut Violations,
) {
    let what = || format!("what operators served of model {model} in denomination {denom}");
    let inline: BTreeSet<OperatorNumber> = usage.served.iter().map(|(id, _)| *id).collect();
    let further = state
        .served
        .range((model, denom, OperatorNumber(0))..=(model, denom, OperatorNumber::MAX));
    let further: Vec<_> = further.map(|((_, _, id), served)| (*id, *served)).collect();
    violations.unless(
        inline.len() == usage.served.len()
            && inline.len() <= MAX_INLINE_OPERATORS
            && (further.is_empty() || inline.len() == MAX_INLINE_OPERATORS)
            && further.iter().all(|(id, _)| !inline.contains(id)),
        || format!("{} stands in the wrong place", what()),
    );
    let (mut strange, mut calls) = (0u128, 0u64);
    for (operator, served) in usage.served.iter().copied().chain(further) {
        strange = strange.saturating_add(served.strange);
        calls = calls.saturating_add(served.calls);
        violations.unless(
            served.kept <= served.strange
                && served.recent_strange <= served.strange
                && served.recent_kept <= served.kept.min(served.recent_strange)
                && backed(served.lifetime(), 1) == served.kept,
            || format!("{}: operator {operator} kept more than there was", what()),
        );
        let first = state.attesters.get(&AttesterId(operator.0));
        violations.unless(
            first.is_some_and(|attester| attester.operator_number == operator),
            || format!("{}: nobody is operator {operator}", what()),
        );
    }
    violations.same(
        what,
        (strange, calls),
        (
            usage.sums.gross.saturating_sub(usage.sums.related),
            usage.sums.calls,
        ),
    );
}

/// What operators kept of the models is what their attesters did, what sessions say, and what is folded into spends.
fn check_kept(state: &State, human: &dyn Fn(&CanonicalAddr) -> Addr, violations: &mut Violations) {
    for denom in state.denoms.keys() {
        let served = state.all_served().into_iter();
        let served = served.filter(|((_, of, _), _)| of == denom);
        let of_models = served.fold(0u128, |sum, (_, served)| sum.saturating_add(served.kept));
        let attesters = state
            .attester_usage
            .iter()
            .filter(|((_, of), _)| of == denom);
        let of_attesters = attesters.fold(0u128, |sum, (_, it)| sum.saturating_add(it.kept));
        let sessions = state.sessions.values().filter(|it| it.denom == *denom);
        let of_sessions = sessions.fold(0u128, |sum, it| sum.saturating_add(it.kept));
        violations.same(
            || format!("what operators kept in {denom}, by attesters and sessions"),
            (of_attesters, of_sessions),
            (of_models, of_models),
        );
    }
    let mut expected: BTreeMap<_, Spent> = BTreeMap::new();
    for (id, session) in &state.sessions {
        let Some(policy) = state.policies.get(id).filter(|_| session.released) else {
            continue;
        };
        if session.spent > 0 {
            let of = (
                human(&policy.funder),
                session.denom,
                human(&policy.operator),
            );
            let sum = expected.entry(of).or_default();
            *sum = sum.and(session.spent());
        }
    }
    violations.same(
        || "what was spent with operators".to_owned(),
        state.spent_with.clone(),
        expected,
    );
    let mut totals: BTreeMap<_, Spent> = BTreeMap::new();
    for ((funder, denom, _), spent) in &state.spent_with {
        let sum = totals.entry((funder.clone(), *denom)).or_default();
        *sum = sum.and(*spent);
    }
    violations.same(|| "what was spent".to_owned(), state.spent.clone(), totals);
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
        .range((model, denom, Day(0))..=(model, denom, Day(u64::MAX)));
    let closed = days.map(|((_, _, day), sums)| (*day, *sums));
    let mut before = (Day(0), Sums::default());
    for (day, sums) in closed.chain([(usage.open_day, usage.sums)]) {
        let rising = before.0 < day && before.1.and(&sums.without(&before.1)) == sums;
        violations.unless(rising, || {
            format!(
                "usage of model {model} in denomination {denom} fell on day {}",
                day.0
            )
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
    let mut spans: BTreeMap<(DenomNumber, &Addr), (Week, Week)> = BTreeMap::new();
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
        *returning += u64::from(weeks.last.since(weeks.first) >= 2);
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

    let week = hub.open_day.week();
    let payers = || {
        let of_denom = state.payers.iter().filter(|(key, _)| of_denom(key.0));
        of_denom.filter(|(_, payer)| payer.weeks.last == week)
    };
    let in_week = |usage: &UsageRecord| usage.last_day > Day(0) && usage.last_day.week() == week;
    let expected = WeekCounts {
        payers: payers().count() as u64,
        returning: payers()
            .filter(|(_, payer)| week.since(payer.weeks.first) >= 2)
            .count() as u64,
        models_called: count(&in_week),
        models_earning: count(&|usage| in_week(usage) && usage.payers_in_week > 0),
    };
    violations.same(
        || format!("week {} of the Hub in {denom}", week.0),
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
    violations.same(|| "the ranking of all time".to_owned(), found, expected);

    let recent = state
        .usage
        .iter()
        .map(|(of, usage)| (of, usage.recent.score()));
    let expected: BTreeSet<(DenomNumber, u16, ModelId)> = recent
        .filter(|(_, score)| *score > 0)
        .map(|((model, denom), score)| (*denom, rank(score), *model))
        .collect();
    let found: BTreeSet<_> = state.recent_ranking.keys().copied().collect();
    violations.same(|| "the ranking".to_owned(), found, expected);

    let served = state.all_served().into_iter();
    let expected: BTreeSet<(DenomNumber, OperatorNumber, u16, ModelId)> = served
        .map(|((model, denom, operator), served)| (denom, operator, served.score(), model))
        .filter(|(_, _, score, _)| *score > 0)
        .map(|(denom, operator, score, model)| (denom, operator, rank(score), model))
        .collect();
    let found: BTreeSet<_> = state.ranking_at.keys().copied().collect();
    violations.same(|| "the rankings of operators".to_owned(), found, expected);
}
