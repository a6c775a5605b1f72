use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When Mainnet's epoch 1 began: 2025-03-25 15:00:24 UTC.
///
/// Source: MystenLabs/walrus, `docs/content/system-overview/view-system-info.mdx`.
const MAINNET_FIRST_EPOCH: u64 = 1_742_914_824;
const DAY: u64 = 86_400;

/// Most epochs ahead for which storage can be bought, on Mainnet and Testnet.
pub const MOST_EPOCHS_AHEAD: u32 = 53;

/// How epochs follow each other in a network.
///
/// Dates are estimates: an epoch begins when somebody sends the transaction that changes it, a little later each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochClock {
    /// When an epoch began, and which; none where only the length is known.
    anchor: Option<(u64, u32)>,
    /// Length of an epoch in seconds.
    seconds: u64,
}

impl EpochClock {
    /// Mainnet: 14 days each.
    pub const MAINNET: Self = Self {
        anchor: Some((MAINNET_FIRST_EPOCH, 1)),
        seconds: 14 * DAY,
    };

    /// Testnet: a day each; which is the current one, a storage node says.
    pub const TESTNET: Self = Self {
        anchor: None,
        seconds: DAY,
    };

    /// A network with epochs of this length.
    pub fn of_length(length: Duration) -> Self {
        Self {
            anchor: None,
            seconds: length.as_secs().max(1),
        }
    }

    /// The same, with `epoch` being the current one since `began` at the latest.
    pub fn with_current(self, epoch: u32, now: SystemTime) -> Self {
        match self.current(now) {
            // The anchor tells more: when within the epoch it is now.
            Some(known) if known == epoch => self,
            _ => Self {
                anchor: Some((seconds(now), epoch)),
                ..self
            },
        }
    }

    /// The current epoch, where it can be told without asking.
    pub fn current(&self, now: SystemTime) -> Option<u32> {
        let (began, epoch) = self.anchor?;
        let passed = seconds(now).checked_sub(began)? / self.seconds;
        epoch.checked_add(u32::try_from(passed).ok()?)
    }

    /// When an epoch begins or began.
    pub fn start_of(&self, epoch: u32) -> Option<SystemTime> {
        let (began, first) = self.anchor?;
        let ahead = i128::from(epoch) - i128::from(first);
        let at = i128::from(began) + ahead * i128::from(self.seconds);
        UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(at).ok()?))
    }

    /// For how many epochs something has to be stored to be there at this time.
    pub fn epochs_until(&self, time: SystemTime, now: SystemTime) -> Option<NonZeroU32> {
        let current = self.current(now)?;
        let (began, first) = self.anchor?;
        let passed = seconds(time).checked_sub(began)? / self.seconds;
        let last = first.checked_add(u32::try_from(passed).ok()?)?;
        // What is stored until the beginning of an epoch is gone in it.
        NonZeroU32::new(last.checked_add(1)?.checked_sub(current)?)
    }
}

/// How long something is still stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// First epoch in which it is not stored.
    pub end_epoch: u32,
    /// About when that begins; none where the network's clock is not known.
    pub ends: Option<SystemTime>,
}

impl Expiry {
    /// The end of something that is stored until `end_epoch`, which does not count.
    pub fn new(end_epoch: u32, clock: &EpochClock) -> Self {
        Self {
            end_epoch,
            ends: clock.start_of(end_epoch),
        }
    }

    /// Whole days left; 0 in the last day and after the end.
    pub fn days_left(&self, now: SystemTime) -> Option<u64> {
        let left = self.ends?.duration_since(now).unwrap_or_default();
        Some(left.as_secs() / DAY)
    }
}

/// A day of the calendar, `2026-11-26`, in UTC.
pub fn date(time: SystemTime) -> String {
    let (year, month, day) = civil(seconds(time) / DAY);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The beginning of a day of the calendar, `2026-11-26`, in UTC.
pub fn parse_date(text: &str) -> Option<SystemTime> {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits: usize| {
        let text = parts.next()?;
        let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Near enough to count on from: no year has more than 366 days, no month more than 31.
    let guess = (year - 1970) * 365 + (month - 1) * 28;
    let days = (guess..guess + 3_000).find(|days| civil(*days) == (year, month, day))?;
    Some(UNIX_EPOCH + Duration::from_secs(days * DAY))
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years from March on, so that the day that is added comes last; eras of 400 years.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_742_914_824, "2025-03-25"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(at(seconds)), text);
            assert_eq!(parse_date(text), Some(at(seconds / DAY * DAY)), "{text}");
        }
        for wrong in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2100-02-29",
            "26-01-01",
            "2026-1-1",
            "2026-01-01x",
            "+026-01-01",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn mainnet_counts_from_march_2025() {
        let clock = EpochClock::MAINNET;
        assert_eq!(clock.current(at(MAINNET_FIRST_EPOCH - 1)), None);
        assert_eq!(clock.current(at(MAINNET_FIRST_EPOCH)), Some(1));
        assert_eq!(clock.current(at(MAINNET_FIRST_EPOCH + 14 * DAY)), Some(2));
        assert_eq!(clock.start_of(2).map(date).as_deref(), Some("2025-04-08"));
        assert_eq!(clock.start_of(0).map(date).as_deref(), Some("2025-03-11"));
    }

    #[test]
    fn what_must_be_there_on_a_day_is_stored_until_the_epoch_after_it() {
        let clock = EpochClock::MAINNET;
        let now = at(MAINNET_FIRST_EPOCH + 3 * 14 * DAY + 5);
        assert_eq!(clock.current(now), Some(4));
        let until = |days| {
            clock
                .epochs_until(at(MAINNET_FIRST_EPOCH + days * DAY), now)
                .map(NonZeroU32::get)
        };
        assert_eq!(until(3 * 14 + 1), Some(1));
        assert_eq!(until(4 * 14 - 1), Some(1));
        assert_eq!(until(4 * 14), Some(2));
        assert_eq!(until(14), None);
    }

    #[test]
    fn days_left_never_fall_below_zero() {
        let clock = EpochClock::TESTNET.with_current(7, at(1_000_000));
        let expiry = Expiry::new(9, &clock);
        assert_eq!(expiry.days_left(at(1_000_000)), Some(2));
        assert_eq!(expiry.days_left(at(1_000_000 + DAY + 1)), Some(0));
        assert_eq!(expiry.days_left(at(9_000_000)), Some(0));
        assert_eq!(Expiry::new(9, &EpochClock::TESTNET).days_left(at(0)), None);
    }
}
