//! A node on a socket that lies on demand, over the embedded chain: for tests of whatever relies on nodes.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use hub_chain::embedded::{Embedded, EmbeddedOptions};
//! use hub_chain::testing::{Fault, StandIn};
//!
//! let chain = Embedded::start(EmbeddedOptions::default())?;
//! let honest = StandIn::start(&chain).await;
//! let liar = StandIn::start(&chain).await;
//! liar.always(Fault::OtherChain);
//!
//! let mut profile = chain.profile().clone();
//! profile.rpc = vec![liar.url(), honest.url()];
//! let hub = profile.connect()?;
//! hub.chain().status().await?; // the honest one answers
//! assert!(hub.chain().health()[0].complaint.as_ref().unwrap().contains("belongs to chain"));
//! # Ok::<(), hub_chain::ChainError>(())
//! # }).unwrap();
//! ```

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use axum::Router;
use serde_json::{json, Value};

use crate::embedded::Embedded;
use crate::node::MOST_CALLS;

/// What a stand-in does instead of answering truly.
#[derive(Clone)]
pub enum Fault {
    /// Answers this much later.
    Slow(Duration),
    /// HTTP 429 in plain text.
    Busy,
    /// A page of HTML with status 200.
    Html,
    /// The first half of the body, and then the connection ends.
    CutBody,
    /// The request is carried out, and the connection closed without an answer.
    TakenThenClosed,
    /// The connection is closed, and nothing carried out.
    Closed,
    /// Says that it belongs to another chain.
    OtherChain,
    /// Says that it is still catching up.
    CatchingUp,
    /// Shows a newest block that is this many blocks and seconds older.
    Lags(u64),
    /// Says that its newest block is this many blocks further, and of this moment.
    RunsAhead(u64),
    /// Answers lists of calls in the opposite order.
    OutOfOrder,
    /// Answers the first call of a list twice and the last not at all.
    Repeats,
    /// Takes no lists of calls.
    NoBatches,
    /// Says that it took a transaction, and drops it.
    Swallows,
    /// Refuses every transaction, with this code of the SDK and log.
    RefusesTx(u32, String),
    /// Carries a transaction out, and says that it refused it with this code of the SDK and log.
    TakenThenRefused(u32, String),
    /// Takes each transaction twice, as proxies do that ask again.
    BroadcastsTwice,
    /// Finds no transactions.
    NoIndex,
    /// Shows every transaction that it is asked for as done, in its newest block.
    ClaimsDone,
    /// Says that every transaction failed for its sequence.
    ShowsLastInclusionOnly,
    /// Says that gas is this much.
    Gas(u64),
    /// Has no blocks before its newest.
    Pruned,
    /// Answers every question with what the closure makes of the true answer, given method and parameters.
    Lies(Arc<Lie>),
}

/// What a lie makes of a true answer, given method and parameters.
pub type Lie = dyn Fn(&str, &Value, Value) -> Value + Send + Sync;

#[derive(Default)]
struct Script {
    always: Vec<Fault>,
    /// For one request each, oldest first.
    next: VecDeque<Fault>,
    /// Only for requests with this method.
    method: Option<&'static str>,
    requests: Vec<String>,
}

/// A node on a socket of its own, over an embedded chain.
#[derive(Clone)]
pub struct StandIn {
    chain: Embedded,
    script: Arc<Mutex<Script>>,
    address: SocketAddr,
    server: Arc<Server>,
}

