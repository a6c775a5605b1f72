//! The whole Hub on an embedded chain: one file per action.

mod market;
