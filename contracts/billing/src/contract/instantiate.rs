//! Birth of a billing contract and its escrow, in one transaction.

use cosmwasm_std::{to_json_binary, Addr, DepsMut, Reply, Response, SubMsg, WasmMsg};
use cw_utils::{parse_instantiate_response_data, ParseReplyError};
use hub_types::{escrow, packed, registry};

use crate::error::ContractError;
use crate::events::Event;
use crate::state::config::{self, Unwired};

pub const ESCROW_REPLY: u64 = 1;

const REGISTRY_NAME: &str = "crates.io:hub-registry";

pub fn instantiate(
    deps: DepsMut,
    registry: Addr,
    escrow_code_id: u64,
    escrow_admin: Option<Addr>,
) -> Result<Response, ContractError> {
    let constants = registry_constants(&deps, &registry)?;
    config::begin(
        deps.storage,
        &Unwired {
            registry,
            receipt_max_age_seconds: constants.receipt_max_age_seconds,
        },
    )?;
    let escrow = WasmMsg::Instantiate {
        admin: escrow_admin.map(Addr::into_string),
        code_id: escrow_code_id,
        msg: to_json_binary(&escrow::InstantiateMsg {
            receipt_max_age_seconds: constants.receipt_max_age_seconds,
        })?,
        funds: vec![],
        label: "hub-escrow".to_owned(),
    };
    Ok(Response::new().add_submessage(SubMsg::reply_on_success(escrow, ESCROW_REPLY)))
}

pub fn wire(deps: DepsMut, reply: Reply) -> Result<Response, ContractError> {
    let response = reply
        .result
        .into_result()
        .map_err(ParseReplyError::SubMsgFailure)?;
    let answer = response.msg_responses.first().ok_or_else(|| {
        ParseReplyError::ParseFailure("the reply holds no message response".to_owned())
    })?;
    let instantiated = parse_instantiate_response_data(answer.value.as_slice())?;
    let escrow = deps.api.addr_validate(&instantiated.contract_address)?;
    let config = config::complete(deps.storage, escrow)?;
    Ok(Response::new().add_event(Event::Instantiated {
        registry: &config.registry,
        escrow: &config.escrow,
    }))
}

/// A raw read of something that is no registry would be silently empty, and every model unknown. So the registry must
/// name itself and answer here.
fn registry_constants(
    deps: &DepsMut,
    registry: &Addr,
) -> Result<registry::ConfigResponse, ContractError> {
    let refuse = |reason: String| ContractError::NotARegistry {
        address: registry.clone(),
        reason,
    };
    let version = cw2::query_contract_info(&deps.querier, registry.as_str())
        .map_err(|error| refuse(error.to_string()))?;
    if version.contract != REGISTRY_NAME {
        return Err(refuse(format!("it is {}", version.contract)));
    }
    let constants: registry::ConfigResponse = deps
        .querier
        .query_wasm_smart(registry, &registry::QueryMsg::Config {})
        .map_err(|error| refuse(error.to_string()))?;
    // What older code writes can be read, since its records began anew.
    if !(packed::OLDEST_LAYOUT..=packed::LAYOUT).contains(&constants.layout) {
        return Err(ContractError::OtherLayout {
            found: constants.layout,
            newest: packed::LAYOUT,
        });
    }
    Ok(constants)
}
