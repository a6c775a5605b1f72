//! Records of usage, which billing keeps. Denominations go by their number in the escrow.
//!
//! Sums are of a lifetime. What a day adds is the difference between two of them, so the day that is open takes no bytes
//! of its own, and a span of days costs two reads however long it is. Every sum saturates but a model's gross, which is
//! exact, since the split of income hangs on it.

use cosmwasm_std::CanonicalAddr;
use hub_wire::ids::{AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber};
use hub_wire::varint::{Reader, Writer};

use super::fields::{pack_list, pack_option, unpack_list, unpack_option};
use super::recent::Recent;
use super::served::Served;
use crate::packed::{Packed, PackedError, PackedMap};
use crate::time::{Day, Week};

/// Usage by (model, denomination).
pub const USAGE: PackedMap<(ModelId, DenomNumber), UsageRecord> = PackedMap::new(b'U');
/// Lifetime sums of a model at the end of a day on which receipts were billed, by (model, denomination, day). Written by
/// the first message of a later such day.
pub const USAGE_DAYS: PackedMap<(ModelId, DenomNumber, Day), Sums> = PackedMap::new(b'D');
/// Sums of the releases of a model by (model, denomination, release), without the latest one that was billed.
pub const USAGE_RELEASES: PackedMap<(ModelId, DenomNumber, ReleaseNumber), Sums> =
    PackedMap::new(b'V');
/// Payers by (denomination, funder).
pub const PAYERS: PackedMap<(DenomNumber, &CanonicalAddr), PayerRecord> = PackedMap::new(b'P');
/// Payers of a model by (model, denomination, funder).
pub const MODEL_PAYERS: PackedMap<(ModelId, DenomNumber, &CanonicalAddr), ModelPayer> =
    PackedMap::new(b'Y');
/// Authors of whom a model has aged income, by (denomination, author).
pub const EARNERS: PackedMap<(DenomNumber, &CanonicalAddr), ()> = PackedMap::new(b'E');
/// Models by the aged income of their lives, the most first, by (denomination, [`rank`] of [`score`], model).
pub const RANKING: PackedMap<(DenomNumber, u16, ModelId), ()> = PackedMap::new(b'L');
/// Models by recent aged income, the most first, by (denomination, [`rank`] of [`Recent::score`], model).
pub const RECENT_RANKING: PackedMap<(DenomNumber, u16, ModelId), ()> = PackedMap::new(b'K');
/// What attesters signed and were paid, by (attester, denomination).
pub const ATTESTER_USAGE: PackedMap<(AttesterId, DenomNumber), AttesterTotals> =
    PackedMap::new(b'X');
/// Sums of the Hub by denomination.
pub const HUB: PackedMap<DenomNumber, HubRecord> = PackedMap::new(b'H');
/// Lifetime sums of the Hub at the end of a day on which receipts were billed, by (denomination, day).
pub const HUB_DAYS: PackedMap<(DenomNumber, Day), HubTotals> = PackedMap::new(b'I');
/// Counts of the Hub of a week that is over, by (denomination, week).
pub const HUB_WEEKS: PackedMap<(DenomNumber, Week), WeekCounts> = PackedMap::new(b'W');

/// Models of which a payer's record itself holds the weeks; those of further models stand in [`MODEL_PAYERS`]. As many
/// as a session lists, so most payers need one record a week for all that they call.
pub const MAX_INLINE_MODELS: usize = 8;

