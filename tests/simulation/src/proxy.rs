//! A contract that does what its owner says: how one signature moves several accounts in one transaction, and how a loan
//! is taken and repaid in it. Hostile code of the simulation, no part of the Hub.

use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, Binary, CosmosMsg, Deps, DepsMut, Empty, Env,
    MessageInfo, Response, StdError, StdResult, WasmMsg,
};
use cw_multi_test::ContractWrapper;
use hub_testing::{AppResponse, Hub, NATIVE};
use serde::{Deserialize, Serialize};

/// What a proxy can be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecuteMsg {
    /// Send these.
    Execute { messages: Vec<CosmosMsg> },
    /// Send this much to an account.
    Lend { to: String, amount: u128 },
    /// Fail unless this much is here: the end of a loan.
    Repaid { at_least: u128 },
}

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    match msg {
        ExecuteMsg::Execute { messages } => Ok(Response::new().add_messages(messages)),
        ExecuteMsg::Lend { to, amount } => Ok(Response::new().add_message(BankMsg::Send {
            to_address: to,
            amount: coins(amount, NATIVE),
        })),
        ExecuteMsg::Repaid { at_least } => {
            let held = deps.querier.query_balance(env.contract.address, NATIVE)?;
            if held.amount.u128() < at_least {
                return Err(StdError::generic_err("the loan was not repaid"));
            }
            Ok(Response::new())
        }
    }
}

fn query(_: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&Empty {})
}

/// Stores their code, which anybody could have done before.
pub fn store(hub: &mut Hub) -> u64 {
    hub.app
        .store_code(Box::new(ContractWrapper::new(execute, instantiate, query)))
}

/// The message that makes a proxy of this code.
pub fn instantiation(code_id: u64) -> CosmosMsg {
    let instantiate = WasmMsg::Instantiate {
        admin: None,
        code_id,
        msg: Binary::from(b"{}"),
        funds: vec![],
        label: "proxy".to_owned(),
    };
    instantiate.into()
}

/// The address of the proxy that a message made.
pub fn address(response: &AppResponse) -> Option<Addr> {
    let made = response
        .events
        .iter()
        .find(|event| event.ty == "instantiate")?;
    let attribute = |key: &str| {
        made.attributes
            .iter()
            .find(|attribute| attribute.key == key)
    };
    attribute("_contract_address").map(|attribute| Addr::unchecked(&attribute.value))
}
