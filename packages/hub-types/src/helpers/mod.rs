//! For contracts on the Hub: an address that builds messages and runs queries.
//!
//! [`EscrowContract`], [`BillingContract`] and [`RegistryContract`] each wrap an address. Their methods build a
//! [`WasmMsg`](cosmwasm_std::WasmMsg), which every chain's `Response::add_message` and `SubMsg` take, or run a query with
//! a typed answer. What has no method of its own goes through `call` and `query`. What a message created is in the data
//! of its reply: [`answer`].
//!
//! A reader that believes several operators adds up what they back by [`backing`], and puts their rankings together by
//! [`merge_rankings`]; [`BillingContract::backings`] and [`BillingContract::ranking_of`] ask for them.
//!
//! ```
//! use cosmwasm_std::{coin, Addr, DepsMut, Env, Reply, Response, StdResult, SubMsg, Uint128};
//! use hub_types::escrow::{ModelRef, Models, NewCeiling, NewSession, SessionCreated};
//! use hub_types::helpers::{answer, EscrowContract};
//! use hub_types::ids::ModelId;
//!
//! const OPENED: u64 = 1;
//!
//! /// Prepays calls of model 7 for a day, up to a ceiling that starts at nothing.
//! fn open(escrow: &EscrowContract, env: &Env, operator: &Addr) -> StdResult<Response> {
//!     let session = NewSession {
//!         operator: operator.to_string(),
//!         measurement: None,
//!         models: Models::Listed(vec![ModelRef { model: ModelId(7), release: None }]),
//!         max_price: None,
//!         budget: Uint128::new(1_000_000),
//!         expires_at: env.block.time.plus_days(1).seconds(),
//!         ceiling: Some(NewCeiling { key: None }),
//!         label: None,
//!     };
//!     let open = escrow.deposit_and_open(coin(1_000_000, "uusdc"), session)?;
//!     Ok(Response::new().add_submessage(SubMsg::reply_on_success(open, OPENED)))
//! }
//!
//! /// Agrees to the first call once the session has an id.
//! fn reply(escrow: &EscrowContract, _deps: DepsMut, reply: Reply) -> StdResult<Response> {
//!     let SessionCreated { session } = answer(reply)?;
//!     Ok(Response::new().add_message(escrow.raise_ceiling(session, Uint128::new(4_000))?))
//! }
//! ```

mod answer;
mod belief;
mod billing;
mod escrow;
mod registry;
#[cfg(test)]
mod tests;

pub use answer::answer;
pub use belief::{backing, merge_rankings, payer_backing, PayerSpend, RankedAt};
pub use billing::BillingContract;
pub use escrow::EscrowContract;
pub use registry::RegistryContract;
