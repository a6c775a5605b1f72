//! ONNX Runtime, whose shared library `tools/scripts/onnxruntime` fetches: tests that load it are ignored without it, and run by
//! `tools/scripts/compare-engines`, which sets HUB_ONNXRUNTIME_LIBRARY and HUB_ONNXRUNTIME_SHA256.
#![cfg(feature = "ort")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hub_engine::{
    Call, Data, Engine, InferRequest, InferResponse, Library, Limits, LoadError, OnnxModel,
    OnnxRuntime, SessionOptions, Tensor,
};
use sha2::{Digest, Sha256};

fn model(name: &str) -> PathBuf {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models");
    models.join(name).join("model.onnx")
}

fn runtime() -> OnnxRuntime {
    let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    OnnxRuntime::load(&Library {
        path: variable("HUB_ONNXRUNTIME_LIBRARY").into(),
        sha256: variable("HUB_ONNXRUNTIME_SHA256"),
    })
    .unwrap()
}

#[test]
fn a_library_that_is_missing_another_or_too_old_is_refused_before_it_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    let load = |sha256: &str| {
        let library = Library {
            path: path.clone(),
            sha256: sha256.to_owned(),
        };
        match OnnxRuntime::load(&library) {
            Ok(_) => panic!("it loads"),
            Err(error) => error,
        }
    };
    assert!(matches!(load(""), LoadError::Read { .. }));
    for (bytes, found) in [
        ("VERS_1.23.2\0", "ONNX Runtime 1.23.2"),
        ("VERS_2.0.0\0", "ONNX Runtime 2.0.0"),
        ("\x7fELF", "no ONNX Runtime that says its version"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let digest = hex::encode(Sha256::digest(bytes));
        assert!(matches!(
            load(&"0".repeat(64)),
            LoadError::LibraryDiffers { .. }
        ));
        let error = load(&digest.to_uppercase());
        assert!(matches!(error, LoadError::LibraryVersion { .. }), "{error}");
        let sentence = format!("is {found}, but ONNX Runtime 1.{} or newer is needed", 24);
        assert!(error.to_string().contains(&sentence), "{error}");
    }
}

#[test]
#[cfg(feature = "tract")]
fn tract_says_of_trees_that_it_cannot_and_what_can() {
    let Err(error) = hub_engine::Tract::load(&model("volatility-gbt")) else {
        panic!("it loads");
    };
    let error = error.to_string();
    assert!(
        error.starts_with("tract cannot run this model: "),
        "{error}"
    );
    assert!(error.contains("TreeEnsembleRegressor"), "{error}");
    assert!(
        error.ends_with("ONNX Runtime may: `tools/scripts/onnxruntime` installs it"),
        "{error}"
    );
}

#[test]
#[ignore = "needs the library"]
fn our_models_run_and_agree_where_they_should() {
    let runtime = runtime();
    let candle = [100.0_f32, 101.0, 99.0, 100.5];
    let candles = || {
        let all = candle.iter().copied().cycle().take(80).collect();
        vec![Tensor::new("candles", vec![2, 10, 4], Data::Fp32(all)).unwrap()]
    };
    let value = |name: &str| {
        let engine = OnnxModel::load(&runtime, &model(name), &SessionOptions::default()).unwrap();
        let identity = engine.identity().to_string();
        assert!(identity.starts_with("onnxruntime 1.32.0 ("), "{identity}");
        let outputs = engine.infer(candles(), &Call::unlimited()).unwrap();
        let Data::Fp32(values) = outputs[0].data() else {
            panic!("{outputs:?}");
        };
        values[0]
    };
    let (network, trees) = (value("volatility-mlp"), value("volatility-gbt"));
    assert!((network / trees).ln().abs() < 0.5, "{network} and {trees}");
}

