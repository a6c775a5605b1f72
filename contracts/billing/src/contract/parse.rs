//! The edge: from what messages carry to what handlers take.

use cosmwasm_std::{Addr, Api, Binary};
use hub_types::billing::KeyType;
use hub_types::text;
use hub_types::wire::{PublicKey, SignedVoucher};

use super::execute::attesters::Candidate;
use crate::error::ContractError;

/// An address of this chain.
pub fn address(api: &dyn Api, field: &'static str, text: &str) -> Result<Addr, ContractError> {
    api.addr_validate(text)
        .map_err(|error| ContractError::NotAnAddress {
            field,
            address: text.to_owned(),
            reason: error.to_string(),
        })
}

/// A key that asks to become an attester.
pub fn candidate(
    key_type: KeyType,
    key: &Binary,
    possession: Binary,
    endpoint: Option<String>,
) -> Result<Candidate, ContractError> {
    check_endpoint(endpoint.as_deref())?;
    Ok(Candidate {
        key: PublicKey::new(key_type.into(), key)?,
        possession,
        endpoint,
    })
}

/// Where an attester is reached; not an empty text, which would mean nothing.
pub fn check_endpoint(endpoint: Option<&str>) -> Result<(), ContractError> {
    if let Some(endpoint) = endpoint {
        text::check_required("endpoint", endpoint, text::MAX_ENDPOINT)?;
    }
    Ok(())
}

/// Ceilings that callers signed. Bytes that are none are passed over, as a signature that does not verify is: submitters
/// are strangers, and the signers may not be at fault.
pub fn vouchers(signed: &[Binary]) -> Vec<SignedVoucher> {
    signed
        .iter()
        .filter_map(|bytes| SignedVoucher::decode(bytes).ok())
        .collect()
}
