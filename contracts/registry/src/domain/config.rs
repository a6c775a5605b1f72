//! The constants of a registry and their bounds.

use cosmwasm_schema::cw_serde;
use hub_types::time::{
    Seconds, DEFAULT_PRICE_NOTICE_SECONDS, DEFAULT_RECEIPT_MAX_AGE_SECONDS,
    MAX_TIME_CONSTANT_SECONDS,
};

use crate::error::ContractError;

/// The constants of a registry. Those that an instantiation does not give are the defaults.
#[cw_serde]
pub struct Config {
    /// Age from which receipts are refused.
    pub receipt_max_age_seconds: u64,
    /// How long a price rise waits.
    pub price_notice_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            receipt_max_age_seconds: DEFAULT_RECEIPT_MAX_AGE_SECONDS,
            price_notice_seconds: DEFAULT_PRICE_NOTICE_SECONDS,
        }
    }
}

impl Config {
    /// Itself, if its constants lie within their bounds.
    ///
    /// A notice is no shorter than the age of receipts: whatever was issued before a rise was announced is settled or
    /// expired when the rise begins.
    pub fn check(self) -> Result<Self, ContractError> {
        let Self {
            receipt_max_age_seconds,
            price_notice_seconds,
        } = self;
        if !(1..=MAX_TIME_CONSTANT_SECONDS).contains(&receipt_max_age_seconds) {
            return Err(ContractError::ReceiptMaxAge {
                seconds: receipt_max_age_seconds,
            });
        }
        if !(receipt_max_age_seconds..=MAX_TIME_CONSTANT_SECONDS).contains(&price_notice_seconds) {
            return Err(ContractError::PriceNotice {
                seconds: price_notice_seconds,
                receipt_max_age_seconds,
            });
        }
        Ok(self)
    }

    /// Age from which receipts are refused.
    pub fn receipt_max_age(&self) -> Seconds {
        Seconds(self.receipt_max_age_seconds)
    }

    /// How long a price rise waits.
    pub fn price_notice(&self) -> Seconds {
        Seconds(self.price_notice_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn config(receipt_max_age_seconds: u64, price_notice_seconds: u64) -> Config {
        Config {
            receipt_max_age_seconds,
            price_notice_seconds,
        }
    }

    #[test]
    fn constants_outside_their_bounds_are_refused() {
        for seconds in [0, 30 * DAY + 1, u64::MAX] {
            assert_eq!(
                config(seconds, 30 * DAY).check(),
                Err(ContractError::ReceiptMaxAge { seconds })
            );
        }
        for (age, notice) in [
            (DAY, DAY - 1),
            (2 * DAY, DAY),
            (1, 0),
            (1, 30 * DAY + 1),
            (1, u64::MAX),
            (4 * DAY, Config::default().price_notice_seconds),
        ] {
            assert_eq!(
                config(age, notice).check(),
                Err(ContractError::PriceNotice {
                    seconds: notice,
                    receipt_max_age_seconds: age
                })
            );
        }
    }

    #[test]
    fn constants_at_their_bounds_are_taken_and_the_defaults_are_three_days() {
        for (age, notice) in [(1, 1), (1, 30 * DAY), (DAY, DAY), (30 * DAY, 30 * DAY)] {
            assert_eq!(config(age, notice).check(), Ok(config(age, notice)));
        }
        assert_eq!(Config::default().check(), Ok(config(3 * DAY, 3 * DAY)));
    }

    #[test]
    fn each_constant_is_read_as_itself() {
        let config = config(DAY, 2 * DAY);
        assert_eq!(config.receipt_max_age(), Seconds(DAY));
        assert_eq!(config.price_notice(), Seconds(2 * DAY));
    }
}
