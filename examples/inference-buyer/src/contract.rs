//! Entry points and what they do.

use cosmwasm_std::{
    ensure, entry_point, from_json, to_json_binary, Addr, Binary, Coin, Deps, DepsMut, Env,
    HexBinary, MessageInfo, Reply, Response, Storage, SubMsg, Uint128,
};
use cw_utils::{nonpayable, one_coin};
use hub_types::billing::{AttesterStatus, InclusionProof};
use hub_types::denom::Denom;
use hub_types::escrow::{ModelRef, Models, NewCeiling, NewSession, SessionCreated, SessionState};
use hub_types::hash;
use hub_types::helpers::{answer, BillingContract};
use hub_types::ids::SessionId;
use hub_types::price::Rates;
use hub_types::wire::Receipt;

use crate::error::ContractError;
use crate::msg::{
    Answer, ConfigResponse, ExecuteMsg, InstantiateMsg, OrderCreated, OrderResponse, QueryMsg,
    RequestResponse,
};
use crate::state::{Config, Order, CONFIG, ORDERS, REQUESTS};

const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

const OPENED: u64 = 1;

/// Finds the Hub and fixes what is bought.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let billing = BillingContract(deps.api.addr_validate(&msg.billing)?);
    let (registry, escrow) = billing.hub(&deps.querier)?;
    // Fails here and now if there is no such model, rather than with the first order.
    registry.model(&deps.querier, msg.model)?;
    if let Some(measurement) = &msg.measurement {
        hash::parse("measurement", measurement)?;
    }
    let config = Config {
        registry,
        escrow,
        billing,
        operator: deps.api.addr_validate(&msg.operator)?,
        measurement: msg.measurement,
        model: msg.model,
        order_seconds: msg.order_seconds,
    };
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new())
}

/// See [`ExecuteMsg`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    match msg {
        ExecuteMsg::Order {} => {
            let coin = one_coin(&info)?;
            order(deps, env, info.sender, coin)
        }
        ExecuteMsg::Ask {
            order,
            request_hash,
            max_price,
        } => {
            nonpayable(&info)?;
            ask(deps, info.sender, order, request_hash, max_price)
        }
        ExecuteMsg::Answer {
            batch,
            receipt,
            proof,
        } => {
            nonpayable(&info)?;
            show_answer(deps, batch, &receipt, proof)
        }
        ExecuteMsg::Close { order } => {
            nonpayable(&info)?;
            close(deps, info.sender, order)
        }
        ExecuteMsg::Refund { order } => {
            nonpayable(&info)?;
            refund(deps, order)
        }
    }
}

/// Deposits the user's coin and opens a session with it, in one message.
fn order(deps: DepsMut, env: Env, user: Addr, coin: Coin) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let price = config
        .registry
        .terms_in_force(&deps.querier, config.model)?
        .price;
    // A session in another denomination would pay for nothing, and lock the user's coin until its end.
    if price.denom != Denom::Native(coin.denom.clone()) {
        return Err(ContractError::WrongDenom {
            expected: price.denom,
        });
    }
    let session = NewSession {
        operator: config.operator.to_string(),
        measurement: config.measurement,
        models: Models::Listed(vec![ModelRef {
            model: config.model,
            release: None,
        }]),
        // What the user saw is the most it pays, whatever the author does while the order lasts.
        max_price: Some(Rates {
            per_call: price.per_call,
            per_million_in: price.per_million_in,
            per_million_out: price.per_million_out,
        }),
        budget: coin.amount,
        expires_at: env
            .block
            .time
            .seconds()
            .saturating_add(config.order_seconds),
        // It starts at nothing: without a request nothing is paid.
        ceiling: Some(NewCeiling { key: None }),
        label: None,
    };
    let open = config.escrow.deposit_and_open(coin, session)?;
    // The reply brings the number of the session; the payload brings along whose it is.
    let open = SubMsg::reply_on_success(open, OPENED).with_payload(to_json_binary(&user)?);
    Ok(Response::new().add_submessage(open))
}

