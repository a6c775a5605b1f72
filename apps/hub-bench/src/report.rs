//! The figures of a run, and whether each target is held.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::Serialize;

use crate::calls::{Line, CALLERS};
use crate::measure::Summary;
use crate::parts::Part;
use crate::restart::Start;

/// Model whose metering is looked at: it takes so little itself that nothing else is seen.
const TINY: &str = "5 µs";
/// Model whose throughput is compared.
const SLOW: &str = "20 ms";

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Cores of the machine.
    pub cores: usize,
    /// What each model takes alone on one core, microseconds.
    pub inference_us: Vec<(String, f64)>,
    pub calls: Vec<Line>,
    pub parts: Vec<Part>,
    pub receipts: Option<Summary>,
    pub restart: Vec<Start>,
    pub peers: Vec<Peer>,
    pub targets: Vec<Target>,
}

/// What somebody else needs to check one payment.
#[derive(Clone, Debug, Serialize)]
pub struct Peer {
    pub what: String,
    /// Processor time in microseconds.
    pub cpu_us: f64,
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, cpu_us) = text
            .rsplit_once('=')
            .ok_or("expected a name, = and a number")?;
        Ok(Self {
            what: what.to_owned(),
            cpu_us: cpu_us
                .trim()
                .parse()
                .map_err(|error| format!("{cpu_us}: {error}"))?,
        })
    }
}

/// A target.
#[derive(Debug, Serialize)]
pub struct Target {
    pub what: String,
    pub target: String,
    pub measured: String,
    pub held: bool,
}

impl Report {
    pub fn new(peers: Vec<Peer>) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            inference_us: vec![],
            calls: vec![],
            parts: vec![],
            receipts: None,
            restart: vec![],
            peers,
            targets: vec![],
        }
    }

    pub fn inference(&mut self, model: &str, micros: f64) {
        self.inference_us.push((model.to_owned(), micros));
    }

    fn summary(&self, model: &str, callers: usize, mode: &str) -> Option<&Summary> {
        let mut lines = self.calls.iter();
        let found =
            lines.find(|line| line.model == model && line.callers == callers && line.mode == mode);
        found.map(|line| &line.summary)
    }

    /// Compares what was measured with the targets.
    pub fn judge(&mut self) {
        let mut targets = vec![];
        for (mode, callers) in [
            ("metered", 16),
            ("metered", 256),
            ("metered and durable", 256),
        ] {
            let bare = self.summary(TINY, callers, "bare");
            let paid = self.summary(TINY, callers, mode);
            if let (Some(bare), Some(paid)) = (bare, paid) {
                let added = paid.cpu_us - bare.cpu_us;
                targets.push(Target {
                    what: format!(
                        "processor time that a signed call adds, {mode}, {callers} callers"
                    ),
                    target: "at most 150 µs".to_owned(),
                    measured: format!("{added:.0} µs"),
                    held: added <= 150.0,
                });
            }
        }
        if let Some(receipts) = &self.receipts {
            targets.push(Target {
                what: "processor time of a call without signatures, durable".to_owned(),
                target: "at most 40 µs".to_owned(),
                measured: format!("{:.0} µs", receipts.cpu_us),
                held: receipts.cpu_us <= 40.0,
            });
            targets.push(Target {
                what: "durable receipts, 256 in flight".to_owned(),
                target: "at least 20 000 a second".to_owned(),
                measured: format!("{:.0} a second", receipts.per_second),
                held: receipts.per_second >= 20_000.0,
            });
        }
        for callers in [16, 256] {
            let bare = self.summary(SLOW, callers, "bare");
            let paid = self.summary(SLOW, callers, "metered and durable");
            if let (Some(bare), Some(paid)) = (bare, paid) {
                // Where other work has the cores, calls a second tell of that. Processor time bounds them on a machine of one's own.
                let is_quiet = bare.cores() >= 0.9 * self.cores as f64;
                let (share, by) = match is_quiet {
                    true => (paid.per_second / bare.per_second, ""),
                    false => (
                        bare.cpu_us / paid.cpu_us,
                        ", by processor time, since others had the cores",
                    ),
                };
                targets.push(Target {
                    what: format!("throughput of the model of 20 ms, {callers} callers"),
                    target: "at least 95 % of bare".to_owned(),
                    measured: format!("{:.1} %{by}", share * 100.0),
                    held: share >= 0.95,
                });
            }
        }
        for start in &self.restart {
            let signed = if start.signed > 0 {
                "in signed batches"
            } else {
                "waiting"
            };
            targets.push(Target {
                what: format!(
                    "restart with {} unsettled receipts, {signed}",
                    start.receipts
                ),
                target: "at most 2 s".to_owned(),
                measured: format!("{:.2} s", start.seconds),
                held: start.seconds <= 2.0,
            });
        }
        self.targets = targets;
    }

    /// Whether all targets are held.
    pub fn held(&self) -> bool {
        self.targets.iter().all(|target| target.held)
    }

    /// The figures for documents.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("figures are JSON");
        format!("{text}\n")
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (model, micros) in &self.inference_us {
            writeln!(out, "the model of {model} takes {micros:.1} µs alone")?;
        }
        writeln!(
            out,
            "\n{:<8} {:>8}  {:<20} {:>10} {:>12} {:>11} {:>11} {:>11}",
            "model", "callers", "", "calls/s", "CPU a call", "p50", "p95", "p99"
        )?;
        for callers in self.calls.chunks(3 * CALLERS.len()) {
            for line in callers {
                let Summary {
                    per_second,
                    cpu_us,
                    p50_us,
                    p95_us,
                    p99_us,
                } = line.summary;
                writeln!(
                    out,
                    "{:<8} {:>8}  {:<20} {per_second:>10.0} {cpu_us:>9.0} µs {p50_us:>8.0} µs {p95_us:>8.0} µs {p99_us:>8.0} µs",
                    line.model, line.callers, line.mode
                )?;
            }
        }
        writeln!(out, "\nsteps of a metered call, processor time")?;
        for part in &self.parts {
            writeln!(out, "  {:<48} {:>8.1} µs", part.step, part.cpu_us)?;
        }
        if let Some(receipts) = &self.receipts {
            writeln!(
                out,
                "durable receipts, 256 in flight: {:.0}/s, {:.1} µs of processor time each, p50 {:.0} µs, p99 {:.0} µs",
                receipts.per_second, receipts.cpu_us, receipts.p50_us, receipts.p99_us
            )?;
        }
        for start in &self.restart {
            writeln!(
                out,
                "restart: {} unsettled receipts, {} of them signed, {} answers kept: {:.2} s, {:.2} s of processor time",
                start.receipts, start.signed, start.remembered, start.seconds, start.cpu_seconds
            )?;
        }
        for peer in &self.peers {
            writeln!(
                out,
                "{}: {:.0} µs of processor time",
                peer.what, peer.cpu_us
            )?;
        }
        writeln!(out)?;
        for target in &self.targets {
            let held = if target.held { "held" } else { "MISSED" };
            writeln!(
                out,
                "{held:<7} {}: {}, {}",
                target.what, target.measured, target.target
            )?;
        }
        Ok(())
    }
}
