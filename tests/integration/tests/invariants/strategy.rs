//! What to do next: mostly what makes sense in the world as it is, sometimes at the very edge of it, sometimes beyond.

mod billing;
mod escrow;
mod registry;
mod time;

use std::collections::VecDeque;

use crate::action::{Action, Flaw, SessionPlan, What};
use crate::fixture::{Setting, ACCOUNTS};
use crate::reference::{
    Account, Money, Reference, Tag, CREDULOUS, DOCUMENT_AGE, DOCUMENT_AHEAD, STUBBORN,
};
use crate::rng::Rng;
use crate::sealed::KEYS;
use hub_types::ids::ReleaseNumber;

const DAY: u64 = 86_400;
/// A tag that no action has.
const NOWHERE: Tag = 0;

/// Draws actions one after the other.
pub struct Strategy {
    pub rng: Rng,
    serial: Tag,
    /// Where what is drawn happens.
    venue: usize,
    venues: usize,
    /// What was signed.
    signed: Vec<Tag>,
    flavour: Flavour,
    /// Decided before.
    ahead: VecDeque<Action>,
}

/// What kind of world a script grows.
#[derive(Clone, Debug)]
struct Flavour {
    operators: u64,
    attesters: usize,
    models: usize,
    sessions: usize,
    /// How often, in a hundred, an action is spoilt.
    spoilt: u64,
    /// How often, in a hundred, a batch is split.
    split: u64,
    /// Days pass more often than minutes.
    slow: bool,
    /// What is paid with.
    moneys: [Money; 2],
}

/// How the Hub of a script is set up.
pub fn setting(rng: &mut Rng) -> Setting {
    let (receipt_max_age, price_notice) = rng.weighted(&[
        (4, (DAY, DAY)),
        (3, (3_600, 7_200)),
        (2, (600, 600)),
        (1, (30, 45)),
    ]);
    let venues = 1 + usize::from(rng.chance(30));
    // Monday, 12 January 2026, some time of the day.
    Setting {
        start_time: 1_768_176_000 + rng.below(7 * DAY),
        receipt_max_age,
        price_notice,
        venues,
    }
}

impl Strategy {
    pub fn new(mut rng: Rng) -> Self {
        let crowd = rng.chance(35);
        let flavour = Flavour {
            operators: if crowd { 1 } else { 3 },
            attesters: if crowd { 7 } else { 6 },
            models: 3 + rng.index(5),
            sessions: 4 + rng.index(8),
            spoilt: rng.weighted(&[(1, 0), (3, 8), (1, 20)]),
            split: 0,
            slow: rng.chance(30),
            moneys: rng.weighted(&[(4, [0, 1]), (2, [0, STUBBORN]), (1, [1, STUBBORN])]),
        };
        Self {
            rng,
            serial: NOWHERE,
            venue: 0,
            venues: 1,
            signed: vec![],
            flavour,
            ahead: VecDeque::new(),
        }
    }

    /// One that splits a batch now and then.
    pub fn splitting(rng: Rng) -> Self {
        let mut strategy = Self::new(rng);
        strategy.flavour.split = 12;
        strategy
    }

    /// Where the next action happens, out of so many places. Whoever is somewhere mostly stays for a while.
    pub fn venue(&mut self, venues: usize) -> usize {
        self.venues = venues;
        if self.ahead.is_empty() && venues > 1 && self.rng.chance(15) {
            self.venue = self.rng.index(venues);
        }
        self.venue
    }

    /// The next action in the world as it is at the venue.
    pub fn next(&mut self, reference: &Reference) -> Action {
        if let Some(action) = self.ahead.pop_front() {
            return action;
        }
        if self.rng.chance(self.flavour.split) {
            let mut batch = self.batch(reference, 8);
            for group in &mut batch.groups {
                group.work = self.work_done(false);
            }
            let seed = self.rng.next_u64();
            return self.action(0, What::Split { batch, seed });
        }
        let mut action = self.sensible(reference);
        if self.rng.chance(self.flavour.spoilt) {
            self.spoil(&mut action);
        }
        action
    }

    fn action(&mut self, by: Account, what: What) -> Action {
        self.serial += 1;
        Action {
            tag: self.serial,
            by,
            venue: self.venue,
            coins: false,
            what,
        }
    }

    fn anybody(&mut self) -> Account {
        self.rng.index(ACCOUNTS.len())
    }

    fn money(&mut self) -> Money {
        self.flavour.moneys[self.rng.index(2)]
    }

