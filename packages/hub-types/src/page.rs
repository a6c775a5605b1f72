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
}

/// Number of entries to return for a query's `limit`, which is not 0.
pub fn size(given: Option<u32>) -> Result<usize, PageError> {
    let size = given.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    if size == 0 {
        return Err(PageError::LimitZero);
    }
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}
