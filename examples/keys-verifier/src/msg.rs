//! Messages. `attest` is that of every verifier.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Binary, HexBinary};
use hub_types::billing::KeyType;

pub use hub_types::verifier::ExecuteMsg;

/// Who vouches, for good: 1 ≤ `threshold` ≤ number of different keys ≤ 32.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Keys that vouch. Evidence names them by their place here, from 0.
    pub keys: Vec<NamedKey>,
    /// How many of them have to sign.
    pub threshold: u32,
}

/// A key that vouches.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct NamedKey {
    /// Whose it is, for readers.
    pub name: String,
    /// Its kind.
    pub key_type: KeyType,
    /// Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes).
    pub key: Binary,
}

/// What stands, as JSON, in the `evidence` of `attest`.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// SHA-256 of what is vouched for, such as a report that anybody can read; 32 bytes. This is the verifier's answer.
    pub statement: HexBinary,
    /// At least `threshold` of them, by ascending place.
    pub signatures: Vec<Vouched>,
}

/// One signature.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// Place of the key.
    pub signer: u32,
    /// Over [`QueryMsg::ToSign`], 64 bytes.
    pub signature: Binary,
}

/// Questions.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Who vouches.
    #[returns(InstantiateMsg)]
    Config {},
    /// The 32 bytes that a key signs to vouch for an attester's key with a statement.
    #[returns(HexBinary)]
    ToSign {
        /// The attester's.
        key: Binary,
        /// Its kind.
        key_type: KeyType,
        /// 32 bytes.
        statement: HexBinary,
    },
}
