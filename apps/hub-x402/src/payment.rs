//! What the three headers hold.

use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use serde::{Deserialize, Serialize};

use crate::encoding::{Amount, Base64, Hex, RequestId, Signature};

/// What a server asks for. `PaymentRequired` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequired {
    /// [`crate::VERSION`].
    pub x402_version: u32,
    /// Why, as a word: one of [`crate::code`] or of the server's ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was asked for.
    pub resource: Resource,
    /// Ways to pay: one.
    pub accepts: Vec<PaymentRequirements>,
}

/// What is paid for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its address.
    pub url: String,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Type of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// One way to pay. `PaymentRequirements` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequirements {
    /// [`crate::SCHEME`].
    pub scheme: String,
    /// As [`crate::network`] has it.
    pub network: String,
    /// As [`crate::asset`] has it.
    pub asset: String,
    /// Most that this very request can cost: its input units were counted, its output units are bounded.
    pub amount: Amount,
    /// The operator's address.
    pub pay_to: String,
    /// How long a signed call may wait, seconds.
    pub max_timeout_seconds: u64,
    /// What is particular to the Hub.
    pub extra: HubExtra,
}

/// Where and by whom a call is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HubPlace {
    /// Address of the billing contract.
    pub billing: String,
    /// Address of its escrow.
    pub escrow: String,
    /// Id of the attester that signs receipts and answers.
    pub attester: AttesterId,
    /// Its measurement, if it has one.
    pub measurement: Option<Hex<32>>,
}

/// What a call costs, and what its caller has to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HubExtra {
    /// Where it is settled.
    pub hub: HubPlace,
    /// What the operator's key is, as the chain shows it: `enclave`, `operator's word` or `simulated`.
    pub label: String,
    /// Model that is called.
    pub model: ModelId,
    /// Number of its release.
    pub release: ReleaseNumber,
    /// Number of the terms.
    pub terms: TermsNumber,
    /// Charged for the call itself.
    pub per_call: Amount,
    /// Charged for a million input units.
    pub per_million_in: Amount,
    /// Charged for a million output units.
    pub per_million_out: Amount,
    /// Input units of this request.
    pub units_in: u64,
    /// Most output units that its answer can have.
    pub max_units_out: u64,
    /// sha256 of the body as it was received.
    pub request_hash: Hex<32>,
    /// A fresh id that the caller may take for its call.
    pub request_id: RequestId,
    /// The session that the payment named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// What is charged to that session, waits for settlement or is reserved by calls that run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Amount>,
    /// Highest ceiling that the caller signed or the chain shows; none for sessions without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Amount>,
}

/// What a caller sends. `PaymentPayload` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPayload {
    /// [`crate::VERSION`].
    pub x402_version: u32,
    /// What was asked for, as the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Resource>,
    /// The way to pay that was chosen.
    pub accepted: PaymentRequirements,
    /// The payment.
    pub payload: SessionPayment,
}

/// A payment out of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPayment {
    /// Session that pays.
    pub session: SessionId,
    /// The signed call.
    pub call: CallPayment,
    /// A higher ceiling, where `charged` + `amount` is above the one that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<VoucherPayment>,
}

/// What of a signed call the request itself does not say, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallPayment {
    /// The caller's name for the request.
    pub request_id: RequestId,
    /// Unix seconds from which on the call is void.
    pub expires_at: u64,
    /// Of the session's key, over the digest of the call.
    pub signature: Signature,
}

/// A voucher for the session that pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoucherPayment {
    /// Most that may be charged over the session's whole life.
    pub ceiling: Amount,
    /// Of the session's key, over the digest of the voucher.
    pub signature: Signature,
}

/// What a caller gets with its answer. `SettlementResponse` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleResponse {
    /// That the call is charged.
    pub success: bool,
    /// `hub:<billing>/<attester>/<request id>`: under it `/v1/receipts/<request id>` says what became of it.
    pub transaction: String,
    /// As in the requirements.
    pub network: String,
    /// The session's caller.
    pub payer: String,
    /// What this call cost.
    pub amount: Amount,
    /// What is particular to the Hub.
    pub extra: HubAnswer,
}

/// The receipt of one call, and the attester's word for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HubAnswer {
    /// Canonical bytes of the receipt.
    pub receipt: Base64,
    /// What this server charged to the session so far, this call and those that still run included.
    pub charged: Amount,
    /// Highest ceiling that the caller signed or the chain shows; none for sessions without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Amount>,
    /// Name and version of the engine.
    pub engine: String,
    /// As in the requirements.
    pub label: String,
    /// Of the attester, over the digest of the answer.
    pub answer_signature: Signature,
}

/// What a facilitator is asked by `POST /verify` and `POST /settle` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FacilitatorRequest {
    /// [`crate::VERSION`].
    pub x402_version: u32,
    /// What the buyer sent.
    pub payment_payload: PaymentPayload,
    /// What the seller asked for.
    pub payment_requirements: PaymentRequirements,
}

/// `VerifyResponse` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyResponse {
    /// Whether the call would run and be paid.
    pub is_valid: bool,
    /// Why not, as a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_reason: Option<String>,
    /// Why not, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_message: Option<String>,
    /// The session's caller, once its key's signature was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
}

/// A `SettlementResponse` of x402 version 2 that says that a call is not charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleFailure {
    /// That the call is charged: false.
    pub success: bool,
    /// Why not, as a word.
    pub error_reason: String,
    /// Why not, as a sentence.
    pub error_message: String,
    /// The session's caller, once its key's signature was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Empty.
    pub transaction: String,
    /// As in the requirements.
    pub network: String,
}

/// `SupportedResponse` of x402 version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supported {
    /// Ways to pay.
    pub kinds: Vec<SupportedKind>,
    /// Extensions of x402: none.
    pub extensions: Vec<String>,
    /// Who settles, by network.
    pub signers: std::collections::BTreeMap<String, Vec<String>>,
}

/// A way to pay that a facilitator knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportedKind {
    /// [`crate::VERSION`].
    pub x402_version: u32,
    /// [`crate::SCHEME`].
    pub scheme: String,
    /// As [`crate::network`] has it.
    pub network: String,
    /// Where and by whom calls are settled.
    pub extra: SupportedExtra,
}

/// What is the same for every call of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportedExtra {
    /// Where it is settled.
    pub hub: HubPlace,
    /// As in [`HubExtra`].
    pub label: String,
}
