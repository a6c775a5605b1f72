//! The same calls three times: bare, metered, metered and durable.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_serve::call::Request;
use serde::Serialize;

use crate::fixture::{Fixture, Keeps};
use crate::measure::{Round, Sample, Summary};

/// Callers at once.
pub const CALLERS: [usize; 3] = [1, 16, 256];

/// A model to call.
pub struct Model<'a> {
    pub name: &'static str,
    pub path: &'a Path,
    /// Calls of a round, for each number of callers.
    pub calls: [usize; 3],
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Line {
    pub model: String,
    pub callers: usize,
    pub mode: &'static str,
    #[serde(flatten)]
    pub summary: Summary,
}

/// All lines of one model, and how long its inference takes alone, in microseconds. The three modes take turns, so that what else
/// happens on the machine happens to each.
pub async fn run(model: &Model<'_>, rounds: u64, folder: &Path) -> (f64, Vec<Line>) {
    let ledger = folder.join("books");
    let metered = Arc::new(Fixture::new(model.path, Keeps::Memory, folder).await);
    let durable = Arc::new(Fixture::new(model.path, Keeps::Disk(&ledger), folder).await);
    let inference = metered.inference() * 1e6;
    let mut lines = vec![];
    for (place, (callers, calls)) in CALLERS.into_iter().zip(model.calls).enumerate() {
        let mut samples = [Sample::default(), Sample::default(), Sample::default()];
        for round in 0..rounds {
            let number = (place as u64) << 8 | round;
            let same = || metered.requests(callers, calls, number);
            let (first, second, third) = (same(), same(), same());
            turn(&mut samples[0], &metered, Mode::Bare, first).await;
            turn(&mut samples[1], &metered, Mode::Paid, second).await;
            turn(&mut samples[2], &durable, Mode::Paid, third).await;
        }
        let modes = ["bare", "metered", "metered and durable"];
        lines.extend(modes.into_iter().zip(samples).map(|(mode, sample)| Line {
            model: model.name.to_owned(),
            callers,
            mode,
            summary: sample.summary(),
        }));
    }
    (inference, lines)
}

#[derive(Clone, Copy)]
enum Mode {
    Bare,
    Paid,
}

/// Every caller makes its calls one after the other.
async fn turn(
    sample: &mut Sample,
    fixture: &Arc<Fixture>,
    mode: Mode,
    requests: Vec<Vec<Request>>,
) {
    let round = Round::begin();
    let callers: Vec<_> = requests
        .into_iter()
        .map(|requests| {
            let fixture = fixture.clone();
            tokio::spawn(async move {
                let mut latencies: Vec<Duration> = Vec::with_capacity(requests.len());
                for request in requests {
                    let began = Instant::now();
                    match mode {
                        Mode::Bare => fixture.bare().await,
                        Mode::Paid => fixture.paid(&request).await,
                    }
                    latencies.push(began.elapsed());
                }
                latencies
            })
        })
        .collect();
    let mut latencies = vec![];
    for caller in callers {
        latencies.extend(caller.await.expect("a caller"));
    }
    sample.end(&round, latencies);
}
