//! Reading, as an aggregator does it.
//!
//! Source: MystenLabs/walrus at 3c1cacc1, `crates/walrus-service/src/client/daemon/routes.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{header, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::Json;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use hub_walrus::BlobId;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::answer::{any, text, Problem};
use crate::body;
use crate::face::{Asked, Face};
use crate::faults::{Effects, On};
use crate::ids::{BlobParam, ObjectParam};

/// Attributes of an object that become headers.
const HEADERS: [&str; 7] = [
    "content-type",
    "authorization",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "link",
];

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadOptions {
    #[serde(default)]
    strict_consistency_check: bool,
    #[serde(default)]
    skip_consistency_check: bool,
}

impl ReadOptions {
    fn check(self) -> Result<(), Problem> {
        if self.strict_consistency_check && self.skip_consistency_check {
            return Err(Problem::daemon(
                400,
                "INVALID_CONSISTENCY_CHECK",
                "cannot set both strict and skip consistency check options",
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByteRange {
    start: u64,
    length: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConcatQuery {
    ids: String,
    #[serde(default)]
    strict_consistency_check: bool,
    #[serde(default)]
    skip_consistency_check: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConcatBody {
    ids: Vec<String>,
    #[serde(default)]
    strict_consistency_check: Option<bool>,
    #[serde(default)]
    skip_consistency_check: Option<bool>,
}

/// What the request asks for, apart from the blob.
struct Wish<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    address: String,
}

pub(crate) async fn status() -> &'static str {
    "OK"
}

pub(crate) async fn get_blob(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    Path(BlobParam(id)): Path<BlobParam>,
    Query(options): Query<ReadOptions>,
) -> Response {
    if let Err(problem) = options.check() {
        return problem.into_response();
    }
    let wish = Wish {
        method: &method,
        headers: &headers,
        address: uri.to_string(),
    };
    read(&face, &asked, &wish, id).await
}

pub(crate) async fn get_by_object_id(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    Path(ObjectParam(object)): Path<ObjectParam>,
    Query(options): Query<ReadOptions>,
) -> Response {
    if let Err(problem) = options.check() {
        return problem.into_response();
    }
    let Some((id, found)) = face.store().object(&object) else {
        return Problem::blob_not_found().into_response();
    };
    let wish = Wish {
        method: &method,
        headers: &headers,
        address: uri.to_string(),
    };
    let mut response = read(&face, &asked, &wish, id).await;
    if response.status().is_success() {
        add_attributes(response.headers_mut(), &found.attributes);
    }
    response
}

async fn read(face: &Face, asked: &Asked, wish: &Wish<'_>, id: BlobId) -> Response {
    let effects = face.faults().effects(On::Read, Some(&id.to_string()));
    if let Some(time) = effects.delay {
        tokio::time::sleep(time).await;
    }
    if let Some((code, retry_after)) = effects.status {
        return any(code, false, retry_after);
    }
    if face.faults().remembers_not_found(&wish.address) {
        return Problem::blob_not_found().into_response();
    }
    let Some(record) = face.store().readable(&id) else {
        if let Some(time) = effects.cached_not_found {
            face.faults().remember_not_found(&wish.address, time);
        }
        return Problem::blob_not_found().into_response();
    };
    let total = effects.wrong_length.unwrap_or(record.length);
    let asked_for = wish
        .headers
        .get(header::RANGE)
        .filter(|_| !effects.ignore_range);
    let (status, range) = match asked_for.map(|range| parse_range(range, record.length)) {
        None => (StatusCode::OK, 0..record.length),
        Some(Ok(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Err(why)) => return Problem::range(416, why).into_response(),
    };
    let mut response = match bytes(face, asked, id, range.clone(), &effects).await {
        Ok(body) => (status, body).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let headers = response.headers_mut();
    if status == StatusCode::PARTIAL_CONTENT {
        let value = format!("bytes {}-{}/{total}", range.start, range.end - 1);
        set(headers, header::CONTENT_RANGE, &value);
    }
    let length = match status {
        StatusCode::OK => total,
        _ => range.end - range.start,
    };
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    common(wish, &id.to_string(), headers);
    response
}

async fn bytes(
    face: &Face,
    asked: &Asked,
    id: BlobId,
    range: Range<u64>,
    effects: &Effects,
) -> Result<Body, Problem> {
    body::of_file(&face.store().blob(&id), range, effects, &asked.pending)
        .await
        .map_err(|e| Problem::internal(e.to_string()))
}

/// One closed range, within the blob: nothing is clamped.
fn parse_range(value: &HeaderValue, length: u64) -> Result<Range<u64>, &'static str> {
    let invalid = "invalid range header format: not of the form bytes=start-end";
    let range = value
        .to_str()
        .map_err(|_| invalid)?
        .trim()
        .strip_prefix("bytes=")
        .ok_or(invalid)?;
    if range.contains(',') {
        return Err("only support one range per request");
    }
    let (start, end) = range.split_once('-').ok_or(invalid)?;
    if start.is_empty() {
        return Err("must provide start index");
    }
    if end.is_empty() {
        return Err("must provide end index");
    }
    let (start, end): (u64, u64) = (
        start.parse().map_err(|_| invalid)?,
        end.parse().map_err(|_| invalid)?,
    );
    if start > end {
        return Err("start index must be less than end index");
    }
    if end >= length {
        return Err("the range extends beyond the end of the blob");
    }
    Ok(start..end + 1)
}

pub(crate) async fn get_byte_range(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    Path(BlobParam(id)): Path<BlobParam>,
    Query(range): Query<ByteRange>,
) -> Response {
    if range.length == 0 {
        return Problem::range(400, "length must be greater than 0").into_response();
    }
    let Some(end) = range.start.checked_add(range.length) else {
        return Problem::range(400, "start + length overflows").into_response();
    };
    let effects = face.faults().effects(On::Read, Some(&id.to_string()));
    if let Some(time) = effects.delay {
        tokio::time::sleep(time).await;
    }
    if let Some((code, retry_after)) = effects.status {
        return any(code, false, retry_after);
    }
    let Some(record) = face.store().readable(&id) else {
        return Problem::daemon(
            404,
            "BLOB_NOT_FOUND",
            "the requested blob ID does not exist on Walrus, ensure that it was entered correctly",
        )
        .into_response();
    };
    if end > record.length {
        return Problem::range(400, "the range extends beyond the end of the blob").into_response();
    }
    // 200, so that caches keep it.
    let mut response = match bytes(&face, &asked, id, range.start..end, &effects).await {
        Ok(body) => (StatusCode::OK, body).into_response(),
        Err(problem) => return problem.into_response(),
    };
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(range.length));
    let wish = Wish {
        method: &method,
        headers: &headers,
        address: uri.to_string(),
    };
    let etag = format!("{id}-{}-{}", range.start, range.length);
    common(&wish, &etag, response.headers_mut());
    response
}

pub(crate) async fn stream_blob(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    Path(BlobParam(id)): Path<BlobParam>,
) -> Response {
    let effects = face.faults().effects(On::Read, Some(&id.to_string()));
    if let Some((code, retry_after)) = effects.status {
        return any(code, false, retry_after);
    }
    let Some(record) = face.store().readable(&id) else {
        return Problem::daemon(
            404,
            "BLOB_NOT_FOUND",
            "the requested blob ID does not exist on Walrus",
        )
        .into_response();
    };
    let mut response = match bytes(&face, &asked, id, 0..record.length, &effects).await {
        Ok(body) => (StatusCode::OK, body).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let wish = Wish {
        method: &method,
        headers: &headers,
        address: uri.to_string(),
    };
    common(&wish, &id.to_string(), response.headers_mut());
    let length = HeaderValue::from(record.length);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
        .headers_mut()
        .insert("x-walrus-streaming", HeaderValue::from_static("true"));
    response
}

pub(crate) async fn get_concat(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    headers: HeaderMap,
    Query(query): Query<ConcatQuery>,
) -> Response {
    let ids = query
        .ids
        .split(',')
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    let options = ReadOptions {
        strict_consistency_check: query.strict_consistency_check,
        skip_consistency_check: query.skip_consistency_check,
    };
    concat(&face, &asked, &Method::GET, &headers, ids, options).await
}

pub(crate) async fn post_concat(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    Json(body): Json<ConcatBody>,
) -> Response {
    let options = ReadOptions {
        strict_consistency_check: body.strict_consistency_check.unwrap_or_default(),
        skip_consistency_check: body.skip_consistency_check.unwrap_or_default(),
    };
    concat(&face, &asked, &method, &headers, body.ids, options).await
}

async fn concat(
    face: &Face,
    asked: &Asked,
    method: &Method,
    headers: &HeaderMap,
    ids: Vec<String>,
    options: ReadOptions,
) -> Response {
    if ids.is_empty() {
        return text(400, "at least one blob ID or object ID must be provided");
    }
    if let Err(problem) = options.check() {
        return problem.into_response();
    }
    let mut all = vec![];
    let mut attributes = BTreeMap::new();
    for (place, id) in ids.iter().enumerate() {
        if let Ok(blob) = id.parse::<BlobId>() {
            all.push(blob);
            continue;
        }
        let Some(object) = crate::ids::object_id(id) else {
            return Problem::daemon(400, "INVALID_ID_FORMAT", format!("invalid ID format: {id}"))
                .into_response();
        };
        let Some((blob, found)) = face.store().object(&object) else {
            return Problem::daemon(
                404,
                "OBJECT_ID_RESOLUTION_FAILED",
                format!("failed to resolve object ID {object}: no such object"),
            )
            .into_response();
        };
        if place == 0 {
            attributes = found.attributes;
        }
        all.push(blob);
    }
    let mut bytes = vec![];
    for id in &all {
        if face.store().readable(id).is_none() {
            // As in Walrus: by now the status is sent, and the stream breaks off.
            let cut = futures_util::stream::iter([
                Ok(axum::body::Bytes::from(bytes)),
                Err(std::io::Error::other(format!("blob not found: {id}"))),
            ]);
            return (StatusCode::OK, Body::from_stream(cut)).into_response();
        }
        match tokio::fs::read(face.store().blob(id)).await {
            Ok(mut blob) => bytes.append(&mut blob),
            Err(e) => return Problem::internal(e.to_string()).into_response(),
        }
    }
    asked.pending.sent(bytes.len() as u64);
    let mut response = (StatusCode::OK, Body::from(bytes)).into_response();
    let etag = URL_SAFE_NO_PAD.encode(Sha256::digest(ids.join(",")));
    let wish = Wish {
        method,
        headers,
        address: String::new(),
    };
    common(&wish, &etag, response.headers_mut());
    add_attributes(response.headers_mut(), &attributes);
    response
}

/// Headers of every answer that has bytes.
fn common(wish: &Wish, etag: &str, headers: &mut HeaderMap) {
    headers_of_bytes(wish.method, wish.headers, etag, headers);
}

pub(crate) fn headers_of_bytes(
    method: &Method,
    asked: &HeaderMap,
    etag: &str,
    headers: &mut HeaderMap,
) {
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(
        headers,
        header::CACHE_CONTROL,
        "public, max-age=86400, stale-while-revalidate=3600",
    );
    // Without quotes, though HTTP asks for them.
    set(headers, header::ETAG, etag);
    let accept = asked
        .get(header::ACCEPT)
        .filter(|accept| !accept.as_bytes().contains(&b'*'));
    let own = asked
        .get(header::CONTENT_TYPE)
        .filter(|_| *method == Method::GET);
    if let Some(kind) = accept.or(own) {
        headers.insert(header::CONTENT_TYPE, kind.clone());
    }
}

pub(crate) fn add_attributes(headers: &mut HeaderMap, attributes: &BTreeMap<String, String>) {
    for (name, value) in attributes {
        let name = name.to_ascii_lowercase();
        if !HEADERS.contains(&name.as_str()) || headers.contains_key(&name) {
            continue;
        }
        if let Ok(name) = HeaderName::try_from(name) {
            set(headers, name, value);
        }
    }
}

pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
