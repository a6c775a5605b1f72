//! Records of the billing contract.

use cosmwasm_std::CanonicalAddr;
use hub_wire::varint::{Reader, Writer};
use hub_wire::{Hash, PublicKey};

use super::fields::{
    pack_address, pack_bool, pack_key, pack_option, unpack_address, unpack_bool, unpack_key,
    unpack_option,
};
use crate::packed::{Packed, PackedError, PackedMap};

/// Attesters by id.
pub const ATTESTERS: PackedMap<u64, AttesterRecord> = PackedMap::new(b'A');
/// How many batches of an attester were recorded, by attester.
pub const BATCH_COUNTS: PackedMap<u64, u64> = PackedMap::new(b'N');
/// Recorded batches by (attester, number from 1).
pub const BATCHES: PackedMap<(u64, u64), BatchRecord> = PackedMap::new(b'R');
/// Usage by (model, denomination number of the escrow).
pub const USAGE: PackedMap<(u64, u32), UsageRecord> = PackedMap::new(b'U');
/// Payers by (model, denomination number of the escrow, funder).
pub const PAYERS: PackedMap<(u64, u32, &CanonicalAddr), PayerRecord> = PackedMap::new(b'Y');

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
    /// Who registered it.
    pub operator: CanonicalAddr,
    /// The key.
    pub key: PublicKey,
    /// The enclave image that holds the key, where that was proven.
    pub measurement: Option<Hash>,
    /// Receipts issued from this time on are refused.
    pub retired_at: Option<u64>,
    /// Nothing is accepted any more, whenever it was issued.
    pub revoked: bool,
}

impl AttesterRecord {
    /// Whether no receipt of it can ever be billed again: revoked, or retired for more than `receipt_max_age`.
    pub fn is_spent(&self, now: u64, receipt_max_age: u64) -> bool {
        self.revoked
            || self
                .retired_at
                .is_some_and(|cutoff| now > cutoff.saturating_add(receipt_max_age))
    }
}

impl Packed for AttesterRecord {
    const NAME: &'static str = "attester";

    fn pack(&self, writer: &mut Writer) {
        pack_address(writer, &self.operator);
        pack_key(writer, &self.key);
        pack_option(writer, self.measurement.as_ref(), |writer, hash| {
            writer.raw(hash)
        });
        pack_option(writer, self.retired_at.as_ref(), |writer, at| {
            writer.u64(*at)
        });
        pack_bool(writer, self.revoked);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            operator: unpack_address(reader)?,
            key: unpack_key(reader)?,
            measurement: unpack_option(reader, |reader| Ok(reader.array()?))?,
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
    /// Receipts in it.
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

/// Lifetime sums of a model in one denomination. `gross` is exact, since the split of income hangs on it; every
/// other sum saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageRecord {
    /// Everything charged.
    pub gross: u128,
    /// Of it, charged where funder or caller is the author, a payee or the operator.
    pub related: u128,
    /// Of the rest, paid with money that lay in its session for a day or more.
    pub aged: u128,
    /// Receipts paid with an amount of at least 1.
    pub calls: u64,
    /// Receipts billed at nothing.
    pub free_calls: u64,
    /// Input units of both.
    pub units_in: u128,
    /// Output units of both.
    pub units_out: u128,
    /// Day of the first paid call; 0 if none.
    pub first_day: u64,
    /// Day of the last paid call; 0 if none.
    pub last_day: u64,
    /// Funders whose aged money paid it.
    pub payers: u64,
    /// Payers in two weeks or more.
    pub returning: u64,
}

impl Packed for UsageRecord {
    const NAME: &'static str = "usage";

    fn pack(&self, writer: &mut Writer) {
        writer.u128(self.gross);
        writer.u128(self.related);
        writer.u128(self.aged);
        writer.u64(self.calls);
        writer.u64(self.free_calls);
        writer.u128(self.units_in);
        writer.u128(self.units_out);
        writer.u64(self.first_day);
        writer.u64(self.last_day);
        writer.u64(self.payers);
        writer.u64(self.returning);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            gross: reader.u128()?,
            related: reader.u128()?,
            aged: reader.u128()?,
            calls: reader.u64()?,
            free_calls: reader.u64()?,
            units_in: reader.u128()?,
            units_out: reader.u128()?,
            first_day: reader.u64()?,
            last_day: reader.u64()?,
            payers: reader.u64()?,
            returning: reader.u64()?,
        })
    }
}

/// When a funder's aged money first and last paid a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayerRecord {
    /// Week number, see [`crate::time::week`].
    pub first_week: u64,
    /// Week number.
    pub last_week: u64,
}

impl Packed for PayerRecord {
    const NAME: &'static str = "payer";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.first_week);
        writer.u64(self.last_week);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            first_week: reader.u64()?,
            last_week: reader.u64()?,
        })
    }
}
