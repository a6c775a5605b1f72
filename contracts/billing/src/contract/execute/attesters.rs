//! Life of an attester: register, retire, revoke, and where it is reached.

use cosmwasm_std::{to_json_binary, Addr, Binary, DepsMut, Env, Response, Storage};
use hub_types::billing::AttesterCreated;
use hub_types::ids::AttesterId;
use hub_types::records::billing::AttesterRecord;
use hub_types::wire::{digest, Hash, PublicKey};

use crate::error::ContractError;
use crate::events::Event;
use crate::settlement::signature;
use crate::state::{attesters, config, nitro_paths};

/// A key that asks to become an attester.
pub struct Candidate {
    pub key: PublicKey,
    pub possession: Binary,
    pub attestation: Option<Binary>,
    pub endpoint: Option<String>,
}

pub fn register(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    candidate: Candidate,
) -> Result<Response, ContractError> {
    let operator = deps.api.addr_canonicalize(sender.as_str())?;
    // Without it, somebody could register another's key first and keep it from ever being an attester of its owner.
    let tag = signature::domain_tag(deps.as_ref(), env, digest::Purpose::Attester)?;
    let bytes = hub_types::wire::possession_bytes(&candidate.key, &operator);
    let possession = digest::possession_digest(&tag, &bytes);
    if !signature::verifies(deps.api, &candidate.key, &possession, &candidate.possession) {
        return Err(ContractError::PossessionInvalid);
    }
    attesters::check_new(deps.storage, &candidate.key)?;
    // Last, since it costs more than everything else.
    let measurement = match &candidate.attestation {
        Some(document) => {
            let now = env.block.time.seconds();
            Some(attest(deps.storage, document, &candidate.key, now)?)
        }
        None => None,
    };
    let attester = attesters::register(deps.storage, operator, candidate.key, measurement)?;
    if candidate.endpoint.is_some() {
        attesters::set_endpoint(deps.storage, attester, candidate.endpoint.as_ref())?;
    }
    Ok(Response::new()
        .set_data(to_json_binary(&AttesterCreated { attester })?)
        .add_event(Event::AttesterRegistered {
            attester,
            operator: &sender,
            key: &candidate.key,
            measurement: measurement.as_ref(),
        }))
}

/// The enclave image that holds the key, by a document that is good now. What it taught is remembered: the next one from its region,
/// zone or instance costs less.
fn attest(
    storage: &mut dyn Storage,
    document: &[u8],
    key: &PublicKey,
    now: u64,
) -> Result<Hash, ContractError> {
    let root = config::nitro_root(storage)?;
    let known = |path: &Hash| nitro_paths::is_known(storage, path);
    let attestation = hub_nitro::verify(document, key.as_bytes(), now, &root, &known)?;
    nitro_paths::remember(storage, &attestation.learned)?;
    Ok(attestation.measurement)
}

pub fn retire(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    attester: AttesterId,
) -> Result<Response, ContractError> {
    let record = load_own(&deps, &sender, attester)?;
    let now = env.block.time.seconds();
    let cutoff = attesters::retire(deps.storage, attester, record, now)?;
    Ok(Response::new().add_event(Event::AttesterRetired { attester, cutoff }))
}

pub fn revoke(
    deps: DepsMut,
    sender: Addr,
    attester: AttesterId,
) -> Result<Response, ContractError> {
    let record = load_own(&deps, &sender, attester)?;
    attesters::revoke(deps.storage, attester, record)?;
    Ok(Response::new().add_event(Event::AttesterRevoked { attester }))
}

pub fn set_endpoint(
    deps: DepsMut,
    sender: Addr,
    attester: AttesterId,
    endpoint: Option<String>,
) -> Result<Response, ContractError> {
    load_own(&deps, &sender, attester)?;
    attesters::set_endpoint(deps.storage, attester, endpoint.as_ref())?;
    Ok(Response::new().add_event(Event::EndpointSet {
        attester,
        endpoint: endpoint.as_deref(),
    }))
}

/// The attester, if the sender is its operator.
fn load_own(
    deps: &DepsMut,
    sender: &Addr,
    attester: AttesterId,
) -> Result<AttesterRecord, ContractError> {
    let record = attesters::load(deps.storage, attester)?;
    let sender = deps.api.addr_canonicalize(sender.as_str())?;
    if record.operator != sender {
        return Err(ContractError::NotTheOperator {
            attester,
            operator: deps.api.addr_humanize(&record.operator)?,
        });
    }
    Ok(record)
}
