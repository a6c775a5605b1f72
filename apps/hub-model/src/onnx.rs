//! What an ONNX file says of itself: what it takes and what it gives. Field numbers as in `onnx.proto` of
//! <https://github.com/onnx/onnx>; the weights are skipped unread.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contents::{Contents, Reading};
use crate::protobuf::{Message, Value};

/// Longest name that is read, in bytes.
const NAME: usize = 1 << 10;
/// Most inputs, outputs, initializers and dimensions that are read.
const MANY: usize = 1 << 16;

/// A tensor that a model takes or gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensor {
    /// Its name, by which callers send it.
    pub name: String,
    /// Type of its elements in the words of the Open Inference Protocol, such as `FP32` or `INT64`.
    pub datatype: String,
    /// Its dimensions; `None` if it may have any number of them.
    pub shape: Option<Vec<Dimension>>,
}

/// One dimension of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dimension {
    /// This many, always.
    Fixed(u64),
    /// As many as the caller sends, under a name that may stand in several tensors.
    Named(String),
}

/// What an ONNX file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnnxModel {
    /// What callers send, in the file's order. Weights that older files list as inputs are not among them.
    pub inputs: Vec<Tensor>,
    /// What they get.
    pub outputs: Vec<Tensor>,
    /// Version of the file format.
    pub ir_version: u64,
    /// Version of each set of operators, by its domain; the empty domain is ONNX's own.
    pub opsets: Vec<(String, u64)>,
    /// The program that wrote it.
    pub producer: String,
    /// Number of weights, over all weight tensors that state their dimensions.
    pub parameters: u64,
    /// Files beside it that hold weights, as it names them.
    pub external: Vec<String>,
}

/// Why a file does not describe a model.
#[derive(Error, Debug)]
pub enum OnnxError {
    /// It cannot be read.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// It is no ONNX file, or a broken one.
    #[error("{path} is no ONNX model: {what}; export it again, and check it with `python -m onnx.checker`")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

impl OnnxModel {
    /// Reads the description in the file at a path.
    pub fn read(path: &Path) -> Result<Self, OnnxError> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::of(parent, &name)
    }

    /// Reads the description in a file of a folder.
    pub fn of(contents: &(impl Contents + ?Sized), path: &str) -> Result<Self, OnnxError> {
        let name = contents.shown(path).display().to_string();
        let result = contents.open(path).and_then(|open| {
            let file = Reading::new(open)?;
            let length = file.length();
            Self::parse(&mut BufReader::with_capacity(1 << 12, file), length)
        });
        result.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => OnnxError::Invalid {
                path: name,
                what: error.to_string(),
            },
            _ => OnnxError::Read { path: name, error },
        })
    }

    /// Reads the description in `length` bytes of a source.
    pub fn parse(source: &mut (impl Read + Seek), length: u64) -> io::Result<Self> {
        source.seek(SeekFrom::Start(0))?;
        let mut model = Self::default();
        let mut has_graph = false;
        let mut message = Message::new(source, length)?;
        while let Some((field, value)) = message.next()? {
            match (field, value) {
                (1, Value::Number(version)) => model.ir_version = version,
                (2, Value::Length(length)) => model.producer = message.text(length, NAME)?,
                (7, Value::Length(length)) => {
                    has_graph = true;
                    model.graph(message.message(length)?)?;
                }
                (8, Value::Length(length)) => {
                    let opset = opset(message.message(length)?)?;
                    push(&mut model.opsets, opset)?;
                }
                _ => {}
            }
        }
        if !has_graph || model.ir_version == 0 || model.outputs.is_empty() {
            return Err(invalid("it has no graph with outputs"));
        }
        Ok(model)
    }

    fn graph<R: Read + Seek>(&mut self, mut graph: Message<'_, R>) -> io::Result<()> {
        let mut inputs = Vec::new();
        let mut weights = Vec::new();
        while let Some((field, value)) = graph.next()? {
            let Value::Length(length) = value else {
                continue;
            };
            match field {
                5 => {
                    let weight = weight(graph.message(length)?)?;
                    self.parameters = self.parameters.saturating_add(weight.elements);
                    if let Some(file) = weight.external {
                        if !self.external.contains(&file) {
                            push(&mut self.external, file)?;
                        }
                    }
                    push(&mut weights, weight.name)?;
                }
                11 => push(&mut inputs, tensor(graph.message(length)?)?)?,
                12 => {
                    let output = tensor(graph.message(length)?)?;
                    push(&mut self.outputs, output)?;
                }
                _ => {}
            }
        }
        weights.sort_unstable();
        inputs.retain(|input| weights.binary_search(&input.name).is_err());
        self.inputs = inputs;
        Ok(())
    }
}

