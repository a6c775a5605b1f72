//! The models that are served, and what they are on chain.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hub_engine::{Engine, Meter, OpenAi};
use hub_model::Metering;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_wire::BlobId;

use crate::error::ApiError;
use crate::metrics::Latency;

/// One release of one model that runs here.
pub struct Served {
    /// The model.
    pub model: ModelId,
    /// Its release.
    pub release: ReleaseNumber,
    /// `major.minor`.
    pub version: String,
    /// Address of its author, when it was loaded.
    pub author: String,
    /// Name among the author's models.
    pub name: String,
    /// What its author calls it.
    pub title: String,
    /// The weights.
    pub blob_id: BlobId,
    /// What runs it.
    pub runner: Runner,
    /// What stands in signed answers: the engine's name and version.
    pub engine: String,
    /// Longest that one call may take.
    pub deadline: Duration,
    /// How long calls took.
    pub latency: Latency,
}

/// What runs a model.
pub enum Runner {
    /// Tensors in, tensors out.
    Tensors {
        /// What computes.
        engine: Arc<dyn Engine>,
        /// What counts.
        meter: Meter,
    },
    /// Chat and embeddings, by an OpenAI-compatible server.
    Text {
        /// That server.
        upstream: Arc<OpenAi>,
        /// What is counted: tokens or bytes.
        metering: Metering,
        /// Calls of it at once.
        parallel: usize,
    },
}

impl Runner {
    /// What units are, as the manifest says.
    pub fn metering(&self) -> &Metering {
        match self {
            Self::Tensors { meter, .. } => meter.metering(),
            Self::Text { metering, .. } => metering,
        }
    }
}

impl Served {
    /// `author/name`, as paths and answers have it.
    pub fn path(&self) -> String {
        format!("{}/{}", self.author, self.name)
    }

    /// The key of its queue.
    pub fn lane(&self) -> String {
        format!("{}/{}", self.model, self.release)
    }

    /// That it was asked for tensors, of which it has none.
    pub(crate) fn takes_text(&self) -> ApiError {
        let message = format!(
            "{} takes text: call it under /v1/chat/completions or /v1/embeddings",
            self.path()
        );
        ApiError::new(400, "takes_text", message)
    }
}

/// A model of the configuration that is not served, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// As the configuration names it.
    pub configured: String,
    /// A sentence.
    pub reason: String,
}

/// All models of the configuration.
#[derive(Default)]
pub struct Models {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    served: Vec<Arc<Served>>,
    /// By place in the configuration.
    missing: BTreeMap<usize, Missing>,
}

/// How a request names a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPath {
    /// Author's address and the model's name, or the number alone.
    pub name: String,
    /// Number of the release or its `major.minor`; the latest that is served if not given.
    pub version: Option<String>,
}

impl Models {
    /// Serves a model, or says why not. `place` is its place in the configuration.
    pub fn set(&self, place: usize, outcome: Result<Served, Missing>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(served) => {
                inner.missing.remove(&place);
                let same =
                    |one: &Arc<Served>| (one.model, one.release) == (served.model, served.release);
                inner.served.retain(|one| !same(one));
                inner.served.push(Arc::new(served));
                inner.served.sort_by_key(|one| (one.model, one.release));
            }
            Err(missing) => {
                inner.missing.insert(place, missing);
            }
        }
    }

    /// Those that are served, by model and release.
    pub fn served(&self) -> Vec<Arc<Served>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.served.clone()
    }

    /// Those that are not.
    pub fn missing(&self) -> Vec<Missing> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.missing.values().cloned().collect()
    }

    /// What a follower has to read of the registry.
    pub fn watched(&self) -> Vec<(ModelId, ReleaseNumber)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner
            .served
            .iter()
            .map(|one| (one.model, one.release))
            .collect()
    }

    /// The model that a request names.
    ///
    /// # Errors
    ///
    /// 404 if it is not served here, 503 if it would be and cannot.
    pub fn find(&self, path: &ModelPath) -> Result<Arc<Served>, ApiError> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let number: Option<u64> = path.name.parse().ok();
        let named = inner
            .served
            .iter()
            .filter(|one| match path.name.split_once('/') {
                Some((author, name)) => one.author == author && one.name == name,
                None => number == Some(one.model.0),
            });
        let mut found = named.filter(|one| match &path.version {
            None => true,
            Some(version) => one.release.0.to_string() == *version || one.version == *version,
        });
        // The last one is the latest release.
        if let Some(served) = found.next_back() {
            return Ok(served.clone());
        }
        let configured = [path.name.clone(), format!("model {}", path.name)];
        let mut missing = inner.missing.values();
        if let Some(missing) = missing.find(|one| configured.contains(&one.configured)) {
            let message = format!("{} is not served now: {}", path.name, missing.reason);
            return Err(ApiError::new(503, "model_not_ready", message).after(60));
        }
        let shown: String = path.name.chars().take(160).collect();
        let version = path.version.iter().map(|version| {
            let version: String = version.chars().take(40).collect();
            format!(" in release {version}")
        });
        let version: String = version.collect();
        Err(ApiError::new(
            404,
            "unknown_model",
            format!("{shown} is not served here{version}: /.well-known/hub.json lists what is"),
        ))
    }
}
