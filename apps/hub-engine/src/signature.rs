use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use hub_model::{Dimension, OnnxError, OnnxModel};

use crate::tensor::elements;
use crate::{Datatype, InputError, Tensor};

/// What a model takes and what it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// What callers send, in the model's order.
    pub inputs: Vec<Port>,
    /// What they get.
    pub outputs: Vec<Port>,
}

/// A tensor that a model takes or gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Type of its elements.
    pub datatype: Datatype,
    /// Its dimensions; `None` if the model does not say how many.
    pub shape: Option<Vec<Axis>>,
}

/// One dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Axis {
    /// This many, always.
    Fixed(usize),
    /// As many as the caller sends; the same under this name wherever it stands in the inputs.
    Named(String),
    /// As many as there are.
    Any,
}

/// Why a model's own description cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The file does not describe a model.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// A tensor of a type that no protocol carries.
    #[error("tensor `{name}` has elements of type {datatype}, which the Open Inference Protocol does not carry: export the model with another type at its borders")]
    Datatype {
        /// The tensor.
        name: String,
        /// Its type, as the model states it.
        datatype: String,
    },
    /// Two tensors of one side with the same name.
    #[error("the model has two tensors called `{0}` on one side")]
    Twice(String),
}

impl Signature {
    /// What an ONNX file says of itself.
    pub fn of_onnx(path: &Path) -> Result<Self, SignatureError> {
        let model = OnnxModel::read(path)?;
        Self::new(&model.inputs, &model.outputs)
    }

    /// From the tensors that a manifest or a file lists.
    pub fn new(
        inputs: &[hub_model::Tensor],
        outputs: &[hub_model::Tensor],
    ) -> Result<Self, SignatureError> {
        Ok(Self {
            inputs: ports(inputs)?,
            outputs: ports(outputs)?,
        })
    }

    /// The input of a name.
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output of a name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }

    /// Checks what a caller sends and puts it into the model's order: every input once, no other, right in type and shape, and of
    /// the same size wherever a named dimension stands.
    pub fn admit(&self, mut sent: Vec<Tensor>) -> Result<Vec<Tensor>, InputError> {
        let mut names = HashSet::new();
        for tensor in &sent {
            if self.input(tensor.name()).is_none() {
                return Err(InputError::UnknownInput {
                    name: tensor.name().to_owned(),
                    known: list(&self.inputs),
                });
            }
            if !names.insert(tensor.name()) {
                return Err(InputError::InputTwice(tensor.name().to_owned()));
            }
        }
        drop(names);
        let mut sizes = BTreeMap::new();
        let mut ordered = Vec::with_capacity(self.inputs.len());
        for port in &self.inputs {
            let place = sent.iter().position(|tensor| tensor.name() == port.name);
            let tensor = sent.swap_remove(place.ok_or_else(|| InputError::MissingInput {
                name: port.name.clone(),
                datatype: port.datatype,
                shape: port.shape_text(),
            })?);
            port.check(&tensor, &mut sizes)?;
            ordered.push(tensor);
        }
        Ok(ordered)
    }

    /// Sizes of the named dimensions, as admitted inputs have them.
    pub(crate) fn sizes(&self, inputs: &[Tensor]) -> BTreeMap<&str, usize> {
        let mut sizes = BTreeMap::new();
        for port in &self.inputs {
            let tensor = inputs.iter().find(|tensor| tensor.name() == port.name);
            if let (Some(axes), Some(tensor)) = (&port.shape, tensor) {
                for (axis, size) in axes.iter().zip(tensor.shape()) {
                    if let Axis::Named(name) = axis {
                        sizes.insert(name.as_str(), *size);
                    }
                }
            }
        }
        sizes
    }

    /// A set of inputs of zeros, with this size wherever callers choose it, by which a model is tried out. An input that is larger
    /// than any model takes is left out.
    pub(crate) fn zeros(&self, size: usize) -> Vec<Tensor> {
        let zeros = self.inputs.iter().filter_map(|port| {
            let axes = port.shape.iter().flatten();
            let shape: Vec<_> = axes
                .map(|axis| match axis {
                    Axis::Fixed(size) => *size,
                    Axis::Named(_) | Axis::Any => size,
                })
                .collect();
            let count = elements(&shape).filter(|count| *count <= 1 << 28)?;
            Tensor::new(port.name.clone(), shape, zeros(port.datatype, count)).ok()
        });
        zeros.collect()
    }
}

