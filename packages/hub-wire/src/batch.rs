use crate::error::{DecodeError, EncodeError};
use crate::hash::Hash;
use crate::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use crate::items::Items;
use crate::rules::{BatchRule, GroupKey, Rules};
use crate::units::Units;
use crate::varint::{Reader, Writer};
use crate::BATCH_VERSION;

/// Many receipts under one attester signature.
///
/// ```text
/// batch   = 0x02 ‖ mode ‖ attester ‖ issued_from ‖ issued_to ‖ receipts_root[32] ‖ group count ‖ group…
/// mode    = 0x00 itemised | 0x01 netted
/// group   = session delta ‖ model ‖ release ‖ terms ‖ from ‖ span ‖ [sequence] ‖ count ‖ body
/// body    = itemised: code_in ‖ code_out ‖ bits               netted: Σ units_in ‖ Σ units_out
/// code    = k | 64 + k ‖ base
/// bits    = count × (rice(units_in) ‖ rice(units_out)), zero bits up to the byte
/// ```
///
/// Integers are LEB128 ([`crate::varint`]), but for the units of itemised groups, which are Rice-coded ([`Items`],
/// [`RiceCode`](crate::RiceCode)). The mode stands once for all groups; here it is the variant of every
/// group's [`Work`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Id of the attester that signs.
    pub attester: AttesterId,
    /// When the oldest receipt was issued, unix seconds.
    pub issued_from: u64,
    /// When the newest receipt was issued, unix seconds.
    pub issued_to: u64,
    /// Root of the Merkle tree over the receipts in batch order.
    pub receipts_root: Hash,
    /// The groups, strictly ascending by (session, model, release, terms). At least one.
    pub groups: Vec<Group>,
}

/// The receipts of one session for one model, release and terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Session that pays, from 1.
    pub session: SessionId,
    /// Model that was called.
    pub model: ModelId,
    /// Number of the release within its model.
    pub release: ReleaseNumber,
    /// Number of the terms within their model.
    pub terms: TermsNumber,
    /// Seconds from the batch's `issued_from` to the oldest receipt of the group.
    pub from: u64,
    /// Seconds from the oldest receipt of the group to its newest.
    pub span: u64,
    /// Number of the first receipt in its lane. Stated on the wire for a session's first group only; a later one
    /// starts where the one before it ends.
    pub sequence: u64,
    /// What was done.
    pub work: Work,
}

/// The units of a group, receipt by receipt or in sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Units of every receipt, in order. 1 to 65 535.
    Itemised(Items),
    /// Units of all receipts together.
    Netted {
        /// Number of receipts, from 1.
        count: u16,
        /// Sum of their units.
        total: Units,
    },
}

/// How a batch states units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Receipt by receipt; a budget that runs out pays for a prefix.
    Itemised,
    /// In sum per group: shorter, and each group is paid whole or not at all.
    Netted,
}

impl Mode {
    /// The byte that stands for the mode.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Itemised => 0x00,
            Self::Netted => 0x01,
        }
    }

    /// The mode that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x00 => Some(Self::Itemised),
            0x01 => Some(Self::Netted),
            _ => None,
        }
    }
}

impl Work {
    /// The units of every receipt, in the form that is shortest.
    pub fn itemised(units: impl IntoIterator<Item = Units>) -> Self {
        Self::Itemised(units.into_iter().collect())
    }

    /// How it states units.
    pub const fn mode(&self) -> Mode {
        match self {
            Self::Itemised(_) => Mode::Itemised,
            Self::Netted { .. } => Mode::Netted,
        }
    }

    /// How many receipts were added.
    pub fn count(&self) -> u64 {
        match self {
            Self::Itemised(items) => items.len() as u64,
            Self::Netted { count, .. } => (*count).into(),
        }
    }
}

impl Group {
    /// Number of receipts: 1 to 65 535 in every batch that was decoded.
    pub fn count(&self) -> u64 {
        self.work.count()
    }

    /// Number after the group's last receipt: sequence + count, which decoding checks to fit u64.
    pub fn end(&self) -> u64 {
        self.sequence.saturating_add(self.count())
    }

    fn key(&self) -> GroupKey {
        GroupKey {
            session: self.session,
            model: self.model,
            release: self.release,
            terms: self.terms,
        }
    }
}

impl Batch {
    /// How the batch states units: as its first group does. A batch without groups, which has no encoding, counts as
    /// itemised.
    pub fn mode(&self) -> Mode {
        self.groups
            .first()
            .map_or(Mode::Itemised, |group| group.work.mode())
    }

    /// Number of receipts in all groups.
    pub fn offered(&self) -> u64 {
        self.groups
            .iter()
            .fold(0, |sum: u64, group| sum.saturating_add(group.count()))
    }

    /// When the oldest receipt of one of its groups was issued, unix seconds.
    pub fn oldest(&self, group: &Group) -> u64 {
        self.issued_from.saturating_add(group.from)
    }

