use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, HexBinary};
use cw_storage_plus::{Item, Map};
use hub_types::helpers::{BillingContract, EscrowContract, RegistryContract};
use hub_types::ids::ModelId;
use hub_types::wire::Hash;

use crate::msg::RequestResponse;

pub const CONFIG: Item<Config> = Item::new("config");
/// By session: each order has one of its own, so that what is left of it is its user's to the last coin.
pub const ORDERS: Map<u64, Order> = Map::new("orders");
/// By (session, request hash).
pub const REQUESTS: Map<(u64, &Hash), RequestResponse> = Map::new("requests");

#[cw_serde]
pub struct Config {
    pub registry: RegistryContract,
    pub escrow: EscrowContract,
    pub billing: BillingContract,
    pub operator: Addr,
    pub measurement: Option<HexBinary>,
    pub model: ModelId,
    pub order_seconds: u64,
}

#[cw_serde]
pub struct Order {
    pub user: Addr,
    pub refunded: bool,
}
