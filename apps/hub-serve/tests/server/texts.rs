//! Chat and embeddings, which a server behind this one makes: whole, in pieces, broken off, and left in the middle.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::Router;
use bytes::Bytes;
use futures_util::StreamExt;
use hub_caller::{fresh_id, CallError, Caller, Options, Trust};
use hub_engine::{OpenAi, OpenAiOptions, Server};
use hub_model::{Metering, Unit};
use hub_serve::metrics::Latency;
use hub_serve::models::{Runner, Served};
use hub_types::ids::{ReleaseNumber, SessionId};
use hub_wire::{sha256, Receipt, SigningKey};
use hub_x402::{encode, RequestId, SettleResponse};
use serde_json::{json, Value};

use crate::by_hand::payment_at;
use crate::world::World;

/// What a server behind this one does with each request.
#[derive(Clone, Copy)]
pub enum Does {
    /// Answers whole, or in three pieces, and reports 11 tokens in and 3 out.
    Answers,
    /// Says two pieces and breaks off.
    Breaks,
    /// Says two pieces and then nothing, until it is left.
    Hangs,
    /// Has no time.
    IsBusy,
}

pub struct Upstream {
    pub url: String,
    bodies: Arc<Mutex<Vec<Value>>>,
    /// Whether the last one that hangs was left.
    left: Arc<AtomicBool>,
}

struct Leaves(Arc<AtomicBool>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn delta(text: &str) -> String {
    let event = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {event}\n\n")
}

impl Upstream {
    pub async fn start(does: Does) -> Self {
        let (bodies, left) = (
            Arc::<Mutex<Vec<Value>>>::default(),
            Arc::new(AtomicBool::new(false)),
        );
        let (seen, gone) = (bodies.clone(), left.clone());
        let answer = move |body: Bytes| {
            let body: Value = serde_json::from_slice(&body).unwrap();
            seen.lock().unwrap().push(body.clone());
            let gone = gone.clone();
            async move { Self::answer(does, body["stream"] == true, gone) }
        };
        let models = json!({"object": "list", "data": [{"id": "gemma"}]});
        let router = Router::new()
            .route("/v1/models", get(async move || axum::Json(models)))
            .route("/v1/chat/completions", post(answer.clone()))
            .route("/v1/embeddings", post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, bodies, left }
    }

    fn answer(does: Does, is_stream: bool, gone: Arc<AtomicBool>) -> Response {
        let usage = json!({"prompt_tokens": 11, "completion_tokens": 3});
        if matches!(does, Does::IsBusy) {
            return axum::http::StatusCode::TOO_MANY_REQUESTS.into_response();
        }
        if !is_stream {
            return axum::Json(json!({"choices": [], "usage": usage})).into_response();
        }
        let mut pieces = vec![delta("one"), delta("two")];
        if matches!(does, Does::Answers) {
            let usage = json!({"choices": [], "usage": usage});
            pieces.extend([
                delta("three"),
                format!("data: {usage}\n\n"),
                "data: [DONE]\n\n".into(),
            ]);
        }
        let leaves = Leaves(gone);
        let sending = futures_util::stream::unfold(
            (pieces.into_iter(), leaves),
            move |(mut pieces, leaves)| async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                match (pieces.next(), does) {
                    (Some(piece), _) => Some((Ok(piece), (pieces, leaves))),
                    (None, Does::Hangs) => std::future::pending().await,
                    (None, Does::Breaks) => {
                        Some((Err(std::io::Error::other("gone")), (pieces, leaves)))
                    }
                    (None, _) => None,
                }
            },
        );
        Body::from_stream(sending).into_response()
    }
}

