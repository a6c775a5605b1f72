use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::http;

/// Longest time that an aggregator is left alone after failures.
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(60);
/// How much an aggregator's place in the list counts: a later one is used before an earlier one only if that one
/// fails more often, or is slower, by more than this part for each place between them.
const PLACE: f64 = 0.05;
/// Part of the newest observation in an average.
const NEWEST: f64 = 0.3;

/// Aggregators in the order in which they are preferred, and what was seen of each in this process.
///
/// One that fails is left alone for a while, twice as long each time, a minute at most. One that lied is not asked
/// again. Among the others the most reliable and fastest is asked; the order decides where there is no difference.
#[derive(Debug)]
pub struct Aggregators {
    all: Mutex<Vec<Aggregator>>,
    first_cool_down: Duration,
}

#[derive(Clone, Debug)]
struct Aggregator {
    url: String,
    /// Part of the requests that went well, lately.
    reliability: f64,
    /// Bytes a second, lately.
    speed: Option<f64>,
    failures: u32,
    rests_until: Option<Instant>,
    lied: bool,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// This one, by its place in the list.
    Ask(usize),
    /// Nobody before that much time has passed.
    Wait(Duration),
    /// Nobody is left.
    Nobody,
}

/// What was seen of an aggregator.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its address.
    pub url: String,
    /// Part of the requests that went well, 0 to 1, newer ones counting more.
    pub reliability: f64,
    /// Bytes a second; none before the first success.
    pub bytes_per_second: Option<f64>,
    /// Whether it sent wrong bytes and is not asked any more.
    pub lied: bool,
}

impl Aggregators {
    /// These addresses, the preferred one first. One that is named twice counts once.
    pub fn new(urls: &[String]) -> Result<Self> {
        let mut all: Vec<Aggregator> = vec![];
        for url in urls {
            let url = http::base(url)?;
            if all.iter().any(|known| known.url == url) {
                continue;
            }
            all.push(Aggregator {
                url,
                reliability: 1.0,
                speed: None,
                failures: 0,
                rests_until: None,
                lied: false,
            });
        }
        if all.is_empty() {
            return Err(Error::NotConfigured("aggregator"));
        }
        Ok(Self {
            all: Mutex::new(all),
            first_cool_down: Duration::from_secs(1),
        })
    }

    /// Leaves an aggregator alone for so long after its first failure.
    pub fn first_cool_down(mut self, time: Duration) -> Self {
        self.first_cool_down = time;
        self
    }

    /// What was seen of each.
    pub fn seen(&self) -> Vec<Seen> {
        let seen = |one: &Aggregator| Seen {
            url: one.url.clone(),
            reliability: one.reliability,
            bytes_per_second: one.speed,
            lied: one.lied,
        };
        self.lock().iter().map(seen).collect()
    }

    /// Their addresses.
    pub fn urls(&self) -> Vec<String> {
        self.lock().iter().map(|one| one.url.clone()).collect()
    }

