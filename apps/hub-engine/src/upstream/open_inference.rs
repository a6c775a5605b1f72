use std::sync::Arc;

use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::http::{Http, Server};
use crate::{
    Axis, Call, Engine, EngineError, Identity, InferRequest, InferResponse, Limits, Port,
    Signature, Tensor, UpstreamError,
};

/// A server of the Open Inference Protocol, and the model that it runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenInferenceOptions {
    /// Where it is. Paths begin with `/v2`, which does not belong to the address.
    pub server: Server,
    /// The model's name over there.
    pub model: String,
    /// Its version over there; the server chooses where none is given.
    #[serde(default)]
    pub version: Option<String>,
    /// Calls at once.
    #[serde(default = "parallel")]
    pub parallel: usize,
}

fn parallel() -> usize {
    16
}

impl OpenInferenceOptions {
    /// Sixteen calls at once, the version that the server chooses.
    pub fn new(server: Server, model: impl Into<String>) -> Self {
        Self {
            server,
            model: model.into(),
            version: None,
            parallel: parallel(),
        }
    }
}

/// A model on a server of the Open Inference Protocol: Triton, KServe and others.
pub struct OpenInference {
    http: Http,
    path: String,
    identity: Identity,
    signature: Signature,
    limits: Limits,
    parallel: usize,
    runtime: Handle,
}

#[derive(Deserialize)]
struct ServerMetadata {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct ModelMetadata {
    inputs: Vec<TensorMetadata>,
    outputs: Vec<TensorMetadata>,
}

#[derive(Deserialize)]
struct TensorMetadata {
    name: String,
    datatype: String,
    shape: Vec<i64>,
}

impl OpenInference {
    /// Asks the server what it is and what the model takes and gives. It is called within a runtime of tokio, which later runs the
    /// calls.
    pub async fn connect(options: OpenInferenceOptions, call: &Call) -> Result<Self, EngineError> {
        for part in [Some(&options.model), options.version.as_ref()] {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            if !part.is_none_or(|part| part.bytes().all(plain)) {
                let what = format!("`{}` is no name of a model", options.model);
                return Err(UpstreamError::Answer(what).into());
            }
        }
        let max_answer = options.server.max_answer;
        let http = Http::new(options.server)?;
        let path = match &options.version {
            Some(version) => format!("/v2/models/{}/versions/{version}", options.model),
            None => format!("/v2/models/{}", options.model),
        };
        let server: ServerMetadata = ask(&http, "/v2", call).await?;
        let model: ModelMetadata = ask(&http, &path, call).await?;
        let limits = Limits {
            body: max_answer,
            elements: max_answer,
            tensors: model.outputs.len(),
            empty: true,
            ..Limits::default()
        };
        Ok(Self {
            http,
            path,
            identity: Identity {
                name: word(&server.name),
                version: word(&server.version),
                features: vec!["upstream".to_owned()],
            },
            signature: Signature {
                inputs: ports(model.inputs)?,
                outputs: ports(model.outputs)?,
            },
            limits,
            parallel: options.parallel.max(1),
            runtime: Handle::current(),
        })
    }

    async fn ask(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError> {
        let request = InferRequest {
            id: None,
            inputs,
            outputs: None,
        };
        let path = format!("{}/infer", self.path);
        let request = self.http.post(&path, request.to_bytes());
        let body = self.http.send(request, call).await?.whole(call).await?;
        let mut answer = InferResponse::parse(&body, &self.limits)
            .map_err(|error| UpstreamError::Answer(error.to_string()))?;
        let ports = self.signature.outputs.iter();
        ports
            .map(|port| {
                let outputs = &mut answer.outputs;
                let place = outputs.iter().position(|output| output.name() == port.name);
                let wrong = |what: String| EngineError::from(UpstreamError::Answer(what));
                let output = outputs.swap_remove(
                    place.ok_or_else(|| wrong(format!("output `{}` is missing", port.name)))?,
                );
                match output.datatype() == port.datatype {
                    true => Ok(output),
                    false => Err(wrong(format!(
                        "output `{}` is {}, its description says {}",
                        port.name,
                        output.datatype(),
                        port.datatype
                    ))),
                }
            })
            .collect()
    }
}

impl Engine for OpenInference {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn infer(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError> {
        let given_up = Arc::new(Notify::new());
        let notify = given_up.clone();
        call.on_cancel(move || notify.notify_one());
        self.runtime.block_on(async {
            tokio::select! {
                answer = self.ask(inputs, call) => answer,
                () = given_up.notified() => {
                    call.check()?;
                    Err(EngineError::Cancelled)
                }
            }
        })
    }

    fn parallel(&self) -> usize {
        self.parallel
    }

    fn waits(&self) -> bool {
        true
    }
}

async fn ask<T: serde::de::DeserializeOwned>(
    http: &Http,
    path: &str,
    call: &Call,
) -> Result<T, EngineError> {
    let body = http.send(http.get(path), call).await?.whole(call).await?;
    serde_json::from_slice(&body)
        .map_err(|error| UpstreamError::Answer(format!("{path}: {error}")).into())
}

/// What a server calls itself, in a form that can be signed in one line.
fn word(text: &str) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.+".contains(*letter);
    let word: String = text.chars().filter(plain).take(64).collect();
    match word.is_empty() {
        true => "unknown".to_owned(),
        false => word,
    }
}

fn ports(tensors: Vec<TensorMetadata>) -> Result<Vec<Port>, EngineError> {
    let mut ports: Vec<Port> = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let datatype = tensor
            .datatype
            .parse()
            .map_err(|error: crate::UnknownDatatype| {
                UpstreamError::Answer(format!("tensor `{}`: {error}", tensor.name))
            })?;
        if ports.iter().any(|port| port.name == tensor.name) {
            let what = format!("it describes tensor `{}` twice", tensor.name);
            return Err(UpstreamError::Answer(what).into());
        }
        // A size below zero stands for any.
        let axis = |size: i64| usize::try_from(size).map_or(Axis::Any, Axis::Fixed);
        ports.push(Port {
            name: tensor.name,
            datatype,
            shape: Some(tensor.shape.into_iter().map(axis).collect()),
        });
    }
    Ok(ports)
}
