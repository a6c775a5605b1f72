//! One node, asked through CometBFT's JSON-RPC.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{json, Value};
use thiserror::Error;

/// A future that can be boxed and sent.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Most calls in one request: CometBFT refuses more by default.
pub const MOST_CALLS: usize = 10;

/// Most bytes of an answer that are read: a block has at most some 22 million, in base64.
const MOST_BYTES: usize = 128 * 1_048_576;

/// One call of JSON-RPC.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Such as `status` or `abci_query`.
    pub method: &'static str,
    /// By name.
    pub params: Value,
}

impl Call {
    /// A call of `method`.
    pub fn new(method: &'static str, params: Value) -> Self {
        Self { method, params }
    }
}

/// An error that the node answered one call with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} {data}")]
pub struct RpcError {
    /// Code of JSON-RPC.
    pub code: i64,
    /// In general.
    pub message: String,
    /// In particular.
    pub data: String,
}

/// Why a node gave no answer at all. Nothing is known of what it did with the request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NodeError {
    /// Not in time.
    #[error("does not answer within {0:?}")]
    Timeout(Duration),
    /// It could not be connected to, or the connection broke.
    #[error("does not answer: {0}")]
    Unreachable(String),
    /// It asks for patience.
    #[error("is busy (HTTP status {status})")]
    Busy {
        /// 429, 502, 503 or 504.
        status: u16,
    },
    /// It answered with something that is no JSON-RPC.
    #[error("answers with something that is no JSON-RPC: {0}")]
    Malformed(String),
}

/// What a node said to each of several calls, in their order.
pub type Answers = Vec<Result<Value, RpcError>>;

/// A node of a chain. The contracts in process are one as well, so that everything above works the same on both.
pub trait Node: Send + Sync {
    /// Its address, for sentences.
    fn name(&self) -> &str;

    /// Asks at most [`MOST_CALLS`] calls at once. The answers come in the order of the calls.
    fn ask<'a>(&'a self, calls: &'a [Call]) -> BoxFuture<'a, Result<Answers, NodeError>>;
}

/// A node behind HTTP.
pub struct HttpNode {
    endpoint: String,
    client: reqwest::Client,
    timeout: Duration,
    /// Some gateways take no batches.
    single: AtomicBool,
}

impl HttpNode {
    /// The node at this address, such as `http://127.0.0.1:26657`. Each request has `timeout`, from connecting to the
    /// last byte.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Self, NodeError> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .build()
            .map_err(|error| NodeError::Unreachable(error.to_string()))?;
        Ok(Self {
            endpoint: endpoint.to_owned(),
            client,
            timeout,
            single: AtomicBool::new(false),
        })
    }

    async fn post(&self, body: &Value) -> Result<Value, NodeError> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                NodeError::Timeout(self.timeout)
            } else {
                NodeError::Unreachable(causes(&error))
            }
        };
        let mut response = self
            .client
            .post(&self.endpoint)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .map_err(failed)?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                let what = format!("an answer of more than {MOST_BYTES} bytes");
                return Err(NodeError::Malformed(what));
            }
            bytes.extend_from_slice(&chunk);
        }
        // Errors of JSON-RPC come with status 500.
        serde_json::from_slice(&bytes).map_err(|_| match status {
            429 | 502 | 503 | 504 => NodeError::Busy { status },
            _ => {
                let text: String = String::from_utf8_lossy(&bytes).chars().take(120).collect();
                NodeError::Malformed(format!("HTTP status {status}, {text:?}"))
            }
        })
    }

    async fn ask_each(&self, calls: &[Call]) -> Result<Answers, NodeError> {
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            let answer = self.post(&request(0, call)).await?;
            answers.push(one(&answer)?);
        }
        Ok(answers)
    }
}

impl Node for HttpNode {
    fn name(&self) -> &str {
        &self.endpoint
    }

    fn ask<'a>(&'a self, calls: &'a [Call]) -> BoxFuture<'a, Result<Answers, NodeError>> {
        Box::pin(async move {
            if calls.len() == 1 || self.single.load(Ordering::Relaxed) {
                return self.ask_each(calls).await;
            }
            let body = calls.iter().enumerate().map(|(id, call)| request(id, call));
            match self.post(&Value::Array(body.collect())).await? {
                Value::Array(answers) => in_order(calls.len(), &answers),
                // What is no list answers none of the calls. They are questions, or bytes that count once: asked again.
                _ => {
                    let answers = self.ask_each(calls).await?;
                    self.single.store(true, Ordering::Relaxed);
                    Ok(answers)
                }
            }
        })
    }
}

fn request(id: usize, call: &Call) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": call.method, "params": call.params})
}

/// The answers by their ids: they may come in any order, but each exactly once.
fn in_order(calls: usize, answers: &[Value]) -> Result<Answers, NodeError> {
    let mut places: Vec<Option<Result<Value, RpcError>>> = vec![None; calls];
    for answer in answers {
        let place = answer
            .get("id")
            .and_then(Value::as_u64)
            .and_then(|id| usize::try_from(id).ok())
            .and_then(|id| places.get_mut(id));
        match place {
            Some(place @ None) => *place = Some(one(answer)?),
            _ => {
                return Err(NodeError::Malformed(
                    "an answer to no call, or a second one".into(),
                ))
            }
        }
    }
    let missing = || NodeError::Malformed("a call without an answer".into());
    places
        .into_iter()
        .map(|place| place.ok_or_else(missing))
        .collect()
}

fn one(answer: &Value) -> Result<Result<Value, RpcError>, NodeError> {
    match (answer.get("error"), answer.get("result")) {
        (Some(error), _) if !error.is_null() => {
            let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
            Ok(Err(RpcError {
                code: error
                    .get("code")
                    .and_then(Value::as_i64)
                    .unwrap_or_default(),
                message: text("message").to_owned(),
                data: text("data").to_owned(),
            }))
        }
        (_, Some(result)) if !result.is_null() => Ok(Ok(result.clone())),
        _ => {
            let text: String = answer.to_string().chars().take(120).collect();
            Err(NodeError::Malformed(format!(
                "neither result nor error in {text}"
            )))
        }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
