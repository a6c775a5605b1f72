//! Units of calls as models of several kinds have them, the same on every run.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use hub_wire::Units;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng};
use rand_xoshiro::SplitMix64;

/// Calls of one kind.
pub struct Kind {
    pub name: &'static str,
    /// Bits that a receipt's units take at least, whatever the code: the entropy of what they are drawn from.
    pub entropy: f64,
    draw: fn(&mut Rng) -> Units,
}

impl Kind {
    /// Units of so many receipts.
    pub fn units(&self, count: usize) -> Vec<Units> {
        let mut rng = Rng::new(0x4875_6220);
        (0..count).map(|_| (self.draw)(&mut rng)).collect()
    }
}

pub fn kinds() -> [Kind; 6] {
    [
        Kind {
            name: "evenly spread: 50 to 4 000 in, 20 to 1 500 out",
            entropy: 3_951_f64.log2() + 1_481_f64.log2(),
            draw: |rng| Units::new(50 + rng.below(3_951), 20 + rng.below(1_481)),
        },
        Kind {
            name: "geometric: 800 in and 200 out on average",
            entropy: geometric_entropy(800.0) + geometric_entropy(200.0),
            draw: |rng| Units::new(rng.geometric(800.0), rng.geometric(200.0)),
        },
        Kind {
            name: "long tail: log-normal, median 600 in and 150 out, sigma 1",
            entropy: log_normal_entropy(600.0) + log_normal_entropy(150.0),
            draw: |rng| Units::new(rng.log_normal(600.0), rng.log_normal(150.0)),
        },
        Kind {
            name: "close together: 50 176 to 51 075 in, 1 000 out",
            entropy: 900_f64.log2(),
            draw: |rng| Units::new(50_176 + rng.below(900), 1_000),
        },
        Kind {
            name: "the same every time: 100 in, 1 out",
            entropy: 0.0,
            draw: |_| Units::new(100, 1),
        },
        Kind {
            name: "the same every time: 150 528 in, 1 000 out",
            entropy: 0.0,
            draw: |_| Units::new(150_528, 1_000),
        },
    ]
}

fn geometric_entropy(mean: f64) -> f64 {
    let p = 1.0 / (mean + 1.0);
    -((1.0 - p) * (1.0 - p).log2() + p * p.log2()) / p
}

/// Of the density, which at these medians is that of the integers to a hundredth of a bit.
fn log_normal_entropy(median: f64) -> f64 {
    median.log2() + (2.0 * std::f64::consts::PI * std::f64::consts::E).log2() / 2.0
}

struct Rng(SplitMix64);

impl Rng {
    fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// Above 0, at most 1.
    fn share(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn geometric(&mut self, mean: f64) -> u64 {
        (self.share().ln() / (mean / (mean + 1.0)).ln()) as u64
    }

    fn log_normal(&mut self, median: f64) -> u64 {
        let radius = (-2.0 * self.share().ln()).sqrt();
        let angle = 2.0 * std::f64::consts::PI * self.share();
        (median * (radius * angle.cos()).exp()).round() as u64
    }
}
