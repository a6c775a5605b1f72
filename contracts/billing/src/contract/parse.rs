//! The edge: from what messages carry to what handlers take.

use cosmwasm_std::{Addr, Api, Binary};
use hub_types::belief;
use hub_types::text;
use hub_types::verifier::Evidence;
use hub_types::wire::SignedVoucher;

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

/// Operators that a reader believes.
pub fn believed(api: &dyn Api, named: &[String]) -> Result<Vec<Addr>, ContractError> {
    belief::check_operators(named)?;
    named
        .iter()
        .map(|text| address(api, "operators", text))
        .collect()
}

/// Evidence, with the verifier that is to judge it.
pub fn evidence(
    api: &dyn Api,
    evidence: Option<Evidence>,
) -> Result<Option<(Addr, Binary)>, ContractError> {
    let Some(Evidence { verifier, evidence }) = evidence else {
        return Ok(None);
    };
    Ok(Some((address(api, "verifier", &verifier)?, evidence)))
}

/// Where an attester is reached: the address of a service.
pub fn check_endpoint(endpoint: Option<&str>) -> Result<(), ContractError> {
    if let Some(endpoint) = endpoint {
        text::check_url("endpoint", endpoint, text::MAX_ENDPOINT)?;
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
