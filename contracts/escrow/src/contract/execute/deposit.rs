//! Money comes in, and sessions open.

use cosmwasm_std::{Addr, DepsMut, Env, Response, Uint128};
use hub_types::denom::Denom;

use super::session::{reserve, BudgetSource};
use crate::domain::session::Opening;
use crate::error::ContractError;
use crate::events::Event;
use crate::state::{accounts, denoms};

/// Money that the chain or a token delivered.
pub struct Received {
    pub depositor: Addr,
    pub beneficiary: Addr,
    pub denom: Denom,
    pub amount: Uint128,
}

/// What a token's hook says is believed only as far as the token itself bears it out.
///
/// Anybody can call the hook; the denomination is whoever called, so the most a forger can do is to deposit its own
/// worthless token. A token that lies about balances, takes a fee or names a depositor who sent nothing therefore hurts
/// only balances in that token. Since `owed` counts every earlier deposit, a token that delivers less than it says
/// cannot be covered with what others hold in it. Queries cannot change state, so nothing happens in between.
pub fn receive(
    deps: DepsMut,
    env: &Env,
    received: Received,
    opening: Option<Opening>,
) -> Result<Response, ContractError> {
    let Received {
        denom: Denom::Cw20(token),
        amount,
        ..
    } = &received
    else {
        return deposit(deps, env, received, opening);
    };
    let owed = match denoms::find(deps.storage, &received.denom)? {
        Some(number) => denoms::owed(deps.storage, number)?,
        None => Uint128::zero(),
    };
    let expected = denoms::owed_with(owed, &received.denom, *amount)?;
    let held = received
        .denom
        .held(&deps.querier, &env.contract.address)
        .map_err(|_| ContractError::NotAToken {
            sender: token.clone(),
        })?;
    if held < expected {
        return Err(ContractError::NotCovered {
            token: token.clone(),
            held,
            owed,
            amount: *amount,
        });
    }
    deposit(deps, env, received, opening)
}

/// Credits the beneficiary and opens a session if asked to.
pub fn deposit(
    mut deps: DepsMut,
    env: &Env,
    received: Received,
    opening: Option<Opening>,
) -> Result<Response, ContractError> {
    let Received {
        depositor,
        beneficiary,
        denom,
        amount,
    } = &received;
    if amount.is_zero() {
        return Err(ContractError::Zero { field: "amount" });
    }
    if let Some(opening) = &opening {
        // Otherwise anybody could lock up what the beneficiary has available, in favour of an operator of their choice.
        if depositor != beneficiary && opening.budget > *amount {
            return Err(ContractError::BudgetAboveDeposit {
                budget: opening.budget,
                deposited: *amount,
            });
        }
    }
    let number = denoms::number(deps.storage, denom)?;
    denoms::owe(deps.storage, number, denom, *amount)?;
    let owner = deps.api.addr_canonicalize(beneficiary.as_str())?;
    let mut account = accounts::load(deps.storage, owner, number)?;
    account.credit(*amount)?;
    let opened = match &opening {
        Some(opening) => {
            let source = BudgetSource {
                account: &mut account,
                caller: beneficiary,
                funder: depositor,
                denom,
            };
            Some(reserve(deps.branch(), env, source, opening)?)
        }
        None => None,
    };
    accounts::store(deps.storage, &account);
    let response = Response::new().add_event(Event::Deposited {
        depositor,
        beneficiary,
        amount: *amount,
        denom,
    });
    Ok(match opened {
        Some(opened) => opened.report(response),
        None => response,
    })
}
