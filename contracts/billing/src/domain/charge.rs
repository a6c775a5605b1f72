//! How much of a group is billed: amounts from units, and the prefix that the money covers. Pure.

use hub_types::billing::Outcome;
use hub_types::price::Rates;
use hub_types::wire::{Units, Work};

/// What a session can pay.
pub struct Payable {
    /// Budget not yet spent.
    pub left: u128,
    /// Of it, what the ceiling allows.
    pub chargeable: u128,
}

/// What charging a group comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Charge {
    /// The amount of a receipt, or the model's lifetime gross with what would be billed, is beyond 128 bits.
    Overflow,
    /// The money does not cover the first receipt.
    Refused(Outcome),
    /// All or a prefix.
    Billed(Billed),
}

/// What was billed of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// `paid`, `partial`, or why nothing was.
    pub outcome: Outcome,
    /// How many receipts were billed.
    pub receipts: u64,
    /// Of them, charged at least 1.
    pub calls: u64,
    /// What the caller is charged, in the smallest unit of the denomination.
    pub amount: u128,
    /// Input units of the receipts billed.
    pub units_in: u128,
    /// Output units of the receipts billed.
    pub units_out: u128,
}

impl Billed {
    /// A group of which nothing was billed.
    pub fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            receipts: 0,
            calls: 0,
            amount: 0,
            units_in: 0,
            units_out: 0,
        }
    }
}

/// Charges `work` at `rates`, without its first `skip` receipts, which were settled before.
pub fn charge(
    rates: &Rates,
    work: &Work,
    skip: u64,
    payable: &Payable,
    gross_before: u128,
) -> Charge {
    match work {
        Work::Itemised(items) => {
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            match all(rates, items.iter_from(skip))
                .filter(|all| payable.refuses(all.amount).is_none())
            {
                Some(billed) if gross_before.checked_add(billed.amount).is_some() => {
                    Charge::Billed(billed)
                }
                Some(_) => Charge::Overflow,
                None => itemised(rates, items.iter_from(skip), payable, gross_before),
            }
        }
        Work::Netted { count, total } => netted(rates, *count, *total, payable, gross_before),
    }
}

/// All receipts of a group, whoever pays for them, where 64 bits hold all that they come to: of what is signed in earnest,
/// every group.
fn all(rates: &Rates, receipts: impl Iterator<Item = Units>) -> Option<Billed> {
    let rates = rates.narrow()?;
    let (mut count, mut calls, mut amount) = (0_u64, 0_u64, 0_u64);
    let (mut units_in, mut units_out) = (0_u64, 0_u64);
    for units in receipts {
        let cost = rates.call(units)?;
        count = count.saturating_add(1);
        calls = calls.saturating_add(u64::from(cost > 0));
        amount = amount.saturating_add(cost);
        units_in = units_in.saturating_add(units.input);
        units_out = units_out.saturating_add(units.output);
    }
    // A group would need 2¹⁹ receipts to come so far; it has 2¹⁶.
    if amount == u64::MAX || units_in == u64::MAX || units_out == u64::MAX {
        return None;
    }
    Some(Billed {
        outcome: Outcome::Paid,
        receipts: count,
        calls,
        amount: amount.into(),
        units_in: units_in.into(),
        units_out: units_out.into(),
    })
}

/// Bills receipt by receipt, as far as the money goes.
///
/// A receipt whose own amount no money could pay voids the group, wherever it stands: after a prefix was billed it would
/// block the lane. The model's gross counts only with what would be billed. So a repeat decides as the first time did,
/// whatever other groups added to the gross since.
fn itemised(
    rates: &Rates,
    receipts: impl Iterator<Item = Units>,
    payable: &Payable,
    gross_before: u128,
) -> Charge {
    let mut billed = Billed::nothing(Outcome::Paid);
    let mut stopped = None;
    for units in receipts {
        let Some(cost) = rates.amount(1, units) else {
            return Charge::Overflow;
        };
        if stopped.is_some() {
            continue;
        }
        let Some(amount) = billed.amount.checked_add(cost) else {
            // No budget is so large.
            stopped = Some(Outcome::Exhausted);
            continue;
        };
        if let Some(refusal) = payable.refuses(amount) {
            stopped = Some(refusal);
            continue;
        }
        billed.receipts = billed.receipts.saturating_add(1);
        billed.calls = billed.calls.saturating_add(u64::from(cost > 0));
        billed.amount = amount;
        billed.units_in = billed.units_in.saturating_add(units.input.into());
        billed.units_out = billed.units_out.saturating_add(units.output.into());
    }
    if gross_before.checked_add(billed.amount).is_none() {
        return Charge::Overflow;
    }
    match stopped {
        None => Charge::Billed(billed),
        Some(refusal) if billed.receipts == 0 => Charge::Refused(refusal),
        Some(_) => Charge::Billed(Billed {
            outcome: Outcome::Partial {
                receipts: billed.receipts,
            },
            ..billed
        }),
    }
}

