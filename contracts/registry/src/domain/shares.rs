//! Who shares a model's income: the operator that serves the call, and one to four payees.

use std::collections::BTreeSet;

use cosmwasm_std::Addr;
use hub_types::registry::Payee;
use hub_types::split::{MAX_PAYEES, WHOLE_BPS};

use crate::error::ContractError;

/// Shares that make a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    operator_bps: u16,
    payees: Vec<Payee>,
}

impl Shares {
    /// Checks that the payees are 1 to 4 different accounts with a share each, and that everything makes 10 000.
    pub fn new(operator_bps: u16, payees: Vec<Payee>) -> Result<Self, ContractError> {
        if !(1..=MAX_PAYEES).contains(&payees.len()) {
            return Err(ContractError::PayeeCount {
                count: payees.len(),
            });
        }
        let mut seen: BTreeSet<&Addr> = BTreeSet::new();
        let mut payees_bps: u32 = 0;
        for payee in &payees {
            if payee.bps == 0 {
                return Err(ContractError::EmptyShare {
                    payee: payee.address.clone(),
                });
            }
            if !seen.insert(&payee.address) {
                return Err(ContractError::DuplicatePayee {
                    payee: payee.address.clone(),
                });
            }
            payees_bps = payees_bps.saturating_add(payee.bps.into());
        }
        if payees_bps.checked_add(operator_bps.into()) != Some(WHOLE_BPS.into()) {
            return Err(ContractError::SharesNotWhole {
                operator_bps,
                payees_bps,
            });
        }
        Ok(Self {
            operator_bps,
            payees,
        })
    }

    /// Share of the operator.
    pub fn operator_bps(&self) -> u16 {
        self.operator_bps
    }

    /// The payees, in order.
    pub fn payees(&self) -> &[Payee] {
        &self.payees
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payees(shares: &[(&str, u16)]) -> Vec<Payee> {
        shares
            .iter()
            .map(|(address, bps)| Payee {
                address: Addr::unchecked(*address),
                bps: *bps,
            })
            .collect()
    }

    #[test]
    fn no_payee_and_five_are_refused() {
        assert_eq!(
            Shares::new(10_000, vec![]),
            Err(ContractError::PayeeCount { count: 0 })
        );
        let five = payees(&[
            ("a", 2_000),
            ("b", 2_000),
            ("c", 2_000),
            ("d", 2_000),
            ("e", 2_000),
        ]);
        assert_eq!(
            Shares::new(0, five),
            Err(ContractError::PayeeCount { count: 5 })
        );
    }

    #[test]
    fn a_payee_twice_or_without_a_share_is_refused() {
        assert_eq!(
            Shares::new(0, payees(&[("a", 5_000), ("b", 1), ("a", 4_999)])),
            Err(ContractError::DuplicatePayee {
                payee: Addr::unchecked("a")
            })
        );
        assert_eq!(
            Shares::new(0, payees(&[("a", 10_000), ("b", 0)])),
            Err(ContractError::EmptyShare {
                payee: Addr::unchecked("b")
            })
        );
        assert_eq!(
            Shares::new(10_000, payees(&[("a", 0)])),
            Err(ContractError::EmptyShare {
                payee: Addr::unchecked("a")
            })
        );
    }

    #[test]
    fn shares_that_make_no_whole_are_refused() {
        let max = u16::MAX;
        for (operator_bps, shares, payees_bps) in [
            (0, vec![("a", 9_999)], 9_999),
            (0, vec![("a", 10_001)], 10_001),
            (1, vec![("a", 10_000)], 10_000),
            (10_000, vec![("a", 1)], 1),
            (
                max,
                vec![("a", max), ("b", max), ("c", max), ("d", max)],
                262_140,
            ),
            // Sums that are right modulo 2^16.
            (0, vec![("a", max), ("b", 10_001)], 75_536),
            (55_536, vec![("a", 20_000)], 20_000),
        ] {
            assert_eq!(
                Shares::new(operator_bps, payees(&shares)),
                Err(ContractError::SharesNotWhole {
                    operator_bps,
                    payees_bps
                })
            );
        }
    }

    #[test]
    fn one_to_four_payees_and_an_operator_make_a_whole() {
        for (operator_bps, shares) in [
            (0, vec![("a", 10_000)]),
            (9_999, vec![("a", 1)]),
            (9_996, vec![("a", 1), ("b", 1), ("c", 1), ("d", 1)]),
            (500, vec![("b", 7_000), ("a", 2_500)]),
        ] {
            let payees = payees(&shares);
            let shares = Shares::new(operator_bps, payees.clone()).unwrap();
            assert_eq!(
                (shares.operator_bps(), shares.payees()),
                (operator_bps, payees.as_slice())
            );
        }
    }
}
