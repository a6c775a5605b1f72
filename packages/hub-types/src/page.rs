//! Pages of list queries.

/// Entries on a page when a query names no limit.
pub const DEFAULT_LIMIT: u32 = 10;

/// Most entries on a page; a larger limit is answered with this many.
pub const MAX_LIMIT: u32 = 100;

/// Number of entries to return for a query's `limit`.
pub fn limit(limit: Option<u32>) -> usize {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    usize::try_from(limit).unwrap_or(usize::MAX)
}
