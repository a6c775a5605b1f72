use hub_types::denom::Denom;
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use hub_types::price::Rates;
use thiserror::Error;

/// Why a call is not served. Nothing was charged. Each has a stable [`Refusal::code`] for programs and a sentence for people.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    // The server as a whole.
    /// Nothing is known of the attester yet.
    #[error("the chain has not yet shown attester {attester}: try again in a moment")]
    NotReady {
        /// The attester.
        attester: AttesterId,
    },
    /// The newest block is too old, or none was seen.
    #[error("the newest block known here is {age_seconds} s old, at most {limit_seconds} s are allowed: try again when the server has caught up with the chain")]
    StaleBlock {
        /// Its age; [`u64::MAX`] if none was seen.
        age_seconds: u64,
        /// What is allowed.
        limit_seconds: u64,
    },
    /// The clock is ahead of the chain, or far behind it.
    #[error("this server's clock says {now} and the newest block {block_time}, more than {limit_seconds} s apart: its operator has to set the clock")]
    ClockOff {
        /// The clock, unix seconds.
        now: u64,
        /// Time of the newest block, unix seconds.
        block_time: u64,
        /// What is allowed.
        limit_seconds: u64,
    },
    /// The attester issues no more receipts.
    #[error("attester {attester} was retired or revoked: call another attester of the operator")]
    AttesterRetired {
        /// The attester.
        attester: AttesterId,
    },
    /// The chain shows numbers that these books never gave.
    #[error("the books were rolled back: in session {session} the chain expects number {on_chain}, and number {here} is the next here. Nothing is signed any more; the operator has to retire the attester and register a new key")]
    RolledBack {
        /// Where it shows.
        session: SessionId,
        /// Next number on chain.
        on_chain: u64,
        /// Next number in the books.
        here: u64,
    },
    /// Too many receipts wait for settlement in all.
    #[error("{unsettled} receipts wait for settlement, at most {limit} are allowed: try again when some were settled")]
    TooMuchUnsettled {
        /// How many.
        unsettled: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The oldest receipt waits for settlement too long.
    #[error("a receipt waits for settlement since {age_seconds} s, at most {limit_seconds} s are allowed: try again when it was settled")]
    UnsettledTooOld {
        /// Age of the oldest.
        age_seconds: u64,
        /// What is allowed.
        limit_seconds: u64,
    },

    // The model.
    /// No such model.
    #[error("model {model} is not known here: ask the server which models it serves")]
    UnknownModel {
        /// The model.
        model: ModelId,
    },
    /// The author retired the model.
    #[error("model {model} was retired by its author: choose another")]
    ModelRetired {
        /// The model.
        model: ModelId,
    },
    /// No such release.
    #[error(
        "release {release} of model {model} is not known here: ask the server which it serves"
    )]
    UnknownRelease {
        /// The model.
        model: ModelId,
        /// The release.
        release: ReleaseNumber,
    },
    /// No terms are in force now.
    #[error("no terms of model {model} are known to be in force now: try again in a moment")]
    NoTerms {
        /// The model.
        model: ModelId,
    },
    /// Units so many that their price has no number.
    #[error("the price of this call is beyond 128 bits: send less")]
    Overflow,

    // The session.
    /// Not known here: it does not exist, or its block was not seen yet.
    #[error("session {session} is not known here: open one for this operator, or try again after the next block")]
    UnknownSession {
        /// The session.
        session: SessionId,
    },
    /// It ended, or ends too soon for a call.
    #[error("session {session} takes calls until {until} and it is {now}: open another")]
    SessionEnded {
        /// The session.
        session: SessionId,
        /// Until when it takes calls, unix seconds: its end less a margin.
        until: u64,
        /// Now, unix seconds.
        now: u64,
    },
    /// It trusts another operator, or insists on another measurement.
    #[error("session {session} does not trust attester {attester}: open one for this operator and its measurement")]
    AttesterNotAllowed {
        /// The session.
        session: SessionId,
        /// The attester.
        attester: AttesterId,
    },
    /// It lists other models.
    #[error(
        "session {session} does not allow release {release} of model {model}: open one that does"
    )]
    ModelNotAllowed {
        /// The session.
        session: SessionId,
        /// The model.
        model: ModelId,
        /// The release.
        release: ReleaseNumber,
    },
    /// Its budget is in another denomination than the price.
    #[error("session {session} holds {session_denom} and model {model} is priced in {price_denom}: open one in that")]
    WrongDenom {
        /// The session.
        session: SessionId,
        /// Of its budget.
        session_denom: Denom,
        /// The model.
        model: ModelId,
        /// Of its price.
        price_denom: Denom,
    },
    /// The price is above the session's limit.
    #[error("model {model} costs {} a call, {} and {} a million units in and out; session {session} allows {}, {} and {}: open one that allows more", price.per_call, price.per_million_in, price.per_million_out, limit.per_call, limit.per_million_in, limit.per_million_out)]
    PriceAboveLimit {
        /// The session.
        session: SessionId,
        /// The model.
        model: ModelId,
        /// What it costs.
        price: Box<Rates>,
        /// What the session allows.
        limit: Box<Rates>,
    },
    /// All its lanes belong to other attesters.
    #[error("session {session} is used by four other attesters: open another")]
    LanesFull {
        /// The session.
        session: SessionId,
    },
    /// The budget does not cover the call.
    #[error("session {session} has {left} left of its budget and this call can cost {amount}: top it up")]
    Exhausted {
        /// The session.
        session: SessionId,
        /// Budget less what was charged, waits for settlement or is reserved by running calls.
        left: u128,
        /// The most that the call can cost.
        amount: u128,
    },
    /// The ceiling does not cover the call.
    #[error("session {session}: {charged} are charged or reserved and this call can cost {amount}, above the ceiling of {ceiling}: sign a voucher of at least {needed}")]
    VoucherMissing {
        /// The session.
        session: SessionId,
        /// Charged, waiting for settlement or reserved.
        charged: u128,
        /// The most that the call can cost.
        amount: u128,
        /// Present ceiling.
        ceiling: u128,
        /// The least ceiling that lets the call pass.
        needed: u128,
    },
    /// Too many of its receipts wait for settlement.
    #[error("{unsettled} receipts of session {session} wait for settlement, at most {limit} are allowed: try again when some were settled")]
    SessionUnsettled {
        /// The session.
        session: SessionId,
        /// How many.
        unsettled: u64,
        /// What is allowed.
        limit: u64,
    },
    /// Too many of its calls run at once.
    #[error("{running} calls of session {session} are running, at most {limit} are allowed: wait for one to end")]
    TooManyRunning {
        /// The session.
        session: SessionId,
        /// How many.
        running: u64,
        /// What is allowed.
        limit: u64,
    },

    // What the caller signed.
    /// The session names no key that could sign calls.
    #[error("session {session} names no key, so nobody can sign calls for it: open one with a ceiling and a key")]
    NoKey {
        /// The session.
        session: SessionId,
    },
    /// A call whose signature does not verify.
    #[error("the signature of the call does not verify under the key of session {session}: sign the call of this request, attester and chain with that key")]
    BadSignature {
        /// The session.
        session: SessionId,
    },
    /// A call that was signed for something else.
    #[error("the call was signed for another {what}: sign it for this one")]
    OtherCall {
        /// What differs: `attester`, `session` or `model`.
        what: &'static str,
    },
    /// A call that is no longer valid.
    #[error("the call was valid until {expires_at} and it is {now}: sign it again")]
    CallExpired {
        /// Unix seconds.
        expires_at: u64,
        /// Unix seconds.
        now: u64,
    },
    /// A call that is valid for too long.
    #[error("the call is valid until {expires_at}, at most {limit} is allowed now: sign it for a shorter time")]
    CallTooLong {
        /// Unix seconds.
        expires_at: u64,
        /// Unix seconds.
        limit: u64,
    },
    /// A voucher that does not verify, or is another session's.
    #[error("the voucher does not verify under the key of session {session}: sign one of this session, chain and billing contract, or send none")]
    BadVoucher {
        /// The session that the call is for.
        session: SessionId,
    },

    // Repeats.
    /// The same call is running.
    #[error("this call is running already: wait for its answer, or ask again with the same request id later")]
    Running,
    /// The request id belongs to a call with another content.
    #[error("this request id belongs to another call of session {session}: choose a new one")]
    RequestIdUsed {
        /// The session.
        session: SessionId,
    },
}

