//! Servers that run a model for this one: honest ones, busy ones, silent ones, and ones that break off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::Router;
use futures_util::StreamExt;
use hub_engine::{
    Call, Counted, Data, EngineError, OpenAi, OpenAiOptions, OpenInference, OpenInferenceOptions,
    Pool, PoolLimits, Quote, Secret, Server, Tensor, TextKind, UpstreamError, Usage,
};
use hub_model::{Metering, Unit};
use serde_json::{json, Value};

/// A server on this machine that notes what it is asked and answers as the test says.
struct StandIn {
    url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    bodies: Mutex<Vec<Value>>,
    keys: Mutex<Vec<String>>,
}

type Answer = Arc<dyn Fn() -> Response + Send + Sync>;

async fn noted(
    State((seen, answer)): State<(Arc<Seen>, Answer)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    seen.calls.fetch_add(1, Ordering::SeqCst);
    let key = headers
        .get("authorization")
        .map(|key| key.to_str().unwrap().to_owned());
    seen.keys.lock().unwrap().extend(key);
    seen.bodies
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&body).unwrap());
    answer()
}

async fn serve(
    path: &str,
    more: Router,
    answer: impl Fn() -> Response + Send + Sync + 'static,
) -> StandIn {
    let seen = Arc::new(Seen::default());
    let answer: Answer = Arc::new(answer);
    let router = Router::new()
        .route(path, post(noted))
        .with_state((seen.clone(), answer))
        .merge(more);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    StandIn { url, seen }
}

async fn chat(answer: impl Fn() -> Response + Send + Sync + 'static) -> (StandIn, OpenAi) {
    let stand_in = serve("/v1/chat/completions", Router::new(), answer).await;
    let mut server = Server::new(&stand_in.url);
    server.api_key = Some(Secret::new("sesame"));
    server.idle_ms = 1_000;
    server.first_ms = 20_000;
    server.max_answer = 10_000;
    let upstream = OpenAi::new(OpenAiOptions::new(server, "gemma", "vllm 0.11.0", 100)).unwrap();
    (stand_in, upstream)
}

const ASK: &[u8] =
    br#"{"model":"a/b","messages":[{"role":"user","content":"How far is the moon?"}]}"#;
const ASK_STREAM: &[u8] =
    br#"{"stream":true,"max_tokens":7,"messages":[{"role":"user","content":"How far is the moon?"}]}"#;

fn tokens() -> Metering {
    Metering {
        input: Unit::Tokens,
        output: Unit::Tokens,
    }
}

/// Pieces of a stream; the connection then ends, or breaks.
fn pieces(pieces: Vec<String>, breaks: bool) -> Response {
    let mut all: Vec<Result<String, std::io::Error>> = pieces.into_iter().map(Ok).collect();
    if breaks {
        all.push(Err(std::io::Error::other("gone")));
    }
    // A moment between pieces, or a break would take those before it along.
    let stream = futures_util::stream::iter(all).then(|piece| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        piece
    });
    Body::from_stream(stream).into_response()
}

fn delta(text: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {"content": text}}]})
    )
}

fn usage_event() -> String {
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14});
    format!("data: {}\n\n", json!({"choices": [], "usage": usage}))
}

