//! Writes that wait until a message is decided.

use cosmwasm_std::Storage;
use hub_types::packed::{to_bytes, Packed, PackedKey, PackedMap};

/// What a message changed, to be written once it is decided.
#[derive(Default)]
pub struct UsageChanges(Vec<Change>);

/// A key, and its new value if it is to have one.
struct Change {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl UsageChanges {
    pub(super) fn set<K: PackedKey, V: Packed>(
        &mut self,
        map: &PackedMap<K, V>,
        key: K,
        value: &V,
    ) {
        self.0.push(Change {
            key: map.key(key),
            value: Some(to_bytes(value)),
        });
    }

    pub(super) fn remove<K: PackedKey, V: Packed>(&mut self, map: &PackedMap<K, V>, key: K) {
        self.0.push(Change {
            key: map.key(key),
            value: None,
        });
    }

    pub fn write(&self, storage: &mut dyn Storage) {
        for Change { key, value } in &self.0 {
            match value {
                Some(value) => storage.set(key, value),
                None => storage.remove(key),
            }
        }
    }
}
