//! Attesters: signing keys of operators, for life.

use cosmwasm_std::{CanonicalAddr, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use hub_types::ids::{AttesterId, OperatorNumber};
use hub_types::records::billing::{AttesterRecord, ATTESTERS};
use hub_types::time;
use hub_types::verifier::Measurement;
use hub_types::wire::PublicKey;

use crate::error::ContractError;

const COUNT: Item<AttesterId> = Item::new("attester_count");
const BY_KEY: Map<&[u8], AttesterId> = Map::new("attester_by_key");
const BY_OPERATOR: Map<(&[u8], u64), ()> = Map::new("attester_by_operator");
const BY_MEASUREMENT: Map<(&[u8], u64), ()> = Map::new("attester_by_measurement");
const ENDPOINTS: Map<u64, String> = Map::new("attester_endpoint");

/// Number of attesters; ids run from 1 to it.
pub fn count(storage: &dyn Storage) -> StdResult<AttesterId> {
    Ok(COUNT.may_load(storage)?.unwrap_or(AttesterId(0)))
}

pub fn load(storage: &dyn Storage, attester: AttesterId) -> Result<AttesterRecord, ContractError> {
    match ATTESTERS.get(storage, attester)? {
        Some(record) => Ok(record),
        None => Err(ContractError::UnknownAttester {
            attester,
            last: count(storage)?,
        }),
    }
}

pub fn by_key(storage: &dyn Storage, key: &[u8]) -> StdResult<Option<AttesterId>> {
    BY_KEY.may_load(storage, key)
}

/// A key registers once, ever.
pub fn check_new(storage: &dyn Storage, key: &PublicKey) -> Result<(), ContractError> {
    match by_key(storage, key.as_bytes())? {
        Some(attester) => Err(ContractError::KeyRegistered { attester }),
        None => Ok(()),
    }
}

/// Adds an attester under the next id. Its key passed [`check_new`].
pub fn register(
    storage: &mut dyn Storage,
    operator: CanonicalAddr,
    key: PublicKey,
    measurement: Option<Measurement>,
) -> StdResult<AttesterId> {
    let attester = count(storage)?.next();
    let operator_number = operator_number(storage, &operator)?;
    COUNT.save(storage, &attester)?;
    BY_KEY.save(storage, key.as_bytes(), &attester)?;
    BY_OPERATOR.save(storage, (operator.as_slice(), attester.0), &())?;
    if let Some(measurement) = &measurement {
        BY_MEASUREMENT.save(storage, (measurement.as_bytes(), attester.0), &())?;
    }
    let record = AttesterRecord {
        operator,
        operator_number: operator_number.unwrap_or(OperatorNumber(attester.0)),
        key,
        measurement,
        retired_at: None,
        revoked: false,
    };
    ATTESTERS.set(storage, attester, &record);
    Ok(attester)
}

/// Number of an operator; none if it never registered an attester.
pub fn operator_number(
    storage: &dyn Storage,
    operator: &CanonicalAddr,
) -> StdResult<Option<OperatorNumber>> {
    let first = page_by_operator(storage, operator, None, 1)?;
    Ok(first.first().map(|attester| OperatorNumber(attester.0)))
}

/// The operator of a number.
pub fn operator(
    storage: &dyn Storage,
    number: OperatorNumber,
) -> Result<CanonicalAddr, ContractError> {
    Ok(load(storage, AttesterId(number.0))?.operator)
}

/// Sets the cutoff of an attester and returns it. A cutoff once set is not moved: that would reopen or void receipts
/// that callers and authors already count on.
pub fn retire(
    storage: &mut dyn Storage,
    attester: AttesterId,
    mut record: AttesterRecord,
    now: u64,
) -> Result<u64, ContractError> {
    if record.revoked {
        return Err(ContractError::AttesterRevoked { attester });
    }
    if let Some(cutoff) = record.retired_at {
        return Err(ContractError::AlreadyRetired { attester, cutoff });
    }
    let cutoff = time::cutoff(now);
    record.retired_at = Some(cutoff);
    ATTESTERS.set(storage, attester, &record);
    Ok(cutoff)
}

pub fn revoke(
    storage: &mut dyn Storage,
    attester: AttesterId,
    mut record: AttesterRecord,
) -> Result<(), ContractError> {
    if record.revoked {
        return Err(ContractError::AttesterRevoked { attester });
    }
    record.revoked = true;
    ATTESTERS.set(storage, attester, &record);
    Ok(())
}

pub fn endpoint(storage: &dyn Storage, attester: AttesterId) -> StdResult<Option<String>> {
    ENDPOINTS.may_load(storage, attester.0)
}

pub fn set_endpoint(
    storage: &mut dyn Storage,
    attester: AttesterId,
    endpoint: Option<&String>,
) -> StdResult<()> {
    match endpoint {
        Some(endpoint) => ENDPOINTS.save(storage, attester.0, endpoint),
        None => {
            ENDPOINTS.remove(storage, attester.0);
            Ok(())
        }
    }
}

/// Ids of all attesters after `start_after`, ascending.
pub fn page(
    storage: &dyn Storage,
    start_after: Option<AttesterId>,
    limit: usize,
) -> StdResult<Vec<AttesterId>> {
    let first = start_after.unwrap_or_default().next();
    Ok(first.up_to(count(storage)?).take(limit).collect())
}

/// Ids of an operator's attesters after `start_after`, ascending.
pub fn page_by_operator(
    storage: &dyn Storage,
    operator: &CanonicalAddr,
    start_after: Option<AttesterId>,
    limit: usize,
) -> StdResult<Vec<AttesterId>> {
    page_of(
        storage,
        &BY_OPERATOR,
        operator.as_slice(),
        start_after,
        limit,
    )
}

/// Ids of the attesters of a measurement after `start_after`, ascending.
pub fn page_by_measurement(
    storage: &dyn Storage,
    measurement: &Measurement,
    start_after: Option<AttesterId>,
    limit: usize,
) -> StdResult<Vec<AttesterId>> {
    page_of(
        storage,
        &BY_MEASUREMENT,
        measurement.as_bytes(),
        start_after,
        limit,
    )
}

fn page_of(
    storage: &dyn Storage,
    index: &Map<(&[u8], u64), ()>,
    heading: &[u8],
    start_after: Option<AttesterId>,
    limit: usize,
) -> StdResult<Vec<AttesterId>> {
    index
        .prefix(heading)
        .keys(
            storage,
            start_after.map(|after| Bound::exclusive(after.0)),
            None,
            Order::Ascending,
        )
        .take(limit)
        .map(|id| id.map(AttesterId))
        .collect()
}
