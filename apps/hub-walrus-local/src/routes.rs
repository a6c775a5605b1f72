//! Which handler answers which request, and what all requests go through.

use axum::extract::{Request, State};
use axum::http::{header, HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn_with_state, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::Router;

use crate::face::{Asked, Face};
use crate::journal::Entry;
use crate::{aggregator, control, node, publisher, quilts};

impl Face {
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
