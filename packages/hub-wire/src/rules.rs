use crate::ids::{ModelId, ReleaseNumber, SessionId, TermsNumber};
use thiserror::Error;

/// Most receipts that one group may state.
pub const MAX_GROUP_COUNT: u64 = 65_535;

/// What a batch must satisfy beyond being well-formed integers. Encoder and decoder share these rules.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchRule {
    /// `issued_to` lies before `issued_from`.
    #[error("issued_to lies before issued_from, expected the newest receipt not to be older than the oldest")]
    TimesReversed,

    /// A batch without groups.
    #[error("no groups, expected at least one")]
    NoGroups,

    /// The first group's session is 0. Ids start at 1, and a delta of 0 means "the session of the group before".
    #[error("the first group's session is 0, expected an id from 1")]
    SessionZero,

    /// A session delta that leads beyond u64.
    #[error("session id exceeds 64 bits")]
    SessionOverflow,

    /// Groups repeated or out of order.
    #[error("groups must ascend strictly by session, model, release, terms")]
    NotAscending,

    /// The group's receipts would be issued after `issued_to`.
    #[error("from + span leads beyond issued_to")]
    AfterIssuedTo,

    /// A group of no receipts.
    #[error("the group is empty, expected 1 to 65535 receipts")]
    EmptyGroup,

    /// A group of more than [`MAX_GROUP_COUNT`] receipts.
    #[error("the group has more than 65535 receipts")]
    GroupTooLarge,

    /// sequence + count leads beyond u64.
    #[error("sequence + count exceeds 64 bits")]
    SequenceOverflow,

    /// No group has a receipt at `issued_from`.
    #[error("no group starts at issued_from, expected the smallest `from` to be 0")]
    NothingAtIssuedFrom,

    /// No group has a receipt at `issued_to`.
    #[error("no group ends at issued_to, expected the largest from + span to be issued_to - issued_from")]
    NothingAtIssuedTo,
}

impl BatchRule {
    /// A stable name for the rule, as used by the test vectors.
    pub fn name(self) -> &'static str {
        match self {
            Self::TimesReversed => "times_reversed",
            Self::NoGroups => "no_groups",
            Self::SessionZero => "session_zero",
            Self::SessionOverflow => "session_overflow",
            Self::NotAscending => "not_ascending",
            Self::AfterIssuedTo => "after_issued_to",
            Self::EmptyGroup => "empty_group",
            Self::GroupTooLarge => "group_too_large",
            Self::SequenceOverflow => "sequence_overflow",
            Self::NothingAtIssuedFrom => "nothing_at_issued_from",
            Self::NothingAtIssuedTo => "nothing_at_issued_to",
        }
    }
}

/// What groups are ordered by, and what makes one distinct in its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub session: SessionId,
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
}

/// Walks the groups of a batch in order and holds them to the rules that connect them.
pub(crate) struct Rules {
    /// issued_to − issued_from, seconds.
    length: u64,
    /// The group before: its key, and where its numbers end.
    before: Option<(GroupKey, u64)>,
    oldest_seen: bool,
    newest_seen: bool,
}

impl Rules {
    pub fn new(issued_from: u64, issued_to: u64) -> Result<Self, BatchRule> {
        Ok(Self {
            length: issued_to
                .checked_sub(issued_from)
                .ok_or(BatchRule::TimesReversed)?,
            before: None,
            oldest_seen: false,
            newest_seen: false,
        })
    }

    /// Session of the group before, or 0, which no session has.
    #[inline]
    pub fn session_before(&self) -> SessionId {
        self.before
            .map_or(SessionId::default(), |(key, _)| key.session)
    }

    /// The number at which a group of `session` must start, if it is not the session's first.
    #[inline]
    pub fn expected_sequence(&self, session: SessionId) -> Option<u64> {
        self.before
            .and_then(|(key, end)| (key.session == session).then_some(end))
    }

    pub fn key(&self, key: GroupKey) -> Result<(), BatchRule> {
        match self.before {
            None if key.session == SessionId(0) => Err(BatchRule::SessionZero),
            Some((before, _)) if key <= before => Err(BatchRule::NotAscending),
            _ => Ok(()),
        }
    }

    pub fn interval(&mut self, from: u64, span: u64) -> Result<(), BatchRule> {
        let newest = from
            .checked_add(span)
            .filter(|newest| *newest <= self.length)
            .ok_or(BatchRule::AfterIssuedTo)?;
        self.oldest_seen |= from == 0;
        self.newest_seen |= newest == self.length;
        Ok(())
    }

    pub fn count(&mut self, key: GroupKey, sequence: u64, count: u64) -> Result<(), BatchRule> {
        match count {
            0 => return Err(BatchRule::EmptyGroup),
            1..=MAX_GROUP_COUNT => (),
            _ => return Err(BatchRule::GroupTooLarge),
        }
        let end = sequence
            .checked_add(count)
            .ok_or(BatchRule::SequenceOverflow)?;
        self.before = Some((key, end));
        Ok(())
    }

    pub fn finish(self) -> Result<(), BatchRule> {
        if self.before.is_none() {
            Err(BatchRule::NoGroups)
        } else if !self.oldest_seen {
            Err(BatchRule::NothingAtIssuedFrom)
        } else if !self.newest_seen {
            Err(BatchRule::NothingAtIssuedTo)
        } else {
            Ok(())
        }
    }
}
