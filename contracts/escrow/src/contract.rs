//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod instantiate;
mod migrate;
mod parse;
mod query;
mod view;

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use cw_utils::{nonpayable, one_coin};
use hub_types::denom::Denom;
use hub_types::escrow::{Cw20HookMsg, ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use self::execute::deposit::Received;
use self::instantiate::Instantiation;
use crate::error::ContractError;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the sender the collector. See [`InstantiateMsg`].
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
        receipt_max_age_seconds: msg.receipt_max_age_seconds,
    };
    instantiate::instantiate(deps, info.sender, instantiation)
}

/// Does what a message asks for. See [`ExecuteMsg`].
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
            execute::deposit::deposit(deps, &env, received, opening)
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
            execute::deposit::receive(deps, &env, received, opening)
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
            execute::session::open(deps, &env, info.sender, denom, opening)
        }
        ExecuteMsg::TopUp { session, amount } => {
            nonpayable(&info)?;
            execute::session::top_up(deps, &env, info.sender, session, amount)
        }
        ExecuteMsg::CloseSession { session } => {
            nonpayable(&info)?;
            execute::session::close(deps, &env, info.sender, session)
        }
        ExecuteMsg::ReleaseSession { session } => {
            nonpayable(&info)?;
            execute::session::release(deps, &env, info.sender, session)
        }
        ExecuteMsg::RaiseCeiling { session, ceiling } => {
            nonpayable(&info)?;
            execute::session::raise_ceiling(deps, info.sender, session, ceiling)
        }
        ExecuteMsg::SetAutoPayout { denom, on } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            execute::payout::set_auto_payout(deps, info.sender, denom, on)
        }
        ExecuteMsg::Payout { accounts, denom } => {
            nonpayable(&info)?;
            let denom = parse::denom(deps.as_ref(), &denom)?;
            execute::payout::payout(deps, denom, accounts)
        }
        ExecuteMsg::Settle { books } => {
            nonpayable(&info)?;
            execute::settle::settle(deps, info.sender, &books)
        }
    }
}

/// Answers a question. See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Takes back a transfer of a payout that failed.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        execute::payout::TRANSFER_FAILED => execute::payout::take_back(deps, reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Keeps everything, and refuses to go back in version. See [`MigrateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps, msg)
}

#[cfg(test)]
mod tests;
