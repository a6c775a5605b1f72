use crate::batch::{Batch, Group, Mode, Work};
use crate::error::EncodeError;
use crate::ids::{AttesterId, ModelId, SessionId};
use crate::merkle::Tree;
use crate::receipt::Receipt;
use crate::rules::{GroupKey, MAX_GROUP_COUNT};
use crate::units::Units;
use std::collections::BTreeMap;
use thiserror::Error;

/// Makes a batch from receipts in any order, for attester software.
///
/// Receipts are sorted into groups by (session, model, release, terms). Within a group they keep the order in which
/// they were pushed: it is the order in which an itemised group is paid when a budget runs out.
///
/// ```
/// # use hub_wire::{AttesterId, BatchBuilder, BlobId, Mode, ModelId, Receipt, ReleaseNumber};
/// # use hub_wire::{SessionId, TermsNumber, Units};
/// # let receipt = Receipt {
/// #     attester: AttesterId(7), session: SessionId(3), blob_id: BlobId::from_bytes([1; 32]),
/// #     model: ModelId(1), release: ReleaseNumber(1), terms: TermsNumber(1),
/// #     request_id: [0; 16], issued_at: 1_700_000_000, units: Units::new(50, 20),
/// #     request_hash: [2; 32], response_hash: [3; 32],
/// # };
/// let mut builder = BatchBuilder::new(AttesterId(7));
/// builder.next(SessionId(3), 0);
/// builder.push(receipt)?;
/// let (batch, receipts) = builder.build(Mode::Itemised)?;
/// assert_eq!((batch.offered(), receipts.len()), (1, 1));
/// # Ok::<(), hub_wire::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    attester: AttesterId,
    next: BTreeMap<SessionId, u64>,
    groups: BTreeMap<GroupKey, Vec<Receipt>>,
}

/// Why receipts make no batch.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A receipt of somebody else.
    #[error("receipt of attester {found}, expected {expected}")]
    OtherAttester {
        /// The builder's attester.
        expected: AttesterId,
        /// The receipt's.
        found: AttesterId,
    },

    /// A group that holds as many receipts as a group may.
    #[error("session {session}, model {model}: a group holds 65535 receipts, expected this one in the next batch")]
    GroupFull {
        /// Session of the group.
        session: SessionId,
        /// Model of the group.
        model: ModelId,
    },

    /// A session whose lane the builder was not told.
    #[error(
        "session {session}: the number of its next receipt is not known, expected a call of `next`"
    )]
    UnknownLane {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },

    /// The numbers of a lane are used up.
    #[error("session {session}: sequence numbers exceed 64 bits")]
    LaneOverflow {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },

    /// The units of a netted group leave u64.
    #[error("session {session}, model {model}: the sum of units exceeds 64 bits")]
    UnitsOverflow {
        /// Session of the group.
        session: SessionId,
        /// Model of the group.
        model: ModelId,
    },

    /// The batch breaks a rule, such as having no receipts at all.
    #[error(transparent)]
    Refused(#[from] EncodeError),
}

impl BatchBuilder {
    /// An empty batch of this attester.
    pub fn new(attester: AttesterId) -> Self {
        Self {
            attester,
            next: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    /// States the number of a session's next receipt, as the escrow's lane or this attester's own count has it.
    pub fn next(&mut self, session: SessionId, sequence: u64) {
        self.next.insert(session, sequence);
    }

    /// Adds a receipt.
    pub fn push(&mut self, receipt: Receipt) -> Result<(), BuildError> {
        if receipt.attester != self.attester {
            return Err(BuildError::OtherAttester {
                expected: self.attester,
                found: receipt.attester,
            });
        }
        let key = GroupKey {
            session: receipt.session,
            model: receipt.model,
            release: receipt.release,
            terms: receipt.terms,
        };
        let group = self.groups.entry(key).or_default();
        if group.len() as u64 >= MAX_GROUP_COUNT {
            return Err(BuildError::GroupFull {
                session: key.session,
                model: key.model,
            });
        }
        group.push(receipt);
        Ok(())
    }

    /// The batch, which is certain to encode, and its receipts in batch order: the leaves of its root, for proofs.
    pub fn build(self, mode: Mode) -> Result<(Batch, Vec<Receipt>), BuildError> {
        let times = || {
            self.groups
                .values()
                .flatten()
                .map(|receipt| receipt.issued_at)
        };
        let issued_from = times().min().unwrap_or_default();
        let issued_to = times().max().unwrap_or_default();

        let mut next = self.next;
        let mut tree = Tree::new();
        let mut groups = Vec::with_capacity(self.groups.len());
        let mut in_order = Vec::new();
        for (key, receipts) in self.groups {
            let times = || receipts.iter().map(|receipt| receipt.issued_at);
            let oldest = times().min().unwrap_or_default();
            let newest = times().max().unwrap_or_default();
            let lane = next.get_mut(&key.session).ok_or(BuildError::UnknownLane {
                session: key.session,
            })?;
            let group = Group {
                session: key.session,
                model: key.model,
                release: key.release,
                terms: key.terms,
                from: oldest.saturating_sub(issued_from),
                span: newest.saturating_sub(oldest),
                sequence: *lane,
                work: work(mode, key, &receipts)?,
            };
            *lane = lane
                .checked_add(group.count())
                .ok_or(BuildError::LaneOverflow {
                    session: key.session,
                })?;
            groups.push(group);
            receipts
                .iter()
                .for_each(|receipt| tree.push(&receipt.encode()));
            in_order.extend(receipts);
        }
        let batch = Batch {
            attester: self.attester,
            issued_from,
            issued_to,
            receipts_root: tree.root(),
            groups,
        };
        batch.encode()?;
        Ok((batch, in_order))
    }
}

fn work(mode: Mode, key: GroupKey, receipts: &[Receipt]) -> Result<Work, BuildError> {
    let overflow = || BuildError::UnitsOverflow {
        session: key.session,
        model: key.model,
    };
    match mode {
        Mode::Itemised => Ok(Work::itemised(receipts.iter().map(|receipt| receipt.units))),
        Mode::Netted => Ok(Work::Netted {
            // `push` keeps groups to what a u16 holds.
            count: u16::try_from(receipts.len()).unwrap_or(u16::MAX),
            total: receipts
                .iter()
                .try_fold(Units::default(), |sum, receipt| {
                    sum.checked_add(receipt.units)
                })
                .ok_or_else(overflow)?,
        }),
    }
}