    pub(crate) fn url(&self, place: usize) -> String {
        self.lock()
            .get(place)
            .map(|one| one.url.clone())
            .unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whom to ask at this time, apart from those that do not fit.
    pub(crate) fn pick(&self, now: Instant, unfit: &BTreeSet<usize>) -> Pick {
        let all = self.lock();
        let fastest = all.iter().filter_map(|one| one.speed).fold(0.0, f64::max);
        let mut best: Option<(usize, f64)> = None;
        let mut soonest: Option<Duration> = None;
        for (place, one) in all.iter().enumerate() {
            if one.lied || unfit.contains(&place) {
                continue;
            }
            if let Some(rest) = one
                .rests_until
                .and_then(|end| end.checked_duration_since(now))
            {
                if !rest.is_zero() {
                    soonest = Some(soonest.map_or(rest, |soonest| soonest.min(rest)));
                    continue;
                }
            }
            let score = one.score(place, fastest);
            if best.is_none_or(|(_, other)| score > other) {
                best = Some((place, score));
            }
        }
        match (best, soonest) {
            (Some((place, _)), _) => Pick::Ask(place),
            (None, Some(rest)) => Pick::Wait(rest),
            (None, None) => Pick::Nobody,
        }
    }

    pub(crate) fn went_well(&self, place: usize, bytes: u64, took: Duration) {
        if let Some(one) = self.lock().get_mut(place) {
            one.failures = 0;
            one.rests_until = None;
            one.reliability += NEWEST * (1.0 - one.reliability);
            // What is tiny says nothing about speed.
            if bytes >= 64 << 10 {
                let speed = bytes as f64 / took.as_secs_f64().max(1e-6);
                one.speed = Some(one.speed.map_or(speed, |old| old + NEWEST * (speed - old)));
            }
        }
    }

    /// It failed; leaves it alone for a while, or as long as it asked for.
    pub(crate) fn failed(&self, place: usize, now: Instant, asked_for: Option<Duration>) {
        let first = self.first_cool_down;
        if let Some(one) = self.lock().get_mut(place) {
            one.failures = one.failures.saturating_add(1);
            one.reliability -= NEWEST * one.reliability;
            let doublings = (one.failures - 1).min(16);
            let rest = asked_for.unwrap_or(first.saturating_mul(1 << doublings));
            one.rests_until = Some(now + rest.min(LONGEST_COOL_DOWN));
        }
    }

    pub(crate) fn lied(&self, place: usize) {
        if let Some(one) = self.lock().get_mut(place) {
            one.lied = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Aggregator>> {
        // Nothing in here panics while it holds the lock.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aggregator {
    fn score(&self, place: usize, fastest: f64) -> f64 {
        let speed = match self.speed {
            Some(speed) if fastest > 0.0 => speed / fastest,
            // Not known: worth a try.
            _ => 1.0,
        };
        self.reliability * speed.sqrt() - PLACE * place as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Aggregators {
        let urls = ["http://a", "https://b/", "http://c:80"].map(String::from);
        Aggregators::new(&urls).unwrap()
    }

    fn pick(all: &Aggregators, now: Instant) -> Pick {
        all.pick(now, &BTreeSet::new())
    }

    #[test]
    fn none_or_a_wrong_address_is_refused() {
        assert!(matches!(
            Aggregators::new(&[]),
            Err(Error::NotConfigured("aggregator"))
        ));
        for wrong in ["", "a", "ftp://a", "http://", "http://a b"] {
            let urls = [wrong.to_owned()];
            assert!(
                matches!(Aggregators::new(&urls), Err(Error::NotAUrl(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_first_is_asked_as_long_as_it_works() {
        let all = three();
        let now = Instant::now();
        for _ in 0..10 {
            assert_eq!(pick(&all, now), Pick::Ask(0));
            all.went_well(0, 1 << 20, Duration::from_millis(10));
        }
    }

    #[test]
    fn one_that_fails_rests_twice_as_long_each_time_and_a_minute_at_most() {
        let all = three();
        let mut now = Instant::now();
        let others = BTreeSet::from([1, 2]);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            all.failed(0, now, None);
            assert_eq!(
                all.pick(now, &others),
                Pick::Wait(Duration::from_secs(seconds))
            );
            assert_eq!(pick(&all, now), Pick::Ask(1));
            now += Duration::from_secs(seconds);
            assert_eq!(all.pick(now, &others), Pick::Ask(0));
        }
    }

    #[test]
    fn it_rests_as_long_as_it_asks_for() {
        let all = three();
        let now = Instant::now();
        let others = BTreeSet::from([1, 2]);
        all.failed(0, now, Some(Duration::from_secs(17)));
        assert_eq!(all.pick(now, &others), Pick::Wait(Duration::from_secs(17)));
        all.failed(0, now, Some(Duration::from_secs(86_400)));
        assert_eq!(all.pick(now, &others), Pick::Wait(LONGEST_COOL_DOWN));
    }

    #[test]
    fn after_failures_another_is_preferred_until_it_has_proven_itself_again() {
        let all = three();
        let mut now = Instant::now();
        for _ in 0..3 {
            all.failed(0, now, None);
            now += Duration::from_secs(60);
        }
        assert_eq!(pick(&all, now), Pick::Ask(1));
        for _ in 0..20 {
            all.went_well(0, 10, Duration::from_millis(1));
        }
        assert_eq!(pick(&all, now), Pick::Ask(0));
    }

    #[test]
    fn one_that_is_much_slower_gives_way() {
        let all = three();
        all.went_well(0, 1 << 20, Duration::from_secs(10));
        all.went_well(1, 1 << 20, Duration::from_secs(1));
        let unfit = BTreeSet::from([2]);
        assert_eq!(all.pick(Instant::now(), &unfit), Pick::Ask(1));
    }

    #[test]
    fn a_liar_is_never_asked_again() {
        let all = three();
        let now = Instant::now();
        all.lied(0);
        all.lied(1);
        all.went_well(0, 1 << 20, Duration::from_millis(1));
        assert_eq!(pick(&all, now), Pick::Ask(2));
        all.lied(2);
        assert_eq!(pick(&all, now), Pick::Nobody);
    }
}
