//! What can happen: every message of the three contracts, good or spoilt, and everything around them.
//!
//! Actions name what they are about by the tag of the action that created it and state times and numbers relative to
//! what they find. So a script of actions still makes sense when some are taken out of it.

use hub_types::billing::KeyType;
use hub_types::ids::{ReleaseNumber, TermsNumber};
use hub_types::wire::{Units, Work};

use crate::reference::{
    Account, Behaviour, Blob, Enclave, Finding, Money, Name, Rates, Shares, Tag,
};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub tag: Tag,
    pub by: Account,
    /// Billing and escrow that it is about, where it is about them.
    pub venue: usize,
    /// Coins that do not belong there come along.
    pub coins: bool,
    pub what: What,
}

impl Action {
    /// The same with less in it.
    pub fn simpler(&self) -> Vec<Self> {
        let simpler = self.what.simpler().into_iter();
        let with = |what| Self {
            what,
            ..self.clone()
        };
        simpler.map(with).collect()
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The next block comes this much later.
    Wait {
        seconds: u64,
    },
    /// Somebody sends money to the escrow past its messages.
    Donate {
        money: Money,
        amount: u128,
    },
    /// The stubborn token refuses an account from now on, or no longer.
    Refuse {
        account: Account,
        refused: bool,
    },
    /// The stubborn token behaves differently from now on.
    Behave {
        behaviour: Behaviour,
    },
    /// What is billable of a batch is settled at once, in parts and out of order, and undone each time.
    Split {
        batch: BatchPlan,
        seed: u64,
    },

    /// Registry.
    RegisterModel {
        name: Name,
        terms: TermsPlan,
        release: Option<ReleasePlan>,
    },
    UpdateMetadata {
        model: Tag,
    },
    PublishRelease {
        model: Tag,
        release: ReleasePlan,
    },
    SetTerms {
        model: Tag,
        terms: TermsPlan,
    },
    SetStatus {
        model: Tag,
        status: StatusPlan,
    },
    OfferTransfer {
        model: Tag,
        to: Account,
    },
    CancelTransfer {
        model: Tag,
    },
    AcceptTransfer {
        model: Tag,
        expected_terms: TermsNumber,
        payees: Vec<(Account, u16)>,
        name: Option<Name>,
    },
    Commit {
        blob: Blob,
        salt: u8,
    },
    ProveSize {
        model: Tag,
        release: ReleaseNumber,
        honest: bool,
    },

    /// Escrow.
    Deposit {
        money: Money,
        amount: u128,
        beneficiary: Option<Account>,
        session: Option<SessionPlan>,
    },
    /// The token's hook is called by somebody who is no token.
    ForgeHook {
        amount: u128,
    },
    Withdraw {
        money: Money,
        amount: Option<u128>,
        recipient: Option<Account>,
    },
    OpenSession {
        money: Money,
        session: SessionPlan,
    },
    TopUp {
        session: Tag,
        amount: u128,
    },
    CloseSession {
        session: Tag,
    },
    ReleaseSession {
        session: Tag,
    },
    RaiseCeiling {
        session: Tag,
        ceiling: u128,
    },
    SetAutoPayout {
        money: Money,
        on: bool,
    },
    Payout {
        money: Money,
        accounts: Vec<Account>,
    },
    /// A settlement that does not come from billing.
    SettleInEscrow {
        session: Tag,
        charge: u128,
    },

    /// Billing.
    RegisterAttester {
        key: u8,
        signed_for: Account,
        enclave: Option<Enclave>,
    },
    Retire {
        attester: Tag,
    },
    Revoke {
        attester: Tag,
    },
    SetEndpoint {
        attester: Tag,
    },
    SettleBatch {
        batch: BatchPlan,
        vouchers: Vec<VoucherPlan>,
        flaw: Option<Flaw>,
    },
    Settle {
        receipt: ReceiptPlan,
        voucher: Option<VoucherPlan>,
        flaw: Option<Flaw>,
    },
    /// The bytes of an earlier settlement once more.
    Again {
        of: Tag,
    },
    /// What an earlier settlement left because a limit of time or the lane runs through a group, in smaller groups.
    Cut {
        of: Tag,
    },
}

/// Price and shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsPlan {
    pub money: Money,
    pub rates: Rates,
    pub shares: Shares,
}

