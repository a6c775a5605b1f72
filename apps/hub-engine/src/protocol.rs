//! The JSON of the [Open Inference Protocol](https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md),
//! both ways.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use half::f16;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::signature::list;
use crate::tensor::{elements, with_vector};
use crate::{Data, Datatype, InputError, Signature, Tensor};

/// What this server reads at most.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Tensors of a request.
    pub tensors: usize,
    /// Dimensions of a tensor.
    pub dimensions: usize,
    /// Elements of all tensors of a request together.
    pub elements: usize,
    /// Whether tensors without elements are taken, as some language models need them.
    pub empty: bool,
}

impl Default for Limits {
    /// 16 MiB, 64 tensors, 8 dimensions, 4 194 304 elements, and none without elements.
    fn default() -> Self {
        Self {
            body: 16 << 20,
            tensors: 64,
            dimensions: 8,
            elements: 4 << 20,
            empty: false,
        }
    }
}

/// A request: what is sent, and which outputs are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct InferRequest {
    /// The caller's name for the request, which the answer repeats.
    pub id: Option<String>,
    /// What is sent, in the order of the body.
    pub inputs: Vec<Tensor>,
    /// Names of the outputs wanted, or all of them.
    pub outputs: Option<Vec<String>>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct InferResponse {
    /// The model's name, as the caller wrote it.
    pub model_name: String,
    /// The release that answered.
    pub model_version: Option<String>,
    /// The request's id, if it had one.
    pub id: Option<String>,
    /// The outputs, in the order asked for.
    pub outputs: Vec<Tensor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    inputs: Vec<RawTensor<'a>>,
    #[serde(borrow, default)]
    outputs: Option<Vec<RawOutput<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTensor<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    shape: Vec<u64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutput<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
}

/// Answers of other servers may say more than we ask for.
#[derive(Deserialize)]
struct RawResponse<'a> {
    #[serde(default)]
    model_name: String,
    #[serde(default)]
    model_version: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(borrow)]
    outputs: Vec<RawTensor<'a>>,
}

impl InferRequest {
    /// Reads a body, strictly: what it does not know it refuses, and it allocates by what is there, never by what a shape says.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, InputError> {
        check_length(body, limits)?;
        let raw: RawRequest<'_> = serde_json::from_slice(body)
            .map_err(|error| InputError::Malformed(error.to_string()))?;
        parameters(raw.parameters)?;
        let outputs = match raw.outputs {
            None => None,
            // Servers of this protocol answer with all outputs if none is named.
            Some(outputs) if outputs.is_empty() => None,
            Some(outputs) => {
                too_many(
                    "outputs",
                    Counted {
                        count: outputs.len(),
                        limit: limits.tensors,
                    },
                )?;
                for output in &outputs {
                    parameters(output.parameters)?;
                }
                Some(
                    outputs
                        .into_iter()
                        .map(|one| one.name.into_owned())
                        .collect(),
                )
            }
        };
        Ok(Self {
            id: raw.id.map(Cow::into_owned),
            inputs: tensors(raw.inputs, limits)?,
            outputs,
        })
    }

    /// Its body, for another server.
    pub fn to_bytes(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Output<'a> {
            name: &'a str,
        }
        #[derive(Serialize)]
        struct Request<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            inputs: &'a [Tensor],
            #[serde(skip_serializing_if = "Option::is_none")]
            outputs: Option<Vec<Output<'a>>>,
        }
        to_json(&Request {
            id: self.id.as_deref(),
            inputs: &self.inputs,
            outputs: self
                .outputs
                .as_ref()
                .map(|names| names.iter().map(|name| Output { name }).collect()),
        })
    }

    /// Checks the outputs asked for against the model.
    pub fn check_outputs(&self, signature: &Signature) -> Result<(), InputError> {
        let mut names = HashSet::new();
        for name in self.outputs.iter().flatten() {
            if signature.output(name).is_none() {
                return Err(InputError::UnknownOutput {
                    name: name.clone(),
                    known: list(&signature.outputs),
                });
            }
            if !names.insert(name) {
                return Err(InputError::OutputTwice(name.clone()));
            }
        }
        Ok(())
    }

    /// Of all outputs those that were asked for, in the order asked for.
    pub fn select(&self, mut all: Vec<Tensor>) -> Vec<Tensor> {
        let Some(names) = &self.outputs else {
            return all;
        };
        let mut wanted = Vec::with_capacity(names.len());
        for name in names {
            if let Some(place) = all.iter().position(|tensor| tensor.name() == name) {
                wanted.push(all.swap_remove(place));
            }
        }
        wanted
    }
}

