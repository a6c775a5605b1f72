//! The keeper's role: Walrus committees, and the way of the role to another account.

use cosmwasm_std::{Addr, DepsMut, Env, Response};
use hub_types::walrus::{Committee, Member};

use crate::contract::curve::Curve;
use crate::error::ContractError;
use crate::events::Event;
use crate::state::keeper::Keeper;
use crate::state::{committees, keeper};

/// A committee as its keeper states it, in checked form.
pub struct NewCommittee {
    pub epoch: u32,
    pub n_shards: u16,
    pub members: Vec<Member>,
}

/// The keeper's role, if it is the sender's; everybody else is refused.
fn kept(deps: &DepsMut, sender: &Addr) -> Result<Keeper, ContractError> {
    let keeper = keeper::load(deps.storage)?;
    if keeper.account == *sender {
        Ok(keeper)
    } else {
        Err(ContractError::NotKeeper {
            keeper: keeper.account,
            sender: sender.clone(),
        })
    }
}

pub fn set_committee(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    new: NewCommittee,
) -> Result<Response, ContractError> {
    kept(&deps, &sender)?;
    let committee = Committee::new(&Curve(deps.api), new.n_shards, &new.members)?;

    let now = env.block.time.seconds();
    committees::set(deps.storage, new.epoch, &committee, &new.members, now)?;

    Ok(Response::new().add_event(Event::CommitteeSet {
        epoch: new.epoch,
        n_shards: new.n_shards,
        members: new.members.len(),
        keeper: &sender,
    }))
}

pub fn offer(deps: DepsMut, sender: Addr, to: Addr) -> Result<Response, ContractError> {
    kept(&deps, &sender)?;
    if to == sender {
        return Err(ContractError::OfferToKeeper { keeper: sender });
    }

    keeper::offer(deps.storage, sender.clone(), Some(to.clone()))?;

    Ok(Response::new().add_event(Event::KeeperOffered {
        keeper: &sender,
        to: &to,
    }))
}

pub fn cancel(deps: DepsMut, sender: Addr) -> Result<Response, ContractError> {
    let keeper = kept(&deps, &sender)?;
    let to = keeper
        .offered_to
        .ok_or(ContractError::KeeperNotOffered {})?;

    keeper::offer(deps.storage, sender.clone(), None)?;

    Ok(Response::new().add_event(Event::KeeperOfferCancelled {
        keeper: &sender,
        to: &to,
    }))
}

pub fn accept(deps: DepsMut, sender: Addr) -> Result<Response, ContractError> {
    let keeper = keeper::load(deps.storage)?;
    let offered_to = keeper
        .offered_to
        .ok_or(ContractError::KeeperNotOffered {})?;
    if offered_to != sender {
        return Err(ContractError::KeeperNotOfferedToSender { offered_to, sender });
    }

    keeper::appoint(deps.storage, sender.clone())?;

    Ok(Response::new().add_event(Event::KeeperChanged {
        from: &keeper.account,
        keeper: &sender,
    }))
}