/// Declares sums of integers: fields in the order in which they are packed, which saturate.
macro_rules! sums {
    (
        $name:literal;
        $(#[$about:meta])*
        pub struct $sums:ident {
            $($(#[$about_field:meta])* pub $field:ident: $integer:ident,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $sums {
            $($(#[$about_field])* pub $field: $integer,)+
        }

        impl $sums {
            /// Both together; saturates.
            pub fn and(&self, other: &Self) -> Self {
                Self {
                    $($field: self.$field.saturating_add(other.$field),)+
                }
            }

            /// What came on top of `part`; nothing where `part` is more.
            pub fn without(&self, part: &Self) -> Self {
                Self {
                    $($field: self.$field.saturating_sub(part.$field),)+
                }
            }
        }

        impl Packed for $sums {
            const NAME: &'static str = $name;

            fn pack(&self, writer: &mut Writer) {
                $(writer.$integer(self.$field);)+
            }

            fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
                Ok(Self {
                    $($field: reader.$integer()?,)+
                })
            }
        }
    };
}

sums! {
    "usage sums";
    /// Sums that add up.
    pub struct Sums {
        /// All that callers were charged.
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
    }
}

/// Usage of a model in one denomination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRecord {
    /// Sums over its whole life.
    pub sums: Sums,
    /// Last day on which receipts were billed; 0 if none.
    pub open_day: Day,
    /// Day of the last paid call; 0 if none.
    pub last_day: Day,
    /// Day of the first paid call; 0 if none.
    pub first_day: Day,
    /// Funders whose aged money paid it.
    pub payers: u64,
    /// Of them, those whose aged money did in the week of the last paid call.
    pub payers_in_week: u64,
    /// Payers in two weeks that are at least two apart, so that seven days lie between the payments.
    pub returning: u64,
    /// Payers counted once for each week in which their aged money paid.
    pub payer_weeks: u64,
    /// Aged income, each payment of which counts half after four weeks.
    pub recent: Recent,
    /// On the open day: the shortest time from a group's newest receipt to the block that settled it, seconds.
    pub settle_lag_seconds: u64,
    /// Latest release that was billed; 0 if none.
    pub release: ReleaseNumber,
    /// Sums of all releases before it.
    pub earlier_releases: Sums,
    /// What operators served of it, by operator: of the first [`super::served::MAX_INLINE_OPERATORS`], ascending.
    pub served: Vec<(OperatorNumber, Served)>,
}

impl UsageRecord {
    /// Where the sums of `operator` stand in [`UsageRecord::served`], or where they would.
    pub fn place_of(&self, operator: OperatorNumber) -> Result<usize, usize> {
        self.served.binary_search_by_key(&operator, |(id, _)| *id)
    }
}

impl Packed for UsageRecord {
    const NAME: &'static str = "usage";

    fn pack(&self, writer: &mut Writer) {
        self.sums.pack(writer);
        // Days lie close together, and a distance is shorter than a day number.
        writer.u64(self.open_day.0);
        writer.u64(self.open_day.0.saturating_sub(self.last_day.0));
        writer.u64(self.last_day.0.saturating_sub(self.first_day.0));
        writer.u64(self.payers);
        writer.u64(self.payers_in_week);
        writer.u64(self.returning);
        writer.u64(self.payer_weeks);
        let week = self.open_day.week();
        writer.u128(self.recent.sum);
        writer.u64(week.since(self.recent.week));
        writer.u64(self.settle_lag_seconds);
        writer.u64(self.release.into());
        let earlier = Some(&self.earlier_releases).filter(|sums| **sums != Sums::default());
        pack_option(writer, earlier, |writer, sums| sums.pack(writer));
        pack_list(writer, &self.served, |writer, (operator, served)| {
            writer.u64((*operator).into());
            served.pack_before(writer, week);
        });
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        let sums = Sums::unpack(reader)?;
        let open_day = Day(reader.u64()?);
        let last_day = open_day.before(reader.u64()?);
        let week = open_day.week();
        Ok(Self {
            sums,
            open_day,
            last_day,
            first_day: last_day.before(reader.u64()?),
            payers: reader.u64()?,
            payers_in_week: reader.u64()?,
            returning: reader.u64()?,
            payer_weeks: reader.u64()?,
            recent: Recent {
                sum: reader.u128()?,
                week: week.before(reader.u64()?),
            },
            settle_lag_seconds: reader.u64()?,
            release: reader.u64()?.into(),
            earlier_releases: unpack_option(reader, Sums::unpack)?.unwrap_or_default(),
            served: unpack_list(reader, |reader| {
                Ok((reader.u64()?.into(), Served::unpack_before(reader, week)?))
            })?,
        })
    }
}

/// First and last week of something that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weeks {
    /// The first week.
    pub first: Week,
    /// The last week.
    pub last: Week,
}

/// What a week is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// There was none before.
    First,
    /// It was counted already.
    Same,
    /// The week after the first: too near to say that somebody came back.
    Next,
    /// The first that lies two weeks or more after the first one: whoever paid in both came back after seven days or more.
    Return,
    /// A later one, when that had been counted.
    Again,
}

impl Weeks {
    /// Nothing but `week`.
    pub fn only(week: Week) -> Self {
        Self {
            first: week,
            last: week,
        }
    }

    /// Counts `week`, which is not before the last one.
    pub fn visit(&mut self, week: Week) -> Visit {
        if week <= self.last {
            return Visit::Same;
        }
        let returned = self.returned();
        self.last = week;
        match (returned, self.returned()) {
            (true, _) => Visit::Again,
            (false, true) => Visit::Return,
            (false, false) => Visit::Next,
        }
    }

    /// Whether two of its weeks are at least two apart.
    pub fn returned(&self) -> bool {
        self.last.since(self.first) >= 2
    }
}

impl Packed for Weeks {
    const NAME: &'static str = "weeks";

    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.first.0);
        writer.u64(self.last.since(self.first));
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        let first = Week(reader.u64()?);
        Ok(Self {
            first,
            last: Week(first.0.saturating_add(reader.u64()?)),
        })
    }
}

/// When the aged money of a funder paid: for anything, and for its first models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerRecord {
    /// For anything.
    pub weeks: Weeks,
    /// By model, ascending, at most [`MAX_INLINE_MODELS`].
    pub models: Vec<(ModelId, Weeks)>,
}

