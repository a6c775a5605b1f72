//! From a model of the configuration to one that is served: found on chain, its bytes checked against the release, tried out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hub_chain::Hub;
use hub_engine::{
    check_text, Call, Engine, Meter, OpenAi, OpenAiOptions, OpenInference, OpenInferenceOptions,
    Secret, Server,
};
use hub_model::{fetch_manifest, restore, Kind, Manifest, Metering, Plan};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{self, ModelResponse, ReleaseResponse};
use hub_walrus_client::{BlobId, Client, FetchOptions, Silent};

use crate::config::{EngineName, Model, ModelName, OnnxRuntime, Upstream};
use crate::metrics::Latency;
use crate::models::{Runner, Served};

/// Where models come from.
#[derive(Clone)]
pub struct Source {
    /// The registry.
    pub hub: Hub,
    /// Walrus, if it is configured.
    pub walrus: Option<Arc<Client>>,
    /// Folder for fetched models.
    pub folder: PathBuf,
    /// The library of ONNX Runtime, if it is configured.
    pub onnxruntime: Option<OnnxRuntime>,
}

/// How long an upstream has to say what it is.
const CONNECT: Duration = Duration::from_secs(10);

/// What lies on this machine of a release.
struct Files {
    weights: PathBuf,
    metering: Metering,
}

impl Source {
    /// Makes a model ready.
    ///
    /// # Errors
    ///
    /// A sentence for the operator: why it is not served.
    pub async fn load(&self, config: &Model) -> Result<Served, String> {
        let (model, release) = self.find(config).await?;
        let blob_id: BlobId = release.blob_id.parse().map_err(|_| {
            format!(
                "the registry shows {:?}, which is no blob id",
                release.blob_id
            )
        })?;
        let manifest: Option<BlobId> = release
            .manifest
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| "the registry shows a manifest that is no blob id".to_owned())?;
        let deadline = Duration::from_secs(config.deadline_seconds);
        let source = self.clone();
        let (runner, engine) = match &config.upstream {
            Some(upstream) => {
                let folder = config.folder.clone();
                let work = move || source.metering(folder.as_deref(), blob_id, manifest);
                let metering = blocking(work).await?;
                elsewhere(config, upstream, metering).await?
            }
            None => {
                let config = config.clone();
                let found = (model.model, release.release);
                let work = move || {
                    let files = match &config.folder {
                        Some(folder) => of_folder(folder, blob_id, manifest)?,
                        None => source.fetched(found, blob_id, manifest)?,
                    };
                    here(&config, source.onnxruntime.as_ref(), files)
                };
                blocking(work).await?
            }
        };
        Ok(Served {
            model: model.model,
            release: release.release,
            version: format!("{}.{}", release.major, release.minor),
            author: model.author.to_string(),
            title: model.metadata.title,
            name: model.name,
            blob_id,
            runner,
            engine,
            deadline,
            latency: Latency::default(),
        })
    }

    /// What the prices of a release count: its weights are on another server, and only its manifest is read.
    fn metering(
        &self,
        folder: Option<&Path>,
        blob_id: BlobId,
        manifest: Option<BlobId>,
    ) -> Result<Metering, String> {
        if let Some(folder) = folder {
            return Ok(checked(folder, blob_id, manifest)?.1);
        }
        let Some(id) = manifest else {
            return Ok(Metering::default());
        };
        let client = self.walrus.as_ref();
        let client = client.ok_or("it has no `folder`, and `walrus.aggregators` names nobody to fetch its manifest from: give one of them")?;
        let manifest = fetch_manifest(client, &id, &Silent).map_err(|error| error.to_string())?;
        speaks_for(&manifest, id, blob_id)?;
        Ok(manifest.metering)
    }

    async fn find(&self, config: &Model) -> Result<(ModelResponse, ReleaseResponse), String> {
        let sentence = |error: hub_chain::ChainError| error.to_string();
        let model: ModelResponse = match &config.model {
            ModelName::Number(number) => {
                self.hub
                    .model(ModelId(*number))
                    .await
                    .map_err(sentence)?
                    .value
            }
            ModelName::Name { author, name } => {
                let question = registry::QueryMsg::ModelByName {
                    author: author.clone(),
                    name: name.clone(),
                };
                self.hub
                    .ask_registry(&question)
                    .await
                    .map_err(sentence)?
                    .value
            }
        };
        let release = config.release.map_or(model.latest_release, ReleaseNumber);
        if release.0 == 0 {
            return Err("it has no release yet: publish one".to_owned());
        }
        let found = self
            .hub
            .release(model.model, release)
            .await
            .map_err(sentence)?;
        Ok((model, found.value))
    }

    fn fetched(
        &self,
        (model, release): (ModelId, ReleaseNumber),
        blob_id: BlobId,
        manifest: Option<BlobId>,
    ) -> Result<Files, String> {
        let Some(client) = &self.walrus else {
            return Err("it has no `folder`, and `walrus.aggregators` names nobody to fetch it from: give one of them".to_owned());
        };
        let options = FetchOptions::default();
        let Some(id) = manifest else {
            let fetched = client
                .fetch(&blob_id, &options, &Silent)
                .map_err(|error| format!("blob {blob_id} cannot be fetched: {error}"))?;
            return Ok(Files {
                weights: fetched.path,
                metering: Metering::default(),
            });
        };
        let manifest = fetch_manifest(client, &id, &Silent).map_err(|error| error.to_string())?;
        speaks_for(&manifest, id, blob_id)?;
        let folder = self.folder.join(format!("{model}-{release}-{blob_id}"));
        restore(client, &manifest, &folder, &options, &Silent)
            .map_err(|error| error.to_string())?;
        of_manifest(&manifest, &folder)
    }
}

