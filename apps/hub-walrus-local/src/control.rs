//! What no real Walrus has, under `/local/`: the clock, the committee, certificates, faults, the journal.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::Json;
use hub_walrus::{Confirmation, Persistence};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::answer::{text, Problem};
use crate::committee::CommitteeMessage;
use crate::face::Face;
use crate::faults::Fault;
use crate::ids::{object_id, BlobParam, ObjectParam};
use crate::journal::Entry;
use crate::publisher::bytes_of;
use crate::store::Purchase;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clock {
    epoch: u32,
    #[serde(default)]
    epoch_seconds: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultList {
    faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    blob_id: String,
    length: u64,
    root_hash: String,
    epochs: u32,
    #[serde(default)]
    deletable: bool,
    #[serde(default)]
    owner: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateQuery {
    #[serde(default)]
    object: Option<String>,
}

pub(crate) async fn clock(State(face): State<Face>) -> Json<Clock> {
    Json(Clock {
        epoch: face.store().epoch(),
        epoch_seconds: face.store().epoch_seconds(),
    })
}

pub(crate) async fn set_clock(State(face): State<Face>, Json(clock): Json<Clock>) -> Response {
    match face.store().set_epoch(clock.epoch) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

pub(crate) async fn committee(State(face): State<Face>) -> Json<CommitteeMessage> {
    Json(face.committee().message(face.store().epoch()))
}

/// Paths of the storage nodes, in the order of the committee.
pub(crate) async fn nodes(State(face): State<Face>) -> Json<Vec<String>> {
    Json(
        (0..face.committee().len())
            .map(|node| format!("/local/nodes/{node}"))
            .collect(),
    )
}

pub(crate) async fn certificate(
    State(face): State<Face>,
    Path(BlobParam(id)): Path<BlobParam>,
    Query(query): Query<CertificateQuery>,
) -> Response {
    let epoch = face.store().epoch();
    let Some(record) = face.store().readable(&id) else {
        return Problem::blob_not_found().into_response();
    };
    let persistence = match &query.object {
        None => Persistence::Permanent,
        Some(object) => {
            let object = object_id(object).unwrap_or_default();
            if !record
                .live(epoch)
                .any(|known| known.deletable && known.id == object)
            {
                return text(404, "the blob has no such deletable object");
            }
            Persistence::Deletable {
                object_id: bytes_of(&object),
            }
        }
    };
    Json(face.committee().certificate(&Confirmation {
        epoch,
        blob_id: id,
        persistence,
    }))
    .into_response()
}

/// What the transaction on Sui does that an upload relay wants to see first.
pub(crate) async fn register(
    State(face): State<Face>,
    Json(registration): Json<Registration>,
) -> Response {
    let Ok(id) = registration.blob_id.parse() else {
        return text(400, "blob_id: expected 43 characters of base64url");
    };
    let mut root = [0; 32];
    if hex::decode_to_slice(&registration.root_hash, &mut root).is_err() {
        return text(400, "root_hash: expected 64 hexadecimal digits");
    }
    if hub_walrus::BlobId::derive(registration.length, &root) != id {
        return text(400, "blob_id is not that of this length and root hash");
    }
    let purchase = Purchase {
        epochs: registration.epochs,
        deletable: registration.deletable,
        shared: false,
        owner: registration.owner.unwrap_or_else(|| face.wallet()),
        certified: false,
    };
    match face
        .store()
        .register_ahead(&id, registration.length, &registration.root_hash, &purchase)
    {
        Ok(object) => {
            Json(json!({ "object_id": object.id, "end_epoch": object.end_epoch })).into_response()
        }
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

pub(crate) async fn set_attributes(
    State(face): State<Face>,
    Path(ObjectParam(object)): Path<ObjectParam>,
    Json(attributes): Json<BTreeMap<String, String>>,
) -> Response {
    match face.store().set_attributes(&object, attributes) {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => text(404, "there is no such object"),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

pub(crate) async fn faults(State(face): State<Face>) -> Json<Value> {
    Json(json!({ "faults": face.faults().get() }))
}

pub(crate) async fn set_faults(
    State(face): State<Face>,
    Json(list): Json<FaultList>,
) -> StatusCode {
    face.faults().set(list.faults);
    StatusCode::NO_CONTENT
}

pub(crate) async fn requests(State(face): State<Face>) -> Json<Vec<Entry>> {
    Json(face.journal().entries())
}

pub(crate) async fn forget_requests(State(face): State<Face>) -> StatusCode {
    face.journal().clear();
    StatusCode::NO_CONTENT
}
