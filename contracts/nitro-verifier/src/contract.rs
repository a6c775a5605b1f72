//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod instantiate;
mod migrate;
mod parse;
mod query;
mod view;

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response};
use cw_utils::nonpayable;
use hub_types::nitro_verifier::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::wire::PublicKey;

use crate::error::ContractError;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Fixes the root below which enclaves are attested. See [`InstantiateMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let root = parse::root(msg.root.as_ref())?;
    instantiate::instantiate(deps, &root)
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
        ExecuteMsg::Attest {
            key,
            key_type,
            evidence,
        } => {
            let key = PublicKey::new(key_type.into(), &key)?;
            execute::attest::attest(deps, &env, &key, &evidence)
        }
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
