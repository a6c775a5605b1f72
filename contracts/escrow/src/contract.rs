//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod migrate;
mod parse;
mod query;

use cosmwasm_std::{to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use cw_utils::{nonpayable, one_coin};
use hub_types::denom::Denom;
use hub_types::escrow::{Cw20HookMsg, ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use self::execute::deposit::Received;
use crate::error::ContractError;
use crate::state::config;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the sender the collector.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    config::init(deps.storage, &info.sender, msg.receipt_max_age_seconds)?;
    Ok(Response::new())
}

/// See [`ExecuteMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    match msg {
        ExecuteMsg::Deposit {
            beneficiary,
            session,
        } => {
            let coin = one_coin(&info)?;
            let received = Received {
                beneficiary: parse::account(
                    deps.as_ref(),
                    &env,
                    "beneficiary",
                    beneficiary,
                    &info.sender,
                )?,
                depositor: info.sender,
                denom: Denom::native(&coin.denom)?,
                amount: coin.amount,
            };
            let opening = session
                .map(|session| parse::opening(deps.as_ref(), &env, session))
                .transpose()?;
            execute::deposit::deposit(deps, env, received, opening)
        }
        ExecuteMsg::Receive(hook) => {
            nonpayable(&info)?;
            let Cw20HookMsg::Deposit {
                beneficiary,
                session,
            } = parse::hook(&hook.msg)?;
            let depositor = parse::address(deps.api, "sender", &hook.sender)?;
            let received = Received {
                beneficiary: parse::account(
                    deps.as_ref(),
                    &env,
                    "beneficiary",
                    beneficiary,
                    &depositor,
                )?,
                depositor,
                denom: Denom::cw20(info.sender),
                amount: hook.amount,
            };
            let opening = session
                .map(|session| parse::opening(deps.as_ref(), &env, session))
                .transpose()?;
            execute::deposit::receive(deps, env, received, opening)
        }
        ExecuteMsg::Withdraw {
            denom,
            amount,
            recipient,
        } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            let recipient =
                parse::account(deps.as_ref(), &env, "recipient", recipient, &info.sender)?;
            execute::withdraw::withdraw(deps, info.sender, denom, amount, recipient)
        }
        ExecuteMsg::OpenSession { denom, session } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            let opening = parse::opening(deps.as_ref(), &env, session)?;
            execute::session::open(deps, env, info.sender, denom, opening)
        }
        ExecuteMsg::TopUp { session, amount } => {
            nonpayable(&info)?;
            execute::session::top_up(deps, env, info, session, amount)
        }
        ExecuteMsg::CloseSession { session } => {
            nonpayable(&info)?;
            execute::session::close(deps, env, info, session)
        }
        ExecuteMsg::ReleaseSession { session } => {
            nonpayable(&info)?;
            execute::session::release(deps, env, info, session)
        }
        ExecuteMsg::RaiseCeiling { session, ceiling } => {
            nonpayable(&info)?;
            execute::session::raise_ceiling(deps, info, session, ceiling)
        }
        ExecuteMsg::SetAutoPayout { denom, on } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            execute::payout::set_auto_payout(deps, info, denom, on)
        }
        ExecuteMsg::Payout { accounts, denom } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            execute::payout::payout(deps, denom, accounts)
        }
        ExecuteMsg::Settle { books } => {
            nonpayable(&info)?;
            execute::settle::settle(deps, info, &books)
        }
    }
}

/// See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?),
        QueryMsg::Balance { address, denom } => {
            let owner = parse::canonical(deps.api, "address", &address)?;
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&query::balance(deps, owner, denom)?)
        }
        QueryMsg::Balances {
            address,
            start_after,
            limit,
        } => {
            let owner = parse::canonical(deps.api, "address", &address)?;
            to_json_binary(&query::balances(deps, owner, start_after, limit)?)
        }
        QueryMsg::Denoms { start_after, limit } => {
            to_json_binary(&query::denoms(deps, start_after, limit)?)
        }
        QueryMsg::Denom { denom } => {
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&query::denom(deps, denom)?)
        }
        QueryMsg::Session { session } => to_json_binary(&query::session(deps, &env, session)?),
        QueryMsg::SessionsByCaller {
            caller,
            start_after,
            limit,
        } => {
            let caller = parse::canonical(deps.api, "caller", &caller)?;
            to_json_binary(&query::sessions_by_caller(
                deps,
                &env,
                caller,
                start_after,
                limit,
            )?)
        }
        QueryMsg::SessionsByOperator {
            operator,
            start_after,
            limit,
        } => {
            let operator = parse::canonical(deps.api, "operator", &operator)?;
            to_json_binary(&query::sessions_by_operator(
                deps,
                &env,
                operator,
                start_after,
                limit,
            )?)
        }
        QueryMsg::SessionsForOthers {
            funder,
            start_after,
            limit,
        } => {
            let funder = parse::canonical(deps.api, "funder", &funder)?;
            to_json_binary(&query::sessions_for_others(
                deps,
                &env,
                funder,
                start_after,
                limit,
            )?)
        }
        QueryMsg::Spend { funder, denom } => {
            let funder = parse::canonical(deps.api, "funder", &funder)?;
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&query::spend(deps, funder, denom)?)
        }
        QueryMsg::Solvency { denom } => {
            let denom = parse::denom(deps, &denom)?;
            to_json_binary(&query::solvency(deps, &env, denom)?)
        }
    };
    Ok(answer?)
}

/// Takes back a transfer of a payout that failed.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        execute::payout::TRANSFER_FAILED => execute::payout::take_back(deps, reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Keeps everything.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps)
}

#[cfg(test)]
mod tests;