/// Bills the sums as a whole, rounded up once.
fn netted(
    rates: &Rates,
    count: u16,
    total: Units,
    payable: &Payable,
    gross_before: u128,
) -> Charge {
    let receipts = u64::from(count);
    let Some(amount) = rates.amount(receipts, total) else {
        return Charge::Overflow;
    };
    if let Some(refusal) = payable.refuses(amount) {
        return Charge::Refused(refusal);
    }
    if gross_before.checked_add(amount).is_none() {
        return Charge::Overflow;
    }
    Charge::Billed(Billed {
        outcome: Outcome::Paid,
        receipts,
        calls: u64::try_from(amount).unwrap_or(u64::MAX).min(receipts),
        amount,
        units_in: total.input.into(),
        units_out: total.output.into(),
    })
}

impl Payable {
    /// Why `amount` cannot be paid, if it cannot.
    fn refuses(&self, amount: u128) -> Option<Outcome> {
        if amount > self.left {
            Some(Outcome::Exhausted)
        } else if amount > self.chargeable {
            Some(Outcome::VoucherMissing)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Payable = Payable {
        left: u128::MAX,
        chargeable: u128::MAX,
    };

    fn per_call(amount: u128) -> Rates {
        Rates {
            per_call: amount.into(),
            ..Rates::default()
        }
    }

    fn payable(left: u128) -> Payable {
        Payable {
            left,
            chargeable: left,
        }
    }

    fn receipts(count: usize) -> Work {
        Work::itemised(vec![
            Units {
                input: 3,
                output: 4
            };
            count
        ])
    }

    fn billed(outcome: Outcome, receipts: u64, amount: u128) -> Charge {
        Charge::Billed(Billed {
            outcome,
            receipts,
            calls: receipts,
            amount,
            units_in: u128::from(receipts) * 3,
            units_out: u128::from(receipts) * 4,
        })
    }

    #[test]
    fn a_session_without_money_refuses_and_the_budget_is_named_before_the_ceiling() {
        let charge = |left, chargeable| {
            charge(
                &per_call(5),
                &receipts(3),
                0,
                &Payable { left, chargeable },
                0,
            )
        };
        assert_eq!(charge(4, 4), Charge::Refused(Outcome::Exhausted));
        assert_eq!(charge(5, 4), Charge::Refused(Outcome::VoucherMissing));
        assert_eq!(charge(4, 0), Charge::Refused(Outcome::Exhausted));
        assert_eq!(charge(5, 5), billed(Outcome::Partial { receipts: 1 }, 1, 5));
        assert_eq!(
            charge(14, 14),
            billed(Outcome::Partial { receipts: 2 }, 2, 10)
        );
        assert_eq!(
            charge(20, 10),
            billed(Outcome::Partial { receipts: 2 }, 2, 10)
        );
        assert_eq!(charge(15, 15), billed(Outcome::Paid, 3, 15));
    }

    /// Rates and units on both sides of what 64 bits hold.
    fn of_all_widths() -> Vec<(Rates, Vec<Units>)> {
        let widths = [0, 1, 1_000_000, u64::from(u32::MAX), 1 << 32, u64::MAX];
        let rates = [0, 1, 2_500_000, (1 << 31) - 1, 1 << 31, u128::MAX / 3];
        let mut all = vec![];
        for (per_call, per_in) in rates
            .iter()
            .flat_map(|a| rates.iter().map(move |b| (*a, *b)))
        {
            for (place, width) in widths.into_iter().enumerate() {
                let units = vec![
                    Units::new(5, 7),
                    Units::new(width, widths[(place + 2) % widths.len()]),
                    Units::new(0, 0),
                    Units::new(40, width / 2),
                ];
                let rates = Rates {
                    per_call: per_call.into(),
                    per_million_in: per_in.into(),
                    per_million_out: per_call.into(),
                };
                all.push((rates, units));
            }
        }
        all
    }

    #[test]
    fn sums_of_64_bits_decide_as_receipt_by_receipt() {
        let mut summed_in_64_bits = 0;
        for (rates, units) in of_all_widths() {
            let work = Work::itemised(units.iter().copied());
            let whole = units.iter().try_fold(0_u128, |sum, units| {
                sum.checked_add(rates.amount(1, *units)?)
            });
            let whole = whole.unwrap_or(u128::MAX);
            summed_in_64_bits += usize::from(all(&rates, units.iter().copied()).is_some());
            for left in [0, whole / 2, whole.saturating_sub(1), whole, u128::MAX] {
                for gross_before in [0, u128::MAX - whole, u128::MAX] {
                    for skip in 0..units.len() {
                        let receipts = units[skip..].iter().copied();
                        assert_eq!(
                            charge(&rates, &work, skip as u64, &payable(left), gross_before),
                            itemised(&rates, receipts, &payable(left), gross_before),
                            "{rates:?}, {units:?} without {skip}, {left} left"
                        );
                    }
                }
            }
        }
        // Sixteen pairs of narrow rates, with two lists of narrow units.
        assert_eq!(summed_in_64_bits, 32);
    }

    #[test]
    fn receipts_settled_before_are_skipped() {
        assert_eq!(
            charge(&per_call(5), &receipts(3), 2, &PLENTY, 0),
            billed(Outcome::Paid, 1, 5)
        );
    }

    #[test]
    fn a_receipt_beyond_128_bits_voids_its_group_wherever_it_stands() {
        let rates = Rates {
            per_call: 1u128.into(),
            per_million_in: u128::MAX.into(),
            ..Rates::default()
        };
        let cheap = Units::new(0, 0);
        let beyond = Units::new(1_000_000, 0);
        for work in [vec![beyond, cheap], vec![cheap, beyond]] {
            for payable in [PLENTY, payable(0)] {
                let work = Work::itemised(work.clone());
                assert_eq!(charge(&rates, &work, 0, &payable, 0), Charge::Overflow);
            }
        }
        // What was settled before does not count.
        let work = Work::itemised(vec![beyond, cheap]);
        assert!(matches!(
            charge(&rates, &work, 1, &PLENTY, 0),
            Charge::Billed(_)
        ));
        let netted = Work::Netted {
            count: 1,
            total: beyond,
        };
        assert_eq!(charge(&rates, &netted, 0, &payable(0), 0), Charge::Overflow);
    }

    #[test]
    fn no_budget_is_beyond_128_bits() {
        let half = per_call(u128::MAX / 2 + 1);
        assert_eq!(
            charge(&half, &receipts(2), 0, &PLENTY, 0),
            billed(Outcome::Partial { receipts: 1 }, 1, u128::MAX / 2 + 1)
        );
    }

    #[test]
    fn the_lifetime_gross_overflows_by_what_would_be_billed_alone() {
        let netted = |count| Work::Netted {
            count,
            total: Units::default(),
        };
        let gross = u128::MAX - 1;
        for work in [receipts(2), netted(2)] {
            // Without money nothing would be billed; what other groups add to the gross meanwhile changes nothing.
            for gross in [0, gross, u128::MAX] {
                let refused = Charge::Refused(Outcome::Exhausted);
                assert_eq!(charge(&per_call(1), &work, 0, &payable(0), gross), refused);
            }
            let refused = charge(&per_call(1), &work, 0, &payable(2), gross);
            assert_eq!(refused, Charge::Overflow);
        }
        for work in [receipts(1), netted(1)] {
            let fits = charge(&per_call(1), &work, 0, &payable(1), gross);
            assert!(matches!(fits, Charge::Billed(Billed { amount: 1, .. })));
        }
        // The money covers the first alone, and that fits.
        assert_eq!(
            charge(&per_call(1), &receipts(2), 0, &payable(1), gross),
            billed(Outcome::Partial { receipts: 1 }, 1, 1)
        );
    }

    #[test]
    fn a_repeat_decides_as_the_first_time_did() {
        // Of three receipts the money covers as many; then the gross may have grown to anything by other groups.
        for money in 0..4 {
            let first = charge(&per_call(1), &receipts(3), 0, &payable(money), 0);
            let done = match first {
                Charge::Billed(billed) => billed.receipts,
                _ => 0,
            };
            for gross in [0, u128::MAX - 1, u128::MAX] {
                let again = charge(&per_call(1), &receipts(3), done, &payable(0), gross);
                let expected = match done {
                    3 => billed(Outcome::Paid, 0, 0),
                    _ => Charge::Refused(Outcome::Exhausted),
                };
                assert_eq!(again, expected, "{money}, {gross}");
            }
        }
    }

    #[test]
    fn free_receipts_are_billed_without_money_and_counted_apart() {
        let payable = Payable {
            left: 0,
            chargeable: 0,
        };
        assert_eq!(
            charge(&per_call(0), &receipts(2), 0, &payable, 7),
            Charge::Billed(Billed {
                outcome: Outcome::Paid,
                receipts: 2,
                calls: 0,
                amount: 0,
                units_in: 6,
                units_out: 8
            })
        );
    }

    #[test]
    fn a_netted_group_is_all_or_nothing_and_counts_no_more_calls_than_it_paid_for() {
        let rates = Rates {
            per_million_in: 1_000_000u128.into(),
            ..Rates::default()
        };
        let work = Work::Netted {
            count: 10,
            total: Units {
                input: 4,
                output: 0,
            },
        };
        assert_eq!(
            charge(&rates, &work, 0, &payable(3), 0),
            Charge::Refused(Outcome::Exhausted)
        );
        assert_eq!(
            charge(&rates, &work, 0, &payable(4), 0),
            Charge::Billed(Billed {
                outcome: Outcome::Paid,
                receipts: 10,
                calls: 4,
                amount: 4,
                units_in: 4,
                units_out: 0
            })
        );
    }
}
