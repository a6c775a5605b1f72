#![doc = include_str!("../README.md")]

pub mod code;
mod encoding;
mod header;
mod payment;

pub use encoding::{Amount, Base64, Hex, RequestId, Signature};
pub use header::{decode, encode, HeaderError, MAX_HEADER};
pub use payment::{
    CallPayment, FacilitatorRequest, HubAnswer, HubExtra, HubPlace, PaymentPayload,
    PaymentRequired, PaymentRequirements, Resource, SessionPayment, SettleFailure, SettleResponse,
    Supported, SupportedExtra, SupportedKind, VerifyResponse, VoucherPayment,
};

/// Version of x402 that is spoken.
pub const VERSION: u32 = 2;
/// The scheme: many calls are paid from money reserved before, and settled together.
pub const SCHEME: &str = "batch-settlement";
/// Carries [`PaymentRequired`], with status 402.
pub const PAYMENT_REQUIRED: &str = "payment-required";
/// Carries [`PaymentPayload`].
pub const PAYMENT_SIGNATURE: &str = "payment-signature";
/// Carries [`SettleResponse`].
pub const PAYMENT_RESPONSE: &str = "payment-response";

/// The network's name in x402, `cosmos:<chain id>`.
pub fn network(chain_id: &str) -> String {
    format!("cosmos:{chain_id}")
}

/// A denomination as one text: a native coin by its name, a token as `cw20:<address>`.
pub fn asset(denom: &hub_types::denom::Denom) -> String {
    denom.to_string()
}
