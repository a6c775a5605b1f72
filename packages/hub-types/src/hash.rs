//! 32-byte hashes as messages carry them: lower or upper case hex.

use cosmwasm_std::HexBinary;
use hub_wire::Hash;
use thiserror::Error;

/// A hash of the wrong length.
#[derive(Error, Debug, PartialEq, Eq, Clone)]
#[error("{field} has {length} bytes: give exactly 32, as 64 hex digits")]
pub struct HashError {
    /// Name of the message field.
    pub field: &'static str,
    /// Length found, in bytes.
    pub length: usize,
}

/// The 32 bytes of `hex`, or an error that names `field`.
pub fn parse(field: &'static str, hex: &HexBinary) -> Result<Hash, HashError> {
    hex.as_slice().try_into().map_err(|_| HashError {
        field,
        length: hex.len(),
    })
}
