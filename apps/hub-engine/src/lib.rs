#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod datatype;
mod engine;
mod error;
mod metering;
mod pool;
mod protocol;
mod signature;
mod tensor;
mod upstream;

pub use datatype::{Datatype, UnknownDatatype};
pub use engine::{Call, Engine, Identity};
pub use error::{EngineError, InputError};
pub use metering::{recount, Caps, Counted, Meter, MeterError, Quote};
pub use pool::{Load, Place, Pool, PoolLimits};
pub use protocol::{InferRequest, InferResponse, Limits};
pub use signature::{Axis, Port, Signature, SignatureError};
pub use tensor::{Data, ShapeMismatch, Tensor};
pub use upstream::UpstreamError;
