//! Storing, as a publisher does it, and spreading, as an upload relay does it.
//!
//! Source: MystenLabs/walrus at 3c1cacc1, `crates/walrus-service/src/client/daemon/routes.rs`,
//! `crates/walrus-sdk/src/node_client/responses.rs`, `crates/walrus-upload-relay/src/controller.rs`.

use std::io::Write;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{header, HeaderMap};
use axum::response::{IntoResponse, Response};
use axum::Json;
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use futures_util::StreamExt;
use hub_walrus::{BlobId, Confirmation, Persistence};
use hub_walrus_encode::{Encoder, Encoding, Options};
use serde::{Deserialize, Deserializer};
use serde_json::{json, Value};
use tempfile::NamedTempFile;

use crate::answer::{any, text, too_long, Domain, Problem};
use crate::face::Face;
use crate::faults::{Effects, On};
use crate::ids::object_id;
use crate::store::{encoded_length, LocalError, Object, Purchase};

/// Price of a MiB of encoded size for an epoch, in FROST. Made up: nobody pays here.
const PRICE: u64 = 2_100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreQuery {
    #[serde(default)]
    encoding_type: Option<EncodingType>,
    #[serde(default = "one")]
    epochs: u32,
    #[serde(default)]
    deletable: bool,
    #[serde(default)]
    permanent: bool,
    #[serde(default)]
    pub force: bool,
    #[serde(default)]
    #[allow(dead_code)]
    quilt_version: Option<String>,
    #[serde(default)]
    #[allow(dead_code)]
    reuse_resources: bool,
    #[serde(default, deserialize_with = "address")]
    send_object_to: Option<String>,
    #[serde(default)]
    share: bool,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum EncodingType {
    #[serde(rename = "RS2")]
    Rs2,
}

fn one() -> u32 {
    1
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address =
        object_id(&text).ok_or_else(|| serde::de::Error::custom("invalid Sui address"))?;
    Ok(Some(address))
}

impl StoreQuery {
    pub fn purchase(&self, face: &Face) -> Result<Purchase, Problem> {
        let (Some(EncodingType::Rs2) | None) = self.encoding_type;
        if self.deletable && self.permanent {
            return Err(Problem::daemon(
                400,
                "INVALID_BLOB_PERSISTENCE",
                "the blob cannot be defined as both deletable and permanent",
            ));
        }
        if self.epochs == 0 || self.epochs > face.most_epochs() {
            // Sui refuses the transaction, and the publisher passes that on.
            return Err(Problem::internal(format!(
                "the number of epochs must be between 1 and {}",
                face.most_epochs()
            )));
        }
        Ok(Purchase {
            epochs: self.epochs,
            deletable: !self.permanent,
            shared: self.share,
            owner: self.send_object_to.clone().unwrap_or_else(|| face.wallet()),
            certified: true,
        })
    }
}

pub(crate) async fn put_blob(
    State(face): State<Face>,
    Query(query): Query<StoreQuery>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let effects = face.faults().effects(On::Store, None);
    if let Some(early) = before(&face, &headers, &effects).await {
        return early;
    }
    let purchase = match query.purchase(&face) {
        Ok(purchase) => purchase,
        Err(problem) => return problem.into_response(),
    };
    let file = match receive(&face, &headers, body).await {
        Ok(file) => file,
        Err(response) => return response,
    };
    let outcome = encode(file).await;
    let (file, encoding) = match outcome {
        Ok(outcome) => outcome,
        Err(problem) => return problem.into_response(),
    };
    match store(&face, file, &encoding, &purchase, query.force) {
        Ok(answer) => after(&effects, answer),
        Err(error) => Problem::internal(error.to_string()).into_response(),
    }
}

/// What happens before anything is done.
pub(crate) async fn before(
    face: &Face,
    headers: &HeaderMap,
    effects: &Effects,
) -> Option<Response> {
    if let Some(time) = effects.delay {
        tokio::time::sleep(time).await;
    }
    if let Some((code, retry_after)) = effects.status {
        return Some(any(code, true, retry_after));
    }
    let expected = face.token()?;
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match given.map(|given| given.strip_prefix("Bearer ")) {
        None => Some(text(400, "Header of type `authorization` was missing")),
        Some(Some(token)) if token == expected => None,
        Some(_) => {
            let problem = Problem {
                domain: Domain::Auth,
                code: 401,
                reason: "INVALID_SIGNATURE",
                message: "the signature on the token is invalid: InvalidSignature".into(),
            };
            Some(problem.into_response())
        }
    }
}

/// The answer, or the one that is to be given instead.
pub(crate) fn after(effects: &Effects, mut answer: Value) -> Response {
    if let Some(code) = effects.store_then {
        return any(code, true, None);
    }
    if effects.wrong_id {
        let other = BlobId::from_bytes([0x57; 32]).to_string();
        for path in [
            "/newlyCreated/blobObject/blobId",
            "/alreadyCertified/blobId",
        ] {
            if let Some(id) = answer.pointer_mut(path) {
                *id = other.clone().into();
            }
        }
    }
    Json(answer).into_response()
}

/// Takes a body in, up to the limit.
async fn receive(face: &Face, headers: &HeaderMap, body: Body) -> Result<NamedTempFile, Response> {
    let limit = face.limit();
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_long());
    }
    let internal = |e: &dyn std::fmt::Display| Problem::internal(e.to_string()).into_response();
    let mut file = face.store().incoming().map_err(|e| internal(&e))?;
    let mut length = 0;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece =
            piece.map_err(|e| text(400, format!("Failed to buffer the request body: {e}")))?;
        length += piece.len() as u64;
        if length > limit {
            return Err(too_long());
        }
        file.write_all(&piece).map_err(|e| internal(&e))?;
    }
    Ok(file)
}

