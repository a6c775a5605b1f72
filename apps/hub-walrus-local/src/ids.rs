//! Ids in paths and queries.

use hub_walrus::{BlobId, QuiltPatchId};
use serde::{Deserialize, Deserializer};

/// A blob id in a path.
pub(crate) struct BlobParam(pub BlobId);

/// The id of a Sui object in a path, with all its digits.
pub(crate) struct ObjectParam(pub String);

/// A quilt patch id in a path.
pub(crate) struct PatchParam(pub QuiltPatchId);

impl<'de> Deserialize<'de> for BlobParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("failed to parse a blob ID"))
    }
}

impl<'de> Deserialize<'de> for ObjectParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        object_id(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("failed to parse an object ID"))
    }
}

impl<'de> Deserialize<'de> for PatchParam {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom("failed to parse a quilt patch ID"))
    }
}

/// An address or object id of Sui with all its 64 digits.
pub(crate) fn object_id(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x")?;
    let fits =
        (1..=64).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| format!("0x{:0>64}", digits.to_ascii_lowercase()))
}