/// Notes whose session was opened.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, _env: Env, reply: Reply) -> Result<Response, ContractError> {
    if reply.id != OPENED {
        return Err(ContractError::UnknownReply {
            id: SessionId(reply.id).0,
        });
    }
    let user: Addr = from_json(&reply.payload)?;
    let SessionCreated { session: order } = answer(reply)?;
    let response = Response::new()
        .set_data(to_json_binary(&OrderCreated { order })?)
        .add_attribute("action", "order")
        .add_attribute("order", order.to_string())
        .add_attribute("user", &user);
    let refunded = false;
    ORDERS.save(deps.storage, order.0, &Order { user, refunded })?;
    Ok(response)
}

/// Agrees to one more call: the voucher of a contract, which cannot sign.
fn ask(
    deps: DepsMut,
    sender: Addr,
    order: SessionId,
    request_hash: HexBinary,
    max_price: Uint128,
) -> Result<Response, ContractError> {
    load_own(deps.storage, order, &sender)?;
    let key = hash::parse("request_hash", &request_hash)?;
    ensure!(
        !REQUESTS.has(deps.storage, (order.0, &key)),
        ContractError::AskedBefore { order }
    );
    let config = CONFIG.load(deps.storage)?;
    let session = config.escrow.session(&deps.querier, order)?;
    if session.state != SessionState::Open {
        return Err(ContractError::Ended { order });
    }
    // Cumulative over the life of the session. What an earlier call did not use stays promised to the operator, which is
    // trusted to charge what its attesters measured; the budget bounds it all.
    let promised = session
        .ceiling
        .map(|ceiling| ceiling.ceiling)
        .unwrap_or_default();
    let ceiling = promised.checked_add(max_price)?;
    if ceiling > session.budget {
        let free = session.budget.saturating_sub(promised);
        return Err(ContractError::TooDear { order, free });
    }
    let request = RequestResponse {
        max_price,
        answer: None,
    };
    REQUESTS.save(deps.storage, (order.0, &key), &request)?;
    let mut response = Response::new()
        .add_attribute("action", "ask")
        .add_attribute("order", order.to_string())
        .add_attribute("request_hash", request_hash.to_hex())
        .add_attribute("max_price", max_price);
    if ceiling > promised {
        response = response.add_message(config.escrow.raise_ceiling(order, ceiling)?);
    }
    Ok(response)
}

/// Keeps the hash of a response that the operator's attester vouched for.
fn show_answer(
    deps: DepsMut,
    batch: u64,
    receipt: &[u8],
    proof: InclusionProof,
) -> Result<Response, ContractError> {
    let receipt = Receipt::decode(receipt)?;
    let order = receipt.session;
    let key = (order.0, &receipt.request_hash);
    let mut request = REQUESTS
        .may_load(deps.storage, key)?
        .ok_or(ContractError::NotAsked { order })?;
    if request.answer.is_some() {
        return Err(ContractError::AnsweredBefore {});
    }
    let config = CONFIG.load(deps.storage)?;
    believe(deps.as_ref(), &config, &receipt)?;
    config
        .billing
        .verify_inclusion(&deps.querier, batch, &receipt, proof)?;

    let answer = Answer {
        attester: receipt.attester,
        response_hash: receipt.response_hash.into(),
        issued_at: receipt.issued_at,
    };
    let response = Response::new()
        .add_attribute("action", "answer")
        .add_attribute("order", order.to_string())
        .add_attribute(
            "request_hash",
            HexBinary::from(receipt.request_hash).to_hex(),
        )
        .add_attribute("response_hash", answer.response_hash.to_hex());
    request.answer = Some(answer);
    REQUESTS.save(deps.storage, key, &request)?;
    Ok(response)
}

