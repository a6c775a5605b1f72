//! Reproducible chance.

use rand_xoshiro::rand_core::{Rng as _, SeedableRng};
use rand_xoshiro::SplitMix64;

/// A stream of numbers that a seed determines.
#[derive(Clone, Debug)]
pub struct Rng(SplitMix64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// The stream with this number among those of a seed.
    pub fn stream(seed: u64, number: u64) -> Self {
        let mut rng = Self::new(seed);
        Self::new(rng.next_u64() ^ number.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 to `end` − 1; 0 where there is nothing to choose from.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_u64().checked_rem(end).unwrap_or_default()
    }

    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Whether an event of `percent` in a hundred happens.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// 1 to about 2 to the power of `bits`, every size as likely as another.
    pub fn size(&mut self, bits: u32) -> u128 {
        let bits = self.below(u64::from(bits) + 1);
        let wide = (u128::from(self.next_u64()) << 64) | u128::from(self.next_u64());
        (1 << bits) + (wide & ((1 << bits) - 1)) / 2
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.index(all.len()))
    }

    /// One of these, each as likely as its weight.
    pub fn weighted<T: Copy>(&mut self, all: &[(u64, T)]) -> T {
        let mut left = self.below(all.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in all {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *one,
            }
        }
        unreachable!("the weights are not all zero")
    }
}
