//! Records of the other contracts, each read once per message by a raw query.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use cosmwasm_std::{Deps, StdResult};
use hub_types::denom::Denom;
use hub_types::escrow::SessionSettlement;
use hub_types::records::escrow::{DENOMS, MAX_LANES, POLICIES, SESSIONS};
use hub_types::records::registry::{
    ModelRecord, ReleaseRecord, TermsRecord, MODELS, RELEASES, TERMS,
};

use super::session::{LaneClaim, SessionCopy};
use super::Statement;
use crate::error::ContractError;
use crate::state::attesters;
use crate::state::config::Config;

/// Cached records of registry and escrow, and the working copies of sessions.
pub struct Books<'a> {
    deps: Deps<'a>,
    config: &'a Config,
    sessions: BTreeMap<u64, Option<SessionCopy>>,
    models: BTreeMap<u64, Option<ModelRecord>>,
    terms: BTreeMap<(u64, u64), Option<TermsRecord>>,
    denoms: BTreeMap<u32, Denom>,
}

impl<'a> Books<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config) -> Self {
        Self {
            deps,
            config,
            sessions: BTreeMap::new(),
            models: BTreeMap::new(),
            terms: BTreeMap::new(),
            denoms: BTreeMap::new(),
        }
    }

    /// The chain, for checks of signatures.
    pub fn deps(&self) -> Deps<'a> {
        self.deps
    }

    /// The working copy of a session; none if there is no such session or it was released.
    pub fn session(
        &mut self,
        session: SessionId,
        statement: &Statement,
    ) -> Result<Option<&mut SessionCopy>, ContractError> {
        match self.sessions.entry(session) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_mut()),
            Entry::Vacant(entry) => {
                let copy = read_session(self.deps, self.config, session, statement)?;
                Ok(entry.insert(copy).as_mut())
            }
        }
    }

    /// The working copy of a session that was read before.
    pub fn changed_session(&mut self, session: SessionId) -> Result<&mut SessionCopy, ContractError> {
        self.sessions
            .get_mut(&session)
            .and_then(Option::as_mut)
            .ok_or(ContractError::Inconsistent {
                what: "a session vanished",
            })
    }

    pub fn model(&mut self, model: ModelId) -> StdResult<Option<&ModelRecord>> {
        match self.models.entry(model) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let record = MODELS.query(&self.deps.querier, &self.config.registry, model)?;
                Ok(entry.insert(record).as_ref())
            }
        }
    }

    pub fn terms(&mut self, model: ModelId, terms: TermsNumber) -> StdResult<Option<&TermsRecord>> {
        match self.terms.entry((model, terms)) {
            Entry::Occupied(entry) => Ok(entry.into_mut().as_ref()),
            Entry::Vacant(entry) => {
                let key = (model, terms);
                let record = TERMS.query(&self.deps.querier, &self.config.registry, key)?;
                Ok(entry.insert(record).as_ref())
            }
        }
    }

    /// Read once per message, for a single receipt only; so not cached.
    pub fn release(&self, model: ModelId, release: ReleaseNumber) -> StdResult<Option<ReleaseRecord>> {
        let key = (model, release);
        RELEASES.query(&self.deps.querier, &self.config.registry, key)
    }

    pub fn denom(&mut self, number: u32) -> Result<&Denom, ContractError> {
        match self.denoms.entry(number) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let denom = DENOMS
                    .query(&self.deps.querier, &self.config.escrow, number)?
                    .ok_or(ContractError::Inconsistent {
                        what: "a session in a denomination that the escrow does not know",
                    })?;
                Ok(entry.insert(denom))
            }
        }
    }

    /// What the escrow is told of the sessions whose lane moved.
    pub fn into_settlements(self, attester: AttesterId) -> Vec<SessionSettlement> {
        self.sessions
            .into_iter()
            .filter_map(|(session, copy)| copy?.into_settlement(session, attester))
            .collect()
    }
}

fn read_session(
    deps: Deps,
    config: &Config,
    session: SessionId,
    statement: &Statement,
) -> Result<Option<SessionCopy>, ContractError> {
    let Some(record) = SESSIONS.query(&deps.querier, &config.escrow, session)? else {
        return Ok(None);
    };
    if record.released {
        return Ok(None);
    }
    let policy = POLICIES
        .query(&deps.querier, &config.escrow, session)?
        .ok_or(ContractError::Inconsistent {
            what: "a session without a policy",
        })?;
    let mut claim = match record.lane(statement.attester) {
        Some(lane) => LaneClaim::Held { next: lane.next },
        None if record.lanes.len() < MAX_LANES => LaneClaim::Free,
        None => LaneClaim::Full,
    };
    if claim == LaneClaim::Full {
        // A lane whose attester can never charge again is given away: nothing it signed can be replayed there.
        for lane in &record.lanes {
            let holder = attesters::load(deps.storage, lane.attester)?;
            if holder.is_spent(statement.now, statement.receipt_max_age_seconds) {
                claim = LaneClaim::Replaces {
                    attester: lane.attester,
                };
                break;
            }
        }
    }
    Ok(Some(SessionCopy::new(policy, record, claim)))
}