/// A proof shows that some attester vouched for a receipt. Anyone can register an attester and put anything into a
/// batch of its own, so whose attester it is and what it says ran are for us to check.
fn believe(deps: Deps, config: &Config, receipt: &Receipt) -> Result<(), ContractError> {
    let doubt = |reason| ContractError::NotBelieved { reason };
    let attester = config.billing.attester(&deps.querier, receipt.attester)?;
    ensure!(
        attester.operator == config.operator,
        doubt("its attester is another operator's")
    );
    ensure!(
        attester.status != AttesterStatus::Revoked {},
        doubt("its attester was revoked")
    );
    ensure!(
        config.measurement.is_none() || attester.measurement == config.measurement,
        doubt("its attester is another enclave image")
    );
    ensure!(
        receipt.model == config.model,
        doubt("it is for another model")
    );
    let release = config
        .registry
        .release(&deps.querier, receipt.model, receipt.release)?;
    ensure!(
        release.blob_id == receipt.blob_id.to_string(),
        doubt("other weights ran than the release says")
    );
    Ok(())
}

/// Lets no further calls be made, after the grace of the escrow.
fn close(deps: DepsMut, sender: Addr, order: SessionId) -> Result<Response, ContractError> {
    load_own(deps.storage, order, &sender)?;
    let config = CONFIG.load(deps.storage)?;
    Ok(Response::new()
        .add_message(config.escrow.close_session(order)?)
        .add_attribute("action", "close")
        .add_attribute("order", order.to_string()))
}

/// Sends what is left from the escrow to the user. Whoever calls it, nobody else can gain by it.
fn refund(deps: DepsMut, order: SessionId) -> Result<Response, ContractError> {
    let found = load(deps.storage, order)?;
    // All orders share our balance in the escrow: a second refund would be another user's money.
    if found.refunded {
        return Err(ContractError::RefundedBefore { order });
    }
    let refunded = Order {
        refunded: true,
        ..found
    };
    ORDERS.save(deps.storage, order.0, &refunded)?;

    let config = CONFIG.load(deps.storage)?;
    let session = config.escrow.session(&deps.querier, order)?;
    let mut response = Response::new();
    // Its operator may have released it already. If it is too early, the escrow says so and nothing happens.
    if session.state != SessionState::Released {
        response = response.add_message(config.escrow.release_session(order)?);
    }
    // Exactly what the release gave, or gives, to our balance.
    let rest = session.budget.checked_sub(session.spent)?;
    if !rest.is_zero() {
        let withdraw = config
            .escrow
            .withdraw(session.denom.clone(), rest, Some(&refunded.user))?;
        response = response.add_message(withdraw);
    }
    Ok(response
        .add_attribute("action", "refund")
        .add_attribute("order", order.to_string())
        .add_attribute("user", refunded.user)
        .add_attribute("amount", rest)
        .add_attribute("denom", session.denom.to_string()))
}

fn load(storage: &dyn Storage, order: SessionId) -> Result<Order, ContractError> {
    ORDERS
        .may_load(storage, order.0)?
        .ok_or(ContractError::UnknownOrder { order })
}

fn load_own(storage: &dyn Storage, order: SessionId, sender: &Addr) -> Result<(), ContractError> {
    let Order { user, .. } = load(storage, order)?;
    if user != *sender {
        return Err(ContractError::NotTheUser { order, user });
    }
    Ok(())
}

/// See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => {
            let config = CONFIG.load(deps.storage)?;
            to_json_binary(&ConfigResponse {
                registry: config.registry.0,
                escrow: config.escrow.0,
                billing: config.billing.0,
                operator: config.operator,
                measurement: config.measurement,
                model: config.model,
                order_seconds: config.order_seconds,
            })
        }
        QueryMsg::Order { order } => {
            let Order { user, refunded } = load(deps.storage, order)?;
            to_json_binary(&OrderResponse { user, refunded })
        }
        QueryMsg::Request {
            order,
            request_hash,
        } => {
            let key = hash::parse("request_hash", &request_hash)?;
            let request = REQUESTS
                .may_load(deps.storage, (order.0, &key))?
                .ok_or(ContractError::NotAsked { order })?;
            to_json_binary(&request)
        }
    };
    Ok(answer?)
}
