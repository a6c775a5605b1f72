//! What a storage node tells.
//!
//! Source: MystenLabs/walrus at 3c1cacc1, `crates/walrus-service/src/node/server/routes.rs`,
//! `crates/walrus-storage-node-client/src/api.rs`, `crates/walrus-core/src/metadata.rs`.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::Json;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_walrus::{BlobId, Confirmation, Persistence};
use serde_json::{json, Value};

use crate::answer::{any, Problem};
use crate::face::Face;
use crate::faults::On;
use crate::ids::{BlobParam, ObjectParam};
use crate::publisher::{bytes_of, event};

fn success(data: Value) -> Response {
    Json(json!({ "success": { "code": 200, "data": data } })).into_response()
}

async fn fault(face: &Face, id: &BlobId) -> Option<Response> {
    let effects = face.faults().effects(On::Node, Some(&id.to_string()));
    if let Some(time) = effects.delay {
        tokio::time::sleep(time).await;
    }
    effects
        .status
        .map(|(code, retry_after)| any(code, false, retry_after))
}

pub(crate) async fn health(State(face): State<Face>) -> Response {
    let committee = face.committee().message(face.store().epoch());
    let first = committee.members.first();
    let shards = first.map_or(0, |node| node.weight);
    success(json!({
        "uptime": { "secs": face.uptime().as_secs(), "nanos": 0 },
        "epoch": face.store().epoch(),
        "publicKey": first.map(|node| node.key.clone()),
        "nodeStatus": "Active",
        "eventProgress": { "persisted": 0, "pending": 0 },
        "shardSummary": {
            "owned": shards,
            "ownedShardStatus": { "unknown": 0, "ready": shards, "inTransfer": 0, "inRecovery": 0 },
            "readOnly": 0,
        },
    }))
}

pub(crate) async fn status(
    State(face): State<Face>,
    Path(BlobParam(id)): Path<BlobParam>,
) -> Response {
    if let Some(response) = fault(&face, &id).await {
        return response;
    }
    let epoch = face.store().epoch();
    let Some(record) = face.store().record(&id) else {
        return success(json!("nonexistent"));
    };
    let deletable = record.live(epoch).filter(|object| object.deletable);
    let (mut total, mut certified) = (0, 0);
    for object in deletable {
        total += 1;
        certified += u32::from(object.certified_epoch.is_some());
    }
    let counts = json!({ "count_deletable_total": total, "count_deletable_certified": certified });
    let initial = record
        .live(epoch)
        .filter_map(|object| object.certified_epoch)
        .min();
    let permanent = record
        .live(epoch)
        .filter(|object| !object.deletable)
        .max_by_key(|object| object.end_epoch);
    success(match permanent {
        Some(object) => json!({
            "permanent": {
                "endEpoch": object.end_epoch,
                "isCertified": object.certified_epoch.is_some(),
                "statusEvent": event(&object.id),
                "deletableCounts": counts,
                "initialCertifiedEpoch": initial,
            }
        }),
        None if total > 0 => json!({
            "deletable": { "initialCertifiedEpoch": initial, "deletableCounts": counts }
        }),
        None => json!("nonexistent"),
    })
}

pub(crate) async fn metadata(
    State(face): State<Face>,
    Path(BlobParam(id)): Path<BlobParam>,
) -> Response {
    if let Some(response) = fault(&face, &id).await {
        return response;
    }
    let found = face.store().readable(&id).and_then(|record| {
        let roots = face.store().roots(&id).ok()?;
        Some((record.length, roots))
    });
    let Some((length, roots)) = found else {
        return Problem::node(
            404,
            "METADATA_NOT_FOUND",
            "the requested metadata is unavailable",
        )
        .into_response();
    };
    // BCS of `BlobMetadataWithId`: id, version V1, encoding RS2, length, and a pair of tagged digests for each shard.
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend_from_slice(&[0, 1]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&[0xe8, 0x07]);
    for root in roots.chunks(32) {
        bytes.push(1);
        bytes.extend_from_slice(root);
    }
    bytes.into_response()
}

pub(crate) async fn permanent(
    State(face): State<Face>,
    Path((node, BlobParam(id))): Path<(usize, BlobParam)>,
) -> Response {
    confirm(&face, node, id, Persistence::Permanent).await
}

pub(crate) async fn first_permanent(
    State(face): State<Face>,
    Path(BlobParam(id)): Path<BlobParam>,
) -> Response {
    confirm(&face, 0, id, Persistence::Permanent).await
}

pub(crate) async fn deletable(
    State(face): State<Face>,
    Path((node, BlobParam(id), ObjectParam(object))): Path<(usize, BlobParam, ObjectParam)>,
) -> Response {
    confirm_deletable(&face, node, id, &object).await
}

pub(crate) async fn first_deletable(
    State(face): State<Face>,
    Path((BlobParam(id), ObjectParam(object))): Path<(BlobParam, ObjectParam)>,
) -> Response {
    confirm_deletable(&face, 0, id, &object).await
}

async fn confirm_deletable(face: &Face, node: usize, id: BlobId, object: &str) -> Response {
    let epoch = face.store().epoch();
    let known = face.store().record(&id).is_some_and(|record| {
        let found = record
            .live(epoch)
            .any(|known| known.deletable && known.id == object);
        found
    });
    if !known {
        return not_registered();
    }
    let persistence = Persistence::Deletable {
        object_id: bytes_of(object),
    };
    confirm(face, node, id, persistence).await
}

/// As a node does it, which signs the permanent form for anything that is registered.
async fn confirm(face: &Face, node: usize, id: BlobId, persistence: Persistence) -> Response {
    if let Some(response) = fault(face, &id).await {
        return response;
    }
    let epoch = face.store().epoch();
    let registered = face
        .store()
        .record(&id)
        .is_some_and(|record| record.live(epoch).next().is_some());
    if !registered {
        return not_registered();
    }
    if face.store().readable(&id).is_none() {
        return Problem::node(
            400,
            "MISSING_SLIVERS",
            "the required slivers are not all stored",
        )
        .into_response();
    }
    let message = Confirmation {
        epoch,
        blob_id: id,
        persistence,
    }
    .to_bytes();
    match face.committee().sign(node, &message) {
        Some(signature) => success(json!({
            "signed": {
                "serializedMessage": STANDARD.encode(message),
                "signature": STANDARD.encode(signature),
            }
        })),
        None => Problem::node(404, "NO_SUCH_NODE", "there is no such storage node").into_response(),
    }
}

fn not_registered() -> Response {
    Problem::node(
        400,
        "NOT_REGISTERED",
        "the blob has not been registered or has already expired",
    )
    .into_response()
}
