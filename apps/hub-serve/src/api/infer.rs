//! The Open Inference Protocol, version 2.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::Json;
use hub_engine::Port;
use serde::Serialize;
use utoipa::ToSchema;

use super::answered;
use crate::app::App;
use crate::error::ApiError;
use crate::models::{ModelPath, Runner, Served};

type Response = axum::response::Response;

/// What a model takes and gives.
#[derive(Serialize, ToSchema)]
pub struct ModelMetadata {
    /// `author/name`.
    pub name: String,
    /// Releases that are served, by number.
    pub versions: Vec<String>,
    /// Name and version of the engine.
    pub platform: String,
    /// What callers send.
    pub inputs: Vec<TensorMetadata>,
    /// What they get.
    pub outputs: Vec<TensorMetadata>,
}

/// A tensor that a model takes or gives.
#[derive(Serialize, ToSchema)]
pub struct TensorMetadata {
    /// Its name.
    pub name: String,
    /// Type of its elements, such as `FP32`.
    pub datatype: String,
    /// Its dimensions; -1 for any size.
    pub shape: Vec<i64>,
}

/// A request. `outputs` names those that are wanted; all of them if it is left out.
#[derive(Serialize, ToSchema)]
pub struct InferenceRequest {
    /// The caller's name for the request, which the answer repeats.
    #[schema(required = false)]
    pub id: Option<String>,
    /// What is sent.
    pub inputs: Vec<TensorValue>,
    /// What is wanted.
    #[schema(required = false)]
    pub outputs: Option<Vec<WantedOutput>>,
}

/// An output that is wanted.
#[derive(Serialize, ToSchema)]
pub struct WantedOutput {
    /// Its name.
    pub name: String,
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub struct InferenceResponse {
    /// `author/name`.
    pub model_name: String,
    /// Number of the release.
    pub model_version: String,
    /// As the request named itself.
    #[schema(required = false)]
    pub id: Option<String>,
    /// What the model gave.
    pub outputs: Vec<TensorValue>,
}

/// A tensor with its values.
#[derive(Serialize, ToSchema)]
pub struct TensorValue {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Type of its elements, such as `FP32`.
    pub datatype: String,
    /// Its values in row-major order: flat, or nested as the shape says.
    pub data: Vec<f64>,
}

fn metadata_for(app: &App, path: &ModelPath) -> Result<Json<ModelMetadata>, ApiError> {
    let served = app.models.find(path)?;
    let same = |one: &&Arc<Served>| one.model == served.model;
    let all = app.models.served();
    let versions = all.iter().filter(same).map(|one| one.release.to_string());
    let tensors = |ports: &[Port]| -> Vec<TensorMetadata> {
        let ports = ports.iter().map(|port| TensorMetadata {
            name: port.name.clone(),
            datatype: port.datatype.to_string(),
            shape: port.protocol_shape(),
        });
        ports.collect()
    };
    let Runner::Tensors { engine, .. } = &served.runner else {
        return Err(served.takes_text());
    };
    let signature = engine.signature();
    Ok(Json(ModelMetadata {
        name: served.path(),
        versions: versions.collect(),
        platform: served.engine.clone(),
        inputs: tensors(&signature.inputs),
        outputs: tensors(&signature.outputs),
    }))
}

/// Whether a model is ready.
#[derive(Serialize, ToSchema)]
pub struct ModelReady {
    /// `author/name`.
    pub name: String,
    /// Always true: a model that is not ready is an error with its reason.
    pub ready: bool,
}

fn ready_for(app: &App, path: &ModelPath) -> Result<Json<ModelReady>, ApiError> {
    let served = app.models.find(path)?;
    app.ready()?;
    Ok(Json(ModelReady {
        name: served.path(),
        ready: true,
    }))
}

async fn infer_for(app: Arc<App>, path: ModelPath, parts: Parts, body: Body) -> Response {
    let served = match app.models.find(&path) {
        Ok(served) => served,
        Err(error) => {
            app.metrics.refused(error.status, &error.code);
            return error.into_response();
        }
    };
    answered(app, parts, body, async |app: &Arc<App>, request| {
        Ok(app.infer(&served, &request).await?.into_response())
    })
    .await
}

fn named((author, name): (String, String)) -> ModelPath {
    ModelPath {
        name: format!("{author}/{name}"),
        version: None,
    }
}

fn of_release((author, name, release): (String, String, String)) -> ModelPath {
    ModelPath {
        name: format!("{author}/{name}"),
        version: Some(release),
    }
}

fn numbered(name: String) -> ModelPath {
    ModelPath {
        name,
        version: None,
    }
}

/// What a model takes and gives.
#[utoipa::path(get, path = "/v2/models/{author}/{name}", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models")),
    responses((status = 200, body = ModelMetadata), (status = 404, body = crate::error::ErrorBody)))]