impl InferResponse {
    /// Its body. The same answer always has the same bytes. A number that is not finite, which JSON cannot say, is an error.
    pub fn to_bytes(&self) -> Result<Vec<u8>, InputError> {
        for output in &self.outputs {
            if let Some(element) = output.data().first_not_finite() {
                return Err(InputError::NotFinite {
                    output: output.name().to_owned(),
                    element,
                });
            }
        }
        Ok(to_json(&self.json(&self.outputs)))
    }

    /// Bytes of the body without the outputs' values.
    pub(crate) fn frame_length(&self) -> u64 {
        to_json(&self.json(&[])).len() as u64
    }

    fn json<'a>(&'a self, outputs: &'a [Tensor]) -> impl Serialize + 'a {
        #[derive(Serialize)]
        struct Response<'a> {
            model_name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            model_version: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            outputs: &'a [Tensor],
        }
        Response {
            model_name: &self.model_name,
            model_version: self.model_version.as_deref(),
            id: self.id.as_deref(),
            outputs,
        }
    }

    /// Reads the body of an answer, ours or another server's.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, InputError> {
        check_length(body, limits)?;
        let raw: RawResponse<'_> = serde_json::from_slice(body)
            .map_err(|error| InputError::Malformed(error.to_string()))?;
        Ok(Self {
            model_name: raw.model_name,
            model_version: raw.model_version,
            id: raw.id,
            outputs: tensors(raw.outputs, limits)?,
        })
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // These types have nothing that JSON cannot say: keys are texts, and writing into memory does not fail.
    serde_json::to_vec(value).unwrap_or_default()
}

fn check_length(body: &[u8], limits: &Limits) -> Result<(), InputError> {
    match body.len() > limits.body {
        true => Err(InputError::BodyTooLong {
            length: body.len(),
            limit: limits.body,
        }),
        false => Ok(()),
    }
}

struct Counted {
    count: usize,
    limit: usize,
}

fn too_many(what: &'static str, Counted { count, limit }: Counted) -> Result<(), InputError> {
    match count > limit {
        true => Err(InputError::TooMany { what, count, limit }),
        false => Ok(()),
    }
}

/// Takes what clients send to say that they want JSON, and refuses what would change the answer.
fn parameters(raw: Option<&RawValue>) -> Result<(), InputError> {
    let Some(raw) = raw else {
        return Ok(());
    };
    if raw.get().len() > 4096 {
        return Err(InputError::Malformed(
            "`parameters` is longer than 4096 bytes".to_owned(),
        ));
    }
    let map: Option<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(raw.get())
            .map_err(|error| InputError::Malformed(error.to_string()))?;
    for (name, value) in map.into_iter().flatten() {
        let harmless = matches!(name.as_str(), "binary_data" | "binary_data_output");
        if !(harmless && value == serde_json::Value::Bool(false)) {
            return Err(InputError::UnknownParameter(
                name.chars().take(64).collect(),
            ));
        }
    }
    Ok(())
}

fn tensors(raw: Vec<RawTensor<'_>>, limits: &Limits) -> Result<Vec<Tensor>, InputError> {
    too_many(
        "tensors",
        Counted {
            count: raw.len(),
            limit: limits.tensors,
        },
    )?;
    let mut left = limits.elements;
    let mut tensors = Vec::with_capacity(raw.len());
    for raw in raw {
        let tensor = tensor(raw, limits, left)?;
        left -= tensor.data().len();
        tensors.push(tensor);
    }
    Ok(tensors)
}

fn tensor(raw: RawTensor<'_>, limits: &Limits, left: usize) -> Result<Tensor, InputError> {
    let name = raw.name.into_owned();
    parameters(raw.parameters)?;
    too_many(
        "dimensions",
        Counted {
            count: raw.shape.len(),
            limit: limits.dimensions,
        },
    )?;
    let datatype: Datatype = match raw.datatype.parse() {
        Ok(datatype) => datatype,
        Err(error) => return Err(InputError::UnknownDatatype { name, error }),
    };
    let shape: Option<Vec<usize>> = raw
        .shape
        .iter()
        .map(|size| usize::try_from(*size).ok())
        .collect();
    let count = shape
        .as_deref()
        .and_then(elements)
        .filter(|count| *count <= left);
    let (Some(shape), Some(count)) = (shape, count) else {
        return Err(InputError::ShapeTooLarge {
            name,
            shape: raw.shape,
            limit: limits.elements,
        });
    };
    if count == 0 && !limits.empty {
        return Err(InputError::Empty(name));
    }
    match values(datatype, &shape, count, raw.data.get()) {
        Ok(data) => Tensor::new(name, shape, data).map_err(|error| InputError::Data {
            name: error.name.clone(),
            what: error.to_string(),
        }),
        Err(what) => Err(InputError::Data { name, what }),
    }
}