/// A world in which the model answers with text, counted in tokens.
async fn world(does: Does) -> (World, Upstream, SessionId, SigningKey) {
    let world = World::with("").await;
    let upstream = Upstream::start(does).await;
    let options = OpenAiOptions::new(Server::new(&upstream.url), "gemma", "vllm 0.11.0", 100);
    let openai = OpenAi::new(options).unwrap();
    let author = world.hub.with(|hub| hub.account("author"));
    let served = Served {
        model: world.model,
        release: ReleaseNumber(1),
        version: "1.0".into(),
        author: author.to_string(),
        name: "volatility".into(),
        title: "Talks".into(),
        blob_id: world.trust.model.as_ref().unwrap().blob_id,
        engine: openai.identity().to_string(),
        runner: Runner::Text {
            upstream: Arc::new(openai),
            metering: Metering {
                input: Unit::Tokens,
                output: Unit::Tokens,
            },
            parallel: 4,
        },
        deadline: Duration::from_secs(10),
        latency: Latency::default(),
    };
    world.server.serve(0, Ok(served));
    let (session, key) = world.session("caller", 100_000, 7);
    (world, upstream, session, key)
}

fn url(world: &World, path: &str) -> String {
    format!("{}/v1/{path}", world.server.url())
}

fn question(world: &World, stream: bool) -> Bytes {
    let message = json!({"role": "user", "content": "How far is the moon?"});
    let mut body =
        json!({"model": world.model.to_string(), "messages": [message], "max_tokens": 20});
    if stream {
        body["stream"] = true.into();
    }
    body.to_string().into()
}

async fn send(
    world: &World,
    session: SessionId,
    key: &SigningKey,
    stream: bool,
    id: u8,
) -> reqwest::Response {
    let (url, body) = (url(world, "chat/completions"), question(world, stream));
    let payment = payment_at(world, &url, session, key, &body, [id; 16], 100_000).await;
    let asked = reqwest::Client::new().post(url).body(body);
    let asked = asked.header("PAYMENT-SIGNATURE", encode(&payment));
    asked.send().await.unwrap()
}

/// The receipt of an answer, after everything in it was compared with what was sent.
fn receipt(settled: &SettleResponse, sent: &[u8]) -> Receipt {
    assert!(settled.success);
    assert_eq!(settled.extra.engine, "vllm 0.11.0 (upstream)");
    let receipt = Receipt::decode(&settled.extra.receipt.0).unwrap();
    assert_eq!(receipt.response_hash, sha256(&[sent]));
    let units = receipt.units;
    assert_eq!(
        settled.amount.0,
        u128::from(5 + units.input + 10 * units.output)
    );
    receipt
}

