//! Entry points: the payment rule, parsing, dispatch.

pub mod curve;
mod execute;
mod instantiate;
mod migrate;
mod parse;
mod query;
mod view;

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response};
use cw_utils::nonpayable;
use hub_types::hash;
use hub_types::registry::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::time::{DEFAULT_PRICE_NOTICE_SECONDS, DEFAULT_RECEIPT_MAX_AGE_SECONDS};

use self::instantiate::Instantiation;
use crate::domain::config::Config;
use crate::error::ContractError;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Fixes the constants, and names the first keeper. See [`InstantiateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let instantiation = Instantiation {
        config: Config {
            receipt_max_age_seconds: msg
                .receipt_max_age_seconds
                .unwrap_or(DEFAULT_RECEIPT_MAX_AGE_SECONDS),
            price_notice_seconds: msg
                .price_notice_seconds
                .unwrap_or(DEFAULT_PRICE_NOTICE_SECONDS),
        }
        .check()?,
        walrus_keeper: msg
            .walrus_keeper
            .map(|keeper| parse::address(deps.api, "walrus_keeper", &keeper))
            .transpose()?,
    };
    instantiate::instantiate(deps, instantiation)
}

/// Does what a message asks for. See [`ExecuteMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    let sender = info.sender;
    match msg {
        ExecuteMsg::RegisterModel {
            name,
            metadata,
            terms,
            release,
        } => {
            let registration = execute::model::Registration {
                name: parse::name(name)?,
                metadata: parse::metadata(metadata)?,
                terms: parse::terms(deps.as_ref(), terms)?,
                release: release.map(parse::release).transpose()?,
            };
            execute::model::register(deps, &env, sender, registration)
        }
        ExecuteMsg::UpdateMetadata { model, metadata } => {
            let metadata = parse::metadata(metadata)?;
            execute::model::update_metadata(deps, sender, model, metadata)
        }
        ExecuteMsg::PublishRelease { model, release } => {
            let publication = parse::release(release)?;
            execute::release::publish(deps, &env, sender, model, publication)
        }
        ExecuteMsg::SetTerms { model, terms } => {
            let draft = parse::terms(deps.as_ref(), terms)?;
            execute::terms::set(deps, &env, sender, model, draft)
        }
        ExecuteMsg::SetStatus { model, status } => {
            execute::model::set_status(deps, &env, sender, model, status)
        }
        ExecuteMsg::OfferTransfer { model, to } => {
            let to = parse::address(deps.api, "to", &to)?;
            execute::transfer::offer(deps, sender, model, to)
        }
        ExecuteMsg::CancelTransfer { model } => execute::transfer::cancel(deps, sender, model),
        ExecuteMsg::AcceptTransfer {
            model,
            expected_terms,
            payees,
            name,
        } => {
            let acceptance = execute::transfer::Acceptance {
                payees: parse::payees(deps.api, payees)?,
                expected_terms,
                name: name.map(parse::name).transpose()?,
            };
            execute::transfer::accept(deps, &env, sender, model, acceptance)
        }
        ExecuteMsg::Commit { hash } => {
            let hash = hash::parse("hash", &hash)?;
            execute::release::commit(deps, &env, sender, hash)
        }
        ExecuteMsg::ProveSize {
            model,
            release,
            size,
            root_hash,
        } => {
            let proof = execute::release::SizeProof {
                size: size.u64(),
                root_hash: hash::parse("root_hash", &root_hash)?,
            };
            execute::release::prove_size(deps, sender, model, release, proof)
        }
        ExecuteMsg::Certify {
            model,
            release,
            certificate,
        } => {
            let certification = parse::certification(certificate)?;
            execute::release::certify(deps, &env, sender, model, release, certification)
        }
        ExecuteMsg::SetCommittee {
            epoch,
            n_shards,
            members,
        } => {
            let new = execute::keeper::NewCommittee {
                epoch,
                n_shards,
                members: parse::members(members)?,
            };
            execute::keeper::set_committee(deps, &env, sender, new)
        }
        ExecuteMsg::OfferKeeperRole { to } => {
            let to = parse::address(deps.api, "to", &to)?;
            execute::keeper::offer(deps, sender, to)
        }
        ExecuteMsg::CancelKeeperOffer {} => execute::keeper::cancel(deps, sender),
        ExecuteMsg::AcceptKeeperRole {} => execute::keeper::accept(deps, sender),
    }
}

/// Answers a question. See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Keeps everything, and refuses to go back in version. See [`MigrateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps, msg)
}
