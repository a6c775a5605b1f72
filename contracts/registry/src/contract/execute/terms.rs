//! New terms.

use cosmwasm_std::{to_json_binary, Addr, Deps, DepsMut, Env, Event as StdEvent, Response};
use hub_types::ids::ModelId;
use hub_types::registry::TermsCreated;

use super::authored;
use crate::contract::view;
use crate::domain::terms::{Change, Draft};
use crate::error::ContractError;
use crate::events::Event;
use crate::state::{config, models, terms};

pub fn set(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    model: ModelId,
    draft: Draft,
) -> Result<Response, ContractError> {
    let mut record = authored(deps.as_ref(), model, &sender)?;
    let now = env.block.time.seconds();
    let config = config::load(deps.storage)?;
    let standing = terms::standing(deps.storage, model, record.latest_terms, now)?;
    let change = standing.set(draft, now, config.price_notice())?;

    terms::apply(deps.storage, model, &change);
    record.latest_terms = change.set.number;
    models::save(deps.storage, model, &record);

    Ok(Response::new()
        .set_data(to_json_binary(&created(&change))?)
        .add_event(event(deps.as_ref(), model, &change)?))
}

/// Data that tells of `change`.
pub fn created(change: &Change) -> TermsCreated {
    TermsCreated {
        terms: change.set.number,
        effective_from: change.set.effective_from(),
    }
}

/// Event that tells of `change`.
pub fn event(deps: Deps, model: ModelId, change: &Change) -> Result<StdEvent, ContractError> {
    Ok(Event::TermsSet {
        terms: &view::terms(deps, model, &change.set)?,
        superseded: Some((change.superseded.number, change.superseded_at)),
        dropped: change.dropped.as_ref().map(|dropped| dropped.number),
    }
    .into())
}
