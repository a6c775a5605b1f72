//! Answers about usage.

use std::collections::BinaryHeap;
use std::ops::RangeInclusive;

use cosmwasm_std::{Addr, Decimal, Deps, Env, Uint128};
use hub_types::billing::{
    AttesterUsageResponse, AttestersUsageResponse, AuthorUsageResponse, HubByDayResponse, HubOfDay,
    HubOfWeek, HubResponse, HubSpan, HubWeeksResponse, PayerResponse, PayersResponse, RankedModel,
    RankingPlace, RankingResponse, UsageByDayResponse, UsageByReleaseResponse, UsageOfDay,
    UsageOfDaysResponse, UsageOfModelByDay, UsageOfModelDays, UsageOfRelease, UsageResponse,
    UsagesByDayResponse, UsagesOfDaysResponse, UsagesResponse, MAX_GLANCE_DAYS, MAX_MODEL_DAYS,
};
use hub_types::denom::{Denom, UncheckedDenom};
use hub_types::ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber};
use hub_types::records::usage::{
    AttesterTotals, HubRecord, HubTotals, Sums, UsageRecord, WeekCounts,
};
use hub_types::time::{Day, Week};
use hub_types::verifier::Measurement;
use hub_types::{escrow, page, registry};

use crate::error::ContractError;
use crate::state::{attesters, config, usage};

/// Of how many models the ten with the most aged income are chosen, see [`HubResponse::ten_largest`].
const RANKED_FOR_TEN_LARGEST: usize = 32;

/// The denomination that a reader names, and the number under which its usage is kept.
pub struct Counted {
    pub denom: Denom,
    pub number: DenomNumber,
}

impl Counted {
    pub fn find(deps: Deps, denom: UncheckedDenom) -> Result<Self, ContractError> {
        let denom = denom.check(deps)?;
        let known: Option<escrow::DenomResponse> = deps.querier.query_wasm_smart(
            config::load(deps.storage)?.escrow,
            &escrow::QueryMsg::Denom {
                denom: denom.clone().into(),
            },
        )?;
        // Numbers start at 1, so nothing is ever kept under 0.
        let number = known.map_or(DenomNumber(0), |known| known.denom_number);
        Ok(Self { denom, number })
    }
}

pub fn usage(
    deps: Deps,
    env: &Env,
    model: ModelId,
    denom: &Counted,
) -> Result<UsageResponse, ContractError> {
    let usage = usage::load(deps.storage, model, denom.number)?;
    let this_week = present_week(env);
    let called = usage.sums.calls > 0;
    Ok(UsageResponse {
        model,
        denom: denom.denom.clone(),
        sums: usage.sums.into(),
        first_day: called.then_some(usage.first_day.0),
        last_day: called.then_some(usage.last_day.0),
        payers: usage.payers,
        payers_this_week: match usage.last_day.week() == this_week {
            true => usage.payers_in_week,
            false => 0,
        },
        returning: usage.returning,
        payer_weeks: usage.payer_weeks,
        recent_aged: usage.recent.at(this_week).into(),
        settle_lag_seconds: (usage.open_day > Day(0)).then_some(usage.settle_lag_seconds),
    })
}

pub fn usages(
    deps: Deps,
    env: &Env,
    models: &[ModelId],
    denom: &Counted,
) -> Result<UsagesResponse, ContractError> {
    let usages = models.iter().map(|model| usage(deps, env, *model, denom));
    Ok(UsagesResponse {
        usages: usages.collect::<Result<_, _>>()?,
    })
}

/// Week of the block.
pub fn present_week(env: &Env) -> Week {
    Day::of(env.block.time.seconds()).week()
}

pub fn usage_by_day(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    start_after: Option<Day>,
    limit: Option<u32>,
) -> Result<UsageByDayResponse, ContractError> {
    let limit = page::size(limit)?;
    Ok(UsageByDayResponse {
        days: days_of(deps, model, denom, start_after, limit)?,
    })
}

/// Days after `start_after` on which receipts of a model were billed, at most `limit`.
fn days_of(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    start_after: Option<Day>,
    limit: usize,
) -> Result<Vec<UsageOfDay>, ContractError> {
    let (storage, number) = (deps.storage, denom.number);
    let usage = usage::load(storage, model, number)?;
    let mut before = match start_after {
        Some(day) => usage::sums_up_to(storage, model, number, &usage, day)?,
        None => Sums::default(),
    };
    let days = usage::days(storage, model, number, &usage, start_after, limit)?
        .into_iter()
        .map(|(day, sums)| UsageOfDay {
            day: day.0,
            sums: sums.without(&std::mem::replace(&mut before, sums)).into(),
        });
    Ok(days.collect())
}

