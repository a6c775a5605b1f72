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
        if let Some(amount) = self.amount_of_64_bits(calls, units) {
            return Some(amount.into());
        }
        self.per_call
            .u128()
            .checked_mul(calls.into())?
            .checked_add(self.metered_ceil(units)?)
    }

    /// The same, where 64 bits hold every step, as they nearly always do: each receipt of a batch comes here, and Wasm
    /// has no wider arithmetic of its own.
    fn amount_of_64_bits(&self, calls: u64, units: Units) -> Option<u64> {
        const QUOTE: u64 = UNITS_PER_QUOTE as u64;
        let narrow = |rate: Uint128| u64::try_from(rate.u128()).ok();
        let input = units.input.checked_mul(narrow(self.per_million_in)?)?;
        let output = units.output.checked_mul(narrow(self.per_million_out)?)?;
        let metered = input.checked_add(output)?.div_ceil(QUOTE);
        narrow(self.per_call)?
            .checked_mul(calls)?
            .checked_add(metered)
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
        fn a_price_within_a_limit_never_costs_more(a: [u32; 3], b: [u32; 3], input: u32, output: u32) {
            let (price, limit) = (rates(a[0].into(), a[1].into(), a[2].into()), rates(b[0].into(), b[1].into(), b[2].into()));
            let cost = |rates: &Rates| rates.amount(1, units(input.into(), output.into()));
            if price.within(&limit) {
                prop_assert!(cost(&price) <= cost(&limit));
            }
        }
    }
}
