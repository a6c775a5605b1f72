//! cw20-base, but for one thing: the account named as `marketing.project` at the beginning receives no transfers.

use cosmwasm_std::{entry_point, Binary, Deps, DepsMut, Env, MessageInfo, Response, StdError, StdResult};
use cw20_base::contract;
use cw20_base::msg::{ExecuteMsg, InstantiateMsg, QueryMsg};
use cw20_base::state::MARKETING_INFO;
use cw20_base::ContractError;

#[entry_point]
pub fn instantiate(deps: DepsMut, env: Env, info: MessageInfo, msg: InstantiateMsg) -> Result<Response, ContractError> {
    contract::instantiate(deps, env, info, msg)
}

#[entry_point]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    contract::query(deps, env, msg)
}

#[entry_point]
pub fn execute(deps: DepsMut, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, ContractError> {
    if let ExecuteMsg::Transfer { recipient, .. } = &msg {
        let refused = MARKETING_INFO.may_load(deps.storage)?.and_then(|info| info.project);
        if refused.as_ref() == Some(recipient) {
            return Err(StdError::generic_err(format!("{recipient} receives nothing")).into());
        }
    }
    contract::execute(deps, env, info, msg)
}
