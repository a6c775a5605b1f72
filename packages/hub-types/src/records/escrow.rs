//! Records of the escrow.

use cosmwasm_std::CanonicalAddr;
use hub_wire::ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber, SessionId};
use hub_wire::varint::{Reader, Writer};
use hub_wire::PublicKey;

use super::fields::{
    pack_address, pack_bool, pack_denom, pack_denom_number, pack_key, pack_list, pack_option,
    pack_rates, unpack_address, unpack_bool, unpack_denom, unpack_denom_number, unpack_key,
    unpack_list, unpack_measurement, unpack_option, unpack_rates,
};
use crate::denom::Denom;
use crate::packed::{Delimited, Packed, PackedError, PackedMap};
use crate::price::Rates;
use crate::time::{self, Day, Interval, Week};
use crate::verifier::Measurement;

/// Denominations by the number under which the escrow keeps them.
pub const DENOMS: PackedMap<DenomNumber, Denom> = PackedMap::new(b'D');
/// What a session allows, by session id. Settlement only reads it.
pub const POLICIES: PackedMap<SessionId, SessionPolicy> = PackedMap::new(b'P');
/// What a session has left, by session id. Settlement rewrites it.
pub const SESSIONS: PackedMap<SessionId, SessionRecord> = PackedMap::new(b'S');
/// Balances by (account, denomination number).
pub const BALANCES: PackedMap<(&CanonicalAddr, DenomNumber), BalanceRecord> = PackedMap::new(b'B');
/// What funders' money was spent on calls in sessions that were released, by (funder, denomination number). Apart from
/// the balance, which settlement rewrites.
pub const SPENT: PackedMap<(&CanonicalAddr, DenomNumber), Spent> = PackedMap::new(b'F');
/// The same with each operator, by (funder, denomination number, operator).
pub const SPENT_WITH: PackedMap<(Delimited, DenomNumber, &CanonicalAddr), Spent> =
    PackedMap::new(b'O');

/// Most lanes of a session.
pub const MAX_LANES: usize = 4;
/// Most models that a session lists; each has a bit in [`SessionRecord::paid_models`].
pub const MAX_MODELS: usize = 8;

impl Packed for Denom {
    const NAME: &'static str = "denomination";

    fn pack(&self, writer: &mut Writer) {
        pack_denom(writer, self);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        unpack_denom(reader)
    }
}

/// What a session allows, fixed when it is opened but for its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Owner of the session.
    pub caller: CanonicalAddr,
    /// Whose money it holds.
    pub funder: CanonicalAddr,
    /// The one operator that it trusts.
    pub operator: CanonicalAddr,
    /// What the attester's verifier must have found, if the session insists on it.
    pub measurement: Option<Measurement>,
    /// Models that may be charged.
    pub models: Vec<ListedModel>,
    /// Highest price that may be charged. Always present where `models` is empty, which means any.
    pub max_price: Option<Rates>,
    /// Block time of the opening, unix seconds.
    pub opened_at: u64,
    /// End that was agreed at the opening, unix seconds.
    pub expires_at: u64,
    /// End that the caller set by closing it, unix seconds.
    pub closed_at: Option<u64>,
    /// Key that signs vouchers for it.
    pub voucher_key: Option<PublicKey>,
}

/// A model that a session may be charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Its one release that is accepted; any if none.
    pub release: Option<ReleaseNumber>,
}

impl SessionPolicy {
    /// First second whose receipts the session no longer takes.
    pub fn ends_at(&self) -> u64 {
        self.closed_at
            .map_or(self.expires_at, |closed_at| self.expires_at.min(closed_at))
    }

    /// When receipts are issued that the session takes.
    pub fn takes(&self) -> Interval {
        Interval {
            from: self.opened_at.saturating_sub(time::CUTOFF_GRACE_SECONDS),
            until: Some(self.ends_at()),
        }
    }

    /// How the session allows `release` of `model`.
    pub fn admits(&self, model: ModelId, release: ReleaseNumber) -> Admission {
        if self.models.is_empty() {
            return Admission::Any;
        }
        self.models
            .iter()
            .position(|listed| {
                listed.model == model && listed.release.is_none_or(|only| only == release)
            })
            .map_or(Admission::Refused, Admission::Listed)
    }
}

