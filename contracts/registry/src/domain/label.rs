//! Names of releases, as authors give them.

use std::fmt;

use cosmwasm_schema::cw_serde;

/// Label of a release. Labels ascend within a model.
#[cw_serde]
#[derive(Copy, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The label's first number.
    pub major: u32,
    /// The label's second number.
    pub minor: u32,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
