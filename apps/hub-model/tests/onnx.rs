//! What is read of an ONNX file, and what broken ones are answered with.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use hub_model::{Dimension, OnnxError, OnnxModel, Tensor};
use proptest::prelude::*;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/volatility-mlp/model.onnx")
}

fn parse(bytes: &[u8]) -> std::io::Result<OnnxModel> {
    OnnxModel::parse(&mut Cursor::new(bytes), bytes.len() as u64)
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 127 {
        field.push((length & 127) as u8 | 128);
        length >>= 7;
    }
    field.push(length as u8);
    field.extend(bytes);
    field
}

fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// A tensor's name, element type and dimensions.
fn value_info(name: &str, kind: u8, dimensions: &[Vec<u8>]) -> Vec<u8> {
    let shape: Vec<u8> = dimensions.iter().flat_map(|one| field(1, one)).collect();
    let tensor = [number(1, kind), field(2, &shape)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

fn model(graph: &[u8]) -> Vec<u8> {
    [number(1, 8), field(7, graph)].concat()
}

#[test]
fn the_example_says_what_it_takes_and_gives() {
    let model = OnnxModel::read(&example()).unwrap();
    let batch = || Dimension::Named("batch".to_owned());
    assert_eq!(
        model,
        OnnxModel {
            inputs: vec![Tensor {
                name: "candles".to_owned(),
                datatype: "FP32".to_owned(),
                shape: Some(vec![batch(), Dimension::Fixed(10), Dimension::Fixed(4)]),
            }],
            outputs: vec![Tensor {
                name: "volatility".to_owned(),
                datatype: "FP32".to_owned(),
                shape: Some(vec![batch(), Dimension::Fixed(1)]),
            }],
            ir_version: 8,
            opsets: vec![(String::new(), 13)],
            producer: "hub-examples".to_owned(),
            // Two hidden layers of 24 on 20 features, the scale of each feature, and four places of columns.
            parameters: 20 * 24 + 24 + 24 * 24 + 24 + 24 + 1 + 20 + 4,
            external: vec![],
        }
    );
}

#[test]
fn weights_that_are_listed_as_inputs_are_none_and_files_beside_the_model_are_named() {
    let location = [field(1, b"location"), field(2, b"weights/big.data")].concat();
    let weight = [
        vec![1 << 3, 7, 1 << 3, 3],
        field(8, b"w"),
        field(13, &location),
    ]
    .concat();
    let packed = [field(1, &[2, 5]), field(8, b"v"), field(13, &location)].concat();
    let graph = [
        field(5, &weight),
        field(5, &packed),
        field(11, &value_info("w", 1, &[number(1, 7)])),
        field(
            11,
            &value_info(
                "x",
                7,
                &[field(2, b"n"), vec![], field(2, b""), number(1, 3)],
            ),
        ),
        field(12, &value_info("y", 99, &[])),
    ]
    .concat();
    let found = parse(&model(&graph)).unwrap();
    let named = |name: &str| Dimension::Named(name.to_owned());
    assert_eq!(found.inputs.len(), 1);
    assert_eq!(found.inputs[0].datatype, "INT64");
    let shape = vec![
        named("n"),
        named("dim_1"),
        named("dim_2"),
        Dimension::Fixed(3),
    ];
    assert_eq!(found.inputs[0].shape, Some(shape));
    assert_eq!(found.outputs[0].datatype, "ONNX_99");
    assert_eq!(found.outputs[0].shape, Some(vec![]));
    assert_eq!(found.parameters, 31);
    assert_eq!(found.external, ["weights/big.data"]);
}

#[test]
fn gigabytes_of_weights_are_skipped_unread() {
    // A source that fails where weights lie.
    struct Sparse(Cursor<Vec<u8>>, std::ops::Range<u64>);
    impl std::io::Read for Sparse {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            assert!(!self.1.contains(&self.0.position()), "weights were read");
            self.0.read(into)
        }
    }
    impl std::io::Seek for Sparse {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let raw = field(9, &vec![7; 1 << 20]);
    let weight = [number(1, 4), raw, field(8, b"w")].concat();
    let graph = [field(5, &weight), field(12, &value_info("y", 1, &[]))].concat();
    let bytes = model(&graph);
    let start = bytes
        .windows(8)
        .position(|window| window == [7; 8])
        .unwrap() as u64;
    let length = bytes.len() as u64;
    let source = &mut Sparse(Cursor::new(bytes), start..start + (1 << 20));
    assert_eq!(OnnxModel::parse(source, length).unwrap().parameters, 4);
}

#[test]
fn what_is_no_model_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let refusal = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        match OnnxModel::read(&path).unwrap_err() {
            OnnxError::Invalid { what, .. } => what,
            other => panic!("{other}"),
        }
    };
    assert_eq!(refusal(b""), "it has no graph with outputs");
    assert_eq!(refusal(&model(b"")), "it has no graph with outputs");
    assert_eq!(
        refusal(b"GGUF\x03\0\0\0"),
        "a field has a kind that protobuf does not have"
    );
    assert_eq!(refusal(&[8, 0xff]), "a field is cut off");
    assert_eq!(
        refusal(&[[8].as_slice(), &[0xff; 10]].concat()),
        "an integer is longer than 64 bits"
    );
    assert_eq!(
        refusal(&field(2, &vec![b'x'; 2_000])),
        "a name is longer than any name would be"
    );
    assert_eq!(refusal(&field(2, &[0xff, 0xfe])), "a name is no text");
    let cut = &std::fs::read(example()).unwrap()[..2_000];
    assert_eq!(refusal(cut), "a field is longer than what is around it");
    std::fs::remove_file(&path).unwrap();
    let missing = OnnxModel::read(&path).unwrap_err().to_string();
    assert!(missing.contains("model.onnx cannot be read"), "{missing}");
}

proptest! {
    #[test]
    fn broken_models_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
        let _ = parse(&model(&bytes));
    }

    #[test]
    fn a_model_with_one_byte_changed_never_panics(place in 0..5_427_usize, byte: u8) {
        let mut bytes = std::fs::read(example()).unwrap();
        bytes[place] = byte;
        let _ = parse(&bytes);
    }
}
