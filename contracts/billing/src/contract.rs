//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod instantiate;
mod migrate;
mod parse;
mod query;
mod view;

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use cw_utils::nonpayable;
use hub_types::billing::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::wire::PublicKey;

use self::execute::attesters::Candidate;
use crate::error::ContractError;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks the registry, and instantiates an escrow whose collector is this contract. See [`InstantiateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let registry = parse::address(deps.api, "registry", &msg.registry)?;
    let escrow_admin = msg
        .escrow_admin
        .map(|admin| parse::address(deps.api, "escrow_admin", &admin))
        .transpose()?;
    instantiate::instantiate(deps, registry, msg.escrow_code_id, escrow_admin)
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
    match msg {
        ExecuteMsg::RegisterAttester {
            key,
            key_type,
            possession,
            evidence,
            endpoint,
        } => {
            parse::check_endpoint(endpoint.as_deref())?;
            let candidate = Candidate {
                operator: info.sender,
                key: PublicKey::new(key_type.into(), &key)?,
                endpoint,
            };
            let evidence = parse::evidence(deps.api, evidence)?;
            execute::attesters::register(deps, &env, candidate, &possession, evidence)
        }
        ExecuteMsg::Retire { attester } => {
            execute::attesters::retire(deps, &env, info.sender, attester)
        }
        ExecuteMsg::Revoke { attester } => execute::attesters::revoke(deps, info.sender, attester),
        ExecuteMsg::SetEndpoint { attester, endpoint } => {
            parse::check_endpoint(endpoint.as_deref())?;
            execute::attesters::set_endpoint(deps, info.sender, attester, endpoint)
        }
        ExecuteMsg::SettleBatch {
            batch,
            signature,
            vouchers,
        } => {
            let vouchers = parse::vouchers(&vouchers);
            execute::settle_batch::settle_batch(deps, &env, &batch, &signature, &vouchers)
        }
        ExecuteMsg::Settle {
            receipt,
            sequence,
            signature,
            voucher,
        } => {
            let voucher = parse::vouchers(voucher.as_slice()).pop();
            execute::settle::settle(deps, &env, &receipt, sequence, &signature, voucher)
        }
    }
}

/// Answers a question. See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, &env, msg)
}

/// Learns the address of the escrow, says what to do when it refuses, and registers an attester once its verifier answered.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        instantiate::ESCROW_REPLY => instantiate::wire(deps, reply),
        execute::collect::ESCROW_REFUSED => execute::collect::refused(deps.as_ref(), reply),
        execute::attest::ANSWERED => execute::attest::answered(deps, reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Keeps everything, and refuses to go back in version. See [`MigrateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps, msg)
}