struct Server(tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl StandIn {
    /// Starts a node on a free port of 127.0.0.1. It ends with the last clone.
    ///
    /// # Panics
    ///
    /// If there is no port: it is test code.
    pub async fn start(chain: &Embedded) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = (chain.clone(), script.clone());
        let router = Router::new().route("/", post(serve)).with_state(shared);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            chain: chain.clone(),
            script,
            address,
            server: Arc::new(Server(server)),
        }
    }

    /// Its RPC address.
    pub fn url(&self) -> String {
        let _ = &self.server;
        format!("http://{}", self.address)
    }

    /// The chain that it stands for.
    pub fn chain(&self) -> &Embedded {
        &self.chain
    }

    /// Does this from now on, beside what it does already.
    pub fn always(&self, fault: Fault) {
        self.script().always.push(fault);
    }

    /// Does this for the next request that contains a call of `method`, once for each time this is called.
    pub fn once(&self, method: &'static str, fault: Fault) {
        let mut script = self.script();
        script.method = Some(method);
        script.next.push_back(fault);
    }

    /// Answers truly from now on.
    pub fn honest(&self) {
        let mut script = self.script();
        script.always.clear();
        script.next.clear();
    }

    /// How often calls of this method reached it.
    pub fn calls_of(&self, method: &str) -> usize {
        self.script()
            .requests
            .iter()
            .filter(|one| *one == method)
            .count()
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Shared = (Embedded, Arc<Mutex<Script>>);

async fn serve(State((chain, script)): State<Shared>, body: Bytes) -> Response<Body> {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return text(StatusCode::BAD_REQUEST, "no JSON");
    };
    let calls: Vec<Value> = match &request {
        Value::Array(calls) => calls.clone(),
        one => vec![one.clone()],
    };
    let methods: Vec<String> = calls
        .iter()
        .map(|call| call["method"].as_str().unwrap_or_default().to_owned())
        .collect();
    let faults = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.requests.extend(methods.iter().cloned());
        let mut faults = script.always.clone();
        if script
            .method
            .is_some_and(|method| methods.iter().any(|one| one == method))
        {
            faults.extend(script.next.pop_front());
        }
        faults
    };
    for fault in &faults {
        match fault {
            Fault::Slow(delay) => tokio::time::sleep(*delay).await,
            Fault::Busy => {
                return text(
                    StatusCode::TOO_MANY_REQUESTS,
                    "Too many requests, please slow down",
                )
            }
            Fault::Html => return text(StatusCode::OK, "<!DOCTYPE html><title>504</title>"),
            Fault::Closed => return cut(Bytes::new()),
            Fault::NoBatches if request.is_array() => {
                let refusal = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_600, "message": "no batches"}});
                return json_body(&refusal);
            }
            _ => {}
        }
    }
    if calls.len() > MOST_CALLS {
        let refusal = json!({"jsonrpc": "2.0", "id": -1, "error": {"code": -32_600, "message": "batch too large"}});
        return json_body(&refusal);
    }
    let mut answers = vec![];
    for call in &calls {
        answers.push(answer(&chain, &faults, call).await);
    }
    for fault in &faults {
        match fault {
            Fault::OutOfOrder => answers.reverse(),
            Fault::Repeats if answers.len() > 1 => {
                let first = answers[0].clone();
                answers.pop();
                answers.push(first);
            }
            _ => {}
        }
    }
    let whole = if request.is_array() {
        Value::Array(answers)
    } else {
        answers.remove(0)
    };
    let bytes = Bytes::from(whole.to_string());
    for fault in &faults {
        match fault {
            Fault::CutBody => return cut(bytes.slice(..bytes.len() / 2)),
            Fault::TakenThenClosed => return cut(Bytes::new()),
            _ => {}
        }
    }
    json_body(&whole)
}

async fn answer(chain: &Embedded, faults: &[Fault], call: &Value) -> Value {
    let method = call["method"].as_str().unwrap_or_default().to_owned();
    let params = call["params"].clone();
    let id = call["id"].clone();
    let wrong = |data: &str| json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_603, "message": "Internal error", "data": data}});
    for fault in faults {
        match (fault, method.as_str()) {
            (Fault::Swallows, "broadcast_tx_sync") => {
                let result = json!({"code": 0, "data": "", "log": "", "codespace": "", "hash": ""});
                return json!({"jsonrpc": "2.0", "id": id, "result": result});
            }
            (Fault::RefusesTx(code, log), "broadcast_tx_sync") => {
                let result =
                    json!({"code": code, "data": "", "log": log, "codespace": "sdk", "hash": ""});
                return json!({"jsonrpc": "2.0", "id": id, "result": result});
            }
            (Fault::BroadcastsTwice, "broadcast_tx_sync") => {
                let _ = chain.call(method.clone(), params.clone()).await;
            }
            (Fault::NoIndex, "tx") => return wrong("tx (00) not found"),
            (Fault::Pruned, "block" | "block_results") => {
                return wrong("height is not available, lowest height is 9")
            }
            _ => {}
        }
    }
    let mut result = match chain.call(method.clone(), params.clone()).await {
        Ok(result) => result,
        Err(error) => {
            let claims = faults
                .iter()
                .any(|fault| matches!(fault, Fault::ClaimsDone));
            if !(claims && method == "tx") {
                return json!({
                    "jsonrpc": "2.0", "id": id,
                    "error": {"code": error.code, "message": error.message, "data": error.data}
                });
            }
            json!({})
        }
    };
    for fault in faults {
        lie(chain, fault, &method, &params, &mut result).await;
    }
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

