//! Errors in the shapes that Walrus' servers give them: JSON by AIP-193 with a reason, and plain text where its
//! framework answers before it does.

use axum::http::{header, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde_json::json;

/// Who answers.
#[derive(Clone, Copy)]
pub(crate) enum Domain {
    Daemon,
    Node,
    Auth,
}

impl Domain {
    fn name(self) -> &'static str {
        match self {
            Self::Daemon => "daemon.walrus.space",
            Self::Node => "storage.walrus.space",
            Self::Auth => "auth.publisher.walrus.space",
        }
    }
}

/// An error of Walrus itself.
pub(crate) struct Problem {
    pub domain: Domain,
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
}

impl Problem {
    pub fn daemon(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            domain: Domain::Daemon,
            code,
            reason,
            message: message.into(),
        }
    }

    pub fn node(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            domain: Domain::Node,
            ..Self::daemon(code, reason, message)
        }
    }

    pub fn blob_not_found() -> Self {
        Self::daemon(
            404,
            "BLOB_NOT_FOUND",
            "the requested blob ID does not exist on Walrus, ensure that it was entered correctly",
        )
    }

    pub fn patch_not_found() -> Self {
        Self::daemon(
            404,
            "QUILT_PATCH_NOT_FOUND",
            "the requested quilt patch does not exist on Walrus",
        )
    }

    pub fn range(code: u16, why: &str) -> Self {
        Self::daemon(
            code,
            "INVALID_BYTE_RANGE",
            format!("invalid byte range parameters: {why}"),
        )
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::daemon(500, "INTERNAL", message)
    }

    fn status(&self) -> &'static str {
        match (self.code, self.reason) {
            (400, "NOT_REGISTERED" | "MISSING_SLIVERS") => "FAILED_PRECONDITION",
            (400, _) => "INVALID_ARGUMENT",
            (401, _) => "UNAUTHENTICATED",
            (403, "BLOB_TOO_LARGE") => "SIZE_EXCEEDED",
            (403, _) => "PERMISSION_DENIED",
            (404, _) => "NOT_FOUND",
            (416, _) => "RANGE_NOT_SATISFIABLE",
            (429, _) => "RESOURCE_EXHAUSTED",
            (451, _) => "UNAVAILABLE_FOR_LEGAL_REASONS",
            (503, _) => "UNAVAILABLE",
            (504, _) => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "error": {
                "status": self.status(),
                "code": self.code,
                "message": self.message,
                "details": [{
                    "@type": "ErrorInfo",
                    "reason": self.reason,
                    "domain": self.domain.name(),
                    "metadata": {},
                }],
            }
        });
        (status(self.code), Json(body)).into_response()
    }
}

pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Plain text.
pub(crate) fn text(code: u16, body: impl Into<String>) -> Response {
    (status(code), body.into()).into_response()
}

/// A body that is too long, as the framework says it.
pub(crate) fn too_long() -> Response {
    text(
        413,
        "Failed to buffer the request body: length limit exceeded",
    )
}

/// This status, whatever the reason, in its usual shape.
pub(crate) fn any(code: u16, storing: bool, retry_after: Option<u64>) -> Response {
    let mut response = match (code, storing) {
        (403, _) => Problem::daemon(
            403,
            "BLOB_TOO_LARGE",
            "the blob size exceeds the maximum allowed size: 1",
        )
        .into_response(),
        (404, _) => Problem::blob_not_found().into_response(),
        (413, _) => too_long(),
        (429, false) => text(429, "the aggregator is receiving too many requests; please try again later"),
        (429, true) => text(429, "the publisher is receiving too many requests; please try again later"),
        (451, false) => Problem::daemon(451, "FORBIDDEN_BLOB", "the requested metadata is blocked").into_response(),
        (451, true) => Problem::daemon(451, "FORBIDDEN_BLOB", "the requested metadata is blocked").into_response(),
        (500, _) => Problem::internal("an internal server error occurred").into_response(),
        (503, false) => Problem::daemon(
            503,
            "BLOB_UNAVAILABLE",
            "the requested blob is currently not retrievable from Walrus; this may be transient — retry with backoff",
        )
        .into_response(),
        (504, true) => Problem::daemon(
            504,
            "INSUFFICIENT_CONFIRMATIONS",
            "the service timed-out while waiting for confirmations, please try again",
        )
        .into_response(),
        (code, _) => text(code, status(code).canonical_reason().unwrap_or_default()),
    };
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
