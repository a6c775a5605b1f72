//! Balances of accounts, by denomination.

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::DenomNumber;
use hub_types::records::escrow::{BalanceRecord, BALANCES};

use crate::domain::account::Account;

/// The account; one that nobody credited yet is empty.
pub fn load(storage: &dyn Storage, owner: CanonicalAddr, denom: DenomNumber) -> StdResult<Account> {
    let balance = balance(storage, &owner, denom)?;
    Ok(Account::new(owner, denom, balance))
}

/// Stores the account.
pub fn store(storage: &mut dyn Storage, account: &Account) {
    BALANCES.set(
        storage,
        (account.owner(), account.denom()),
        account.balance(),
    );
}

/// The stored balance of `owner` in a denomination; zeros if there is none.
pub fn balance(
    storage: &dyn Storage,
    owner: &CanonicalAddr,
    denom: DenomNumber,
) -> StdResult<BalanceRecord> {
    Ok(BALANCES.get(storage, (owner, denom))?.unwrap_or_default())
}

/// Balances of `owner` after `start_after`, by denomination number.
pub fn page(
    storage: &dyn Storage,
    owner: &CanonicalAddr,
    start_after: Option<DenomNumber>,
    limit: usize,
) -> StdResult<Vec<(DenomNumber, BalanceRecord)>> {
    BALANCES
        .range(storage, owner, start_after)
        .take(limit)
        .collect()
}

#[cfg(test)]
mod tests;
