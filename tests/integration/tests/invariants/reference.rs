//! The rules of the Hub once more, in plain Rust and from its design alone: what every message does, and what it is
//! refused for.
//!
//! Nothing here comes from a contract. Where a contract computes in closed form, this counts; where it keeps one number,
//! this keeps the list. It says of every message whether it is accepted, and holds what everybody has afterwards.

mod escrow;
mod registry;
mod settlement;
pub mod usage;

use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use std::collections::{BTreeMap, BTreeSet};

pub use escrow::{Balance, Behaviour, Funds, Opening, Session};
pub use registry::{Publication, Shares, Status, Terms, Wanted, Work};
pub use settlement::{Offer, OfferedGroup, Settled, Settlement, Usage, Voucher};

/// An account, by its place in the list.
pub type Account = usize;
/// A kind of money, by its place in the list.
pub type Money = usize;
/// A blob, by its place in the list.
pub type Blob = u8;
/// A name of a model, by its number.
pub type Name = u8;
/// Names what an action creates, whatever id it gets: scripts stay meaningful when actions are taken out of them.
pub type Tag = u32;
/// What a verifier vouches for: an image, by their numbers. The same image is another finding of another verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    pub verifier: usize,
    pub image: u8,
}
/// The three components of a price.
pub type Rates = [u128; 3];

/// The money that can refuse to be sent to an account, and has other [`Behaviour`].
pub const STUBBORN: Money = 2;
/// Seconds between a message that sets a cutoff and the cutoff; also how far a clock may be ahead.
pub const GRACE: u64 = 60;
/// Enclave images of a script.
pub const IMAGES: u8 = 2;
/// Verifiers of a script: two of Nitro Enclaves, below different roots, and [`CREDULOUS`].
pub const VERIFIERS: usize = 3;
/// The verifier that believes everything.
pub const CREDULOUS: usize = 2;
/// Seconds after which an attestation document is too old.
pub const DOCUMENT_AGE: i64 = 300;
/// Seconds that an attestation document may be ahead.
pub const DOCUMENT_AHEAD: i64 = 60;
/// Basis points in a whole.
pub const WHOLE: u128 = 10_000;
const DAY: u64 = 86_400;

/// The message is refused and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As a whole.
    Message,
    /// Nothing was settled, for these reasons.
    Nothing(BTreeSet<hub_types::billing::Outcome>),
}

/// What a message leads to.
pub type Verdict<T> = Result<T, Refused>;

/// The message is refused unless this holds.
fn need(holds: bool) -> Verdict<()> {
    if holds {
        Ok(())
    } else {
        Err(Refused::Message)
    }
}

/// What everybody has and everything that was promised, as far as one billing and its escrow know it.
#[derive(Clone, Debug)]
pub struct Reference {
    pub now: u64,
    pub receipt_max_age: u64,
    pub price_notice: u64,
    /// Models: the first has id 1.
    pub works: Vec<Work>,
    /// Who gave which name to which model.
    pub names: BTreeMap<(Account, Name), ModelId>,
    /// Who published which blob as which (model, release).
    pub claims: BTreeMap<(Account, Blob), (ModelId, ReleaseNumber)>,
    /// Who committed to which blob, with which salt, and when.
    pub commitments: BTreeMap<(Account, Blob, u8), u64>,
    /// Sessions: the first has id 1.
    pub sessions: Vec<Session>,
    pub balances: BTreeMap<(Account, Money), Balance>,
    pub wallets: BTreeMap<(Account, Money), u128>,
    /// Money that the escrow has ever heard of.
    pub moneys: BTreeSet<Money>,
    /// Whom the stubborn token refuses.
    pub refused: BTreeSet<Account>,
    /// How the stubborn token behaves otherwise.
    pub behaviour: Behaviour,
    /// Sent past the escrow.
    pub donated: BTreeMap<Money, u128>,
    /// Attesters: the first has id 1.
    pub attesters: Vec<Attester>,
    /// What was sold of each model: what a split of income hangs on.
    pub usage: BTreeMap<(ModelId, Money), Usage>,
    /// First and last week in which a funder's aged money paid a model.
    pub payers: BTreeMap<(ModelId, Money, Account), (u64, u64)>,
    /// Every group that was billed, in order.
    pub sales: Vec<usage::Sale>,
    /// Day of each model's registration.
    pub registered: Vec<u64>,
}

/// The enclave that a key lives in, by the document that comes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enclave {
    /// What the document is to prove, and to whom.
    pub finding: Finding,
    /// Key that stands in the document.
    pub binds: u8,
    /// Seconds since the document was made; negative: it will be made.
    pub age: i64,
    /// Below the root that this verifier trusts.
    pub trusted: bool,
}

/// A signing key for life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attester {
    pub tag: Tag,
    pub operator: Account,
    pub key: u8,
    /// What a verifier found about the key, if one was asked.
    pub finding: Option<Finding>,
    pub retired_at: Option<u64>,
    pub revoked: bool,
    /// Recorded batches: offered, paid, when.
    pub batches: Vec<(u64, u64, u64)>,
}

impl Attester {
    /// Whether none of its receipts can ever be billed again.
    pub fn is_spent(&self, now: u64, receipt_max_age: u64) -> bool {
        self.revoked
            || self
                .retired_at
                .is_some_and(|cutoff| now - cutoff.min(now) > receipt_max_age)
    }
}

