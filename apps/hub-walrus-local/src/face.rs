use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{header, HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn_with_state, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::Router;

use crate::committee::Committee;
use crate::faults::{Fault, Faults};
use crate::journal::{Entry, Journal, Pending};
use crate::store::Store;
use crate::{aggregator, control, node, publisher, quilts, Inner};

/// A server in front of a local Walrus: publisher, aggregator, storage nodes and upload relay at one address.
///
/// Several of them share blobs and clock. Each has faults and a journal of its own, so that one can lie and the other
/// not.
#[derive(Clone)]
pub struct Face {
    inner: Arc<Inner>,
    own: Arc<Own>,
}

struct Own {
    faults: Faults,
    journal: Journal,
    began: Instant,
}

/// The request that is being answered.
#[derive(Clone)]
pub(crate) struct Asked {
    pub pending: Pending,
}

impl Face {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            own: Arc::new(Own {
                faults: Faults::default(),
                journal: Journal::default(),
                began: Instant::now(),
            }),
        }
    }

    /// Replaces what goes wrong.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.own.faults.set(faults);
    }

    /// Requests that came in, the oldest first.
    pub fn requests(&self) -> Vec<Entry> {
        self.own.journal.entries()
    }

    /// Forgets the requests that came in.
    pub fn forget_requests(&self) {
        self.own.journal.clear();
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn committee(&self) -> &Committee {
        &self.inner.committee
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.own.faults
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.own.journal
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.own.began.elapsed()
    }

    pub(crate) fn limit(&self) -> u64 {
        self.inner.options.limit
    }

    pub(crate) fn quilt_limit(&self) -> u64 {
        self.inner.options.quilt_limit
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.inner.options.token.as_deref()
    }

    pub(crate) fn most_epochs(&self) -> u32 {
        self.inner.options.most_epochs
    }

    /// Address of the publisher's own wallet.
    pub(crate) fn wallet(&self) -> String {
        format!("0x{}", "57".repeat(32))
    }

    /// The routes, to serve or to mount.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/status", get(aggregator::status))
            .route("/v1/blobs/{blob_id}", get(aggregator::get_blob))
            .route(
                "/v1/blobs/{blob_id}/byte-range",
                get(aggregator::get_byte_range),
            )
            .route(
                "/v1/blobs/by-object-id/{blob_object_id}",
                get(aggregator::get_by_object_id),
            )
            .route(
                "/v1alpha/blobs/{blob_id}/stream",
                get(aggregator::stream_blob),
            )
            .route(
                "/v1alpha/blobs/concat",
                get(aggregator::get_concat).post(aggregator::post_concat),
            )
            .route("/v1/blobs", put(publisher::put_blob))
            .route("/v1/quilts", put(quilts::put_quilt))
            .route("/v1/quilts/{quilt_id}/patches", get(quilts::list))
            .route(
                "/v1/blobs/by-quilt-patch-id/{quilt_patch_id}",
                get(quilts::get_by_patch_id),
            )
            .route(
                "/v1/blobs/by-quilt-id/{quilt_id}/{identifier}",
                get(quilts::get_by_identifier),
            )
            .route("/v1/tip-config", get(publisher::tip_config))
            .route("/v1/blob-upload-relay", post(publisher::relay))
            .route("/v1/health", get(node::health))
            .route("/v1/blobs/{blob_id}/status", get(node::status))
            .route("/v1/blobs/{blob_id}/metadata", get(node::metadata))
            .route(
                "/v1/blobs/{blob_id}/confirmation/permanent",
                get(node::first_permanent),
            )
            .route(
                "/v1/blobs/{blob_id}/confirmation/deletable/{object_id}",
                get(node::first_deletable),
            )
            .route(
                "/local/nodes/{node}/v1/blobs/{blob_id}/confirmation/permanent",
                get(node::permanent),
            )
            .route(
                "/local/nodes/{node}/v1/blobs/{blob_id}/confirmation/deletable/{object_id}",
                get(node::deletable),
            )
            .route("/local/clock", get(control::clock).put(control::set_clock))
            .route("/local/committee", get(control::committee))
            .route("/local/nodes", get(control::nodes))
            .route("/local/certificates/{blob_id}", get(control::certificate))
            .route("/local/registrations", post(control::register))
            .route(
                "/local/objects/{object_id}/attributes",
                put(control::set_attributes),
            )
            .route(
                "/local/faults",
                get(control::faults).put(control::set_faults),
            )
            .route(
                "/local/requests",
                get(control::requests).delete(control::forget_requests),
            )
            .with_state(self.clone())
            // The publisher counts bodies itself.
            .layer(axum::extract::DefaultBodyLimit::disable())
            .layer(from_fn_with_state(self.clone(), journal))
            .layer(axum::middleware::from_fn(cors))
    }
}

/// Notes what comes in.
async fn journal(State(face): State<Face>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/local/") && !path.starts_with("/local/nodes/") {
        return next.run(request).await;
    }
    let range = request
        .headers()
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let pending = face.journal().begin(Entry {
        method: request.method().to_string(),
        path,
        query: request.uri().query().unwrap_or_default().to_owned(),
        range: range.map(str::to_owned),
        status: 0,
        sent: 0,
    });
    request.extensions_mut().insert(Asked {
        pending: pending.clone(),
    });
    let response = next.run(request).await;
    pending.answered(response.status().as_u16());
    response
}

/// Any origin, method and header; no header of an answer is shown to scripts beyond those that always are.
async fn cors(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight {
        let mut response = StatusCode::OK.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("*"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("*"),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("86400"),
        );
        response
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    let vary = "origin, access-control-request-method, access-control-request-headers";
    headers.insert(header::VARY, HeaderValue::from_static(vary));
    response
}
