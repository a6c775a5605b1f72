//! The edge: from what messages carry to what handlers take.

use cosmwasm_std::HexBinary;
use hub_nitro::Root;
use hub_types::hash;

use crate::error::ContractError;

/// The root that attestation documents must end in.
pub fn root(given: Option<&HexBinary>) -> Result<Root, ContractError> {
    match given {
        Some(given) => Ok(Root(hash::parse("root", given)?)),
        None => Ok(Root::AWS),
    }
}
