//! What the tests of the whole Hub share.

pub mod vectors;