impl PayerRecord {
    /// One that paid nothing before `week`.
    pub fn new(week: Week) -> Self {
        Self {
            weeks: Weeks::only(week),
            models: vec![],
        }
    }

    /// The weeks of `model`, if they stand here.
    pub fn weeks_of(&self, model: ModelId) -> Option<Weeks> {
        let place = self.models.binary_search_by_key(&model, |(id, _)| *id);
        place
            .ok()
            .and_then(|place| self.models.get(place))
            .map(|(_, weeks)| *weeks)
    }
}

impl Packed for PayerRecord {
    const NAME: &'static str = "payer";

    fn pack(&self, writer: &mut Writer) {
        self.weeks.pack(writer);
        writer.u64(u64::try_from(self.models.len()).unwrap_or(u64::MAX));
        for (model, weeks) in &self.models {
            writer.u64((*model).into());
            weeks.pack(writer);
        }
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            weeks: Weeks::unpack(reader)?,
            models: {
                let count = reader.u64()?;
                let mut models = vec![];
                for _ in 0..count {
                    models.push((reader.u64()?.into(), Weeks::unpack(reader)?));
                }
                models
            },
        })
    }
}

/// A payer of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPayer {
    /// When it paid; none where its own record says so.
    pub weeks: Option<Weeks>,
}

impl Packed for ModelPayer {
    const NAME: &'static str = "payer of a model";

    fn pack(&self, writer: &mut Writer) {
        pack_option(writer, self.weeks.as_ref(), |writer, weeks| {
            weeks.pack(writer)
        });
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            weeks: unpack_option(reader, Weeks::unpack)?,
        })
    }
}

/// Nothing but the key.
impl Packed for () {
    const NAME: &'static str = "mark";

    fn pack(&self, _: &mut Writer) {}

    fn unpack(_: &mut Reader) -> Result<Self, PackedError> {
        Ok(())
    }
}

sums! {
    "usage of an attester";
    /// What an attester signed and was paid.
    pub struct AttesterTotals {
        /// All that callers were charged.
        pub gross: u128,
        /// Of it, unrelated and paid with money that lay in its session for a day or more.
        pub aged: u128,
        /// Receipts paid with an amount of at least 1.
        pub calls: u64,
        /// What its operator kept, see [`Served::kept`].
        pub kept: u128,
    }
}

sums! {
    "sums of the Hub";
    /// Sums of the Hub that add up.
    pub struct HubTotals {
        /// All that callers were charged.
        pub gross: u128,
        /// Of it, charged where funder or caller is the author, a payee or the operator.
        pub related: u128,
        /// Of the rest, paid with money that lay in its session for a day or more.
        pub aged: u128,
        /// Receipts paid with an amount of at least 1.
        pub calls: u64,
        /// Receipts billed at nothing.
        pub free_calls: u64,
        /// Models that had a paid call.
        pub models_called: u64,
        /// Models that had aged income.
        pub models_earning: u64,
        /// Authors of whom a model had its first aged income.
        pub authors_earning: u64,
        /// Funders whose aged money paid.
        pub payers: u64,
    }
}

sums! {
    "counts of a week";
    /// Who took part in a week.
    pub struct WeekCounts {
        /// Funders whose aged money paid.
        pub payers: u64,
        /// Of them, those who had first done so two weeks before or earlier.
        pub returning: u64,
        /// Models with a paid call.
        pub models_called: u64,
        /// Models with aged income.
        pub models_earning: u64,
    }
}

/// The Hub in one denomination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubRecord {
    /// Sums over the Hub's whole life.
    pub totals: HubTotals,
    /// Last day on which receipts were billed; 0 if none.
    pub open_day: Day,
    /// Of the week of that day.
    pub week: WeekCounts,
}

impl Packed for HubRecord {
    const NAME: &'static str = "Hub";

    fn pack(&self, writer: &mut Writer) {
        self.totals.pack(writer);
        writer.u64(self.open_day.0);
        self.week.pack(writer);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            totals: HubTotals::unpack(reader)?,
            open_day: Day(reader.u64()?),
            week: WeekCounts::unpack(reader)?,
        })
    }
}

/// Aged income as a small number that never falls while the income grows: below 32 the income itself, above it sixteen
/// steps for every doubling, so that two incomes of one score differ by less than 1/16. At most 1 999.
pub fn score(aged: u128) -> u16 {
    let exponent = aged.checked_ilog2().unwrap_or(0);
    let shift = exponent.saturating_sub(4);
    let mantissa = aged.checked_shr(shift).unwrap_or(0);
    let score = u128::from(shift)
        .saturating_mul(16)
        .saturating_add(mantissa);
    u16::try_from(score).unwrap_or(u16::MAX)
}

/// Where a score stands in a ranking, which goes up from the highest.
pub fn rank(score: u16) -> u16 {
    u16::MAX.saturating_sub(score)
}
