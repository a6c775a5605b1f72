//! Fields of an entry, with a sentence where one is missing or not of its form.

use hub_wire::{BlobId, Hash, Units};
use serde_json::Value;
use std::fmt::Debug;

/// What an entry is called, to be found again: its name or whatever comes nearest.
pub fn label(entry: &Value) -> String {
    let field = |name| entry.get(name).and_then(Value::as_str);
    let found = field("name")
        .or_else(|| field("file"))
        .or_else(|| field("text"))
        .or_else(|| field("blob_id"))
        .or_else(|| field("quilt_patch_id"))
        .or_else(|| field("purpose"))
        .or_else(|| field("value"))
        .or_else(|| entry.as_str());
    found.map(|text| format!(" {text:?}")).unwrap_or_default()
}

pub fn field<'a>(entry: &'a Value, name: &str) -> Result<&'a Value, String> {
    entry
        .get(name)
        .ok_or_else(|| format!("has no field `{name}`"))
}

pub fn text<'a>(entry: &'a Value, name: &str) -> Result<&'a str, String> {
    field(entry, name)?
        .as_str()
        .ok_or_else(|| format!("`{name}` is not a string"))
}

pub fn list<'a>(entry: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match field(entry, name)? {
        Value::Array(list) => Ok(list),
        _ => Err(format!("`{name}` is not a list")),
    }
}

/// An integer, as a number or as a string of decimal digits.
pub fn integer<T: TryFrom<u128>>(entry: &Value, name: &str) -> Result<T, String> {
    as_integer(field(entry, name)?)
        .ok_or_else(|| format!("`{name}` is not an integer of its range"))
}

/// An id, which is written as its integer.
pub fn id<T: From<u64>>(entry: &Value, name: &str) -> Result<T, String> {
    integer::<u64>(entry, name).map(T::from)
}

fn as_integer<T: TryFrom<u128>>(value: &Value) -> Option<T> {
    let wide = match value {
        Value::Number(number) => u128::from(number.as_u64()?),
        Value::String(digits) => digits.parse().ok()?,
        _ => return None,
    };
    T::try_from(wide).ok()
}

pub fn hex_of(entry: &Value, name: &str) -> Result<Vec<u8>, String> {
    hex::decode(text(entry, name)?).map_err(|error| format!("`{name}` is not hex: {error}"))
}

pub fn array<const N: usize>(entry: &Value, name: &str) -> Result<[u8; N], String> {
    let bytes = hex_of(entry, name)?;
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| format!("`{name}` has {found} bytes, expected {N}"))
}

pub fn hex_list(entry: &Value, name: &str) -> Result<Vec<Vec<u8>>, String> {
    list(entry, name)?
        .iter()
        .map(|value| value.as_str().and_then(|text| hex::decode(text).ok()))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("`{name}` is not a list of hex strings"))
}

pub fn hashes(entry: &Value, name: &str) -> Result<Vec<Hash>, String> {
    hex_list(entry, name)?
        .into_iter()
        .map(|bytes| {
            bytes
                .try_into()
                .map_err(|_| format!("`{name}` holds other than 32 bytes"))
        })
        .collect()
}

pub fn blob_id(entry: &Value, name: &str) -> Result<BlobId, String> {
    text(entry, name)?
        .parse()
        .map_err(|error| format!("`{name}`: {error}"))
}

/// `[input, output]`.
pub fn units(value: &Value) -> Result<Units, String> {
    match value.as_array().map(Vec::as_slice) {
        Some([input, output]) => as_integer(input).zip(as_integer(output)),
        _ => None,
    }
    .map(|(input, output)| Units { input, output })
    .ok_or_else(|| format!("{value} are no units, expected [input, output]"))
}

/// The one sentence of all comparisons.
pub fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: found {found:?}, expected {expected:?}")),
    }
}

/// Compares bytes, and shows them as hex.
pub fn same_bytes(what: &str, found: &[u8], expected: &[u8]) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "{what}: found {}, expected {}",
            hex::encode(found),
            hex::encode(expected)
        )),
    }
}
