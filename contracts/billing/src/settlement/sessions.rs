//! Working copies of the sessions that a message speaks of: each read once, and told to the escrow once.

use cosmwasm_std::Deps;
use hub_types::escrow::SessionSettlement;
use hub_types::ids::{AttesterId, SessionId};
use hub_types::records::escrow::{MAX_LANES, POLICIES, SESSIONS};

use super::statement::Statement;
use crate::domain::copies::Copies;
use crate::domain::session::{LaneClaim, SessionCopy};
use crate::error::ContractError;
use crate::state::attesters;
use crate::state::config::Config;

/// Working copies by session. None stands for a session that does not exist or was released.
pub struct Sessions<'a> {
    deps: Deps<'a>,
    config: &'a Config,
    copies: Copies<SessionId, Option<SessionCopy>>,
}

impl<'a> Sessions<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config) -> Self {
        Self {
            deps,
            config,
            copies: Copies::default(),
        }
    }

    /// The chain, for checks of signatures.
    pub fn deps(&self) -> Deps<'a> {
        self.deps
    }

    /// The working copy of a session; none if there is no such session or it was released.
    pub fn find(
        &mut self,
        session: SessionId,
        statement: &Statement,
    ) -> Result<Option<&mut SessionCopy>, ContractError> {
        let (deps, config) = (self.deps, self.config);
        let copy = self
            .copies
            .find(session, || read(deps, config, session, statement))?;
        Ok(copy.as_mut())
    }

    /// What the escrow is told of the sessions whose lane moved.
    pub fn into_settlements(self, attester: AttesterId) -> Vec<SessionSettlement> {
        self.copies
            .into_sorted()
            .filter_map(|(session, copy)| copy?.into_settlement(session, attester))
            .collect()
    }
}

fn read(
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
            if holder.is_spent(statement.now, statement.receipt_max_age) {
                claim = LaneClaim::Replaces {
                    attester: lane.attester,
                };
                break;
            }
        }
    }
    Ok(Some(SessionCopy::new(policy, record, claim)))
}
