use std::fmt;

use hub_walrus_client::Error;

/// Why a command was not carried out: a sentence, what to do about it, and the exit code.
#[derive(Debug)]
pub struct Failure {
    pub sentence: String,
    pub hint: Option<String>,
    pub code: u8,
}

/// A server, the network or the disk failed.
pub const FAILED: u8 = 1;
/// An option or an id is wrong.
pub const USAGE: u8 = 2;
/// Bytes are not what they should be.
pub const WRONG: u8 = 3;
/// It is not there.
pub const GONE: u8 = 4;
/// It is there, but not for long.
pub const ENDS: u8 = 5;

impl Failure {
    pub fn new(code: u8, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            hint: Some(hint.into()),
            code,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::NotFound { .. } | Error::PatchNotFound { .. } => GONE,
            Error::WrongBytes { .. } | Error::WrongRoots { .. } | Error::WrongId { .. } => WRONG,
            Error::TooLarge { .. }
            | Error::OverLimit { .. }
            | Error::NotConfigured(_)
            | Error::NotAUrl(_)
            | Error::NotAFile { .. }
            | Error::NotAQuilt { .. } => USAGE,
            Error::Cancelled => crate::interrupt::EXIT_CODE,
            _ => FAILED,
        };
        Self {
            sentence: error.to_string(),
            hint: error.hint(),
            code,
        }
    }
}