fn speaks_for(manifest: &Manifest, id: BlobId, blob_id: BlobId) -> Result<(), String> {
    let billed = manifest.billable(id);
    match billed == blob_id {
        true => Ok(()),
        false => Err(format!(
            "its manifest speaks for blob {billed}, and the release is {blob_id}: its author made a mistake, and has to publish again"
        )),
    }
}

/// A folder of the operator's own: it has to be what the release names, byte for byte.
fn of_folder(folder: &Path, blob_id: BlobId, manifest: Option<BlobId>) -> Result<Files, String> {
    let (manifest, metering) = checked(folder, blob_id, manifest)?;
    let files = of_manifest(&manifest, folder)?;
    Ok(Files { metering, ..files })
}

fn checked(
    folder: &Path,
    blob_id: BlobId,
    manifest: Option<BlobId>,
) -> Result<(Manifest, Metering), String> {
    let plan = Plan::new(folder, hub_walrus_encode::Options::default(), &())
        .map_err(|error| error.to_string())?;
    let found = plan.release();
    if found != blob_id {
        return Err(format!(
            "{} is blob {found}, and the release is {blob_id}: fetch the release again, or name the right one",
            folder.display()
        ));
    }
    let metering = match manifest {
        // What its prices count stands in the manifest, which has to be the one on chain.
        Some(id) if id != plan.manifest_encoding.id => return Err(format!(
            "{} has another manifest than the release: a file beside the weights, such as hub.toml, was changed",
            folder.display()
        )),
        Some(_) => plan.manifest.metering.clone(),
        None => Metering::default(),
    };
    Ok((plan.manifest, metering))
}

