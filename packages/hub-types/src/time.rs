//! Time: unix seconds, spans of them, days and weeks, and the rules that every cutoff shares.
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

/// A length of time in whole seconds. A point in time is a bare integer of unix seconds, so the two are not mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

impl Seconds {
    /// The time that lies so much after `time`.
    pub fn after(self, time: u64) -> u64 {
        time.saturating_add(self.0)
    }

    /// The time that lies so much before `time`; 0 at the earliest.
    pub fn before(self, time: u64) -> u64 {
        time.saturating_sub(self.0)
    }
}

/// A day: how many whole days after 1970-01-01 UTC it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u64);

impl Day {
    /// The day that holds `time`, unix seconds.
    pub fn of(time: u64) -> Self {
        Self(time / 86_400)
    }

    /// The week that holds it.
    pub fn week(self) -> Week {
        Week(self.0 / 7)
    }

    /// The day after it; the last one has none and stays.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day that lies so many days before it; the first day at the earliest.
    pub fn before(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

impl From<u32> for Day {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

/// A week: how many whole spans of seven days after 1970-01-01 UTC, a Thursday, it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(pub u64);

impl Week {
    /// Whole weeks from `earlier` to it; 0 if that one is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The week that lies so many weeks before it; the first week at the earliest.
    pub fn before(self, weeks: u64) -> Self {
        Self(self.0.saturating_sub(weeks))
    }
}

impl From<u32> for Week {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Its first second, unix seconds.
    pub from: u64,
    /// The second after its last, unix seconds; none if it has no end.
    pub until: Option<u64>,
}

/// When the receipts of a group were issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The oldest, unix seconds.
    pub oldest: u64,
    /// The newest, unix seconds; not before the oldest.
    pub newest: u64,
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

    /// How much of a group lies in it. Only two of its times are known, so [`Containment::Part`] says that a part may lie
    /// in it.
    pub fn containment(&self, Issued { oldest, newest }: Issued) -> Containment {
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
                interval.containment(Issued { oldest, newest }),
                containment,
                "{oldest} to {newest}"
            );
        }
        let issued = |oldest, newest| Issued { oldest, newest };
        let endless = Interval {
            from: 100,
            until: None,
        };
        assert_eq!(
            endless.containment(issued(100, u64::MAX)),
            Containment::Whole
        );
        assert_eq!(endless.containment(issued(99, u64::MAX)), Containment::Part);
        assert_eq!(endless.containment(issued(0, 99)), Containment::Nothing);
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
                let found = interval.containment(Issued { oldest, newest });
                assert_eq!(found, expected, "{oldest} to {newest} in {interval:?}");
            }
        }
    }

    #[test]
    fn days_and_weeks_are_counted_from_1970_and_change_at_their_first_second() {
        assert_eq!(
            [0, 86_399, 86_400, 1_700_000_000].map(Day::of),
            [0, 0, 1, 19_675].map(Day)
        );
        assert_eq!(
            [0, 6, 7, 19_675].map(|day| Day(day).week()),
            [0, 0, 1, 2_810].map(Week)
        );
    }

    #[test]
    fn days_weeks_and_spans_stop_at_the_ends_of_time() {
        assert_eq!(
            (Day(7).next(), Day(u64::MAX).next()),
            (Day(8), Day(u64::MAX))
        );
        assert_eq!((Day(7).before(2), Day(7).before(8)), (Day(5), Day(0)));
        assert_eq!((Week(7).before(2), Week(7).before(8)), (Week(5), Week(0)));
        assert_eq!((Week(7).since(Week(5)), Week(5).since(Week(7))), (2, 0));
        assert_eq!((Seconds(60).after(100), Seconds(60).before(100)), (160, 40));
        assert_eq!(
            (Seconds(60).after(u64::MAX), Seconds(60).before(59)),
            (u64::MAX, 0)
        );
    }

    #[test]
    fn money_waits_30_days_at_most() {
        assert_eq!(MAX_TIME_CONSTANT_SECONDS, 2_592_000);
    }
}
