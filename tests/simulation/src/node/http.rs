//! HTTP around the calls: JSON-RPC by POST, calls in the address by GET, and what browsers ask before they let a page read.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{json, Map, Value};
use tokio::runtime;
use tokio::task::{spawn_local, LocalSet};

use super::rpc::RpcError;
use super::Node;

/// Most bytes of a request, as CometBFT has it (`max_body_bytes`).
const MAX_BODY: usize = 1_000_000;

/// A node that answers at an address.
pub struct Serving {
    node: Node,
    listener: TcpListener,
    address: SocketAddr,
}

impl Node {
    /// Listens at an address such as `127.0.0.1:26657`; port 0 takes any that is free.
    pub fn listen(self, address: &str) -> Result<Serving> {
        let listener = TcpListener::bind(address).with_context(|| {
            format!("{address} cannot be listened at: give a host and a free port, such as 127.0.0.1:26657")
        })?;
        let address = listener.local_addr()?;
        Ok(Serving {
            node: self,
            listener,
            address,
        })
    }
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The node.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Answers until the process ends or the socket fails: many connections at a time, one question after the other, since
    /// an embedded chain stays on one thread.
    pub fn run(self) -> Result<()> {
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        LocalSet::new().block_on(&runtime, accept(self))
    }
}

async fn accept(serving: Serving) -> Result<()> {
    serving.listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(serving.listener)?;
    let node = Rc::new(RefCell::new(serving.node));
    loop {
        let (stream, _) = listener.accept().await.context("the socket failed")?;
        let node = node.clone();
        let service = service_fn(move |request| {
            let node = node.clone();
            async move { Ok::<_, Infallible>(respond(&node, request).await) }
        });
        spawn_local(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // Whoever hung up needs no answer.
            drop(connection.await);
        });
    }
}

type Reply = Response<Full<Bytes>>;

async fn respond(node: &RefCell<Node>, request: Request<Incoming>) -> Reply {
    let mut reply = match *request.method() {
        Method::OPTIONS => text(StatusCode::NO_CONTENT, ""),
        Method::POST => {
            let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
            match body {
                Ok(body) => posted(&mut node.borrow_mut(), &body.to_bytes()),
                Err(_) => {
                    let most = format!("a request has at most {MAX_BODY} bytes");
                    failure(RpcError::invalid_request(most), &json!(-1))
                }
            }
        }
        Method::GET | Method::HEAD => {
            let uri = request.uri();
            got(
                &mut node.borrow_mut(),
                uri.path(),
                uri.query().unwrap_or_default(),
            )
        }
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "ask by GET or POST\n"),
    };
    allow(reply.headers_mut());
    reply
}

fn posted(node: &mut Node, body: &[u8]) -> Reply {
    match node.post(body) {
        Ok(Some(answer)) => {
            // As CometBFT does it: a single call that failed has a status that says so, a batch has not.
            let failed = answer.get("error").is_some();
            let status = if failed {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::OK
            };
            reply(status, &answer)
        }
        Ok(None) => text(StatusCode::OK, ""),
        Err(error) => failure(error, &json!(-1)),
    }
}

fn got(node: &mut Node, path: &str, query: &str) -> Reply {
    let id = json!(-1);
    match path.trim_matches('/') {
        "" => text(StatusCode::OK, ROOT),
        "scenario" => reply(StatusCode::OK, &node.scenario),
        "deployment.json" => match node.deployment() {
            Ok(deployment) => reply(StatusCode::OK, &deployment),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}\n")),
        },
        method => match node.call(method, &uri_params(query)) {
            Ok(result) => {
                let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result });
                reply(StatusCode::OK, &answer)
            }
            Err(error) => failure(error, &id),
        },
    }
}

const ROOT: &str = "\
The end of a scenario, read as a CometBFT node: POST JSON-RPC here, or GET /status, /health, /block, /abci_query.
/deployment.json says where the contracts are, /scenario what was simulated.
";

/// Parameters in an address: text stands in quotation marks, bytes as `0x…`, numbers bare or in quotation marks.
fn uri_params(query: &str) -> Map<String, Value> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let bare = |value: &str| value.trim_matches('"').to_owned();
    pairs
        .map(|(name, value)| (name.into_owned(), Value::String(bare(&value))))
        .collect()
}

fn text(status: StatusCode, body: &str) -> Reply {
    let mut reply = Response::new(Full::from(body.to_owned()));
    *reply.status_mut() = status;
    reply
}

fn reply(status: StatusCode, answer: &Value) -> Reply {
    let mut reply = text(status, &answer.to_string());
    let json = HeaderValue::from_static("application/json");
    reply.headers_mut().insert(header::CONTENT_TYPE, json);
    reply
}

fn failure(error: RpcError, id: &Value) -> Reply {
    reply(StatusCode::INTERNAL_SERVER_ERROR, &error.answer(id))
}

/// Lets pages of any origin read the answer (`cors_allowed_origins = ["*"]`).
fn allow(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "HEAD, GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Origin, Accept, Content-Type, X-Requested-With, X-Server-Time",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
