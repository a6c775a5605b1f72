//! The HTTP interface.

mod facilitator;
mod health;
mod infer;
mod openapi;
mod receipts;
mod text;
mod wellknown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::{header, request::Parts, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::Router;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_http::cors::{Any, CorsLayer};

use crate::answer::{trailer, PaidAnswer, STREAM};
use crate::app::App;
use crate::call::{Refused, Request};
use crate::error::ApiError;
use crate::text::TextReply;

pub use openapi::document;

const PAYMENT_REQUIRED: HeaderName = HeaderName::from_static(hub_x402::PAYMENT_REQUIRED);
const PAYMENT_RESPONSE: HeaderName = HeaderName::from_static(hub_x402::PAYMENT_RESPONSE);
const PAYMENT_SIGNATURE: HeaderName = HeaderName::from_static(hub_x402::PAYMENT_SIGNATURE);

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v2", get(health::server))
        .route("/v2/health/live", get(health::live))
        .route("/v2/health/ready", get(health::ready))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/v2/models/{model}", get(infer::metadata_by_number))
        .route("/v2/models/{model}/ready", get(infer::ready_by_number))
        .route("/v2/models/{model}/infer", post(infer::infer_by_number))
        .route("/v2/models/{author}/{name}", get(infer::metadata))
        .route("/v2/models/{author}/{name}/ready", get(infer::ready))
        .route("/v2/models/{author}/{name}/infer", post(infer::infer))
        .route(
            "/v2/models/{author}/{name}/versions/{release}",
            get(infer::metadata_of_release),
        )
        .route(
            "/v2/models/{author}/{name}/versions/{release}/ready",
            get(infer::ready_of_release),
        )
        .route(
            "/v2/models/{author}/{name}/versions/{release}/infer",
            post(infer::infer_of_release),
        )
        .route("/v1/models", get(text::models))
        .route("/v1/chat/completions", post(text::chat))
        .route("/v1/embeddings", post(text::embeddings))
        .route("/v1/receipts/{id}", get(receipts::receipt))
        .route("/.well-known/hub.json", get(wellknown::hub))
        .route("/supported", get(facilitator::supported))
        .route("/verify", post(facilitator::verify))
        .route("/settle", post(facilitator::settle))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::serve))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        // Bodies are read by `body`, which has its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(
            CorsLayer::new()
                .allow_origin(Any)
                .allow_methods([Method::GET, Method::POST])
                .allow_headers([
                    header::CONTENT_TYPE,
                    header::AUTHORIZATION,
                    PAYMENT_SIGNATURE,
                    // `@x402/fetch` sends it, though it means something in answers only.
                    header::ACCESS_CONTROL_EXPOSE_HEADERS,
                ])
                .expose_headers([PAYMENT_REQUIRED, PAYMENT_RESPONSE, header::RETRY_AFTER]),
        )
        .with_state(app)
}

async fn not_found() -> ApiError {
    ApiError::new(
        404,
        "not_found",
        "there is nothing here: /openapi.json lists what there is",
    )
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        405,
        "wrong_method",
        "this address takes another method: /openapi.json lists them",
    )
}

/// Reads a request that may cost something, within its limits.
///
/// # Errors
///
/// What the caller is told: the server is not ready or busy, the peer asked too often, or the body is too large or too slow.
async fn request(app: &App, parts: &Parts, body: Body) -> Result<Request, ApiError> {
    // Before a byte of the body is read: it may be megabytes, and nothing would come of it.
    app.ready()?;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
    let payment = match parts.headers.get(PAYMENT_SIGNATURE) {
        None => {
            let asked = app.peers.ask(peer, Instant::now());
            asked.map_err(|seconds| {
                let message = "too many requests without a payment from this address: pay, or ask more slowly";
                ApiError::new(429, "too_many_unpaid", message).after(seconds)
            })?;
            None
        }
        Some(header) => Some(header.to_str().map(str::to_owned).map_err(|_| {
            let message =
                "the payment header is no base64: encode its JSON in standard base64 with padding";
            ApiError::new(402, hub_x402::code::MALFORMED_PAYMENT, message)
        })?),
    };
    Ok(Request {
        peer,
        path: parts.uri.path().to_owned(),
        payment,
        body: read(app, body, app.config.request.body).await?,
        began: Instant::now(),
    })
}

fn busy() -> ApiError {
    let message = "the server has as many requests as it takes: try again in a moment";
    ApiError::new(503, "busy", message).after(1)
}

async fn read(app: &App, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let too_long = || {
        let message = format!(
            "the body is longer than {limit} bytes, which is what this server reads: send less at once"
        );
        Err(ApiError::new(413, "body_too_long", message))
    };
    // A caller that asks before it sends (`Expect`) is told before it has sent anything.
    if body.size_hint().lower() > limit as u64 {
        return too_long();
    }
    let reading = Limited::new(body, limit).collect();
    match tokio::time::timeout(app.config.body_timeout(), reading).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_long(),
        Ok(Err(error)) => Err(ApiError::new(
            400,
            "body_broken",
            format!("the body ended in the middle: {error}"),
        )),
        Err(_) => Err(ApiError::new(
            408,
            "body_too_slow",
            format!(
                "the body did not arrive within {} s: send it faster, or less at once",
                app.config.http.body_timeout_seconds
            ),
        )),
    }
}

/// Takes a place among the requests whose bodies are in memory, runs `work`, and answers.
async fn answered<F>(app: Arc<App>, parts: Parts, body: Body, work: F) -> axum::response::Response
where
    F: AsyncFnOnce(&Arc<App>, Request) -> Result<axum::response::Response, Refused>,
{
    let outcome = async {
        let _held = app.requests.try_acquire().map_err(|_| busy())?;
        let request = request(&app, &parts, body).await?;
        work(&app, request).await
    };
    let outcome = outcome.await;
    outcome.unwrap_or_else(|refused| {
        app.metrics
            .refused(refused.error.status, &refused.error.code);
        refused.into_response()
    })
}

impl IntoResponse for Refused {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.error.into_response();
        let required = self
            .required
            .and_then(|text| HeaderValue::try_from(text).ok());
        if let Some(required) = required {
            response.headers_mut().insert(PAYMENT_REQUIRED, required);
        }
        response
    }
}

impl IntoResponse for PaidAnswer {
    fn into_response(self) -> axum::response::Response {
        // What is given in pieces has its settlement at its end, the first time and every time after that.
        let is_stream = self.mime_type == STREAM;
        let body = match is_stream {
            false => self.body,
            true => [self.body, trailer(None, Some(&self.response))]
                .concat()
                .into(),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        let value = |text: String| HeaderValue::try_from(text).ok();
        if let Some(mime_type) = value(self.mime_type) {
            headers.insert(header::CONTENT_TYPE, mime_type);
        }
        if let Some(settled) = value(self.response).filter(|_| !is_stream) {
            headers.insert(PAYMENT_RESPONSE, settled);
        }
        response
    }
}

impl IntoResponse for TextReply {
    fn into_response(self) -> axum::response::Response {
        let pieces = match self {
            Self::Whole(answer) => return answer.into_response(),
            Self::Pieces(pieces) => pieces,
        };
        let pieces = futures_util::stream::unfold(pieces, async |mut pieces| {
            let piece = pieces.recv().await?;
            Some((Ok::<_, std::convert::Infallible>(piece), pieces))
        });
        let mut response = Response::new(Body::from_stream(pieces));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(STREAM));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
