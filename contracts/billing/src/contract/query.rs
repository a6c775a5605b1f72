//! Answers.

pub mod usage;

use hub_types::ids::AttesterId;
use cosmwasm_std::{Binary, Deps, Env, HexBinary};
use hub_types::billing::{
    AttesterResponse, AttesterStatus, AttestersResponse, BatchResponse, BatchesResponse,
    ConfigResponse, InclusionProof, InclusionResponse, RecordedBatch,
};
use hub_types::records::billing::{AttesterRecord, BatchRecord};
use hub_types::wire::{merkle, Hash, Receipt, SignedVoucher};
use hub_types::{hash, packed, page};

use crate::error::ContractError;
use crate::settlement;
use crate::state::{attesters, batches, config};

pub fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    let config = config::load(deps.storage)?;
    Ok(ConfigResponse {
        layout: packed::LAYOUT,
        registry: config.registry,
        escrow: config.escrow,
        receipt_max_age_seconds: config.receipt_max_age_seconds,
        nitro_root: config::nitro_root(deps.storage)?.0.into(),
    })
}

pub fn attester(deps: Deps, attester: AttesterId) -> Result<AttesterResponse, ContractError> {
    let record = attesters::load(deps.storage, attester)?;
    Ok(AttesterResponse {
        attester,
        operator: deps.api.addr_humanize(&record.operator)?,
        key: Binary::from(record.key.as_bytes()),
        key_type: record.key.key_type().into(),
        status: status(&record),
        measurement: record.measurement.map(HexBinary::from),
        endpoint: attesters::endpoint(deps.storage, attester)?,
        batches: batches::count(deps.storage, attester)?,
    })
}

fn status(record: &AttesterRecord) -> AttesterStatus {
    match (record.revoked, record.retired_at) {
        (true, _) => AttesterStatus::Revoked {},
        (false, Some(cutoff)) => AttesterStatus::Retired { cutoff },
        (false, None) => AttesterStatus::Active {},
    }
}

pub fn attester_by_key(
    deps: Deps,
    key: &Binary,
) -> Result<Option<AttesterResponse>, ContractError> {
    attesters::by_key(deps.storage, key)?
        .map(|id| attester(deps, id))
        .transpose()
}

pub fn attesters(
    deps: Deps,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let ids = attesters::page(deps.storage, start_after, page::limit(limit))?;
    attesters_of(deps, ids)
}

pub fn attesters_by_operator(
    deps: Deps,
    operator: &cosmwasm_std::Addr,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let operator = deps.api.addr_canonicalize(operator.as_str())?;
    let limit = page::limit(limit);
    let ids = attesters::page_by_operator(deps.storage, &operator, start_after, limit)?;
    attesters_of(deps, ids)
}

pub fn attesters_by_measurement(
    deps: Deps,
    measurement: &Hash,
    start_after: Option<AttesterId>,
    limit: Option<u32>,
) -> Result<AttestersResponse, ContractError> {
    let limit = page::limit(limit);
    let ids = attesters::page_by_measurement(deps.storage, measurement, start_after, limit)?;
    attesters_of(deps, ids)
}

fn attesters_of(deps: Deps, ids: Vec<AttesterId>) -> Result<AttestersResponse, ContractError> {
    let attesters = ids.into_iter().map(|id| attester(deps, id));
    Ok(AttestersResponse {
        attesters: attesters.collect::<Result<_, _>>()?,
    })
}

pub fn preview_batch(
    deps: Deps,
    env: &Env,
    batch: &Binary,
    signature: Option<Binary>,
    vouchers: &[SignedVoucher],
) -> Result<BatchResponse, ContractError> {
    settlement::batch::preview(deps, env, batch, signature.as_deref(), vouchers)
}

pub fn batch(deps: Deps, attester: AttesterId, number: u64) -> Result<RecordedBatch, ContractError> {
    let signer = attesters::load(deps.storage, attester)?;
    let record = batches::load(deps.storage, attester, number)?;
    Ok(recorded(attester, number, &signer, &record))
}

pub fn batches(
    deps: Deps,
    attester: AttesterId,
    start_after: Option<u64>,
    limit: Option<u32>,
) -> Result<BatchesResponse, ContractError> {
    let signer = attesters::load(deps.storage, attester)?;
    let numbers = batches::page(deps.storage, attester, start_after, page::limit(limit))?;
    let batches = numbers.into_iter().map(|number| {
        let record = batches::load(deps.storage, attester, number)?;
        Ok(recorded(attester, number, &signer, &record))
    });
    Ok(BatchesResponse {
        batches: batches.collect::<Result<_, ContractError>>()?,
    })
}

fn recorded(
    attester: AttesterId,
    number: u64,
    signer: &AttesterRecord,
    record: &BatchRecord,
) -> RecordedBatch {
    RecordedBatch {
        attester,
        batch: number,
        receipts_root: HexBinary::from(record.receipts_root),
        offered: record.offered,
        paid: record.paid,
        settled_at: record.settled_at,
        measurement: signer.measurement.map(HexBinary::from),
    }
}

pub fn verify_inclusion(
    deps: Deps,
    attester: AttesterId,
    number: u64,
    receipt: &Binary,
    proof: InclusionProof,
) -> Result<InclusionResponse, ContractError> {
    let named = Receipt::decode(receipt)
        .map_err(ContractError::MalformedReceipt)?
        .attester;
    if named != attester {
        return Err(ContractError::OtherAttester {
            found: named.0,
            expected: attester.0,
        });
    }
    let siblings = proof
        .siblings
        .iter()
        .map(|sibling| hash::parse("siblings", sibling))
        .collect::<Result<Vec<_>, _>>()?;
    let signer = attesters::load(deps.storage, attester)?;
    let record = batches::load(deps.storage, attester, number)?;
    let included = merkle::verify(
        &record.receipts_root,
        receipt,
        proof.index,
        record.offered,
        &siblings,
    );
    if !included {
        return Err(ContractError::NotIncluded {
            attester,
            batch: number,
        });
    }
    Ok(InclusionResponse {
        attester,
        measurement: signer.measurement.map(HexBinary::from),
        settled_at: record.settled_at,
        offered: record.offered,
        paid: record.paid,
    })
}
