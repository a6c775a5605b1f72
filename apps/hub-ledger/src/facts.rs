//! What the chain shows.

use hub_types::billing::{AttesterResponse, AttesterStatus};
use hub_types::denom::Denom;
use hub_types::escrow::SessionResponse;
use hub_types::price::Rates;
use hub_types::registry::{ModelResponse, ReleaseResponse, Status, TermsResponse, Validity};
use hub_types::time::Interval;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its time, unix seconds.
    pub time: u64,
}

/// What nodes showed at one block. It need not be complete: what is not named stays as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The committed block at which all of it was read.
    pub block: Block,
    /// What was read.
    pub facts: Vec<Fact>,
}

/// An answer of a contract, as its query gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Of the escrow: a session, its lanes included.
    Session(Box<SessionResponse>),
    /// Of the registry: a model.
    Model(Box<ModelResponse>),
    /// Of the registry: terms of a model.
    Terms(Box<TermsResponse>),
    /// Of the registry: a release of a model.
    Release(Box<ReleaseResponse>),
    /// Of billing: the attester whose books these are. Others are ignored.
    Attester(Box<AttesterResponse>),
}

/// Something of the chain, with the height at which it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Seen<T> {
    pub height: u64,
    pub value: T,
}

/// What a price is, and when it can be charged.
#[derive(Clone, Debug)]
pub(crate) struct TermsView {
    pub denom: Denom,
    pub rates: Rates,
    pub in_force: Option<Interval>,
}

impl From<&TermsResponse> for TermsView {
    fn from(terms: &TermsResponse) -> Self {
        let price = &terms.price;
        Self {
            denom: price.denom.clone(),
            rates: Rates {
                per_call: price.per_call,
                per_million_in: price.per_million_in,
                per_million_out: price.per_million_out,
            },
            in_force: match terms.validity {
                Validity::Dropped {} => None,
                Validity::Interval {
                    effective_from,
                    superseded_at,
                } => Some(Interval {
                    from: effective_from,
                    until: superseded_at,
                }),
            },
        }
    }
}

/// When a model takes receipts.
pub(crate) fn in_service(model: &ModelResponse) -> Interval {
    Interval {
        from: model.active_from,
        until: match model.status {
            Status::Retired { cutoff } => Some(cutoff),
            Status::Active {} | Status::Delisted {} => None,
        },
    }
}

/// When an attester may sign; none for one that was revoked.
pub(crate) fn signing_time(attester: &AttesterResponse) -> Option<Interval> {
    let until = match attester.status {
        AttesterStatus::Active {} => None,
        AttesterStatus::Retired { cutoff } => Some(cutoff),
        AttesterStatus::Revoked {} => return None,
    };
    Some(Interval { from: 0, until })
}
