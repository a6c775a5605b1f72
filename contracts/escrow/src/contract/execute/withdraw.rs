//! Money goes out because its owner says so.

use cosmwasm_std::{Addr, DepsMut, Response, Uint128};
use hub_types::denom::Denom;

use crate::error::ContractError;
use crate::events::Event;
use crate::state::{accounts, denoms};

/// Sends `amount`, or everything available, of the sender to `recipient`.
pub fn withdraw(
    deps: DepsMut,
    sender: Addr,
    denom: Denom,
    amount: Option<Uint128>,
    recipient: Addr,
) -> Result<Response, ContractError> {
    if amount.is_some_and(|amount| amount.is_zero()) {
        return Err(ContractError::Zero { field: "amount" });
    }
    let nothing = || ContractError::NothingAvailable {
        denom: denom.clone(),
    };
    let number = denoms::find(deps.storage, &denom)?.ok_or_else(nothing)?;
    let owner = deps.api.addr_canonicalize(sender.as_str())?;
    let mut account = accounts::load(deps.storage, owner, number)?;
    if account.available().is_zero() {
        return Err(nothing());
    }
    let amount = match amount {
        Some(amount) => {
            account.debit(amount)?;
            amount
        }
        None => account.debit_all(),
    };
    // Written before the transfer: a token that calls back from it finds the money gone.
    accounts::store(deps.storage, &account);
    denoms::pay(deps.storage, number, amount)?;
    Ok(Response::new()
        .add_event(Event::Withdrawn {
            account: &sender,
            recipient: &recipient,
            amount,
            denom: &denom,
        })
        .add_message(denom.send(&recipient, amount)?))
}
