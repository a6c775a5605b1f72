//! What one account has in one denomination.

use cosmwasm_std::{CanonicalAddr, Uint128};
use hub_types::ids::DenomNumber;
use hub_types::records::escrow::BalanceRecord;

use crate::error::ContractError;

/// The balance of an account in a denomination, loaded to be changed and stored.
#[derive(Debug, PartialEq)]
pub struct Account {
    owner: CanonicalAddr,
    denom: DenomNumber,
    balance: BalanceRecord,
}

impl Account {
    /// The account of `owner` in the denomination number `denom`, with what is stored of it.
    pub fn new(owner: CanonicalAddr, denom: DenomNumber, balance: BalanceRecord) -> Self {
        Self {
            owner,
            denom,
            balance,
        }
    }

    /// What is to be stored of it.
    pub fn balance(&self) -> &BalanceRecord {
        &self.balance
    }

    pub fn owner(&self) -> &CanonicalAddr {
        &self.owner
    }

    /// Number of the denomination.
    pub fn denom(&self) -> DenomNumber {
        self.denom
    }

    /// Promised to nobody.
    pub fn available(&self) -> Uint128 {
        Uint128::new(self.balance.available)
    }

    /// Whether anyone may trigger its payout.
    pub fn auto_payout(&self) -> bool {
        self.balance.auto_payout
    }

    pub fn set_auto_payout(&mut self, on: bool) {
        self.balance.auto_payout = on;
    }

    /// Adds money that is not income: a deposit, what a session had left, a transfer that failed.
    pub fn credit(&mut self, amount: Uint128) -> Result<(), ContractError> {
        // Cannot overflow: what is available is part of what is owed, which every deposit keeps within 128 bits.
        self.balance.available = self.balance.available.checked_add(amount.u128()).ok_or(
            ContractError::Inconsistent {
                what: "more is available than is owed",
            },
        )?;
        Ok(())
    }

    /// Adds income.
    pub fn earn(&mut self, amount: Uint128) -> Result<(), ContractError> {
        self.credit(amount)?;
        // The same coins can be earned again and again, so this sum has no bound; it is for readers only.
        self.balance.earned = self.balance.earned.saturating_add(amount.u128());
        Ok(())
    }

    /// Takes `amount` of what is available.
    pub fn debit(&mut self, amount: Uint128) -> Result<(), ContractError> {
        self.balance.available = self.balance.available.checked_sub(amount.u128()).ok_or(
            ContractError::InsufficientFunds {
                available: self.available(),
                needed: amount,
            },
        )?;
        Ok(())
    }

    /// Takes all that is available and says how much it was.
    pub fn debit_all(&mut self) -> Uint128 {
        let amount = self.available();
        self.balance.available = 0;
        amount
    }
}

#[cfg(test)]
mod tests;
