//! Quilts: stored from a form, listed, read file by file.
//!
//! Source: MystenLabs/walrus at 3c1cacc1, `crates/walrus-service/src/client/daemon/routes.rs`.

use std::collections::BTreeMap;
use std::io::Write;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::Json;
use hub_walrus::{BlobId, Code};
use hub_walrus_encode::quilt::{File, Patch, Quilt};
use serde::Deserialize;
use serde_json::{json, Value};

use crate::aggregator::{add_attributes, headers_of_bytes, set};
use crate::answer::{any, too_long, Problem};
use crate::face::{Asked, Face};
use crate::faults::{Effects, On};
use crate::ids::{BlobParam, PatchParam};
use crate::publisher::{after, before, encode, store, StoreQuery};

#[derive(Debug, Deserialize)]
struct Metadata {
    identifier: String,
    #[serde(default)]
    tags: serde_json::Map<String, Value>,
}

struct Field {
    identifier: String,
    bytes: Vec<u8>,
}

pub(crate) async fn put_quilt(
    State(face): State<Face>,
    Query(query): Query<StoreQuery>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let effects = face.faults().effects(On::Store, None);
    if let Some(early) = before(&face, &headers, &effects).await {
        return early;
    }
    let malformed = |why: String| {
        Problem::daemon(
            400,
            "MALFORMED_REQUEST",
            format!("the request is malformed: {why}"),
        )
        .into_response()
    };
    let form = match Multipart::from_request(request, &()).await {
        Ok(form) => form,
        Err(rejection) => return rejection.into_response(),
    };
    let (fields, metadata) = match read_form(form, face.quilt_limit()).await {
        Ok(read) => read,
        Err(FormError::TooLong) => return too_long(),
        Err(FormError::Malformed(why)) => {
            return malformed(format!("failed to parse multipart form: {why}"))
        }
    };
    if fields.is_empty() {
        return malformed("no files provided in multipart form".into());
    }
    let purchase = match query.purchase(&face) {
        Ok(purchase) => purchase,
        Err(problem) => return problem.into_response(),
    };
    let file = |field: &Field| {
        (
            field.identifier.clone(),
            metadata.get(&field.identifier).cloned().unwrap_or_default(),
        )
    };
    let named: Vec<_> = fields.iter().map(file).collect();
    let files: Vec<File> = fields
        .iter()
        .zip(&named)
        .map(|(field, (identifier, tags))| File {
            identifier,
            tags: tags.clone(),
            bytes: &field.bytes,
        })
        .collect();
    let quilt = match Quilt::new(Code::WALRUS, &files) {
        Ok(quilt) => quilt,
        Err(error) => return malformed(format!("failed to construct quilt: {error}")),
    };
    let written = face
        .store()
        .incoming()
        .map_err(|e| e.to_string())
        .and_then(|mut file| {
            file.write_all(quilt.bytes()).map_err(|e| e.to_string())?;
            Ok(file)
        });
    let outcome = match written {
        Ok(file) => encode(file).await,
        Err(error) => return Problem::internal(error).into_response(),
    };
    let (file, encoding) = match outcome {
        Ok(outcome) => outcome,
        Err(problem) => return problem.into_response(),
    };
    match store(&face, file, &encoding, &purchase, query.force) {
        Ok(result) => {
            let patches: Vec<Value> = quilt
                .patches()
                .iter()
                .filter_map(|patch| stored(encoding.id, patch))
                .collect();
            after(
                &effects,
                json!({ "blobStoreResult": result, "storedQuiltBlobs": patches }),
            )
        }
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

fn stored(quilt: BlobId, patch: &Patch) -> Option<Value> {
    let id = patch.id(quilt).ok()?.to_string();
    Some(json!({
        "identifier": patch.identifier,
        "quiltPatchId": id,
        "range": [patch.start, patch.end],
    }))
}

enum FormError {
    TooLong,
    Malformed(String),
}

type Tags = BTreeMap<String, BTreeMap<String, String>>;

async fn read_form(mut form: Multipart, limit: u64) -> Result<(Vec<Field>, Tags), FormError> {
    let malformed = |e: &dyn std::fmt::Display| FormError::Malformed(e.to_string());
    let mut fields = vec![];
    let mut metadata = BTreeMap::new();
    let mut total = 0;
    while let Some(field) = form.next_field().await.map_err(|e| malformed(&e))? {
        let identifier = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|e| malformed(&e))?;
        total += bytes.len() as u64;
        if total > limit {
            return Err(FormError::TooLong);
        }
        if identifier != "_metadata" {
            fields.push(Field {
                identifier,
                bytes: bytes.to_vec(),
            });
            continue;
        }
        for one in serde_json::from_slice::<Vec<Metadata>>(&bytes).map_err(|e| malformed(&e))? {
            let text = |(key, value): (String, Value)| match value {
                Value::String(value) => (key, value),
                other => (key, other.to_string()),
            };
            let tags = one.tags.into_iter().map(text).collect();
            if metadata.insert(one.identifier.clone(), tags).is_some() {
                let why = format!(
                    "duplicate identifiers found in _metadata: {}",
                    one.identifier
                );
                return Err(FormError::Malformed(why));
            }
        }
    }
    Ok((fields, metadata))
}

/// A quilt that is stored, or the answer that says why not.
async fn open(face: &Face, id: BlobId) -> Result<(Quilt, Effects), Response> {
    let effects = face.faults().effects(On::Quilt, Some(&id.to_string()));
    if let Some(time) = effects.delay {
        tokio::time::sleep(time).await;
    }
    if let Some((code, retry_after)) = effects.status {
        return Err(any(code, false, retry_after));
    }
    if face.store().readable(&id).is_none() {
        return Err(Problem::blob_not_found().into_response());
    }
    let bytes = tokio::fs::read(face.store().blob(&id)).await;
    let bytes = bytes.map_err(|e| Problem::internal(e.to_string()).into_response())?;
    let quilt = Quilt::parse(Code::WALRUS, bytes);
    let quilt = quilt.map_err(|e| Problem::internal(e.to_string()).into_response())?;
    Ok((quilt, effects))
}

pub(crate) async fn list(
    State(face): State<Face>,
    Path(BlobParam(id)): Path<BlobParam>,
) -> Response {
    let (quilt, _) = match open(&face, id).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let patch = |patch: &Patch| {
        let id = patch.id(id).ok()?.to_string();
        Some(json!({ "identifier": patch.identifier, "patch_id": id, "tags": patch.tags }))
    };
    let patches: Vec<Value> = quilt.patches().iter().filter_map(patch).collect();
    (StatusCode::OK, Json(patches)).into_response()
}

pub(crate) async fn get_by_patch_id(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    method: Method,
    headers: HeaderMap,
    Path(PatchParam(id)): Path<PatchParam>,
) -> Response {
    let (quilt, effects) = match open(&face, id.quilt()).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let found = quilt
        .patches()
        .iter()
        .find(|patch| (patch.start, patch.end) == (id.start(), id.end()));
    match found.cloned() {
        Some(patch) => send(
            &quilt,
            &patch,
            id.quilt(),
            &effects,
            &asked,
            (&method, &headers),
        ),
        None => Problem::patch_not_found().into_response(),
    }
}

pub(crate) async fn get_by_identifier(
    State(face): State<Face>,
    axum::Extension(asked): axum::Extension<Asked>,
    headers: HeaderMap,
    Path((BlobParam(id), identifier)): Path<(BlobParam, String)>,
) -> Response {
    let (quilt, effects) = match open(&face, id).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let found = quilt
        .patches()
        .iter()
        .find(|patch| patch.identifier == identifier);
    match found.cloned() {
        Some(patch) => send(
            &quilt,
            &patch,
            id,
            &effects,
            &asked,
            (&Method::GET, &headers),
        ),
        None => Problem::patch_not_found().into_response(),
    }
}

fn send(
    quilt: &Quilt,
    patch: &Patch,
    id: BlobId,
    effects: &Effects,
    asked: &Asked,
    (method, headers): (&Method, &HeaderMap),
) -> Response {
    let mut bytes = match quilt.file(&patch.identifier) {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(error.to_string()).into_response(),
    };
    for offset in &effects.wrong_bytes {
        let place = usize::try_from(*offset).ok();
        if let Some(byte) = place.and_then(|place| bytes.get_mut(place)) {
            *byte ^= 1;
        }
    }
    asked.pending.sent(bytes.len() as u64);
    let mut response = (StatusCode::OK, Body::from(bytes)).into_response();
    headers_of_bytes(method, headers, &id.to_string(), response.headers_mut());
    add_attributes(response.headers_mut(), &patch.tags);
    set(
        response.headers_mut(),
        axum::http::HeaderName::from_static("x-quilt-patch-identifier"),
        &patch.identifier,
    );
    response
}
