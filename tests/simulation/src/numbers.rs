//! What anybody can ask the contracts: the only source of everything in the report that is not called truth.

use std::collections::BTreeMap;

use anyhow::Result;
use cosmwasm_std::Addr;
use hub_types::belief::names_at_a_time;
use hub_types::billing::{
    AttesterSums, AttestersUsageResponse, BackingResponse, BackingsResponse, HubByDayResponse,
    HubOfDay, HubOfWeek, HubResponse, HubWeeksResponse, QueryMsg, RankingPlace, RankingResponse,
    UsageOfDaysResponse, UsageResponse,
};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::ModelId;
use hub_types::registry;

use crate::world::World;

/// Most entries of a page.
const PAGE: u32 = 100;

/// Lifetime numbers of a model. Money is in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Calls that cost something.
    pub calls: u64,
    /// Calls that cost nothing.
    pub free_calls: u64,
    /// Everything charged.
    pub gross: u128,
    /// Of it, between the author, payees, the operator and themselves.
    pub related: u128,
    /// Of the rest, paid with money that lay for a day or more.
    pub aged: u128,
    /// Funders whose aged money paid.
    pub payers: u64,
    /// Of them, in two weeks or more.
    pub returning: u64,
}

impl Numbers {
    /// How far they moved. They never fall.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            calls: self.calls - before.calls,
            free_calls: self.free_calls - before.free_calls,
            gross: self.gross - before.gross,
            related: self.related - before.related,
            aged: self.aged - before.aged,
            payers: self.payers - before.payers,
            returning: self.returning - before.returning,
        }
    }

    /// Both together.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            free_calls: self.free_calls + other.free_calls,
            gross: self.gross + other.gross,
            related: self.related + other.related,
            aged: self.aged + other.aged,
            payers: self.payers + other.payers,
            returning: self.returning + other.returning,
        }
    }
}

/// The numbers of a model.
pub fn of_model(world: &World, model: ModelId) -> Result<Numbers> {
    let denom = world.money.unchecked();
    let usage: UsageResponse = world.hub.query_billing(QueryMsg::Usage { model, denom })?;
    Ok(Numbers {
        calls: usage.sums.calls,
        free_calls: usage.sums.free_calls,
        gross: usage.sums.gross.u128(),
        related: usage.sums.related.u128(),
        aged: usage.sums.aged.u128(),
        payers: usage.payers,
        returning: usage.returning,
    })
}

/// Aged income of a model over days, both included.
pub fn aged_of_days(world: &World, model: ModelId, from: u64, until: u64) -> Result<u128> {
    let denom = world.money.unchecked();
    let query = QueryMsg::UsageOfDays {
        model,
        denom,
        from,
        until,
    };
    let usage: UsageOfDaysResponse = world.hub.query_billing(query)?;
    Ok(usage.sums.aged.u128())
}

/// Places in the ranking by the aged income of their lives, from 1, by model. Models without any are not in it.
pub fn lifetime_ranking(world: &World) -> Result<BTreeMap<ModelId, u64>> {
    places(world, |denom, start_after, limit| {
        QueryMsg::LifetimeRanking {
            denom,
            start_after,
            limit,
        }
    })
}

/// The same by recent aged income.
pub fn ranking(world: &World) -> Result<BTreeMap<ModelId, u64>> {
    places(world, |denom, start_after, limit| QueryMsg::Ranking {
        denom,
        start_after,
        limit,
    })
}

fn places(
    world: &World,
    page: impl Fn(UncheckedDenom, Option<RankingPlace>, Option<u32>) -> QueryMsg,
) -> Result<BTreeMap<ModelId, u64>> {
    let mut places = BTreeMap::new();
    let mut start_after = None;
    loop {
        let query = page(world.money.unchecked(), start_after, Some(PAGE));
        let page: RankingResponse = world.hub.query_billing(query)?;
        let Some(last) = page.models.last() else {
            return Ok(places);
        };
        start_after = Some(last.place);
        for ranked in page.models {
            let place = places.len() as u64 + 1;
            places.insert(ranked.place.model, place);
        }
    }
}

/// Sums of the Hub by day.
pub fn days(world: &World) -> Result<BTreeMap<u64, HubOfDay>> {
    let mut days = BTreeMap::new();
    loop {
        let query = QueryMsg::HubByDay {
            denom: world.money.unchecked(),
            start_after: days.keys().next_back().copied(),
            limit: Some(PAGE),
        };
        let page: HubByDayResponse = world.hub.query_billing(query)?;
        if page.days.is_empty() {
            return Ok(days);
        }
        days.extend(page.days.into_iter().map(|day| (day.day, day)));
    }
}

/// Counts of the Hub by week.
pub fn weeks(world: &World) -> Result<BTreeMap<u64, HubOfWeek>> {
    let mut weeks = BTreeMap::new();
    loop {
        let query = QueryMsg::HubWeeks {
            denom: world.money.unchecked(),
            start_after: weeks.keys().next_back().copied(),
            limit: Some(PAGE),
        };
        let page: HubWeeksResponse = world.hub.query_billing(query)?;
        if page.weeks.is_empty() {
            return Ok(weeks);
        }
        weeks.extend(page.weeks.into_iter().map(|week| (week.week, week)));
    }
}

/// The Hub at a glance.
pub fn glance(world: &World, days: u32) -> Result<HubResponse> {
    let denom = world.money.unchecked();
    Ok(world.hub.query_billing(QueryMsg::Hub { denom, days })?)
}

/// What the attesters of an operator signed and was paid.
pub fn of_operator(world: &World, operator: &Addr) -> Result<AttesterSums> {
    let query = QueryMsg::OperatorUsage {
        operator: operator.to_string(),
        denom: world.money.unchecked(),
        start_after: None,
        limit: Some(PAGE),
    };
    let usage: AttestersUsageResponse = world.hub.query_billing(query)?;
    Ok(usage.sums)
}

/// Models registered up to the end of each day.
pub fn models_registered(world: &World, days: &[u64]) -> Result<Vec<u64>> {
    let mut counts = vec![];
    for days in days.chunks(PAGE as usize) {
        let query = registry::QueryMsg::ModelCounts {
            days: days.to_vec(),
        };
        let page: registry::ModelCountsResponse = world.hub.query_registry(query)?;
        counts.extend(page.models);
    }
    Ok(counts)
}

/// What these operators back of every model, by id.
pub fn backings(world: &World, operators: &[String], factor: u32) -> Result<Vec<BackingResponse>> {
    let models: Vec<ModelId> = world.listings.iter().map(|listing| listing.model).collect();
    let mut all = vec![];
    for models in models.chunks(names_at_a_time(operators.len())) {
        let query = QueryMsg::Backings {
            models: models.to_vec(),
            denom: world.money.unchecked(),
            operators: operators.to_vec(),
            factor: Some(factor),
        };
        let page: BackingsResponse = world.hub.query_billing(query)?;
        all.extend(page.backings);
    }
    Ok(all)
}
