//! Records of the registry about Walrus: committees and what they certified. Settlement reads none of them.

use hub_walrus::PublicKey;
use hub_wire::ids::{ModelId, ReleaseNumber};
use hub_wire::varint::{Reader, Writer};

use super::fields::{pack_bool, unpack_bool};
use crate::packed::{Packed, PackedError, PackedMap};

/// Committees by epoch.
pub const COMMITTEES: PackedMap<u32, CommitteeRecord> = PackedMap::new(b'C');
/// Keys of the members of a committee by (epoch, place of the first / [`KEYS_PER_RECORD`]).
pub const COMMITTEE_KEYS: PackedMap<(u32, u32), KeysRecord> = PackedMap::new(b'K');
/// Certificates of permanent blobs by (model, release).
pub const PERMANENT: PackedMap<(ModelId, ReleaseNumber), PermanentRecord> = PackedMap::new(b'P');
/// Certificates of deletable blobs by (model, release).
pub const DELETABLE: PackedMap<(ModelId, ReleaseNumber), DeletableRecord> = PackedMap::new(b'D');

/// Members whose keys share a record. A read costs as much as seven keys, whatever is read, and a certificate names
/// some of the members: more in a record are cheaper where every record is read, fewer where most of them are not.
pub const KEYS_PER_RECORD: usize = 64;

/// A committee without its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitteeRecord {
    /// Sum of the weights.
    pub n_shards: u16,
    /// Sum of all keys, compressed; the identity where they cancel each other.
    pub total: [u8; PublicKey::LENGTH],
    /// Block time at which it was stored.
    pub set_at: u64,
    /// Weights of the members, by place.
    pub weights: Vec<u16>,
}

impl Packed for CommitteeRecord {
    const NAME: &'static str = "committee";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.n_shards.into());
        writer.raw(&self.total);
        writer.u64(self.set_at);
        pack_count(writer, self.weights.len());
        for weight in &self.weights {
            writer.u64((*weight).into());
        }
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            n_shards: unpack_shards(reader)?,
            total: reader.array()?,
            set_at: reader.u64()?,
            weights: {
                let count = reader.u64()?;
                let mut weights = vec![];
                for _ in 0..count {
                    weights.push(unpack_shards(reader)?);
                }
                weights
            },
        })
    }
}

/// Keys of up to [`KEYS_PER_RECORD`] members, by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysRecord {
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl Packed for KeysRecord {
    const NAME: &'static str = "committee keys";

    fn pack(&self, writer: &mut Writer) {
        pack_count(writer, self.keys.len());
        for key in &self.keys {
            writer.raw(key.as_bytes());
        }
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        let count = reader.u64()?;
        let mut keys = vec![];
        for _ in 0..count {
            let bytes: [u8; PublicKey::LENGTH] = reader.array()?;
            let [first, ..] = bytes;
            let key = PublicKey::new(&bytes);
            keys.push(key.map_err(|_| PackedError::unknown("committee key", first))?);
        }
        Ok(Self { keys })
    }
}

/// The latest certificate of a permanent blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermanentRecord {
    /// The epoch of Walrus that the committee served in.
    pub epoch: u32,
    /// Block time at which it was shown.
    pub certified_at: u64,
    /// Whether the model's author showed it, who then does not give way to a stranger within the epoch.
    pub by_author: bool,
}

impl Packed for PermanentRecord {
    const NAME: &'static str = "certificate of a permanent blob";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.epoch.into());
        writer.u64(self.certified_at);
        pack_bool(writer, self.by_author);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            epoch: unpack_epoch(reader)?,
            certified_at: reader.u64()?,
            by_author: unpack_bool(reader)?,
        })
    }
}

/// The latest certificate of a deletable blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletableRecord {
    /// The epoch of Walrus that the committee served in.
    pub epoch: u32,
    /// Block time at which it was shown.
    pub certified_at: u64,
    /// Whether the model's author showed it, who then does not give way to a stranger within the epoch.
    pub by_author: bool,
    /// The Sui object that stands for the blob.
    pub object_id: [u8; 32],
}

impl Packed for DeletableRecord {
    const NAME: &'static str = "certificate of a deletable blob";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.epoch.into());
        writer.u64(self.certified_at);
        pack_bool(writer, self.by_author);
        writer.raw(&self.object_id);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            epoch: unpack_epoch(reader)?,
            certified_at: reader.u64()?,
            by_author: unpack_bool(reader)?,
            object_id: reader.array()?,
        })
    }
}

fn pack_count(writer: &mut Writer, count: usize) {
    writer.u64(u64::try_from(count).unwrap_or(u64::MAX));
}

fn unpack_shards(reader: &mut Reader) -> Result<u16, PackedError> {
    u16::try_from(reader.u64()?).map_err(|_| PackedError::unknown("number of shards", 0xff))
}

fn unpack_epoch(reader: &mut Reader) -> Result<u32, PackedError> {
    u32::try_from(reader.u64()?).map_err(|_| PackedError::unknown("epoch", 0xff))
}
