//! What a model's prices count: the manifest says it, so that anybody recomputes a charge from the bodies of request and answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::onnx::Tensor;

/// What one unit is, of what callers send and of what they get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metering {
    /// Units of the request, which `per_million_in` of a price counts.
    pub input: Unit,
    /// Units of the answer, which `per_million_out` counts.
    pub output: Unit,
}

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "unit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Unit {
    /// Elements of all tensors.
    #[default]
    Elements,
    /// Elements of one tensor that are not zero, such as the ones of an attention mask.
    Nonzero {
        /// Its name.
        tensor: String,
    },
    /// Bytes of the body as it was received or sent.
    Bytes,
    /// Length of one dimension of one tensor, such as the number of pictures or of audio samples.
    Samples {
        /// Its name.
        tensor: String,
        /// Which dimension, from 0.
        axis: u32,
    },
    /// Tokens as the server behind the operator reports them. Nobody else can recount them: the operator's word.
    Tokens,
}

/// Why a metering does not fit a model.
#[derive(Error, Debug, PartialEq, Eq)]
pub enum MeteringError {
    /// There is no such tensor.
    #[error("metering counts the {side} tensor `{tensor}`, which the model does not have; it has {known}")]
    UnknownTensor {
        /// `input` or `output`.
        side: &'static str,
        /// The tensor named.
        tensor: String,
        /// Those there are.
        known: String,
    },
    /// The tensor has fewer dimensions.
    #[error(
        "metering counts dimension {axis} of `{tensor}`, which has {dimensions}, counted from 0"
    )]
    UnknownAxis {
        /// The tensor named.
        tensor: String,
        /// The dimension named.
        axis: u32,
        /// How many it has.
        dimensions: usize,
    },
}

impl Metering {
    /// Checks that what is counted exists in the model.
    pub fn check(&self, inputs: &[Tensor], outputs: &[Tensor]) -> Result<(), MeteringError> {
        check("input", &self.input, inputs)?;
        check("output", &self.output, outputs)
    }
}

fn check(side: &'static str, unit: &Unit, tensors: &[Tensor]) -> Result<(), MeteringError> {
    let (tensor, axis) = match unit {
        Unit::Elements | Unit::Bytes | Unit::Tokens => return Ok(()),
        Unit::Nonzero { tensor } => (tensor, None),
        Unit::Samples { tensor, axis } => (tensor, Some(*axis)),
    };
    let Some(found) = tensors.iter().find(|one| one.name == *tensor) else {
        let known: Vec<_> = tensors
            .iter()
            .map(|one| format!("`{}`", one.name))
            .collect();
        return Err(MeteringError::UnknownTensor {
            side,
            tensor: tensor.clone(),
            known: match known.is_empty() {
                true => "none that are known".to_owned(),
                false => known.join(", "),
            },
        });
    };
    match (axis, &found.shape) {
        (Some(axis), Some(shape)) if axis as usize >= shape.len() => {
            Err(MeteringError::UnknownAxis {
                tensor: tensor.clone(),
                axis,
                dimensions: shape.len(),
            })
        }
        _ => Ok(()),
    }
}