/// A blob to publish, under a label that is so much above the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleasePlan {
    pub blob: Blob,
    pub major_step: u32,
    pub minor_step: u32,
    /// Reveals a commitment.
    pub salt: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPlan {
    Active,
    Delisted,
    Retired,
}

/// A session to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPlan {
    pub operator: Account,
    /// It insists on what a verifier found.
    pub measured: Option<Finding>,
    /// None: any model.
    pub models: Option<Vec<(Tag, Option<ReleaseNumber>)>>,
    pub max_price: Option<Rates>,
    pub budget: u128,
    /// Seconds from now; negative: in the past.
    pub lasts: i64,
    pub ceiling: Option<Option<u8>>,
}

/// Receipts to settle. Groups are brought into order; of two with one key the first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPlan {
    pub attester: Tag,
    pub groups: Vec<GroupPlan>,
}

/// Receipts of one session for one model, release and terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlan {
    pub session: Tag,
    pub model: Tag,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
    /// Seconds between its oldest receipt and now; negative: in the future.
    pub age: i64,
    /// Seconds between its oldest and its newest receipt.
    pub span: u64,
    pub start: Start,
    pub work: Work,
}

/// Where the numbers of a group begin. Counts for the first group of a session in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// So far from where the lane stands.
    Lane(i64),
    /// At this number.
    At(u64),
}

/// One receipt to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptPlan {
    pub attester: Tag,
    pub session: Tag,
    pub model: Tag,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
    pub age: i64,
    pub start: Start,
    pub units: Units,
    pub right_blob: bool,
}

/// A ceiling that a caller signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoucherPlan {
    pub session: Tag,
    pub ceiling: u128,
    pub signed_by: u8,
    /// Not altered after it was signed.
    pub intact: bool,
}

/// How a settlement is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Signed with another key.
    OtherKey,
    /// Signed for another chain.
    OtherChain,
    /// Signed for another billing contract, or for the escrow where there is none.
    OtherContract,
    /// Signed for another purpose.
    OtherPurpose,
    /// The signature's s is the high one of the two.
    HighS,
    /// The signature is a byte short.
    ShortSignature,
    /// The bytes end early.
    Truncated,
    /// A byte too many.
    Trailing,
    /// An integer has a needless last byte.
    Overlong,
    /// Two groups stand in the wrong order.
    Reordered,
    /// A group stands twice.
    Repeated,
    /// A group states no receipts.
    Empty,
    /// Altered after it was signed.
    Altered,
}

impl Flaw {
    pub const ALL: [Self; 13] = [
        Self::OtherKey,
        Self::OtherChain,
        Self::OtherContract,
        Self::OtherPurpose,
        Self::HighS,
        Self::ShortSignature,
        Self::Truncated,
        Self::Trailing,
        Self::Overlong,
        Self::Reordered,
        Self::Repeated,
        Self::Empty,
        Self::Altered,
    ];
}

/// Keys take turns in their type.
pub fn key_type(key: u8) -> KeyType {
    if key.is_multiple_of(2) {
        KeyType::Secp256k1
    } else {
        KeyType::Ed25519
    }
}

