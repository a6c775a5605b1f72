use cosmwasm_std::{from_json, Reply, StdError, StdResult};
use cw_utils::parse_execute_response_data;
use serde::de::DeserializeOwned;

/// What a message of the Hub returned as data, such as [`SessionCreated`](crate::escrow::SessionCreated), out of the
/// reply to it. An error if the message failed, if it returned no data, or if the data is something else.
///
/// A deposit of cw20 tokens returns nothing, since the token stands in between: see
/// [`EscrowContract::newest_session`](super::EscrowContract::newest_session).
pub fn answer<T: DeserializeOwned>(reply: Reply) -> StdResult<T> {
    let response = reply.result.into_result().map_err(StdError::generic_err)?;
    let wrapped = response
        .msg_responses
        .first()
        .ok_or_else(|| StdError::generic_err("the reply holds no message response"))?;
    let data = parse_execute_response_data(&wrapped.value)
        .map_err(|error| StdError::generic_err(error.to_string()))?
        .data
        .ok_or_else(|| StdError::generic_err("the message returned no data"))?;
    from_json(data)
}