/// `OperatorSetIdProto`.
fn opset<R: Read + Seek>(mut message: Message<'_, R>) -> io::Result<(String, u64)> {
    let mut opset = (String::new(), 0);
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Length(length)) => opset.0 = message.text(length, NAME)?,
            (2, Value::Number(version)) => opset.1 = version,
            _ => {}
        }
    }
    Ok(opset)
}

struct Weight {
    name: String,
    elements: u64,
    external: Option<String>,
}

/// `TensorProto`.
fn weight<R: Read + Seek>(mut message: Message<'_, R>) -> io::Result<Weight> {
    let mut weight = Weight {
        name: String::new(),
        elements: 1,
        external: None,
    };
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Number(size)) => weight.elements = weight.elements.saturating_mul(size),
            // Packed, as newer writers do.
            (1, Value::Length(length)) => {
                let mut sizes = message.message(length)?;
                while let Some(size) = sizes.packed()? {
                    weight.elements = weight.elements.saturating_mul(size);
                }
            }
            (8, Value::Length(length)) => weight.name = message.text(length, NAME)?,
            (13, Value::Length(length)) => {
                let (key, value) = entry(message.message(length)?)?;
                if key == "location" {
                    weight.external = Some(value);
                }
            }
            _ => {}
        }
    }
    Ok(weight)
}

/// `StringStringEntryProto`.
fn entry<R: Read + Seek>(mut message: Message<'_, R>) -> io::Result<(String, String)> {
    let mut entry = (String::new(), String::new());
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Length(length)) => entry.0 = message.text(length, NAME)?,
            (2, Value::Length(length)) => entry.1 = message.text(length, 1 << 12)?,
            _ => {}
        }
    }
    Ok(entry)
}

/// `ValueInfoProto`.
fn tensor<R: Read + Seek>(mut message: Message<'_, R>) -> io::Result<Tensor> {
    let mut tensor = Tensor {
        name: String::new(),
        datatype: datatype(0),
        shape: None,
    };
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Length(length)) => tensor.name = message.text(length, NAME)?,
            (2, Value::Length(length)) => {
                let mut kind = message.message(length)?;
                while let Some((field, value)) = kind.next()? {
                    if let (1, Value::Length(length)) = (field, value) {
                        (tensor.datatype, tensor.shape) = tensor_type(kind.message(length)?)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(tensor)
}

/// `TypeProto.Tensor`.
fn tensor_type<R: Read + Seek>(
    mut message: Message<'_, R>,
) -> io::Result<(String, Option<Vec<Dimension>>)> {
    let (mut kind, mut shape) = (0, None);
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            (1, Value::Number(number)) => kind = number,
            (2, Value::Length(length)) => {
                let mut dimensions = Vec::new();
                let mut list = message.message(length)?;
                while let Some((field, value)) = list.next()? {
                    if let (1, Value::Length(length)) = (field, value) {
                        let place = dimensions.len();
                        push(&mut dimensions, dimension(list.message(length)?, place)?)?;
                    }
                }
                shape = Some(dimensions);
            }
            _ => {}
        }
    }
    Ok((datatype(kind), shape))
}

/// `TensorShapeProto.Dimension`. One without a size or name is any size, under a name of its place.
fn dimension<R: Read + Seek>(mut message: Message<'_, R>, place: usize) -> io::Result<Dimension> {
    let mut dimension = Dimension::Named(format!("dim_{place}"));
    while let Some((field, value)) = message.next()? {
        match (field, value) {
            // Negative sizes are an exporter's way to say "any".
            (1, Value::Number(size)) if i64::try_from(size).is_ok() => {
                dimension = Dimension::Fixed(size)
            }
            (2, Value::Length(length)) => {
                let name = message.text(length, NAME)?;
                if !name.is_empty() {
                    dimension = Dimension::Named(name);
                }
            }
            _ => {}
        }
    }
    Ok(dimension)
}

/// `TensorProto.DataType`, in the words of the Open Inference Protocol.
fn datatype(number: u64) -> String {
    let name = match number {
        1 => "FP32",
        2 => "UINT8",
        3 => "INT8",
        4 => "UINT16",
        5 => "INT16",
        6 => "INT32",
        7 => "INT64",
        8 => "BYTES",
        9 => "BOOL",
        10 => "FP16",
        11 => "FP64",
        12 => "UINT32",
        13 => "UINT64",
        16 => "BF16",
        0 => "OTHER",
        other => return format!("ONNX_{other}"),
    };
    name.to_owned()
}

fn push<T>(list: &mut Vec<T>, entry: T) -> io::Result<()> {
    if list.len() >= MANY {
        return Err(invalid("it lists more than any model would"));
    }
    list.push(entry);
    Ok(())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
