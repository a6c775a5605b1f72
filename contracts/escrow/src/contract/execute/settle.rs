//! Sessions pay, accounts earn.
//!
//! The hot path: each session and each balance is read once and written once, nothing else but the collector is read,
//! nothing is sent. What the escrow owes does not change, since what leaves the sessions arrives in the accounts.

use std::collections::{BTreeMap, BTreeSet};

use hub_types::ids::DenomNumber;
use cosmwasm_std::{DepsMut, MessageInfo, Response, Storage, Uint128};
use hub_types::escrow::{Books, Credit, SessionSettlement};

use crate::error::ContractError;
use crate::state::account::Account;
use crate::state::reserve::Reserve;
use crate::state::{config, sessions};

/// Charges the sessions and credits the accounts of `books`, all or nothing. They are read behind the authority, which
/// strangers have none of.
pub fn settle(deps: DepsMut, info: MessageInfo, books: &[u8]) -> Result<Response, ContractError> {
    let collector = config::collector(deps.storage)?;
    if info.sender != collector {
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
        account.store(deps.storage);
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
        let mut account = Account::load(storage, account, denom)?;
        account.earn(amount)?;
        accounts.push(account);
    }
    Ok(accounts)
}

/// Sums per denomination number. A credit in a denomination that no session was charged in finds no match, so unknown
/// numbers need no check of their own.
#[derive(Default)]
struct Totals(BTreeMap<DenomNumber, (Uint128, Uint128)>);

impl Totals {
    fn charge(&mut self, denom: DenomNumber, amount: Uint128) -> Result<(), ContractError> {
        let (charged, _) = self.0.entry(denom).or_default();
        // Cannot overflow: it is part of what the sessions had left, which is part of what is owed.
        *charged = charged
            .checked_add(amount)
            .map_err(|_| ContractError::Inconsistent {
                what: "sessions hold more than is owed",
            })?;
        Ok(())
    }

    fn credit(&mut self, denom: DenomNumber, amount: Uint128) -> Result<(), ContractError> {
        let (_, credited) = self.0.entry(denom).or_default();
        *credited = credited
            .checked_add(amount)
            .map_err(|_| ContractError::CreditsOverflow { denom })?;
        Ok(())
    }

    fn check(&self) -> Result<(), ContractError> {
        for (denom, (charged, credited)) in &self.0 {
            if charged != credited {
                return Err(ContractError::Unbalanced {
                    denom: *denom,
                    charged: *charged,
                    credited: *credited,
                });
            }
        }
        Ok(())
    }
}
