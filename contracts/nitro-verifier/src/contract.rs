//! Entry points: the payment rule, parsing, dispatch.

mod execute;
mod migrate;
mod parse;
mod query;

use cosmwasm_std::{to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Response};
use hub_types::nitro_verifier::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use hub_types::wire::PublicKey;

use crate::error::ContractError;
use crate::events::Event;
use crate::state::config;

/// Name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
/// Version of this code.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Fixes the root below which enclaves are attested.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    cw_utils::nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let root = parse::root(msg.root.as_ref())?;
    config::save_root(deps.storage, &root)?;
    Ok(Response::new().add_event(Event::Instantiated { root: &root.0 }))
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

/// See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?),
        QueryMsg::Verify {
            key,
            key_type,
            evidence,
        } => {
            let key = PublicKey::new(key_type.into(), &key)?;
            to_json_binary(&query::verify(deps, &env, &key, &evidence)?)
        }
    };
    Ok(answer?)
}

/// Keeps everything, and refuses to go back in version.
#[cfg_attr(not(feature = "library"), cosmwasm_std::entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate::migrate(deps, msg)
}
