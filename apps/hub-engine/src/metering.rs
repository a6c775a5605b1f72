use std::collections::BTreeMap;

use hub_model::{Metering, Unit};
use serde::Deserialize;

use crate::signature::list;
use crate::tensor::elements;
use crate::{Axis, InferRequest, InferResponse, InputError, Limits, Port, Signature, Tensor};

/// Counts units of requests and answers as a model's manifest defines them.
///
/// Everything that it counts but tokens stands in the bodies, so anybody can count again: [`recount`].
#[derive(Clone, Debug)]
pub struct Meter {
    metering: Metering,
    signature: Signature,
    caps: Caps,
}

/// The most that an answer is charged for where the model's shapes do not say it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Elements of an output tensor.
    pub elements: u64,
    /// Bytes of an answer.
    pub bytes: u64,
}

impl Default for Caps {
    /// 4 194 304 elements and 16 MiB.
    fn default() -> Self {
        Self {
            elements: 4 << 20,
            bytes: 16 << 20,
        }
    }
}

/// What a request costs in units, before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Units of the request.
    pub units_in: u64,
    /// Whether they are exact. Tokens are not: they are the most there can be.
    pub exact: bool,
    /// The most units that the answer is charged for.
    pub most_units_out: u64,
}

impl Quote {
    /// What is charged of what was counted: never more than was quoted.
    pub fn charge(&self, counted: Counted) -> Counted {
        Counted {
            units_in: counted.units_in.min(self.units_in),
            units_out: counted.units_out.min(self.most_units_out),
        }
    }
}

/// Units of a request and of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Units of the request, which `per_million_in` of a price counts.
    pub units_in: u64,
    /// Units of the answer, which `per_million_out` counts.
    pub units_out: u64,
}

/// Why a metering cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeterError {
    /// It counts a tensor that is not there.
    #[error("metering counts the {side} tensor `{tensor}`, which the model does not have; it has {known}")]
    UnknownTensor {
        /// `input` or `output`.
        side: &'static str,
        /// The tensor named.
        tensor: String,
        /// Those there are.
        known: String,
    },
    /// It counts a dimension that is not there.
    #[error(
        "metering counts dimension {axis} of `{tensor}`, which has {dimensions}, counted from 0"
    )]
    UnknownAxis {
        /// The tensor.
        tensor: String,
        /// The dimension named.
        axis: u32,
        /// How many it has.
        dimensions: usize,
    },
    /// Tokens of something that has none.
    #[error("metering counts tokens, which only a server of chat or embeddings reports: count elements, samples, bytes or what is not zero in a mask")]
    TokensOfTensors,
    /// Tensors of something that has none.
    #[error("metering counts tensors, but chat and embeddings have none: count tokens or bytes")]
    TensorsOfText,
}

impl Meter {
    /// Counts for a model with this signature.
    pub fn new(metering: Metering, signature: Signature, caps: Caps) -> Result<Self, MeterError> {
        check("input", &metering.input, &signature.inputs)?;
        check("output", &metering.output, &signature.outputs)?;
        Ok(Self {
            metering,
            signature,
            caps,
        })
    }

    /// What the manifest says.
    pub fn metering(&self) -> &Metering {
        &self.metering
    }

    /// What a request costs: its body as received, its inputs as admitted, the outputs it asks for, and the answer as it would be
    /// without any outputs.
    pub fn quote(
        &self,
        body: &[u8],
        inputs: &[Tensor],
        wanted: Option<&[String]>,
        frame: &InferResponse,
    ) -> Quote {
        Quote {
            units_in: self.units_in(body, inputs),
            exact: true,
            most_units_out: self.most_units_out(inputs, wanted, frame),
        }
    }

    /// Units of a request: exact before anything runs.
    pub fn units_in(&self, body: &[u8], inputs: &[Tensor]) -> u64 {
        count(&self.metering.input, body, inputs)
    }

    /// Units of an answer: its body as sent, and the outputs in it.
    pub fn units_out(&self, body: &[u8], outputs: &[Tensor]) -> u64 {
        count(&self.metering.output, body, outputs)
    }

    /// The most that an answer can be charged for, by the model's shapes, the sizes that the inputs give to named dimensions, and
    /// the caps where neither says it.
    pub fn most_units_out(
        &self,
        inputs: &[Tensor],
        wanted: Option<&[String]>,
        frame: &InferResponse,
    ) -> u64 {
        let sizes = self.signature.sizes(inputs);
        let asked = |port: &&Port| wanted.is_none_or(|names| names.contains(&port.name));
        let outputs = self.signature.outputs.iter().filter(asked);
        match &self.metering.output {
            Unit::Elements | Unit::Tokens => outputs.fold(0, |sum: u64, port| {
                sum.saturating_add(self.most(port, &sizes))
            }),
            Unit::Bytes => {
                let mut texts = outputs.map(|port| self.longest_text(port, &sizes));
                let sum = texts.try_fold(frame.frame_length(), |sum, text| sum.checked_add(text?));
                sum.map_or(self.caps.bytes, |sum| sum.min(self.caps.bytes))
            }
            Unit::Nonzero { tensor } => outputs
                .filter(|port| port.name == *tensor)
                .map(|port| self.most(port, &sizes))
                .sum(),
            Unit::Samples { tensor, axis } => outputs
                .filter(|port| port.name == *tensor)
                .map(|port| {
                    let axes = port.shape.as_deref().unwrap_or_default();
                    axes.get(*axis as usize)
                        .and_then(|axis| size(axis, &sizes))
                        .unwrap_or(self.caps.elements)
                })
                .sum(),
        }
    }

