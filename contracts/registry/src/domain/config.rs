//! The constants of a registry and their bounds.

use cosmwasm_schema::cw_serde;
use hub_types::time::{
    DEFAULT_PRICE_NOTICE_SECONDS, DEFAULT_RECEIPT_MAX_AGE_SECONDS, MAX_TIME_CONSTANT_SECONDS,
};

use crate::error::ContractError;

/// The constants of a registry.
#[cw_serde]
pub struct Config {
    /// Age from which receipts are refused.
    pub receipt_max_age_seconds: u64,
    /// How long a price rise waits.
    pub price_notice_seconds: u64,
}

impl Config {
    /// Checked constants; defaults for those not given.
    ///
    /// A notice is no shorter than the age of receipts: whatever was issued before a rise was announced is settled or
    /// expired when the rise begins.
    pub fn new(
        receipt_max_age_seconds: Option<u64>,
        price_notice_seconds: Option<u64>,
    ) -> Result<Self, ContractError> {
        let receipt_max_age_seconds =
            receipt_max_age_seconds.unwrap_or(DEFAULT_RECEIPT_MAX_AGE_SECONDS);
        let price_notice_seconds = price_notice_seconds.unwrap_or(DEFAULT_PRICE_NOTICE_SECONDS);
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
        Ok(Self {
            receipt_max_age_seconds,
            price_notice_seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    #[test]
    fn constants_outside_their_bounds_are_refused() {
        for seconds in [0, 30 * DAY + 1, u64::MAX] {
            assert_eq!(
                Config::new(Some(seconds), Some(30 * DAY)),
                Err(ContractError::ReceiptMaxAge { seconds })
            );
        }
        for (age, notice) in [
            (DAY, DAY - 1),
            (2 * DAY, DAY),
            (1, 0),
            (1, 30 * DAY + 1),
            (1, u64::MAX),
        ] {
            assert_eq!(
                Config::new(Some(age), Some(notice)),
                Err(ContractError::PriceNotice {
                    seconds: notice,
                    receipt_max_age_seconds: age
                })
            );
        }
        assert_eq!(
            Config::new(Some(4 * DAY), None),
            Err(ContractError::PriceNotice {
                seconds: 3 * DAY,
                receipt_max_age_seconds: 4 * DAY
            })
        );
    }

    #[test]
    fn constants_at_their_bounds_are_taken_and_three_days_stand_in_for_missing_ones() {
        for (age, notice) in [(1, 1), (1, 30 * DAY), (DAY, DAY), (30 * DAY, 30 * DAY)] {
            let config = Config {
                receipt_max_age_seconds: age,
                price_notice_seconds: notice,
            };
            assert_eq!(Config::new(Some(age), Some(notice)), Ok(config));
        }
        assert_eq!(
            Config::new(None, None),
            Config::new(Some(3 * DAY), Some(3 * DAY))
        );
    }
}