impl Refusal {
    /// A stable name of the reason, in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotReady { .. } => "not_ready",
            Self::StaleBlock { .. } => "stale_block",
            Self::ClockOff { .. } => "clock_off",
            Self::AttesterRetired { .. } => "attester_retired",
            Self::RolledBack { .. } => "rolled_back",
            Self::TooMuchUnsettled { .. } => "too_much_unsettled",
            Self::UnsettledTooOld { .. } => "unsettled_too_old",
            Self::UnknownModel { .. } => "unknown_model",
            Self::ModelRetired { .. } => "model_retired",
            Self::UnknownRelease { .. } => "unknown_release",
            Self::NoTerms { .. } => "no_terms",
            Self::Overflow => "overflow",
            Self::UnknownSession { .. } => "unknown_session",
            Self::SessionEnded { .. } => "session_ended",
            Self::AttesterNotAllowed { .. } => "attester_not_allowed",
            Self::ModelNotAllowed { .. } => "model_not_allowed",
            Self::WrongDenom { .. } => "wrong_denom",
            Self::PriceAboveLimit { .. } => "price_above_limit",
            Self::LanesFull { .. } => "lanes_full",
            Self::Exhausted { .. } => "exhausted",
            Self::VoucherMissing { .. } => "voucher_missing",
            Self::SessionUnsettled { .. } => "session_unsettled",
            Self::TooManyRunning { .. } => "too_many_running",
            Self::NoKey { .. } => "no_key",
            Self::BadSignature { .. } => "bad_signature",
            Self::OtherCall { .. } => "other_call",
            Self::CallExpired { .. } => "call_expired",
            Self::CallTooLong { .. } => "call_too_long",
            Self::BadVoucher { .. } => "bad_voucher",
            Self::Running => "running",
            Self::RequestIdUsed { .. } => "request_id_used",
        }
    }

    /// Whether the server as a whole serves nobody for now: HTTP 503, and not ready.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::NotReady { .. }
                | Self::StaleBlock { .. }
                | Self::ClockOff { .. }
                | Self::AttesterRetired { .. }
                | Self::RolledBack { .. }
                | Self::TooMuchUnsettled { .. }
                | Self::UnsettledTooOld { .. }
        )
    }

    /// Whether the same call may pass later without the caller doing anything: worth a `Retry-After`.
    pub fn time_cures(&self) -> bool {
        match self {
            Self::AttesterRetired { .. } | Self::RolledBack { .. } => false,
            Self::NoTerms { .. }
            | Self::UnknownSession { .. }
            | Self::SessionUnsettled { .. }
            | Self::TooManyRunning { .. }
            | Self::Running => true,
            outage => outage.is_outage(),
        }
    }
}