    /// The most elements of an output.
    fn most(&self, port: &Port, sizes: &BTreeMap<&str, usize>) -> u64 {
        self.known(port, sizes).unwrap_or(self.caps.elements)
    }

    fn known(&self, port: &Port, sizes: &BTreeMap<&str, usize>) -> Option<u64> {
        let axes = port.shape.as_ref()?;
        axes.iter().try_fold(1_u64, |product, axis| {
            product.checked_mul(size(axis, sizes)?)
        })
    }

    fn longest_text(&self, port: &Port, sizes: &BTreeMap<&str, usize>) -> Option<u64> {
        let elements = self.known(port, sizes)?;
        let values = elements.checked_mul(port.datatype.longest_text()? + 1)?;
        // {"name":"…","shape":[…],"datatype":"…","data":[…]}, and what a name needs if all of it is escaped.
        let name = (port.name.len() as u64).checked_mul(6)?;
        let shape = (port.shape.as_ref()?.len() as u64).checked_mul(21)?;
        values
            .checked_add(name)?
            .checked_add(shape)?
            .checked_add(64)
    }
}

/// Counts again what a call was charged for, from its two bodies and what the manifest says. Tokens cannot be counted again: for
/// them it returns `None`, and the operator's word is all there is.
pub fn recount(
    metering: &Metering,
    request: &[u8],
    answer: &[u8],
) -> Result<(Option<u64>, Option<u64>), InputError> {
    // Whatever was served once is read here, whatever the limits of that server were.
    let limits = Limits {
        body: usize::MAX,
        tensors: usize::MAX,
        dimensions: usize::MAX,
        elements: usize::MAX,
        empty: true,
    };
    let side = |unit: &Unit, body: &[u8], answered: bool| match unit {
        Unit::Tokens => Ok(None),
        Unit::Bytes => Ok(Some(body.len() as u64)),
        unit if answered => {
            let outputs = InferResponse::parse(body, &limits)?.outputs;
            Ok(Some(count(unit, body, &outputs)))
        }
        unit => {
            let inputs = InferRequest::parse(body, &limits)?.inputs;
            Ok(Some(count(unit, body, &inputs)))
        }
    };
    Ok((
        side(&metering.input, request, false)?,
        side(&metering.output, answer, true)?,
    ))
}

/// Refuses a metering that chat and embeddings do not have: they count tokens or bytes.
pub fn check_text(metering: &Metering) -> Result<(), MeterError> {
    for unit in [&metering.input, &metering.output] {
        match unit {
            Unit::Tokens | Unit::Bytes => {}
            Unit::Elements | Unit::Nonzero { .. } | Unit::Samples { .. } => {
                return Err(MeterError::TensorsOfText)
            }
        }
    }
    Ok(())
}

fn count(unit: &Unit, body: &[u8], tensors: &[Tensor]) -> u64 {
    let of = |name: &str| tensors.iter().find(|tensor| tensor.name() == name);
    match unit {
        Unit::Elements => tensors.iter().fold(0, |sum: u64, tensor| {
            sum.saturating_add(elements(tensor.shape()).unwrap_or(usize::MAX) as u64)
        }),
        Unit::Nonzero { tensor } => of(tensor).map_or(0, |tensor| tensor.data().nonzero()),
        Unit::Bytes => body.len() as u64,
        // An output that was not asked for is not counted, and neither is a dimension that this answer does not have.
        Unit::Samples { tensor, axis } => of(tensor)
            .and_then(|tensor| tensor.shape().get(*axis as usize))
            .map_or(0, |size| *size as u64),
        // `Meter::new` refuses it.
        Unit::Tokens => 0,
    }
}

fn size(axis: &Axis, sizes: &BTreeMap<&str, usize>) -> Option<u64> {
    match axis {
        Axis::Fixed(size) => Some(*size as u64),
        Axis::Named(name) => sizes.get(name.as_str()).map(|size| *size as u64),
        Axis::Any => None,
    }
}

fn check(side: &'static str, unit: &Unit, ports: &[Port]) -> Result<(), MeterError> {
    let (tensor, axis) = match unit {
        Unit::Elements | Unit::Bytes => return Ok(()),
        Unit::Tokens => return Err(MeterError::TokensOfTensors),
        Unit::Nonzero { tensor } => (tensor, None),
        Unit::Samples { tensor, axis } => (tensor, Some(*axis)),
    };
    let Some(port) = ports.iter().find(|port| port.name == *tensor) else {
        return Err(MeterError::UnknownTensor {
            side,
            tensor: tensor.clone(),
            known: list(ports),
        });
    };
    match (axis, &port.shape) {
        (Some(axis), Some(shape)) if axis as usize >= shape.len() => Err(MeterError::UnknownAxis {
            tensor: tensor.clone(),
            axis,
            dimensions: shape.len(),
        }),
        _ => Ok(()),
    }
}
