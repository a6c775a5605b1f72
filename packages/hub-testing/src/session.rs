use cosmwasm_std::Addr;
use hub_types::escrow::{Models, NewSession, QueryMsg, SessionResponse, SessionsResponse};
use hub_types::ids::{AttesterId, SessionId};

use crate::hub::Hub;
use crate::model::rates;
use crate::money::Money;

const THIRTY_DAYS: u64 = 30 * 86_400;

impl Hub {
    /// A session for any model at any price, for thirty days, without a ceiling.
    pub fn new_session(&self, operator: &Addr, budget: u128) -> NewSession {
        NewSession {
            operator: operator.to_string(),
            measurement: None,
            models: Models::Any {},
            max_price: Some(rates(u128::MAX, u128::MAX, u128::MAX)),
            budget: budget.into(),
            expires_at: self.now() + THIRTY_DAYS,
            ceiling: None,
            label: None,
        }
    }

    /// Gives the caller a budget out of nothing, which deposits it and opens a session with it in one message; returns
    /// the session's id. `change` says in what the session differs from [`Hub::new_session`]. A ledger taken
    /// before shows wallets unchanged.
    #[track_caller]
    pub fn open_session(
        &mut self,
        caller: &Addr,
        operator: &Addr,
        money: &Money,
        budget: u128,
        change: impl FnOnce(NewSession) -> NewSession,
    ) -> SessionId {
        let session = change(self.new_session(operator, budget));
        let amount = session.budget.u128();
        self.give(caller, money, amount);
        self.deposit(caller, money, amount, None, Some(session))
            .expect("the session is opened");
        self.last_session(caller)
    }

    /// The newest session that a caller owns, whoever opened it. A token's hook returns no data, so this is how a cw20
    /// caller learns the id.
    #[track_caller]
    pub fn last_session(&self, caller: &Addr) -> SessionId {
        let (start_after, limit) = (None, Some(1));
        let own = QueryMsg::SessionsByCaller {
            caller: caller.to_string(),
            start_after,
            limit,
        };
        let given = QueryMsg::SessionsFromOthers {
            caller: caller.to_string(),
            start_after,
            limit,
        };
        let newest = [own, given].map(|query| {
            let page: SessionsResponse = self.query_escrow(query).expect("the escrow answers");
            page.sessions.first().map(|session| session.session)
        });
        let newest = newest.into_iter().max().flatten();
        newest.expect("the caller has a session")
    }

    /// A session as the escrow shows it.
    #[track_caller]
    pub fn session(&self, session: SessionId) -> SessionResponse {
        self.query_escrow(QueryMsg::Session { session })
            .expect("the session exists")
    }

    /// The number of an attester's next receipt in a session; 0 where there is no lane or no session.
    pub fn next(&self, session: SessionId, attester: AttesterId) -> u64 {
        let session: Result<SessionResponse, _> = self.query_escrow(QueryMsg::Session { session });
        let lanes = session.map(|session| session.lanes).unwrap_or_default();
        let lane = lanes.into_iter().find(|lane| lane.attester == attester);
        lane.map_or(0, |lane| lane.next)
    }
}
