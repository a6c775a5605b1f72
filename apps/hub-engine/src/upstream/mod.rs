//! Servers that run a model for this one.

mod http;
mod open_inference;
mod openai;
mod sse;
mod text;

use std::time::Duration;

pub use http::{Secret, Server};
pub use open_inference::{OpenInference, OpenInferenceOptions};
pub use openai::{OpenAi, OpenAiOptions, TextAnswer, TextStream};
pub use text::{TextKind, TextRequest, Usage};

/// Why a server that runs a model has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// No connection.
    #[error("the server that runs the model cannot be reached: {0}")]
    Unreachable(String),
    /// It is silent.
    #[error("the server that runs the model said nothing for {} ms", .0.as_millis())]
    Silent(Duration),
    /// It refuses the request: what the caller sent is not what it takes.
    #[error("the server that runs the model refuses the request with status {status}: {reason}")]
    Refused {
        /// Its status, from 400 to 499.
        status: u16,
        /// The beginning of what it says.
        reason: String,
    },
    /// It is busy.
    #[error("the server that runs the model is busy (status {0}): try again in a moment")]
    Busy(u16),
    /// It fails.
    #[error("the server that runs the model failed with status {status}: {reason}")]
    Failed {
        /// Its status.
        status: u16,
        /// The beginning of what it says.
        reason: String,
    },
    /// Its answer is longer than this server takes.
    #[error("the answer of the server that runs the model is longer than {0} bytes")]
    TooLong(usize),
    /// Its answer is not what the protocol says.
    #[error("the server that runs the model answered something else than its protocol says: {0}")]
    Answer(String),
    /// Its answer ends in the middle.
    #[error("the server that runs the model broke its answer off: {0}")]
    Cut(String),
}

impl UpstreamError {
    /// A word that programs compare; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "upstream_unreachable",
            Self::Silent(_) => "upstream_silent",
            Self::Refused { .. } => "upstream_refused",
            Self::Busy(_) => "upstream_busy",
            Self::Failed { .. } => "upstream_failed",
            Self::TooLong(_) => "upstream_too_long",
            Self::Answer(_) => "upstream_answer",
            Self::Cut(_) => "upstream_cut",
        }
    }

    /// The HTTP status that fits.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused { .. } => 422,
            Self::Busy(_) => 503,
            Self::Silent(_) => 504,
            _ => 502,
        }
    }
}