fn values(datatype: Datatype, shape: &[usize], count: usize, json: &str) -> Result<Data, String> {
    Ok(match datatype {
        Datatype::Bool => Data::Bool(read(shape, count, json)?),
        Datatype::Uint8 => Data::Uint8(read(shape, count, json)?),
        Datatype::Uint16 => Data::Uint16(read(shape, count, json)?),
        Datatype::Uint32 => Data::Uint32(read(shape, count, json)?),
        Datatype::Uint64 => Data::Uint64(read(shape, count, json)?),
        Datatype::Int8 => Data::Int8(read(shape, count, json)?),
        Datatype::Int16 => Data::Int16(read(shape, count, json)?),
        Datatype::Int32 => Data::Int32(read(shape, count, json)?),
        Datatype::Int64 => Data::Int64(read(shape, count, json)?),
        Datatype::Fp16 => Data::Fp16(read(shape, count, json)?),
        Datatype::Fp32 => Data::Fp32(read(shape, count, json)?),
        Datatype::Fp64 => Data::Fp64(read(shape, count, json)?),
        Datatype::Bytes => Data::Bytes(read(shape, count, json)?),
    })
}

/// Reads values that are flat, or nested as the shape says.
fn read<T: Element>(shape: &[usize], count: usize, json: &str) -> Result<Vec<T>, String> {
    let mut state = Reading {
        shape,
        count,
        form: None,
        values: Vec::new(),
        refusal: None,
    };
    let mut source = serde_json::Deserializer::from_str(json);
    let list = Level {
        state: &mut state,
        depth: 0,
    };
    if let Err(error) = list.deserialize(&mut source) {
        return Err(state.refusal.unwrap_or_else(|| error.to_string()));
    }
    match state.values.len() == count {
        true => Ok(state.values),
        false => Err(format!(
            "shape {shape:?} has {count} elements, `data` has {}",
            state.values.len()
        )),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Flat,
    Nested,
}

struct Reading<'s, T> {
    shape: &'s [usize],
    count: usize,
    form: Option<Form>,
    values: Vec<T>,
    refusal: Option<String>,
}

impl<T> Reading<'_, T> {
    fn refuse<E: serde::de::Error>(&mut self, what: String) -> E {
        let error = E::custom(&what);
        self.refusal.get_or_insert(what);
        error
    }

    fn place(&mut self, depth: usize, value: Result<T, String>) -> Result<(), String> {
        let nested = depth == self.shape.len();
        let flat = depth == 1;
        let allowed = match self.form {
            None => nested || flat,
            Some(Form::Flat) => flat,
            Some(Form::Nested) => nested,
        };
        if !allowed {
            return Err(format!(
                "`data` is neither flat nor nested as shape {:?} says",
                self.shape
            ));
        }
        if !nested {
            self.form = Some(Form::Flat);
        }
        if self.values.len() == self.count {
            return Err(format!(
                "shape {:?} has {} elements, `data` has more",
                self.shape, self.count
            ));
        }
        let place = self.values.len();
        let value = value.map_err(|what| format!("element {place} is {what}"))?;
        self.values.push(value);
        Ok(())
    }
}

/// One value: the list, a list within it, or an element.
struct Level<'r, 's, T> {
    state: &'r mut Reading<'s, T>,
    depth: usize,
}

impl<'de, T: Element> DeserializeSeed<'de> for Level<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<T: Element> Level<'_, '_, T> {
    fn element<E: serde::de::Error>(self, value: Result<T, String>) -> Result<(), E> {
        if self.depth == 0 {
            return Err(self.state.refuse("`data` must be a list".to_owned()));
        }
        match self.state.place(self.depth, value) {
            Ok(()) => Ok(()),
            Err(what) => Err(self.state.refuse(what)),
        }
    }
}

impl<'de, T: Element> Visitor<'de> for Level<'_, '_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} or a list", T::EXPECTED)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.element(T::of_bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.element(T::of_u64(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.element(T::of_i64(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.element(T::of_f64(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.element(T::of_str(value))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        let what = "null, which is no number; leave rows with gaps out, or fill them";
        self.element(Err(what.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { state, depth } = self;
        if depth > 0 {
            if depth >= state.shape.len() || state.form == Some(Form::Flat) {
                let what = format!(
                    "`data` is neither flat nor nested as shape {:?} says",
                    state.shape
                );
                return Err(state.refuse(what));
            }
            state.form = Some(Form::Nested);
        }
        let mut length = 0_usize;
        while list
            .next_element_seed(Level {
                state: &mut *state,
                depth: depth + 1,
            })?
            .is_some()
        {
            length += 1;
        }
        match state.shape.get(depth) {
            Some(wanted) if state.form == Some(Form::Nested) && length != *wanted => {
                let what = format!(
                    "`data` has a list of {length} where shape {:?} says {wanted}",
                    state.shape
                );
                Err(state.refuse(what))
            }
            _ => Ok(()),
        }
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("an object is no element"))
    }
}