impl Port {
    fn check<'a>(
        &'a self,
        tensor: &Tensor,
        sizes: &mut BTreeMap<&'a str, (usize, &'a str)>,
    ) -> Result<(), InputError> {
        if tensor.datatype() != self.datatype {
            return Err(InputError::WrongDatatype {
                name: self.name.clone(),
                sent: tensor.datatype(),
                wanted: self.datatype,
            });
        }
        let wrong_shape = || InputError::WrongShape {
            name: self.name.clone(),
            sent: tensor.shape().to_vec(),
            wanted: self.shape_text(),
        };
        let Some(axes) = &self.shape else {
            return Ok(());
        };
        if axes.len() != tensor.shape().len() {
            return Err(wrong_shape());
        }
        for (axis, size) in axes.iter().zip(tensor.shape()) {
            match axis {
                Axis::Fixed(wanted) if wanted != size => return Err(wrong_shape()),
                Axis::Named(dimension) => {
                    let (first, other) = *sizes.entry(dimension).or_insert((*size, &self.name));
                    if first != *size {
                        return Err(InputError::DimensionDiffers {
                            dimension: dimension.clone(),
                            first: other.to_owned(),
                            first_size: first,
                            second: self.name.clone(),
                            second_size: *size,
                        });
                    }
                }
                Axis::Fixed(_) | Axis::Any => {}
            }
        }
        Ok(())
    }

    /// Its shape as people write it, such as `[batch, 10, 4]`; `-1` stands for any size.
    pub fn shape_text(&self) -> String {
        let Some(axes) = &self.shape else {
            return "of any dimensions".to_owned();
        };
        let axes: Vec<_> = axes
            .iter()
            .map(|axis| match axis {
                Axis::Fixed(size) => size.to_string(),
                Axis::Named(name) => name.clone(),
                Axis::Any => "-1".to_owned(),
            })
            .collect();
        format!("[{}]", axes.join(", "))
    }

    /// Its shape as the protocol's metadata state it: -1 for any size.
    pub fn protocol_shape(&self) -> Vec<i64> {
        let axes = self.shape.iter().flatten();
        axes.map(|axis| match axis {
            Axis::Fixed(size) => i64::try_from(*size).unwrap_or(i64::MAX),
            Axis::Named(_) | Axis::Any => -1,
        })
        .collect()
    }
}

/// Names of tensors, for a sentence.
pub(crate) fn list(ports: &[Port]) -> String {
    match ports {
        [] => "none".to_owned(),
        ports => {
            let names: Vec<_> = ports
                .iter()
                .map(|port| format!("`{}`", port.name))
                .collect();
            names.join(", ")
        }
    }
}

fn ports(tensors: &[hub_model::Tensor]) -> Result<Vec<Port>, SignatureError> {
    let mut ports: Vec<Port> = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        if ports.iter().any(|port| port.name == tensor.name) {
            return Err(SignatureError::Twice(tensor.name.clone()));
        }
        let datatype = tensor
            .datatype
            .parse()
            .map_err(|_| SignatureError::Datatype {
                name: tensor.name.clone(),
                datatype: tensor.datatype.clone(),
            })?;
        let shape = tensor.shape.as_ref().map(|dimensions| {
            let axes = dimensions.iter().enumerate();
            axes.map(|(place, dimension)| axis(place, dimension))
                .collect()
        });
        ports.push(Port {
            name: tensor.name.clone(),
            datatype,
            shape,
        });
    }
    Ok(ports)
}

fn axis(place: usize, dimension: &Dimension) -> Axis {
    match dimension {
        Dimension::Fixed(size) => match usize::try_from(*size) {
            Ok(size) => Axis::Fixed(size),
            Err(_) => Axis::Any,
        },
        // How `hub_model` calls a dimension without a name: it says nothing of other tensors.
        Dimension::Named(name) if *name == format!("dim_{place}") => Axis::Any,
        Dimension::Named(name) => Axis::Named(name.clone()),
    }
}

fn zeros(datatype: Datatype, count: usize) -> crate::Data {
    use crate::Data;
    match datatype {
        Datatype::Bool => Data::Bool(vec![false; count]),
        Datatype::Uint8 => Data::Uint8(vec![0; count]),
        Datatype::Uint16 => Data::Uint16(vec![0; count]),
        Datatype::Uint32 => Data::Uint32(vec![0; count]),
        Datatype::Uint64 => Data::Uint64(vec![0; count]),
        Datatype::Int8 => Data::Int8(vec![0; count]),
        Datatype::Int16 => Data::Int16(vec![0; count]),
        Datatype::Int32 => Data::Int32(vec![0; count]),
        Datatype::Int64 => Data::Int64(vec![0; count]),
        Datatype::Fp16 => Data::Fp16(vec![half::f16::ZERO; count]),
        Datatype::Fp32 => Data::Fp32(vec![0.0; count]),
        Datatype::Fp64 => Data::Fp64(vec![0.0; count]),
        Datatype::Bytes => Data::Bytes(vec![String::new(); count]),
    }
}
