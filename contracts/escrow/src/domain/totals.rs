//! What leaves the sessions of a settlement arrives in its accounts.

use std::collections::BTreeMap;

use cosmwasm_std::Uint128;
use hub_types::ids::DenomNumber;

use crate::error::ContractError;

/// Sums per denomination number. A credit in a denomination that no session was charged in finds no match, so unknown
/// numbers need no check of their own.
#[derive(Default)]
pub struct Totals(BTreeMap<DenomNumber, (Uint128, Uint128)>);

impl Totals {
    /// Adds what a session was charged.
    pub fn charge(&mut self, denom: DenomNumber, amount: Uint128) -> Result<(), ContractError> {
        let (charged, _) = self.0.entry(denom).or_default();
        // Cannot overflow: it is part of what the sessions had left, which is part of what is owed.
        *charged = charged
            .checked_add(amount)
            .map_err(|_| ContractError::Inconsistent {
                what: "sessions hold more than is owed",
            })?;
        Ok(())
    }

    /// Adds what an account was credited with.
    pub fn credit(&mut self, denom: DenomNumber, amount: Uint128) -> Result<(), ContractError> {
        let (_, credited) = self.0.entry(denom).or_default();
        *credited = credited
            .checked_add(amount)
            .map_err(|_| ContractError::CreditsOverflow { denom })?;
        Ok(())
    }

    /// An error unless every denomination balances.
    pub fn check(&self) -> Result<(), ContractError> {
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
