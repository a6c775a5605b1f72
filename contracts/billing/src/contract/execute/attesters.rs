//! Life of an attester: register, retire, revoke, and where it is reached.

use cosmwasm_std::{to_json_binary, Addr, Binary, DepsMut, Env, Response};
use hub_types::billing::AttesterCreated;
use hub_types::ids::AttesterId;
use hub_types::records::billing::AttesterRecord;
use hub_types::wire::{digest, PublicKey};

use super::attest;
use crate::error::ContractError;
use crate::events::{Attestation, Event};
use crate::settlement::signature;
use crate::state::attesters;

/// A key that asks to become an attester.
pub struct Candidate {
    pub operator: Addr,
    pub key: PublicKey,
    pub endpoint: Option<String>,
}

/// Registers a key at once, or once its verifier is satisfied.
pub fn register(
    deps: DepsMut,
    env: &Env,
    candidate: Candidate,
    possession: &[u8],
    evidence: Option<(Addr, Binary)>,
) -> Result<Response, ContractError> {
    let operator = deps.api.addr_canonicalize(candidate.operator.as_str())?;
    // Without it, somebody could register another's key first and keep it from ever being an attester of its owner.
    let tag = signature::domain_tag(deps.as_ref(), env, digest::Purpose::Attester)?;
    let bytes = hub_types::wire::possession_bytes(&candidate.key, &operator);
    let digest = digest::possession_digest(&tag, &bytes);
    if !signature::verifies(deps.api, &candidate.key, &digest, possession) {
        return Err(ContractError::PossessionInvalid);
    }
    match evidence {
        None => admit(deps, &candidate, None),
        Some((verifier, evidence)) => {
            // Whether the key is new is asked once, at the answer, where it has to be asked in any case.
            let question = attest::question(candidate, verifier, evidence)?;
            Ok(Response::new().add_submessage(question))
        }
    }
}

/// Makes the key an attester. It was proven that its holder agrees.
pub fn admit(
    deps: DepsMut,
    candidate: &Candidate,
    attestation: Option<&Attestation>,
) -> Result<Response, ContractError> {
    attesters::check_new(deps.storage, &candidate.key)?;
    let operator = deps.api.addr_canonicalize(candidate.operator.as_str())?;
    let measurement = attestation.map(|found| found.measurement);
    let attester = attesters::register(deps.storage, operator, candidate.key, measurement)?;
    if candidate.endpoint.is_some() {
        attesters::set_endpoint(deps.storage, attester, candidate.endpoint.as_ref())?;
    }
    Ok(Response::new()
        .set_data(to_json_binary(&AttesterCreated { attester })?)
        .add_event(Event::AttesterRegistered {
            attester,
            operator: &candidate.operator,
            key: &candidate.key,
            attestation,
        }))
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
