//! The life of a session.

use cosmwasm_std::{
    to_json_binary, Addr, Binary, CanonicalAddr, Deps, DepsMut, Env, Event as StdEvent, Response,
    Uint128,
};
use hub_types::denom::Denom;
use hub_types::escrow::SessionCreated;
use hub_types::ids::SessionId;
use hub_types::records::escrow::SessionPolicy;

use crate::domain::account::Account;
use crate::domain::session::{Opening, Parties, Session};
use crate::error::ContractError;
use crate::events::Event;
use crate::state::{accounts, config, denoms, sessions, spend};

/// Where the budget of a new session comes from.
pub struct BudgetSource<'a> {
    /// The caller's account; the budget is taken from it, storing it is left to whoever lends it here.
    pub account: &'a mut Account,
    pub caller: &'a Addr,
    pub funder: &'a Addr,
    pub denom: &'a Denom,
}

/// A session that was opened, for the response.
pub struct Opened {
    event: StdEvent,
    data: Binary,
}

impl Opened {
    pub fn report(self, response: Response) -> Response {
        response.add_event(self.event).set_data(self.data)
    }
}

/// Opens a session and reserves its budget.
pub fn reserve(
    deps: DepsMut,
    env: &Env,
    source: BudgetSource,
    opening: &Opening,
) -> Result<Opened, ContractError> {
    source.account.debit(opening.budget)?;
    let parties = Parties {
        caller: source.account.owner().clone(),
        funder: deps.api.addr_canonicalize(source.funder.as_str())?,
    };
    let session = sessions::open(
        deps.storage,
        source.account.denom(),
        parties,
        opening,
        env.block.time.seconds(),
    )?;
    let event = Event::SessionOpened {
        session: session.id(),
        caller: source.caller,
        funder: source.funder,
        operator: &deps.api.addr_humanize(&opening.operator)?,
        amount: opening.budget,
        denom: source.denom,
        expires_at: opening.expires_at,
    };
    Ok(Opened {
        event: event.into(),
        data: to_json_binary(&SessionCreated {
            session: session.id(),
        })?,
    })
}

/// Opens a session with what the sender has available.
pub fn open(
    mut deps: DepsMut,
    env: &Env,
    sender: Addr,
    denom: Denom,
    opening: Opening,
) -> Result<Response, ContractError> {
    // Nobody has anything available in a denomination that the escrow does not know.
    let number = denoms::find(deps.storage, &denom)?.ok_or(ContractError::InsufficientFunds {
        available: Uint128::zero(),
        needed: opening.budget,
    })?;
    let owner = deps.api.addr_canonicalize(sender.as_str())?;
    let mut account = accounts::load(deps.storage, owner, number)?;
    let source = BudgetSource {
        account: &mut account,
        caller: &sender,
        funder: &sender,
        denom: &denom,
    };
    let opened = reserve(deps.branch(), env, source, &opening)?;
    accounts::store(deps.storage, &account);
    Ok(opened.report(Response::new()))
}

pub fn top_up(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    session: SessionId,
    amount: Uint128,
) -> Result<Response, ContractError> {
    let (mut session, caller) = load_own(deps.as_ref(), &sender, session)?;
    let denom_number = session.reserve.record.denom;
    let mut account = accounts::load(deps.storage, caller, denom_number)?;
    session.top_up(amount, env.block.time.seconds())?;
    account.debit(amount)?;
    sessions::store_reserve(deps.storage, &session.reserve);
    accounts::store(deps.storage, &account);
    Ok(Response::new().add_event(Event::SessionToppedUp {
        session: session.id(),
        caller: &sender,
        amount,
        denom: &denoms::get(deps.storage, denom_number)?,
        budget: session.reserve.record.budget.into(),
    }))
}

pub fn close(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    session: SessionId,
) -> Result<Response, ContractError> {
    let (mut session, _) = load_own(deps.as_ref(), &sender, session)?;
    let ends_at = session.close(env.block.time.seconds())?;
    sessions::store_policy(deps.storage, &session);
    Ok(Response::new().add_event(Event::SessionClosed {
        session: session.id(),
        caller: &sender,
        ends_at,
    }))
}

pub fn release(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    session: SessionId,
) -> Result<Response, ContractError> {
    let mut session = sessions::load(deps.storage, session)?;
    let by = deps.api.addr_canonicalize(sender.as_str())?;
    let receipt_max_age = config::receipt_max_age(deps.storage)?;
    let left = session.release(&by, receipt_max_age, env.block.time.seconds())?;
    let caller = deps.api.addr_humanize(&session.policy.caller)?;
    let denom_number = session.reserve.record.denom;
    let mut account = accounts::load(deps.storage, session.policy.caller.clone(), denom_number)?;
    account.credit(left)?;
    let SessionPolicy {
        funder, operator, ..
    } = &session.policy;
    let spent = session.reserve.record.spent();
    spend::add(deps.storage, funder, denom_number, operator, spent)?;
    sessions::store_reserve(deps.storage, &session.reserve);
    accounts::store(deps.storage, &account);
    Ok(Response::new().add_event(Event::SessionReleased {
        session: session.id(),
        released_by: &sender,
        caller: &caller,
        amount: left,
        denom: &denoms::get(deps.storage, denom_number)?,
    }))
}

pub fn raise_ceiling(
    deps: DepsMut,
    sender: Addr,
    session: SessionId,
    ceiling: Uint128,
) -> Result<Response, ContractError> {
    let (mut session, _) = load_own(deps.as_ref(), &sender, session)?;
    session.raise_ceiling(ceiling)?;
    sessions::store_reserve(deps.storage, &session.reserve);
    Ok(Response::new().add_event(Event::CeilingRaised {
        session: session.id(),
        caller: &sender,
        ceiling,
    }))
}

/// The session and its caller, who must be the sender.
fn load_own(
    deps: Deps,
    sender: &Addr,
    session: SessionId,
) -> Result<(Session, CanonicalAddr), ContractError> {
    let loaded = sessions::load(deps.storage, session)?;
    let sender = deps.api.addr_canonicalize(sender.as_str())?;
    if sender != loaded.policy.caller {
        return Err(ContractError::NotTheCaller {
            session,
            caller: deps.api.addr_humanize(&loaded.policy.caller)?,
        });
    }
    Ok((loaded, sender))
}
