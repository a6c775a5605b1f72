//! Packed records: what settlement reads and rewrites, as bytes.
//!
//! A value is one version byte, then its fields in fixed order, integers as LEB128. A key is one upper-case letter,
//! then fields of fixed width (ids big-endian), so ranges are in order of ids. Keys of `cw-storage-plus` begin with a
//! zero byte (maps) or a lower-case letter (items) and never meet these.
//!
//! One typed map serves all of them: its owner uses [`PackedMap::get`] and [`PackedMap::set`], another contract
//! [`PackedMap::query`], a raw read without running the owner's code.

use std::marker::PhantomData;

use cosmwasm_std::{Addr, CanonicalAddr, Order, QuerierWrapper, StdError, StdResult, Storage};
use hub_wire::varint::{Reader, Writer};
use hub_wire::DecodeError;
use thiserror::Error;

/// Layout of every packed record of this crate. A contract refuses records of another layout.
pub const LAYOUT: u8 = 1;

/// Why stored bytes are no value of the expected kind. Met only if contracts of different layouts are mixed.
#[derive(Error, Debug, PartialEq, Eq, Clone)]
pub enum PackedError {
    /// The bytes end early, go on too long, or hold a malformed integer.
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    /// A byte that names no variant.
    #[error("{value} is no {what}")]
    Unknown {
        /// What was expected.
        what: &'static str,
        /// Byte found.
        value: u8,
    },
    /// A record of another layout.
    #[error("the record has layout {found}, this contract reads layout {LAYOUT}: migrate the contracts of a Hub together")]
    OtherLayout {
        /// Layout found.
        found: u8,
    },
}

impl PackedError {
    /// A byte that is no `what`.
    pub fn unknown(what: &'static str, value: u8) -> Self {
        Self::Unknown { what, value }
    }
}

/// A value with a packed form.
pub trait Packed: Sized {
    /// Name in error messages.
    const NAME: &'static str;

    /// Appends the fields, in order.
    fn pack(&self, writer: &mut Writer);

    /// Reads the fields, in the same order.
    fn unpack(reader: &mut Reader) -> Result<Self, PackedError>;
}

/// A key part of fixed width. An address has a width of its own and stands where the parts around it leave no doubt.
pub trait PackedKey {
    /// Appends the bytes of this part.
    fn append(&self, key: &mut Vec<u8>);
}

impl PackedKey for u64 {
    fn append(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(&self.to_be_bytes());
    }
}

impl PackedKey for u16 {
    fn append(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(&self.to_be_bytes());
    }
}

impl PackedKey for u32 {
    fn append(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(&self.to_be_bytes());
    }
}

impl PackedKey for CanonicalAddr {
    fn append(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.as_slice());
    }
}

impl<T: PackedKey> PackedKey for &T {
    fn append(&self, key: &mut Vec<u8>) {
        (*self).append(key);
    }
}

impl<A: PackedKey, B: PackedKey> PackedKey for (A, B) {
    fn append(&self, key: &mut Vec<u8>) {
        self.0.append(key);
        self.1.append(key);
    }
}

impl<A: PackedKey, B: PackedKey, C: PackedKey> PackedKey for (A, B, C) {
    fn append(&self, key: &mut Vec<u8>) {
        self.0.append(key);
        self.1.append(key);
        self.2.append(key);
    }
}

/// A last key part, which can be read back from a key.
pub trait PackedTail: PackedKey + Sized {
    /// The part of exactly these bytes; none if they are of another width.
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl PackedTail for u32 {
    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl PackedTail for u64 {
    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl PackedTail for (u16, u64) {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at_checked(2)?;
        let first = first.try_into().ok().map(u16::from_be_bytes)?;
        Some((first, u64::read(second)?))
    }
}

impl PackedTail for CanonicalAddr {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::from(bytes))
    }
}

/// The bytes of `value`: version, then fields.
pub fn to_bytes<V: Packed>(value: &V) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.byte(LAYOUT);
    value.pack(&mut writer);
    writer.finish()
}

/// The value of `bytes`; anything but exactly one value of this layout is an error.
pub fn from_bytes<V: Packed>(bytes: &[u8]) -> StdResult<V> {
    parse(bytes).map_err(|error| StdError::parse_err(V::NAME, error))
}