/// Computes the encoding, away from the threads that serve.
pub(crate) async fn encode(file: NamedTempFile) -> Result<(NamedTempFile, Encoding), Problem> {
    let encoding = tokio::task::spawn_blocking(move || {
        let encoding = Encoder::new(Options::default()).encode(file.as_file(), &mut ());
        encoding.map(|encoding| (file, encoding))
    });
    match encoding.await {
        Ok(Ok(encoding)) => Ok(encoding),
        Ok(Err(error)) => Err(Problem::internal(error.to_string())),
        Err(error) => Err(Problem::internal(error.to_string())),
    }
}

/// Stores a blob, unless it is stored for long enough already.
pub(crate) fn store(
    face: &Face,
    file: NamedTempFile,
    encoding: &Encoding,
    purchase: &Purchase,
    force: bool,
) -> Result<Value, LocalError> {
    let id = encoding.id;
    let epoch = face.store().epoch();
    let wanted = epoch.saturating_add(purchase.epochs);
    let record = face.store().record(&id);
    let enough = record
        .iter()
        .flat_map(|record| record.live(epoch))
        .find(|object| {
            object.certified_epoch.is_some()
            && object.end_epoch >= wanted
            && object.deletable == purchase.deletable
            // A deletable one counts only if it is one's own.
            && (!object.deletable || object.owner == face.wallet())
        });
    if let (Some(object), false) = (enough, force) {
        let mut answer = json!({ "blobId": id.to_string(), "endEpoch": object.end_epoch });
        if object.deletable {
            answer["object"] = object.id.clone().into();
        } else {
            answer["event"] = event(&object.id);
        }
        return Ok(json!({ "alreadyCertified": answer }));
    }
    face.store().keep(encoding, file)?;
    let object = face.store().register(encoding, purchase)?;
    Ok(created(encoding, &object, purchase))
}