#[test]
#[ignore = "needs the library"]
fn a_wrong_input_a_given_up_call_and_many_threads_do_no_harm() {
    let options = SessionOptions {
        threads: 1,
        sessions: 2,
    };
    let engine = OnnxModel::load(&runtime(), &model("series-anomaly"), &options).unwrap();
    let input = |last: f32| {
        let mut values: Vec<f32> = (0..48).map(|at| (at % 6) as f32).collect();
        values[47] = last;
        vec![Tensor::new("values", vec![1, 48], Data::Fp32(values)).unwrap()]
    };
    let score = |last| match engine.infer(input(last), &Call::unlimited()).unwrap()[0].data() {
        Data::Fp32(values) => values[0],
        other => panic!("{other:?}"),
    };
    assert!(
        score(5.0) < 0.1 && score(50.0) > 0.9,
        "{} {}",
        score(5.0),
        score(50.0)
    );
    let wrong = vec![Tensor::new("values", vec![1, 3], Data::Fp32(vec![0.0; 3])).unwrap()];
    let error = engine.infer(wrong, &Call::unlimited()).unwrap_err();
    assert_eq!(error.code(), "input_refused", "{error}");
    let call = Call::unlimited();
    call.cancel();
    assert_eq!(
        engine.infer(input(0.0), &call).unwrap_err().code(),
        "cancelled"
    );
    let wanted = score(5.0).to_bits();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_250 {
                    assert_eq!(score(5.0).to_bits(), wanted);
                }
            });
        }
    });
}

/// Every folder has a model, a request, and what Python's onnxruntime answered to it: `tools/scripts/compare-engines` writes them.
#[test]
#[ignore = "needs the library and the models of others"]
fn rust_and_python_answer_the_same_bits() {
    let runtime = runtime();
    let folder = std::env::var("HUB_ENGINE_CASES").expect("HUB_ENGINE_CASES is not set");
    let limits = Limits {
        body: 1 << 30,
        elements: 1 << 28,
        empty: true,
        ..Limits::default()
    };
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are no cases");
    let mut differ = Vec::new();
    for case in &names {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file| std::fs::read(case.join(file)).unwrap();
        let path = case.join("model.onnx");
        let engine = OnnxModel::load(&runtime, &path, &SessionOptions::default()).unwrap();
        let request = InferRequest::parse(&read("request.json"), &limits).unwrap();
        let wanted = InferResponse::parse(&read("answer.json"), &limits)
            .unwrap()
            .outputs;
        let inputs = engine.signature().admit(request.inputs).unwrap();
        let start = Instant::now();
        let outputs = engine
            .infer(inputs.clone(), &Call::within(Duration::from_secs(60)))
            .unwrap();
        let time = start.elapsed();
        // As text a negative zero differs from zero, and every bit has a digit.
        let same = |got: &[Tensor]| format!("{got:?}") == format!("{wanted:?}");
        let verdict = |same: bool| if same { "the same bits" } else { "DIFFERENT" };
        let tract = tract_says(&path, inputs, &same);
        let elements: usize = wanted.iter().map(|one| one.data().len()).sum();
        println!(
            "{name}: {elements} elements, ort {} in {time:?}, tract {tract}",
            verdict(same(&outputs))
        );
        if !same(&outputs) {
            differ.push(name);
        }
    }
    assert!(differ.is_empty(), "Rust and Python differ on {differ:?}");
}

#[cfg(feature = "tract")]
fn tract_says(path: &Path, inputs: Vec<Tensor>, same: &dyn Fn(&[Tensor]) -> bool) -> String {
    let engine = match hub_engine::Tract::load(path) {
        Ok(engine) => engine,
        Err(error) => return format!("does not load: {:.160}", error.to_string()),
    };
    match engine.infer(inputs, &Call::within(Duration::from_secs(120))) {
        Ok(outputs) if same(&outputs) => "the same bits".to_owned(),
        Ok(_) => "other last bits".to_owned(),
        Err(error) => format!("fails: {:.160}", error.to_string()),
    }
}

#[cfg(not(feature = "tract"))]
fn tract_says(_: &Path, _: Vec<Tensor>, _: &dyn Fn(&[Tensor]) -> bool) -> String {
    "is not compiled in".to_owned()
}