    /// Sends it from the wrong account, at what does not exist, or with coins.
    fn spoil(&mut self, action: &mut Action) {
        match self.rng.below(3) {
            0 => action.by = self.anybody(),
            1 if takes_no_coins(&action.what) => action.coins = true,
            _ => match &mut action.what {
                What::UpdateMetadata { model }
                | What::PublishRelease { model, .. }
                | What::SetTerms { model, .. }
                | What::SetStatus { model, .. }
                | What::OfferTransfer { model, .. }
                | What::CancelTransfer { model }
                | What::AcceptTransfer { model, .. }
                | What::ProveSize { model, .. } => *model = NOWHERE,
                What::TopUp { session, .. }
                | What::CloseSession { session }
                | What::ReleaseSession { session }
                | What::RaiseCeiling { session, .. } => *session = NOWHERE,
                What::Retire { attester }
                | What::Revoke { attester }
                | What::SetEndpoint { attester } => *attester = NOWHERE,
                What::SettleBatch { flaw, batch, .. } => {
                    if self.rng.chance(10) {
                        batch.attester = NOWHERE;
                    } else {
                        *flaw = self.rng.pick(&Flaw::ALL).copied();
                    }
                }
                What::Settle { flaw, receipt, .. } => {
                    if self.rng.chance(10) {
                        receipt.attester = NOWHERE;
                    } else {
                        *flaw = self.rng.pick(&RECEIPT_FLAWS).copied();
                    }
                }
                What::RegisterAttester {
                    enclave: Some(enclave),
                    ..
                } if enclave.finding.verifier != CREDULOUS && self.rng.chance(80) => {
                    match self.rng.below(4) {
                        0 => enclave.binds = (enclave.binds + 1) % KEYS,
                        1 => enclave.age = DOCUMENT_AGE + 1,
                        2 => enclave.age = -DOCUMENT_AHEAD - 1,
                        _ => enclave.trusted = false,
                    }
                }
                What::RegisterAttester { signed_for, .. } => {
                    *signed_for = (*signed_for + 1) % ACCOUNTS.len();
                }
                What::Deposit {
                    session: Some(plan),
                    ..
                }
                | What::OpenSession { session: plan, .. } => self.spoil_session(plan),
                What::Withdraw { amount, .. } => *amount = Some(u128::MAX),
                _ => action.by = self.rng.index(ACCOUNTS.len()),
            },
        }
    }

    fn spoil_session(&mut self, plan: &mut SessionPlan) {
        match self.rng.below(6) {
            0 => plan.budget = 0,
            1 => plan.budget = u128::MAX,
            2 => plan.lasts = -(self.rng.below(100) as i64),
            3 => plan.models = Some(vec![]),
            4 => plan.models = Some(vec![(NOWHERE, Some(ReleaseNumber(0)))]),
            _ => (plan.models, plan.max_price) = (None, None),
        }
    }

    fn sensible(&mut self, reference: &Reference) -> Action {
        let live = reference.sessions.iter().filter(|it| !it.released).count();
        let growing = |wanted: usize, found: usize, usually: u64| {
            if found < wanted {
                usually * 10
            } else {
                usually
            }
        };
        let active = reference
            .attesters
            .iter()
            .filter(|it| !it.revoked && it.retired_at.is_none())
            .count();
        type Draw = fn(&mut Strategy, &Reference) -> Action;
        let stubborn = self.flavour.moneys.contains(&STUBBORN);
        let all: [(u64, Draw); 31] = [
            (if stubborn { 20 } else { 0 }, Self::refuse),
            (if stubborn { 12 } else { 0 }, Self::behave),
            (50, Self::wait),
            (12, Self::meet_an_edge),
            (8, Self::let_money_lie),
            (2, Self::donate),
            (
                growing(self.flavour.models, reference.works.len(), 3),
                Self::register_model,
            ),
            (4, Self::update_metadata),
            (12, Self::publish),
            (22, Self::set_terms),
            (10, Self::set_status),
            (10, Self::offer),
            (3, Self::cancel),
            (10, Self::accept),
            (5, Self::commit),
            (4, Self::prove_size),
            (
                growing(self.flavour.sessions, live, 10),
                Self::deposit_and_open,
            ),
            (15, Self::deposit),
            (2, Self::forge),
            (18, Self::withdraw),
            (growing(self.flavour.sessions, live, 8), Self::open),
            (14, Self::top_up),
            (6, Self::close),
            (16, Self::release),
            (14, Self::raise_ceiling),
            (9, Self::set_auto_payout),
            (9, Self::payout),
            (2, Self::settle_in_escrow),
            (
                growing(self.flavour.attesters, active, 6),
                Self::register_attester,
            ),
            (9, Self::end_attester),
            (if live > 1 && active > 0 { 180 } else { 10 }, Self::settle),
        ];
        let draw = self.rng.weighted(&all);
        draw(self, reference)
    }
}

/// Flaws that a single receipt can have.
const RECEIPT_FLAWS: [Flaw; 10] = [
    Flaw::OtherKey,
    Flaw::OtherChain,
    Flaw::OtherContract,
    Flaw::OtherPurpose,
    Flaw::HighS,
    Flaw::ShortSignature,
    Flaw::Truncated,
    Flaw::Trailing,
    Flaw::Overlong,
    Flaw::Altered,
];

/// Tokens sent with a hook carry no coins, and what is no message carries none either.
fn takes_no_coins(what: &What) -> bool {
    match what {
        What::Deposit { money, amount, .. } => *money == 0 && *amount > 0,
        what => what.is_message(),
    }
}