fn created(encoding: &Encoding, object: &Object, purchase: &Purchase) -> Value {
    let size = encoded_length(encoding.length);
    let mut answer = json!({
        "blobObject": {
            "id": object.id,
            "registeredEpoch": object.registered_epoch,
            "blobId": encoding.id.to_string(),
            "size": encoding.length,
            "encodingType": "RS2",
            "certifiedEpoch": object.certified_epoch,
            "storage": {
                "id": object.storage_id,
                "startEpoch": object.registered_epoch,
                "endEpoch": object.end_epoch,
                "storageSize": size,
            },
            "deletable": object.deletable,
        },
        "resourceOperation": {
            "registerFromScratch": { "encodedLength": size, "epochsAhead": purchase.epochs },
        },
        "cost": size.div_ceil(1 << 20) * PRICE * u64::from(purchase.epochs),
    });
    if object.shared {
        answer["sharedBlobObject"] = object.storage_id.clone().into();
    }
    json!({ "newlyCreated": answer })
}

/// The event with which something happened to an object, as Sui names events.
pub(crate) fn event(object: &str) -> Value {
    // A digest in base58; letters that are digits of it.
    let digest: String = object
        .bytes()
        .skip(2)
        .take(43)
        .map(|byte| char::from(b'A' + byte % 8))
        .collect();
    json!({ "txDigest": digest, "eventSeq": "0" })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelayQuery {
    blob_id: String,
    #[serde(default)]
    #[allow(dead_code)]
    tx_id: Option<String>,
    #[serde(default)]
    #[allow(dead_code)]
    nonce: Option<String>,
    #[serde(default)]
    deletable_blob_object: Option<String>,
    #[serde(default)]
    #[allow(dead_code)]
    encoding_type: Option<EncodingType>,
}

pub(crate) async fn tip_config() -> Json<Value> {
    Json(json!("no_tip"))
}

pub(crate) async fn relay(
    State(face): State<Face>,
    Query(query): Query<RelayQuery>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let effects = face.faults().effects(On::Store, Some(&query.blob_id));
    if let Some(early) = before(&face, &headers, &effects).await {
        return early;
    }
    let Ok(id) = query.blob_id.parse::<BlobId>() else {
        return text(
            400,
            "Failed to deserialize query string: blob_id: failed to parse a blob ID",
        );
    };
    let object = query.deletable_blob_object.as_deref().map(object_id);
    if object == Some(None) {
        return text(400, "Failed to deserialize query string: invalid object ID");
    }
    let file = match receive(&face, &headers, body).await {
        Ok(file) => file,
        Err(response) => return response,
    };
    let (file, encoding) = match encode(file).await {
        Ok(outcome) => outcome,
        Err(problem) => return problem.into_response(),
    };
    if encoding.id != id {
        return text(
            400,
            format!(
                "the blob ID of the body is {}, not the one in the query, {id}",
                encoding.id
            ),
        );
    }
    let epoch = face.store().epoch();
    let object = object.flatten();
    let registered = face.store().record(&id).is_some_and(|record| {
        let fits = |known: &Object| match &object {
            Some(object) => known.deletable && known.id == *object,
            None => true,
        };
        let found = record.live(epoch).any(fits);
        found
    });
    if !registered {
        return text(
            400,
            format!("blob {id} is not registered: register it on Sui first"),
        );
    }
    if let Err(error) = face
        .store()
        .keep(&encoding, file)
        .and_then(|()| face.store().certify(&id))
    {
        return Problem::internal(error.to_string()).into_response();
    }
    let persistence = match &object {
        None => Persistence::Permanent,
        Some(object) => Persistence::Deletable {
            object_id: bytes_of(object),
        },
    };
    let message = Confirmation {
        epoch,
        blob_id: id,
        persistence,
    }
    .to_bytes();
    let signed = face.committee().sign_together(&message);
    let answer = json!({
        "blob_id": id.as_bytes(),
        "confirmation_certificate": {
            "signers": signed.signers,
            "serialized_message": message,
            "signature": STANDARD.encode(signed.signature),
        }
    });
    match effects.store_then {
        Some(code) => any(code, true, None),
        None => Json(answer).into_response(),
    }
}

/// The 32 bytes of an object id that has all its digits.
pub(crate) fn bytes_of(object: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digits = object.strip_prefix("0x").unwrap_or(object);
    // Its form was checked when it came in; what is not hexadecimal stays zero.
    let _ = hex::decode_to_slice(digits, &mut bytes);
    bytes
}
