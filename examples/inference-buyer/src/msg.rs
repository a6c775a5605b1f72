//! Messages of the buyer.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, HexBinary, Uint128};
use hub_types::billing::InclusionProof;
use hub_types::ids::{AttesterId, ModelId, SessionId};

/// What the contract buys, and from whom. Nobody can change it later, so users know what they pay for.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// The billing contract of the Hub; registry and escrow are found from it.
    pub billing: String,
    /// Who runs the inference.
    pub operator: String,
    /// The one enclave image accepted, 32 bytes; any if not given.
    pub measurement: Option<HexBinary>,
    /// The model that is called.
    pub model: ModelId,
    /// How long an order lasts.
    pub order_seconds: u64,
}

/// What can be done. Only `Order` takes coins.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Reserves the one coin sent along for calls of the sender. Anyone. Returns [`OrderCreated`] as data.
    Order {},
    /// Asks for one answer, and agrees to pay up to `max_price` for it. Whose order it is. The operator is given the
    /// request itself off chain; a request that is to be asked twice carries something that differs.
    Ask {
        /// The order that pays.
        order: SessionId,
        /// sha256 of the request, by the operator's convention; 32 bytes.
        request_hash: HexBinary,
        /// Most that this call may cost.
        max_price: Uint128,
    },
    /// Shows that the operator's attester vouched for an answer. Anyone, once per request.
    Answer {
        /// Number of the batch among those recorded of the attester.
        batch: u64,
        /// The receipt in canonical bytes.
        receipt: Binary,
        /// Where it stands in the batch.
        proof: InclusionProof,
    },
    /// Ends an order before its time. Whose it is. Calls of before are still paid.
    Close {
        /// The order.
        order: SessionId,
    },
    /// Pays what an ended order did not use back to its user. Anyone, once.
    Refund {
        /// The order.
        order: SessionId,
    },
}

/// Questions.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// What is bought, and from whom.
    #[returns(ConfigResponse)]
    Config {},
    /// An order; what is left of it, the escrow says under the same number of a session.
    #[returns(OrderResponse)]
    Order {
        /// Its number.
        order: SessionId,
    },
    /// A request and its answer.
    #[returns(RequestResponse)]
    Request {
        /// The order that it was asked in.
        order: SessionId,
        /// As asked.
        request_hash: HexBinary,
    },
}

/// Data of [`ExecuteMsg::Order`].
#[cw_serde]
pub struct OrderCreated {
    /// Number of the order: of its session in the escrow.
    pub order: SessionId,
}

/// What is bought, and from whom.
#[cw_serde]
pub struct ConfigResponse {
    /// Registry of the Hub.
    pub registry: Addr,
    /// Escrow of the Hub.
    pub escrow: Addr,
    /// Billing contract of the Hub.
    pub billing: Addr,
    /// Who runs the inference.
    pub operator: Addr,
    /// The one enclave image accepted.
    pub measurement: Option<HexBinary>,
    /// The model that is called.
    pub model: ModelId,
    /// How long an order lasts.
    pub order_seconds: u64,
}

/// An order.
#[cw_serde]
pub struct OrderResponse {
    /// Who paid for it, and gets the rest.
    pub user: Addr,
    /// Whether the rest was paid back.
    pub refunded: bool,
}

/// A request.
#[cw_serde]
pub struct RequestResponse {
    /// What its user agreed to pay for it.
    pub max_price: Uint128,
    /// What was answered.
    pub answer: Option<Answer>,
}

/// That an attester of the operator vouched for a response.
#[cw_serde]
pub struct Answer {
    /// Who vouched for it.
    pub attester: AttesterId,
    /// sha256 of the response, by the operator's convention.
    pub response_hash: HexBinary,
    /// When the response was given, unix seconds, as the attester says.
    pub issued_at: u64,
}
