//! Sessions in storage: the policy apart from the hot record, and who they belong to.

use cosmwasm_std::{CanonicalAddr, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use hub_types::records::escrow::{POLICIES, SESSIONS};

use super::reserve::Reserve;
use super::session::{Opening, Parties, Session};
use crate::error::ContractError;

const COUNT: Item<u64> = Item::new("session_count");
const BY_CALLER: Map<(&[u8], u64), ()> = Map::new("session_by_caller");
const BY_OPERATOR: Map<(&[u8], u64), ()> = Map::new("session_by_operator");
/// Sessions whose funder is not the caller.
const BY_FUNDER: Map<(&[u8], u64), ()> = Map::new("session_by_funder");
const LABELS: Map<u64, String> = Map::new("session_label");

/// Number of sessions; ids run from 1 to it.
pub fn count(storage: &dyn Storage) -> StdResult<u64> {
    Ok(COUNT.may_load(storage)?.unwrap_or(0))
}

/// Opens a session under the next id and stores it.
pub fn open(
    storage: &mut dyn Storage,
    denom: u32,
    parties: Parties,
    opening: &Opening,
    now: u64,
) -> Result<Session, ContractError> {
    let id = count(storage)?.saturating_add(1);
    let session = Session::open(id, denom, parties, opening, now)?;
    let policy = &session.policy;
    COUNT.save(storage, &id)?;
    BY_CALLER.save(storage, (policy.caller.as_slice(), id), &())?;
    BY_OPERATOR.save(storage, (policy.operator.as_slice(), id), &())?;
    if policy.funder != policy.caller {
        BY_FUNDER.save(storage, (policy.funder.as_slice(), id), &())?;
    }
    if let Some(label) = &opening.label {
        LABELS.save(storage, id, label)?;
    }
    store_policy(storage, &session);
    store_reserve(storage, &session.reserve);
    Ok(session)
}

pub fn load(storage: &dyn Storage, session: u64) -> Result<Session, ContractError> {
    let reserve = load_reserve(storage, session)?;
    let policy = POLICIES
        .get(storage, session)?
        .ok_or(ContractError::Inconsistent {
            what: "a session has no policy",
        })?;
    Ok(Session { policy, reserve })
}

/// The part of a session that settlement needs.
pub fn load_reserve(storage: &dyn Storage, session: u64) -> Result<Reserve, ContractError> {
    match SESSIONS.get(storage, session)? {
        Some(record) => Ok(Reserve { session, record }),
        None => Err(ContractError::UnknownSession {
            session,
            last: count(storage)?,
        }),
    }
}

pub fn store_reserve(storage: &mut dyn Storage, reserve: &Reserve) {
    SESSIONS.set(storage, reserve.session, &reserve.record);
}

pub fn store_policy(storage: &mut dyn Storage, session: &Session) {
    POLICIES.set(storage, session.id(), &session.policy);
}

pub fn label(storage: &dyn Storage, session: u64) -> StdResult<Option<String>> {
    LABELS.may_load(storage, session)
}

/// Ids of a caller's sessions before `start_after`, newest first.
pub fn of_caller(
    storage: &dyn Storage,
    caller: &CanonicalAddr,
    start_after: Option<u64>,
    limit: usize,
) -> StdResult<Vec<u64>> {
    page(storage, &BY_CALLER, caller, start_after, limit)
}

/// Ids of an operator's sessions before `start_after`, newest first.
pub fn of_operator(
    storage: &dyn Storage,
    operator: &CanonicalAddr,
    start_after: Option<u64>,
    limit: usize,
) -> StdResult<Vec<u64>> {
    page(storage, &BY_OPERATOR, operator, start_after, limit)
}

/// Ids of the sessions that a funder paid for and somebody else owns, before `start_after`, newest first.
pub fn for_others(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    start_after: Option<u64>,
    limit: usize,
) -> StdResult<Vec<u64>> {
    page(storage, &BY_FUNDER, funder, start_after, limit)
}

fn page(
    storage: &dyn Storage,
    index: &Map<(&[u8], u64), ()>,
    owner: &CanonicalAddr,
    start_after: Option<u64>,
    limit: usize,
) -> StdResult<Vec<u64>> {
    index
        .prefix(owner.as_slice())
        .keys(
            storage,
            None,
            start_after.map(Bound::exclusive),
            Order::Descending,
        )
        .take(limit)
        .collect()
}
