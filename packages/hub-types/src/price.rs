//! What a call costs: rates of the terms times the units that the attester stated.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Uint128, Uint256};
use hub_wire::Units;

use crate::denom::{Denom, UncheckedDenom};

/// Units that the two metered rates are quoted for.
pub const UNITS_PER_QUOTE: u128 = 1_000_000;

/// The three components of a price, in the smallest unit of a denomination that stands beside them.
/// As a limit, each component bounds its own.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(Copy, Eq, Default)]
pub struct Rates {
    /// Charged for the call itself.
    pub per_call: Uint128,
    /// Charged for a million input units (tokens, pixels, seconds).
    pub per_million_in: Uint128,
    /// Charged for a million output units.
    pub per_million_out: Uint128,
}

/// A price as a message states it. Zero is allowed.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct UncheckedPrice {
    /// Denomination of the three components.
    pub denom: UncheckedDenom,
    /// Charged for the call itself.
    pub per_call: Uint128,
    /// Charged for a million input units.
    pub per_million_in: Uint128,
    /// Charged for a million output units.
    pub per_million_out: Uint128,
}

/// A price whose denomination was checked.
#[cw_serde]
#[derive(Eq)]
pub struct Price {
    /// Denomination of the three components.
    pub denom: Denom,
    /// Charged for the call itself.
    pub per_call: Uint128,
    /// Charged for a million input units.
    pub per_million_in: Uint128,
    /// Charged for a million output units.
    pub per_million_out: Uint128,
}

impl UncheckedPrice {
    /// The three components.
    pub fn rates(&self) -> Rates {
        Rates {
            per_call: self.per_call,
            per_million_in: self.per_million_in,
            per_million_out: self.per_million_out,
        }
    }
}

impl Price {
    /// The price of `rates` in `denom`.
    pub fn new(denom: Denom, rates: Rates) -> Self {
        Self {
            denom,
            per_call: rates.per_call,
            per_million_in: rates.per_million_in,
            per_million_out: rates.per_million_out,
        }
    }
}

impl Rates {
    /// Whether no component is above its own of `limit`.
    pub fn within(&self, limit: &Self) -> bool {
        self.per_call <= limit.per_call
            && self.per_million_in <= limit.per_million_in
            && self.per_million_out <= limit.per_million_out
    }

    /// What `calls` calls with `units` in sum cost: calls × per call, and the metered part rounded up once.
    /// `None` if it is beyond 128 bits.
    pub fn amount(&self, calls: u64, units: Units) -> Option<u128> {
        self.per_call
            .u128()
            .checked_mul(calls.into())?
            .checked_add(self.metered_ceil(units)?)
    }

    /// The same rates for sums in 64 bits; none if one of them is 2³¹ or more.
    pub fn narrow(&self) -> Option<NarrowRates> {
        let narrow = |rate: Uint128| {
            let rate = u64::try_from(rate.u128()).ok()?;
            (rate < 1 << 31).then_some(rate)
        };
        Some(NarrowRates {
            per_call: narrow(self.per_call)?,
            per_million_in: narrow(self.per_million_in)?,
            per_million_out: narrow(self.per_million_out)?,
        })
    }

    /// ⌈(in × per_million_in + out × per_million_out) / 1 000 000⌉, in 256 bits where 128 do not hold the products.
    fn metered_ceil(&self, units: Units) -> Option<u128> {
        let (input, output) = (u128::from(units.input), u128::from(units.output));
        let narrow = input
            .checked_mul(self.per_million_in.u128())
            .zip(output.checked_mul(self.per_million_out.u128()))
            .and_then(|(input, output)| input.checked_add(output));
        if let Some(product) = narrow {
            return Some(product.div_ceil(UNITS_PER_QUOTE));
        }
        let product = self
            .per_million_in
            .full_mul(input)
            .checked_add(self.per_million_out.full_mul(output))
            .ok()?;
        let quote = Uint256::from(UNITS_PER_QUOTE);
        let quotient = product.checked_div(quote).ok()?;
        let remainder = product.checked_rem(quote).ok()?;
        let ceil = if remainder.is_zero() {
            quotient
        } else {
            quotient.checked_add(Uint256::one()).ok()?
        };
        Uint128::try_from(ceil).ok().map(|amount| amount.u128())
    }
}

/// Rates below 2³¹: a call costs less than 2⁴⁵, and nothing on the way leaves 64 bits. Nearly every receipt of a batch is
/// priced by them, since Wasm has no wider arithmetic of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NarrowRates {
    per_call: u64,
    per_million_in: u64,
    per_million_out: u64,
}

