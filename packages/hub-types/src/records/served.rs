//! What each operator served of a model, and what of the income it kept: the sums that readers who believe some operators
//! ask about.
//!
//! A payment is *strange* if neither its funder nor its caller is the author, a payee or the operator, and its operator is
//! *outside* if it is neither author nor payee. What an outside operator kept of strange payments left those who paid for
//! good, unless the operator gives it back.

use hub_wire::ids::{DenomNumber, ModelId, OperatorNumber};
use hub_wire::varint::{Reader, Writer};

use super::recent::{self, decay};
use crate::packed::{Packed, PackedError, PackedMap};
use crate::time::Week;

/// What an operator served of a model, by (model, denomination, operator). The first [`MAX_INLINE_OPERATORS`] of a model
/// stand in its usage instead.
pub const SERVED: PackedMap<(ModelId, DenomNumber, OperatorNumber), Served> = PackedMap::new(b'S');
/// Models by what an operator recently kept of their income, the most first, by ((denomination, operator),
/// [`rank`](super::usage::rank), model).
pub const RANKING_AT: PackedMap<((DenomNumber, OperatorNumber), u16, ModelId), ()> =
    PackedMap::new(b'M');

/// Operators whose sums stand in the usage of a model: those that served it first.
pub const MAX_INLINE_OPERATORS: usize = 4;

/// What an operator served of a model in one denomination. Every sum saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Charged where neither funder nor caller is the author, a payee or the operator.
    pub strange: u128,
    /// Of it, the operator's share where the operator is neither author nor payee.
    pub kept: u128,
    /// Receipts paid with an amount of at least 1.
    pub calls: u64,
    /// As `strange`, but each payment counts half after four weeks. As it was in `week`.
    pub recent_strange: u128,
    /// As `kept`, but each payment counts half after four weeks. As it was in `week`.
    pub recent_kept: u128,
    /// Week in which `strange` last grew; 0 if it never did.
    pub week: Week,
}

/// What one group adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// See [`Served::strange`].
    pub strange: u128,
    /// See [`Served::kept`].
    pub kept: u128,
    /// See [`Served::calls`].
    pub calls: u64,
}

/// What an operator earned of a model, over its life or lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// See [`Served::strange`].
    pub strange: u128,
    /// See [`Served::kept`].
    pub kept: u128,
}

impl Served {
    /// Adds what was served in `week`, which is not before the last one.
    pub fn add(&mut self, service: &Service, week: Week) {
        self.calls = self.calls.saturating_add(service.calls);
        if service.strange == 0 {
            return;
        }
        let recent = self.recent_at(week);
        self.week = self.week.max(week);
        self.strange = self.strange.saturating_add(service.strange);
        self.kept = self.kept.saturating_add(service.kept);
        self.recent_strange = recent.strange.saturating_add(service.strange);
        self.recent_kept = recent.kept.saturating_add(service.kept);
    }

    /// What was earned over the model's life.
    pub fn lifetime(&self) -> Earned {
        Earned {
            strange: self.strange,
            kept: self.kept,
        }
    }

    /// What is left in `week` of the sums that forget.
    pub fn recent_at(&self, week: Week) -> Earned {
        let weeks = week.since(self.week);
        Earned {
            strange: decay(self.recent_strange, weeks),
            kept: decay(self.recent_kept, weeks),
        }
    }

    /// Its place in [`RANKING_AT`]; 0 if it has none.
    pub fn score(&self) -> u16 {
        recent::score(self.recent_kept, self.week)
    }

    /// Appends it, its week as the distance to `week`, which is not before it.
    pub(super) fn pack_before(&self, writer: &mut Writer, week: Week) {
        let week = Week(week.since(self.week));
        Self { week, ..*self }.pack(writer);
    }

    /// Reads what [`Served::pack_before`] wrote.
    pub(super) fn unpack_before(reader: &mut Reader, week: Week) -> Result<Self, PackedError> {
        let served = Self::unpack(reader)?;
        Ok(Self {
            week: week.before(served.week.0),
            ..served
        })
    }
}

impl Packed for Served {
    const NAME: &'static str = "what an operator served";

    fn pack(&self, writer: &mut Writer) {
        writer.u128(self.strange);
        writer.u128(self.kept);
        writer.u64(self.calls);
        writer.u128(self.recent_strange);
        writer.u128(self.recent_kept);
        writer.u64(self.week.0);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            strange: reader.u128()?,
            kept: reader.u128()?,
            calls: reader.u64()?,
            recent_strange: reader.u128()?,
            recent_kept: reader.u128()?,
            week: Week(reader.u64()?),
        })
    }
}
