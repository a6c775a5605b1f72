#![doc = include_str!("../README.md")]

mod account;
mod chain;
#[cfg(feature = "embedded")]
pub mod embedded;
mod encoding;
mod error;
mod hub;
pub mod keys;
mod node;
mod profile;
mod query;
mod send;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;
mod wallet;

pub use chain::{unix_now, At, Chain, NodeHealth, Reading, Status};
pub use error::{reason_in, ChainError, QueryError};
pub use hub::{is_active, Hub, Session};
pub use node::{Answers, BoxFuture, Call, HttpNode, Node, NodeError, RpcError, MOST_CALLS};
pub use profile::{Profile, Profiles};
pub use query::Query;
pub use settings::{parse_gas_price, Asked, Settings};
pub use tx::{
    Event, Flight, Included, Journal, Message, Outcome, Refusal, SendOptions, Stage, TxHash,
    Unknown,
};
pub use wallet::{canonical, human, KeyPath, Wallet, COSMOS_COIN_TYPE};
