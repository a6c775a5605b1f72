//! Headers: base64 of JSON.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde::Serialize;
use thiserror::Error;

/// Longest header that is read, in bytes of base64.
pub const MAX_HEADER: usize = 16 * 1024;

/// Why a header is none of x402.
#[derive(Error, Debug, Clone, PartialEq, Eq)]
pub enum HeaderError {
    /// Longer than anybody needs.
    #[error("the payment header has {0} bytes, at most {MAX_HEADER} are read")]
    TooLong(usize),
    /// Not in base64.
    #[error("the payment header is no base64: encode its JSON in standard base64 with padding")]
    NotBase64,
    /// The JSON is none of this header's.
    #[error("the payment header does not hold what it must: {0}")]
    Malformed(String),
}

/// The text of a header with this content.
pub fn encode(content: &impl Serialize) -> String {
    // Keys are texts, and writing into memory does not fail.
    BASE64_STANDARD.encode(serde_json::to_vec(content).unwrap_or_default())
}

/// The content of a header. Fields that are not known are ignored: other implementations add their own.
pub fn decode<T: DeserializeOwned>(header: &str) -> Result<T, HeaderError> {
    if header.len() > MAX_HEADER {
        return Err(HeaderError::TooLong(header.len()));
    }
    let bytes = BASE64_STANDARD
        .decode(header.trim())
        .map_err(|_| HeaderError::NotBase64)?;
    serde_json::from_slice(&bytes).map_err(|error| HeaderError::Malformed(error.to_string()))
}
