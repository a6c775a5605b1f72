//! Sessions in storage: the policy apart from the hot record, and who they belong to.

use cosmwasm_std::{CanonicalAddr, Order, StdResult, Storage};
use cw_storage_plus::{Bound, Item, Map};
use hub_types::ids::{DenomNumber, SessionId};
use hub_types::records::escrow::{POLICIES, SESSIONS};

use crate::domain::reserve::Reserve;
use crate::domain::session::{Opening, Parties, Session};
use crate::error::ContractError;

const COUNT: Item<SessionId> = Item::new("session_count");
/// Sessions by caller that the caller funded itself.
const BY_CALLER: Map<(&[u8], u64), ()> = Map::new("session_by_caller");
const BY_OPERATOR: Map<(&[u8], u64), ()> = Map::new("session_by_operator");
/// Sessions by caller that somebody else funded. Strangers write here, so it is a list of its own.
const GIFTS: Map<(&[u8], u64), ()> = Map::new("session_gift");
/// The same by funder.
const BY_FUNDER: Map<(&[u8], u64), ()> = Map::new("session_by_funder");
const LABELS: Map<u64, String> = Map::new("session_label");

/// Number of sessions; ids run from 1 to it.
pub fn count(storage: &dyn Storage) -> StdResult<SessionId> {
    Ok(COUNT.may_load(storage)?.unwrap_or(SessionId(0)))
}

/// Opens a session under the next id and stores it.
pub fn open(
    storage: &mut dyn Storage,
    denom: DenomNumber,
    parties: Parties,
    opening: &Opening,
    now: u64,
) -> Result<Session, ContractError> {
    let id = count(storage)?.next();
    let session = Session::open(id, denom, parties, opening, now)?;
    let policy = &session.policy;
    COUNT.save(storage, &id)?;
    BY_OPERATOR.save(storage, (policy.operator.as_slice(), id.0), &())?;
    if policy.funder == policy.caller {
        BY_CALLER.save(storage, (policy.caller.as_slice(), id.0), &())?;
    } else {
        GIFTS.save(storage, (policy.caller.as_slice(), id.0), &())?;
        BY_FUNDER.save(storage, (policy.funder.as_slice(), id.0), &())?;
    }
    if let Some(label) = &opening.label {
        LABELS.save(storage, id.0, label)?;
    }
    store_policy(storage, &session);
    store_reserve(storage, &session.reserve);
    Ok(session)
}

pub fn load(storage: &dyn Storage, session: SessionId) -> Result<Session, ContractError> {
    let reserve = load_reserve(storage, session)?;
    let policy = POLICIES
        .get(storage, session)?
        .ok_or(ContractError::Inconsistent {
            what: "a session has no policy",
        })?;
    Ok(Session { policy, reserve })
}

