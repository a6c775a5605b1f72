//! The embedded engine, on our own models.
#![cfg(feature = "tract")]

use std::path::PathBuf;
use std::time::Duration;

use hub_engine::{Call, Data, Engine, EngineError, InputError, LoadError, Tensor, Tract};

fn model(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/models")
        .join(name)
        .join("model.onnx")
}

fn candles(rows: usize) -> Vec<Tensor> {
    let candle = [100.0_f32, 101.0, 99.0, 100.5];
    let all = candle.iter().copied().cycle().take(rows * 40).collect();
    vec![Tensor::new("candles", vec![rows, 10, 4], Data::Fp32(all)).unwrap()]
}

#[test]
fn a_file_that_is_no_model_is_refused_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let whole = std::fs::read(model("volatility-mlp")).unwrap();
    let cut = &whole[..whole.len() / 2];
    for bytes in [&b""[..], b"not a model", cut] {
        std::fs::write(&path, bytes).unwrap();
        let Err(error) = Tract::load(&path) else {
            panic!("it loads");
        };
        assert!(matches!(error, LoadError::Signature(_)), "{error:?}");
        assert!(error.to_string().contains("model.onnx"), "{error}");
    }
}

#[test]
fn the_volatility_of_quiet_candles_is_a_small_number_and_the_same_each_time() {
    let engine = Tract::load(&model("volatility-mlp")).unwrap();
    assert!(engine.identity().to_string().starts_with("tract 0.23.9 ("));
    let one = engine.infer(candles(1), &Call::unlimited()).unwrap();
    assert_eq!((one[0].name(), one[0].shape()), ("volatility", &[1, 1][..]));
    let Data::Fp32(values) = one[0].data() else {
        panic!("{one:?}");
    };
    assert!((0.001..0.1).contains(&values[0]), "{values:?}");
    for _ in 0..10 {
        assert_eq!(engine.infer(candles(1), &Call::unlimited()).unwrap(), one);
    }
    let many = engine.infer(candles(7), &Call::unlimited()).unwrap();
    assert_eq!(many[0].shape(), [7, 1]);
}

#[test]
fn a_call_whose_time_is_over_or_that_nobody_wants_is_not_run() {
    let engine = Tract::load(&model("volatility-mlp")).unwrap();
    let late = Call::within(Duration::ZERO);
    assert_eq!(
        engine.infer(candles(1), &late),
        Err(EngineError::Deadline(Duration::ZERO))
    );
    let given_up = Call::unlimited();
    given_up.cancel();
    assert_eq!(
        engine.infer(candles(1), &given_up),
        Err(EngineError::Cancelled)
    );
}

#[test]
fn what_slipped_through_is_refused_by_the_engine_and_breaks_nothing() {
    let engine = Tract::load(&model("volatility-mlp")).unwrap();
    let wrong = vec![Tensor::new("candles", vec![1, 3], Data::Fp32(vec![1.0; 3])).unwrap()];
    let error = engine.infer(wrong, &Call::unlimited()).unwrap_err();
    assert!(
        matches!(error, EngineError::Input(InputError::Refused(_))),
        "{error:?}"
    );
    engine.infer(candles(1), &Call::unlimited()).unwrap();
}
