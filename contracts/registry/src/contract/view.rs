//! What is stored, as answers and events show it.

use cosmwasm_std::{Deps, HexBinary, StdResult, Uint64};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::price::Price;
use hub_types::records::walrus::CommitteeRecord;
use hub_types::registry::{
    CommitteeResponse, DeletableCertificate, ModelResponse, Payee, PermanentCertificate,
    ReleaseResponse, TermsResponse,
};
use hub_types::walrus::quorum;

use crate::domain::terms::Terms;
use crate::error::ContractError;
use crate::state::releases::Release;
use crate::state::{certificates, models, offers};

pub fn model(deps: Deps, model: ModelId) -> Result<ModelResponse, ContractError> {
    let record = models::load(deps.storage, model)?;
    let details = models::load_details(deps.storage, model)?;
    Ok(ModelResponse {
        model,
        author: deps.api.addr_humanize(&record.author)?,
        name: details.name,
        metadata: details.metadata,
        status: record.status.into(),
        active_from: record.active_from,
        latest_release: ReleaseNumber(record.latest_release.0),
        latest_terms: TermsNumber(record.latest_terms.0),
        offered_to: offers::get(deps.storage, model)?,
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
        }),
        deletable: deletable.map(|record| DeletableCertificate {
            epoch: record.epoch,
            certified_at: record.certified_at,
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
