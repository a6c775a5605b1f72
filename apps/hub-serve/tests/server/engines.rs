//! Models that other servers run, and ONNX Runtime: from the configuration to a paid answer.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::routing::{get, post};
use axum::{Json, Router};
use hub_engine::{Data, InferRequest, InferResponse, Limits, Tensor};
use hub_serve::config::{EngineName, OnnxRuntime, Upstream};
use hub_serve::{Config, Server};
use hub_testing::{rates, NewModel};
use hub_types::ids::ModelId;
use serde_json::{json, Value};

use crate::by_hand::post as ask;
use crate::chain::Chain;
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

/// Publishes a model whose prices count tokens, and gives its number.
async fn publish_text(chain: &Chain, folder: &Path) -> ModelId {
    std::fs::create_dir(folder).unwrap();
    std::fs::copy(example().join("model.onnx"), folder.join("model.onnx")).unwrap();
    let about = "title = \"Talks\"\nlicense = \"MIT\"\n[metering.input]\nunit = \"tokens\"\n[metering.output]\nunit = \"tokens\"\n";
    std::fs::write(folder.join("hub.toml"), about).unwrap();
    let plan = hub_model::Plan::new(folder, hub_walrus_encode::Options::default(), &()).unwrap();
    let release = plan.new_release(1, 0);
    let published = chain.chain.with(move |hub| {
        let author = hub.account("author");
        let money = hub.money_native();
        let new = NewModel::named("talk").price(&money, rates(5, 1_000_000, 10_000_000));
        let model = hub.register_model(&author, new);
        let publish = hub_types::registry::ExecuteMsg::PublishRelease { model, release };
        hub.registry(&author, publish).unwrap();
        model
    });
    published.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_is_served_by_whoever_lists_the_model_and_only_if_its_prices_count_text() {
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    let model = publish_text(&chain, &text).await;
    let models = json!({"object": "list", "data": [{"id": "gemma"}]});
    let router = Router::new().route("/v1/models", get(async move || Json(models)));
    let url = serve(router).await;
    let mut config = chain.config(&folder.path().join("data"), &text);
    let mut talk = config.models[0].clone();
    talk.model = hub_serve::config::ModelName::Number(model.0);
    talk.engine = EngineName::Openai;
    talk.upstream = Some(upstream(url.clone(), "gemma"));
    let other = hub_serve::config::Model {
        folder: Some(example()),
        model: hub_serve::config::ModelName::Number(chain.model.0),
        ..talk.clone()
    };
    config.models = vec![talk.clone(), other];
    let server = started(&chain, config.clone()).await;
    let missing = server.app().models.missing();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(
        missing[0].reason.contains("count tokens or bytes"),
        "{missing:?}"
    );
    let question =
        json!({"model": model.to_string(), "messages": [{"role": "user", "content": "x"}]});
    let url = format!("{}/v1/chat/completions", server.url());
    let answer = ask(&url, question.to_string().into(), None).await;
    assert_eq!(
        (answer.status, answer.code.as_str()),
        (402, "payment_required")
    );
    let extra = &answer.required.unwrap().accepts[0].extra;
    // A token stands for a byte at least, and its template for some; an answer has as many as the operator says.
    let most_in = question.to_string().len() as u64 + 256;
    assert_eq!((extra.units_in, extra.max_units_out), (most_in, 64));
    server.stop().await;

    // A server that does not list the model, and one that is not there.
    let unlisted = upstream(talk.upstream.as_ref().unwrap().url.clone(), "llama");
    let gone = upstream("http://127.0.0.1:1".to_owned(), "gemma");
    for (upstream, sentence) in [
        (unlisted, "its list of models does not have `llama`"),
        (gone, "cannot be reached"),
    ] {
        config.models = vec![hub_serve::config::Model {
            upstream: Some(upstream),
            ..talk.clone()
        }];
        let server = started(&chain, config.clone()).await;
        let missing = server.app().models.missing();
        assert!(missing[0].reason.contains(sentence), "{missing:?}");
        server.stop().await;
    }
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
