//! Packed records: what settlement reads and rewrites, as bytes.
//!
//! A value is one layout byte, then its fields in fixed order, integers as LEB128. A key is one upper-case letter,
//! then fields of fixed width (ids big-endian), so ranges are in order of ids. Keys of `cw-storage-plus` begin with a
//! zero byte (maps) or a lower-case letter (items) and never meet these.
//!
//! One typed map serves all of them: its owner uses [`PackedMap::get`] and [`PackedMap::set`], another contract
//! [`PackedMap::query`], a raw read without running the owner's code.
//!
//! # Layouts
//!
//! Records outlive the code that wrote them, and contracts of a Hub are migrated one by one. So the layout byte is the
//! record's own: the layout in which the bytes of its *kind* last changed ([`Packed::LAYOUT`]). Newer code reads every older
//! layout of a record ([`Packed::OLDER`]) and writes the newest when it rewrites it; no migration has to touch all
//! records. Older code goes on reading the kinds that did not change, and refuses the others with a sentence. Who reads is
//! therefore migrated before whom it reads: billing first, then escrow and registry, in one transaction if their messages
//! to each other changed as well.
//!
//! To change the bytes of a kind: raise [`LAYOUT`], set the kind's `LAYOUT` to it, add its earlier layout to `OLDER`, and
//! read what was there in `unpack_older`, which matches on the layout. Fields that older records do not have get values
//! that are true of those records. A layout that is not in `OLDER` is refused before anything is read, so a record is never
//! read in a layout that nobody thought of. The bytes of every published layout stand in
//! `records/testdata/layout-<n>.golden`; tests demand the file of each layout below [`LAYOUT`] and read all of them.

use std::marker::PhantomData;

use cosmwasm_std::{Addr, CanonicalAddr, Order, QuerierWrapper, StdError, StdResult, Storage};
use hub_wire::ids::{
    AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber, SessionId, TermsNumber,
};
use hub_wire::varint::{Reader, Writer};
use hub_wire::DecodeError;
use thiserror::Error;

use crate::time::{Day, Week};

/// The newest layout among the packed records of this crate. What a contract shows of itself, so that another does not
/// begin to rely on records that it cannot read.
pub const LAYOUT: u8 = 3;

/// The oldest layout that is read. Layouts 1 and 2 were those of releases before 0.3.0, which began its records anew.
pub const OLDEST_LAYOUT: u8 = 3;

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
        /// The byte that stands there.
        value: u8,
    },
    /// A record of a release before those whose records are read.
    #[error(
        "the record has layout {found}, and no release since 0.3.0 reads layouts below {OLDEST_LAYOUT}: instantiate the \
         contracts anew"
    )]
    LaidAside {
        /// The layout that the record states.
        found: u8,
    },
    /// A record of a layout that this code does not know.
    #[error(
        "the record has layout {found}, this contract reads layouts up to {newest}: migrate it to the release that wrote \
         the record"
    )]
    OtherLayout {
        /// The layout that the record states.
        found: u8,
        /// Newest layout of this kind of record that is read.
        newest: u8,
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

    /// Layout of what [`Packed::pack`] writes: the value of [`LAYOUT`] in the release in which that last changed;
    /// [`OLDEST_LAYOUT`] if it never did.
    const LAYOUT: u8 = OLDEST_LAYOUT;

    /// Every layout below [`Packed::LAYOUT`] in which records of this kind were published, from [`OLDEST_LAYOUT`] on:
    /// those that [`Packed::unpack_older`] reads. Any other is refused.
    const OLDER: &'static [u8] = &[];

    /// Appends the fields, in order.
    fn pack(&self, writer: &mut Writer);

    /// Reads the fields, in the same order.
    fn unpack(reader: &mut Reader) -> Result<Self, PackedError>;

    /// Reads the fields as they were in a layout of [`Packed::OLDER`]: one arm of a `match` for each of them. What never
    /// changed has no such layout.
    fn unpack_older(layout: u8, _reader: &mut Reader) -> Result<Self, PackedError> {
        Err(refusal::<Self>(layout))
    }
}

