//! Sums that forget: each payment counts half after four weeks.
//!
//! A sum is kept with the week in which it was last added to and is not touched in between. Since all sums decay alike, an
//! order of them stays right while nobody looks: [`score`] of an idle sum is the same in every week.

use crate::time::Week;

/// Weeks after which a payment counts half.
pub const HALF_LIFE_WEEKS: u64 = 4;

/// What a week leaves of a sum, 2^(-r/4) for the r-th week of a half-life, in parts of 2³², rounded down.
const LEFT: [u128; 4] = [4_294_967_296, 3_611_622_602, 3_037_000_499, 2_553_802_833];

/// Weeks after which nothing is left of the largest sum.
const FORGOTTEN_AFTER_WEEKS: u64 = 512;

/// Sixteenths of a doubling above 2³¹: 2^(31 + i/16) for i from 1 to 15, rounded up.
const SIXTEENTHS: [u128; 15] = [
    2_242_560_872,
    2_341_847_524,
    2_445_529_972,
    2_553_802_834,
    2_666_869_345,
    2_784_941_738,
    2_908_241_643,
    3_037_000_500,
    3_171_460_000,
    3_311_872_530,
    3_458_501_654,
    3_611_622_603,
    3_771_522_797,
    3_938_502_376,
    4_112_874_774,
];

/// What is left of `sum` after so many weeks, rounded down: never more than exactly, and less by one unit and one part in
/// 2³¹ at most.
pub fn decay(sum: u128, weeks: u64) -> u128 {
    if weeks >= FORGOTTEN_AFTER_WEEKS {
        return 0;
    }
    let left = usize::try_from(weeks % HALF_LIFE_WEEKS)
        .ok()
        .and_then(|week| LEFT.get(week))
        .copied()
        .unwrap_or(0);
    let high = (sum >> 32).saturating_mul(left);
    let low = (sum & u128::from(u32::MAX)).saturating_mul(left) >> 32;
    let halvings = u32::try_from(weeks / HALF_LIFE_WEEKS).unwrap_or(u32::MAX);
    high.saturating_add(low).checked_shr(halvings).unwrap_or(0)
}

/// Where a sum of `week` stands among all such sums, whatever their weeks: sixteen steps for every doubling, four for every
/// week. 0 if there is nothing. Two sums that differ by more than a sixteenth of a doubling stand in the right order.
pub fn score(sum: u128, week: Week) -> u16 {
    let Some(exponent) = sum.checked_ilog2() else {
        return 0;
    };
    // The 32 highest bits.
    let head = match exponent.checked_sub(31) {
        Some(surplus) => sum.checked_shr(surplus),
        None => sum.checked_shl(31u32.saturating_sub(exponent)),
    };
    let head = head.unwrap_or(0);
    let steps = SIXTEENTHS.iter().filter(|step| **step <= head).count();
    let score = u64::from(exponent)
        .saturating_mul(16)
        .saturating_add(u64::try_from(steps).unwrap_or(u64::MAX))
        .saturating_add(week.0.saturating_mul(16 / HALF_LIFE_WEEKS));
    u16::try_from(score).unwrap_or(u16::MAX)
}

/// One such sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// As it was in `week`.
    pub sum: u128,
    /// Week in which it was last added to; 0 if it never was.
    pub week: Week,
}

impl Recent {
    /// Adds what was paid in `week`, which is not before the last one; saturates.
    pub fn add(&mut self, amount: u128, week: Week) {
        if amount > 0 {
            self.sum = self.at(week).saturating_add(amount);
            self.week = self.week.max(week);
        }
    }

    /// What is left of it in `week`.
    pub fn at(&self, week: Week) -> u128 {
        decay(self.sum, week.since(self.week))
    }

    /// See [`score`].
    pub fn score(&self) -> u16 {
        score(self.sum, self.week)
    }
}

#[cfg(test)]
mod tests;
