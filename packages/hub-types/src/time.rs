//! Time: unix seconds, days and weeks, and the rules that every cutoff shares.
//!
//! Block time lags the wall clock, and a message is signed before it is executed. So every cutoff that a message
//! sets takes effect [`CUTOFF_GRACE_SECONDS`] after the block that holds it. Intervals are half-open: [from, until).

/// Seconds between the block of a message that sets a cutoff and the cutoff itself; also the clock skew allowed
/// to attesters.
pub const CUTOFF_GRACE_SECONDS: u64 = 60;

/// Default of the registry's `receipt_max_age_seconds`: older receipts are refused as expired.
pub const DEFAULT_RECEIPT_MAX_AGE_SECONDS: u64 = 86_400;

/// Default of the registry's `price_notice_seconds`: a rise of any price component waits this long.
pub const DEFAULT_PRICE_NOTICE_SECONDS: u64 = 86_400;

/// Largest value of either time constant: 30 days. It bounds the time after which an owner surely gets its money.
pub const MAX_TIME_CONSTANT_SECONDS: u64 = 30 * 86_400;

/// The cutoff set by a message executed at `now`.
pub fn cutoff(now: u64) -> u64 {
    now.saturating_add(CUTOFF_GRACE_SECONDS)
}

/// Number of the day that holds `now`: whole days since 1970-01-01 UTC.
pub fn day(now: u64) -> u64 {
    now / 86_400
}

/// Number of the week that holds `day`: whole seven-day spans since 1970-01-01.
pub fn week(day: u64) -> u64 {
    day / 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutoff_is_a_minute_away_and_never_wraps_around() {
        assert_eq!(cutoff(1_000), 1_060);
        assert_eq!(cutoff(u64::MAX - 59), u64::MAX);
    }

    #[test]
    fn days_and_weeks_are_counted_from_1970_and_change_at_their_first_second() {
        assert_eq!((day(0), day(86_399), day(86_400)), (0, 0, 1));
        assert_eq!(day(1_700_000_000), 19_675);
        assert_eq!((week(0), week(6), week(7)), (0, 0, 1));
        assert_eq!(week(19_675), 2_810);
    }

    #[test]
    fn money_waits_30_days_at_most() {
        assert_eq!(MAX_TIME_CONSTANT_SECONDS, 2_592_000);
    }
}
