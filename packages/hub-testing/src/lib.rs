//! A whole Hub on an embedded chain in one line, for tests of contracts and clients.
//!
//! [`Hub::new`] starts a chain (cw-multi-test) with a registry, a billing contract and its escrow on it. Around it stand
//! the things that every test needs: accounts, native coins and a cw20 token behind one [`Money`], models, sessions, and
//! attesters that sign. [`StorageNodes`] certify, a [`Ledger`] shows everything that everybody has, and the invariants
//! hold after every message.
//!
//! ```
//! use hub_testing::{data, rates, Hub, KeyType, NewModel};
//! use hub_types::billing::{Outcome, ReceiptResponse};
//!
//! let mut hub = Hub::new();
//! let (author, caller, operator) = (hub.account("author"), hub.account("caller"), hub.account("operator"));
//!
//! // A model at 5 a call, 2 USD per million tokens in and 8 USD per million out, paid to its author.
//! let money = hub.money_native();
//! let model = NewModel::named("forecast").price(&money, rates(5, 2_000_000, 8_000_000)).release([7; 32]);
//! let model = hub.register_model(&author, model);
//!
//! // A caller who prepays one dollar, and an attester of the operator it trusts.
//! let session = hub.open_session(&caller, &operator, &money, 1_000_000, |session| session);
//! let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
//!
//! // One call, one receipt, one transaction: the author has all of it.
//! let before = hub.ledger();
//! let receipt = hub.receipt(&attester, session, model); // 1 000 units in, 200 out
//! let message = hub.sign_receipt(&attester, &receipt, 0);
//! let response = hub.billing(&operator, message).unwrap();
//! assert_eq!(data::<ReceiptResponse>(&response).outcome, Outcome::Paid);
//! assert_eq!(
//!     before.diff(&hub.ledger()),
//!     [
//!         ("author available uusdc".to_owned(), 3_605),
//!         ("author earned uusdc".to_owned(), 3_605),
//!         ("session 1 left".to_owned(), -3_605),
//!         ("session 1 spent".to_owned(), 3_605),
//!     ]
//! );
//! hub.assert_invariants();
//! ```
//!
//! What goes wrong in a contract comes back as the contract's own error, to be compared as a value:
//!
//! ```
//! use hub_testing::{EscrowError, Hub};
//! use hub_types::escrow::ExecuteMsg;
//! use hub_types::ids::SessionId;
//!
//! let mut hub = Hub::new();
//! let stranger = hub.account("stranger");
//! let error: EscrowError = hub.escrow(&stranger, ExecuteMsg::CloseSession {
//!     session: SessionId(9),
//! }).unwrap_err();
//! assert!(error.to_string().contains('9'));
//! ```
//!
//! The harness itself panics when it is used wrongly, with the whole chain of causes: it is test code. Time moves only
//! by [`Hub::advance`] and [`Hub::set_time`].

mod attester;
mod enclave;
mod history;
mod hub;
mod invariants;
mod ledger;
mod market;
mod meter;
mod model;
mod money;
mod response;
mod saved;
mod session;
mod state;
mod storage_nodes;

pub use attester::{signing_key, Attester};
pub use enclave::nitro_chain;
pub use hub::{Chain, Codes, Hub, HubBuilder, Venue, CHAIN_ID, START_TIME};
pub use ledger::Ledger;
pub use market::{Card, Market, MarketModel};
pub use meter::{MeteredStorage, StorageCost};
pub use model::{rates, terms, NewModel};
pub use money::{Money, NATIVE, TOKEN};
pub use response::{data, event, events};
pub use saved::SavedChain;
pub use state::{Snapshot, State};
pub use storage_nodes::StorageNodes;

pub use hub_billing::error::ContractError as BillingError;
pub use hub_escrow::error::ContractError as EscrowError;
pub use hub_nitro_verifier::error::ContractError as NitroVerifierError;
pub use hub_registry::error::ContractError as RegistryError;

pub use cw_multi_test::AppResponse;
pub use hub_types::billing::KeyType;
pub use hub_types::walrus::BlobId;
pub use hub_types::wire::{Batch, Group, Mode, Receipt, SigningKey, Units, Work};

/// The page of code of this crate's README, which must run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Page;

/// The example of the Nitro verifier's README, likewise.
#[cfg(doctest)]
#[doc = include_str!("../../../contracts/nitro-verifier/README.md")]
struct NitroVerifierPage;