pub async fn metadata(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
) -> Result<Json<ModelMetadata>, ApiError> {
    metadata_for(&app, &named(path))
}

/// What a release of a model takes and gives.
#[utoipa::path(get, path = "/v2/models/{author}/{name}/versions/{release}", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models"), ("release" = String, Path, description = "Number of the release, or its major.minor")),
    responses((status = 200, body = ModelMetadata), (status = 404, body = crate::error::ErrorBody)))]
pub async fn metadata_of_release(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String, String)>,
) -> Result<Json<ModelMetadata>, ApiError> {
    metadata_for(&app, &of_release(path))
}

/// What a model takes and gives, by its number.
pub async fn metadata_by_number(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
) -> Result<Json<ModelMetadata>, ApiError> {
    metadata_for(&app, &numbered(model))
}

/// Whether a model can be called now.
#[utoipa::path(get, path = "/v2/models/{author}/{name}/ready", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models")),
    responses((status = 200, body = ModelReady), (status = 404, body = crate::error::ErrorBody), (status = 503, body = crate::error::ErrorBody)))]
pub async fn ready(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
) -> Result<Json<ModelReady>, ApiError> {
    ready_for(&app, &named(path))
}

/// Whether a release of a model can be called now.
#[utoipa::path(get, path = "/v2/models/{author}/{name}/versions/{release}/ready", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models"), ("release" = String, Path, description = "Number of the release, or its major.minor")),
    responses((status = 200, body = ModelReady), (status = 404, body = crate::error::ErrorBody), (status = 503, body = crate::error::ErrorBody)))]
pub async fn ready_of_release(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String, String)>,
) -> Result<Json<ModelReady>, ApiError> {
    ready_for(&app, &of_release(path))
}

/// Whether a model can be called now, by its number.
pub async fn ready_by_number(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
) -> Result<Json<ModelReady>, ApiError> {
    ready_for(&app, &numbered(model))
}

/// Calls a model: without a payment it says what the call costs.
#[utoipa::path(post, path = "/v2/models/{author}/{name}/infer", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models"),
        ("PAYMENT-SIGNATURE" = Option<String>, Header, description = "x402 version 2: base64 of JSON")),
    request_body = InferenceRequest,
    responses(
        (status = 200, body = InferenceResponse, headers(("PAYMENT-RESPONSE" = String, description = "x402 version 2: receipt, amount, signature"))),
        (status = 400, body = crate::error::ErrorBody),
        (status = 402, body = crate::error::ErrorBody, headers(("PAYMENT-REQUIRED" = String, description = "x402 version 2: what this request costs"))),
        (status = 409, body = crate::error::ErrorBody),
        (status = 413, body = crate::error::ErrorBody),
        (status = 422, body = crate::error::ErrorBody),
        (status = 429, body = crate::error::ErrorBody),
        (status = 503, body = crate::error::ErrorBody)))]
pub async fn infer(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    parts: Parts,
    body: Body,
) -> Response {
    infer_for(app, named(path), parts, body).await
}

/// Calls a release of a model.
#[utoipa::path(post, path = "/v2/models/{author}/{name}/versions/{release}/infer", tag = "open inference",
    params(("author" = String, Path, description = "Address of the author"), ("name" = String, Path, description = "Name among the author's models"), ("release" = String, Path, description = "Number of the release, or its major.minor"),
        ("PAYMENT-SIGNATURE" = Option<String>, Header, description = "x402 version 2: base64 of JSON")),
    request_body = InferenceRequest,
    responses(
        (status = 200, body = InferenceResponse, headers(("PAYMENT-RESPONSE" = String, description = "x402 version 2: receipt, amount, signature"))),
        (status = 402, body = crate::error::ErrorBody, headers(("PAYMENT-REQUIRED" = String, description = "x402 version 2: what this request costs")))))]
pub async fn infer_of_release(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String, String)>,
    parts: Parts,
    body: Body,
) -> Response {
    infer_for(app, of_release(path), parts, body).await
}

/// Calls a model by its number.
pub async fn infer_by_number(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
    parts: Parts,
    body: Body,
) -> Response {
    infer_for(app, numbered(model), parts, body).await
}
