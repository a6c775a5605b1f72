#![doc = include_str!("../README.md")]

mod datatype;
mod engine;
mod error;
mod load;
mod metering;
#[cfg(feature = "ort")]
mod onnxruntime;
mod pool;
mod protocol;
mod signature;
mod tensor;
#[cfg(feature = "tract")]
mod tract;
mod upstream;

pub use datatype::{Datatype, UnknownDatatype};
pub use engine::{Call, Engine, Identity};
pub use error::{EngineError, InputError};
pub use load::{self_test, LoadError};
pub use metering::{check_text, recount, Caps, Counted, Meter, MeterError, Quote};
#[cfg(feature = "ort")]
pub use onnxruntime::{Library, OnnxModel, OnnxRuntime, SessionOptions};
pub use pool::{Load, Place, Pool, PoolLimits, Seat, Turn};
pub use protocol::{InferRequest, InferResponse, Limits};
pub use signature::{Axis, Port, Signature, SignatureError};
pub use tensor::{Data, ShapeMismatch, Tensor};
#[cfg(feature = "tract")]
pub use tract::Tract;
pub use upstream::{
    OpenAi, OpenAiOptions, OpenInference, OpenInferenceOptions, Secret, Server, TextAnswer,
    TextKind, TextRequest, TextStream, UpstreamError, Usage,
};
