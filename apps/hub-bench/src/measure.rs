//! Time: of the clock, and of the processor.

use std::time::{Duration, Instant};

use rustix::time::{clock_gettime, ClockId};
use serde::Serialize;

/// What all threads of this process used.
pub fn cpu() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (used.tv_sec.unsigned_abs(), used.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// Microseconds of processor time that one `work` takes, the least of five rounds.
pub fn each(times: u32, mut work: impl FnMut(u32)) -> f64 {
    let rounds = (0..5).map(|round| {
        let began = cpu();
        for number in 0..times {
            work(round * times + number);
        }
        (cpu() - began).as_secs_f64() * 1e6 / f64::from(times)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// How long many calls took.
#[derive(Default)]
pub struct Sample {
    micros: Vec<f64>,
    /// Calls a second, of each round.
    per_second: Vec<f64>,
    /// Processor time of one call in microseconds, of each round.
    cpu: Vec<f64>,
}

/// What a sample comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Calls a second, in the best round: what others do on the machine only slows it down.
    pub per_second: f64,
    /// Processor time of one call, microseconds, in the best round.
    pub cpu_us: f64,
    /// Half of the calls were answered within this many microseconds.
    pub p50_us: f64,
    /// 95 of 100.
    pub p95_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
}

impl Summary {
    /// Cores that the calls had, in the best round.
    pub fn cores(&self) -> f64 {
        self.per_second * self.cpu_us / 1e6
    }
}

/// One round of a sample, while it runs.
pub struct Round {
    wall: Instant,
    cpu: Duration,
}

impl Round {
    pub fn begin() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu(),
        }
    }
}

impl Sample {
    pub fn end(&mut self, round: &Round, latencies: Vec<Duration>) {
        let calls = latencies.len() as f64;
        self.per_second
            .push(calls / round.wall.elapsed().as_secs_f64());
        self.cpu
            .push((cpu() - round.cpu).as_secs_f64() * 1e6 / calls);
        self.micros
            .extend(latencies.iter().map(|one| one.as_secs_f64() * 1e6));
    }

    pub fn summary(mut self) -> Summary {
        self.micros.sort_unstable_by(f64::total_cmp);
        let at = |share: usize| {
            let place = self.micros.len().saturating_sub(1) * share / 100;
            self.micros.get(place).copied().unwrap_or_default()
        };
        Summary {
            per_second: self.per_second.iter().copied().fold(0.0, f64::max),
            cpu_us: self.cpu.iter().copied().fold(f64::INFINITY, f64::min),
            p50_us: at(50),
            p95_us: at(95),
            p99_us: at(99),
        }
    }
}
