//! How a chain is used.

use std::time::Duration;

use cosmwasm_std::{Decimal, Uint128};

use crate::error::ChainError;

/// How a chain is used: what its addresses and fees look like, and what is waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The chain. A node of another is not listened to.
    pub chain_id: String,
    /// Prefix of its addresses.
    pub prefix: String,
    /// What fees are paid in.
    pub fee_denom: String,
    /// What a unit of gas costs.
    pub gas_price: Decimal,
    /// Most that one transaction may pay. Whatever a node says about gas, nothing above it is signed.
    pub max_fee: u128,
    /// Gas limit over the estimate.
    pub gas_adjustment: Decimal,
    /// Blocks after which a transaction that was not executed never will be.
    pub timeout_blocks: u64,
    /// How long one request to a node may take.
    pub request_timeout: Duration,
    /// How long a block with a transaction is waited for, before it is reported as unknown.
    pub confirm_timeout: Duration,
    /// Pause between questions after a transaction.
    pub poll: Duration,
    /// A node whose newest block is this much older than that of others is not believed. Seconds.
    pub max_lag_seconds: u64,
    /// How long a node rests after its first failure; twice as long after each further one, up to a minute.
    pub cool_down: Duration,
    /// How many nodes must say the same where money hangs on it; more than half of them if not given, see [`Settings::agreement`].
    pub agreement: Option<usize>,
}

impl Settings {
    /// The defaults, for a chain with these four properties.
    pub fn new(
        chain_id: &str,
        prefix: &str,
        gas_price: &str,
        max_fee: u128,
    ) -> Result<Self, ChainError> {
        let (gas_price, fee_denom) = parse_gas_price(gas_price)?;
        Ok(Self {
            chain_id: chain_id.to_owned(),
            prefix: prefix.to_owned(),
            fee_denom,
            gas_price,
            max_fee,
            gas_adjustment: Decimal::percent(130),
            timeout_blocks: 100,
            request_timeout: Duration::from_secs(15),
            confirm_timeout: Duration::from_secs(60),
            poll: Duration::from_millis(500),
            max_lag_seconds: 20,
            cool_down: Duration::from_secs(1),
            agreement: None,
        })
    }

    /// What `gas` costs, rounded up.
    pub fn fee(&self, gas: u64) -> u128 {
        let fee = Uint128::from(gas).checked_mul_ceil(self.gas_price);
        // Beyond 128 bits: above every bound.
        fee.map_or(u128::MAX, |fee| fee.u128())
    }

    /// How many nodes must say the same. More than half; of two, both, or the one that
    /// is left while the other does not answer.
    pub fn agreement(&self, Asked { nodes, answering }: Asked) -> usize {
        let needed = match self.agreement {
            Some(needed) => needed,
            None if nodes <= 2 => answering,
            None => nodes / 2 + 1,
        };
        needed.clamp(1, nodes.max(1))
    }
}

/// The nodes of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How many there are.
    pub nodes: usize,
    /// How many of them answer.
    pub answering: usize,
}

/// A gas price such as `0.025untrn`, as number and coin.
pub fn parse_gas_price(text: &str) -> Result<(Decimal, String), ChainError> {
    let split = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (price, denom) = text.split_at(split);
    let price = price.parse::<Decimal>().ok();
    match price.filter(|_| (3..=128).contains(&denom.len())) {
        Some(price) => Ok((price, denom.to_owned())),
        None => Err(ChainError::Setting(format!(
            "the gas price is {text:?}: give an amount and a coin, such as 0.025untrn"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_up_and_never_wraps() {
        let settings = Settings::new("x-1", "x", "0.025ux0", 1).unwrap();
        assert_eq!(settings.fee_denom, "ux0");
        assert_eq!([0, 1, 40, 41].map(|gas| settings.fee(gas)), [0, 1, 1, 2]);
        let dear = Settings::new("x-1", "x", "340282366920938463463ux0", 1).unwrap();
        assert_eq!(dear.fee(u64::MAX), u128::MAX);
        for wrong in ["", "0.025", "ux0", "1.2.3ux0", "-1ux0"] {
            assert!(Settings::new("x-1", "x", wrong, 1).is_err(), "{wrong}");
        }
    }

    #[test]
    fn more_than_half_of_the_nodes_must_agree_and_of_two_all_that_answer() {
        let asked = |nodes, answering| Asked { nodes, answering };
        let mut settings = Settings::new("x-1", "x", "1ux0", 1).unwrap();
        assert_eq!(
            [1, 2, 3, 4, 5].map(|nodes| settings.agreement(asked(nodes, nodes))),
            [1, 2, 2, 3, 3]
        );
        assert_eq!(
            [2, 3, 5].map(|nodes| settings.agreement(asked(nodes, 1))),
            [1, 2, 3]
        );
        assert_eq!(settings.agreement(asked(2, 0)), 1);
        settings.agreement = Some(9);
        assert_eq!(settings.agreement(asked(2, 2)), 2);
    }
}
