use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// An address or object id of Sui: 32 bytes, written `0x` and 64 hexadecimal digits.
///
/// Sui's tools leave out leading zeros now and then; they are put back when it is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SuiId([u8; 32]);

/// Why a text is no address or object id of Sui.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected 0x and 1 to 64 hexadecimal digits, as Sui writes addresses and object ids")]
pub struct SuiIdError;

impl SuiId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for SuiId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for SuiId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SuiId({self})")
    }
}

impl FromStr for SuiId {
    type Err = SuiIdError;

    fn from_str(text: &str) -> Result<Self, SuiIdError> {
        let digits = text.strip_prefix("0x").ok_or(SuiIdError)?;
        if digits.is_empty() || digits.len() > 64 {
            return Err(SuiIdError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(format!("{digits:0>64}"), &mut bytes).map_err(|_| SuiIdError)?;
        Ok(Self(bytes))
    }
}

impl serde::Serialize for SuiId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for SuiId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "0x",
            "12",
            "0xg",
            "0x 1",
            &format!("0x{}", "1".repeat(65)),
        ] {
            assert_eq!(text.parse::<SuiId>(), Err(SuiIdError), "{text}");
        }
    }

    #[test]
    fn leading_zeros_come_back() {
        let id: SuiId = "0x2".parse().unwrap();
        assert_eq!(id.to_string(), format!("0x{}2", "0".repeat(63)));
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