/// Why a layout of a kind is not read.
fn refusal<V: Packed>(found: u8) -> PackedError {
    if found < OLDEST_LAYOUT {
        return PackedError::LaidAside { found };
    }
    PackedError::OtherLayout {
        found,
        newest: V::LAYOUT,
    }
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

/// An id stands in a key as its integer does.
macro_rules! ids_in_keys {
    ($($id:ty),+) => {$(
        impl PackedKey for $id {
            fn append(&self, key: &mut Vec<u8>) {
                self.0.append(key);
            }
        }

        impl PackedTail for $id {
            fn read(bytes: &[u8]) -> Option<Self> {
                PackedTail::read(bytes).map(Self)
            }
        }
    )+};
}

ids_in_keys!(
    SessionId,
    ModelId,
    AttesterId,
    OperatorNumber,
    ReleaseNumber,
    TermsNumber,
    DenomNumber
);

/// Days and weeks stand in a key as four bytes. All that a chain's clock can name fit.
macro_rules! times_in_keys {
    ($($time:ty),+) => {$(
        impl PackedKey for $time {
            fn append(&self, key: &mut Vec<u8>) {
                u32::try_from(self.0).unwrap_or(u32::MAX).append(key);
            }
        }

        impl PackedTail for $time {
            fn read(bytes: &[u8]) -> Option<Self> {
                <u32 as PackedTail>::read(bytes).map(Self::from)
            }
        }
    )+};
}

times_in_keys!(Day, Week);

impl PackedKey for CanonicalAddr {
    fn append(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.as_slice());
    }
}

/// An address after its length, where another part follows that has no fixed width either.
#[derive(Clone, Copy, Debug)]
pub struct Delimited<'a>(pub &'a CanonicalAddr);

impl PackedKey for Delimited<'_> {
    fn append(&self, key: &mut Vec<u8>) {
        // No chain has addresses of more than 255 bytes; longer ones would only share a prefix.
        key.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        self.0.append(key);
    }
}

/// Nothing: the prefix of a whole map.
impl PackedKey for () {
    fn append(&self, _key: &mut Vec<u8>) {}
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

impl PackedTail for (u16, ModelId) {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at_checked(2)?;
        let first = first.try_into().ok().map(u16::from_be_bytes)?;
        Some((first, ModelId::read(second)?))
    }
}

impl PackedTail for CanonicalAddr {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::from(bytes))
    }
}

/// The bytes of `value`: layout, then fields.
pub fn to_bytes<V: Packed>(value: &V) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.byte(V::LAYOUT);
    value.pack(&mut writer);
    writer.finish()
}

/// The value of `bytes`; anything but exactly one value of a layout that is known is an error.
pub fn from_bytes<V: Packed>(bytes: &[u8]) -> StdResult<V> {
    parse(bytes).map_err(|error| StdError::parse_err(V::NAME, error))
}