impl Reference {
    /// Before anything happened.
    pub fn new(now: u64, receipt_max_age: u64, price_notice: u64) -> Self {
        Self {
            now,
            receipt_max_age,
            price_notice,
            works: vec![],
            names: BTreeMap::new(),
            claims: BTreeMap::new(),
            commitments: BTreeMap::new(),
            sessions: vec![],
            balances: BTreeMap::new(),
            wallets: BTreeMap::new(),
            moneys: BTreeSet::new(),
            refused: BTreeSet::new(),
            behaviour: Behaviour::Honest,
            donated: BTreeMap::new(),
            attesters: vec![],
            usage: BTreeMap::new(),
            payers: BTreeMap::new(),
            sales: vec![],
            registered: vec![],
        }
    }

    /// What all venues on one registry have in common is as it is in the other: the registry, the wallets, the tokens and
    /// the time.
    pub fn catch_up_with(&mut self, other: &Self) {
        self.now = other.now;
        self.works.clone_from(&other.works);
        self.names.clone_from(&other.names);
        self.claims.clone_from(&other.claims);
        self.commitments.clone_from(&other.commitments);
        self.registered.clone_from(&other.registered);
        self.wallets.clone_from(&other.wallets);
        self.refused.clone_from(&other.refused);
        self.behaviour = other.behaviour;
    }

    pub fn today(&self) -> u64 {
        self.now / DAY
    }

    pub fn work(&self, id: ModelId) -> Option<&Work> {
        numbered(&self.works, id)
    }

    pub fn session(&self, id: SessionId) -> Option<&Session> {
        numbered(&self.sessions, id)
    }

    pub fn attester(&self, id: AttesterId) -> Option<&Attester> {
        numbered(&self.attesters, id)
    }

    /// Id of the model that the action of this tag registered; one that does not exist if it registered none.
    pub fn work_of(&self, tag: Tag) -> ModelId {
        id_of(tag, self.works.iter().map(|work| work.tag))
    }

    /// Id of the session that the action of this tag opened; one that does not exist if it opened none.
    pub fn session_of(&self, tag: Tag) -> SessionId {
        id_of(tag, self.sessions.iter().map(|session| session.tag))
    }

    /// Id of the attester that the action of this tag registered; one that does not exist if it registered none.
    pub fn attester_of(&self, tag: Tag) -> AttesterId {
        id_of(tag, self.attesters.iter().map(|attester| attester.tag))
    }

    pub fn balance(&self, account: Account, money: Money) -> Balance {
        self.balances
            .get(&(account, money))
            .copied()
            .unwrap_or_default()
    }

    pub fn wallet(&self, account: Account, money: Money) -> u128 {
        self.wallets
            .get(&(account, money))
            .copied()
            .unwrap_or_default()
    }

    /// A key becomes an attester of whoever it signed for, once and for ever.
    pub fn register_attester(
        &mut self,
        tag: Tag,
        by: Account,
        key: u8,
        signed_for: Account,
        enclave: Option<Enclave>,
    ) -> Verdict<AttesterId> {
        need(signed_for == by)?;
        if let Some(enclave) = enclave.filter(|it| it.finding.verifier != CREDULOUS) {
            need(enclave.trusted && enclave.binds == key)?;
            need((-DOCUMENT_AHEAD..=DOCUMENT_AGE).contains(&enclave.age))?;
        }
        need(self.attesters.iter().all(|attester| attester.key != key))?;
        self.attesters.push(Attester {
            tag,
            operator: by,
            key,
            finding: enclave.map(|enclave| enclave.finding),
            retired_at: None,
            revoked: false,
            batches: vec![],
        });
        Ok(AttesterId(self.attesters.len() as u64))
    }

    pub fn retire(&mut self, by: Account, attester: AttesterId) -> Verdict<()> {
        let cutoff = self.now + GRACE;
        let attester = self.own_attester(by, attester)?;
        need(attester.retired_at.is_none() && !attester.revoked)?;
        attester.retired_at = Some(cutoff);
        Ok(())
    }

    pub fn revoke(&mut self, by: Account, attester: AttesterId) -> Verdict<()> {
        let attester = self.own_attester(by, attester)?;
        need(!attester.revoked)?;
        attester.revoked = true;
        Ok(())
    }

    pub fn set_endpoint(&mut self, by: Account, attester: AttesterId) -> Verdict<()> {
        self.own_attester(by, attester).map(|_| ())
    }

    fn own_attester(&mut self, by: Account, id: AttesterId) -> Verdict<&mut Attester> {
        numbered_mut(&mut self.attesters, id)
            .filter(|attester| attester.operator == by)
            .ok_or(Refused::Message)
    }
}

fn numbered<T>(all: &[T], id: impl Into<u64>) -> Option<&T> {
    all.get(usize::try_from(id.into().checked_sub(1)?).ok()?)
}

fn numbered_mut<T>(all: &mut [T], id: impl Into<u64>) -> Option<&mut T> {
    all.get_mut(usize::try_from(id.into().checked_sub(1)?).ok()?)
}

fn id_of<Id: From<u64>>(tag: Tag, mut tags: impl Iterator<Item = Tag>) -> Id {
    match tags.position(|found| found == tag) {
        Some(place) => place as u64 + 1,
        None => 1_000_000 + u64::from(tag),
    }
    .into()
}
