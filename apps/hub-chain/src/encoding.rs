//! How CometBFT writes numbers, times and bytes in JSON.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::Value;

/// Numbers of 64 bits travel as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// Unix seconds of a time such as `2026-11-26T11:39:55.123456789Z`.
pub(crate) fn unix_time(text: &str) -> Option<u64> {
    let time = cosmrs::tendermint::Time::parse_from_rfc3339(text).ok()?;
    u64::try_from(time.unix_timestamp()).ok()
}

/// Bytes travel as base64, none as null.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => Some(vec![]),
        other => BASE64_STANDARD.decode(other.as_str()?).ok(),
    }
}
