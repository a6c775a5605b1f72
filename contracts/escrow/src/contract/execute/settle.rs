//! Sessions pay, accounts earn.
//!
//! The hot path: each session and each balance is read once and written once, nothing else but the collector is read,
//! nothing is sent. What the escrow owes does not change, since what leaves the sessions arrives in the accounts.

use std::collections::BTreeSet;

use cosmwasm_std::{Addr, DepsMut, Response, Storage};
use hub_types::escrow::{Books, Credit, SessionSettlement};

use crate::domain::account::Account;
use crate::domain::reserve::Reserve;
use crate::domain::totals::Totals;
use crate::error::ContractError;
use crate::state::{accounts, config, sessions};

/// Charges the sessions and credits the accounts of `books`, all or nothing. They are read after the authority, which
/// strangers have none of.
pub fn settle(deps: DepsMut, sender: Addr, books: &[u8]) -> Result<Response, ContractError> {
    let collector = config::collector(deps.storage)?;
    if sender != collector {
        return Err(ContractError::NotTheCollector { collector });
    }
    let Books {
        sessions: settlements,
        credits,
    } = Books::decode(books)?;
    let mut totals = Totals::default();
    let reserves = charge(deps.storage, &settlements, &mut totals)?;
    let accounts = earn(deps.storage, credits, &mut totals)?;
    totals.check()?;
    for reserve in &reserves {
        sessions::store_reserve(deps.storage, reserve);
    }
    for account in &accounts {
        accounts::store(deps.storage, account);
    }
    Ok(Response::new())
}

fn charge(
    storage: &dyn Storage,
    settlements: &[SessionSettlement],
    totals: &mut Totals,
) -> Result<Vec<Reserve>, ContractError> {
    let mut seen = BTreeSet::new();
    let mut reserves = vec![];
    for settlement in settlements {
        let session = settlement.session;
        // The second would be judged by, and overwrite, what the first one left out of storage.
        if !seen.insert(session) {
            return Err(ContractError::SessionRepeated { session });
        }
        let mut reserve = sessions::load_reserve(storage, session)?;
        reserve.settle(settlement)?;
        totals.charge(reserve.record.denom, settlement.charge)?;
        reserves.push(reserve);
    }
    Ok(reserves)
}

fn earn(
    storage: &dyn Storage,
    credits: Vec<Credit>,
    totals: &mut Totals,
) -> Result<Vec<Account>, ContractError> {
    let mut seen = BTreeSet::new();
    let mut accounts = vec![];
    for Credit {
        account,
        denom,
        amount,
    } in credits
    {
        if amount.is_zero() {
            return Err(ContractError::ZeroCredit { account, denom });
        }
        if !seen.insert((account.to_vec(), denom)) {
            return Err(ContractError::CreditRepeated { account, denom });
        }
        totals.credit(denom, amount)?;
        let mut account = accounts::load(storage, account, denom)?;
        account.earn(amount)?;
        accounts.push(account);
    }
    Ok(accounts)
}