/// As [`from_bytes`], with the reason as data.
pub(crate) fn parse<V: Packed>(bytes: &[u8]) -> Result<V, PackedError> {
    let mut reader = Reader::new(bytes);
    let layout = reader.byte()?;
    if layout != LAYOUT {
        return Err(PackedError::OtherLayout { found: layout });
    }
    let value = V::unpack(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// A map of packed values under a one-letter namespace.
pub struct PackedMap<K, V> {
    namespace: u8,
    // Covariant in K, so that a key of references may borrow what is at hand.
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: PackedKey, V: Packed> PackedMap<K, V> {
    /// A map under `namespace`, an upper-case ASCII letter of its own.
    pub const fn new(namespace: u8) -> Self {
        Self {
            namespace,
            types: PhantomData,
        }
    }

    /// The storage key of `key`.
    pub fn key(&self, key: impl PackedKey) -> Vec<u8> {
        let mut bytes = vec![self.namespace];
        key.append(&mut bytes);
        bytes
    }

    /// What follows the namespace in a storage key, if it is a key of this map: for readers of raw storage.
    pub fn key_of<'k>(&self, key: &'k [u8]) -> Option<&'k [u8]> {
        key.strip_prefix(&[self.namespace])
    }

    /// The value under `key` in the owner's storage.
    pub fn get(&self, storage: &dyn Storage, key: K) -> StdResult<Option<V>> {
        storage
            .get(&self.key(key))
            .map(|bytes| from_bytes(&bytes))
            .transpose()
    }

    /// Puts `value` under `key`.
    pub fn set(&self, storage: &mut dyn Storage, key: K, value: &V) {
        storage.set(&self.key(key), &to_bytes(value));
    }

    /// Takes away what stands under `key`.
    pub fn remove(&self, storage: &mut dyn Storage, key: K) {
        storage.remove(&self.key(key));
    }

    /// The value under `key` in the storage of `contract`, by a raw read.
    pub fn query(&self, querier: &QuerierWrapper, contract: &Addr, key: K) -> StdResult<Option<V>> {
        querier
            .query_wasm_raw(contract, self.key(key))?
            .map(|bytes| from_bytes(&bytes))
            .transpose()
    }

    /// Values whose key is `prefix` followed by a `T`, ascending, from the one after `start_after` on.
    pub fn range<'a, T: PackedTail>(
        &self,
        storage: &'a dyn Storage,
        prefix: impl PackedKey,
        start_after: Option<T>,
    ) -> Box<dyn Iterator<Item = StdResult<(T, V)>> + 'a>
    where
        V: 'a,
    {
        let prefix = self.key(prefix);
        let mut start = prefix.clone();
        if let Some(after) = start_after {
            after.append(&mut start);
            // The key just behind a key is that with a zero byte appended.
            start.push(0);
        }
        entries(
            storage,
            prefix.len(),
            &start,
            &behind(prefix),
            Order::Ascending,
        )
    }

    /// The last value whose key is `prefix` followed by a `T` that is not above `highest`.
    pub fn last_up_to<T: PackedTail>(
        &self,
        storage: &dyn Storage,
        prefix: impl PackedKey,
        highest: T,
    ) -> StdResult<Option<(T, V)>> {
        let prefix = self.key(prefix);
        let mut end = prefix.clone();
        highest.append(&mut end);
        end.push(0);
        let last = entries(storage, prefix.len(), &prefix, &end, Order::Descending).next();
        last.transpose()
    }
}

/// Values under the keys in [start, end) whose bytes from `width` on are a `T`.
fn entries<'a, T: PackedTail, V: Packed + 'a>(
    storage: &'a dyn Storage,
    width: usize,
    start: &[u8],
    end: &[u8],
    order: Order,
) -> Box<dyn Iterator<Item = StdResult<(T, V)>> + 'a> {
    let entries = storage.range(Some(start), Some(end), order);
    Box::new(entries.filter_map(move |(key, value)| {
        let tail = T::read(key.get(width..)?)?;
        Some(from_bytes(&value).map(|value| (tail, value)))
    }))
}

/// The first key behind all that begin with `prefix`.
fn behind(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if let Some(next) = last.checked_add(1) {
            prefix.push(next);
            break;
        }
    }
    prefix
}
