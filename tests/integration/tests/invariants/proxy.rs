//! A proxy contract, which sends what its owner says: how a contract is caller, author, payee and operator.

use cosmwasm_std::{
    to_json_binary, Addr, Binary, CosmosMsg, Deps, DepsMut, Empty, Env, MessageInfo, Reply,
    Response, StdError, StdResult, SubMsg,
};
use cw_multi_test::{Contract, ContractWrapper};
use cw_storage_plus::Item;
use cw_utils::parse_execute_response_data;

const OWNER: Item<Addr> = Item::new("owner");

/// The code of the contract.
pub fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
}

fn instantiate(deps: DepsMut, _: Env, info: MessageInfo, _: Empty) -> StdResult<Response> {
    OWNER.save(deps.storage, &info.sender)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, _: Env, info: MessageInfo, msg: CosmosMsg) -> StdResult<Response> {
    if info.sender != OWNER.load(deps.storage)? {
        return Err(StdError::generic_err("not the owner"));
    }
    Ok(Response::new().add_submessage(SubMsg::reply_on_success(msg, 0)))
}

/// Hands on what the message returned.
fn reply(_: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    let response = reply.result.into_result().map_err(StdError::generic_err)?;
    let answer = response.msg_responses.first();
    let wrapped = answer.ok_or_else(|| StdError::generic_err("no response"))?;
    let data = parse_execute_response_data(&wrapped.value)
        .map_err(|error| StdError::generic_err(error.to_string()))?;
    let response = Response::new();
    Ok(match data.data {
        Some(data) => response.set_data(data),
        None => response,
    })
}

fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&OWNER.load(deps.storage)?)
}
