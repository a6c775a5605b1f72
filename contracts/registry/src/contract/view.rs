//! What is stored, as answers and events show it.

use cosmwasm_std::{Deps, Env, HexBinary, StdResult, Uint64};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::price::Price;
use hub_types::records::walrus::CommitteeRecord;
use hub_types::registry::{
    CommitteeResponse, DeletableCertificate, Metadata, ModelResponse, ModelSummary, Payee,
    PermanentCertificate, ReleaseResponse, TermsResponse,
};
use hub_types::walrus::quorum;

use crate::domain::terms::Terms;
use crate::error::ContractError;
use crate::state::releases::Release;
use crate::state::{certificates, models, offers, terms};

pub fn model(deps: Deps, model: ModelId) -> Result<ModelResponse, ContractError> {
    let record = models::load(deps.storage, model)?;
    let details = models::load_details(deps.storage, model)?;
    let about = models::load_about(deps.storage, model)?;
    Ok(ModelResponse {
        model,
        author: deps.api.addr_humanize(&record.author)?,
        name: details.name,
        metadata: Metadata {
            title: details.title,
            description: about.description,
            task: details.task,
            license: about.license,
            tags: details.tags,
            homepage: about.homepage,
        },
        status: record.status.into(),
        active_from: record.active_from,
        latest_release: record.latest_release,
        latest_terms: record.latest_terms,
        offered_to: offers::get(deps.storage, model)?,
        registered_at: details.registered_at,
    })
}

/// Reads the records of a model, and one or two sets of terms, however many it has.
pub fn summary(deps: Deps, env: &Env, model: ModelId) -> Result<ModelSummary, ContractError> {
    let record = models::load(deps.storage, model)?;
    let details = models::load_details(deps.storage, model)?;
    let now = env.block.time.seconds();
    let in_force = terms::standing(deps.storage, model, record.latest_terms, now)?.base;
    Ok(ModelSummary {
        model,
        author: deps.api.addr_humanize(&record.author)?,
        name: details.name,
        title: details.title,
        task: details.task,
        tags: details.tags,
        status: record.status.into(),
        latest_release: record.latest_release,
        terms: in_force.number,
        price: Price::new(in_force.record.denom, in_force.record.rates),
        operator_bps: in_force.record.operator_bps,
        registered_at: details.registered_at,
    })
}

pub fn terms(deps: Deps, model: ModelId, terms: &Terms) -> StdResult<TermsResponse> {
    let record = &terms.record;
    let payees = record.payees.iter().map(|payee| {
        Ok(Payee {
            address: deps.api.addr_humanize(&payee.account)?,
            bps: payee.bps,
        })
    });
    Ok(TermsResponse {
        model,
        terms: terms.number,
        price: Price::new(record.denom.clone(), record.rates),
        operator_bps: record.operator_bps,
        payees: payees.collect::<StdResult<_>>()?,
        validity: record.validity.into(),
    })
}

pub fn release(
    deps: Deps,
    model: ModelId,
    number: ReleaseNumber,
    release: Release,
) -> StdResult<ReleaseResponse> {
    let details = release.details;
    let permanent = certificates::permanent(deps.storage, model, number)?;
    let deletable = certificates::deletable(deps.storage, model, number)?;
    Ok(ReleaseResponse {
        model,
        release: number,
        major: details.label.major,
        minor: details.label.minor,
        blob_id: release.blob_id.to_string(),
        manifest: details.manifest,
        publisher: details.publisher,
        published_at: details.published_at,
        claimed_at: details.claimed_at,
        size: details.size.map(Uint64::new),
        permanent: permanent.map(|record| PermanentCertificate {
            epoch: record.epoch,
            certified_at: record.certified_at,
            by_author: record.by_author,
        }),
        deletable: deletable.map(|record| DeletableCertificate {
            epoch: record.epoch,
            certified_at: record.certified_at,
            by_author: record.by_author,
            object_id: HexBinary::from(&record.object_id),
        }),
    })
}

pub fn committee(epoch: u32, record: &CommitteeRecord) -> CommitteeResponse {
    CommitteeResponse {
        epoch,
        n_shards: record.n_shards,
        quorum: quorum(record.n_shards),
        members: u32::try_from(record.weights.len()).unwrap_or(u32::MAX),
        set_at: record.set_at,
    }
}
