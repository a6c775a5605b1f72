//! Answers.

use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env};
use hub_types::hash;
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::packed::LAYOUT;
use hub_types::page;
use hub_types::registry::{
    ByteRange, ClaimCursor, ClaimResponse, ClaimsResponse, CommitmentResponse, CommitteeMember,
    CommitteeMembersResponse, CommitteesResponse, ConfigResponse, ModelCountsResponse,
    ModelIdsResponse, ModelResponse, ModelsResponse, QueryMsg, ReleaseResponse, ReleasesResponse,
    SymbolResponse, TermsListResponse, TermsResponse, TopicsResponse, WalrusKeeperResponse,
};
use hub_types::time::Day;
use hub_types::walrus::{BlobId, Code, SymbolProof};
use hub_types::wire::Hash;

use super::{parse, view};
use crate::error::ContractError;
use crate::state::committees::Keys;
use crate::state::topics::{TAGS, TASKS};
use crate::state::{
    authors, claims, commitments, committees, config, discovery, keeper, models, names, releases,
    terms as terms_state,
};

/// Parses a question and dispatches it.
pub fn answer(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let storage = deps.storage;
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Model { model } => to_json_binary(&view::model(deps, model)?),
        QueryMsg::ModelByName { author, name } => {
            let author = parse::address(deps.api, "author", &author)?;
            let name = parse::name(name)?;
            to_json_binary(&model_by_name(deps, author, name)?)
        }
        QueryMsg::ByBlob {
            blob_id,
            start_after,
            limit,
        } => {
            let blob_id = parse::blob_id("blob_id", &blob_id)?;
            to_json_binary(&claims_to(deps, &blob_id, start_after, page::size(limit)?)?)
        }
        QueryMsg::ByPublisherAndBlob { publisher, blob_id } => {
            let publisher = parse::address(deps.api, "publisher", &publisher)?;
            let blob_id = parse::blob_id("blob_id", &blob_id)?;
            to_json_binary(&claims::publication(storage, &publisher, &blob_id)?)
        }
        QueryMsg::Models { start_after, limit } => {
            let ids = discovery::newest(storage, start_after, page::size(limit)?)?;
            to_json_binary(&models_of(deps, env, ids)?)
        }
        QueryMsg::ModelsByIds { ids } => {
            check_count(ids.len(), |given, most| ContractError::TooManyIds {
                given,
                most,
            })?;
            to_json_binary(&models_of(deps, env, ids)?)
        }
        QueryMsg::ModelsByAuthor {
            author,
            start_after,
            limit,
        } => {
            let author = parse::address(deps.api, "author", &author)?;
            let ids = authors::newest(storage, &author, start_after, page::size(limit)?)?;
            to_json_binary(&models_of(deps, env, ids)?)
        }
        QueryMsg::ModelIdsByAuthor {
            author,
            start_after,
            limit,
        } => {
            let author = parse::address(deps.api, "author", &author)?;
            let models = authors::page(storage, &author, start_after, page::size(limit)?)?;
            to_json_binary(&ModelIdsResponse { models })
        }
        QueryMsg::ModelCounts { days } => to_json_binary(&model_counts(deps, &days)?),
        QueryMsg::ModelsByTag {
            tag,
            start_after,
            limit,
        } => {
            let tag = parse::tag(tag)?;
            let ids = discovery::tagged(storage, &tag, start_after, page::size(limit)?)?;
            to_json_binary(&models_of(deps, env, ids)?)
        }
        QueryMsg::ModelsByTask {
            task,
            start_after,
            limit,
        } => {
            let task = parse::task(task)?;
            let ids = discovery::for_task(storage, &task, start_after, page::size(limit)?)?;
            to_json_binary(&models_of(deps, env, ids)?)
        }
        QueryMsg::Tags { start_after, limit } => {
            let topics = TAGS.page(storage, start_after, page::size(limit)?)?;
            to_json_binary(&TopicsResponse { topics })
        }
        QueryMsg::Tasks { start_after, limit } => {
            let topics = TASKS.page(storage, start_after, page::size(limit)?)?;
            to_json_binary(&TopicsResponse { topics })
        }
        QueryMsg::Release { model, release } => to_json_binary(&one_release(deps, model, release)?),
        QueryMsg::Releases {
            model,
            start_after,
            limit,
        } => to_json_binary(&releases_of(deps, model, start_after, page::size(limit)?)?),
        QueryMsg::Terms { model, terms } => to_json_binary(&one_terms(deps, model, terms)?),
        QueryMsg::TermsList {
            model,
            start_after,
            limit,
        } => to_json_binary(&terms_of(deps, model, start_after, page::size(limit)?)?),
        QueryMsg::TermsAt { model, time } => {
            let time = time.unwrap_or_else(|| env.block.time.seconds());
            to_json_binary(&terms_at(deps, model, time)?)
        }
        QueryMsg::Commitment { hash } => {
            let hash = hash::parse("hash", &hash)?;
            to_json_binary(&commitment(deps, &hash)?)
        }
        QueryMsg::VerifySymbol {
            model,
            release,
            size,
            symbol,
            proof,
        } => {
            let proof = parse::symbol_proof(proof)?;
            let blob_id = releases::blob_id(storage, model, release)?;
            to_json_binary(&locate(&blob_id, size.u64(), &symbol, &proof)?)
        }
        QueryMsg::WalrusKeeper {} => to_json_binary(&walrus_keeper(deps)?),
        QueryMsg::Committees {} => to_json_binary(&committees_kept(deps)?),
        QueryMsg::CommitteeMembers {
            epoch,
            start_after,
            limit,
        } => to_json_binary(&members_of(deps, epoch, start_after, page::size(limit)?)?),
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    let config = config::load(deps.storage)?;
    Ok(ConfigResponse {
        layout: LAYOUT,
        receipt_max_age_seconds: config.receipt_max_age_seconds,
        price_notice_seconds: config.price_notice_seconds,
    })
}

