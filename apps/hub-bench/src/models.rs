//! Models of a known size: ONNX files, written here.

use std::path::Path;

/// Length of the input: bodies are of one size whatever model answers them.
pub const INPUTS: usize = 30;
/// Rows and columns of the square matrices.
const WIDTH: usize = 256;

/// Writes a network that takes `FP32 [1, 30]` and gives `FP32 [1, 1]`: `layers` products of a `rows` × 256 by a 256 × 256 matrix.
/// Its weights are pseudo-random and always the same.
pub fn write(path: &Path, rows: usize, layers: usize) -> std::io::Result<()> {
    let mut graph = Message::default();
    let mut weights = fastrand::Rng::with_seed(1);
    let mut initializers = vec![
        tensor("first", &[INPUTS, WIDTH], &mut weights),
        tensor("spread", &[rows, WIDTH], &mut weights),
        tensor("square", &[WIDTH, WIDTH], &mut weights),
        tensor("last", &[WIDTH, 1], &mut weights),
    ];
    graph.message(1, &node("MatMul", &["input", "first"], "narrow"));
    graph.message(1, &node("Add", &["narrow", "spread"], "layer0"));
    for layer in 1..=layers {
        let (from, product, to) = (
            format!("layer{}", layer - 1),
            format!("product{layer}"),
            format!("layer{layer}"),
        );
        graph.message(1, &node("MatMul", &[&from, "square"], &product));
        graph.message(1, &node("Tanh", &[&product], &to));
    }
    graph.message(
        1,
        &node("MatMul", &[&format!("layer{layers}"), "last"], "column"),
    );
    let mut mean = node("ReduceMean", &["column"], "output");
    mean.message(5, &attribute("axes", Attribute::Ints(&[0])));
    mean.message(5, &attribute("keepdims", Attribute::Int(1)));
    graph.message(1, &mean);
    graph.text(2, "calibrated");
    for initializer in initializers.drain(..) {
        graph.message(5, &initializer);
    }
    graph.message(11, &port("input", &[1, INPUTS]));
    graph.message(12, &port("output", &[1, 1]));

    let mut opset = Message::default();
    opset.integer(2, 17);
    let mut model = Message::default();
    model.integer(1, 8);
    model.text(2, "hub-bench");
    model.message(7, &graph);
    model.message(8, &opset);
    std::fs::write(path, model.0)
}

/// A message of protocol buffers.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn integer(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }
}

fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let mut node = Message::default();
    inputs.iter().for_each(|input| node.text(1, input));
    node.text(2, output);
    node.text(3, &format!("make_{output}"));
    node.text(4, operator);
    node
}

enum Attribute<'a> {
    Int(u64),
    Ints(&'a [u64]),
}

fn attribute(name: &str, value: Attribute<'_>) -> Message {
    let mut attribute = Message::default();
    attribute.text(1, name);
    match value {
        Attribute::Int(value) => {
            attribute.integer(3, value);
            attribute.integer(20, 2);
        }
        Attribute::Ints(values) => {
            values.iter().for_each(|value| attribute.integer(8, *value));
            attribute.integer(20, 7);
        }
    }
    attribute
}

fn tensor(name: &str, shape: &[usize], weights: &mut fastrand::Rng) -> Message {
    let mut tensor = Message::default();
    shape
        .iter()
        .for_each(|size| tensor.integer(1, *size as u64));
    tensor.integer(2, 1); // FLOAT
    tensor.text(8, name);
    let count: usize = shape.iter().product();
    // Between -1/16 and 1/16, so that no layer saturates.
    let bytes: Vec<u8> = (0..count)
        .flat_map(|_| ((weights.f32() * 2.0 - 1.0) / 16.0).to_le_bytes())
        .collect();
    tensor.bytes(9, &bytes);
    tensor
}

fn port(name: &str, shape: &[usize]) -> Message {
    let mut dimensions = Message::default();
    for size in shape {
        let mut dimension = Message::default();
        dimension.integer(1, *size as u64);
        dimensions.message(1, &dimension);
    }
    let mut of_tensor = Message::default();
    of_tensor.integer(1, 1);
    of_tensor.message(2, &dimensions);
    let mut kind = Message::default();
    kind.message(1, &of_tensor);
    let mut port = Message::default();
    port.text(1, name);
    port.message(2, &kind);
    port
}