/// Whether a session allows a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It lists no models.
    Any,
    /// It is the model at this position of its list.
    Listed(usize),
    /// It lists others.
    Refused,
}

impl Packed for SessionPolicy {
    const NAME: &'static str = "session policy";

    fn pack(&self, writer: &mut Writer) {
        pack_address(writer, &self.caller);
        // Nearly always the caller, so it is not written twice: settlement reads policies again and again.
        let other_funder = Some(&self.funder).filter(|funder| **funder != self.caller);
        pack_option(writer, other_funder, pack_address);
        pack_address(writer, &self.operator);
        pack_option(writer, self.measurement.as_ref(), |writer, it| {
            writer.raw(it.as_bytes())
        });
        pack_list(writer, &self.models, |writer, listed| {
            writer.u64(listed.model.into());
            // Releases count from 1, so 0 is free to mean any.
            writer.u64(listed.release.unwrap_or_default().into());
        });
        pack_option(writer, self.max_price.as_ref(), pack_rates);
        writer.u64(self.opened_at);
        writer.u64(self.expires_at);
        pack_option(writer, self.closed_at.as_ref(), |writer, at| {
            writer.u64(*at)
        });
        pack_option(writer, self.voucher_key.as_ref(), pack_key);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        let caller = unpack_address(reader)?;
        let funder = unpack_option(reader, unpack_address)?.unwrap_or_else(|| caller.clone());
        Ok(Self {
            caller,
            funder,
            operator: unpack_address(reader)?,
            measurement: unpack_option(reader, unpack_measurement)?,
            models: unpack_list(reader, |reader| {
                Ok(ListedModel {
                    model: reader.u64()?.into(),
                    release: Some(reader.u64()?.into())
                        .filter(|release| *release != ReleaseNumber(0)),
                })
            })?,
            max_price: unpack_option(reader, unpack_rates)?,
            opened_at: reader.u64()?,
            expires_at: reader.u64()?,
            closed_at: unpack_option(reader, |reader| Ok(reader.u64()?))?,
            voucher_key: unpack_option(reader, unpack_key)?,
        })
    }
}

/// What a session has left, and how far its attesters have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Number of its denomination.
    pub denom: DenomNumber,
    /// Everything ever reserved for it.
    pub budget: u128,
    /// What was charged to it.
    pub spent: u128,
    /// Of it, what the operator kept: its share where it has no other part in the model and nobody paid itself.
    pub kept: u128,
    /// Whether the rest went back to the caller; then it takes nothing more.
    pub released: bool,
    /// Cumulative ceiling on `spent`, for sessions that have one.
    pub ceiling: Option<u128>,
    /// Up to [`MAX_LANES`] attesters and how far they have come.
    pub lanes: Vec<Lane>,
    /// When the money came in.
    pub funding: Funding,
    /// Week that `paid_models` speaks of.
    pub paid_week: Week,
    /// Bit i: the payer of this session is marked as a payer of its i-th listed model in `paid_week`.
    pub paid_models: u8,
}

/// An attester's place in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Id of the attester, as billing gave it.
    pub attester: AttesterId,
    /// Number of its next receipt.
    pub next: u64,
}

/// The last day on which a session was funded, with what came in on it and on the day before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funding {
    /// That day, as whole days after 1970-01-01 UTC.
    pub day: Day,
    /// Funded on `day`.
    pub on_day: u128,
    /// Funded on the day before `day`.
    pub day_before: u128,
}

impl Funding {
    /// Money that comes in on `day` for the first time.
    pub fn first(day: Day, amount: u128) -> Self {
        Self {
            day,
            on_day: amount,
            day_before: 0,
        }
    }

    /// Adds money that comes in on `day`, which is not before the last one.
    pub fn add(&mut self, day: Day, amount: u128) {
        if day > self.day {
            self.day_before = if day == self.day.next() {
                self.on_day
            } else {
                0
            };
            self.on_day = 0;
            self.day = day;
        }
        self.on_day = self.on_day.saturating_add(amount);
    }

