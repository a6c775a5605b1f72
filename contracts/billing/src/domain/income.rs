//! Who is credited with what, summed over all groups of a message.

use cosmwasm_std::{CanonicalAddr, StdError, Uint128};
use hub_types::escrow::Credit;
use hub_types::ids::DenomNumber;
use hub_types::split::{split, Increase};

use super::basis::Basis;
use super::copies::Copies;
use crate::error::ContractError;

/// Income by (account, denomination number).
#[derive(Default)]
pub struct Income {
    credits: Copies<(CanonicalAddr, DenomNumber), u128>,
    gross: Copies<DenomNumber, u128>,
}

impl Income {
    /// Divides an increase of the model's gross among the payees in order and the operator last, whose part it returns.
    pub fn add(
        &mut self,
        basis: &Basis,
        operator: &CanonicalAddr,
        increase: Increase,
    ) -> Result<u128, ContractError> {
        let terms = &basis.terms;
        let shares = terms
            .payees
            .iter()
            .map(|payee| (&payee.account, payee.bps))
            .chain([(operator, terms.operator_bps)]);
        let parts = split(increase, shares.clone().map(|(_, bps)| bps)).ok_or(
            ContractError::Inconsistent {
                what: "terms whose shares exceed the whole",
            },
        )?;
        let mut operators = 0;
        for ((account, _), part) in shares.zip(parts) {
            operators = part;
            if part > 0 {
                let key = (account.clone(), basis.denom);
                let credit = self.credits.find(key, nothing)?;
                // Bounded by what sessions hold, which the escrow keeps within 128 bits.
                *credit = credit.saturating_add(part);
            }
        }
        let gross = self.gross.find(basis.denom, nothing)?;
        *gross = gross.saturating_add(increase.amount);
        Ok(operators)
    }

    /// What was charged, per denomination number.
    pub fn gross(&self) -> impl Iterator<Item = (DenomNumber, u128)> + '_ {
        self.gross
            .sorted()
            .filter(|(_, amount)| *amount > 0)
            .copied()
    }

    pub fn into_credits(self) -> Vec<Credit> {
        self.credits
            .into_sorted()
            .map(|((account, denom), amount)| Credit {
                account,
                denom,
                amount: Uint128::new(amount),
            })
            .collect()
    }
}

fn nothing() -> Result<u128, StdError> {
    Ok(0)
}

#[cfg(test)]
mod tests {
    use hub_types::denom::Denom;
    use hub_types::ids::TermsNumber;
    use hub_types::price::Rates;
    use hub_types::records::escrow::Admission;
    use hub_types::records::registry::{PayeeRecord, TermsRecord, Validity};

    use super::*;

    const MICRO_DOLLARS: DenomNumber = DenomNumber(1);
    const OTHER: DenomNumber = DenomNumber(2);

    fn account(number: u8) -> CanonicalAddr {
        vec![number; 20].into()
    }

    /// What a group is charged by whose terms give these shares to these accounts and the rest to the operator.
    fn shared(denom: DenomNumber, operator_bps: u16, payees: &[(u8, u16)]) -> Basis {
        Basis {
            terms: TermsRecord {
                denom: Denom::Native(format!("coin{denom}")),
                rates: Rates::default(),
                operator_bps,
                payees: payees
                    .iter()
                    .map(|&(number, bps)| PayeeRecord {
                        account: account(number),
                        bps,
                    })
                    .collect(),
                validity: Validity::Interval {
                    from: 0,
                    until: None,
                },
                supersedes: TermsNumber(0),
            },
            author: account(1),
            denom,
            admission: Admission::Any,
        }
    }

    fn after(gross_before: u128, amount: u128) -> Increase {
        Increase {
            gross_before,
            amount,
        }
    }

    fn credit(number: u8, denom: DenomNumber, amount: u128) -> Credit {
        Credit {
            account: account(number),
            denom,
            amount: amount.into(),
        }
    }

    #[test]
    fn shares_beyond_the_whole_are_an_error_and_credit_nobody() {
        let mut income = Income::default();
        assert_eq!(
            income.add(
                &shared(OTHER, 1, &[(1, 10_000)]),
                &account(9),
                after(0, 100)
            ),
            Err(ContractError::Inconsistent {
                what: "terms whose shares exceed the whole"
            })
        );
        assert_eq!(income.gross().collect::<Vec<_>>(), []);
        assert_eq!(income.into_credits(), []);
    }

    #[test]
    fn every_unit_goes_to_whose_range_it_falls_into_the_operator_last() {
        let terms = shared(MICRO_DOLLARS, 1_000, &[(2, 7_000), (1, 2_000)]);
        let mut income = Income::default();
        // Units 6 990 to 9 009 of the model's lifetime.
        income
            .add(&terms, &account(9), after(6_990, 2_020))
            .unwrap();
        assert_eq!(income.gross().collect::<Vec<_>>(), [(MICRO_DOLLARS, 2_020)]);
        assert_eq!(
            income.into_credits(),
            [
                credit(1, MICRO_DOLLARS, 2_000),
                credit(2, MICRO_DOLLARS, 10),
                credit(9, MICRO_DOLLARS, 10)
            ]
        );
    }

    #[test]
    fn groups_add_up_by_account_and_denomination_whoever_is_credited_as_what() {
        let mut income = Income::default();
        let everything = shared(MICRO_DOLLARS, 0, &[(1, 10_000)]);
        income.add(&everything, &account(9), after(0, 30)).unwrap();
        // The operator of this group is the payee of the one before.
        let nothing = shared(MICRO_DOLLARS, 9_999, &[(2, 1)]);
        income.add(&nothing, &account(1), after(1, 40)).unwrap();
        let elsewhere = shared(OTHER, 0, &[(1, 10_000)]);
        income.add(&elsewhere, &account(9), after(0, 5)).unwrap();
        assert_eq!(
            income.gross().collect::<Vec<_>>(),
            [(MICRO_DOLLARS, 70), (OTHER, 5)]
        );
        // Who has no unit has no credit: the escrow refuses those of nothing.
        assert_eq!(
            income.into_credits(),
            [credit(1, MICRO_DOLLARS, 70), credit(1, OTHER, 5)]
        );
    }

    #[test]
    fn what_costs_nothing_credits_nobody_and_shows_no_denomination() {
        let mut income = Income::default();
        let terms = shared(MICRO_DOLLARS, 5_000, &[(1, 5_000)]);
        income.add(&terms, &account(9), after(7, 0)).unwrap();
        assert_eq!(income.gross().collect::<Vec<_>>(), []);
        assert_eq!(income.into_credits(), []);
    }
}
