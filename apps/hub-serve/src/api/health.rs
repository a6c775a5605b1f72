//! Whether the server lives, serves, and how it does.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::Json;
use hub_ledger::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::metrics::Latency;
use crate::models::Served;

/// That the server lives.
#[derive(Serialize, ToSchema)]
pub struct Live {
    /// Always true.
    pub live: bool,
}

/// That the server takes calls, and which models it has not.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// Always true: a server that is not ready is an error with its reason.
    pub ready: bool,
    /// Models that are called.
    pub models: Vec<String>,
    /// Models of the configuration that are not served, with the reason.
    pub missing: Vec<MissingModel>,
}

/// A model that is not served.
#[derive(Serialize, ToSchema)]
pub struct MissingModel {
    /// As the configuration names it.
    pub model: String,
    /// A sentence.
    pub reason: String,
}

/// What the server is.
#[derive(Serialize, ToSchema)]
pub struct ServerMetadata {
    /// `hub`.
    pub name: String,
    /// Version of this program.
    pub version: String,
    /// None.
    pub extensions: Vec<String>,
}

impl App {
    /// Whether calls are served at all.
    ///
    /// # Errors
    ///
    /// 503 with the reason.
    pub fn ready(&self) -> Result<(), ApiError> {
        if let Some(reason) = self.books.failure() {
            return Err(ApiError::store(reason));
        }
        if let Some(reason) = self
            .tasks()
            .iter()
            .find_map(crate::supervise::Supervised::down)
        {
            let message =
                format!("no calls are taken, since what settles them does not run: {reason}");
            return Err(ApiError::new(503, "task_down", message).after(10));
        }
        let now = self.now();
        let ready = self.books.read(|ledger| ledger.ready(now));
        ready.map_err(|refusal: Refusal| ApiError::from(&refusal))
    }
}

/// That the process lives.
#[utoipa::path(get, path = "/v2/health/live", tag = "health", responses((status = 200, body = Live)))]
pub async fn live() -> Json<Live> {
    Json(Live { live: true })
}

/// Whether calls are served, and if not, why.
#[utoipa::path(get, path = "/v2/health/ready", tag = "health",
    responses((status = 200, body = Ready), (status = 503, body = crate::error::ErrorBody)))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<Json<Ready>, ApiError> {
    app.ready()?;
    let models: Vec<_> = app.models.served().iter().map(|one| one.path()).collect();
    let missing = app.models.missing();
    if models.is_empty() {
        let reasons: Vec<_> = missing.iter().map(|one| one.reason.as_str()).collect();
        let message = match reasons.is_empty() {
            true => "no model is configured: add a [[models]] section".to_owned(),
            false => format!("no model is served: {}", reasons.join("; ")),
        };
        return Err(ApiError::new(503, "no_models", message));
    }
    let missing = missing.into_iter().map(|one| MissingModel {
        model: one.configured,
        reason: one.reason,
    });
    Ok(Json(Ready {
        ready: true,
        models,
        missing: missing.collect(),
    }))
}

/// What the server is.
#[utoipa::path(get, path = "/v2", tag = "health", responses((status = 200, body = ServerMetadata)))]
pub async fn server() -> Json<ServerMetadata> {
    Json(ServerMetadata {
        name: "hub".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        extensions: vec![],
    })
}

/// What Prometheus reads.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Text format of Prometheus", content_type = "text/plain", body = String)))]
pub async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let now = app.now();
    let (health, block) = app
        .books
        .read(|ledger| (ledger.health(now), ledger.block()));
    let ready = app.ready();
    let age = |time: Option<u64>| time.map_or(-1.0, |time| now.saturating_sub(time) as f64);
    let mut gauges: Vec<(String, &str, f64)> = vec![
        (
            "hub_ready".into(),
            "1 if calls are served.",
            f64::from(u8::from(ready.is_ok())),
        ),
        (
            "hub_receipts_unsettled".into(),
            "Receipts that are not settled.",
            health.unsettled as f64,
        ),
        (
            "hub_receipts_waiting".into(),
            "Of these, receipts without a number.",
            health.waiting as f64,
        ),
        (
            "hub_receipts_oldest_seconds".into(),
            "Age of the oldest unsettled receipt; -1 if there is none.",
            age(health.oldest),
        ),
        (
            "hub_batches_open".into(),
            "Signed batches that are not settled.",
            health.batches as f64,
        ),
        (
            "hub_calls_running".into(),
            "Calls that run or wait for their turn.",
            health.running as f64,
        ),
        (
            "hub_block_height".into(),
            "Height of the newest block seen.",
            health.height.unwrap_or_default() as f64,
        ),
        (
            "hub_block_age_seconds".into(),
            "Age of the newest block seen; -1 before the first.",
            age(block.map(|block| block.time)),
        ),
        (
            "hub_models_served".into(),
            "Releases that are served.",
            app.models.served().len() as f64,
        ),
        (
            "hub_models_missing".into(),
            "Models of the configuration that are not served.",
            app.models.missing().len() as f64,
        ),
    ];
    if let Err(error) = &ready {
        let name = format!("hub_not_ready{{code=\"{}\"}}", error.code);
        gauges.push((name, "1 for the reason why no calls are served.", 1.0));
    }
    for (reason, count) in &health.held {
        let name = format!("hub_receipts_held{{outcome=\"{reason}\"}}");
        gauges.push((
            name,
            "Receipts that the chain would not settle for now, by what has to change.",
            *count as f64,
        ));
    }
    for task in app.tasks() {
        let name = format!("hub_task_failures{{task=\"{}\"}}", task.name());
        let help = "How often a background task failed and was started again.";
        gauges.push((name, help, task.failures().into()));
    }
    for load in app.pool.load() {
        let name = format!("hub_queue{{model=\"{}\",state=\"running\"}}", load.model);
        gauges.push((name, "Calls of a model.", load.running as f64));
        let name = format!("hub_queue{{model=\"{}\",state=\"waiting\"}}", load.model);
        gauges.push((name, "Calls of a model.", load.waiting as f64));
    }
    let gauges: Vec<(&str, &str, f64)> = gauges
        .iter()
        .map(|(name, help, value)| (name.as_str(), *help, *value))
        .collect();
    let served = app.models.served();
    let latencies = served.iter().map(|one: &Arc<Served>| {
        let labels = format!("model=\"{}\",release=\"{}\"", one.model, one.release);
        (labels, &one.latency as &Latency)
    });
    let text = app.metrics.render(&gauges, latencies);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
