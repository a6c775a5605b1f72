//! The enclave image that holds a key, by a document that is good now.

use cosmwasm_std::{DepsMut, Env, Response, Storage};
use hub_nitro::{Attestation, Hash};
use hub_types::wire::PublicKey;

use crate::error::ContractError;
use crate::events::Event;
use crate::state::{authorities, config};

/// What the document taught is remembered: the next one from its region, zone or instance costs less.
pub fn attest(
    deps: DepsMut,
    env: &Env,
    key: &PublicKey,
    document: &[u8],
) -> Result<Response, ContractError> {
    let attestation = verify(deps.storage, env, key, document)?;
    authorities::remember(deps.storage, &attestation.learned)?;
    Ok(Response::new()
        .set_data(attestation.digest)
        .add_event(Event::Attested {
            key,
            digest: &attestation.digest,
        }))
}

/// What a document proves at this block about a key.
pub fn verify<'a>(
    storage: &dyn Storage,
    env: &Env,
    key: &PublicKey,
    document: &'a [u8],
) -> Result<Attestation<'a>, ContractError> {
    let root = config::root(storage)?;
    let now = env.block.time.seconds();
    let known = |path: &Hash| authorities::is_known(storage, path);
    let attestation = hub_nitro::verify(document, key.as_bytes(), now, &root, &known)?;
    Ok(attestation)
}
