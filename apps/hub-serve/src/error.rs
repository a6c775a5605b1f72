//! What goes wrong, as callers see it: a status, a word for programs, a sentence for people.

use axum::body::Body;
use axum::http::{header, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use hub_engine::{EngineError, InputError};
use hub_ledger::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

/// An error as callers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// A word that programs compare; it never changes.
    pub code: String,
    /// A sentence that says what to do.
    pub message: String,
    /// Seconds after which the same request may pass, where time cures it.
    pub retry_after: Option<u64>,
}

/// Body of every answer that is an error.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong. OpenAI's clients read `message`, `type` and `code`.
#[derive(Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A word that programs compare.
    pub code: String,
    /// A sentence that says what to do.
    pub message: String,
    /// The code again, under the name that OpenAI's clients know.
    #[serde(rename = "type")]
    pub kind: String,
}

impl ApiError {
    /// An error.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after: None,
        }
    }

    /// The same, with the seconds after which the same request may pass.
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The books cannot be written, so nothing may be answered.
    pub fn store(error: impl std::fmt::Display) -> Self {
        let message = format!("the server cannot keep its books, so nothing was charged: {error}");
        Self::new(503, "store_failed", message).after(30)
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                code: self.code.clone(),
                message: self.message.clone(),
                kind: self.code.clone(),
            },
        }
    }
}

impl From<&Refusal> for ApiError {
    /// Status of a refusal where no payment would cure it; see [`crate::payment`] for the others.
    fn from(refusal: &Refusal) -> Self {
        let status = match refusal {
            refusal if refusal.is_outage() => 503,
            Refusal::UnknownModel { .. } | Refusal::UnknownRelease { .. } => 404,
            Refusal::ModelRetired { .. } => 410,
            Refusal::NoTerms { .. } => 503,
            Refusal::Overflow => 413,
            Refusal::SessionUnsettled { .. } | Refusal::TooManyRunning { .. } => 429,
            Refusal::Running | Refusal::RequestIdUsed { .. } => 409,
            _ => 402,
        };
        Self {
            status,
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
            retry_after: refusal.time_cures().then_some(5),
        }
    }
}

impl From<InputError> for ApiError {
    fn from(error: InputError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let found = Self::new(error.status(), error.code(), error.to_string());
        match found.status {
            429 | 503 => found.after(1),
            _ => found,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> axum::response::Response {
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
