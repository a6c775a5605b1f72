//! What OpenAI's clients ask.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::Json;
use hub_engine::{TextKind, TextRequest};
use serde::Serialize;
use utoipa::ToSchema;

use super::answered;
use crate::app::App;
use crate::error::ApiError;
use crate::models::ModelPath;

/// Models, as OpenAI lists them.
#[derive(Serialize, ToSchema)]
pub struct ModelList {
    /// `list`.
    pub object: String,
    /// The models.
    pub data: Vec<ListedModel>,
}

/// A model, as OpenAI lists it.
#[derive(Serialize, ToSchema)]
pub struct ListedModel {
    /// `author/name`, by which it is called.
    pub id: String,
    /// `model`.
    pub object: String,
    /// 0: the registry knows when it was published.
    pub created: u64,
    /// Address of its author.
    pub owned_by: String,
}

/// The models that are served.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelList)))]
pub async fn models(State(app): State<Arc<App>>) -> Json<ModelList> {
    let mut served = app.models.served();
    served.dedup_by_key(|one| one.model);
    let data = served.into_iter().map(|one| ListedModel {
        id: one.path(),
        object: "model".to_owned(),
        created: 0,
        owned_by: one.author.clone(),
    });
    Json(ModelList {
        object: "list".to_owned(),
        data: data.collect(),
    })
}

/// A conversation goes on. `model` is `author/name`, or the model's number. With `stream` the answer comes as events; the last is
/// named `payment-response` and has what the header has otherwise, and an `error` event stands before it where the answer broke
/// off. What was sent is charged. The receipt's hash is that of all bytes before the first line that begins with `event:`.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai",
    params(("PAYMENT-SIGNATURE" = Option<String>, Header, description = "x402 version 2: base64 of JSON")),
    request_body(content = Object, description = "As OpenAI has it; fields that may cost what nobody counts are refused"),
    responses(
        (status = 200, description = "As OpenAI has it", body = Object, headers(("PAYMENT-RESPONSE" = String, description = "x402 version 2: receipt, amount, signature; not of streams, whose last event has it"))),
        (status = 400, body = crate::error::ErrorBody),
        (status = 402, body = crate::error::ErrorBody, headers(("PAYMENT-REQUIRED" = String, description = "x402 version 2: what this request costs"))),
        (status = 404, body = crate::error::ErrorBody),
        (status = 409, body = crate::error::ErrorBody),
        (status = 413, body = crate::error::ErrorBody),
        (status = 422, body = crate::error::ErrorBody),
        (status = 429, body = crate::error::ErrorBody),
        (status = 502, body = crate::error::ErrorBody),
        (status = 503, body = crate::error::ErrorBody)))]
pub async fn chat(
    State(app): State<Arc<App>>,
    parts: Parts,
    body: Body,
) -> axum::response::Response {
    asked(app, TextKind::Chat, parts, body).await
}

/// Vectors of texts. `model` is `author/name`, or the model's number.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai",
    params(("PAYMENT-SIGNATURE" = Option<String>, Header, description = "x402 version 2: base64 of JSON")),
    request_body(content = Object, description = "As OpenAI has it"),
    responses(
        (status = 200, description = "As OpenAI has it", body = Object, headers(("PAYMENT-RESPONSE" = String, description = "x402 version 2: receipt, amount, signature"))),
        (status = 400, body = crate::error::ErrorBody),
        (status = 402, body = crate::error::ErrorBody, headers(("PAYMENT-REQUIRED" = String, description = "x402 version 2: what this request costs"))),
        (status = 404, body = crate::error::ErrorBody),
        (status = 429, body = crate::error::ErrorBody),
        (status = 502, body = crate::error::ErrorBody),
        (status = 503, body = crate::error::ErrorBody)))]
pub async fn embeddings(
    State(app): State<Arc<App>>,
    parts: Parts,
    body: Body,
) -> axum::response::Response {
    asked(app, TextKind::Embeddings, parts, body).await
}

async fn asked(
    app: Arc<App>,
    kind: TextKind,
    parts: Parts,
    body: Body,
) -> axum::response::Response {
    answered(app, parts, body, async |app: &Arc<App>, request| {
        let name = TextRequest::model_of(&request.body).map_err(ApiError::from)?;
        let served = app.models.find(&ModelPath {
            name,
            version: None,
        })?;
        Ok(app.text(&served, kind, &request).await?.into_response())
    })
    .await
}