/// As [`from_bytes`], with the reason as data.
pub(crate) fn parse<V: Packed>(bytes: &[u8]) -> Result<V, PackedError> {
    let mut reader = Reader::new(bytes);
    let layout = reader.byte()?;
    let value = if layout == V::LAYOUT {
        V::unpack(&mut reader)?
    } else if V::OLDER.contains(&layout) {
        V::unpack_older(layout, &mut reader)?
    } else {
        return Err(refusal::<V>(layout));
    };
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

/// The first key after all that begin with `prefix`.
fn behind(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if let Some(next) = last.checked_add(1) {
            prefix.push(next);
            break;
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    const FIRST: u8 = OLDEST_LAYOUT;
    const SECOND: u8 = OLDEST_LAYOUT + 1;
    /// A layout in which others changed.
    const THIRD: u8 = OLDEST_LAYOUT + 2;
    const FOURTH: u8 = OLDEST_LAYOUT + 3;

    /// A record that got a second field in the second layout and a wider one in the fourth.
    #[derive(Debug, PartialEq, Eq)]
    struct Grown {
        first: u64,
        second: u128,
    }

    impl Packed for Grown {
        const NAME: &'static str = "grown";
        const LAYOUT: u8 = FOURTH;
        const OLDER: &'static [u8] = &[FIRST, SECOND];

        fn pack(&self, writer: &mut Writer) {
            writer.u64(self.first);
            writer.u128(self.second);
        }

        fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
            Ok(Self {
                first: reader.u64()?,
                second: reader.u128()?,
            })
        }

        fn unpack_older(layout: u8, reader: &mut Reader) -> Result<Self, PackedError> {
            Ok(Self {
                first: reader.u64()?,
                second: match layout {
                    FIRST => 7,
                    SECOND => reader.u64()?.into(),
                    other => return Err(refusal::<Self>(other)),
                },
            })
        }
    }

    /// One whose reader does not look at the layout, as if the last change had been the first.
    #[derive(Debug, PartialEq, Eq)]
    struct Careless(u64);

    impl Packed for Careless {
        const NAME: &'static str = "careless";
        const LAYOUT: u8 = THIRD;
        const OLDER: &'static [u8] = &[FIRST];

        fn pack(&self, writer: &mut Writer) {
            writer.u64(self.0);
        }

        fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
            Ok(Self(reader.u64()?))
        }

        fn unpack_older(_layout: u8, _reader: &mut Reader) -> Result<Self, PackedError> {
            Ok(Self(0))
        }
    }

    /// One whose bytes never changed.
    #[derive(Debug, PartialEq, Eq)]
    struct Steady(u64);

    impl Packed for Steady {
        const NAME: &'static str = "steady";

        fn pack(&self, writer: &mut Writer) {
            writer.u64(self.0);
        }

        fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
            Ok(Self(reader.u64()?))
        }
    }

    #[test]
    fn a_record_of_newer_code_is_refused_with_what_to_do() {
        for found in [FOURTH + 1, u8::MAX] {
            let newest = FOURTH;
            assert_eq!(
                parse::<Grown>(&[found, 5, 6]),
                Err(PackedError::OtherLayout { found, newest })
            );
        }
        let error = from_bytes::<Steady>(&[SECOND, 5]).unwrap_err();
        let refusal = PackedError::OtherLayout {
            found: SECOND,
            newest: FIRST,
        };
        assert_eq!(error, StdError::parse_err("steady", refusal));
        let sentence = format!(
            "the record has layout {SECOND}, this contract reads layouts up to {FIRST}: migrate it to the release that wrote \
             the record"
        );
        assert!(error.to_string().contains(&sentence), "{error}");
    }

    #[test]
    fn a_record_of_a_release_before_those_that_are_read_is_refused_with_what_to_do() {
        for found in 0..OLDEST_LAYOUT {
            let laid_aside = PackedError::LaidAside { found };
            assert_eq!(parse::<Grown>(&[found, 5, 6]), Err(laid_aside.clone()));
            assert_eq!(parse::<Steady>(&[found, 5]), Err(laid_aside));
        }
        let error = from_bytes::<Steady>(&[2, 5]).unwrap_err().to_string();
        let sentence = "the record has layout 2, and no release since 0.3.0 reads layouts below 3: instantiate the contracts \
                        anew";
        assert!(error.contains(sentence), "{error}");
    }

    /// A layout that a kind never had is one that its author did not think of when it was raised.
    #[test]
    fn a_layout_that_a_kind_does_not_name_is_refused_whatever_its_reader_would_make_of_it() {
        assert_eq!(
            parse::<Grown>(&[THIRD, 5, 6]),
            Err(PackedError::OtherLayout {
                found: THIRD,
                newest: FOURTH
            })
        );
        assert_eq!(
            parse::<Careless>(&[SECOND]),
            Err(PackedError::OtherLayout {
                found: SECOND,
                newest: THIRD
            })
        );
        assert_eq!(parse::<Careless>(&[FIRST]), Ok(Careless(0)));
    }

    #[test]
    fn an_older_record_with_too_few_or_too_many_bytes_is_refused() {
        for torn in [
            &[FIRST][..],
            &[FIRST, 5, 6],
            &[SECOND, 5],
            &[SECOND, 5, 6, 7],
            &[FOURTH, 5],
        ] {
            let error = parse::<Grown>(torn).unwrap_err();
            assert!(matches!(error, PackedError::Malformed(_)), "{torn:?}");
        }
    }

    #[test]
    fn records_of_older_layouts_are_read_and_become_the_newest_when_they_are_written() {
        const MAP: PackedMap<u64, Grown> = PackedMap::new(b'G');
        let mut storage = MockStorage::new();
        for (bytes, second) in [
            (&[FIRST, 5][..], 7),
            (&[SECOND, 5, 6], 6),
            (&[FOURTH, 5, 9], 9),
        ] {
            storage.set(&MAP.key(1u64), bytes);
            let record = MAP.get(&storage, 1).unwrap().unwrap();
            assert_eq!(record, Grown { first: 5, second });
            MAP.set(&mut storage, 1, &record);
            let written = [&[FOURTH, 5][..], &[u8::try_from(second).unwrap()]].concat();
            assert_eq!(storage.get(&MAP.key(1u64)), Some(written));
        }
        // What did not change is still written in a layout that older code reads.
        assert_eq!(to_bytes(&Steady(5)), [FIRST, 5]);
    }
}
