use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Type of a tensor's elements, in the words of the
/// [Open Inference Protocol](https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md#tensor-data-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Datatype {
    /// True or false.
    Bool,
    /// 8 bits, without a sign.
    Uint8,
    /// 16 bits, without a sign.
    Uint16,
    /// 32 bits, without a sign.
    Uint32,
    /// 64 bits, without a sign.
    Uint64,
    /// 8 bits.
    Int8,
    /// 16 bits.
    Int16,
    /// 32 bits.
    Int32,
    /// 64 bits.
    Int64,
    /// IEEE 754, half precision.
    Fp16,
    /// IEEE 754, single precision.
    Fp32,
    /// IEEE 754, double precision.
    Fp64,
    /// A text in UTF-8 for each element.
    Bytes,
}

impl Datatype {
    /// All there are.
    pub const ALL: [Self; 13] = [
        Self::Bool,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Fp16,
        Self::Fp32,
        Self::Fp64,
        Self::Bytes,
    ];

    /// Its name in the protocol, such as `FP32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Uint8 => "UINT8",
            Self::Uint16 => "UINT16",
            Self::Uint32 => "UINT32",
            Self::Uint64 => "UINT64",
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Fp16 => "FP16",
            Self::Fp32 => "FP32",
            Self::Fp64 => "FP64",
            Self::Bytes => "BYTES",
        }
    }

    /// The most bytes that an element takes in JSON, without the comma; `None` where there is no limit.
    pub(crate) fn longest_text(self) -> Option<u64> {
        Some(match self {
            Self::Bool => 5,
            Self::Uint8 => 3,
            Self::Int8 => 4,
            Self::Uint16 => 5,
            Self::Int16 => 6,
            Self::Uint32 => 10,
            Self::Int32 => 11,
            Self::Uint64 | Self::Int64 => 20,
            // Nine digits, a point, a sign, and an exponent of four; a half is written as a single.
            Self::Fp16 | Self::Fp32 => 16,
            // Seventeen digits, a point, a sign, and an exponent of five.
            Self::Fp64 => 25,
            Self::Bytes => return None,
        })
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Datatype {
    type Err = UnknownDatatype;

    fn from_str(name: &str) -> Result<Self, UnknownDatatype> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| UnknownDatatype(name.chars().take(32).collect()))
    }
}

/// A type of elements that the protocol does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a datatype of the Open Inference Protocol, which has BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64 and BYTES")]
pub struct UnknownDatatype(pub String);
