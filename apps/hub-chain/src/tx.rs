//! What is sent, and what becomes of it.

use std::fmt;

use base64::prelude::{Engine, BASE64_STANDARD};
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::base::abci::v1beta1::TxMsgData;
use cosmrs::proto::cosmos::base::v1beta1::Coin as ProtoCoin;
use cosmrs::proto::cosmwasm::wasm::v1::{MsgExecuteContract, MsgExecuteContractResponse};
use cosmrs::proto::prost::Message as _;
use cosmrs::proto::Any;
use cosmwasm_std::{from_json, to_json_vec, Coin, WasmMsg};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::encoding::{bytes, number};
use crate::error::{reason_in, ChainError};
use crate::node::BoxFuture;

/// One message of a transaction. The sender is who signs.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// To a contract.
    Execute {
        /// Its address.
        contract: String,
        /// JSON.
        msg: Vec<u8>,
        /// Coins that go along.
        funds: Vec<Coin>,
    },
    /// Coins to an address.
    Send {
        /// Whom to.
        to: String,
        /// Which.
        coins: Vec<Coin>,
    },
}

impl Message {
    /// A message to a contract, with coins.
    pub fn execute(
        contract: &str,
        msg: &impl Serialize,
        funds: Vec<Coin>,
    ) -> Result<Self, ChainError> {
        let msg = to_json_vec(msg).map_err(|error| ChainError::Setting(error.to_string()))?;
        Ok(Self::Execute {
            contract: contract.to_owned(),
            msg,
            funds,
        })
    }

    /// What the helpers of `hub-types` build.
    pub fn from_wasm(message: WasmMsg) -> Result<Self, ChainError> {
        match message {
            WasmMsg::Execute {
                contract_addr,
                msg,
                funds,
            } => Ok(Self::Execute {
                contract: contract_addr,
                msg: msg.into(),
                funds,
            }),
            other => Err(ChainError::Setting(format!(
                "{other:?} is sent by no account here: execute a contract"
            ))),
        }
    }

    pub(crate) fn to_any(&self, sender: &str) -> Any {
        match self {
            Self::Execute {
                contract,
                msg,
                funds,
            } => Any {
                type_url: EXECUTE.to_owned(),
                value: MsgExecuteContract {
                    sender: sender.to_owned(),
                    contract: contract.clone(),
                    msg: msg.clone(),
                    funds: proto_coins(funds),
                }
                .encode_to_vec(),
            },
            Self::Send { to, coins } => Any {
                type_url: SEND.to_owned(),
                value: MsgSend {
                    from_address: sender.to_owned(),
                    to_address: to.clone(),
                    amount: proto_coins(coins),
                }
                .encode_to_vec(),
            },
        }
    }
}

pub(crate) const EXECUTE: &str = "/cosmwasm.wasm.v1.MsgExecuteContract";
pub(crate) const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

pub(crate) fn proto_coins(coins: &[Coin]) -> Vec<ProtoCoin> {
    let coins = coins.iter().map(|coin| ProtoCoin {
        denom: coin.denom.clone(),
        amount: coin.amount.to_string(),
    });
    coins.collect()
}

/// Hash of a signed transaction: sha256 of its bytes, shown in upper-case hex as explorers do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxHash(pub [u8; 32]);

impl TxHash {
    /// The hash of a signed transaction.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn base64(self) -> String {
        BASE64_STANDARD.encode(self.0)
    }
}

impl fmt::Display for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.0))
    }
}

impl fmt::Debug for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for TxHash {
    type Err = ChainError;

    fn from_str(text: &str) -> Result<Self, ChainError> {
        let bytes = hex::decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            ChainError::Setting(format!(
                "{text:?} is no transaction hash: give 64 hexadecimal digits"
            ))
        })
    }
}

impl Serialize for TxHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TxHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A signed transaction on its way: everything that is needed to find out what became of it, and to send the same bytes
/// again, which the chain executes at most once. Keep it before it leaves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// Its hash.
    pub hash: TxHash,
    /// The signed bytes, in base64 as JSON.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
    /// Whose it is.
    pub sender: String,
    /// The sequence of the account that it uses.
    pub sequence: u64,
    /// The block after which it was signed: no earlier one can hold it.
    pub after: u64,
    /// The last block that can hold it.
    pub until: u64,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            hash,
            sender,
            sequence,
            after,
            until,
            bytes,
        } = self;
        write!(
            f,
            "Flight({hash}, {} bytes of {sender}, sequence {sequence}, blocks {after} to {until})",
            bytes.len()
        )
    }
}

mod base64_bytes {
    use super::{Engine, BASE64_STANDARD};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD
            .decode(text)
            .map_err(serde::de::Error::custom)
    }
}

/// Where a transaction is kept before it leaves, so that a crash loses none.
pub trait Journal: Send + Sync {
    /// Resolves when the transaction would survive a crash. If it fails, the transaction does not leave.
    fn keep<'a>(&'a self, flight: &'a Flight) -> BoxFuture<'a, Result<(), String>>;
}

/// Keeps nothing: for what may be lost with the process, such as a command that a person watches.
impl Journal for () {
    fn keep<'a>(&'a self, _: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// How one transaction is sent. The default is what the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendOptions {
    /// Stands in the transaction for everybody to read.
    pub memo: String,
    /// Gas limit; estimated if not given.
    pub gas: Option<u64>,
    /// Blocks after which it is dropped.
    pub timeout_blocks: Option<u64>,
}

