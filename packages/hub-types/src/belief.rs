//! Whom a reader believes, and what that backs.
//!
//! Whatever can be computed without names can be had for gas and interest: somebody plays an honest market once more with
//! accounts of its own. So a reader names operators that it believes not to give back what they earn. Of a model's income
//! they then back the smaller of what each served for strangers and a factor times what it kept. Whoever made the backed sum up
//! left them at least its part by the factor for good.

use thiserror::Error;

use crate::page::MAX_LIMIT;
use crate::records::served::Earned;

/// Most operators that a reader names.
pub const MAX_BELIEVED: usize = 16;

/// Most pairs of an operator with a model, or with a funder, that one query looks up: a hundred with 8 operators, or fifty
/// with 16. A node looks up no more within its bound of gas.
pub const MAX_PAIRS: usize = 800;

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
    /// More than a node looks up.
    #[error(
        "{operators} operators for {names} names are more than {MAX_PAIRS} pairs: give fewer names at a time"
    )]
    TooManyPairs {
        /// Models or funders that were named.
        names: usize,
        /// Operators that were named.
        operators: usize,
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
    for (place, operator) in operators.iter().enumerate() {
        if operators.iter().take(place).any(|other| other == operator) {
            return Err(BeliefError::Repeated {
                operator: operator.clone(),
            });
        }
    }
    Ok(())
}

/// That a query about each of these names with each of these operators is within what a node looks up.
pub fn check_pairs<T>(names: &[T], operators: &[String]) -> Result<(), BeliefError> {
    let (names, operators) = (names.len(), operators.len());
    match names.saturating_mul(operators) > MAX_PAIRS {
        true => Err(BeliefError::TooManyPairs { names, operators }),
        false => Ok(()),
    }
}

/// Names that one query takes beside as many operators: at least one, at most a hundred.
pub fn names_at_a_time(operators: usize) -> usize {
    let most = usize::try_from(MAX_LIMIT).unwrap_or(MAX_PAIRS);
    let pairs = MAX_PAIRS.checked_div(operators).unwrap_or(MAX_PAIRS);
    pairs.clamp(1, most)
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
    fn too_many_operators_or_pairs_one_named_twice_and_factors_outside_1_to_20_are_refused() {
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
        for (names_given, operators) in [(101, 8), (51, 16)] {
            let refused = BeliefError::TooManyPairs {
                names: names_given,
                operators,
            };
            assert_eq!(
                check_pairs(&names(names_given), &names(operators)),
                Err(refused)
            );
        }
        for (names_given, operators) in [(100, 8), (50, 16), (100, 0), (0, 16)] {
            let pairs = check_pairs(&names(names_given), &names(operators));
            assert_eq!(pairs, Ok(()));
        }
        for operators in 0..=MAX_BELIEVED {
            let at_a_time = names_at_a_time(operators);
            assert_eq!(
                check_pairs(&names(at_a_time), &names(operators)),
                Ok(()),
                "{operators}"
            );
        }
        assert_eq!(
            [0, 8, 9, 16, 801].map(names_at_a_time),
            [100, 100, 88, 50, 1]
        );
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
