//! Messages of the verifier of AWS Nitro Enclaves.
//!
//! Its evidence is an attestation document (COSE_Sign1) of at most 8 192 bytes, at most 300 s old and at most 60 s ahead of
//! the block time. The document names the attester's key in one of three ways:
//!
//! * `public_key` is the key;
//! * `user_data` is the key's sha256;
//! * `user_data` is the 68 bytes `1220 ‖ hash ‖ 1220 ‖ sha256 of the key`.
//!
//! The digest is sha256(PCR0 ‖ PCR1 ‖ PCR2), the name of the enclave image.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Binary, HexBinary};

use crate::billing::KeyType;

/// What it understands: [`Attest`](ExecuteMsg::Attest) and nothing else. It emits `hub_nitro_attested`.
pub use crate::verifier::ExecuteMsg;

/// Names the authority below which enclaves are attested, for good.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// SHA-256 of the DER of the root certificate that documents must end in; that of AWS Nitro Enclaves (commercial
    /// partition, G1) if not given.
    pub root: Option<HexBinary>,
}

/// What the contract answers to a smart query.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// What it trusts.
    #[returns(ConfigResponse)]
    Config {},
    /// What `Attest` would find now, without remembering anything. An error, with the same sentence, if it would refuse.
    #[returns(VerifyResponse)]
    Verify {
        /// As in the message.
        key: Binary,
        /// As in the message.
        key_type: KeyType,
        /// As in the message.
        evidence: Binary,
    },
}

/// Nothing to say: a migration keeps everything.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// What it trusts, and for how long.
#[cw_serde]
pub struct ConfigResponse {
    /// SHA-256 of the DER of the root certificate that documents must end in.
    pub root: HexBinary,
    /// Oldest document that is accepted, in seconds.
    pub max_age_seconds: u64,
    /// How far ahead of the block time a document, or the start of a certificate's validity, may be, in seconds.
    pub max_ahead_seconds: u64,
}

/// What a document proves.
#[cw_serde]
pub struct VerifyResponse {
    /// sha256(PCR0 ‖ PCR1 ‖ PCR2), 32 bytes: what `Attest` answers.
    pub digest: HexBinary,
    /// What attesters with this image get, and sessions insist on: this verifier and the digest.
    pub measurement: HexBinary,
    /// Hash of the enclave image, 48 bytes.
    pub pcr0: HexBinary,
    /// Hash of its kernel and boot files, 48 bytes.
    pub pcr1: HexBinary,
    /// Hash of its application, 48 bytes.
    pub pcr2: HexBinary,
    /// When the hypervisor made the document, unix milliseconds.
    pub issued_at_ms: u64,
    /// Certificate authorities that `Attest` would verify and remember: none where the instance is known already.
    pub new_authorities: u32,
}