pub fn usage_of_days(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    days: DaySpan,
) -> Result<UsageOfDaysResponse, ContractError> {
    Ok(UsageOfDaysResponse {
        sums: sums_of_days(deps, model, denom, days)?.into(),
    })
}

pub fn usages_of_days(
    deps: Deps,
    models: Vec<ModelId>,
    denom: &Counted,
    days: DaySpan,
) -> Result<UsagesOfDaysResponse, ContractError> {
    let models = models.into_iter().map(|model| {
        let sums = sums_of_days(deps, model, denom, days)?.into();
        Ok(UsageOfModelDays { model, sums })
    });
    Ok(UsagesOfDaysResponse {
        models: models.collect::<Result<_, ContractError>>()?,
    })
}

pub fn usages_by_day(
    deps: Deps,
    models: Vec<ModelId>,
    denom: &Counted,
    span: DaySpan,
) -> Result<UsagesByDayResponse, ContractError> {
    let days = span.days();
    if days.saturating_mul(count(&models)) > MAX_MODEL_DAYS {
        let models = models.len();
        return Err(ContractError::TooManyModelDays { models, days });
    }
    // No more than the bound, so it fits every platform.
    let most = usize::try_from(days).unwrap_or(usize::MAX);
    let models = models.into_iter().map(|model| {
        let days = days_of(deps, model, denom, span.day_before(), most)?;
        let days = days.into_iter().filter(|entry| entry.day <= span.until.0);
        Ok(UsageOfModelByDay {
            model,
            days: days.collect(),
        })
    });
    Ok(UsagesByDayResponse {
        models: models.collect::<Result<_, ContractError>>()?,
    })
}

/// Days from the first to the last, both included, which is not before the first.
#[derive(Clone, Copy)]
pub struct DaySpan {
    from: Day,
    until: Day,
}

impl DaySpan {
    pub fn parse(days: RangeInclusive<u64>) -> Result<Self, ContractError> {
        let (from, until) = days.into_inner();
        if until < from {
            return Err(ContractError::BackwardSpan { from, until });
        }
        Ok(Self {
            from: Day(from),
            until: Day(until),
        })
    }

    /// How many days it has.
    fn days(&self) -> u64 {
        let more = self.until.0.saturating_sub(self.from.0);
        more.saturating_add(1)
    }

    /// The day before its first; none if that is the first of all.
    fn day_before(&self) -> Option<Day> {
        self.from.0.checked_sub(1).map(Day)
    }
}

fn sums_of_days(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    days: DaySpan,
) -> Result<Sums, ContractError> {
    let usage = usage::load(deps.storage, model, denom.number)?;
    let up_to = |day| usage::sums_up_to(deps.storage, model, denom.number, &usage, day);
    let before = match days.day_before() {
        Some(day) => up_to(day)?,
        None => Sums::default(),
    };
    Ok(up_to(days.until)?.without(&before))
}

pub fn usage_by_release(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    start_after: Option<ReleaseNumber>,
    limit: Option<u32>,
) -> Result<UsageByReleaseResponse, ContractError> {
    let limit = page::size(limit)?;
    let releases = usage::releases(deps.storage, model, denom.number, start_after, limit)?
        .into_iter()
        .map(|(release, sums)| UsageOfRelease {
            release,
            sums: sums.into(),
        });
    Ok(UsageByReleaseResponse {
        releases: releases.collect(),
    })
}

pub fn payers(
    deps: Deps,
    model: ModelId,
    denom: &Counted,
    start_after: Option<Addr>,
    limit: Option<u32>,
) -> Result<PayersResponse, ContractError> {
    let start_after = start_after
        .map(|payer| deps.api.addr_canonicalize(payer.as_str()))
        .transpose()?;
    let limit = page::size(limit)?;
    let payers = usage::payers(deps.storage, model, denom.number, start_after, limit)?
        .into_iter()
        .map(|(payer, weeks)| {
            Ok(PayerResponse {
                payer: deps.api.addr_humanize(&payer)?,
                first_week: weeks.first.0,
                last_week: weeks.last.0,
            })
        });
    Ok(PayersResponse {
        payers: payers.collect::<Result<_, ContractError>>()?,
    })
}

