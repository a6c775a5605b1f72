//! Questions to the chain's application.

use std::fmt;

use cosmrs::proto::cosmos::auth::v1beta1::QueryAccountRequest;
use cosmrs::proto::cosmos::bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse};
use cosmrs::proto::cosmwasm::wasm::v1::{
    QueryRawContractStateRequest, QueryRawContractStateResponse, QuerySmartContractStateRequest,
    QuerySmartContractStateResponse,
};
use cosmrs::proto::prost::Message;
use cosmwasm_std::to_json_vec;
use hub_types::packed::{Packed, PackedKey, PackedMap};
use serde::Serialize;
use serde_json::json;

use crate::error::ChainError;
use crate::node::Call;

/// A question to the chain's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    kind: Kind,
    path: &'static str,
    data: Vec<u8>,
    about: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Smart,
    Raw,
    Balance,
    Other,
}

impl Query {
    /// Asks a contract. The answer is JSON.
    pub fn smart(contract: &str, msg: &impl Serialize) -> Result<Self, ChainError> {
        let query_data =
            to_json_vec(msg).map_err(|error| ChainError::Setting(error.to_string()))?;
        Ok(Self {
            kind: Kind::Smart,
            path: "/cosmwasm.wasm.v1.Query/SmartContractState",
            about: format!("{contract} {}", shortened(&query_data)),
            data: QuerySmartContractStateRequest {
                address: contract.to_owned(),
                query_data,
            }
            .encode_to_vec(),
        })
    }

    /// Reads what a contract keeps under a key. The answer is empty where it keeps nothing.
    pub fn raw(contract: &str, key: Vec<u8>) -> Self {
        Self {
            kind: Kind::Raw,
            path: "/cosmwasm.wasm.v1.Query/RawContractState",
            about: format!("{contract} key {}", hex::encode(&key)),
            data: QueryRawContractStateRequest {
                address: contract.to_owned(),
                query_data: key,
            }
            .encode_to_vec(),
        }
    }

    /// Reads an entry of a packed map, such as [`hub_types::records::escrow::SESSIONS`].
    pub fn packed<K: PackedKey, V: Packed>(contract: &str, map: &PackedMap<K, V>, key: K) -> Self {
        Self::raw(contract, map.key(key))
    }

    /// What an address holds of a native coin. The answer is the amount as decimal text.
    pub fn balance(address: &str, denom: &str) -> Self {
        Self {
            kind: Kind::Balance,
            path: "/cosmos.bank.v1beta1.Query/Balance",
            about: format!("the balance of {address} in {denom}"),
            data: QueryBalanceRequest {
                address: address.to_owned(),
                denom: denom.to_owned(),
            }
            .encode_to_vec(),
        }
    }

    /// Account number and sequence. The answer is a `QueryAccountResponse` of the SDK.
    pub(crate) fn account(address: &str) -> Self {
        Self {
            kind: Kind::Other,
            path: "/cosmos.auth.v1beta1.Query/Account",
            about: format!("the account {address}"),
            data: QueryAccountRequest {
                address: address.to_owned(),
            }
            .encode_to_vec(),
        }
    }

    /// Any path of the application, with its request and answer as protobuf.
    pub fn path(path: &'static str, data: Vec<u8>) -> Self {
        Self {
            kind: Kind::Other,
            path,
            about: path.to_owned(),
            data,
        }
    }

    pub(crate) fn call(&self, height: Option<u64>) -> Call {
        let height = height.unwrap_or_default().to_string();
        let data = hex::encode(&self.data);
        let params = json!({"path": self.path, "data": data, "height": height, "prove": false});
        Call::new("abci_query", params)
    }

    /// What was asked for, out of what the module wraps around it.
    pub(crate) fn unwrap(&self, value: &[u8]) -> Option<Vec<u8>> {
        Some(match self.kind {
            Kind::Smart => QuerySmartContractStateResponse::decode(value).ok()?.data,
            Kind::Raw => QueryRawContractStateResponse::decode(value).ok()?.data,
            Kind::Balance => {
                let balance = QueryBalanceResponse::decode(value).ok()?.balance;
                balance
                    .map_or_else(|| "0".to_owned(), |coin| coin.amount)
                    .into_bytes()
            }
            Kind::Other => value.to_vec(),
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about)
    }
}

fn shortened(json: &[u8]) -> String {
    String::from_utf8_lossy(json).chars().take(120).collect()
}
