//! Registration, metadata, status.

use cosmwasm_std::{to_json_binary, Addr, DepsMut, Env, Response};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::records::registry::{ModelRecord, ModelStatus};
use hub_types::registry::{Metadata, ModelCreated, StatusName};

use super::authored;
use super::release::{self, Publication};
use crate::contract::view;
use crate::domain::status::with_status;
use crate::domain::terms::Draft;
use crate::error::ContractError;
use crate::events::Event;
use crate::state::models::{self, ModelDetails};
use crate::state::{authors, config, discovery, names, terms};

/// A model to be registered, in checked form.
pub struct Registration {
    pub name: String,
    pub metadata: Metadata,
    pub terms: Draft,
    pub release: Option<Publication>,
}

pub fn register(
    mut deps: DepsMut,
    env: &Env,
    sender: Addr,
    registration: Registration,
) -> Result<Response, ContractError> {
    let now = env.block.time.seconds();
    let model = models::allocate(deps.storage, now)?;
    let first = registration.terms.into_first(now);
    let mut record = ModelRecord {
        author: deps.api.addr_canonicalize(sender.as_str())?,
        status: ModelStatus::Active,
        active_from: 0,
        latest_release: ReleaseNumber(0),
        latest_terms: first.number,
    };
    let (details, about) = ModelDetails::new(registration.name, registration.metadata, now);

    names::give(deps.storage, &sender, &details.name, model)?;
    authors::enter(deps.storage, &sender, model)?;
    discovery::list(deps.storage, model, &details)?;
    terms::begin(deps.storage, model, &first);
    let published = registration
        .release
        .map(|publication| {
            release::append(deps.branch(), env, &sender, model, &mut record, publication)
        })
        .transpose()?;
    models::save_details(deps.storage, model, &details)?;
    models::save_about(deps.storage, model, &about)?;
    models::save(deps.storage, model, &record);

    Ok(Response::new()
        .set_data(to_json_binary(&ModelCreated { model })?)
        .add_event(Event::ModelRegistered {
            model,
            author: &sender,
            name: &details.name,
        })
        .add_event(Event::TermsSet {
            terms: &view::terms(deps.as_ref(), model, &first)?,
            superseded: None,
            dropped: None,
        })
        .add_events(published))
}

pub fn update_metadata(
    deps: DepsMut,
    sender: Addr,
    model: ModelId,
    metadata: Metadata,
) -> Result<Response, ContractError> {
    let record = authored(deps.as_ref(), model, &sender)?;
    let before = models::load_details(deps.storage, model)?;
    let (details, about) = ModelDetails::new(before.name.clone(), metadata, before.registered_at);

    if record.status == ModelStatus::Active {
        discovery::unlist(deps.storage, model, &before)?;
        discovery::list(deps.storage, model, &details)?;
    }
    models::save_details(deps.storage, model, &details)?;
    models::save_about(deps.storage, model, &about)?;

    Ok(Response::new().add_event(Event::MetadataUpdated {
        model,
        author: &sender,
        title: &details.title,
    }))
}

pub fn set_status(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    model: ModelId,
    status: StatusName,
) -> Result<Response, ContractError> {
    let before = authored(deps.as_ref(), model, &sender)?;
    let config = config::load(deps.storage)?;
    let details = models::load_details(deps.storage, model)?;
    let (was, active_from) = (before.status, before.active_from);
    let record = with_status(
        model,
        before,
        status,
        env.block.time.seconds(),
        config.receipt_max_age(),
    )?;

    if record.status == ModelStatus::Active {
        discovery::list(deps.storage, model, &details)?;
    } else if was == ModelStatus::Active {
        discovery::unlist(deps.storage, model, &details)?;
    }
    models::save(deps.storage, model, &record);

    Ok(Response::new().add_event(Event::StatusSet {
        model,
        author: &sender,
        status,
        cutoff: match record.status {
            ModelStatus::Retired { cutoff } => Some(cutoff),
            ModelStatus::Active | ModelStatus::Delisted => None,
        },
        active_from: (record.active_from != active_from).then_some(record.active_from),
    }))
}
