use hub_x402::RequestId;
use thiserror::Error;

use crate::tally::TallyError;

/// Why a call gave no answer. Each says whether money may have been spent.
#[derive(Error, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The server refused; nothing was charged.
    #[error("the server refused the call ({code}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its word for why.
        code: String,
        /// Its sentence.
        message: String,
        /// Seconds after which the same call may pass, where it says so.
        retry_after: Option<u64>,
    },
    /// A limit of the caller's own; nothing was sent that could be charged.
    #[error(
        "{what} would be {found}, and you allow {allowed}: raise the limit if the call is worth it"
    )]
    Limit {
        /// What is limited.
        what: &'static str,
        /// What it would be.
        found: u128,
        /// What is allowed.
        allowed: u128,
    },
    /// The server asks to be paid for something else than what was asked for; nothing was signed.
    #[error("the server asks for a payment that does not fit the call: {0}. Nothing was signed")]
    WrongRequirements(String),
    /// The server counts more than was ever asked of it. Nothing more is signed for this session.
    #[error("the server says that {server} are charged to session {session}, and calls came to at most {own}: do not use this server again")]
    Overcharged {
        /// The session.
        session: u64,
        /// What the server says.
        server: u128,
        /// What the caller's own tally says at most.
        own: u128,
    },
    /// The answer is there and is not what was agreed. It may be charged, at most what the call could cost.
    #[error("the answer is not what was agreed: {what}. The call may be charged, at most {at_most}; do not use this server again")]
    Dishonest {
        /// What is wrong.
        what: String,
        /// The most that it can cost.
        at_most: u128,
    },
    /// The operator was dishonest before; nothing was signed.
    #[error("the operator of this session is not paid any more, since {0}: call another, or take `distrusted` out of the session's tally to pay it again")]
    Distrusted(String),
    /// No answer came, and it is not known whether the call ran. The same request id gives its answer, without paying twice.
    #[error("no answer came ({reason}), and the call may have run: call again with request id {request_id}, which is never paid twice")]
    Unknown {
        /// The call's request id.
        request_id: RequestId,
        /// What went wrong.
        reason: String,
    },
    /// The server cannot be reached; nothing was sent that could be charged.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The tally cannot be kept, so nothing was sent.
    #[error(transparent)]
    Tally(#[from] TallyError),
}
