//! Who gets which unit of a model's income.
//!
//! Unit number u of a model's lifetime gross in a denomination belongs to whoever's range of cumulative basis points
//! contains u mod 10 000. So shares do not depend on how receipts are grouped, nothing is lost to rounding, and every
//! 10 000 units are divided exactly.

use std::ops::Range;

/// Basis points in a whole.
pub const WHOLE_BPS: u16 = 10_000;
/// Most payees of a model.
pub const MAX_PAYEES: usize = 4;

/// Units among the first `total` of a lifetime gross whose number mod 10 000 lies in `range`.
fn units_in_range(total: u128, range: &Range<u128>) -> Option<u128> {
    let Range { start, end } = *range;
    let whole = u128::from(WHOLE_BPS);
    let cycles = total.checked_div(whole)?;
    let rest = total.checked_rem(whole)?;
    cycles
        .checked_mul(end.checked_sub(start)?)?
        .checked_add(rest.clamp(start, end).checked_sub(start)?)
}

/// What is added to a model's lifetime gross, in units of the denomination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Increase {
    /// The gross before it.
    pub gross_before: u128,
    /// What is added.
    pub amount: u128,
}

/// Divides the amount of an increase: one part per share of `shares_bps`, in order. The parts sum to the amount when the
/// shares sum to 10 000. `None` if the gross after it is beyond 128 bits or the shares are beyond 10 000.
pub fn split(
    Increase {
        gross_before,
        amount,
    }: Increase,
    shares_bps: impl IntoIterator<Item = u16>,
) -> Option<Vec<u128>> {
    let gross_after = gross_before.checked_add(amount)?;
    let mut from: u128 = 0;
    let mut parts = vec![];
    for share in shares_bps {
        let until = from.checked_add(share.into())?;
        if until > WHOLE_BPS.into() {
            return None;
        }
        let range = from..until;
        let part = units_in_range(gross_after, &range)?
            .checked_sub(units_in_range(gross_before, &range)?)?;
        parts.push(part);
        from = until;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::{Increase, WHOLE_BPS};
    use proptest::prelude::*;

    fn split(
        gross_before: u128,
        amount: u128,
        shares: impl IntoIterator<Item = u16>,
    ) -> Option<Vec<u128>> {
        super::split(
            Increase {
                gross_before,
                amount,
            },
            shares,
        )
    }

    #[test]
    fn the_first_units_go_to_the_first_payee() {
        assert_eq!(split(0, 100, [7_000, 2_000, 1_000]), Some(vec![100, 0, 0]));
        assert_eq!(
            split(6_950, 100, [7_000, 2_000, 1_000]),
            Some(vec![50, 50, 0])
        );
        assert_eq!(
            split(0, 10_000, [7_000, 2_000, 1_000]),
            Some(vec![7_000, 2_000, 1_000])
        );
        assert_eq!(split(9_999, 2, [1, 9_999]), Some(vec![1, 1]));
    }

    #[test]
    fn the_edge_of_128_bits_is_exact_and_beyond_it_none() {
        assert_eq!(split(0, u128::MAX, [10_000]), Some(vec![u128::MAX]));
        assert_eq!(split(1, u128::MAX, [10_000]), None);
        let parts = split(0, u128::MAX, [3_333, 6_667]).unwrap();
        assert_eq!(parts.iter().sum::<u128>(), u128::MAX);
        assert_eq!(split(0, 1, [10_000, 1]), None);
    }

    fn shares() -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(1u16..=2_500, 1..=4).prop_map(|mut shares| {
            let sum: u16 = shares.iter().sum();
            shares.push(WHOLE_BPS - sum);
            shares
        })
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_amount_however_it_is_cut(
            gross in any::<u64>(), cuts in prop::collection::vec(0u64..50_000, 1..20), shares in shares(),
        ) {
            let total: u128 = cuts.iter().map(|cut| u128::from(*cut)).sum();
            let whole = split(gross.into(), total, shares.clone()).unwrap();
            prop_assert_eq!(whole.iter().sum::<u128>(), total);
            let mut at = u128::from(gross);
            let mut sums = vec![0u128; shares.len()];
            for cut in cuts {
                for (sum, part) in sums.iter_mut().zip(split(at, cut.into(), shares.clone()).unwrap()) {
                    *sum += part;
                }
                at += u128::from(cut);
            }
            prop_assert_eq!(sums, whole);
        }

        #[test]
        fn each_part_equals_a_count_unit_by_unit(gross in 0u128..30_000, amount in 0u128..3_000, shares in shares()) {
            let mut counted = vec![0u128; shares.len()];
            for unit in gross..gross + amount {
                let mut until = 0u128;
                for (count, share) in counted.iter_mut().zip(&shares) {
                    until += u128::from(*share);
                    if unit % 10_000 < until {
                        *count += 1;
                        break;
                    }
                }
            }
            prop_assert_eq!(split(gross, amount, shares).unwrap(), counted);
        }
    }
}
