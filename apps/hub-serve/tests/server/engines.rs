//! Models that other servers run, and ONNX Runtime: from the configuration to a paid answer. Chat is in `texts`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::routing::{get, post};
use axum::{Json, Router};
use hub_engine::{Data, InferRequest, InferResponse, Limits, Tensor};
use hub_serve::config::{EngineName, OnnxRuntime, Upstream};
use hub_serve::{Config, Server};
use serde_json::{json, Value};

use crate::chain::Chain;
use crate::texts;
use crate::world::{body, example, World, PRICE};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    url
}

fn upstream(url: String, model: &str) -> Upstream {
    Upstream {
        url,
        model: model.to_owned(),
        version: None,
        engine: "vllm 0.11.0".to_owned(),
        parallel: 4,
        forward: vec![],
        token_env: None,
        context_tokens: 512,
        output_tokens: 64,
    }
}

/// A server of the Open Inference Protocol that answers 0.25 to everything.
async fn triton() -> (String, Arc<Mutex<u32>>) {
    let (name, _, shape) = World::input();
    let output = hub_engine::Signature::of_onnx(&example().join("model.onnx")).unwrap();
    let output = output.outputs[0].name.clone();
    let calls = Arc::<Mutex<u32>>::default();
    let tensor =
        |name: &str, shape: Value| json!({"name": name, "datatype": "FP32", "shape": shape});
    let model = json!({
        "inputs": [tensor(&name, json!(shape))],
        "outputs": [tensor(&output, json!([1, 1]))],
    });
    let seen = calls.clone();
    let infer = move |body: bytes::Bytes| {
        let asked = InferRequest::parse(&body, &Limits::default()).unwrap();
        assert_eq!(asked.inputs[0].name(), name);
        *seen.lock().unwrap() += 1;
        let answer = InferResponse {
            model_name: "forecast".into(),
            model_version: None,
            id: None,
            outputs: vec![Tensor::new(&output, vec![1, 1], Data::Fp32(vec![0.25])).unwrap()],
        };
        let answer = answer.to_bytes().unwrap();
        async move { answer }
    };
    let router = Router::new()
        .route(
            "/v2",
            get(async || Json(json!({"name": "triton", "version": "2.50.0"}))),
        )
        .route("/v2/models/forecast", get(async move || Json(model)))
        .route("/v2/models/forecast/infer", post(infer));
    (serve(router).await, calls)
}

