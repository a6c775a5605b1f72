//! What both ways of settling end with: one message to the escrow, or one error.

use cosmwasm_std::{to_json_binary, Addr, WasmMsg};
use hub_types::escrow::{Books, ExecuteMsg};

use crate::error::ContractError;
use crate::settlement::Decided;

/// The one message that moves the money. No reply: if the escrow refuses, the whole transaction fails.
pub fn message(escrow: Addr, decided: Decided) -> Result<WasmMsg, ContractError> {
    Ok(WasmMsg::Execute {
        contract_addr: escrow.into_string(),
        msg: to_json_binary(&ExecuteMsg::Settle {
            books: Books {
                sessions: decided.sessions,
                credits: decided.credits,
            }
            .encode(),
        })?,
        funds: vec![],
    })
}

/// The different reasons why nothing was settled.
pub fn nothing_settled(decided: &Decided) -> ContractError {
    let mut outcomes: Vec<_> = decided.groups.iter().map(|group| group.outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    ContractError::NothingSettled { outcomes }
}