    /// What came in on `today` or the day before it.
    pub fn young(&self, today: Day) -> u128 {
        match today.0.checked_sub(self.day.0) {
            Some(0) => self.on_day.saturating_add(self.day_before),
            Some(1) => self.on_day,
            _ => 0,
        }
    }
}

impl SessionRecord {
    /// Budget not yet spent; of a released session nothing.
    pub fn left(&self) -> u128 {
        if self.released {
            0
        } else {
            self.budget.saturating_sub(self.spent)
        }
    }

    /// What was charged to it, and what of that its operator kept.
    pub fn spent(&self) -> Spent {
        Spent {
            spent: self.spent,
            kept: self.kept,
        }
    }

    /// What the ceiling still allows; all that is left where there is none.
    pub fn chargeable(&self) -> u128 {
        match self.ceiling {
            Some(ceiling) => self.left().min(ceiling.saturating_sub(self.spent)),
            None => self.left(),
        }
    }

    /// The lane of `attester`.
    pub fn lane(&self, attester: AttesterId) -> Option<Lane> {
        self.lanes
            .iter()
            .copied()
            .find(|lane| lane.attester == attester)
    }

    /// How much of a charge made `today` is paid with money that lay in the session for a day or more,
    /// oldest money first.
    pub fn aged_part(&self, charge: u128, today: Day) -> u128 {
        let old = self.budget.saturating_sub(self.funding.young(today));
        charge.min(old.saturating_sub(self.spent))
    }
}

impl Packed for SessionRecord {
    const NAME: &'static str = "session";

    fn pack(&self, writer: &mut Writer) {
        pack_denom_number(writer, self.denom);
        writer.u128(self.budget);
        writer.u128(self.spent);
        writer.u128(self.kept);
        pack_bool(writer, self.released);
        pack_option(writer, self.ceiling.as_ref(), |writer, ceiling| {
            writer.u128(*ceiling)
        });
        pack_list(writer, &self.lanes, |writer, lane| {
            writer.u64(lane.attester.into());
            writer.u64(lane.next);
        });
        writer.u64(self.funding.day.0);
        writer.u128(self.funding.on_day);
        writer.u128(self.funding.day_before);
        writer.u64(self.paid_week.0);
        writer.byte(self.paid_models);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            denom: unpack_denom_number(reader)?,
            budget: reader.u128()?,
            spent: reader.u128()?,
            kept: reader.u128()?,
            released: unpack_bool(reader)?,
            ceiling: unpack_option(reader, |reader| Ok(reader.u128()?))?,
            lanes: unpack_list(reader, |reader| {
                Ok(Lane {
                    attester: reader.u64()?.into(),
                    next: reader.u64()?,
                })
            })?,
            funding: Funding {
                day: Day(reader.u64()?),
                on_day: reader.u128()?,
                day_before: reader.u128()?,
            },
            paid_week: Week(reader.u64()?),
            paid_models: reader.byte()?,
        })
    }
}

/// What an account has in one denomination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceRecord {
    /// Promised to nobody: its owner withdraws it at once.
    pub available: u128,
    /// Income of a lifetime as payee or operator; saturates.
    pub earned: u128,
    /// Whether anyone may trigger its payout.
    pub auto_payout: bool,
}

impl Packed for BalanceRecord {
    const NAME: &'static str = "balance";

    fn pack(&self, writer: &mut Writer) {
        writer.u128(self.available);
        writer.u128(self.earned);
        pack_bool(writer, self.auto_payout);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            available: reader.u128()?,
            earned: reader.u128()?,
            auto_payout: unpack_bool(reader)?,
        })
    }
}

/// What a funder's money was spent on calls; saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Everything charged.
    pub spent: u128,
    /// Of it, what operators kept: their share where they have no other part in the model and nobody paid itself.
    pub kept: u128,
}

impl Spent {
    /// Both together; saturates.
    pub fn and(self, other: Self) -> Self {
        Self {
            spent: self.spent.saturating_add(other.spent),
            kept: self.kept.saturating_add(other.kept),
        }
    }
}

impl Packed for Spent {
    const NAME: &'static str = "spend";

    fn pack(&self, writer: &mut Writer) {
        writer.u128(self.spent);
        writer.u128(self.kept);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            spent: reader.u128()?,
            kept: reader.u128()?,
        })
    }
}
