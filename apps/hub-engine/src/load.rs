use std::io;
use std::path::PathBuf;

use crate::pool::contained;
use crate::{Call, Data, Engine, EngineError, SignatureError, Tensor};

/// Why a model is not ready to be served. Others are served on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The model's own description cannot be served.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The engine has no code for it.
    #[error("{engine} cannot run this model: {reason}; {cure}")]
    Unsupported {
        /// Which engine.
        engine: &'static str,
        /// What it says.
        reason: String,
        /// What the operator can do.
        cure: &'static str,
    },
    /// The shared library is another one than the configuration names.
    #[error("{} has SHA-256 {found}, the configuration says {wanted}: install that library again, or write the new digest if you trust this one", path.display())]
    LibraryDiffers {
        /// The library.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// The shared library is too old, or none of ONNX Runtime's.
    #[error("{} is {found}, but ONNX Runtime 1.{minimum} or newer is needed: `tools/scripts/onnxruntime` installs one", path.display())]
    LibraryVersion {
        /// The library.
        path: PathBuf,
        /// What it says of itself.
        found: String,
        /// The oldest minor version that works.
        minimum: u32,
    },
    /// A process has one ONNX Runtime.
    #[error("this process runs ONNX Runtime from {} already, and cannot load {} as well: name one library for all models", loaded.display(), wanted.display())]
    AnotherLibrary {
        /// What is loaded.
        loaded: PathBuf,
        /// What was asked for.
        wanted: PathBuf,
    },
    /// The library does not start.
    #[error("ONNX Runtime does not start: {0}")]
    Library(String),
    /// The model does not run on an input of zeros.
    #[error("the model fails its first run, on zeros: {0}")]
    SelfTest(EngineError),
    /// Two runs of the same input differ, so nobody could check an answer.
    #[error("the model answers the same input differently: output `{output}` differs at element {element} between two runs; give it a seed, or take what is random out of it")]
    NotDeterministic {
        /// The output.
        output: String,
        /// The first element that differs.
        element: usize,
    },
}

/// Sizes that are tried for dimensions that callers choose. Networks that halve pictures five times need 32 at least.
const SIZES: [usize; 4] = [1, 32, 64, 224];

/// Runs a model twice on zeros: it must run, and say the same both times, bit for bit.
pub fn self_test(engine: &dyn Engine) -> Result<(), LoadError> {
    let free = engine.signature().inputs.iter().any(|port| {
        let mut axes = port.shape.iter().flatten();
        axes.any(|axis| !matches!(axis, crate::Axis::Fixed(_)))
    });
    let sizes = match free {
        true => &SIZES[..],
        false => &SIZES[..1],
    };
    let mut first_error = None;
    for size in sizes {
        let run = || {
            let inputs = engine.signature().zeros(*size);
            contained(engine, inputs, &Call::unlimited())
        };
        match run() {
            Ok(first) => {
                let second = run().map_err(LoadError::SelfTest)?;
                return same(&first, &second);
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(LoadError::SelfTest(
        first_error.unwrap_or(EngineError::Cancelled),
    ))
}

fn same(first: &[Tensor], second: &[Tensor]) -> Result<(), LoadError> {
    for (one, other) in first.iter().zip(second) {
        let shapes_differ = one.shape() != other.shape();
        if let Some(element) = differs(one.data(), other.data()).or(shapes_differ.then_some(0)) {
            return Err(LoadError::NotDeterministic {
                output: one.name().to_owned(),
                element,
            });
        }
    }
    Ok(())
}

/// Place of the first element that two lists do not share, bit for bit: a NaN equals itself, and zeros have signs.
pub(crate) fn differs(first: &Data, second: &Data) -> Option<usize> {
    fn place<T>(first: &[T], second: &[T], same: impl Fn(&T, &T) -> bool) -> Option<usize> {
        let lengths = (first.len() != second.len()).then_some(first.len().min(second.len()));
        let pairs = first.iter().zip(second);
        pairs
            .enumerate()
            .find(|(_, (one, other))| !same(one, other))
            .map(|(place, _)| place)
            .or(lengths)
    }
    match (first, second) {
        (Data::Fp16(a), Data::Fp16(b)) => place(a, b, |a, b| a.to_bits() == b.to_bits()),
        (Data::Fp32(a), Data::Fp32(b)) => place(a, b, |a, b| a.to_bits() == b.to_bits()),
        (Data::Fp64(a), Data::Fp64(b)) => place(a, b, |a, b| a.to_bits() == b.to_bits()),
        (a, b) if a == b => None,
        _ => Some(0),
    }
}
