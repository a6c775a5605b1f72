//! Pages of list queries.

use thiserror::Error;

/// Entries on a page when a query names no limit.
pub const DEFAULT_LIMIT: u32 = 10;

/// Most entries on a page; a larger limit is answered with this many.
pub const MAX_LIMIT: u32 = 100;

/// Why a page was refused.
#[derive(Error, Debug, PartialEq, Eq, Clone, Copy)]
pub enum PageError {
    /// A page without entries would look like the end of its list.
    #[error("limit is 0: give 1 to {MAX_LIMIT}, or leave it out for {DEFAULT_LIMIT}")]
    LimitZero,
    /// More than a page has entries were asked for by name.
    #[error("{given} were asked for: give at most {MAX_LIMIT} at a time")]
    TooManyNamed {
        /// How many.
        given: usize,
    },
}

/// That no more are asked for by name than a page has entries.
pub fn check_named<T>(named: &[T]) -> Result<(), PageError> {
    let most = usize::try_from(MAX_LIMIT).unwrap_or(usize::MAX);
    if named.len() > most {
        return Err(PageError::TooManyNamed { given: named.len() });
    }
    Ok(())
}

/// Number of entries to return for a query's `limit`, which is not 0.
pub fn size(given: Option<u32>) -> Result<usize, PageError> {
    let size = given.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    if size == 0 {
        return Err(PageError::LimitZero);
    }
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}
