//! A cw20 token that refuses to be sent to whom it holds something against.

use cosmwasm_std::{
    Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdResult, Storage,
};
use cw20_base::contract::{execute as cw20_execute, instantiate, query as cw20_query};
use cw20_base::msg::{ExecuteMsg, QueryMsg};
use cw20_base::ContractError;
use cw_multi_test::{Contract, ContractWrapper};

/// The code of the token.
pub fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

fn key(account: &str) -> Vec<u8> {
    [b"refused/", account.as_bytes()].concat()
}

/// Whether it refuses an account from now on.
pub fn refuse(storage: &mut dyn Storage, account: &Addr, refused: bool) {
    match refused {
        true => storage.set(&key(account.as_str()), b"1"),
        false => storage.remove(&key(account.as_str())),
    }
}

fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    if let ExecuteMsg::Transfer { recipient, .. } = &msg {
        if deps.storage.get(&key(recipient)).is_some() {
            return Err(ContractError::Unauthorized {});
        }
    }
    cw20_execute(deps, env, info, msg)
}

fn query(deps: Deps, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    cw20_query(deps, env, msg)
}
