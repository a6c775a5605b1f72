//! Whom a reader believes, and what that backs.
//!
//! Whatever can be computed without names can be had for gas and interest: somebody plays an honest market once more with
//! accounts of its own. So a reader names operators that it believes not to give back what they earn. Of a model's income
//! they then back the smaller of what each served for strangers and a factor times what it kept. Whoever made the backed sum up
//! left them at least its part by the factor for good.

use thiserror::Error;

use crate::records::served::Earned;

/// Most operators that a reader names.
pub const MAX_BELIEVED: usize = 16;

/// Times what an operator kept, for which it speaks, where a reader names no factor.
pub const DEFAULT_FACTOR: u32 = 5;

/// The largest factor. Beyond it, income would cost less than a twentieth of itself to make up.
pub const MAX_FACTOR: u32 = 20;

/// Why what a reader believes is refused.
#[derive(Error, Debug, PartialEq, Eq, Clone)]
pub enum BeliefError {
    /// More operators than a query looks at.
    #[error("{given} operators are named: give at most {MAX_BELIEVED}")]
    TooMany {
        /// How many.
        given: usize,
    },
    /// It would be counted twice.
    #[error("operators names {operator} twice: name each once")]
    Repeated {
        /// Named twice.
        operator: String,
    },
    /// Nothing would be backed, or too cheaply.
    #[error("factor is {given}: give 1 to {MAX_FACTOR}, or leave it out for {DEFAULT_FACTOR}")]
    Factor {
        /// Given.
        given: u32,
    },
}

/// That the operators are few and different. Addresses of one spelling are compared: of one chain there is no other.
pub fn check_operators(operators: &[String]) -> Result<(), BeliefError> {
    if operators.len() > MAX_BELIEVED {
        return Err(BeliefError::TooMany {
            given: operators.len(),
        });
    }
    let mut sorted: Vec<&String> = operators.iter().collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if let [one, next] = pair {
            if one == next {
                return Err(BeliefError::Repeated {
                    operator: (*one).clone(),
                });
            }
        }
    }
    Ok(())
}

/// The factor that a reader means.
pub fn factor(given: Option<u32>) -> Result<u32, BeliefError> {
    let factor = given.unwrap_or(DEFAULT_FACTOR);
    if !(1..=MAX_FACTOR).contains(&factor) {
        return Err(BeliefError::Factor { given: factor });
    }
    Ok(factor)
}

/// What one operator backs that earned so much.
pub fn backed(earned: Earned, factor: u32) -> u128 {
    let speaks_for = earned.kept.saturating_mul(factor.into());
    earned.strange.min(speaks_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_operators_one_named_twice_and_factors_outside_1_to_20_are_refused() {
        let names =
            |count: usize| -> Vec<String> { (0..count).map(|n| format!("hub1{n}")).collect() };
        assert_eq!(
            check_operators(&names(17)),
            Err(BeliefError::TooMany { given: 17 })
        );
        let twice = [names(3), names(1)].concat();
        let operator = "hub10".to_owned();
        assert_eq!(
            check_operators(&twice),
            Err(BeliefError::Repeated { operator })
        );
        assert_eq!(check_operators(&names(16)), Ok(()));
        assert_eq!(check_operators(&[]), Ok(()));
        for given in [0, 21, u32::MAX] {
            assert_eq!(factor(Some(given)), Err(BeliefError::Factor { given }));
        }
        assert_eq!(
            [factor(None), factor(Some(1)), factor(Some(20))],
            [Ok(5), Ok(1), Ok(20)]
        );
    }

    fn earned(strange: u128, kept: u128) -> Earned {
        Earned { strange, kept }
    }

    #[test]
    fn an_operator_backs_what_it_served_and_no_more_than_its_share_speaks_for() {
        assert_eq!(backed(earned(1_000, 150), 5), 750);
        assert_eq!(backed(earned(1_000, 300), 5), 1_000);
        assert_eq!(backed(earned(1_000, 0), 20), 0);
        assert_eq!(backed(earned(0, 0), 5), 0);
        assert_eq!(backed(earned(u128::MAX, u128::MAX), 20), u128::MAX);
    }
}
