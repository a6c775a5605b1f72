//! Records of the billing contract.

use cosmwasm_std::CanonicalAddr;
use hub_wire::ids::{AttesterId, OperatorNumber};
use hub_wire::varint::{Reader, Writer};
use hub_wire::{Hash, PublicKey};

use super::fields::{
    pack_address, pack_bool, pack_key, pack_option, unpack_address, unpack_bool, unpack_key,
    unpack_measurement, unpack_option,
};
use crate::packed::{Packed, PackedError, PackedMap};
use crate::time::Seconds;
use crate::verifier::Measurement;

/// Attesters by id.
pub const ATTESTERS: PackedMap<AttesterId, AttesterRecord> = PackedMap::new(b'A');
/// How many batches of an attester were recorded, by attester.
pub const BATCH_COUNTS: PackedMap<AttesterId, u64> = PackedMap::new(b'N');
/// Recorded batches by (attester, number from 1).
pub const BATCHES: PackedMap<(AttesterId, u64), BatchRecord> = PackedMap::new(b'R');

impl Packed for u64 {
    const NAME: &'static str = "count";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(*self);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(reader.u64()?)
    }
}

/// One signing key of an operator, for life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttesterRecord {
    /// Account that registered the attester, and alone may retire it.
    pub operator: CanonicalAddr,
    /// Number of the operator, under which usage is kept.
    pub operator_number: OperatorNumber,
    /// The key.
    pub key: PublicKey,
    /// Which verifier vouched for the key and what it found, where one did.
    pub measurement: Option<Measurement>,
    /// Receipts issued from this time on are refused.
    pub retired_at: Option<u64>,
    /// Nothing is accepted any more, whenever it was issued.
    pub revoked: bool,
}

impl AttesterRecord {
    /// Whether no receipt of it can ever be billed again: revoked, or retired for more than `receipt_max_age`.
    pub fn is_spent(&self, now: u64, receipt_max_age: Seconds) -> bool {
        self.revoked
            || self
                .retired_at
                .is_some_and(|cutoff| now > receipt_max_age.after(cutoff))
    }
}

impl Packed for AttesterRecord {
    const NAME: &'static str = "attester";

    fn pack(&self, writer: &mut Writer) {
        pack_address(writer, &self.operator);
        writer.u64(self.operator_number.into());
        pack_key(writer, &self.key);
        pack_option(writer, self.measurement.as_ref(), |writer, it| {
            writer.raw(it.as_bytes())
        });
        pack_option(writer, self.retired_at.as_ref(), |writer, at| {
            writer.u64(*at)
        });
        pack_bool(writer, self.revoked);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            operator: unpack_address(reader)?,
            operator_number: reader.u64()?.into(),
            key: unpack_key(reader)?,
            measurement: unpack_option(reader, unpack_measurement)?,
            retired_at: unpack_option(reader, |reader| Ok(reader.u64()?))?,
            revoked: unpack_bool(reader)?,
        })
    }
}

/// What is kept of a batch, so that each of its receipts can be proven later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    /// RFC 6962 root over its receipts.
    pub receipts_root: Hash,
    /// How many receipts it has.
    pub offered: u64,
    /// Receipts that the message which recorded it paid.
    pub paid: u64,
    /// Block time of that message, unix seconds.
    pub settled_at: u64,
}

impl Packed for BatchRecord {
    const NAME: &'static str = "batch";

    fn pack(&self, writer: &mut Writer) {
        writer.raw(&self.receipts_root);
        writer.u64(self.offered);
        writer.u64(self.paid);
        writer.u64(self.settled_at);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            receipts_root: reader.array()?,
            offered: reader.u64()?,
            paid: reader.u64()?,
            settled_at: reader.u64()?,
        })
    }
}