#[tokio::test]
async fn requests_that_nobody_could_price_are_refused_and_never_sent() {
    let (stand_in, upstream) = chat(|| StatusCode::OK.into_response()).await;
    let ask = |fields: Value| {
        let mut body = json!({"messages": [{"role": "user", "content": "x"}]});
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let body = body.to_string();
        upstream
            .request(TextKind::Chat, body.as_bytes())
            .unwrap_err()
            .to_string()
    };
    for (fields, sentence) in [
        (json!({"best_of": 9}), "parameter `best_of` is not known here, and nothing is ignored in silence: leave it out"),
        (json!({"max_tokens": 101}), "the body is no inference request: `max_tokens` is 101, this server answers with 100 at most"),
        (json!({"max_tokens": 0}), "the body is no inference request: `max_tokens` must be a whole number of at least 1"),
        (json!({"max_tokens": 1.5}), "the body is no inference request: `max_tokens` must be a whole number of at least 1"),
        (json!({"max_tokens": 1, "max_completion_tokens": 1}), "the body is no inference request: `max_tokens` and `max_completion_tokens` mean the same: leave one out"),
        (json!({"n": 17}), "the body is no inference request: `n` is 17, this server gives 16 answers at most"),
        (json!({"stream": "yes"}), "the body is no inference request: `stream` must be true or false"),
        (json!({"stream_options": {"include_usage": true}}), "the body is no inference request: `stream_options` is for streams: set `stream` too"),
        (json!({"messages": []}), "the body is no inference request: `messages` must be a list with a message in it"),
        (json!({"messages": [{"content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}), "the body is no inference request: a message has a part that is no text: only text is taken here"),
    ] {
        assert_eq!(ask(fields), sentence);
    }
    let long = format!(r#"{{"messages":"{}"}}"#, "x".repeat(1 << 20));
    let error = upstream
        .request(TextKind::Chat, long.as_bytes())
        .unwrap_err();
    assert_eq!(error.code(), "body_too_long");
    assert_eq!(stand_in.seen.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_is_charged_by_the_tokens_that_the_server_reports() {
    let body = r#"{"choices":[{"message":{"content":"Far."}}],"usage":{"prompt_tokens":12,"completion_tokens":2}}"#;
    let (stand_in, upstream) = chat(move || body.into_response()).await;
    let request = upstream.request(TextKind::Chat, ASK).unwrap();
    let quote = request.quote(&tokens()).unwrap();
    assert_eq!(
        quote,
        Quote {
            units_in: ASK.len() as u64 + 256,
            exact: false,
            most_units_out: 100
        }
    );
    let answer = upstream.answer(&request, &Call::unlimited()).await.unwrap();
    assert_eq!(answer.body, body.as_bytes());
    let usage = Usage {
        tokens_in: 12,
        tokens_out: 2,
        reported: true,
    };
    assert_eq!(answer.usage, usage);
    let counted = request.counted(&tokens(), usage, answer.body.len() as u64);
    assert_eq!(
        counted,
        Counted {
            units_in: 12,
            units_out: 2
        }
    );
    let seen = stand_in.seen.bodies.lock().unwrap();
    assert_eq!(
        *seen,
        [
            json!({"model": "gemma", "max_tokens": 100, "messages": [{"role": "user", "content": "How far is the moon?"}]})
        ]
    );
    assert_eq!(*stand_in.seen.keys.lock().unwrap(), ["Bearer sesame"]);
    assert!(!format!("{upstream:?}").contains("sesame"));
    assert!(request.quote(&Metering::default()).is_err());
}

#[tokio::test]
async fn a_stream_is_sent_on_and_charged_as_reported() {
    let events = || {
        vec![
            ": wait\n\n".into(),
            delta("Very"),
            delta(" far."),
            usage_event(),
            "data: [DONE]\n\n".into(),
        ]
    };
    let (stand_in, upstream) = chat(move || pieces(events(), false)).await;
    let request = upstream.request(TextKind::Chat, ASK_STREAM).unwrap();
    assert_eq!(request.quote(&tokens()).unwrap().most_units_out, 7);
    let mut stream = upstream.stream(request, Call::unlimited()).await.unwrap();
    let mut sent = Vec::new();
    while let Some(event) = stream.next().await.unwrap() {
        sent.extend_from_slice(&event);
    }
    // The piece with the usage is ours: the caller did not ask for it.
    assert_eq!(
        String::from_utf8(sent).unwrap(),
        format!("{}{}data: [DONE]\n\n", delta("Very"), delta(" far."))
    );
    let usage = Usage {
        tokens_in: 11,
        tokens_out: 3,
        reported: true,
    };
    assert_eq!(stream.usage(), usage);
    assert!(stream.is_done());
    assert_eq!(stream.next().await.unwrap(), None);
    let asked = stand_in.seen.bodies.lock().unwrap()[0].clone();
    assert_eq!(asked["stream_options"], json!({"include_usage": true}));
    assert_eq!(asked["max_tokens"], 7);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_charged_for_what_was_sent() {
    for breaks in [true, false] {
        let (_stand_in, upstream) = chat(move || {
            pieces(
                vec![delta("Ve"), delta("ry"), delta(""), delta(" f")],
                breaks,
            )
        })
        .await;
        let request = upstream.request(TextKind::Chat, ASK_STREAM).unwrap();
        let mut stream = upstream.stream(request, Call::unlimited()).await.unwrap();
        let mut events = 0;
        let error = loop {
            match stream.next().await {
                Ok(Some(_)) => events += 1,
                Ok(None) => panic!("an end that was never sent"),
                Err(error) => break error,
            }
        };
        assert_eq!((events, error.code()), (4, "upstream_cut"), "{error}");
        let guess = Usage {
            tokens_in: 5,
            tokens_out: 3,
            reported: false,
        };
        assert_eq!(stream.usage(), guess);
        assert_eq!(stream.next().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_in_the_middle_is_charged_for_what_it_got() {
    let (_stand_in, upstream) = chat(|| pieces((0..50).map(|_| delta("x")).collect(), false)).await;
    let request = upstream.request(TextKind::Chat, ASK_STREAM).unwrap();
    let mut stream = upstream.stream(request, Call::unlimited()).await.unwrap();
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(stream.usage().tokens_out, 3);
    // More pieces than tokens were asked for: the quote is the limit.
    for _ in 0..30 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(stream.usage().tokens_out, 7);
}

#[tokio::test]
async fn every_way_to_fail_has_its_own_error() {
    let failing = |status: u16| StatusCode::from_u16(status).unwrap();
    for (status, code, outward) in [
        (400, "upstream_refused", 422),
        (404, "upstream_refused", 422),
        (302, "upstream_failed", 502),
        (429, "upstream_busy", 503),
        (503, "upstream_busy", 503),
        (500, "upstream_failed", 502),
    ] {
        let (stand_in, upstream) = chat(move || (failing(status), "because").into_response()).await;
        let request = upstream.request(TextKind::Chat, ASK).unwrap();
        let error = upstream
            .answer(&request, &Call::unlimited())
            .await
            .unwrap_err();
        assert_eq!((error.code(), error.status()), (code, outward));
        // It got the request, which may have cost: it is never sent twice.
        assert_eq!(stand_in.seen.calls.load(Ordering::SeqCst), 1);
    }
    for (body, code) in [
        ("{}".to_owned(), "upstream_answer"),
        ("[]".to_owned(), "upstream_answer"),
        (
            r#"{"usage":{"prompt_tokens":-1}}"#.to_owned(),
            "upstream_answer",
        ),
        (
            r#"{"usage":{"completion_tokens":1}}"#.to_owned(),
            "upstream_answer",
        ),
        (format!("\"{}\"", "x".repeat(20_000)), "upstream_too_long"),
    ] {
        let (_stand_in, upstream) = chat(move || body.clone().into_response()).await;
        let request = upstream.request(TextKind::Chat, ASK).unwrap();
        let error = upstream
            .answer(&request, &Call::unlimited())
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let error_event = "data: {\"error\":{\"message\":\"out of memory\"}}\n\n".to_owned();
    let (_stand_in, upstream) =
        chat(move || pieces(vec![delta("x"), error_event.clone()], false)).await;
    let request = upstream.request(TextKind::Chat, ASK_STREAM).unwrap();
    let mut stream = upstream.stream(request, Call::unlimited()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let error = stream.next().await.unwrap_err();
    assert_eq!(
        error,
        EngineError::Upstream(UpstreamError::Failed {
            status: 200,
            reason: "out of memory".into()
        })
    );
}

#[tokio::test]
async fn a_silent_server_is_left_and_a_deadline_is_kept() {
    let silent = || {
        let stream = futures_util::stream::once(async { Ok::<_, std::io::Error>(delta("x")) })
            .chain(futures_util::stream::pending());
        Body::from_stream(stream).into_response()
    };
    let (_stand_in, upstream) = chat(silent).await;
    let request = upstream.request(TextKind::Chat, ASK_STREAM).unwrap();
    let mut stream = upstream
        .stream(request.clone(), Call::unlimited())
        .await
        .unwrap();
    stream.next().await.unwrap().unwrap();
    let silence = UpstreamError::Silent(Duration::from_secs(1));
    assert_eq!(stream.next().await.unwrap_err(), silence.into());
    let call = Call::within(Duration::from_millis(700));
    let mut stream = upstream.stream(request, call).await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert_eq!(stream.next().await.unwrap_err().code(), "deadline");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_then_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = Server::new(format!("http://{address}"));
    let upstream = OpenAi::new(OpenAiOptions::new(server, "m", "ollama", 10)).unwrap();
    let request = upstream.request(TextKind::Chat, ASK).unwrap();
    let error = upstream
        .answer(&request, &Call::unlimited())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "upstream_unreachable");
    // It comes up between two tries.
    let late = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(120)).await;
        let answer = r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
        let router =
            Router::new().route("/v1/chat/completions", post(move || async move { answer }));
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    upstream.answer(&request, &Call::unlimited()).await.unwrap();
    late.abort();
}

async fn triton(answer: impl Fn() -> Response + Send + Sync + 'static) -> (StandIn, OpenInference) {
    let more = Router::new()
        .route("/v2", get(|| async { r#"{"name":"triton","version":"2.60.0","extensions":[]}"# }))
        .route("/v2/models/double", get(|| async {
            json!({"name": "double", "platform": "onnx", "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
                "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}]}).to_string()
        }));
    let stand_in = serve("/v2/models/double/infer", more, answer).await;
    let options = OpenInferenceOptions::new(Server::new(&stand_in.url), "double");
    let engine = OpenInference::connect(options, &Call::unlimited())
        .await
        .unwrap();
    (stand_in, engine)
}

async fn infer(engine: OpenInference, time: Duration) -> Result<Vec<Tensor>, EngineError> {
    let engine: Arc<dyn hub_engine::Engine> = Arc::new(engine);
    let x = Tensor::new("x", vec![1, 2], Data::Fp32(vec![0.1, 2.0])).unwrap();
    let inputs = engine.signature().admit(vec![x]).unwrap();
    let place = Pool::new(PoolLimits::default())
        .place("double", &engine)
        .unwrap();
    place.run(inputs, Call::within(time)).await
}

#[tokio::test]
async fn a_server_of_the_open_inference_protocol_is_an_engine() {
    let answer = || {
        json!({"model_name": "double", "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [0.2, 4.0]}]}).to_string().into_response()
    };
    let (stand_in, engine) = triton(answer).await;
    let identity = hub_engine::Engine::identity(&engine).to_string();
    assert_eq!(identity, "triton 2.60.0 (upstream)");
    let outputs = infer(engine, Duration::from_secs(20)).await.unwrap();
    assert_eq!(
        outputs,
        [Tensor::new("y", vec![1, 2], Data::Fp32(vec![0.2, 4.0])).unwrap()]
    );
    assert_eq!(
        *stand_in.seen.bodies.lock().unwrap(),
        [
            json!({"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.1, 2.0]}]})
        ]
    );
}

#[tokio::test]
async fn an_answer_that_is_not_the_models_is_no_answer() {
    for outputs in [
        json!([]),
        json!([{"name": "z", "datatype": "FP32", "shape": [1], "data": [1.0]}]),
        json!([{"name": "y", "datatype": "INT32", "shape": [1], "data": [1]}]),
        json!([{"name": "y", "datatype": "FP32", "shape": [3], "data": [1.0]}]),
    ] {
        let body = json!({ "outputs": outputs }).to_string();
        let (_stand_in, engine) = triton(move || body.clone().into_response()).await;
        assert_eq!(
            infer(engine, Duration::from_secs(20))
                .await
                .unwrap_err()
                .code(),
            "upstream_answer",
            "{outputs}"
        );
    }
    let (_stand_in, engine) = triton(|| {
        Body::from_stream(futures_util::stream::pending::<
            Result<String, std::io::Error>,
        >())
        .into_response()
    })
    .await;
    assert_eq!(
        infer(engine, Duration::from_millis(300))
            .await
            .unwrap_err()
            .code(),
        "deadline"
    );
}
