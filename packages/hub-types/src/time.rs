//! Time: unix seconds, days and weeks, and the rules that every cutoff shares.
//!
//! Block time lags the wall clock, and a message is signed before it is executed. So every cutoff that a message
//! sets takes effect [`CUTOFF_GRACE_SECONDS`] after the block that holds it. Intervals are half-open: [from, until).

/// Seconds between the block of a message that sets a cutoff and the cutoff itself; also the clock skew allowed
/// to attesters.
pub const CUTOFF_GRACE_SECONDS: u64 = 60;

/// Default of the registry's `receipt_max_age_seconds`: older receipts are refused as expired. Three days, so that a halt
/// of the chain over a weekend voids nothing.
pub const DEFAULT_RECEIPT_MAX_AGE_SECONDS: u64 = 259_200;

/// Default of the registry's `price_notice_seconds`: a rise of any price component waits this long.
pub const DEFAULT_PRICE_NOTICE_SECONDS: u64 = 259_200;

/// Largest value of either time constant: 30 days. It bounds the time after which an owner surely gets its money.
pub const MAX_TIME_CONSTANT_SECONDS: u64 = 30 * 86_400;

/// The cutoff set by a message executed at `now`.
pub fn cutoff(now: u64) -> u64 {
    now.saturating_add(CUTOFF_GRACE_SECONDS)
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its first second, unix seconds.
    pub from: u64,
    /// The second after its last, unix seconds; none if it has no end.
    pub until: Option<u64>,
}

/// How much of one span of time lies in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containment {
    /// All of it.
    Whole,
    /// Some of it.
    Part,
    /// Nothing of it.
    Nothing,
}

impl Interval {
    /// Whether `time` lies in it.
    pub fn contains(&self, time: u64) -> bool {
        time >= self.from && self.until.is_none_or(|until| time < until)
    }

    /// How much of what happened from `oldest` to `newest`, both included, lies in it. Only these two times are known
    /// of a group of receipts, so [`Containment::Part`] says that a part may lie in it.
    pub fn containment(&self, oldest: u64, newest: u64) -> Containment {
        let first = oldest.max(self.from);
        if first > newest || self.until.is_some_and(|until| first >= until) {
            Containment::Nothing
        } else if first == oldest && self.until.is_none_or(|until| newest < until) {
            Containment::Whole
        } else {
            Containment::Part
        }
    }
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
    fn a_span_lies_in_an_interval_wholly_in_part_or_not_at_all() {
        let interval = Interval {
            from: 100,
            until: Some(200),
        };
        for (oldest, newest, containment) in [
            (0, 99, Containment::Nothing),
            (0, 100, Containment::Part),
            (99, 199, Containment::Part),
            (99, 200, Containment::Part),
            (100, 199, Containment::Whole),
            (100, 200, Containment::Part),
            (199, u64::MAX, Containment::Part),
            (200, u64::MAX, Containment::Nothing),
        ] {
            assert_eq!(
                interval.containment(oldest, newest),
                containment,
                "{oldest} to {newest}"
            );
        }
        let endless = Interval {
            from: 100,
            until: None,
        };
        assert_eq!(endless.containment(100, u64::MAX), Containment::Whole);
        assert_eq!(endless.containment(99, u64::MAX), Containment::Part);
        assert_eq!(endless.containment(0, 99), Containment::Nothing);
    }

    #[test]
    fn containment_is_what_the_seconds_one_by_one_say() {
        let ends = [None, Some(0), Some(2), Some(3), Some(5)];
        for interval in (0..6).flat_map(|from| ends.map(|until| Interval { from, until })) {
            for (oldest, newest) in (0..7).flat_map(|from| (from..7).map(move |to| (from, to))) {
                let seconds: Vec<bool> = (oldest..=newest)
                    .map(|time| interval.contains(time))
                    .collect();
                let expected = match (seconds.contains(&true), seconds.contains(&false)) {
                    (true, false) => Containment::Whole,
                    (true, true) => Containment::Part,
                    (false, _) => Containment::Nothing,
                };
                let found = interval.containment(oldest, newest);
                assert_eq!(found, expected, "{oldest} to {newest} in {interval:?}");
            }
        }
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