async fn started(chain: &Chain, config: Config) -> Server {
    Server::start(config, chain.parts(1).await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_an_open_inference_server_is_called_paid_and_signed_with_its_name() {
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (url, calls) = triton().await;
    let mut config = chain.config(folder.path(), &example());
    config.models[0].engine = EngineName::OpenInference;
    config.models[0].upstream = Some(upstream(url, "forecast"));
    let server = started(&chain, config).await;
    assert_eq!(server.app().models.missing(), []);
    let url = format!("{}/v2/models/{}/infer", server.url(), chain.model);
    let answer = chain.caller().call(&url, body()).await.unwrap();
    assert_eq!(answer.engine, "triton 2.50.0 (upstream)");
    assert_eq!(answer.amount, PRICE);
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(value["outputs"][0]["data"], json!([0.25]));
    assert_eq!(*calls.lock().unwrap(), 1);
    server.stop().await;
}

/// A folder with a model that chats, whose prices count tokens.
fn chat_model(folder: &Path) -> PathBuf {
    let model = folder.join("chat");
    std::fs::create_dir(&model).unwrap();
    std::fs::write(model.join("weights.gguf"), [7; 100]).unwrap();
    let counts = "title = \"Talks\"\nlicense = \"MIT\"\n[metering.input]\nunit = \"tokens\"\n[metering.output]\nunit = \"tokens\"\n";
    std::fs::write(model.join("hub.toml"), counts).unwrap();
    model
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_model_of_the_configuration_is_checked_called_and_paid_by_its_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let model = chat_model(folder.path());
    let chain = Chain::with_release_of(&model).await;
    let behind = texts::Upstream::start(texts::Does::Answers).await;
    let mut config = chain.config(&folder.path().join("data"), &model);
    config.models[0].engine = EngineName::Openai;
    config.models[0].upstream = Some(upstream(behind.url, "gemma"));
    let server = started(&chain, config).await;
    assert_eq!(server.app().models.missing(), []);
    let url = format!("{}/v1/chat/completions", server.url());
    let question = json!({
        "model": chain.model.to_string(),
        "messages": [{"role": "user", "content": "How far is the moon?"}],
        "max_tokens": 20,
    });
    let limit = 5 + 512 + 10 * 20;
    let caller = chain.caller_within(limit);
    let answer = caller.call(&url, question.to_string()).await.unwrap();
    assert_eq!(answer.engine, "vllm 0.11.0 (upstream)");
    // Eleven tokens in, three out.
    assert_eq!(answer.amount, 5 + 11 + 10 * 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_model_that_is_not_what_the_configuration_says_is_not_served_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let model = chat_model(folder.path());
    let chain = Chain::with_release_of(&model).await;
    let behind = texts::Upstream::start(texts::Does::Answers).await;
    let of = |model: &Path, change: fn(&mut Upstream)| {
        let mut config = chain.config(&folder.path().join("data"), model);
        config.models[0].engine = EngineName::Openai;
        let mut upstream = upstream(behind.url.clone(), "gemma");
        change(&mut upstream);
        config.models[0].upstream = Some(upstream);
        config
    };
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(model.join("hub.toml"), other.join("hub.toml")).unwrap();
    std::fs::write(other.join("weights.gguf"), [8; 100]).unwrap();
    let dearer = folder.path().join("dearer");
    std::fs::create_dir(&dearer).unwrap();
    std::fs::copy(model.join("weights.gguf"), dearer.join("weights.gguf")).unwrap();
    let bytes = std::fs::read_to_string(model.join("hub.toml")).unwrap();
    std::fs::write(dearer.join("hub.toml"), bytes.replace("tokens", "bytes")).unwrap();
    for (config, reason) in [
        (
            of(&other, |_| ()),
            "fetch the release again, or name the right one",
        ),
        (
            of(&dearer, |_| ()),
            "a file beside the weights, such as hub.toml, was changed",
        ),
        (
            of(&model, |one| one.model = "llama".into()),
            "its list of models does not have `llama`",
        ),
        (
            of(&model, |one| one.url = "http://127.0.0.1:1".into()),
            "127.0.0.1:1",
        ),
        (
            of(&model, |one| {
                one.token_env = Some("HUB_NO_SUCH_TOKEN".into())
            }),
            "the environment has no HUB_NO_SUCH_TOKEN",
        ),
    ] {
        let server = started(&chain, config).await;
        let missing = server.app().models.missing();
        assert_eq!(missing.len(), 1);
        assert!(missing[0].reason.contains(reason), "{reason}: {missing:?}");
        server.stop().await;
    }

    // Prices that count tensors.
    let chain = Chain::start().await;
    let mut config = chain.config(&folder.path().join("tensors"), &example());
    config.models[0].engine = EngineName::Openai;
    config.models[0].upstream = Some(upstream(behind.url.clone(), "gemma"));
    let server = started(&chain, config).await;
    let missing = server.app().models.missing();
    assert!(missing[0].reason.contains("tokens"), "{missing:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the library of ONNX Runtime: set HUB_ONNXRUNTIME_LIBRARY and HUB_ONNXRUNTIME_SHA256 as tools/scripts/onnxruntime prints them"]
async fn a_model_on_onnx_runtime_is_called_paid_and_signed_with_its_version() {
    let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = chain.config(folder.path(), &example());
    config.models[0].engine = EngineName::Ort;
    config.onnxruntime = Some(OnnxRuntime {
        path: variable("HUB_ONNXRUNTIME_LIBRARY").into(),
        sha256: variable("HUB_ONNXRUNTIME_SHA256"),
        threads: 1,
        sessions: 1,
    });
    let server = started(&chain, config).await;
    assert_eq!(server.app().models.missing(), []);
    let url = format!("{}/v2/models/{}/infer", server.url(), chain.model);
    let answer = chain.caller().call(&url, body()).await.unwrap();
    assert!(
        answer.engine.starts_with("onnxruntime 1."),
        "{}",
        answer.engine
    );
    assert_eq!(answer.amount, PRICE);
    server.stop().await;
}
