//! cw20-base, but for one thing: the account named as `marketing.project` at the beginning receives no transfers.

use cosmwasm_std::{entry_point, DepsMut, Env, MessageInfo, Response, StdError};
use cw20_base::msg::ExecuteMsg;
use cw20_base::state::MARKETING_INFO;
use cw20_base::ContractError;

pub use cw20_base::contract::{instantiate, query};

#[entry_point]
pub fn execute(deps: DepsMut, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, ContractError> {
    if let ExecuteMsg::Transfer { recipient, .. } = &msg {
        let refused = MARKETING_INFO.may_load(deps.storage)?.and_then(|info| info.project);
        if refused.as_ref() == Some(recipient) {
            return Err(StdError::generic_err(format!("{recipient} receives nothing")).into());
        }
    }
    cw20_base::contract::execute(deps, env, info, msg)
}