/// What is known of a transaction in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A block holds it. Look at [`Included::code`]: it may have failed there, and then the fee is paid and nothing else
    /// happened.
    Included(Included),
    /// It surely never happened and never will.
    Refused(Refusal),
    /// It may have happened, or still happen. [`crate::Chain::resume`] finds out. Do not sign its messages again before.
    Unknown(Unknown),
}

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its hash.
    pub hash: TxHash,
    /// The block.
    pub height: u64,
    /// 0 if it succeeded.
    pub code: u32,
    /// Module that the code is of.
    pub codespace: String,
    /// What went wrong; empty if nothing.
    pub log: String,
    /// What each message returned, in order.
    pub data: Vec<Vec<u8>>,
    /// What contracts and modules emitted, in order.
    pub events: Vec<Event>,
    /// Gas that it took.
    pub gas_used: u64,
    /// Gas limit.
    pub gas_wanted: u64,
}

impl Included {
    /// Whether it did what it says.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// Whether its gas did not last.
    pub fn out_of_gas(&self) -> bool {
        self.codespace == "sdk" && self.code == OUT_OF_GAS
    }

    /// The sentence of the contract that failed.
    pub fn reason(&self) -> String {
        reason_in(&self.log)
    }

    /// What the message at `place` returned, as JSON.
    pub fn answer<T: DeserializeOwned>(&self, place: usize) -> Result<T, ChainError> {
        let data = self.data.get(place).map(Vec::as_slice).unwrap_or_default();
        from_json(data).map_err(|error| ChainError::Answer {
            node: "the chain".into(),
            question: format!("message {place} of {}", self.hash),
            expected: std::any::type_name::<T>().to_owned(),
            found: error.to_string(),
        })
    }

    /// The events of this name that `contract` emitted, such as `hub_settle`.
    pub fn events_of<'a>(
        &'a self,
        contract: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Event> + 'a {
        self.events
            .iter()
            .filter(move |event| event.is(contract, name))
    }
}

pub(crate) const OUT_OF_GAS: u32 = 11;
pub(crate) const WRONG_SEQUENCE: u32 = 32;

/// Something that a contract or module said in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Such as `wasm-hub_settle`.
    pub kind: String,
    /// In order; names can repeat.
    pub attributes: Vec<(String, String)>,
}

impl Event {
    /// The first attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether `contract` emitted it under this name.
    pub fn is(&self, contract: &str, name: &str) -> bool {
        self.kind.strip_prefix("wasm-") == Some(name)
            && self.attribute("_contract_address") == Some(contract)
    }
}

/// A transaction that never happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its hash, if it was signed.
    pub hash: Option<TxHash>,
    /// At which step.
    pub stage: Stage,
    /// 0 where no module set a code.
    pub code: u32,
    /// Module that the code is of.
    pub codespace: String,
    /// The sentence of the chain or the contract.
    pub reason: String,
}

impl Refusal {
    /// Whether the gas did not last, or is more than a block takes.
    pub fn out_of_gas(&self) -> bool {
        let lower = self.reason.to_lowercase();
        (self.codespace == "sdk" && self.code == OUT_OF_GAS)
            || [
                "out of gas",
                "exceeds block max gas",
                "tx too large",
                "tx size is too large",
            ]
            .iter()
            .any(|what| lower.contains(what))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stage {
            Stage::Simulation => write!(f, "the chain would refuse it: {}", self.reason),
            Stage::Broadcast => write!(f, "the nodes did not take it: {}", self.reason),
            Stage::Dropped => write!(f, "it ran out of time: {}", self.reason),
        }
    }
}

/// Where a transaction ended that never happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It failed when it was tried; nothing was signed.
    Simulation,
    /// Every node that was asked refused it.
    Broadcast,
    /// No block up to the last one that could holds it.
    Dropped,
}

/// A transaction of which nothing is certain yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Give this to [`crate::Chain::resume`].
    pub flight: Flight,
    /// Why it is not known.
    pub because: String,
}

/// A transaction's result as `tx` and `block_results` show it.
pub(crate) fn included(hash: TxHash, height: u64, result: &Value) -> Option<Included> {
    let text = |name| {
        result
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let gas = |name| result.get(name).and_then(number).unwrap_or_default();
    let code = result.get("code").map_or(Some(0), Value::as_u64)?;
    let data = result.get("data").map_or(Some(vec![]), bytes)?;
    Some(Included {
        hash,
        height,
        code: u32::try_from(code).ok()?,
        codespace: text("codespace"),
        log: text("log"),
        data: if code == 0 { answers(&data)? } else { vec![] },
        events: events(result),
        gas_used: gas("gas_used"),
        gas_wanted: gas("gas_wanted"),
    })
}

fn answers(data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let answers = TxMsgData::decode(data).ok()?.msg_responses;
    let answers = answers.into_iter().map(|answer| {
        if answer.type_url.ends_with("MsgExecuteContractResponse") {
            MsgExecuteContractResponse::decode(answer.value.as_slice())
                .ok()
                .map(|answer| answer.data)
        } else {
            Some(answer.value)
        }
    });
    answers.collect()
}

/// Events of a transaction's or block's result.
pub(crate) fn events(result: &Value) -> Vec<Event> {
    let events = result.get("events").and_then(Value::as_array);
    let events = events.into_iter().flatten().map(|event| {
        let text = |value: &Value, name| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let attributes = event.get("attributes").and_then(Value::as_array);
        Event {
            kind: text(event, "type"),
            attributes: attributes
                .into_iter()
                .flatten()
                .map(|one| (text(one, "key"), text(one, "value")))
                .collect(),
        }
    });
    events.collect()
}
