//! Answers.

use cosmwasm_std::{to_json_binary, Binary, Deps, Env};
use hub_nitro::{MAX_AGE_SECONDS, MAX_AHEAD_SECONDS};
use hub_types::nitro_verifier::{ConfigResponse, QueryMsg, VerifyResponse};
use hub_types::wire::PublicKey;

use super::execute::attest;
use super::view;
use crate::error::ContractError;
use crate::state::config;

/// Parses a question and dispatches it.
pub fn answer(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Verify {
            key,
            key_type,
            evidence,
        } => {
            let key = PublicKey::new(key_type.into(), &key)?;
            to_json_binary(&verify(deps, env, &key, &evidence)?)
        }
    };
    Ok(answer?)
}

fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    Ok(ConfigResponse {
        root: config::root(deps.storage)?.0.into(),
        max_age_seconds: MAX_AGE_SECONDS,
        max_ahead_seconds: MAX_AHEAD_SECONDS,
    })
}

fn verify(
    deps: Deps,
    env: &Env,
    key: &PublicKey,
    document: &[u8],
) -> Result<VerifyResponse, ContractError> {
    let attestation = attest::verify(deps.storage, env, key, document)?;
    let verifier = deps.api.addr_canonicalize(env.contract.address.as_str())?;
    Ok(view::attestation(&verifier, &attestation))
}
