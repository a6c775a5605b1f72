//! Recorded batches: roots under which every settled receipt can be proven later.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::AttesterId;
use hub_types::records::billing::{BatchRecord, BATCHES, BATCH_COUNTS};

use crate::error::ContractError;

/// Number of an attester's recorded batches; they are numbered from 1 to it.
pub fn count(storage: &dyn Storage, attester: AttesterId) -> StdResult<u64> {
    Ok(BATCH_COUNTS.get(storage, attester)?.unwrap_or(0))
}

/// Records a batch under the attester's next number, which is returned.
pub fn record(
    storage: &mut dyn Storage,
    attester: AttesterId,
    batch: &BatchRecord,
) -> StdResult<u64> {
    let number = count(storage, attester)?.saturating_add(1);
    BATCH_COUNTS.set(storage, attester, &number);
    BATCHES.set(storage, (attester, number), batch);
    Ok(number)
}

pub fn load(
    storage: &dyn Storage,
    attester: AttesterId,
    batch: u64,
) -> Result<BatchRecord, ContractError> {
    match BATCHES.get(storage, (attester, batch))? {
        Some(record) => Ok(record),
        None => Err(ContractError::UnknownBatch {
            attester,
            batch,
            last: count(storage, attester)?,
        }),
    }
}

/// Numbers of an attester's batches after `start_after`, ascending.
pub fn page(
    storage: &dyn Storage,
    attester: AttesterId,
    start_after: Option<u64>,
    limit: usize,
) -> StdResult<Vec<u64>> {
    let first = start_after.unwrap_or(0).saturating_add(1);
    Ok((first..=count(storage, attester)?).take(limit).collect())
}