pub fn author_usage(
    deps: Deps,
    author: Addr,
    denom: &Counted,
    start_after: Option<ModelId>,
    limit: Option<u32>,
) -> Result<AuthorUsageResponse, ContractError> {
    let wanted = page::size(limit)?;
    let listed: registry::ModelIdsResponse = deps.querier.query_wasm_smart(
        config::load(deps.storage)?.registry,
        &registry::QueryMsg::ModelIdsByAuthor {
            author: author.into_string(),
            start_after,
            limit,
        },
    )?;
    let mut sums = Sums::default();
    for model in &listed.models {
        sums = sums.and(&usage::load(deps.storage, *model, denom.number)?.sums);
    }
    Ok(AuthorUsageResponse {
        models: count(&listed.models),
        sums: sums.into(),
        next: next(&listed.models, wanted),
    })
}

pub fn attester_usage(
    deps: Deps,
    attester: AttesterId,
    denom: Counted,
) -> Result<AttesterUsageResponse, ContractError> {
    attesters::load(deps.storage, attester)?;
    let totals = usage::attester_totals(deps.storage, attester, denom.number)?;
    Ok(AttesterUsageResponse {
        attester,
        denom: denom.denom,
        sums: totals.into(),
    })
}

pub fn operator_usage(
    deps: Deps,
    operator: &Addr,
    denom: &Counted,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersUsageResponse, ContractError> {
    let operator = deps.api.addr_canonicalize(operator.as_str())?;
    let wanted = page::size(limit)?;
    let ids = attesters::page_by_operator(deps.storage, &operator, start_after, wanted)?;
    sum_of_attesters(deps, denom, &ids, wanted)
}

pub fn measurement_usage(
    deps: Deps,
    measurement: &Measurement,
    denom: &Counted,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersUsageResponse, ContractError> {
    let wanted = page::size(limit)?;
    let ids = attesters::page_by_measurement(deps.storage, measurement, start_after, wanted)?;
    sum_of_attesters(deps, denom, &ids, wanted)
}

fn sum_of_attesters(
    deps: Deps,
    denom: &Counted,
    ids: &[AttesterId],
    wanted: usize,
) -> Result<AttestersUsageResponse, ContractError> {
    let mut sums = AttesterTotals::default();
    for attester in ids {
        let totals = usage::attester_totals(deps.storage, *attester, denom.number)?;
        sums = sums.and(&totals);
    }
    Ok(AttestersUsageResponse {
        attesters: count(ids),
        sums: sums.into(),
        next: next(ids, wanted),
    })
}

fn count<T>(ids: &[T]) -> u64 {
    u64::try_from(ids.len()).unwrap_or(u64::MAX)
}

/// Where to go on after a page of `ids`; nowhere if it is not full.
fn next<T: Copy>(ids: &[T], wanted: usize) -> Option<T> {
    let full = ids.len() == wanted;
    ids.last().copied().filter(|_| full)
}

pub fn ranking(
    deps: Deps,
    env: &Env,
    denom: &Counted,
    start_after: Option<RankingPlace>,
    limit: Option<u32>,
) -> Result<RankingResponse, ContractError> {
    let start_after = start_after.map(|place| (place.score, place.model));
    let limit = page::size(limit)?;
    let places = usage::ranking(deps.storage, denom.number, start_after, limit)?;
    ranked(deps, env, denom, places)
}

pub fn lifetime_ranking(
    deps: Deps,
    env: &Env,
    denom: &Counted,
    start_after: Option<RankingPlace>,
    limit: Option<u32>,
) -> Result<RankingResponse, ContractError> {
    let start_after = start_after.map(|place| (place.score, place.model));
    let limit = page::size(limit)?;
    let places = usage::lifetime_ranking(deps.storage, denom.number, start_after, limit)?;
    ranked(deps, env, denom, places)
}

fn ranked(
    deps: Deps,
    env: &Env,
    denom: &Counted,
    places: Vec<(u16, ModelId)>,
) -> Result<RankingResponse, ContractError> {
    let week = present_week(env);
    let models = places.into_iter().map(|(score, model)| {
        let usage = usage::load(deps.storage, model, denom.number)?;
        let place = RankingPlace { score, model };
        Ok(ranked_model(place, &usage, week))
    });
    Ok(RankingResponse {
        models: models.collect::<Result<_, ContractError>>()?,
    })
}

fn ranked_model(place: RankingPlace, usage: &UsageRecord, week: Week) -> RankedModel {
    RankedModel {
        place,
        recent_aged: usage.recent.at(week).into(),
        aged: usage.sums.aged.into(),
        gross: usage.sums.gross.into(),
        related: usage.sums.related.into(),
        payers: usage.payers,
        returning: usage.returning,
    }
}

pub fn hub(deps: Deps, env: &Env, denom: Counted, days: u32) -> Result<HubResponse, ContractError> {
    if !(1..=MAX_GLANCE_DAYS).contains(&days) {
        return Err(ContractError::GlanceDays { days });
    }
    let today = Day::of(env.block.time.seconds());
    let hub = usage::hub(deps.storage, denom.number)?;
    let yesterday = today.before(1);
    let middle = yesterday.before(days.into());
    let start = middle.before(days.into());
    let ends = [today, yesterday, middle, start];
    let [now, yesterday, middle, start] = points(deps, &denom, &hub, ends)?;
    let this_week = match hub.open_day.week() == today.week() {
        true => hub.week,
        false => WeekCounts::default(),
    };
    let ten_largest = ten_largest(deps, &denom)?;
    Ok(HubResponse {
        denom: denom.denom,
        today: today.0,
        lifetime: now.since(&Point::default()),
        so_far_today: now.since(&yesterday),
        last: yesterday.since(&middle),
        before: middle.since(&start),
        this_week: this_week.into(),
        ten_largest,
        ten_largest_share: Decimal::checked_from_ratio(ten_largest, hub.totals.aged)
            .unwrap_or_default(),
    })
}

/// Lifetime sums at the end of a day.
#[derive(Default)]
struct Point {
    models: u64,
    totals: HubTotals,
}

impl Point {
    fn since(&self, earlier: &Self) -> HubSpan {
        HubSpan {
            models_registered: self.models.saturating_sub(earlier.models),
            sums: self.totals.without(&earlier.totals).into(),
        }
    }
}

fn points(
    deps: Deps,
    denom: &Counted,
    hub: &HubRecord,
    days: [Day; 4],
) -> Result<[Point; 4], ContractError> {
    let counts: registry::ModelCountsResponse = deps.querier.query_wasm_smart(
        config::load(deps.storage)?.registry,
        &registry::QueryMsg::ModelCounts {
            days: days.map(|day| day.0).to_vec(),
        },
    )?;
    let mut points: [Point; 4] = Default::default();
    for ((point, day), models) in points.iter_mut().zip(days).zip(counts.models) {
        let totals = usage::hub_totals_up_to(deps.storage, denom.number, hub, day)?;
        *point = Point { models, totals };
    }
    Ok(points)
}

/// Chosen from the head of the ranking by what they really have, since those that round alike stand in no order.
fn ten_largest(deps: Deps, denom: &Counted) -> Result<Uint128, ContractError> {
    let (storage, number) = (deps.storage, denom.number);
    let mut aged = BinaryHeap::new();
    for (_, model) in usage::lifetime_ranking(storage, number, None, RANKED_FOR_TEN_LARGEST)? {
        aged.push(usage::load(storage, model, number)?.sums.aged);
    }
    let ten = (0..10).filter_map(|_| aged.pop());
    Ok(Uint128::new(ten.fold(0, u128::saturating_add)))
}

pub fn hub_by_day(
    deps: Deps,
    denom: &Counted,
    start_after: Option<Day>,
    limit: Option<u32>,
) -> Result<HubByDayResponse, ContractError> {
    let (storage, number) = (deps.storage, denom.number);
    let hub = usage::hub(storage, number)?;
    let mut before = match start_after {
        Some(day) => usage::hub_totals_up_to(storage, number, &hub, day)?,
        None => HubTotals::default(),
    };
    let limit = page::size(limit)?;
    let days = usage::hub_days(storage, number, &hub, start_after, limit)?
        .into_iter()
        .map(|(day, totals)| {
            let earlier = std::mem::replace(&mut before, totals);
            HubOfDay {
                day: day.0,
                sums: totals.without(&earlier).into(),
            }
        });
    Ok(HubByDayResponse {
        days: days.collect(),
    })
}

pub fn hub_weeks(
    deps: Deps,
    denom: &Counted,
    start_after: Option<Week>,
    limit: Option<u32>,
) -> Result<HubWeeksResponse, ContractError> {
    let limit = page::size(limit)?;
    let weeks = usage::hub_weeks(deps.storage, denom.number, start_after, limit)?
        .into_iter()
        .map(|(week, counts)| HubOfWeek {
            week: week.0,
            counts: counts.into(),
        });
    Ok(HubWeeksResponse {
        weeks: weeks.collect(),
    })
}
