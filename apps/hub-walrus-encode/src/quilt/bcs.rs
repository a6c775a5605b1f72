//! The few forms of BCS (https://github.com/diem/bcs) of which a quilt's index is made: a list of (end column, name, tags).

use super::Patch;
use std::collections::BTreeMap;

/// Length as ULEB128, then the bytes.
pub(super) fn string(text: &str) -> Vec<u8> {
    let mut bytes = uleb128(text.len());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// A map, ordered by the written form of its keys.
pub(super) fn tags(tags: &BTreeMap<String, String>) -> Vec<u8> {
    let mut entries: Vec<_> = tags
        .iter()
        .map(|(key, value)| (string(key), value))
        .collect();
    entries.sort();
    let mut bytes = uleb128(entries.len());
    for (key, value) in entries {
        bytes.extend(key);
        bytes.extend(string(value));
    }
    bytes
}

/// The index of a quilt.
pub(super) fn index(patches: &[Patch]) -> Vec<u8> {
    let mut bytes = uleb128(patches.len());
    for patch in patches {
        bytes.extend(patch.end.to_le_bytes());
        bytes.extend(string(&patch.identifier));
        bytes.extend(tags(&patch.tags));
    }
    bytes
}

/// Length as u16, then the bytes, which are at most so many.
pub(super) fn push_field(to: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    to.extend(length.to_le_bytes());
    to.extend_from_slice(bytes);
}

/// A field, and what comes after it.
pub(super) fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_le_bytes(*length).into())
}

/// Tags, and nothing after them.
pub(super) fn parse_tags(bytes: &[u8]) -> Option<BTreeMap<String, String>> {
    let mut reader = Reader(bytes);
    let tags = reader.tags()?;
    reader.0.is_empty().then_some(tags)
}

/// An index, and nothing after it. Where the files begin is left open.
pub(super) fn parse_index(bytes: &[u8]) -> Option<Vec<Patch>> {
    let mut reader = Reader(bytes);
    let mut patches = Vec::new();
    for _ in 0..reader.uleb128()? {
        patches.push(Patch {
            end: u16::from_le_bytes(*reader.chunk()?),
            identifier: reader.string()?,
            tags: reader.tags()?,
            start: 0,
        });
    }
    reader.0.is_empty().then_some(patches)
}

fn uleb128(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = number;
    while rest > 0x7f {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// What is left to read.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn chunk<const N: usize>(&mut self) -> Option<&'b [u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(chunk)
    }

    /// Canonical, and below 2^32, as BCS has it.
    fn uleb128(&mut self) -> Option<usize> {
        let mut number: u64 = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = *self.chunk()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return usize::try_from(u32::try_from(number).ok().filter(|_| shortest)?).ok();
            }
        }
        None
    }

    fn string(&mut self) -> Option<String> {
        let length = self.uleb128()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn tags(&mut self) -> Option<BTreeMap<String, String>> {
        let mut tags = BTreeMap::new();
        for _ in 0..self.uleb128()? {
            let key = self.string()?;
            // A key twice has no one meaning.
            if tags.insert(key, self.string()?).is_some() {
                return None;
            }
        }
        Some(tags)
    }
}