fn model_by_name(deps: Deps, author: Addr, name: String) -> Result<ModelResponse, ContractError> {
    match names::resolve(deps.storage, &author, &name)? {
        Some(model) => view::model(deps, model),
        None => Err(ContractError::UnknownName { author, name }),
    }
}

fn models_of(deps: Deps, env: &Env, ids: Vec<ModelId>) -> Result<ModelsResponse, ContractError> {
    let models = ids.into_iter().map(|model| view::summary(deps, env, model));
    Ok(ModelsResponse {
        models: models.collect::<Result<_, _>>()?,
    })
}

fn model_counts(deps: Deps, days: &[u64]) -> Result<ModelCountsResponse, ContractError> {
    check_count(days.len(), |given, most| ContractError::TooManyDays {
        given,
        most,
    })?;
    let newest = models::newest(deps.storage)?;
    let models = days
        .iter()
        .map(|day| models::count_up_to(deps.storage, newest, Day(*day)));
    Ok(ModelCountsResponse {
        models: models.collect::<Result<_, _>>()?,
    })
}

fn claims_to(
    deps: Deps,
    blob_id: &BlobId,
    start_after: Option<ClaimCursor>,
    limit: usize,
) -> Result<ClaimsResponse, ContractError> {
    let claims = claims::page(deps.storage, blob_id, start_after, limit)?;
    let claims = claims.into_iter().map(|claim| {
        let author = models::load(deps.storage, claim.place.model)?.author;
        Ok(ClaimResponse {
            claimed_at: claim.place.claimed_at,
            model: claim.place.model,
            release: claim.place.release,
            publisher: claim.publisher,
            author: deps.api.addr_humanize(&author)?,
        })
    });
    Ok(ClaimsResponse {
        claims: claims.collect::<Result<_, ContractError>>()?,
    })
}

fn one_release(
    deps: Deps,
    model: ModelId,
    number: ReleaseNumber,
) -> Result<ReleaseResponse, ContractError> {
    let latest = models::load(deps.storage, model)?.latest_release;
    let release = releases::load(deps.storage, model, number, latest)?;
    Ok(view::release(deps, model, number, release)?)
}

fn releases_of(
    deps: Deps,
    model: ModelId,
    start_after: Option<ReleaseNumber>,
    limit: usize,
) -> Result<ReleasesResponse, ContractError> {
    let latest = models::load(deps.storage, model)?.latest_release;
    let releases = numbers(start_after, latest, limit).map(|number| {
        let release = releases::load(deps.storage, model, number, latest)?;
        Ok(view::release(deps, model, number, release)?)
    });
    Ok(ReleasesResponse {
        releases: releases.collect::<Result<_, ContractError>>()?,
    })
}