/// The part of a session that settlement needs.
pub fn load_reserve(storage: &dyn Storage, session: SessionId) -> Result<Reserve, ContractError> {
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

pub fn label(storage: &dyn Storage, session: SessionId) -> StdResult<Option<String>> {
    LABELS.may_load(storage, session.0)
}

/// Ids of the sessions that a caller funded itself, before `start_after`, newest first.
pub fn of_caller(
    storage: &dyn Storage,
    caller: &CanonicalAddr,
    start_after: Option<SessionId>,
    limit: usize,
) -> StdResult<Vec<SessionId>> {
    page(storage, &BY_CALLER, caller, start_after, limit)
}

/// Ids of the sessions that others funded for a caller, before `start_after`, newest first.
pub fn from_others(
    storage: &dyn Storage,
    caller: &CanonicalAddr,
    start_after: Option<SessionId>,
    limit: usize,
) -> StdResult<Vec<SessionId>> {
    page(storage, &GIFTS, caller, start_after, limit)
}

/// Ids of an operator's sessions before `start_after`, newest first.
pub fn of_operator(
    storage: &dyn Storage,
    operator: &CanonicalAddr,
    start_after: Option<SessionId>,
    limit: usize,
) -> StdResult<Vec<SessionId>> {
    page(storage, &BY_OPERATOR, operator, start_after, limit)
}

/// Ids of the sessions that a funder paid for and somebody else owns, before `start_after`, newest first.
pub fn for_others(
    storage: &dyn Storage,
    funder: &CanonicalAddr,
    start_after: Option<SessionId>,
    limit: usize,
) -> StdResult<Vec<SessionId>> {
    page(storage, &BY_FUNDER, funder, start_after, limit)
}

fn page(
    storage: &dyn Storage,
    index: &Map<(&[u8], u64), ()>,
    owner: &CanonicalAddr,
    start_after: Option<SessionId>,
    limit: usize,
) -> StdResult<Vec<SessionId>> {
    index
        .prefix(owner.as_slice())
        .keys(
            storage,
            None,
            start_after.map(|after| Bound::exclusive(after.0)),
            Order::Descending,
        )
        .take(limit)
        .map(|id| id.map(SessionId))
        .collect()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use hub_types::escrow::Models;
    use hub_types::price::Rates;

    use super::*;
    use crate::domain::session::CeilingRule;

    fn address(byte: u8) -> CanonicalAddr {
        vec![byte; 20].into()
    }

    /// Opens a session of `caller`, paid for by `funder`, with `operator`.
    fn opened(
        storage: &mut MockStorage,
        caller: u8,
        funder: u8,
        operator: u8,
        label: Option<&str>,
    ) -> Session {
        let parties = Parties {
            caller: address(caller),
            funder: address(funder),
        };
        let opening = Opening {
            operator: address(operator),
            measurement: None,
            models: Models::Any {},
            max_price: Some(Rates::default()),
            budget: 100u128.into(),
            expires_at: 2_000,
            ceiling: CeilingRule::On { key: None },
            label: label.map(str::to_owned),
        };
        open(storage, DenomNumber(7), parties, &opening, 1_000).unwrap()
    }

    #[test]
    fn a_session_that_was_never_opened_is_unknown() {
        let mut storage = MockStorage::new();
        let unknown = |session, last| ContractError::UnknownSession { session, last };
        assert_eq!(
            load(&storage, SessionId(1)),
            Err(unknown(SessionId(1), SessionId(0)))
        );
        opened(&mut storage, 1, 1, 2, None);
        opened(&mut storage, 1, 1, 2, None);
        assert_eq!(
            load(&storage, SessionId(3)),
            Err(unknown(SessionId(3), SessionId(2)))
        );
        assert_eq!(
            load_reserve(&storage, SessionId(0)),
            Err(unknown(SessionId(0), SessionId(2)))
        );
    }

    #[test]
    fn sessions_are_numbered_from_1_and_come_back_as_they_were_stored() {
        let mut storage = MockStorage::new();
        assert_eq!(count(&storage), Ok(SessionId(0)));
        let first = opened(&mut storage, 1, 1, 2, None);
        let mut second = opened(&mut storage, 1, 3, 2, Some("mine"));
        assert_eq!(
            (first.id(), second.id(), count(&storage)),
            (SessionId(1), SessionId(2), Ok(SessionId(2)))
        );
        assert_eq!(load(&storage, SessionId(1)), Ok(first.clone()));
        assert_eq!(
            load_reserve(&storage, SessionId(2)),
            Ok(second.reserve.clone())
        );
        assert_eq!(label(&storage, SessionId(1)), Ok(None));
        assert_eq!(label(&storage, SessionId(2)), Ok(Some("mine".to_owned())));

        second.policy.closed_at = Some(1_500);
        second.reserve.record.spent = 40;
        store_policy(&mut storage, &second);
        store_reserve(&mut storage, &second.reserve);
        assert_eq!(load(&storage, SessionId(2)), Ok(second));
        assert_eq!(load(&storage, SessionId(1)), Ok(first));
    }

    #[test]
    fn sessions_are_found_by_who_owns_serves_and_funds_them_and_gifts_apart() {
        let mut storage = MockStorage::new();
        opened(&mut storage, 1, 1, 2, None);
        opened(&mut storage, 1, 3, 2, None);
        opened(&mut storage, 3, 3, 4, None);
        let (all, none) = (None, Ok(vec![]));
        assert_eq!(
            of_caller(&storage, &address(1), all, 9),
            Ok(vec![SessionId(1)])
        );
        assert_eq!(
            from_others(&storage, &address(1), all, 9),
            Ok(vec![SessionId(2)])
        );
        assert_eq!(from_others(&storage, &address(3), all, 9), none);
        assert_eq!(
            of_caller(&storage, &address(3), all, 9),
            Ok(vec![SessionId(3)])
        );
        assert_eq!(of_caller(&storage, &address(2), all, 9), none);
        assert_eq!(
            of_operator(&storage, &address(2), all, 9),
            Ok(vec![SessionId(2), SessionId(1)])
        );
        assert_eq!(
            of_operator(&storage, &address(4), all, 9),
            Ok(vec![SessionId(3)])
        );
        assert_eq!(of_operator(&storage, &address(1), all, 9), none);
        // Whoever pays for its own sessions finds them as their caller.
        assert_eq!(
            for_others(&storage, &address(3), all, 9),
            Ok(vec![SessionId(2)])
        );
        assert_eq!(for_others(&storage, &address(1), all, 9), none);
    }

    #[test]
    fn pages_go_on_before_where_the_last_one_ended() {
        let mut storage = MockStorage::new();
        for _ in 0..5 {
            opened(&mut storage, 1, 3, 2, None);
        }
        let (caller, operator, funder) = (address(1), address(2), address(3));
        for page in [
            from_others(&storage, &caller, Some(SessionId(5)), 2),
            of_operator(&storage, &operator, Some(SessionId(5)), 2),
            for_others(&storage, &funder, Some(SessionId(5)), 2),
        ] {
            assert_eq!(page, Ok(vec![SessionId(4), SessionId(3)]));
        }
        for _ in 6..9 {
            opened(&mut storage, 1, 1, 2, None);
        }
        assert_eq!(
            of_caller(&storage, &caller, Some(SessionId(8)), 9),
            Ok(vec![SessionId(7), SessionId(6)])
        );
    }
}