fn of_manifest(manifest: &Manifest, folder: &Path) -> Result<Files, String> {
    let mut weights = manifest
        .files
        .iter()
        .filter(|file| file.kind == Kind::Weight && file.path.to_lowercase().ends_with(".onnx"));
    match (weights.next(), weights.next()) {
        (Some(one), None) => Ok(Files {
            weights: one
                .path
                .split('/')
                .fold(folder.to_owned(), |path, part| path.join(part)),
            metering: manifest.metering.clone(),
        }),
        (None, _) => Err("it has no .onnx file, which is what the engines here run".to_owned()),
        (Some(_), Some(_)) => {
            Err("it has several .onnx files, and nothing says which one is run".to_owned())
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| format!("its loading broke: {error}"))?
}

/// A model that runs in this process.
fn here(
    config: &Model,
    library: Option<&OnnxRuntime>,
    files: Files,
) -> Result<(Runner, String), String> {
    let engine: Arc<dyn Engine> = match (config.engine, library) {
        #[cfg(feature = "tract")]
        (EngineName::Tract, _) => {
            let loaded = hub_engine::Tract::load(&files.weights);
            Arc::new(loaded.map_err(|error| error.to_string())?)
        }
        #[cfg(feature = "ort")]
        (EngineName::Ort, Some(library)) => Arc::new(onnx(library, &files.weights)?),
        (EngineName::Ort, None) => {
            return Err("the engine `ort` needs the section [onnxruntime] with `path` and `sha256`: `tools/scripts/onnxruntime` prints both".to_owned())
        }
        (other, _) => {
            return Err(format!(
                "this program was built without the engine {other:?}: choose another in `models.engine`"
            ))
        }
    };
    tensors(config, engine, files.metering)
}

#[cfg(feature = "ort")]
fn onnx(library: &OnnxRuntime, weights: &Path) -> Result<hub_engine::OnnxModel, String> {
    let runtime = hub_engine::OnnxRuntime::load(&hub_engine::Library {
        path: library.path.clone(),
        sha256: library.sha256.clone(),
    });
    let options = hub_engine::SessionOptions {
        threads: library.threads,
        sessions: library.sessions,
    };
    let runtime = runtime.map_err(|error| error.to_string())?;
    hub_engine::OnnxModel::load(&runtime, weights, &options).map_err(|error| error.to_string())
}

fn tensors(
    config: &Model,
    engine: Arc<dyn Engine>,
    metering: Metering,
) -> Result<(Runner, String), String> {
    let meter = Meter::new(metering, engine.signature().clone(), config.caps.clone());
    let meter = meter.map_err(|error| error.to_string())?;
    let name = engine.identity().to_string();
    Ok((Runner::Tensors { engine, meter }, name))
}

/// A model that another server runs.
async fn elsewhere(
    config: &Model,
    upstream: &Upstream,
    metering: Metering,
) -> Result<(Runner, String), String> {
    let mut server = Server::new(&upstream.url);
    if let Some(name) = &upstream.token_env {
        let token = std::env::var(name).map_err(|_| {
            format!("the environment has no {name}, which `models.upstream.token_env` names: set it to the token of {}", upstream.url)
        })?;
        server.api_key = Some(Secret::new(token));
    }
    let call = Call::within(CONNECT);
    if config.engine == EngineName::OpenInference {
        let options = OpenInferenceOptions {
            version: upstream.version.clone(),
            parallel: upstream.parallel,
            ..OpenInferenceOptions::new(server, &upstream.model)
        };
        let engine = OpenInference::connect(options, &call).await;
        let engine = Arc::new(engine.map_err(|error| error.to_string())?);
        return tensors(config, engine, metering);
    }
    check_text(&metering).map_err(|error| error.to_string())?;
    let engine = upstream.engine.as_str();
    let options = OpenAiOptions {
        context_tokens: upstream.context_tokens,
        forward: upstream.forward.clone(),
        ..OpenAiOptions::new(server, &upstream.model, engine, upstream.output_tokens)
    };
    let openai = OpenAi::new(options).map_err(|error| error.to_string())?;
    openai
        .ready(&call)
        .await
        .map_err(|error| error.to_string())?;
    let name = openai.identity().to_string();
    let runner = Runner::Text {
        upstream: Arc::new(openai),
        metering,
        parallel: upstream.parallel,
    };
    Ok((runner, name))
}
