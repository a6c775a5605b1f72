#[cfg(any(feature = "ort", feature = "tract"))]
use std::fmt;
use std::time::Duration;

use crate::Datatype;

/// What is wrong with a request. The caller cures it; nothing ran and nothing is charged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The body is longer than this server reads.
    #[error("the body has {length} bytes, this server reads {limit}: send less at once")]
    BodyTooLong {
        /// Bytes received.
        length: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The body is not the protocol's JSON.
    #[error("the body is no inference request: {0}")]
    Malformed(String),
    /// A limit other than the body's.
    #[error("the request has {count} {what}, this server takes {limit}")]
    TooMany {
        /// What is counted, such as `tensors`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// Most of them.
        limit: usize,
    },
    /// A parameter that would change the answer and is not implemented.
    #[error("parameter `{0}` is not known here, and nothing is ignored in silence: leave it out")]
    UnknownParameter(String),
    /// A datatype that does not exist.
    #[error("tensor `{name}`: {error}")]
    UnknownDatatype {
        /// The tensor.
        name: String,
        /// What it says.
        error: crate::datatype::UnknownDatatype,
    },
    /// Dimensions whose product is larger than this server takes.
    #[error("tensor `{name}` has shape {shape:?}, more than the {limit} elements this server takes at once")]
    ShapeTooLarge {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<u64>,
        /// Most elements.
        limit: usize,
    },
    /// Values that are not those of the shape and type.
    #[error("tensor `{name}`: {what}")]
    Data {
        /// The tensor.
        name: String,
        /// What is wrong, and at which element.
        what: String,
    },
    /// A tensor without elements costs nothing and says nothing.
    #[error("tensor `{0}` has no elements: every dimension must be at least 1")]
    Empty(String),
    /// An input that the model does not have.
    #[error("the model has no input `{name}`; it has {known}")]
    UnknownInput {
        /// What was sent.
        name: String,
        /// What there is.
        known: String,
    },
    /// An output that the model does not have.
    #[error("the model has no output `{name}`; it has {known}")]
    UnknownOutput {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The same input twice.
    #[error("input `{0}` is there twice")]
    InputTwice(String),
    /// The same output asked for twice.
    #[error("output `{0}` is asked for twice")]
    OutputTwice(String),
    /// An input that the model needs.
    #[error("input `{name}` is missing: {datatype} {shape}")]
    MissingInput {
        /// Its name.
        name: String,
        /// Its type.
        datatype: Datatype,
        /// Its shape, as people write it.
        shape: String,
    },
    /// Another type than the model takes.
    #[error("input `{name}` is {sent}, the model takes {wanted}")]
    WrongDatatype {
        /// The input.
        name: String,
        /// What was sent.
        sent: Datatype,
        /// What the model takes.
        wanted: Datatype,
    },
    /// Another shape than the model takes.
    #[error("input `{name}` has shape {sent:?}, the model takes {wanted}")]
    WrongShape {
        /// The input.
        name: String,
        /// What was sent.
        sent: Vec<usize>,
        /// What the model takes, as people write it.
        wanted: String,
    },
    /// One named dimension with two sizes.
    #[error("dimension `{dimension}` is {first_size} in `{first}` and {second_size} in `{second}`: it must be the same")]
    DimensionDiffers {
        /// The dimension.
        dimension: String,
        /// An input that has it.
        first: String,
        /// Its size there.
        first_size: usize,
        /// Another that has it.
        second: String,
        /// Its size there.
        second_size: usize,
    },
    /// The model takes these shapes and types, and cannot compute with what is in them.
    #[error("the model does not take this input: {0}")]
    Refused(String),
    /// The answer has a NaN or an infinity, which JSON cannot say.
    #[error("for this input output `{output}` has no finite number at element {element}: the input lies outside of what the model can do")]
    NotFinite {
        /// The output.
        output: String,
        /// The first such element.
        element: usize,
    },
}

impl InputError {
    /// A word that programs compare; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BodyTooLong { .. } => "body_too_long",
            Self::Malformed(_) => "malformed",
            Self::TooMany { .. } => "too_many",
            Self::UnknownParameter(_) => "unknown_parameter",
            Self::UnknownDatatype { .. } => "unknown_datatype",
            Self::ShapeTooLarge { .. } => "shape_too_large",
            Self::Data { .. } => "bad_data",
            Self::Empty(_) => "empty_tensor",
            Self::UnknownInput { .. } => "unknown_input",
            Self::UnknownOutput { .. } => "unknown_output",
            Self::InputTwice(_) => "input_twice",
            Self::OutputTwice(_) => "output_twice",
            Self::MissingInput { .. } => "missing_input",
            Self::WrongDatatype { .. } => "wrong_datatype",
            Self::WrongShape { .. } => "wrong_shape",
            Self::DimensionDiffers { .. } => "dimension_differs",
            Self::Refused(_) => "input_refused",
            Self::NotFinite { .. } => "not_finite",
        }
    }

    /// The HTTP status that fits.
    pub fn status(&self) -> u16 {
        match self {
            Self::BodyTooLong { .. } | Self::ShapeTooLarge { .. } => 413,
            Self::Refused(_) | Self::NotFinite { .. } => 422,
            _ => 400,
        }
    }
}

/// Why a call has no answer. Nothing is charged for one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The request is wrong.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Too many calls wait. Nothing ran.
    #[error("{waiting} calls wait for `{model}` already: try again in a moment")]
    Full {
        /// The model.
        model: String,
        /// How many wait.
        waiting: usize,
    },
    /// The time that the call had is over.
    #[error("the model did not answer within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// Nobody waits for the answer any more.
    #[error("the call was given up by its caller")]
    Cancelled,
    /// The engine says that it cannot.
    #[error("{engine} failed: {reason}")]
    Failed {
        /// Which engine.
        engine: String,
        /// What it says.
        reason: String,
    },
    /// The engine broke. It is contained: other calls go on.
    #[error("the engine broke while it ran this call: {0}")]
    Panicked(String),
    /// The answer is not what the model's description says.
    #[error("the engine's answer does not fit the model's description: {0}")]
    Answer(String),
    /// A server that runs the model for this one does not do its part.
    #[error(transparent)]
    Upstream(#[from] crate::UpstreamError),
    /// The server shuts down.
    #[error("the server is shutting down: nothing ran")]
    Closed,
}

impl EngineError {
    /// A word that programs compare; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Input(error) => error.code(),
            Self::Full { .. } => "queue_full",
            Self::Deadline(_) => "deadline",
            Self::Cancelled => "cancelled",
            Self::Failed { .. } => "engine_failed",
            Self::Panicked(_) => "engine_panicked",
            Self::Answer(_) => "engine_answer",
            Self::Upstream(error) => error.code(),
            Self::Closed => "shutting_down",
        }
    }

    /// The HTTP status that fits.
    pub fn status(&self) -> u16 {
        match self {
            Self::Input(error) => error.status(),
            Self::Full { .. } => 429,
            Self::Deadline(_) => 504,
            Self::Cancelled => 499,
            Self::Failed { .. } | Self::Panicked(_) | Self::Answer(_) => 500,
            Self::Upstream(error) => error.status(),
            Self::Closed => 503,
        }
    }

    /// A failure of an engine, by what it says.
    #[cfg(any(feature = "ort", feature = "tract"))]
    pub(crate) fn failed(engine: &str, reason: impl fmt::Display) -> Self {
        Self::Failed {
            engine: engine.to_owned(),
            reason: reason.to_string(),
        }
    }
}