impl NarrowRates {
    /// What one call costs, as [`Rates::amount`] has it; none for 2³² units or more of one kind.
    #[inline]
    pub fn call(&self, units: Units) -> Option<u64> {
        const QUOTE: u64 = 1_000_000;
        if (units.input | units.output) >> 32 != 0 {
            return None;
        }
        // Below 2³¹ × 2³² each, so that the sum stays below 2⁶⁴.
        let input = units.input.wrapping_mul(self.per_million_in);
        let output = units.output.wrapping_mul(self.per_million_out);
        let metered = input.wrapping_add(output).div_ceil(QUOTE);
        Some(metered.wrapping_add(self.per_call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rates(per_call: u128, per_million_in: u128, per_million_out: u128) -> Rates {
        Rates {
            per_call: per_call.into(),
            per_million_in: per_million_in.into(),
            per_million_out: per_million_out.into(),
        }
    }

    fn units(input: u64, output: u64) -> Units {
        Units { input, output }
    }

    #[test]
    fn a_price_has_the_rates_that_the_message_stated() {
        let rates = rates(1, 2, 3);
        let denom = "uusdc".to_owned();
        let price = UncheckedPrice {
            denom: UncheckedDenom::Native(denom.clone()),
            per_call: rates.per_call,
            per_million_in: rates.per_million_in,
            per_million_out: rates.per_million_out,
        };
        assert_eq!(price.rates(), rates);
        assert_eq!(
            Price::new(Denom::Native(denom.clone()), rates),
            Price {
                denom: Denom::Native(denom),
                per_call: 1u128.into(),
                per_million_in: 2u128.into(),
                per_million_out: 3u128.into(),
            }
        );
    }

    #[test]
    fn the_metered_part_is_rounded_up_once() {
        let price = rates(5, 1_250_000, 10_000_000);
        assert_eq!(price.amount(1, units(1_000, 200)), Some(5 + 1_250 + 2_000));
        assert_eq!(rates(0, 1, 1).amount(1, units(1, 0)), Some(1));
        assert_eq!(rates(0, 1, 1).amount(1, units(500_000, 500_000)), Some(1));
        assert_eq!(rates(0, 1, 1).amount(1, units(500_000, 500_001)), Some(2));
        assert_eq!(rates(7, 0, 0).amount(3, units(9, 9)), Some(21));
        assert_eq!(rates(0, 0, 0).amount(65_535, units(9, 9)), Some(0));
    }

    #[test]
    fn amounts_at_the_edge_of_128_bits_are_exact_and_beyond_it_none() {
        let max = u128::MAX;
        assert_eq!(rates(max, 0, 0).amount(1, units(0, 0)), Some(max));
        assert_eq!(rates(max, 1, 0).amount(1, units(1, 0)), None);
        assert_eq!(rates(max, 0, 0).amount(2, units(0, 0)), None);
        assert_eq!(rates(0, max, 0).amount(1, units(1_000_000, 0)), Some(max));
        assert_eq!(rates(0, max, 0).amount(1, units(1_000_001, 0)), None);
        assert_eq!(
            rates(0, max, max).amount(1, units(u64::MAX, u64::MAX)),
            None
        );
        assert_eq!(
            rates(0, max, max).amount(1, units(500_000, 500_000)),
            Some(max)
        );
    }

    #[test]
    fn narrow_rates_end_where_64_bits_would() {
        let most = (1 << 31) - 1;
        let narrow = rates(most, most, most).narrow().unwrap();
        let widest = u64::from(u32::MAX);
        assert_eq!(
            narrow.call(units(widest, widest)).map(u128::from),
            rates(most, most, most).amount(1, units(widest, widest))
        );
        assert_eq!(narrow.call(units(widest + 1, 0)), None);
        assert_eq!(narrow.call(units(0, widest + 1)), None);
        for place in 0..3 {
            let mut each = [0; 3];
            each[place] = most + 1;
            assert_eq!(rates(each[0], each[1], each[2]).narrow(), None);
        }
    }

    proptest! {
        #[test]
        fn narrow_and_wide_arithmetic_agree(per_in in any::<u128>(), per_out in any::<u128>(), shift in 0u32..128, input: u64, output: u64) {
            let price = rates(0, per_in >> shift, per_out >> shift);
            let product = Uint256::from(per_in >> shift) * Uint256::from(input)
                + Uint256::from(per_out >> shift) * Uint256::from(output);
            let ceil = (product + Uint256::from(UNITS_PER_QUOTE - 1)) / Uint256::from(UNITS_PER_QUOTE);
            prop_assert_eq!(price.amount(1, units(input, output)), Uint128::try_from(ceil).ok().map(|a| a.u128()));
        }

        #[test]
        fn narrow_rates_cost_what_the_rates_do(rates_: [u64; 3], shift in 30u32..64, input: u64, output: u64, units_shift in 28u32..64) {
            let [per_call, per_in, per_out] = rates_.map(|rate| u128::from(rate >> shift));
            let price = rates(per_call, per_in, per_out);
            let units = units(input >> units_shift, output >> units_shift);
            match price.narrow() {
                None => prop_assert!([per_call, per_in, per_out].iter().any(|rate| *rate >= 1 << 31)),
                Some(narrow) => match narrow.call(units) {
                    None => prop_assert!(units.input.max(units.output) >= 1 << 32),
                    cost => prop_assert_eq!(cost.map(u128::from), price.amount(1, units)),
                },
            }
        }

        #[test]
        fn a_price_within_a_limit_never_costs_more(a: [u32; 3], b: [u32; 3], input: u32, output: u32) {
            let (price, limit) = (rates(a[0].into(), a[1].into(), a[2].into()), rates(b[0].into(), b[1].into(), b[2].into()));
            let cost = |rates: &Rates| rates.amount(1, units(input.into(), output.into()));
            if price.within(&limit) {
                prop_assert!(cost(&price) <= cost(&limit));
            }
        }
    }
}
