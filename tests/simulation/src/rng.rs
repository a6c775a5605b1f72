//! Chance that is the same in every run and on every machine: no clock, no system library.

use hub_testing::Units;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng};
use rand_xoshiro::SplitMix64;

/// A generator of random numbers, and the distributions that a market needs.
#[derive(Clone, Debug)]
pub struct Rng(SplitMix64);

impl Rng {
    /// The same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// At least 0, below 1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.next_u64() % (high - low + 1)
    }

    /// A place in a list of `length`, which is not 0.
    pub fn place(&mut self, length: usize) -> usize {
        self.between(0, length as u64 - 1) as usize
    }

    /// Whether something happens that happens in `percent` of all cases.
    pub fn happens(&mut self, percent: f64) -> bool {
        self.unit() * 100.0 < percent
    }

    /// How often something happens that happens `mean` times on average, each independent of the others (Knuth 1969). Its
    /// time grows with the mean.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        // Beyond, the limit would come near the smallest number there is.
        if mean > 64.0 {
            return self.poisson(mean / 2.0) + self.poisson(mean / 2.0);
        }
        let limit = libm::exp(-mean);
        let mut product = self.unit();
        let mut count = 0;
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// Exponential with mean 1: most are small, a few are large.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }

    /// Tokens of one call: those of a chat, `size` times.
    pub fn units(&mut self, size: u64) -> Units {
        Units::new(
            size * self.between(50, 4_000),
            size * self.between(20, 1_500),
        )
    }

    /// Any bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.0.next_u64().to_le_bytes()[0])
    }
}

/// Draws places by weight.
#[derive(Clone, Debug, Default)]
pub struct Weighted {
    /// Sums of the weights up to each place.
    sums: Vec<f64>,
}

impl Weighted {
    /// Places by Zipf's law: the one at `rank` r, from 1, weighs 1 ⁄ rᵉ.
    pub fn zipf(ranks: impl IntoIterator<Item = u64>, exponent: f64) -> Self {
        let mut weighted = Self::default();
        for rank in ranks {
            let sum = weighted.sums.last().copied().unwrap_or_default();
            let weight = libm::pow(rank as f64, -exponent);
            weighted.sums.push(sum + weight);
        }
        weighted
    }

    /// A place; none if there are none.
    pub fn draw(&self, rng: &mut Rng) -> Option<usize> {
        let all = self.sums.last()?;
        let at = rng.unit() * all;
        let place = self.sums.partition_point(|sum| *sum <= at);
        Some(place.min(self.sums.len() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_seed_others() {
        let numbers = |seed| {
            let mut rng = Rng::new(seed);
            (0..8).map(|_| rng.0.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    #[test]
    fn averages_are_what_they_are_named() {
        const RUNS: u32 = 20_000;
        let mut rng = Rng::new(1);
        let mean = |draw: &mut dyn FnMut() -> f64| {
            (0..RUNS).map(|_| draw()).sum::<f64>() / f64::from(RUNS)
        };
        let poisson = mean(&mut || rng.poisson(2.5) as f64);
        assert!((poisson - 2.5).abs() < 0.05, "{poisson}");
        let exponential = mean(&mut || rng.exponential());
        assert!((exponential - 1.0).abs() < 0.05, "{exponential}");
        let happened = mean(&mut || f64::from(u8::from(rng.happens(30.0))));
        assert!((happened - 0.3).abs() < 0.02, "{happened}");
        let many = mean(&mut || rng.poisson(2_000.0) as f64);
        assert!((many - 2_000.0).abs() < 2.0, "{many}");
        assert_eq!(rng.poisson(0.0), 0);
    }

    #[test]
    fn the_first_of_a_zipf_law_is_drawn_most_and_an_empty_one_never() {
        let mut rng = Rng::new(1);
        let weighted = Weighted::zipf(1..=100, 1.0);
        let mut drawn = [0_u32; 100];
        for _ in 0..50_000 {
            drawn[weighted.draw(&mut rng).unwrap()] += 1;
        }
        // The weights sum to 5.187: the first has 19.3 %, the second half of it.
        assert!(drawn[0].abs_diff(9_640) < 400, "{}", drawn[0]);
        assert!(drawn[1].abs_diff(4_820) < 300, "{}", drawn[1]);
        assert_eq!(Weighted::default().draw(&mut rng), None);
    }
}