impl What {
    /// What it is called in the table of outcomes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wait { .. } => "(wait)",
            Self::Donate { .. } => "(donate)",
            Self::Refuse { .. } => "(refuse)",
            Self::Behave { .. } => "(behave)",
            Self::Split { .. } => "(split)",
            Self::RegisterModel { .. } => "register_model",
            Self::UpdateMetadata { .. } => "update_metadata",
            Self::PublishRelease { .. } => "publish_release",
            Self::SetTerms { .. } => "set_terms",
            Self::SetStatus { .. } => "set_status",
            Self::OfferTransfer { .. } => "offer_transfer",
            Self::CancelTransfer { .. } => "cancel_transfer",
            Self::AcceptTransfer { .. } => "accept_transfer",
            Self::Commit { .. } => "commit",
            Self::ProveSize { .. } => "prove_size",
            Self::Deposit { money: 0, .. } => "deposit",
            Self::Deposit { .. } => "receive",
            Self::ForgeHook { .. } => "receive (forged)",
            Self::Withdraw { .. } => "withdraw",
            Self::OpenSession { .. } => "open_session",
            Self::TopUp { .. } => "top_up",
            Self::CloseSession { .. } => "close_session",
            Self::ReleaseSession { .. } => "release_session",
            Self::RaiseCeiling { .. } => "raise_ceiling",
            Self::SetAutoPayout { .. } => "set_auto_payout",
            Self::Payout { .. } => "payout",
            Self::SettleInEscrow { .. } => "settle (in the escrow)",
            Self::RegisterAttester { .. } => "register_attester",
            Self::Retire { .. } => "retire",
            Self::Revoke { .. } => "revoke",
            Self::SetEndpoint { .. } => "set_endpoint",
            Self::SettleBatch { .. } => "settle_batch",
            Self::Settle { .. } => "settle",
            Self::Again { .. } => "settle (again)",
            Self::Cut { .. } => "settle_batch (cut)",
        }
    }

    /// Whether it is a message to a contract of the Hub.
    pub fn is_message(&self) -> bool {
        !matches!(
            self,
            Self::Wait { .. }
                | Self::Donate { .. }
                | Self::Refuse { .. }
                | Self::Behave { .. }
                | Self::Split { .. }
        )
    }

    /// Smaller actions that may show the same fault.
    pub fn simpler(&self) -> Vec<Self> {
        match self {
            Self::SettleBatch {
                batch,
                vouchers,
                flaw,
            } => {
                let with = |batch: BatchPlan, vouchers: Vec<VoucherPlan>| Self::SettleBatch {
                    batch,
                    vouchers,
                    flaw: *flaw,
                };
                let fewer = (0..vouchers.len()).map(|place| {
                    let mut fewer = vouchers.clone();
                    fewer.remove(place);
                    with(batch.clone(), fewer)
                });
                let smaller = batch.smaller().into_iter();
                let smaller = smaller.map(|batch| with(batch, vouchers.clone()));
                smaller.chain(fewer).collect()
            }
            Self::Split { batch, seed } => {
                let smaller = batch.smaller().into_iter();
                smaller
                    .map(|batch| Self::Split { batch, seed: *seed })
                    .collect()
            }
            Self::Wait { seconds } if *seconds > 1 => vec![Self::Wait {
                seconds: seconds / 2,
            }],
            _ => vec![],
        }
    }
}

impl BatchPlan {
    /// With a group less, or with fewer receipts in one.
    fn smaller(&self) -> Vec<Self> {
        let mut smaller = vec![];
        for place in 0..self.groups.len() {
            if self.groups.len() > 1 {
                let mut fewer = self.clone();
                fewer.groups.remove(place);
                smaller.push(fewer);
            }
            if let Some(work) = less(&self.groups[place].work) {
                let mut fewer = self.clone();
                fewer.groups[place].work = work;
                smaller.push(fewer);
            }
        }
        smaller
    }
}

fn less(work: &Work) -> Option<Work> {
    match work {
        Work::Itemised(receipts) if receipts.len() > 1 => {
            Some(Work::itemised(receipts.iter().take(receipts.len() / 2)))
        }
        Work::Netted { count, total } if *count > 1 => Some(Work::Netted {
            count: count / 2,
            total: *total,
        }),
        _ => None,
    }
}