async fn lie(chain: &Embedded, fault: &Fault, method: &str, params: &Value, result: &mut Value) {
    let height = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or_default()
    };
    match (fault, method) {
        (Fault::OtherChain, "status") => result["node_info"]["network"] = json!("another-9"),
        (Fault::CatchingUp, "status") => result["sync_info"]["catching_up"] = json!(true),
        (Fault::Lags(blocks), "status") => {
            let newest = height(&result["sync_info"]["latest_block_height"]);
            result["sync_info"]["latest_block_height"] =
                json!(newest.saturating_sub(*blocks).to_string());
            let time = result["sync_info"]["latest_block_time"]
                .as_str()
                .and_then(crate::encoding::unix_time);
            let time = time.unwrap_or_default().saturating_sub(*blocks);
            result["sync_info"]["latest_block_time"] = json!(rfc3339(time));
        }
        (Fault::RunsAhead(blocks), "status") => {
            let newest = height(&result["sync_info"]["latest_block_height"]);
            result["sync_info"]["latest_block_height"] = json!((newest + blocks).to_string());
            result["sync_info"]["latest_block_time"] = json!(rfc3339(crate::chain::unix_now()));
        }
        (Fault::TakenThenRefused(code, log), "broadcast_tx_sync") => {
            *result = json!({"code": code, "data": "", "log": log, "codespace": "sdk", "hash": ""});
        }
        (Fault::ClaimsDone, "tx") => {
            let status = chain
                .call("status".to_owned(), json!({}))
                .await
                .unwrap_or_default();
            let hash = params["hash"].clone();
            *result = json!({
                "hash": hash, "height": status["sync_info"]["latest_block_height"], "index": 0,
                "tx_result": {"code": 0, "data": "", "log": "", "codespace": "", "events": [],
                              "gas_used": "1", "gas_wanted": "1"},
                "tx": result["tx"].clone()
            });
        }
        (Fault::ShowsLastInclusionOnly, "tx") => {
            let newest = height(&result["height"]);
            result["height"] = json!((newest + 1).to_string());
            result["tx_result"] = json!({
                "code": 32, "codespace": "sdk", "data": null, "events": [], "gas_used": "0", "gas_wanted": "0",
                "log": "account sequence mismatch, expected 1, got 0: incorrect account sequence"
            });
        }
        (Fault::Gas(gas), "abci_query")
            if params["path"] == "/cosmos.tx.v1beta1.Service/Simulate" =>
        {
            use base64::prelude::{Engine, BASE64_STANDARD};
            use cosmrs::proto::cosmos::base::abci::v1beta1::GasInfo;
            use cosmrs::proto::cosmos::tx::v1beta1::SimulateResponse;
            use cosmrs::proto::prost::Message;
            let gas_info = Some(GasInfo {
                gas_wanted: 0,
                gas_used: *gas,
            });
            let value = SimulateResponse {
                gas_info,
                result: None,
            };
            result["response"]["value"] = json!(BASE64_STANDARD.encode(value.encode_to_vec()));
            result["response"]["code"] = json!(0);
        }
        (Fault::Lies(closure), _) => *result = closure(method, params, result.take()),
        _ => {}
    }
}

fn rfc3339(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or_default();
    let time = cosmrs::tendermint::Time::from_unix_timestamp(seconds, 0);
    time.map(|time| time.to_rfc3339()).unwrap_or_default()
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}

fn json_body(value: &Value) -> Response<Body> {
    Response::new(Body::from(value.to_string()))
}

/// Some bytes, and then the connection breaks.
fn cut(bytes: Bytes) -> Response<Body> {
    let parts: Vec<Result<Bytes, std::io::Error>> =
        vec![Ok(bytes), Err(std::io::ErrorKind::ConnectionReset.into())];
    Response::new(Body::from_stream(futures_util::stream::iter(parts)))
}