/// An answer in pieces: what was said, the error if it broke off, and its settlement.
fn taken_apart(body: &[u8]) -> (String, Option<Value>, Option<SettleResponse>) {
    let text = std::str::from_utf8(body).unwrap();
    let said = match text.find("event: ") {
        Some(end) => &text[..end],
        None => text,
    };
    let event = |name: &str| {
        let (_, rest) = text.split_once(&format!("event: {name}\ndata: "))?;
        Some(rest.split_once("\n\n").unwrap().0)
    };
    let error = event("error").map(|data| serde_json::from_str(data).unwrap());
    let settled = event("payment-response").map(|data| hub_x402::decode(data).unwrap());
    (said.to_owned(), error, settled)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer_is_charged_by_the_tokens_that_the_server_reports() {
    let (world, upstream, session, key) = world(Does::Answers).await;
    let answer = send(&world, session, &key, false, 1).await;
    assert_eq!(answer.status(), 200);
    let header = answer.headers()["payment-response"].to_str().unwrap();
    let settled: SettleResponse = hub_x402::decode(header).unwrap();
    let body = answer.bytes().await.unwrap();
    let receipt = receipt(&settled, &body);
    assert_eq!((receipt.units.input, receipt.units.output), (11, 3));
    assert_eq!(world.charged(session), 5 + 11 + 30);
    let asked = upstream.bodies.lock().unwrap()[0].clone();
    assert_eq!(
        (&asked["model"], &asked["max_tokens"]),
        (&json!("gemma"), &json!(20))
    );
    // The same id again asks nobody.
    let again = send(&world, session, &key, false, 1).await;
    assert_eq!(again.bytes().await.unwrap(), body);
    assert_eq!(upstream.bodies.lock().unwrap().len(), 1);

    let url = url(&world, "embeddings");
    let body = Bytes::from(json!({"model": world.model.to_string(), "input": "moon"}).to_string());
    let payment = payment_at(&world, &url, session, &key, &body, [2; 16], 100_000).await;
    let asked = reqwest::Client::new().post(url).body(body);
    let answer = asked
        .header("PAYMENT-SIGNATURE", encode(&payment))
        .send()
        .await;
    assert_eq!(answer.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_pieces_ends_with_its_settlement_and_is_the_same_again() {
    let (world, upstream, session, key) = world(Does::Answers).await;
    let answer = send(&world, session, &key, true, 1).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(!answer.headers().contains_key("payment-response"));
    let body = answer.bytes().await.unwrap();
    let (said, error, settled) = taken_apart(&body);
    assert_eq!(
        said,
        [
            delta("one"),
            delta("two"),
            delta("three"),
            "data: [DONE]\n\n".into()
        ]
        .concat()
    );
    assert_eq!(error, None);
    let receipt = receipt(&settled.unwrap(), said.as_bytes());
    assert_eq!((receipt.units.input, receipt.units.output), (11, 3));
    assert_eq!(world.charged(session), 5 + 11 + 30);

    let again = send(&world, session, &key, true, 1)
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(taken_apart(&again).0, said);
    assert_eq!(
        Receipt::decode(&taken_apart(&again).2.unwrap().extra.receipt.0).unwrap(),
        receipt
    );
    assert_eq!(upstream.bodies.lock().unwrap().len(), 1);
    assert_eq!(world.charged(session), 5 + 11 + 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_its_server_breaks_off_says_so_and_is_charged_for_what_was_sent() {
    let (world, _, session, key) = world(Does::Breaks).await;
    let body = send(&world, session, &key, true, 1)
        .await
        .bytes()
        .await
        .unwrap();
    let (said, error, settled) = taken_apart(&body);
    assert_eq!(said, [delta("one"), delta("two")].concat());
    assert_eq!(error.unwrap()["error"]["code"], "upstream_cut");
    let receipt = receipt(&settled.unwrap(), said.as_bytes());
    assert_eq!(receipt.units.output, 2);
    assert_eq!(
        world.charged(session),
        u128::from(5 + receipt.units.input + 20)
    );
    let health = world.books.read(|ledger| ledger.health(0));
    assert_eq!((health.running, health.unsettled), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_in_the_middle_pays_for_what_was_sent_and_frees_the_rest() {
    let (world, upstream, session, key) = world(Does::Hangs).await;
    let mut answer = send(&world, session, &key, true, 1).await;
    let mut got = vec![];
    while got.len() < delta("one").len() + delta("two").len() {
        got.extend(answer.chunk().await.unwrap().unwrap());
    }
    drop(answer);
    let health = || world.books.read(|ledger| ledger.health(0));
    for _ in 0..500 {
        if health().running == 0 && upstream.left.load(Ordering::SeqCst) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((health().running, health().unsettled), (0, 1));
    assert!(
        upstream.left.load(Ordering::SeqCst),
        "the other server is let go"
    );
    let id = RequestId::from([1; 16]);
    let found = world.books.find(id.0).await.unwrap();
    let units = found[0].receipt.units;
    assert_eq!(units.output, 2);
    assert_eq!(found[0].receipt.response_hash, sha256(&[&got]));
    assert_eq!(world.charged(session), u128::from(5 + units.input + 20));
    // Whoever left gets what was paid for, again.
    let again = send(&world, session, &key, true, 1)
        .await
        .bytes()
        .await
        .unwrap();
    assert_eq!(taken_apart(&again).0.as_bytes(), got);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_begin_costs_nothing() {
    let (world, _, session, key) = world(Does::IsBusy).await;
    for (stream, id) in [(false, 1), (true, 2)] {
        let answer = send(&world, session, &key, stream, id).await;
        assert_eq!(answer.status(), 503);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "upstream_busy");
    }
    assert_eq!(world.charged(session), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_or_for_another_kind_of_model_is_refused_by_name() {
    let (world, upstream, ..) = world(Does::Answers).await;
    let tensors = World::new().await;
    let author = world.hub.with(|hub| hub.account("author"));
    let ask = async |world: &World, path: &str, body: Value| {
        let url = format!("{}{path}", world.server.url());
        let answer = reqwest::Client::new()
            .post(url)
            .body(body.to_string())
            .send();
        let answer = answer.await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (
            status,
            body["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let model = world.model.to_string();
    let chat = "/v1/chat/completions";
    let infer = format!("/v2/models/{author}/volatility/infer");
    let message = json!([{"role": "user", "content": "x"}]);
    for (world, path, body, status, code) in [
        (&world, chat, json!({}), 400, "malformed"),
        (&world, chat, json!({"model": 7}), 400, "malformed"),
        (&world, chat, json!({"model": "a/b"}), 404, "unknown_model"),
        (&world, chat, json!({"model": model}), 400, "malformed"),
        (
            &world,
            chat,
            json!({"model": model, "messages": message, "best_of": 9}),
            400,
            "unknown_parameter",
        ),
        (
            &world,
            "/v1/embeddings",
            json!({"model": model, "input": "x", "stream": true}),
            400,
            "malformed",
        ),
        (
            &world,
            chat,
            json!({"model": model, "messages": message}),
            402,
            "payment_required",
        ),
        (
            &world,
            infer.as_str(),
            json!({"inputs": []}),
            400,
            "takes_text",
        ),
        (
            &tensors,
            chat,
            json!({"model": model, "messages": message}),
            400,
            "takes_tensors",
        ),
    ] {
        let found = ask(world, path, body.clone()).await;
        assert_eq!(found, (status, code.to_owned()), "{path} {body}");
    }
    assert_eq!(upstream.bodies.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_in_the_middle_charges_what_it_noted_which_a_repeat_gets() {
    use hub_ledger::{Admission, Authorized, Ledger, Work};
    use hub_serve::books::Store;
    use hub_serve::sqlite::Sqlite;
    use hub_types::escrow::NewSession;
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let (session, _) = world.session_with("caller", 1_000, 7, |one| NewSession {
        ceiling: None,
        ..one
    });
    world.observe(&[session]);
    let now = world.clock.load(Ordering::SeqCst);
    // The books of the world on another disk, which dies with all that it has not written.
    let call = hub_wire::Call {
        attester: world.attester.id,
        session,
        model: world.model,
        request_id: [3; 16],
        expires_at: now + 60,
        request_hash: [4; 32],
    };
    let work = Work {
        model: world.model,
        release: ReleaseNumber(1),
        units: hub_wire::Units::new(5, 9),
    };
    let mut ledger = world.books.read(Clone::clone);
    let identity = ledger.identity().clone();
    let authorized = Authorized::otherwise(call);
    {
        let (store, _) = Sqlite::open(folder.path()).unwrap();
        let write = |records| store.write(records, Box::new(|result| result.unwrap()));
        write(vec![hub_ledger::Record::Identity(identity.clone())]);
        let admitted = ledger.reserve(&authorized, &work, None, now).unwrap();
        let Admission::Reserved(reservation) = admitted else {
            panic!("a new request id was answered before");
        };
        ledger.start(reservation, now).unwrap();
        for (units, said) in [(1, "one"), (2, "one two")] {
            let units = hub_wire::Units::new(5, units);
            let hash = sha256(&[said.as_bytes()]);
            let noted = ledger.sending(reservation, units, hash, said.into(), now);
            write(noted.unwrap().records);
        }
    }
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved.partial.len(), 1);
    let opened = Ledger::load(
        identity,
        world.books.read(|one| one.limits().clone()),
        saved,
    )
    .unwrap();
    store.write(opened.records, Box::new(|result| result.unwrap()));
    drop(store);
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved.partial, []);
    let found = store.find([3; 16]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].amount, 5 + 5 + 20);
    assert_eq!(found[0].receipt.response_hash, sha256(&[b"one two"]));
}

/// A caller that does not know how the model counts.
fn caller(world: &World, session: SessionId, key: &SigningKey) -> Caller {
    caller_of(world, session, key, |options| options)
}

fn caller_of(
    world: &World,
    session: SessionId,
    key: &SigningKey,
    change: fn(Options) -> Options,
) -> Caller {
    let trust = Trust {
        model: None,
        ..world.trust.clone()
    };
    world.caller_of(session, key, trust, change)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_hears_the_pieces_as_they_come_and_checks_the_whole() {
    let (world, upstream, session, key) = world(Does::Answers).await;
    let (caller, url) = (
        caller(&world, session, &key),
        url(&world, "chat/completions"),
    );
    let id = fresh_id();
    for _ in 0..2 {
        let mut heard: Vec<Vec<u8>> = vec![];
        let mut hear = |piece: &[u8]| heard.push(piece.to_vec());
        let answer = caller.call_in_pieces(id, &url, question(&world, true), &mut hear);
        let answer = answer.await.unwrap();
        let said = [
            &delta("one"),
            &delta("two"),
            &delta("three"),
            "data: [DONE]\n\n",
        ];
        assert_eq!(answer.body, said.concat());
        assert_eq!(heard.concat(), answer.body);
        assert_eq!((answer.amount, answer.charged), (46, 46));
        assert_eq!(
            (answer.mime_type, answer.broken_off),
            ("text/event-stream".into(), None)
        );
    }
    assert_eq!((caller.tally().charged(), world.charged(session)), (46, 46));
    assert_eq!(upstream.bodies.lock().unwrap().len(), 1);

    // An answer in one piece is heard when it was checked.
    let mut heard = vec![];
    let mut hear = |piece: &[u8]| heard.extend_from_slice(piece);
    let whole = caller.call_in_pieces(fresh_id(), &url, question(&world, false), &mut hear);
    assert_eq!(whole.await.unwrap().body, heard);
    assert_eq!((caller.tally().charged(), world.charged(session)), (92, 92));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_told_that_an_answer_broke_off_and_pays_for_what_was_said() {
    let (world, _, session, key) = world(Does::Breaks).await;
    let (caller, url) = (
        caller(&world, session, &key),
        url(&world, "chat/completions"),
    );
    let answer = caller.call(&url, question(&world, true)).await.unwrap();
    assert_eq!(answer.body, [delta("one"), delta("two")].concat());
    assert!(answer.broken_off.is_some_and(|why| !why.is_empty()));
    assert_eq!(answer.amount, world.charged(session));
    assert_eq!(answer.receipt.units.output, 2);
}

/// What a gateway does with the first paid answer in pieces, and with those after it.
type Mangles = fn(Bytes, bool) -> Vec<Result<Bytes, std::io::Error>>;

/// So slowly that what is before a cut arrives.
fn slowly<T: Send + 'static>(pieces: Vec<T>) -> impl futures_util::Stream<Item = T> + Send {
    futures_util::stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        piece
    })
}

/// A gateway before a server, that does something with paid answers.
async fn gateway(server: String, mangles: Mangles) -> String {
    let seen = Arc::new(AtomicBool::new(false));
    let forward = move |request: axum::extract::Request| {
        let (server, seen) = (server.clone(), seen.clone());
        async move {
            let (parts, body) = request.into_parts();
            let is_paid = parts.headers.contains_key("payment-signature");
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let asked = reqwest::Client::new().post(format!("{server}{}", parts.uri));
            let answer = asked
                .headers(parts.headers)
                .body(body)
                .send()
                .await
                .unwrap();
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            headers.remove("content-length");
            headers.remove("transfer-encoding");
            let bytes = answer.bytes().await.unwrap();
            let is_first = is_paid && !seen.swap(true, Ordering::SeqCst);
            let pieces = match is_paid {
                true => mangles(bytes, is_first),
                false => vec![Ok(bytes)],
            };
            (status, headers, Body::from_stream(slowly(pieces)))
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(forward);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_on_its_way_is_heard_once_and_paid_once() {
    let (world, upstream, session, key) = world(Does::Answers).await;
    let cuts: Mangles = |bytes, is_first| match is_first {
        true => vec![
            Ok(bytes.slice(..delta("one").len() + 9)),
            Err(std::io::Error::other("cut")),
        ],
        false => vec![Ok(bytes)],
    };
    let gateway = gateway(world.server.url().to_string(), cuts).await;
    let caller = caller(&world, session, &key);
    let mut heard = vec![];
    let mut hear = |piece: &[u8]| heard.extend_from_slice(piece);
    let url = format!("{gateway}/v1/chat/completions");
    let answer = caller.call_in_pieces(fresh_id(), &url, question(&world, true), &mut hear);
    let answer = answer.await.unwrap();
    assert_eq!(answer.body, heard);
    assert_eq!((answer.amount, answer.charged), (46, 46));
    assert_eq!((caller.tally().at_most(), world.charged(session)), (46, 46));
    assert_eq!(upstream.bodies.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_pieces_may_take_longer_than_a_call_as_long_as_it_goes_on() {
    let in_thirty: Mangles = |bytes, _| {
        let pieces = bytes.chunks(bytes.len().div_ceil(30));
        pieces.map(|one| Ok(Bytes::copy_from_slice(one))).collect()
    };
    // Each with a session of its own, which one caller has.
    let call = async |change| {
        let (world, _, session, key) = world(Does::Answers).await;
        let gateway = gateway(world.server.url().to_string(), in_thirty).await;
        let url = format!("{gateway}/v1/chat/completions");
        let caller = caller_of(&world, session, &key, change);
        let mut hear = |_: &[u8]| ();
        caller
            .call_in_pieces(fresh_id(), &url, question(&world, true), &mut hear)
            .await
    };
    // Thirty pieces, 50 ms apart.
    let patient = |options| Options {
        timeout: Duration::from_secs(1),
        ..options
    };
    assert_eq!(call(patient).await.unwrap().amount, 46);
    let hurried = |options| Options {
        longest_stream: Duration::from_millis(700),
        retries: 0,
        ..options
    };
    let error = call(hurried).await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("it takes too long"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_the_middle_of_an_answer_is_left_after_a_time() {
    let (world, _, session, key) = world(Does::Hangs).await;
    let soon = |options| Options {
        timeout: Duration::from_millis(500),
        retries: 0,
        ..options
    };
    let caller = caller_of(&world, session, &key, soon);
    let mut heard = vec![];
    let mut hear = |piece: &[u8]| heard.extend_from_slice(piece);
    let url = url(&world, "chat/completions");
    let called = caller.call_in_pieces(fresh_id(), &url, question(&world, true), &mut hear);
    let error = called.await.unwrap_err();
    assert!(matches!(error, CallError::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("it takes too long"), "{error}");
    assert_eq!(heard, (delta("one") + &delta("two")).into_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_what_is_said_or_never_settles_is_told_apart_and_costs_one_call() {
    let changes: Mangles = |bytes, _| {
        let said = String::from_utf8(bytes.to_vec()).unwrap();
        vec![Ok(said.replace("two", "six").into())]
    };
    let changes_its_mind: Mangles = |bytes, is_first| {
        let said = String::from_utf8(bytes.to_vec()).unwrap();
        match is_first {
            true => vec![
                Ok(said.replace("one", "own")[..delta("one").len()]
                    .to_owned()
                    .into()),
                Err(std::io::Error::other("cut")),
            ],
            false => vec![Ok(bytes)],
        }
    };
    let never_settles: Mangles = |bytes, _| {
        let said = String::from_utf8(bytes.to_vec()).unwrap();
        vec![Ok(said.split("event:").next().unwrap().to_owned().into())]
    };
    for (mangles, told) in [
        (changes, "its receipt is about another answer"),
        (
            changes_its_mind,
            "its answer begins otherwise than the first time",
        ),
        (never_settles, "its answer ended before its settlement"),
    ] {
        let (world, _, session, key) = world(Does::Answers).await;
        let gateway = gateway(world.server.url().to_string(), mangles).await;
        let caller = caller(&world, session, &key);
        let url = format!("{gateway}/v1/chat/completions");
        let mut hear = |_: &[u8]| ();
        let refused = caller.call_in_pieces(fresh_id(), &url, question(&world, true), &mut hear);
        let error = refused.await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        let is_named = matches!(
            error,
            CallError::Dishonest { .. } | CallError::Unknown { .. }
        );
        assert!(is_named, "{error}");
        assert_eq!(world.charged(session), 46);
        // Whatever it says, the call is counted at its most until its end is known.
        assert!(caller.tally().at_most() >= 46);
    }
}