/// An element, as JSON may say it. Errors end the sentence "element 3 is …".
trait Element: Sized {
    /// What it should be.
    const EXPECTED: &'static str;

    fn of_bool(value: bool) -> Result<Self, String> {
        Err(format!("{value}, not {}", Self::EXPECTED))
    }

    fn of_u64(value: u64) -> Result<Self, String> {
        Err(format!("{value}, not {}", Self::EXPECTED))
    }

    fn of_i64(value: i64) -> Result<Self, String> {
        Err(format!("{value}, not {}", Self::EXPECTED))
    }

    fn of_f64(value: f64) -> Result<Self, String> {
        Err(format!("{value:?}, not {}", Self::EXPECTED))
    }

    fn of_str(_: &str) -> Result<Self, String> {
        Err(format!("a text, not {}", Self::EXPECTED))
    }
}

macro_rules! integers {
    ($($type:ty: $expected:literal),*) => {
        $(impl Element for $type {
            const EXPECTED: &'static str = $expected;

            fn of_u64(value: u64) -> Result<Self, String> {
                Self::try_from(value).map_err(|_| format!("{value}, not {}", Self::EXPECTED))
            }

            fn of_i64(value: i64) -> Result<Self, String> {
                Self::try_from(value).map_err(|_| format!("{value}, not {}", Self::EXPECTED))
            }
        })*
    };
}

integers!(
    u8: "an integer from 0 to 255 (UINT8)",
    u16: "an integer from 0 to 65535 (UINT16)",
    u32: "an integer from 0 to 4294967295 (UINT32)",
    u64: "an integer from 0 to 18446744073709551615 (UINT64)",
    i8: "an integer from -128 to 127 (INT8)",
    i16: "an integer from -32768 to 32767 (INT16)",
    i32: "an integer from -2147483648 to 2147483647 (INT32)",
    i64: "an integer from -9223372036854775808 to 9223372036854775807 (INT64)"
);

macro_rules! floats {
    ($($type:ty: $expected:literal, $value:ident => $convert:expr;)*) => {
        $(impl Element for $type {
            const EXPECTED: &'static str = $expected;

            fn of_u64(value: u64) -> Result<Self, String> {
                Self::of_f64(value as f64)
            }

            fn of_i64(value: i64) -> Result<Self, String> {
                Self::of_f64(value as f64)
            }

            fn of_f64($value: f64) -> Result<Self, String> {
                let converted: Self = $convert;
                match converted.is_finite() {
                    true => Ok(converted),
                    false => Err(format!("{:?}, not {}", $value, Self::EXPECTED)),
                }
            }
        })*
    };
}

floats!(
    f16: "a number of at most 65504 (FP16)", value => f16::from_f64(value);
    f32: "a number of at most 3.4028235e38 (FP32)", value => value as f32;
    f64: "a finite number (FP64)", value => value;
);

impl Element for bool {
    const EXPECTED: &'static str = "true or false (BOOL)";

    fn of_bool(value: bool) -> Result<Self, String> {
        Ok(value)
    }
}

impl Element for String {
    const EXPECTED: &'static str = "a text (BYTES)";

    fn of_str(value: &str) -> Result<Self, String> {
        Ok(value.to_owned())
    }
}

/// Values, as a flat list.
struct Datum<'a>(&'a Data);

impl Serialize for Datum<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_vector!(self.0, vector => plain(vector, serializer))
    }
}

/// An element as JSON says it.
trait Plain {
    type Out<'a>: Serialize
    where
        Self: 'a;
    fn out(&self) -> Self::Out<'_>;
}

macro_rules! plain {
    ($($type:ty),*) => {
        $(impl Plain for $type {
            type Out<'a> = $type;
            fn out(&self) -> $type {
                *self
            }
        })*
    };
}
plain!(bool, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64);

/// JSON has one kind of number: a half is written as the single of the same value.
impl Plain for f16 {
    type Out<'a> = f32;
    fn out(&self) -> f32 {
        self.to_f32()
    }
}

impl Plain for String {
    type Out<'a> = &'a str;
    fn out(&self) -> &str {
        self
    }
}

fn plain<T: Plain, S: Serializer>(vector: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(vector.iter().map(Plain::out))
}

impl Serialize for Tensor {
    /// As the protocol has it, with flat values.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            name: &'a str,
            shape: &'a [usize],
            datatype: Datatype,
            data: Datum<'a>,
        }
        let json = Json {
            name: self.name(),
            shape: self.shape(),
            datatype: self.datatype(),
            data: Datum(self.data()),
        };
        json.serialize(serializer)
    }
}
