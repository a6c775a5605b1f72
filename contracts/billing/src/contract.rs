//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod instantiate;
mod migrate;
mod parse;
mod query;

use hub_types::ids::AttesterId;
use cosmwasm_std::{to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use hub_types::billing::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::hash;
use hub_types::wire::PublicKey;

use crate::error::ContractError;
use execute::attesters::Candidate;
use query::usage::{self, Counted};

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks the registry, and instantiates an escrow whose collector is this contract.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    cw_utils::nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let registry = parse::address(deps.api, "registry", &msg.registry)?;
    let escrow_admin = msg
        .escrow_admin
        .map(|admin| parse::address(deps.api, "escrow_admin", &admin))
        .transpose()?;
    let nitro_root = parse::nitro_root(msg.nitro_root.as_ref())?;
    instantiate::instantiate(
        deps,
        registry,
        msg.escrow_code_id,
        escrow_admin,
        &nitro_root,
    )
}

/// Learns the address of the escrow, and says what to do when it refuses.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        instantiate::ESCROW_REPLY => instantiate::wire(deps, reply),
        execute::collect::ESCROW_REFUSED => execute::collect::refused(deps.as_ref(), reply),
        id => Err(ContractError::UnknownReply { id: AttesterId(id) }),
    }
}

/// See [`ExecuteMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    cw_utils::nonpayable(&info)?;
    match msg {
        ExecuteMsg::RegisterAttester {
            key,
            key_type,
            possession,
            attestation,
            endpoint,
        } => {
            parse::check_endpoint(endpoint.as_deref())?;
            let candidate = Candidate {
                key: PublicKey::new(key_type.into(), &key)?,
                possession,
                attestation,
                endpoint,
            };
            execute::attesters::register(deps, env, info, candidate)
        }
        ExecuteMsg::Retire { attester } => execute::attesters::retire(deps, env, info, attester),
        ExecuteMsg::Revoke { attester } => execute::attesters::revoke(deps, info, attester),
        ExecuteMsg::SetEndpoint { attester, endpoint } => {
            parse::check_endpoint(endpoint.as_deref())?;
            execute::attesters::set_endpoint(deps, info, attester, endpoint)
        }
        ExecuteMsg::SettleBatch {
            batch,
            signature,
            vouchers,
        } => {
            let vouchers = parse::vouchers(&vouchers);
            execute::settle_batch::settle_batch(deps, env, &batch, &signature, &vouchers)
        }
        ExecuteMsg::Settle {
            receipt,
            sequence,
            signature,
            voucher,
        } => {
            let voucher = parse::vouchers(voucher.as_slice()).pop();
            execute::settle::settle(deps, env, &receipt, sequence, &signature, voucher)
        }
    }
}

/// See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?),
        QueryMsg::Attester { attester } => to_json_binary(&query::attester(deps, attester)?),
        QueryMsg::AttesterByKey { key } => to_json_binary(&query::attester_by_key(deps, &key)?),
        QueryMsg::Attesters { start_after, limit } => {
            to_json_binary(&query::attesters(deps, start_after, limit)?)
        }
        QueryMsg::AttestersByOperator {
            operator,
            start_after,
            limit,
        } => {
            let operator = parse::address(deps.api, "operator", &operator)?;
            to_json_binary(&query::attesters_by_operator(
                deps,
                &operator,
                start_after,
                limit,
            )?)
        }
        QueryMsg::AttestersByMeasurement {
            measurement,
            start_after,
            limit,
        } => {
            let measurement = hash::parse("measurement", &measurement)?;
            to_json_binary(&query::attesters_by_measurement(
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
            to_json_binary(&query::preview_batch(
                deps, &env, &batch, signature, &vouchers,
            )?)
        }
        QueryMsg::Batch { attester, batch } => {
            to_json_binary(&query::batch(deps, attester, batch)?)
        }
        QueryMsg::Batches {
            attester,
            start_after,
            limit,
        } => to_json_binary(&query::batches(deps, attester, start_after, limit)?),
        QueryMsg::VerifyInclusion {
            attester,
            batch,
            receipt,
            proof,
        } => to_json_binary(&query::verify_inclusion(
            deps, attester, batch, &receipt, proof,
        )?),
        QueryMsg::Usage { model, denom } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::usage(deps, &env, model, denom)?)
        }
        QueryMsg::UsageByDay {
            model,
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
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
            to_json_binary(&usage::usage_of_days(deps, model, &denom, from, until)?)
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
                start_after.map(u64::from),
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
                start_after.map(u64::from),
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
                start_after.map(u64::from),
                limit,
            )?)
        }
        QueryMsg::MeasurementUsage {
            measurement,
            denom,
            start_after,
            limit,
        } => {
            let measurement = hash::parse("measurement", &measurement)?;
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::measurement_usage(
                deps,
                &measurement,
                &denom,
                start_after.map(u64::from),
                limit,
            )?)
        }
        QueryMsg::Ranking {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::ranking(deps, &denom, start_after, limit)?)
        }
        QueryMsg::Hub { denom, days } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::hub(deps, &env, denom, days)?)
        }
        QueryMsg::HubByDay {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::hub_by_day(deps, &denom, start_after, limit)?)
        }
        QueryMsg::HubWeeks {
            denom,
            start_after,
            limit,
        } => {
            let denom = Counted::find(deps, denom)?;
            to_json_binary(&usage::hub_weeks(deps, &denom, start_after, limit)?)
        }
    };
    Ok(answer?)
}

/// Keeps everything, and refuses to go back in version.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps, msg)
}
