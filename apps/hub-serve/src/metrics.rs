//! What an operator watches, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of a latency, microseconds.
const BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    5_000_000, 30_000_000,
];

/// How long something took, in buckets.
#[derive(Default)]
pub struct Latency {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Latency {
    /// Notes one.
    pub fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|bound| *bound < micros);
        self.buckets[place].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How many were noted.
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .map(|one| one.load(Ordering::Relaxed))
            .sum()
    }

    /// Upper bound of the bucket that holds the median, in milliseconds; none before the first.
    pub fn median_ms(&self) -> Option<f64> {
        let count = self.count();
        let mut seen = 0;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            seen += bucket.load(Ordering::Relaxed);
            if count > 0 && seen * 2 >= count {
                return Some(bound as f64 / 1_000.0);
            }
        }
        (count > 0).then_some(f64::from(u32::MAX))
    }

    fn write(&self, text: &mut String, name: &str, labels: &str) {
        let mut sum = 0;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            sum += bucket.load(Ordering::Relaxed);
            let seconds = bound as f64 / 1e6;
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{seconds}\"}} {sum}");
        }
        let count = self.count();
        let total = self.micros.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{{{labels}}} {total}");
        let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
    }
}

/// Counters of the server. Labels are words of this program, never of callers, so their number is bounded.
#[derive(Default)]
pub struct Metrics {
    answers: Mutex<BTreeMap<(u16, String), u64>>,
    /// Calls that were paid.
    pub paid: AtomicU64,
    /// Calls that were answered again from the books.
    pub repeated: AtomicU64,
    /// Streams that ended before the model was done.
    pub cut: AtomicU64,
}

impl Metrics {
    /// Notes an answer that is an error.
    pub fn refused(&self, status: u16, code: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry((status, code.to_owned())).or_default() += 1;
    }

    /// How often a code was answered.
    pub fn count(&self, code: &str) -> u64 {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let same = answers.iter().filter(|((_, found), _)| found == code);
        same.map(|(_, count)| count).sum()
    }

    /// As Prometheus reads it. `gauges` are values of the moment, `latencies` those of models.
    pub fn render<'a>(
        &self,
        gauges: &[(&str, &str, f64)],
        latencies: impl Iterator<Item = (String, &'a Latency)>,
    ) -> String {
        let mut text = String::new();
        let mut counter = |name: &str, help: &str, value: u64| {
            let _ = writeln!(
                text,
                "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}"
            );
        };
        counter(
            "hub_calls_paid_total",
            "Calls that ran and are charged.",
            self.paid.load(Ordering::Relaxed),
        );
        counter(
            "hub_calls_repeated_total",
            "Calls that were answered again from the books.",
            self.repeated.load(Ordering::Relaxed),
        );
        counter(
            "hub_streams_cut_total",
            "Streams whose caller left before the model was done; charged for what was sent.",
            self.cut.load(Ordering::Relaxed),
        );
        let name = "hub_refused_total";
        let _ = writeln!(text, "# HELP {name} Requests that were answered with an error, by its code.\n# TYPE {name} counter");
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        for ((status, code), count) in answers.iter() {
            let _ = writeln!(
                text,
                "{name}{{status=\"{status}\",code=\"{code}\"}} {count}"
            );
        }
        for (name, help, value) in gauges {
            let name_alone = name.split('{').next().unwrap_or(name);
            if !text.contains(&format!("# TYPE {name_alone} ")) {
                let _ = writeln!(
                    text,
                    "# HELP {name_alone} {help}\n# TYPE {name_alone} gauge"
                );
            }
            let _ = writeln!(text, "{name} {value}");
        }
        let name = "hub_call_seconds";
        let _ = writeln!(text, "# HELP {name} Time from the whole request to the whole answer.\n# TYPE {name} histogram");
        for (labels, latency) in latencies {
            latency.write(&mut text, name, &labels);
        }
        text
    }
}
