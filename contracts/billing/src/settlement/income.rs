//! Who is credited with what, summed over all groups of a message.

use std::collections::BTreeMap;

use cosmwasm_std::{CanonicalAddr, Uint128};
use hub_types::escrow::Credit;
use hub_types::split::split;

use super::rules::Chargeable;
use crate::error::ContractError;

/// Canonical address, as bytes that sort.
type Account = Vec<u8>;

/// Income by (account, denomination number).
#[derive(Default)]
pub struct Income {
    credits: BTreeMap<(Account, u32), u128>,
    gross: BTreeMap<u32, u128>,
}

impl Income {
    /// Divides `amount`, which follows the model's `gross_before`, among the payees in order and the operator last.
    pub fn add(
        &mut self,
        chargeable: &Chargeable,
        operator: &CanonicalAddr,
        gross_before: u128,
        amount: u128,
    ) -> Result<(), ContractError> {
        let terms = &chargeable.terms;
        let shares = terms
            .payees
            .iter()
            .map(|payee| (&payee.account, payee.bps))
            .chain([(operator, terms.operator_bps)]);
        let parts = split(gross_before, amount, shares.clone().map(|(_, bps)| bps)).ok_or(
            ContractError::Inconsistent {
                what: "terms whose shares exceed the whole",
            },
        )?;
        for ((account, _), part) in shares.zip(parts) {
            if part > 0 {
                let credit = self
                    .credits
                    .entry((account.as_slice().to_vec(), chargeable.denom))
                    .or_default();
                // Bounded by what sessions hold, which the escrow keeps within 128 bits.
                *credit = credit.saturating_add(part);
            }
        }
        let gross = self.gross.entry(chargeable.denom).or_default();
        *gross = gross.saturating_add(amount);
        Ok(())
    }

    /// What was charged, per denomination number.
    pub fn gross(&self) -> impl Iterator<Item = (u32, u128)> + '_ {
        self.gross
            .iter()
            .filter(|(_, amount)| **amount > 0)
            .map(|(denom, amount)| (*denom, *amount))
    }

    pub fn into_credits(self) -> Vec<Credit> {
        self.credits
            .into_iter()
            .map(|((account, denom), amount)| Credit {
                account: CanonicalAddr::from(account),
                denom,
                amount: Uint128::new(amount),
            })
            .collect()
    }
}
