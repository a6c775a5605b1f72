//! Answers.

use cosmwasm_std::{Deps, Env};
use hub_nitro::{MAX_AGE_SECONDS, MAX_AHEAD_SECONDS};
use hub_types::nitro_verifier::{ConfigResponse, VerifyResponse};
use hub_types::verifier::Measurement;
use hub_types::wire::PublicKey;

use super::execute::attest;
use crate::error::ContractError;
use crate::state::config;

pub fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    Ok(ConfigResponse {
        root: config::root(deps.storage)?.0.into(),
        max_age_seconds: MAX_AGE_SECONDS,
        max_ahead_seconds: MAX_AHEAD_SECONDS,
    })
}

pub fn verify(
    deps: Deps,
    env: &Env,
    key: &PublicKey,
    document: &[u8],
) -> Result<VerifyResponse, ContractError> {
    let attestation = attest::verify(deps.storage, env, key, document)?;
    let verifier = deps.api.addr_canonicalize(env.contract.address.as_str())?;
    let [pcr0, pcr1, pcr2] = attestation.image.map(Into::into);
    Ok(VerifyResponse {
        digest: attestation.digest.into(),
        measurement: Measurement::new(&verifier, &attestation.digest).into(),
        pcr0,
        pcr1,
        pcr2,
        issued_at_ms: attestation.timestamp,
        new_authorities: u32::try_from(attestation.learned.len()).unwrap_or(u32::MAX),
    })
}
