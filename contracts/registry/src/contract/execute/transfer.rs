//! A model's way to another author.

use cosmwasm_std::{to_json_binary, Addr, DepsMut, Env, Response};
use hub_types::ids::{ModelId, TermsNumber};
use hub_types::records::registry::ModelStatus;
use hub_types::registry::Payee;

use super::{authored, terms as terms_handler};
use crate::domain::shares::Shares;
use crate::domain::terms::Draft;
use crate::error::ContractError;
use crate::events::Event;
use crate::state::{authors, config, models, names, offers, terms};

/// What the new author brings, in checked form.
pub struct Acceptance {
    pub payees: Vec<Payee>,
    /// Number of the terms in force, as the new author read them.
    pub expected_terms: TermsNumber,
    pub name: Option<String>,
}

pub fn offer(
    deps: DepsMut,
    sender: Addr,
    model: ModelId,
    to: Addr,
) -> Result<Response, ContractError> {
    authored(deps.as_ref(), model, &sender)?;
    if to == sender {
        return Err(ContractError::OfferToAuthor {
            model,
            author: sender,
        });
    }

    offers::make(deps.storage, model, &to)?;

    Ok(Response::new().add_event(Event::TransferOffered {
        model,
        author: &sender,
        to: &to,
    }))
}

pub fn cancel(deps: DepsMut, sender: Addr, model: ModelId) -> Result<Response, ContractError> {
    authored(deps.as_ref(), model, &sender)?;
    let to = offers::load(deps.storage, model)?;

    offers::end(deps.storage, model);

    Ok(Response::new().add_event(Event::TransferCancelled {
        model,
        author: &sender,
        to: &to,
    }))
}

pub fn accept(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    model: ModelId,
    acceptance: Acceptance,
) -> Result<Response, ContractError> {
    let mut record = models::load(deps.storage, model)?;
    let offered_to = offers::load(deps.storage, model)?;
    if offered_to != sender {
        return Err(ContractError::NotOfferedToSender {
            model,
            offered_to,
            sender,
        });
    }
    let now = env.block.time.seconds();
    let config = config::load(deps.storage)?;
    let mut details = models::load_details(deps.storage, model)?;
    let standing = terms::standing(deps.storage, model, record.latest_terms, now)?;
    // Between the offer and now the author could have retired the model or changed its price.
    if let ModelStatus::Retired { cutoff } = record.status {
        return Err(ContractError::ModelRetired { model, cutoff });
    }
    let in_force = standing.base.number;
    if acceptance.expected_terms != in_force {
        return Err(ContractError::OtherTermsInForce {
            model,
            expected: acceptance.expected_terms,
            in_force,
        });
    }
    let base = &standing.base.record;
    let shares = Shares::new(base.operator_bps, acceptance.payees)?;
    let draft = Draft::new(deps.api, base.denom.clone(), base.rates, &shares)?;
    let change = standing.set(draft, now, config.price_notice())?;
    let seller = deps.api.addr_humanize(&record.author)?;
    if let Some(name) = acceptance.name {
        details.name = name;
    }
    record.author = deps.api.addr_canonicalize(sender.as_str())?;
    record.latest_terms = change.set.number;

    names::give(deps.storage, &sender, &details.name, model)?;
    authors::strike(deps.storage, &seller, model);
    authors::enter(deps.storage, &sender, model)?;
    offers::end(deps.storage, model);
    terms::apply(deps.storage, model, &change);
    models::save_details(deps.storage, model, &details)?;
    models::save(deps.storage, model, &record);

    Ok(Response::new()
        .set_data(to_json_binary(&terms_handler::created(&change))?)
        .add_event(Event::TransferAccepted {
            model,
            from: &seller,
            author: &sender,
            name: &details.name,
        })
        .add_event(terms_handler::event(deps.as_ref(), model, &change)?))
}