fn one_terms(
    deps: Deps,
    model: ModelId,
    number: TermsNumber,
) -> Result<TermsResponse, ContractError> {
    let latest = models::load(deps.storage, model)?.latest_terms;
    let terms = terms_state::load(deps.storage, model, number, latest)?;
    Ok(view::terms(deps, model, &terms)?)
}

fn terms_of(
    deps: Deps,
    model: ModelId,
    start_after: Option<TermsNumber>,
    limit: usize,
) -> Result<TermsListResponse, ContractError> {
    let latest = models::load(deps.storage, model)?.latest_terms;
    let terms = numbers(start_after, latest, limit).map(|number| {
        let terms = terms_state::load(deps.storage, model, number, latest)?;
        Ok(view::terms(deps, model, &terms)?)
    });
    Ok(TermsListResponse {
        terms: terms.collect::<Result<_, ContractError>>()?,
    })
}

fn terms_at(deps: Deps, model: ModelId, time: u64) -> Result<TermsListResponse, ContractError> {
    let latest = models::load(deps.storage, model)?.latest_terms;
    let terms = terms_state::in_force_at(deps.storage, model, latest, time)?;
    let terms = terms.iter().map(|terms| view::terms(deps, model, terms));
    Ok(TermsListResponse {
        terms: terms.collect::<Result<_, _>>()?,
    })
}

fn commitment(deps: Deps, hash: &Hash) -> Result<CommitmentResponse, ContractError> {
    Ok(CommitmentResponse {
        committed_at: commitments::committed_at(deps.storage, hash)?,
    })
}

fn locate(
    blob_id: &BlobId,
    size: u64,
    symbol: &[u8],
    proof: &SymbolProof,
) -> Result<SymbolResponse, ContractError> {
    let range = proof
        .verify(Code::WALRUS, blob_id, size, symbol)
        .map_err(|source| ContractError::Symbol { source })?;
    Ok(SymbolResponse {
        blob_id: blob_id.to_string(),
        bytes: range.map(|range| ByteRange {
            offset: range.start.into(),
            length: range.end.saturating_sub(range.start).into(),
        }),
    })
}

fn walrus_keeper(deps: Deps) -> Result<WalrusKeeperResponse, ContractError> {
    let keeper = keeper::get(deps.storage)?;
    let (keeper, offered_to) = keeper
        .map(|keeper| (keeper.account, keeper.offered_to))
        .unzip();
    Ok(WalrusKeeperResponse {
        keeper,
        offered_to: offered_to.flatten(),
    })
}

fn committees_kept(deps: Deps) -> Result<CommitteesResponse, ContractError> {
    let epochs = committees::epochs(deps.storage)?;
    let committees = epochs.latest.into_iter().chain(epochs.before).map(|epoch| {
        let record = committees::load(deps.storage, epoch)?;
        Ok(view::committee(epoch, &record))
    });
    Ok(CommitteesResponse {
        committees: committees.collect::<Result<_, ContractError>>()?,
    })
}

fn members_of(
    deps: Deps,
    epoch: u32,
    start_after: Option<u32>,
    limit: usize,
) -> Result<CommitteeMembersResponse, ContractError> {
    let record = committees::load(deps.storage, epoch)?;
    let first = start_after.map_or(0, |place| u64::from(place).saturating_add(1));
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let mut keys = Keys::new(deps.storage, epoch);
    let weights = record.weights.iter().enumerate().skip(first).take(limit);
    let members = weights.map(|(place, weight)| {
        Ok(CommitteeMember {
            key: keys.get(place)?.as_bytes().into(),
            weight: *weight,
        })
    });
    Ok(CommitteeMembersResponse {
        members: members.collect::<Result<_, ContractError>>()?,
    })
}

/// Numbers of a page, the latest first, where numbers go from 1 to `latest` without a gap.
fn numbers<N: From<u64> + Into<u64>>(
    start_after: Option<N>,
    latest: N,
    limit: usize,
) -> impl Iterator<Item = N> {
    let latest = latest.into();
    let last = start_after.map_or(latest, |after| latest.min(after.into().saturating_sub(1)));
    (1..=last).rev().take(limit).map(N::from)
}

/// Refuses to answer about more than a page holds.
fn check_count(
    given: usize,
    refuse: impl Fn(usize, usize) -> ContractError,
) -> Result<(), ContractError> {
    let most = page::size(Some(page::MAX_LIMIT))?;
    if given > most {
        return Err(refuse(given, most));
    }
    Ok(())
}
