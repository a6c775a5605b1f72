use half::f16;

use crate::Datatype;

/// Values of a tensor, in row-major order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Data {
    /// [`Datatype::Bool`]
    Bool(Vec<bool>),
    /// [`Datatype::Uint8`]
    Uint8(Vec<u8>),
    /// [`Datatype::Uint16`]
    Uint16(Vec<u16>),
    /// [`Datatype::Uint32`]
    Uint32(Vec<u32>),
    /// [`Datatype::Uint64`]
    Uint64(Vec<u64>),
    /// [`Datatype::Int8`]
    Int8(Vec<i8>),
    /// [`Datatype::Int16`]
    Int16(Vec<i16>),
    /// [`Datatype::Int32`]
    Int32(Vec<i32>),
    /// [`Datatype::Int64`]
    Int64(Vec<i64>),
    /// [`Datatype::Fp16`]
    Fp16(Vec<f16>),
    /// [`Datatype::Fp32`]
    Fp32(Vec<f32>),
    /// [`Datatype::Fp64`]
    Fp64(Vec<f64>),
    /// [`Datatype::Bytes`]
    Bytes(Vec<String>),
}

/// Does the same with the vector of any type.
macro_rules! with_vector {
    ($data:expr, $vector:ident => $body:expr) => {
        match $data {
            $crate::Data::Bool($vector) => $body,
            $crate::Data::Uint8($vector) => $body,
            $crate::Data::Uint16($vector) => $body,
            $crate::Data::Uint32($vector) => $body,
            $crate::Data::Uint64($vector) => $body,
            $crate::Data::Int8($vector) => $body,
            $crate::Data::Int16($vector) => $body,
            $crate::Data::Int32($vector) => $body,
            $crate::Data::Int64($vector) => $body,
            $crate::Data::Fp16($vector) => $body,
            $crate::Data::Fp32($vector) => $body,
            $crate::Data::Fp64($vector) => $body,
            $crate::Data::Bytes($vector) => $body,
        }
    };
}
pub(crate) use with_vector;

impl Data {
    /// Type of the elements.
    pub fn datatype(&self) -> Datatype {
        match self {
            Self::Bool(_) => Datatype::Bool,
            Self::Uint8(_) => Datatype::Uint8,
            Self::Uint16(_) => Datatype::Uint16,
            Self::Uint32(_) => Datatype::Uint32,
            Self::Uint64(_) => Datatype::Uint64,
            Self::Int8(_) => Datatype::Int8,
            Self::Int16(_) => Datatype::Int16,
            Self::Int32(_) => Datatype::Int32,
            Self::Int64(_) => Datatype::Int64,
            Self::Fp16(_) => Datatype::Fp16,
            Self::Fp32(_) => Datatype::Fp32,
            Self::Fp64(_) => Datatype::Fp64,
            Self::Bytes(_) => Datatype::Bytes,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        with_vector!(self, vector => vector.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of elements that are not zero, false or an empty text. A NaN is not zero; a negative zero is zero.
    pub fn nonzero(&self) -> u64 {
        let count = match self {
            Self::Bool(all) => all.iter().filter(|one| **one).count(),
            Self::Uint8(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Uint16(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Uint32(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Uint64(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Int8(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Int16(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Int32(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Int64(all) => all.iter().filter(|one| **one != 0).count(),
            Self::Fp16(all) => all.iter().filter(|one| **one != f16::ZERO).count(),
            Self::Fp32(all) => all.iter().filter(|one| **one != 0.0).count(),
            Self::Fp64(all) => all.iter().filter(|one| **one != 0.0).count(),
            Self::Bytes(all) => all.iter().filter(|one| !one.is_empty()).count(),
        };
        count as u64
    }

    /// Place of the first element that is no finite number.
    pub fn first_not_finite(&self) -> Option<usize> {
        match self {
            Self::Fp16(all) => all.iter().position(|one| !one.is_finite()),
            Self::Fp32(all) => all.iter().position(|one| !one.is_finite()),
            Self::Fp64(all) => all.iter().position(|one| !one.is_finite()),
            _ => None,
        }
    }
}

/// A named tensor whose shape and values agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    name: String,
    shape: Vec<usize>,
    data: Data,
}

/// A shape and a number of elements that do not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tensor `{name}` has shape {shape:?}, which {elements} elements do not fill")]
pub struct ShapeMismatch {
    /// The tensor.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// How many elements there are.
    pub elements: usize,
}

impl Tensor {
    /// A tensor, if its values fill its shape exactly.
    pub fn new(
        name: impl Into<String>,
        shape: Vec<usize>,
        data: Data,
    ) -> Result<Self, ShapeMismatch> {
        let name = name.into();
        match elements(&shape) == Some(data.len()) {
            true => Ok(Self { name, shape, data }),
            false => Err(ShapeMismatch {
                name,
                elements: data.len(),
                shape,
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its dimensions; none for a single value.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its values, in row-major order.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Type of its elements.
    pub fn datatype(&self) -> Datatype {
        self.data.datatype()
    }

    /// Name, shape and values.
    pub fn into_parts(self) -> (String, Vec<usize>, Data) {
        (self.name, self.shape, self.data)
    }
}

/// Product of dimensions, unless it is larger than any memory.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    // A zero makes the product zero, however large the others are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(*size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_to_fill_the_shape() {
        for shape in [vec![], vec![2], vec![4], vec![3, 0], vec![usize::MAX, 2]] {
            let error = Tensor::new("x", shape.clone(), Data::Int8(vec![1, 2, 3])).unwrap_err();
            assert_eq!(
                error,
                ShapeMismatch {
                    name: "x".into(),
                    shape,
                    elements: 3
                }
            );
        }
        for shape in [vec![3], vec![1, 3], vec![3, 1, 1]] {
            Tensor::new("x", shape, Data::Int8(vec![1, 2, 3])).unwrap();
        }
        Tensor::new("x", vec![], Data::Int8(vec![1])).unwrap();
        Tensor::new("x", vec![usize::MAX, 0, usize::MAX], Data::Int8(vec![])).unwrap();
    }

    #[test]
    fn a_negative_zero_is_zero_and_a_nan_is_not() {
        assert_eq!(
            Data::Fp32(vec![0.0, -0.0, 1.0, f32::NAN, f32::MIN_POSITIVE]).nonzero(),
            3
        );
        assert_eq!(
            Data::Fp16(vec![f16::NEG_ZERO, f16::NAN, f16::ONE]).nonzero(),
            2
        );
        assert_eq!(Data::Bytes(vec![String::new(), "0".into()]).nonzero(), 1);
        assert_eq!(Data::Bool(vec![true, false, true]).nonzero(), 2);
    }
}
