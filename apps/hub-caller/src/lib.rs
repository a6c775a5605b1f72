#![doc = include_str!("../README.md")]

mod caller;
mod check;
mod error;
mod pieces;
mod tally;

pub use caller::{fresh_id, Answer, Caller, Limits, Options};
pub use check::{Trust, TrustedModel};
pub use error::CallError;
pub use pieces::Pieces;
pub use tally::{Tally, TallyError};
