//! Records of the registry.

use cosmwasm_std::CanonicalAddr;
use hub_walrus::BlobId;
use hub_wire::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_wire::varint::{Reader, Writer};

use super::fields::{
    pack_address, pack_denom, pack_list, pack_option, pack_rates, unpack_address, unpack_denom,
    unpack_list, unpack_option, unpack_rates,
};
use crate::denom::Denom;
use crate::packed::{Packed, PackedError, PackedMap};
use crate::price::Rates;
use crate::time::Interval;

/// Models by id.
pub const MODELS: PackedMap<ModelId, ModelRecord> = PackedMap::new(b'M');
/// Terms by (model, number).
pub const TERMS: PackedMap<(ModelId, TermsNumber), TermsRecord> = PackedMap::new(b'T');
/// Blob ids of releases by (model, number).
pub const RELEASES: PackedMap<(ModelId, ReleaseNumber), ReleaseRecord> = PackedMap::new(b'R');

/// What settlement asks of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRecord {
    /// Account that is the model's author now.
    pub author: CanonicalAddr,
    /// Whether receipts are taken, and whether discovery shows it.
    pub status: ModelStatus,
    /// Receipts issued before this time are refused as retired.
    pub active_from: u64,
    /// Number of the release published last, 0 if there is none: every number from 1 to it has one.
    pub latest_release: ReleaseNumber,
    /// Number of the terms set last, dropped ones included: every number from 1 to it has terms.
    pub latest_terms: TermsNumber,
}

/// Status of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelStatus {
    /// Lists show it, and it can be called.
    Active,
    /// Hidden from discovery, still callable.
    Delisted,
    /// No receipts issued from `cutoff` on.
    Retired {
        /// The time from which it holds, in unix seconds.
        cutoff: u64,
    },
}

impl ModelRecord {
    /// When receipts are issued that no retirement refuses.
    pub fn in_service(&self) -> Interval {
        Interval {
            from: self.active_from,
            until: match self.status {
                ModelStatus::Retired { cutoff } => Some(cutoff),
                ModelStatus::Active | ModelStatus::Delisted => None,
            },
        }
    }
}

impl Packed for ModelRecord {
    const NAME: &'static str = "model";

    fn pack(&self, writer: &mut Writer) {
        pack_address(writer, &self.author);
        match self.status {
            ModelStatus::Active => writer.byte(0),
            ModelStatus::Delisted => writer.byte(1),
            ModelStatus::Retired { cutoff } => {
                writer.byte(2);
                writer.u64(cutoff);
            }
        }
        writer.u64(self.active_from);
        writer.u64(self.latest_release.into());
        writer.u64(self.latest_terms.into());
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            author: unpack_address(reader)?,
            status: match reader.byte()? {
                0 => ModelStatus::Active,
                1 => ModelStatus::Delisted,
                2 => ModelStatus::Retired {
                    cutoff: reader.u64()?,
                },
                other => return Err(PackedError::unknown("model status", other)),
            },
            active_from: reader.u64()?,
            latest_release: reader.u64()?.into(),
            latest_terms: reader.u64()?.into(),
        })
    }
}

/// One numbered set of terms. Price and payees never change; the time of validity ends when a successor is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsRecord {
    /// Denomination of the rates.
    pub denom: Denom,
    /// The price.
    pub rates: Rates,
    /// Offered to the operator that serves the call, in basis points.
    pub operator_bps: u16,
    /// Who shares the rest, in order.
    pub payees: Vec<PayeeRecord>,
    /// When it can be charged.
    pub validity: Validity,
    /// Number of the terms that it superseded, 0 for the first.
    pub supersedes: TermsNumber,
}

/// A payee and its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeeRecord {
    /// The account, in the chain's canonical bytes.
    pub account: CanonicalAddr,
    /// Its share in basis points, at least 1.
    pub bps: u16,
}

/// When terms can be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Never: replaced while pending.
    Dropped,
    /// For receipts issued in [from, until).
    Interval {
        /// The time from which it holds, in unix seconds.
        from: u64,
        /// Unix seconds; none while no successor is set.
        until: Option<u64>,
    },
}

impl TermsRecord {
    /// When receipts are issued that can be charged at these terms; none if they never can.
    pub fn in_force(&self) -> Option<Interval> {
        match self.validity {
            Validity::Dropped => None,
            Validity::Interval { from, until } => Some(Interval { from, until }),
        }
    }

    /// Whether receipts issued at `time` can be charged at these terms.
    pub fn is_in_force_at(&self, time: u64) -> bool {
        self.in_force()
            .is_some_and(|interval| interval.contains(time))
    }
}

impl Packed for TermsRecord {
    const NAME: &'static str = "terms";

    fn pack(&self, writer: &mut Writer) {
        pack_denom(writer, &self.denom);
        pack_rates(writer, &self.rates);
        writer.u64(self.operator_bps.into());
        pack_list(writer, &self.payees, |writer, payee| {
            pack_address(writer, &payee.account);
            writer.u64(payee.bps.into());
        });
        match self.validity {
            Validity::Dropped => writer.byte(0),
            Validity::Interval { from, until } => {
                writer.byte(1);
                writer.u64(from);
                pack_option(writer, until.as_ref(), |writer, until| writer.u64(*until));
            }
        }
        writer.u64(self.supersedes.into());
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            denom: unpack_denom(reader)?,
            rates: unpack_rates(reader)?,
            operator_bps: unpack_bps(reader)?,
            payees: unpack_list(reader, |reader| {
                Ok(PayeeRecord {
                    account: unpack_address(reader)?,
                    bps: unpack_bps(reader)?,
                })
            })?,
            validity: match reader.byte()? {
                0 => Validity::Dropped,
                1 => Validity::Interval {
                    from: reader.u64()?,
                    until: unpack_option(reader, |reader| Ok(reader.u64()?))?,
                },
                other => return Err(PackedError::unknown("validity", other)),
            },
            supersedes: reader.u64()?.into(),
        })
    }
}

fn unpack_bps(reader: &mut Reader) -> Result<u16, PackedError> {
    let bps = reader.u64()?;
    u16::try_from(bps).map_err(|_| PackedError::unknown("basis points", 0xff))
}

/// The billable blob of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseRecord {
    /// Its Walrus blob id.
    pub blob_id: BlobId,
}

impl Packed for ReleaseRecord {
    const NAME: &'static str = "release";

    fn pack(&self, writer: &mut Writer) {
        writer.raw(self.blob_id.as_bytes());
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            blob_id: BlobId::from_bytes(reader.array()?),
        })
    }
}
