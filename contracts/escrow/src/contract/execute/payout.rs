//! Money goes out to accounts that let anyone trigger it.

use std::collections::BTreeSet;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, DepsMut, Reply, Response, StdResult, SubMsg, SubMsgResult,
    Uint128,
};
use hub_types::denom::Denom;
use hub_types::escrow::{PayoutResponse, PayoutSent, PayoutSkipped, SkipReason};
use hub_types::ids::DenomNumber;

use crate::error::ContractError;
use crate::events::Event;
use crate::state::{accounts, denoms};

/// Reply id of a transfer that failed.
pub const TRANSFER_FAILED: u64 = 1;

/// SDK gas that a native transfer may use. A whole transaction with one costs about 69 000, so this leaves room for a
/// hook on the coin, and stops one that would eat the gas of everybody else in the payout.
const NATIVE_GAS_LIMIT: u64 = 150_000;

/// SDK gas that a cw20 transfer may use. A whole transaction with one costs about 128 000; tokens with rules of their
/// own may need a few times that.
const CW20_GAS_LIMIT: u64 = 500_000;

/// A transfer under way: what to undo if it fails. Travels as the payload of its message.
#[cw_serde]
struct Transfer {
    account: Addr,
    denom: DenomNumber,
    amount: Uint128,
}

pub fn set_auto_payout(
    deps: DepsMut,
    sender: Addr,
    denom: Denom,
    on: bool,
) -> Result<Response, ContractError> {
    // An author opts in before the first deposit in its denomination just as well as after.
    let number = denoms::number(deps.storage, &denom)?;
    let owner = deps.api.addr_canonicalize(sender.as_str())?;
    let mut account = accounts::load(deps.storage, owner, number)?;
    account.set_auto_payout(on);
    accounts::store(deps.storage, &account);
    Ok(Response::new().add_event(Event::AutoPayoutSet {
        account: &sender,
        denom: &denom,
        on,
    }))
}

/// Sends each account what it has available. No account can make it fail: it may stand after a settlement in one
/// transaction, which would be undone with it.
pub fn payout(
    mut deps: DepsMut,
    denom: Denom,
    accounts: Vec<String>,
) -> Result<Response, ContractError> {
    let number = denoms::find(deps.storage, &denom)?;
    let mut seen = BTreeSet::new();
    let mut total = Uint128::zero();
    let mut report = PayoutResponse {
        sent: vec![],
        skipped: vec![],
    };
    let mut response = Response::new();
    for account in accounts {
        let transfer = match deps.api.addr_validate(&account) {
            Err(_) => Err(SkipReason::NotAnAddress),
            Ok(address) if !seen.insert(address.clone()) => Err(SkipReason::Repeated),
            Ok(address) => take_available(deps.branch(), number, address)?,
        };
        match transfer {
            Ok(transfer) => {
                total = total.checked_add(transfer.amount).map_err(|_| {
                    ContractError::Inconsistent {
                        what: "more is available than is owed",
                    }
                })?;
                response = response
                    .add_event(Event::Payout {
                        account: &transfer.account,
                        amount: transfer.amount,
                        denom: &denom,
                    })
                    .add_submessage(message(&denom, &transfer)?);
                report.sent.push(PayoutSent {
                    account: transfer.account,
                    amount: transfer.amount,
                });
            }
            Err(reason) => {
                response = response.add_event(Event::PayoutSkipped {
                    account: &account,
                    denom: &denom,
                    reason,
                });
                report.skipped.push(PayoutSkipped { account, reason });
            }
        }
    }
    if let Some(number) = number.filter(|_| !total.is_zero()) {
        denoms::pay(deps.storage, number, total)?;
    }
    Ok(response.set_data(to_json_binary(&report)?))
}

/// Takes what `account` has available, or says why it is passed over. Stored before any transfer: a token that calls
/// back from one finds every balance of this payout gone.
fn take_available(
    deps: DepsMut,
    number: Option<DenomNumber>,
    account: Addr,
) -> Result<Result<Transfer, SkipReason>, ContractError> {
    // Nobody opted in for a denomination that the escrow does not know.
    let Some(denom) = number else {
        return Ok(Err(SkipReason::NotOptedIn));
    };
    let owner = deps.api.addr_canonicalize(account.as_str())?;
    let mut balance = accounts::load(deps.storage, owner, denom)?;
    if !balance.auto_payout() {
        return Ok(Err(SkipReason::NotOptedIn));
    }
    let amount = balance.debit_all();
    if amount.is_zero() {
        return Ok(Err(SkipReason::Empty));
    }
    accounts::store(deps.storage, &balance);
    Ok(Ok(Transfer {
        account,
        denom,
        amount,
    }))
}

fn message(denom: &Denom, transfer: &Transfer) -> StdResult<SubMsg> {
    let gas_limit = match denom {
        Denom::Native(_) => NATIVE_GAS_LIMIT,
        Denom::Cw20(_) => CW20_GAS_LIMIT,
    };
    let send = denom.send(&transfer.account, transfer.amount)?;
    Ok(SubMsg::reply_on_error(send, TRANSFER_FAILED)
        .with_gas_limit(gas_limit)
        .with_payload(to_json_binary(transfer)?))
}

/// Credits a transfer that failed back to its account. It was income before, if it ever was: not counted again.
pub fn take_back(deps: DepsMut, reply: Reply) -> Result<Response, ContractError> {
    let SubMsgResult::Err(error) = reply.result else {
        return Ok(Response::new());
    };
    let Transfer {
        account,
        denom: number,
        amount,
    } = from_json(reply.payload)?;
    let denom = denoms::get(deps.storage, number)?;
    let owner = deps.api.addr_canonicalize(account.as_str())?;
    // Refused only if a transfer before this one let a token deposit, from within, nearly all that 128 bits hold. Then
    // the payout in that token is undone as a whole, and nobody loses by it.
    denoms::owe(deps.storage, number, &denom, amount)?;
    let mut balance = accounts::load(deps.storage, owner, number)?;
    balance.credit(amount)?;
    accounts::store(deps.storage, &balance);
    Ok(Response::new().add_event(Event::PayoutFailed {
        account: &account,
        amount,
        denom: &denom,
        error: &error,
    }))
}
