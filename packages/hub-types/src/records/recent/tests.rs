use cosmwasm_std::Uint512;
use proptest::prelude::*;

use super::*;

fn wide(number: u128) -> Uint512 {
    Uint512::from(number)
}

fn power(base: u128, exponent: u32) -> Uint512 {
    (0..exponent).fold(Uint512::one(), |power, _| power * wide(base))
}

/// Whether `left` is at most `sum` × 2^(-weeks/4), in integers: left⁴ × 2^weeks ≤ sum⁴.
fn is_at_most_exact(left: u128, sum: u128, weeks: u64) -> bool {
    let mut scaled = power(left, 4);
    for _ in 0..weeks {
        match scaled.checked_add(scaled) {
            Ok(doubled) => scaled = doubled,
            Err(_) => return false,
        }
    }
    scaled <= power(sum, 4)
}

#[test]
fn the_constants_are_the_powers_of_two_that_they_stand_for() {
    for (quarter, left) in (0u32..).zip(LEFT) {
        // floor(2^(32 - quarter/4)): its fourth power is at most 2^(128 - quarter), and that of the next number is more.
        let exact = power(2, 128 - quarter);
        assert!(power(left, 4) <= exact, "{quarter}");
        assert!(power(left + 1, 4) > exact, "{quarter}");
    }
    for (sixteenth, step) in (1u32..).zip(SIXTEENTHS) {
        // ceil(2^(31 + sixteenth/16)).
        let exact = power(2, 31 * 16 + sixteenth);
        assert!(power(step, 16) >= exact, "{sixteenth}");
        assert!(power(step - 1, 16) < exact, "{sixteenth}");
    }
}

#[test]
fn half_is_left_after_four_weeks_and_nothing_after_512() {
    let largest = u128::MAX;
    assert_eq!(decay(largest, 0), largest);
    assert_eq!(decay(1_000, 4), 500);
    assert_eq!(decay(1_000, 8), 250);
    assert_eq!(decay(1_000, 1), 840);
    assert_eq!(decay(1_000, 2), 707);
    assert_eq!(decay(1_000, 3), 594);
    assert_eq!(decay(1, 1), 0);
    assert_eq!(decay(largest, 508), 1);
    assert_eq!(decay(largest, 511), 1);
    assert_eq!(decay(largest, 512), 0);
    assert_eq!(decay(largest, u64::MAX), 0);
}

#[test]
fn a_score_counts_doublings_in_sixteenths_and_weeks_in_quarters_of_a_halving() {
    assert_eq!(score(0, Week(2_959)), 0);
    assert_eq!(score(1, Week(0)), 0);
    assert_eq!(score(1, Week(10)), 40);
    assert_eq!(score(2, Week(0)), 16);
    assert_eq!(score(1_000, Week(0)), 159);
    assert_eq!(score(u128::MAX, Week(0)), 2_047);
    assert_eq!(score(1_000, Week(14)), score(500, Week(18)));
    assert_eq!(score(1, Week(u64::MAX)), u16::MAX);
    // Thirty-two bits are told apart, wherever they stand.
    for (sixteenth, step) in (1u16..).zip(SIXTEENTHS) {
        for shift in [0, 40, 96] {
            let exponent = 16 * (31 + shift);
            let at = step << shift;
            assert_eq!(score(at, Week(0)), exponent + sixteenth);
            assert_eq!(score(at - 1, Week(0)), exponent + sixteenth - 1);
        }
    }
}

#[test]
fn a_sum_forgets_by_weeks_and_what_adds_nothing_leaves_it_alone() {
    let mut recent = Recent::default();
    recent.add(0, Week(2_950));
    assert_eq!(recent, Recent::default());
    recent.add(1_000, Week(2_950));
    recent.add(200, Week(2_950));
    assert_eq!(
        (recent.at(Week(2_950)), recent.at(Week(2_954))),
        (1_200, 600)
    );
    recent.add(0, Week(2_954));
    assert_eq!(recent.week, Week(2_950));
    recent.add(100, Week(2_954));
    let expected = Recent {
        sum: 700,
        week: Week(2_954),
    };
    assert_eq!(recent, expected);
    // A week that lies before the last one does not happen; nothing is forgotten, or remembered, by it.
    recent.add(1, Week(2_953));
    assert_eq!((recent.sum, recent.week), (701, Week(2_954)));
    recent.add(u128::MAX, Week(2_954));
    assert_eq!(recent.sum, u128::MAX);
}

/// The order of models, most first: what is really left of their payments against what the integers say.
#[test]
fn payments_of_a_year_stand_in_the_right_order_to_a_sixteenth_of_a_doubling() {
    // Payments of 60 weeks to 40 models, of every size, from a linear congruential generator.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut sums = [Recent::default(); 40];
    let mut exact = [0f64; 40];
    for week in 2_900..2_960u64 {
        for _ in 0..40 {
            let model = next(40) as usize;
            let amount = u128::from(1_000 + next(1 << (10 + model % 20)));
            sums[model].add(amount, Week(week));
            exact[model] += amount as f64 * (week as f64 / 4.0 - 740.0).exp2();
        }
    }
    for one in 0..40 {
        for other in 0..40 {
            let doublings = exact[one].log2() - exact[other].log2();
            if doublings > 1.05 / 16.0 {
                assert!(
                    sums[one].score() >= sums[other].score(),
                    "{one} has {doublings} doublings more than {other}"
                );
            }
        }
        let told = sums[one].at(Week(2_960)) as f64;
        let right = exact[one] * (740.0f64 - 740.0).exp2();
        assert!(
            told <= right && told > right * 0.99 - 60.0,
            "{told} of {right}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_left_is_never_more_than_exactly_and_hardly_less(
        sum: u128, shift in 1u32..128, weeks in 0u64..600,
    ) {
        let sum = sum >> shift;
        let left = decay(sum, weeks);
        prop_assert!(is_at_most_exact(left, sum, weeks));
        // Less by a unit and a part in 2^31 at most: what is left and so much more is above the exact value.
        let above = left + left / (1 << 30) + 2;
        prop_assert!(!is_at_most_exact(above, sum, weeks) , "{above} is still below");
    }

    #[test]
    fn what_is_left_never_grows_with_time_and_never_shrinks_with_the_sum(
        one: u128, two: u128, shift in 0u32..128, weeks in 0u64..520,
    ) {
        let (less, more) = (one.min(two) >> shift, one.max(two) >> shift);
        prop_assert!(decay(less, weeks) <= decay(more, weeks));
        prop_assert!(decay(more, weeks + 1) <= decay(more, weeks));
    }

    #[test]
    fn a_score_never_falls_with_the_sum_and_says_it_to_a_sixteenth_of_a_doubling(
        one: u128, two: u128, shift in 0u32..128, week in 0u64..10_000,
    ) {
        let (less, more) = (one.min(two) >> shift, one.max(two) >> shift);
        prop_assert!(score(less, Week(week)) <= score(more, Week(week)));
        if less > 0 {
            let doublings = (more as f64).log2() - (less as f64).log2();
            let steps = f64::from(score(more, Week(week)) - score(less, Week(week)));
            prop_assert!((steps / 16.0 - doublings).abs() < 1.01 / 16.0);
        }
    }
}
