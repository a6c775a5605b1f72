//! What OpenAI's clients ask.

use std::sync::Arc;

use axum::extract::State;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

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
