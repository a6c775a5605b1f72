//! Answers.

mod served;
mod usage;

use cosmwasm_std::{to_json_binary, Binary, Deps, Env, HexBinary};
use hub_types::billing::{
    AttesterResponse, AttestersResponse, BatchResponse, BatchesResponse, ConfigResponse,
    InclusionProof, InclusionResponse, QueryMsg, RecordedBatch,
};
use hub_types::ids::AttesterId;
use hub_types::time::{Day, Week};
use hub_types::verifier::Measurement;
use hub_types::wire::{merkle, Receipt, SignedVoucher};
use hub_types::{belief, hash, packed, page};

use self::served::Believed;
use self::usage::{Counted, DaySpan};
use super::{parse, view};
use crate::error::ContractError;
use crate::settlement;
use crate::state::{attesters, batches, config};

/// Parses a question and dispatches it.
pub fn answer(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Attester { attester } => to_json_binary(&view::attester(deps, attester)?),
        QueryMsg::AttesterByKey { key } => to_json_binary(&attester_by_key(deps, &key)?),
        QueryMsg::Attesters { start_after, limit } => {
            to_json_binary(&attesters(deps, start_after, limit)?)
        }
        QueryMsg::AttestersByOperator {
            operator,
            start_after,
            limit,
        } => {
            let operator = parse::address(deps.api, "operator", &operator)?;
            to_json_binary(&attesters_by_operator(deps, &operator, start_after, limit)?)
        }
        QueryMsg::AttestersByMeasurement {
            measurement,
            start_after,
            limit,
        } => {
            let measurement = Measurement::parse("measurement", &measurement)?;
            to_json_binary(&attesters_by_measurement(
                deps,
                &measurement,
                start_after,
                limit,
            )?)
        }
        QueryMsg::PreviewBatch {
            batch,
            signature,
            vouchers,
        } => {
            let vouchers = parse::vouchers(&vouchers);
            to_json_binary(&preview_batch(deps, env, &batch, signature, &vouchers)?)
        }
        QueryMsg::Batch { attester, batch } => to_json_binary(&one_batch(deps, attester, batch)?),
        QueryMsg::Batches {
            attester,
            start_after,
            limit,
        } => to_json_binary(&batches(deps, attester, start_after, limit)?),
        QueryMsg::VerifyInclusion {
            attester,
            batch,
            receipt,
            proof,
        } => to_json_binary(&verify_inclusion(deps, attester, batch, &receipt, proof)?),
        QueryMsg::Usage { model, denom } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::usage(deps, env, model, &denom)?)
        }
        QueryMsg::Usages { models, denom } => {
            page::check_named(&models)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::usages(deps, env, &models, &denom)?)
        }
        QueryMsg::UsagesOfDays {
            models,
            denom,
            from,
            until,
        } => {
            page::check_named(&models)?;
            let denom = Counted::find(deps, denom)?;
            let days = DaySpan::parse(from..=until)?;
            to_json_binary(&usage::usages_of_days(deps, models, &denom, days)?)
        }
        QueryMsg::UsagesByDay {
            models,
            denom,
            from,
            until,
        } => {
            page::check_named(&models)?;
            let denom = Counted::find(deps, denom)?;
            let days = DaySpan::parse(from..=until)?;
            to_json_binary(&usage::usages_by_day(deps, models, &denom, days)?)
        }
        QueryMsg::Backing {
            model,
            denom,
            operators,
            factor,
        } => {
            let believed = Believed::find(deps, &operators, factor)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&served::backing(deps, env, model, &denom, &believed)?)
        }
        QueryMsg::Backings {
            models,
            denom,
            operators,
            factor,
        } => {
            page::check_named(&models)?;
            belief::check_pairs(&models, &operators)?;
            let believed = Believed::find(deps, &operators, factor)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&served::backings(deps, env, &models, &denom, &believed)?)
        }
        QueryMsg::ServedBy {
            model,
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            let start_after = start_after
                .map(|operator| parse::address(deps.api, "start_after", &operator))
                .transpose()?;
            to_json_binary(&served::served_by(
                deps,
                env,
                model,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::UsageByDay {
            model,
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            let start_after = start_after.map(Day);
            to_json_binary(&usage::usage_by_day(
                deps,
                model,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::UsageOfDays {
            model,
            denom,
            from,
            until,
        } => {
            let denom = Counted::find(deps, denom)?;
            let days = DaySpan::parse(from..=until)?;
            to_json_binary(&usage::usage_of_days(deps, model, &denom, days)?)
        }
        QueryMsg::UsageByRelease {
            model,
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::usage_by_release(
                deps,
                model,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::Payers {
            model,
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            let start_after = start_after
                .map(|payer| parse::address(deps.api, "start_after", &payer))
                .transpose()?;
            to_json_binary(&usage::payers(deps, model, &denom, start_after, limit)?)
        }
        QueryMsg::AuthorUsage {
            author,
            denom,
            start_after,
            limit,
        } => {
            let author = parse::address(deps.api, "author", &author)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::author_usage(
                deps,
                author,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::AttesterUsage { attester, denom } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::attester_usage(deps, attester, denom)?)
        }
        QueryMsg::OperatorUsage {
            operator,
            denom,
            start_after,
            limit,
        } => {
            let operator = parse::address(deps.api, "operator", &operator)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::operator_usage(
                deps,
                &operator,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::MeasurementUsage {
            measurement,
            denom,
            start_after,
            limit,
        } => {
            let measurement = Measurement::parse("measurement", &measurement)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::measurement_usage(
                deps,
                &measurement,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::Ranking {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::ranking(deps, env, &denom, start_after, limit)?)
        }
        QueryMsg::LifetimeRanking {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::lifetime_ranking(
                deps,
                env,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::RankingAt {
            operator,
            denom,
            start_after,
            limit,
        } => {
            let operator = parse::address(deps.api, "operator", &operator)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&served::ranking_at(
                deps,
                env,
                &operator,
                &denom,
                start_after,
                limit,
            )?)
        }
        QueryMsg::Hub { denom, days } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::hub(deps, env, denom, days)?)
        }
        QueryMsg::HubByDay {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            let start_after = start_after.map(Day);
            to_json_binary(&usage::hub_by_day(deps, &denom, start_after, limit)?)
        }
        QueryMsg::HubWeeks {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            let start_after = start_after.map(Week);
            to_json_binary(&usage::hub_weeks(deps, &denom, start_after, limit)?)
        }
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    let config = config::load(deps.storage)?;
    Ok(ConfigResponse {
        layout: packed::LAYOUT,
        registry: config.registry,
        escrow: config.escrow,
        receipt_max_age_seconds: config.receipt_max_age_seconds,
    })
}

fn attester_by_key(deps: Deps, key: &Binary) -> Result<Option<AttesterResponse>, ContractError> {
    attesters::by_key(deps.storage, key)?
        .map(|id| view::attester(deps, id))
        .transpose()
}

fn attesters(
    deps: Deps,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let ids = attesters::page(deps.storage, start_after, page::size(limit)?)?;
    attesters_of(deps, ids)
}

fn attesters_by_operator(
    deps: Deps,
    operator: &cosmwasm_std::Addr,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let operator = deps.api.addr_canonicalize(operator.as_str())?;
    let limit = page::size(limit)?;
    let ids = attesters::page_by_operator(deps.storage, &operator, start_after, limit)?;
    attesters_of(deps, ids)
}

fn attesters_by_measurement(
    deps: Deps,
    measurement: &Measurement,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let limit = page::size(limit)?;
    let ids = attesters::page_by_measurement(deps.storage, measurement, start_after, limit)?;
    attesters_of(deps, ids)
}

fn attesters_of(deps: Deps, ids: Vec<AttesterId>) -> Result<AttestersResponse, ContractError> {
    let attesters = ids.into_iter().map(|id| view::attester(deps, id));
    Ok(AttestersResponse {
        attesters: attesters.collect::<Result<_, _>>()?,
    })
}

fn preview_batch(
    deps: Deps,
    env: &Env,
    batch: &Binary,
    signature: Option<Binary>,
    vouchers: &[SignedVoucher],
) -> Result<BatchResponse, ContractError> {
    settlement::batch::preview(deps, env, batch, signature.as_deref(), vouchers)
}

fn one_batch(
    deps: Deps,
    attester: AttesterId,
    number: u64,
) -> Result<RecordedBatch, ContractError> {
    let signer = attesters::load(deps.storage, attester)?;
    let record = batches::load(deps.storage, attester, number)?;
    Ok(view::batch(attester, number, &signer, &record))
}

fn batches(
    deps: Deps,
    attester: AttesterId,
    start_after: Option<u64>,
    limit: Option<u32>,
) -> Result<BatchesResponse, ContractError> {
    let signer = attesters::load(deps.storage, attester)?;
    let numbers = batches::page(deps.storage, attester, start_after, page::size(limit)?)?;
    let batches = numbers.into_iter().map(|number| {
        let record = batches::load(deps.storage, attester, number)?;
        Ok(view::batch(attester, number, &signer, &record))
    });
    Ok(BatchesResponse {
        batches: batches.collect::<Result<_, ContractError>>()?,
    })
}

fn verify_inclusion(
    deps: Deps,
    attester: AttesterId,
    number: u64,
    receipt: &Binary,
    proof: InclusionProof,
) -> Result<InclusionResponse, ContractError> {
    let named = Receipt::decode(receipt)
        .map_err(ContractError::MalformedReceipt)?
        .attester;
    if named != attester {
        return Err(ContractError::OtherAttester {
            found: named.0,
            expected: attester.0,
        });
    }
    let siblings = proof
        .siblings
        .iter()
        .map(|sibling| hash::parse("siblings", sibling))
        .collect::<Result<Vec<_>, _>>()?;
    let signer = attesters::load(deps.storage, attester)?;
    let record = batches::load(deps.storage, attester, number)?;
    let included = merkle::verify(
        &record.receipts_root,
        receipt,
        proof.index,
        record.offered,
        &siblings,
    );
    if !included {
        return Err(ContractError::NotIncluded {
            attester,
            batch: number,
        });
    }
    Ok(InclusionResponse {
        attester,
        measurement: signer.measurement.map(HexBinary::from),
        settled_at: record.settled_at,
        offered: record.offered,
        paid: record.paid,
    })
}
