//! What is stored, as answers and events show it.

use cosmwasm_std::{Binary, Deps, HexBinary};
use hub_types::billing::{AttesterResponse, AttesterStatus, RecordedBatch};
use hub_types::ids::AttesterId;
use hub_types::records::billing::{AttesterRecord, BatchRecord};

use crate::error::ContractError;
use crate::state::{attesters, batches};

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

pub fn batch(
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
