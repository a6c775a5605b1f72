//! Answers about who served a model, and what that is worth to a reader who believes some of them.

use cosmwasm_std::{Addr, Deps, Env, Uint128};
use hub_types::belief;
use hub_types::billing::{
    BackingResponse, BackingsResponse, ModelAt, OperatorServed, RankingAtResponse, RankingPlace,
    ServedByResponse, ServedSums,
};
use hub_types::ids::{ModelId, OperatorNumber};
use hub_types::page;
use hub_types::records::served::Served;
use hub_types::split::WHOLE_BPS;

use super::usage::{present_week, Counted};
use crate::contract::parse;
use crate::error::ContractError;
use crate::state::{attesters, usage};

/// Whom a reader believes, and how far.
pub struct Believed {
    /// With the number of each that ever registered an attester.
    operators: Vec<(Addr, Option<OperatorNumber>)>,
    factor: u32,
}

impl Believed {
    pub fn find(
        deps: Deps,
        operators: &[String],
        factor: Option<u32>,
    ) -> Result<Self, ContractError> {
        let factor = belief::factor(factor)?;
        let operators = parse::believed(deps.api, operators)?
            .into_iter()
            .map(|operator| {
                let number = number(deps, &operator)?;
                Ok((operator, number))
            });
        Ok(Self {
            operators: operators.collect::<Result<_, ContractError>>()?,
            factor,
        })
    }
}

/// The number of an operator; none if it never registered an attester.
fn number(deps: Deps, operator: &Addr) -> Result<Option<OperatorNumber>, ContractError> {
    let canonical = deps.api.addr_canonicalize(operator.as_str())?;
    Ok(attesters::operator_number(deps.storage, &canonical)?)
}

pub fn backing(
    deps: Deps,
    env: &Env,
    model: ModelId,
    denom: &Counted,
    believed: &Believed,
) -> Result<BackingResponse, ContractError> {
    let week = present_week(env);
    let usage = usage::load(deps.storage, model, denom.number)?;
    let (mut backed, mut recent_backed, mut strange) = (0u128, 0u128, 0u128);
    let mut operators = vec![];
    for (operator, number) in &believed.operators {
        let served = match number {
            Some(number) => usage::served_at(deps.storage, model, denom.number, &usage, *number)?,
            None => Served::default(),
        };
        let backs = |earned| belief::backed(earned, believed.factor);
        backed = backed.saturating_add(backs(served.lifetime()));
        recent_backed = recent_backed.saturating_add(backs(served.recent_at(week)));
        strange = strange.saturating_add(served.strange);
        operators.push(OperatorServed {
            operator: operator.clone(),
            sums: ServedSums::at(&served, week),
        });
    }
    let unrelated = usage.sums.gross.saturating_sub(usage.sums.related);
    Ok(BackingResponse {
        model,
        denom: denom.denom.clone(),
        factor: believed.factor,
        backed: backed.into(),
        recent_backed: recent_backed.into(),
        coverage_bps: part_bps(strange, unrelated),
        operators,
    })
}

/// `part` of `whole` in basis points, rounded down; 0 of nothing.
fn part_bps(part: u128, whole: u128) -> u64 {
    let bps = Uint128::from(WHOLE_BPS).checked_multiply_ratio(part, whole);
    // A part is no more than its whole.
    bps.ok()
        .and_then(|bps| u64::try_from(bps.u128()).ok())
        .unwrap_or(0)
}

pub fn backings(
    deps: Deps,
    env: &Env,
    models: &[ModelId],
    denom: &Counted,
    believed: &Believed,
) -> Result<BackingsResponse, ContractError> {
    let backings = models
        .iter()
        .map(|model| backing(deps, env, *model, denom, believed));
    Ok(BackingsResponse {
        backings: backings.collect::<Result<_, _>>()?,
    })
}

pub fn served_by(
    deps: Deps,
    env: &Env,
    model: ModelId,
    denom: &Counted,
    start_after: Option<Addr>,
    limit: Option<u32>,
) -> Result<ServedByResponse, ContractError> {
    let (storage, week) = (deps.storage, present_week(env));
    let limit = page::size(limit)?;
    let start_after = match start_after {
        // Whoever never registered an attester served nothing, so nobody comes after it.
        Some(operator) => Some(number(deps, &operator)?.unwrap_or(OperatorNumber::MAX)),
        None => None,
    };
    let usage = usage::load(storage, model, denom.number)?;
    let page = usage::served_by(storage, model, denom.number, &usage, start_after, limit)?;
    let operators = page.into_iter().map(|(number, served)| {
        let operator = attesters::operator(storage, number)?;
        Ok(OperatorServed {
            operator: deps.api.addr_humanize(&operator)?,
            sums: ServedSums::at(&served, week),
        })
    });
    Ok(ServedByResponse {
        operators: operators.collect::<Result<_, ContractError>>()?,
    })
}

pub fn ranking_at(
    deps: Deps,
    env: &Env,
    operator: &Addr,
    denom: &Counted,
    start_after: Option<RankingPlace>,
    limit: Option<u32>,
) -> Result<RankingAtResponse, ContractError> {
    let (storage, week) = (deps.storage, present_week(env));
    let limit = page::size(limit)?;
    let Some(operator) = number(deps, operator)? else {
        return Ok(RankingAtResponse { models: vec![] });
    };
    let start_after = start_after.map(|place| (place.score, place.model));
    let places = usage::ranking_at(storage, denom.number, operator, start_after, limit)?;
    let models = places.into_iter().map(|(score, model)| {
        let usage = usage::load(storage, model, denom.number)?;
        let served = usage::served_at(storage, model, denom.number, &usage, operator)?;
        Ok(ModelAt {
            place: RankingPlace { score, model },
            sums: ServedSums::at(&served, week),
            gross: usage.sums.gross.into(),
            related: usage.sums.related.into(),
            payers: usage.payers,
            returning: usage.returning,
        })
    });
    Ok(RankingAtResponse {
        models: models.collect::<Result<_, ContractError>>()?,
    })
}
