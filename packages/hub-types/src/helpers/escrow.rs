use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Coin, CustomQuery, QuerierWrapper, StdResult, Uint128, WasmMsg,
};
use cw20::Cw20ExecuteMsg;
use hub_wire::ids::SessionId;
use serde::de::DeserializeOwned;

use crate::denom::UncheckedDenom;
use crate::escrow::{
    BalanceResponse, ConfigResponse, Cw20HookMsg, ExecuteMsg, NewSession, QueryMsg,
    SessionResponse, SessionsResponse, SolvencyResponse,
};

/// An escrow: messages to it and questions about it.
#[cw_serde]
pub struct EscrowContract(pub Addr);

impl EscrowContract {
    /// Its address.
    pub fn addr(&self) -> &Addr {
        &self.0
    }

    /// Any message, with coins.
    pub fn call(&self, msg: &ExecuteMsg, funds: Vec<Coin>) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute {
            contract_addr: self.0.to_string(),
            msg: to_json_binary(msg)?,
            funds,
        })
    }

    /// Deposits a coin for the sender. See [`ExecuteMsg::Deposit`].
    pub fn deposit(&self, coin: Coin) -> StdResult<WasmMsg> {
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: None,
        };
        self.call(&deposit, vec![coin])
    }

    /// Deposits a coin and opens a session of the sender with it. Returns
    /// [`SessionCreated`](crate::escrow::SessionCreated): see [`answer`](super::answer).
    pub fn deposit_and_open(&self, coin: Coin, session: NewSession) -> StdResult<WasmMsg> {
        let deposit = ExecuteMsg::Deposit {
            beneficiary: None,
            session: Some(session),
        };
        self.call(&deposit, vec![coin])
    }

    /// The same with tokens of the sender, by a message to their contract `token`. Returns nothing: the session is the
    /// [`newest_session`](Self::newest_session) of the sender then.
    pub fn deposit_and_open_cw20(
        &self,
        token: &Addr,
        amount: Uint128,
        session: NewSession,
    ) -> StdResult<WasmMsg> {
        let hook = Cw20HookMsg::Deposit {
            beneficiary: None,
            session: Some(session),
        };
        let send = Cw20ExecuteMsg::Send {
            contract: self.0.to_string(),
            amount,
            msg: to_json_binary(&hook)?,
        };
        Ok(WasmMsg::Execute {
            contract_addr: token.to_string(),
            msg: to_json_binary(&send)?,
            funds: vec![],
        })
    }

    /// Opens a session with available balance of the sender. Returns
    /// [`SessionCreated`](crate::escrow::SessionCreated): see [`answer`](super::answer).
    pub fn open_session(
        &self,
        denom: impl Into<UncheckedDenom>,
        session: NewSession,
    ) -> StdResult<WasmMsg> {
        let open = ExecuteMsg::OpenSession {
            denom: denom.into(),
            session,
        };
        self.call(&open, vec![])
    }

    /// Adds available balance of the sender to its session. See [`ExecuteMsg::TopUp`].
    pub fn top_up(&self, session: SessionId, amount: Uint128) -> StdResult<WasmMsg> {
        self.call(&ExecuteMsg::TopUp { session, amount }, vec![])
    }

    /// Agrees to be charged up to `ceiling` over the life of the session: the voucher of a contract, which cannot sign.
    pub fn raise_ceiling(&self, session: SessionId, ceiling: Uint128) -> StdResult<WasmMsg> {
        self.call(&ExecuteMsg::RaiseCeiling { session, ceiling }, vec![])
    }

    /// Ends a session of the sender after the grace. See [`ExecuteMsg::CloseSession`].
    pub fn close_session(&self, session: SessionId) -> StdResult<WasmMsg> {
        self.call(&ExecuteMsg::CloseSession { session }, vec![])
    }

    /// Gives what is left to the caller's available balance: from the end on if the sender is its operator, for everybody
    /// else `receipt_max_age_seconds` later.
    pub fn release_session(&self, session: SessionId) -> StdResult<WasmMsg> {
        self.call(&ExecuteMsg::ReleaseSession { session }, vec![])
    }

    /// Sends exactly this much of the sender's available balance to `recipient`, or to the sender.
    pub fn withdraw(
        &self,
        denom: impl Into<UncheckedDenom>,
        amount: Uint128,
        recipient: Option<&Addr>,
    ) -> StdResult<WasmMsg> {
        let withdraw = ExecuteMsg::Withdraw {
            denom: denom.into(),
            amount: Some(amount),
            recipient: recipient.map(Addr::to_string),
        };
        self.call(&withdraw, vec![])
    }

    /// Any question. The answer's type stands at the question in [`QueryMsg`].
    pub fn query<T: DeserializeOwned, C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        msg: &QueryMsg,
    ) -> StdResult<T> {
        querier.query_wasm_smart(&self.0, msg)
    }

    /// Collector and constants.
    pub fn config<C: CustomQuery>(&self, querier: &QuerierWrapper<C>) -> StdResult<ConfigResponse> {
        self.query(querier, &QueryMsg::Config {})
    }

    /// A session with what is left.
    pub fn session<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        session: SessionId,
    ) -> StdResult<SessionResponse> {
        self.query(querier, &QueryMsg::Session { session })
    }

    /// The newest session that a caller opened for itself: in the reply to a deposit, the one that it opened. Gifts of
    /// others do not count.
    pub fn newest_session<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        caller: &Addr,
    ) -> StdResult<Option<SessionResponse>> {
        let newest = QueryMsg::SessionsByCaller {
            caller: caller.to_string(),
            start_after: None,
            limit: Some(1),
        };
        let page: SessionsResponse = self.query(querier, &newest)?;
        Ok(page.sessions.into_iter().next())
    }

    /// What an account has in a denomination.
    pub fn balance<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        account: &Addr,
        denom: impl Into<UncheckedDenom>,
    ) -> StdResult<BalanceResponse> {
        let balance = QueryMsg::Balance {
            address: account.to_string(),
            denom: denom.into(),
        };
        self.query(querier, &balance)
    }

    /// What it holds of a denomination against what it owes.
    pub fn solvency<C: CustomQuery>(
        &self,
        querier: &QuerierWrapper<C>,
        denom: impl Into<UncheckedDenom>,
    ) -> StdResult<SolvencyResponse> {
        let denom = denom.into();
        self.query(querier, &QueryMsg::Solvency { denom })
    }
}
