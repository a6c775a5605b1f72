//! A cw20 token that refuses to be sent to whom it holds something against, and that takes fees, lies, falls silent or
//! calls back when it is told to.

use cosmwasm_std::{
    from_json, to_json_binary, to_json_vec, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo,
    Reply, Response, StdError, StdResult, Storage, SubMsg, Uint128, WasmMsg,
};
use cw20::{BalanceResponse, Cw20ReceiveMsg};
use cw20_base::contract::{execute as cw20_execute, instantiate, query as cw20_query};
use cw20_base::msg::{ExecuteMsg, QueryMsg};
use cw20_base::state::BALANCES;
use cw20_base::ContractError;
use cw_multi_test::{Contract, ContractWrapper};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{Cw20HookMsg, ExecuteMsg as EscrowMsg};

use crate::reference::Behaviour;

const MANNERS: &[u8] = b"behaviour";

/// The code of the token.
pub fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
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

/// How it behaves from now on.
pub fn behave(storage: &mut dyn Storage, behaviour: Behaviour) {
    storage.set(
        MANNERS,
        &to_json_vec(&behaviour).expect("behaviour are JSON"),
    );
}

fn behaviour(storage: &dyn Storage) -> StdResult<Behaviour> {
    storage
        .get(MANNERS)
        .map_or(Ok(Behaviour::Honest), from_json)
}

fn execute(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    let behaviour = behaviour(deps.storage)?;
    let (recipient, amount, leaves) = match &msg {
        ExecuteMsg::Transfer { recipient, amount } => (recipient.clone(), *amount, true),
        ExecuteMsg::Send {
            contract, amount, ..
        } => (contract.clone(), *amount, false),
        _ => return cw20_execute(deps, env, info, msg),
    };
    if leaves && deps.storage.get(&key(&recipient)).is_some() {
        return Err(ContractError::Unauthorized {});
    }
    let (token, sender) = (env.contract.address.clone(), info.sender.clone());
    let mut response = cw20_execute(deps.branch(), env, info, msg)?;
    let fee = Uint128::new(behaviour.fee(amount.u128()));
    let holder = Addr::unchecked(&recipient);
    BALANCES.update(deps.storage, &holder, |balance| {
        StdResult::Ok(balance.unwrap_or_default().checked_sub(fee)?)
    })?;
    if leaves && behaviour == Behaviour::CallsBack {
        for message in calls_back(token, recipient)? {
            let call = WasmMsg::Execute {
                contract_addr: sender.to_string(),
                msg: to_json_binary(&message)?,
                funds: vec![],
            };
            response = response.add_submessage(SubMsg::reply_always(call, 0));
        }
    }
    Ok(response)
}

/// What it asks of the escrow from within a transfer out of it.
fn calls_back(token: Addr, recipient: String) -> StdResult<[EscrowMsg; 3]> {
    let denom = UncheckedDenom::Cw20(token.into_string());
    Ok([
        EscrowMsg::Payout {
            accounts: vec![recipient.clone()],
            denom: denom.clone(),
        },
        EscrowMsg::Withdraw {
            denom,
            amount: None,
            recipient: Some(recipient.clone()),
        },
        EscrowMsg::Receive(Cw20ReceiveMsg {
            sender: recipient,
            amount: Uint128::new(1 << 126),
            msg: to_json_binary(&Cw20HookMsg::Deposit {
                beneficiary: None,
                session: None,
            })?,
        }),
    ])
}

/// Whatever its calls led to.
fn reply(_: DepsMut, _: Env, _: Reply) -> StdResult<Response> {
    Ok(Response::new())
}

fn query(deps: Deps, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    match (behaviour(deps.storage)?, &msg) {
        (Behaviour::Mute, QueryMsg::Balance { .. }) => Err(StdError::generic_err("no answer")),
        (Behaviour::SaysNothing, QueryMsg::Balance { .. }) => to_json_binary(&BalanceResponse {
            balance: Uint128::zero(),
        }),
        _ => cw20_query(deps, env, msg),
    }
}