    /// When the newest receipt of one of its groups was issued, unix seconds.
    pub fn newest(&self, group: &Group) -> u64 {
        self.oldest(group).saturating_add(group.span)
    }

    /// The canonical bytes. Refuses what [`Batch::decode`] would refuse or give back otherwise.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mode = self.mode();
        let mut writer = Writer::new();
        writer.byte(BATCH_VERSION);
        writer.byte(mode.to_byte());
        writer.u64(self.attester.into());
        writer.u64(self.issued_from);
        writer.u64(self.issued_to);
        writer.raw(&self.receipts_root);
        writer.u64(self.groups.len() as u64);

        let mut rules = Rules::new(self.issued_from, self.issued_to)
            .map_err(|rule| EncodeError::Rule { group: 0, rule })?;
        for (place, group) in self.groups.iter().enumerate() {
            if group.work.mode() != mode {
                return Err(EncodeError::MixedModes { group: place });
            }
            write_group(&mut writer, &mut rules, place, group)?;
        }
        rules.finish().map_err(|rule| EncodeError::Rule {
            group: self.groups.len(),
            rule,
        })?;
        Ok(writer.finish())
    }

    /// The batch that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(BATCH_VERSION)?;
        let at = reader.offset();
        let found = reader.byte()?;
        let mode = Mode::from_byte(found).ok_or(DecodeError::UnknownMode { at, found })?;
        let attester = reader.u64()?;
        let issued_from = reader.u64()?;
        let at = reader.offset();
        let issued_to = reader.u64()?;
        let mut rules = Rules::new(issued_from, issued_to).map_err(broken(at))?;
        let receipts_root = reader.array()?;

        let at = reader.offset();
        let count = reader.u64()?;
        if count == 0 {
            return Err(broken(at)(BatchRule::NoGroups));
        }
        // The count is believed only as far as bytes for it are there: every group is pushed once it was read.
        let mut groups = Vec::new();
        for _ in 0..count {
            groups.push(read_group(&mut reader, &mut rules, mode)?);
        }
        let end = reader.offset();
        reader.finish()?;
        rules.finish().map_err(broken(end))?;
        Ok(Self {
            attester: AttesterId(attester),
            issued_from,
            issued_to,
            receipts_root,
            groups,
        })
    }
}

fn broken(at: usize) -> impl Fn(BatchRule) -> DecodeError {
    move |rule| DecodeError::Rule { at, rule }
}

fn write_group(
    writer: &mut Writer,
    rules: &mut Rules,
    place: usize,
    group: &Group,
) -> Result<(), EncodeError> {
    let broken = |rule| EncodeError::Rule { group: place, rule };
    let key = group.key();
    rules.key(key).map_err(broken)?;
    // The key ascends, so the session does not fall.
    writer.u64(group.session.0.saturating_sub(rules.session_before().0));
    writer.u64(group.model.into());
    writer.u64(group.release.into());
    writer.u64(group.terms.into());
    rules.interval(group.from, group.span).map_err(broken)?;
    writer.u64(group.from);
    writer.u64(group.span);
    match rules.expected_sequence(group.session) {
        None => writer.u64(group.sequence),
        Some(expected) if expected == group.sequence => (),
        Some(expected) => {
            return Err(EncodeError::WrongSequence {
                group: place,
                expected,
                found: group.sequence,
            })
        }
    }
    rules
        .count(key, group.sequence, group.count())
        .map_err(broken)?;
    writer.u64(group.count());
    match &group.work {
        Work::Itemised(items) => items.write(writer),
        Work::Netted { total, .. } => total.write(writer),
    }
    Ok(())
}

fn read_group(
    reader: &mut Reader<'_>,
    rules: &mut Rules,
    mode: Mode,
) -> Result<Group, DecodeError> {
    let start = reader.offset();
    let session = rules
        .session_before()
        .0
        .checked_add(reader.u64()?)
        .map(SessionId)
        .ok_or_else(|| broken(start)(BatchRule::SessionOverflow))?;
    let key = GroupKey {
        session,
        model: reader.u64()?.into(),
        release: reader.u64()?.into(),
        terms: reader.u64()?.into(),
    };
    rules.key(key).map_err(broken(start))?;

    let at = reader.offset();
    let from = reader.u64()?;
    let span = reader.u64()?;
    rules.interval(from, span).map_err(broken(at))?;

    let sequence = match rules.expected_sequence(session) {
        Some(sequence) => sequence,
        None => reader.u64()?,
    };
    let at = reader.offset();
    let count = reader.u64()?;
    rules.count(key, sequence, count).map_err(broken(at))?;

    let count = u16::try_from(count).map_err(|_| broken(at)(BatchRule::GroupTooLarge))?;
    let work = match mode {
        Mode::Itemised => Work::Itemised(Items::read(reader, count)?),
        Mode::Netted => Work::Netted {
            count,
            total: Units::read(reader)?,
        },
    };
    Ok(Group {
        session: key.session,
        model: key.model,
        release: key.release,
        terms: key.terms,
        from,
        span,
        sequence,
        work,
    })
}
