//! What both ways of settling end with: one message to the escrow, or one error.

use cosmwasm_std::{to_json_binary, Addr, Deps, Reply, Response, SubMsg, SubMsgResult, WasmMsg};
use hub_types::escrow::{Books, ExecuteMsg};
use hub_types::ids::AttesterId;

use crate::contract::CONTRACT_VERSION;
use crate::error::ContractError;
use crate::settlement::message::{Decided, Settled};
use crate::state::config;

/// Reply id of a settlement that the escrow refused.
pub const ESCROW_REFUSED: u64 = 2;

/// The one message that moves the money. If the escrow refuses, the whole transaction fails; the reply then says what to do,
/// and costs nothing otherwise.
pub fn message(escrow: Addr, decided: Decided) -> Result<SubMsg, ContractError> {
    let settle = WasmMsg::Execute {
        contract_addr: escrow.into_string(),
        msg: to_json_binary(&ExecuteMsg::Settle {
            books: Books {
                sessions: decided.sessions,
                credits: decided.credits,
            }
            .encode(),
        })?,
        funds: vec![],
    };
    Ok(SubMsg::reply_on_error(settle, ESCROW_REFUSED))
}

/// Passes the refusal on: never anything but an error, since what was written of usage must go with the money. An escrow of the
/// same release takes all that billing tells it.
pub fn refused(deps: Deps, reply: Reply) -> Result<Response, ContractError> {
    let SubMsgResult::Err(reason) = reply.result else {
        return Err(ContractError::UnknownReply {
            id: AttesterId(reply.id).0,
        });
    };
    let escrow = config::load(deps.storage)?.escrow;
    Err(ContractError::EscrowRefused {
        reason,
        escrow: cw2::query_contract_info(&deps.querier, escrow)?.version,
        billing: CONTRACT_VERSION,
    })
}

/// The different reasons why nothing was settled.
pub fn nothing_settled(decided: &Decided) -> ContractError {
    let mut outcomes = vec![];
    for Settled { outcome, .. } in &decided.groups {
        if let Err(place) = outcomes.binary_search(outcome) {
            outcomes.insert(place, *outcome);
        }
    }
    ContractError::NothingSettled { outcomes }
}
