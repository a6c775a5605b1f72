//! What to do next: mostly what makes sense in the world as it is, sometimes at the very edge of it, sometimes beyond.

use std::collections::VecDeque;

use hub_types::wire::{Units, Work};

use crate::action::{
    Action, BatchPlan, Flaw, GroupPlan, ReceiptPlan, ReleasePlan, SessionPlan, Start, StatusPlan,
    TermsPlan, VoucherPlan, What,
};
use crate::dice::Dice;
use crate::reference::{
    Account, Attester, Money, Rates, Reference, Session, Shares, Status, Tag, Terms, GRACE,
};
use crate::sealed::KEYS;
use crate::stage::{Setting, ACCOUNTS, BLOBS, MONEYS};

const DAY: u64 = 86_400;
/// A tag that no action has.
const NOWHERE: Tag = 0;

/// Draws actions one after the other.
pub struct Strategy {
    pub dice: Dice,
    serial: Tag,
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
}

/// How the Hub of a script is set up.
pub fn setting(dice: &mut Dice) -> Setting {
    let (receipt_max_age, price_notice) = dice.weighted(&[
        (4, (DAY, DAY)),
        (3, (3_600, 7_200)),
        (2, (600, 600)),
        (1, (30, 45)),
    ]);
    // Monday, 12 January 2026, some time of the day.
    Setting {
        start_time: 1_768_176_000 + dice.below(7 * DAY),
        receipt_max_age,
        price_notice,
    }
}

impl Strategy {
    pub fn new(mut dice: Dice) -> Self {
        let crowd = dice.chance(35);
        let flavour = Flavour {
            operators: if crowd { 1 } else { 3 },
            attesters: if crowd { 7 } else { 6 },
            models: 3 + dice.index(5),
            sessions: 4 + dice.index(8),
            spoilt: dice.weighted(&[(1, 0), (3, 8), (1, 20)]),
            split: 0,
            slow: dice.chance(30),
        };
        Self {
            dice,
            serial: NOWHERE,
            flavour,
            ahead: VecDeque::new(),
        }
    }

    /// One that splits a batch now and then.
    pub fn splitting(dice: Dice) -> Self {
        let mut strategy = Self::new(dice);
        strategy.flavour.split = 12;
        strategy
    }

    /// The next action in the world as it is.
    pub fn next(&mut self, world: &Reference) -> Action {
        if let Some(action) = self.ahead.pop_front() {
            return action;
        }
        if self.dice.chance(self.flavour.split) {
            let mut batch = self.batch(world, 8);
            for group in &mut batch.groups {
                group.work = self.work_done(false);
            }
            let seed = self.dice.roll();
            return self.action(0, What::Split { batch, seed });
        }
        let mut action = self.sensible(world);
        if self.dice.chance(self.flavour.spoilt) {
            self.spoil(&mut action);
        }
        action
    }

    fn action(&mut self, by: Account, what: What) -> Action {
        self.serial += 1;
        Action {
            tag: self.serial,
            by,
            coins: false,
            what,
        }
    }

    fn anybody(&mut self) -> Account {
        self.dice.index(ACCOUNTS.len())
    }

    fn money(&mut self) -> Money {
        self.dice.index(MONEYS)
    }

    /// Sends it from the wrong account, at what does not exist, or with coins.
    fn spoil(&mut self, action: &mut Action) {
        match self.dice.below(3) {
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
                    if self.dice.chance(10) {
                        batch.attester = NOWHERE;
                    } else {
                        *flaw = self.dice.pick(&Flaw::ALL).copied();
                    }
                }
                What::Settle { flaw, receipt, .. } => {
                    if self.dice.chance(10) {
                        receipt.attester = NOWHERE;
                    } else {
                        *flaw = self.dice.pick(&RECEIPT_FLAWS).copied();
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
                _ => action.by = self.dice.index(ACCOUNTS.len()),
            },
        }
    }

    fn spoil_session(&mut self, plan: &mut SessionPlan) {
        match self.dice.below(6) {
            0 => plan.budget = 0,
            1 => plan.budget = u128::MAX,
            2 => plan.lasts = -(self.dice.below(100) as i64),
            3 => plan.models = Some(vec![]),
            4 => plan.models = Some(vec![(NOWHERE, Some(0))]),
            _ => (plan.models, plan.max_price) = (None, None),
        }
    }

    fn sensible(&mut self, world: &Reference) -> Action {
        let live = world.sessions.iter().filter(|it| !it.released).count();
        let growing = |wanted: usize, found: usize, usually: u64| {
            if found < wanted {
                usually * 10
            } else {
                usually
            }
        };
        let active = world
            .attesters
            .iter()
            .filter(|it| !it.revoked && it.retired_at.is_none())
            .count();
        type Draw = fn(&mut Strategy, &Reference) -> Action;
        let all: [(u64, Draw); 29] = [
            (50, Self::wait),
            (12, Self::meet_an_edge),
            (8, Self::let_money_lie),
            (2, Self::donate),
            (
                growing(self.flavour.models, world.works.len(), 3),
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
            (5, Self::set_auto_payout),
            (6, Self::payout),
            (2, Self::settle_in_escrow),
            (
                growing(self.flavour.attesters, active, 6),
                Self::register_attester,
            ),
            (9, Self::end_attester),
            (if live > 1 && active > 0 { 180 } else { 10 }, Self::settle),
        ];
        let draw = self.dice.weighted(&all);
        draw(self, world)
    }

    // Time.

    fn wait(&mut self, world: &Reference) -> Action {
        let soon = 1 + self.dice.below(90);
        let seconds = match self.dice.below(if self.flavour.slow { 35 } else { 20 }) {
            0..=10 => soon,
            11..=16 => self.until_an_edge(world).unwrap_or(soon),
            17 => self.dice.below(world.receipt_max_age + 120),
            18 => DAY - world.now % DAY - self.dice.below(2),
            19 => DAY * (1 + self.dice.below(4)),
            _ => DAY - self.dice.below(100),
        };
        self.action(0, What::Wait { seconds })
    }

    /// Seconds to a second at which something changes, the one before or the one after it.
    fn until_an_edge(&mut self, world: &Reference) -> Option<u64> {
        let near = world.now + 3 * world.receipt_max_age.max(world.price_notice);
        let edges: Vec<u64> = edges(world)
            .into_iter()
            .filter(|edge| (world.now + 1..near).contains(edge))
            .collect();
        let edge = *self.dice.pick(&edges)?;
        Some((edge + self.dice.below(3)).saturating_sub(1) - world.now)
    }

    /// The same message in the last second before something changes, and in the first one after it.
    fn meet_an_edge(&mut self, world: &Reference) -> Action {
        let mut edges: Vec<(u64, Account, What)> = vec![];
        let (now, age) = (world.now, world.receipt_max_age);
        for session in world.sessions.iter().filter(|session| !session.released) {
            let (end, tag, caller) = (session.ends_at(), session.tag, session.caller);
            let stranger = (session.operator + 1) % ACCOUNTS.len();
            let release = What::ReleaseSession { session: tag };
            edges.push((end.saturating_add(age), stranger, release.clone()));
            edges.push((end, session.operator, release));
            let (session, amount) = (tag, 1);
            edges.push((end, caller, What::TopUp { session, amount }));
        }
        for work in &world.works {
            let (model, status) = (work.tag, StatusPlan::Active);
            if let Status::Retired { cutoff } = work.status {
                edges.push((cutoff + age, work.author, What::SetStatus { model, status }));
            }
            if let Some(last) = work.terms.last().filter(|last| last.from > now + GRACE) {
                let terms = TermsPlan {
                    money: last.money,
                    rates: last.rates.map(|rate| rate.saturating_add(1)),
                    shares: last.shares.clone(),
                };
                edges.push((
                    last.from - GRACE,
                    work.author,
                    What::SetTerms { model, terms },
                ));
            }
        }
        let horizon = 3 * age.max(world.price_notice) + DAY;
        edges.retain(|(edge, ..)| (now + 2..now.saturating_add(horizon)).contains(edge));
        let Some((edge, by, what)) = self.dice.pick(&edges).cloned() else {
            return self.wait(world);
        };
        let seconds = edge - 1 - now;
        let wait = self.action(0, What::Wait { seconds });
        let steps = [
            (by, what.clone()),
            (0, What::Wait { seconds: 1 }),
            (by, what),
        ];
        for (by, what) in steps {
            let action = self.action(by, what);
            self.ahead.push_back(action);
        }
        wait
    }

    /// A session is topped up, and charged a day or two later.
    fn let_money_lie(&mut self, world: &Reference) -> Action {
        let lasting = |session: &&Session| {
            let (caller, money) = (session.caller, session.money);
            session.funder == caller
                && session.ends_at() > world.now + 3 * DAY
                && world.balance(caller, money).available > 1
                && sells(world, session)
        };
        let lasting: Vec<&Session> = world.sessions.iter().filter(lasting).collect();
        let Some(session) = self.dice.pick(&lasting).copied() else {
            return self.deposit(world);
        };
        let serves = |attester: &&Attester| {
            attester.operator == session.operator
                && !attester.revoked
                && attester.retired_at.is_none()
        };
        let attester = world.attesters.iter().find(serves);
        let tag = session.tag;
        let available = world.balance(session.caller, session.money).available;
        let top_up = self.action(
            session.caller,
            What::TopUp {
                session: tag,
                amount: 1 + available / 3,
            },
        );
        for _ in 0..2 {
            let seconds = DAY - self.dice.below(1_000);
            let wait = self.action(0, What::Wait { seconds });
            let group = GroupPlan {
                age: 5,
                span: 0,
                start: Start::Lane(0),
                ..self.group_for(world, attester, Some(session))
            };
            let batch = BatchPlan {
                attester: attester.map_or(NOWHERE, |it| it.tag),
                groups: vec![group],
            };
            let vouchers = self.vouchers(world, &[tag]);
            let flaw = None;
            let settle = self.action(
                0,
                What::SettleBatch {
                    batch,
                    vouchers,
                    flaw,
                },
            );
            self.ahead.extend([wait, settle]);
        }
        top_up
    }

    // Registry.

    fn terms(&mut self) -> TermsPlan {
        TermsPlan {
            money: self.money(),
            rates: self.rates(),
            shares: self.shares(),
        }
    }

    fn rates(&mut self) -> Rates {
        match self.dice.below(40) {
            0 | 1 => [0, 0, 0],
            2 => [0, 0, u128::MAX],
            3 => [u128::MAX, 1, 1],
            4 => [0, 1 << 90, 1 << 100],
            5..=8 => [self.dice.size(6), 0, 0],
            // In whole units a call, as real price lists are.
            9..=16 => [
                self.dice.below(3).into(),
                u128::from(self.dice.below(5)) * 250_000,
                u128::from(self.dice.below(5)) * 1_000_000,
            ],
            _ => [
                self.dice.below(30).into(),
                self.dice.size(22),
                self.dice.size(23),
            ],
        }
    }

    fn shares(&mut self) -> Shares {
        let operator_bps = match self.dice.below(4) {
            0 => self.dice.between(1, 9_996) as u16,
            1 => 2_500,
            _ => 0,
        };
        let payees = self.payees(operator_bps);
        Shares {
            payees,
            operator_bps,
        }
    }

    fn payees(&mut self, operator_bps: u16) -> Vec<(Account, u16)> {
        let mut left = 10_000 - u64::from(operator_bps).min(9_999);
        let count = (1 + self.dice.below(4)).min(left);
        let first = self.anybody();
        let mut payees = vec![];
        for place in 0..count {
            let bps = match place + 1 == count {
                true => left,
                false => self.dice.between(1, left - (count - place - 1)),
            };
            left -= bps;
            payees.push(((first + place as usize) % ACCOUNTS.len(), bps as u16));
        }
        if self.dice.chance(3) {
            match self.dice.below(4) {
                0 => payees[0].1 += 1,
                1 => payees[0].1 -= 1,
                2 => payees.clear(),
                _ => payees.push((first, 0)),
            }
        }
        payees
    }

    fn release_plan(&mut self) -> ReleasePlan {
        let (major_step, minor_step) =
            self.dice
                .weighted(&[(6, (0, 1)), (2, (0, 3)), (2, (1, 0)), (1, (0, 0))]);
        ReleasePlan {
            blob: self.dice.below(BLOBS.into()) as u8,
            major_step,
            minor_step,
            salt: self.dice.chance(25).then_some(1),
        }
    }

    fn register_model(&mut self, _: &Reference) -> Action {
        let release = match self.dice.chance(85) {
            true => Some(self.release_plan()),
            false => None,
        };
        let release = release.map(|plan| ReleasePlan { salt: None, ..plan });
        let what = What::RegisterModel {
            name: self.dice.below(9) as u8,
            terms: self.terms(),
            release,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// A model with its author.
    fn work(&mut self, world: &Reference) -> (Tag, Account) {
        match self.dice.pick(&world.works) {
            Some(work) => (work.tag, work.author),
            None => (NOWHERE, 0),
        }
    }

    fn update_metadata(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        self.action(author, What::UpdateMetadata { model })
    }

    fn publish(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let mut release = self.release_plan();
        // Often what the author committed to.
        let committed: Vec<(u8, u8)> = world
            .commitments
            .keys()
            .filter(|(by, _, _)| *by == author)
            .map(|(_, blob, salt)| (*blob, *salt))
            .collect();
        if let Some((blob, salt)) = self.dice.pick(&committed).copied() {
            if self.dice.chance(60) {
                (release.blob, release.salt) = (blob, Some(salt));
            }
        }
        self.action(author, What::PublishRelease { model, release })
    }

    fn set_terms(&mut self, world: &Reference) -> Action {
        let (tag, author) = self.work(world);
        let mut terms = self.terms();
        let work = world.work(world.work_of(tag));
        if let Some(last) = work.and_then(|work| work.terms.last()) {
            // The same price, a cut, or a rise, in the same money.
            let change = self.dice.below(10);
            if change < 8 {
                terms.money = last.money;
                terms.rates = last.rates.map(|rate| match change {
                    0..=1 => rate,
                    2..=4 => rate - rate / 3,
                    5..=6 => rate.saturating_add(rate / 4 + 1),
                    _ => self.dice.size(20),
                });
            }
        }
        self.action(author, What::SetTerms { model: tag, terms })
    }

    fn set_status(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let retired = world
            .work(world.work_of(model))
            .is_some_and(|work| matches!(work.status, Status::Retired { .. }));
        let status = if retired {
            self.dice.weighted(&[
                (5, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (1, StatusPlan::Retired),
            ])
        } else {
            self.dice.weighted(&[
                (2, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (3, StatusPlan::Retired),
            ])
        };
        self.action(author, What::SetStatus { model, status })
    }

    fn offer(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let to = self.anybody();
        self.action(author, What::OfferTransfer { model, to })
    }

    fn offered(&mut self, world: &Reference) -> (Tag, Account, Account) {
        let offered: Vec<(Tag, Account, Account)> = world
            .works
            .iter()
            .filter_map(|work| Some((work.tag, work.author, work.offered_to?)))
            .collect();
        let (tag, author) = self.work(world);
        let stranger = self.anybody();
        self.dice
            .pick(&offered)
            .copied()
            .unwrap_or((tag, author, stranger))
    }

    fn cancel(&mut self, world: &Reference) -> Action {
        let (model, author, _) = self.offered(world);
        self.action(author, What::CancelTransfer { model })
    }

    fn accept(&mut self, world: &Reference) -> Action {
        let (model, _, buyer) = self.offered(world);
        let operator_bps = world.work(world.work_of(model)).map_or(0, |work| {
            work.terms[work.base(world.now)].shares.operator_bps
        });
        let what = What::AcceptTransfer {
            model,
            payees: self.payees(operator_bps),
            name: self.dice.chance(40).then(|| self.dice.below(12) as u8),
        };
        self.action(buyer, what)
    }

    fn commit(&mut self, _: &Reference) -> Action {
        let what = What::Commit {
            blob: self.dice.below(BLOBS.into()) as u8,
            salt: 1 + self.dice.below(2) as u8,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn prove_size(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let what = What::ProveSize {
            model,
            release: self.dice.below(4),
            honest: self.dice.chance(80),
        };
        self.action(author, what)
    }

    // Escrow.

    fn amount(&mut self) -> u128 {
        match self.dice.below(60) {
            0 => 0,
            1 => 1,
            2 => 1 << 100,
            3..=20 => self.dice.size(16),
            _ => (1 << 16) + self.dice.size(24),
        }
    }

    fn donate(&mut self, _: &Reference) -> Action {
        let what = What::Donate {
            money: self.money(),
            amount: self.dice.size(10),
        };
        self.action(0, what)
    }

    fn session_plan(&mut self, world: &Reference) -> SessionPlan {
        let budget = self.amount();
        let models = match self.dice.chance(50) || world.works.is_empty() {
            true => None,
            false => {
                let count = 1 + self.dice.below(4);
                let mut listed = vec![];
                for _ in 0..count {
                    let (model, _) = match self.dice.chance(3) {
                        true => (NOWHERE, 0),
                        false => self.work(world),
                    };
                    let release = self.dice.chance(25).then(|| 1 + self.dice.below(2));
                    if !listed.contains(&(model, release)) || self.dice.chance(5) {
                        listed.push((model, release));
                    }
                }
                Some(listed)
            }
        };
        let max_price = if models.is_none() || self.dice.chance(40) {
            Some(match self.dice.below(4) {
                0 => [20, 2_000_000, 4_000_000],
                _ => [u128::MAX; 3],
            })
        } else {
            None
        };
        let lasts = match self.dice.below(12) {
            0 => GRACE as i64 + self.dice.below(3) as i64 - 1,
            1 => i64::MAX,
            2..=4 => 1 + self.dice.below(2 * world.receipt_max_age) as i64,
            _ => (DAY + self.dice.below(60 * DAY)) as i64,
        };
        let ceiling = match self.dice.below(10) {
            0 => Some(None),
            1..=3 => Some(Some(self.dice.below(KEYS.into()) as u8)),
            _ => None,
        };
        SessionPlan {
            operator: self.operator(),
            measured: self.dice.chance(3),
            models,
            max_price,
            budget,
            lasts,
            ceiling,
        }
    }

    fn operator(&mut self) -> Account {
        match self.dice.chance(3) {
            true => self.anybody(),
            false => self.dice.below(self.flavour.operators) as Account,
        }
    }

    fn deposit_and_open(&mut self, world: &Reference) -> Action {
        let plan = self.session_plan(world);
        let amount = match self.dice.below(4) {
            0 => self.amount(),
            1 => plan.budget.saturating_add(self.dice.size(12)),
            _ => plan.budget,
        };
        let beneficiary = self
            .dice
            .chance(25)
            .then(|| self.dice.index(ACCOUNTS.len()));
        let what = What::Deposit {
            money: self.money(),
            amount,
            beneficiary,
            session: Some(plan),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn deposit(&mut self, _: &Reference) -> Action {
        let what = What::Deposit {
            money: self.money(),
            amount: self.amount(),
            beneficiary: self
                .dice
                .chance(25)
                .then(|| self.dice.index(ACCOUNTS.len())),
            session: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn forge(&mut self, _: &Reference) -> Action {
        let what = What::ForgeHook {
            amount: self.amount(),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// An account and money, often of which it has some available.
    fn purse(&mut self, world: &Reference) -> (Account, Money, u128) {
        let full: Vec<(Account, Money, u128)> = world
            .balances
            .iter()
            .filter(|(_, balance)| balance.available > 0)
            .map(|((account, money), balance)| (*account, *money, balance.available))
            .collect();
        let (by, money) = (self.anybody(), self.money());
        match self.dice.chance(90) {
            true => self.dice.pick(&full).copied().unwrap_or((by, money, 0)),
            false => (by, money, world.balance(by, money).available),
        }
    }

    fn withdraw(&mut self, world: &Reference) -> Action {
        let (by, money, available) = self.purse(world);
        let amount = match self.dice.below(8) {
            0 => Some(available.saturating_add(1)),
            1 => Some(0),
            2 => Some(available),
            3 | 4 => Some(available / 2),
            _ => None,
        };
        let recipient = self
            .dice
            .chance(20)
            .then(|| self.dice.index(ACCOUNTS.len()));
        let what = What::Withdraw {
            money,
            amount,
            recipient,
        };
        self.action(by, what)
    }

    fn open(&mut self, world: &Reference) -> Action {
        let (by, money, available) = self.purse(world);
        let mut session = self.session_plan(world);
        if self.dice.chance(85) {
            session.budget = match self.dice.chance(50) {
                true => available,
                false => 1 + available / 3,
            };
        }
        self.action(by, What::OpenSession { money, session })
    }

    /// A session, mostly one that goes on.
    fn session<'a>(&mut self, world: &'a Reference) -> Option<&'a Session> {
        let live: Vec<&Session> = world.sessions.iter().filter(|it| !it.released).collect();
        match self.dice.chance(92) {
            true => self.dice.pick(&live).copied(),
            false => self.dice.pick(&world.sessions),
        }
    }

    fn top_up(&mut self, world: &Reference) -> Action {
        let funded = |session: &&Session| {
            let available = world.balance(session.caller, session.money).available;
            !session.released && available > 0 && session.funder == session.caller
        };
        let funded: Vec<&Session> = world.sessions.iter().filter(funded).collect();
        let session = match self.dice.chance(80) {
            true => self.dice.pick(&funded).copied(),
            false => self.session(world),
        };
        let (tag, by, available) = session.map_or((NOWHERE, 0, 0), |session| {
            let available = world.balance(session.caller, session.money).available;
            (session.tag, session.caller, available)
        });
        let amount = match self.dice.below(8) {
            0 => available.saturating_add(1),
            1 => 0,
            2 => u128::MAX,
            3..=5 => available / 2 + 1,
            _ => available.min(self.dice.size(14)),
        };
        self.action(
            by,
            What::TopUp {
                session: tag,
                amount,
            },
        )
    }

    fn close(&mut self, world: &Reference) -> Action {
        let session = self.session(world);
        let (session, by) = session.map_or((NOWHERE, 0), |it| (it.tag, it.caller));
        self.action(by, What::CloseSession { session })
    }

    fn release(&mut self, world: &Reference) -> Action {
        let ended = |it: &&Session| !it.released && it.ends_at() <= world.now;
        let ended: Vec<&Session> = world.sessions.iter().filter(ended).collect();
        let session = match self.dice.chance(85) {
            true => self.dice.pick(&ended).copied(),
            false => None,
        };
        let session = session.or_else(|| self.session(world));
        let (tag, operator) = session.map_or((NOWHERE, 0), |it| (it.tag, it.operator));
        let by = match self.dice.chance(50) {
            true => operator,
            false => self.anybody(),
        };
        self.action(by, What::ReleaseSession { session: tag })
    }

    /// Something around what a session has spent and what it may.
    fn ceiling(&mut self, session: &Session) -> u128 {
        let ceiling = session.ceiling.unwrap_or_default();
        match self.dice.below(10) {
            0 => ceiling,
            1 => ceiling.saturating_sub(1),
            2 => session.spent,
            3 => u128::MAX,
            4 => session.budget,
            5 => 0,
            _ => session
                .spent
                .max(ceiling)
                .saturating_add(self.dice.size(12)),
        }
    }

    fn raise_ceiling(&mut self, world: &Reference) -> Action {
        let limited: Vec<&Session> = world
            .sessions
            .iter()
            .filter(|it| it.ceiling.is_some())
            .collect();
        let session = match self.dice.chance(90) {
            true => self.dice.pick(&limited).copied(),
            false => self.session(world),
        };
        let (tag, by, ceiling) =
            session.map_or((NOWHERE, 0, 1), |it| (it.tag, it.caller, self.ceiling(it)));
        self.action(
            by,
            What::RaiseCeiling {
                session: tag,
                ceiling,
            },
        )
    }

    fn set_auto_payout(&mut self, _: &Reference) -> Action {
        let what = What::SetAutoPayout {
            money: self.money(),
            on: self.dice.chance(75),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn payout(&mut self, _: &Reference) -> Action {
        let count = self.dice.below(6);
        let accounts = (0..count).map(|_| self.dice.index(ACCOUNTS.len()));
        let what = What::Payout {
            accounts: accounts.collect(),
            money: self.dice.index(MONEYS),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn settle_in_escrow(&mut self, world: &Reference) -> Action {
        let session = self.session(world).map_or(NOWHERE, |it| it.tag);
        let by = self.anybody();
        self.action(by, What::SettleInEscrow { session, charge: 1 })
    }

    // Billing.

    fn register_attester(&mut self, _: &Reference) -> Action {
        let by = self.operator();
        let what = What::RegisterAttester {
            key: self.dice.below(KEYS.into()) as u8,
            signed_for: by,
        };
        self.action(by, what)
    }

    fn end_attester(&mut self, world: &Reference) -> Action {
        let (attester, by) = self
            .dice
            .pick(&world.attesters)
            .map_or((NOWHERE, 0), |it| (it.tag, it.operator));
        let what = match self.dice.below(8) {
            0..=3 => What::Retire { attester },
            4..=5 => What::Revoke { attester },
            _ => What::SetEndpoint { attester },
        };
        self.action(by, what)
    }

    fn settle(&mut self, world: &Reference) -> Action {
        match self.dice.below(20) {
            0 => {
                let of = 1 + self.dice.below(self.serial.max(1).into()) as Tag;
                let by = self.anybody();
                self.action(by, What::Again { of })
            }
            1..=3 => self.settle_one(world),
            _ => self.settle_batch(world),
        }
    }

    fn attester<'a>(&mut self, world: &'a Reference) -> Option<&'a Attester> {
        let good: Vec<&Attester> = world.attesters.iter().filter(|it| !it.revoked).collect();
        match self.dice.chance(96) {
            true => self.dice.pick(&good).copied(),
            false => self.dice.pick(&world.attesters),
        }
    }

    fn settle_one(&mut self, world: &Reference) -> Action {
        let group = self.group(world, None);
        let (attester, group) = group;
        let units = match &group.work {
            Work::Itemised(receipts) => receipts[0],
            Work::Netted { total, .. } => *total,
        };
        let start = match self.dice.chance(1) {
            true => Start::At(u64::MAX),
            false => group.start,
        };
        let voucher = self.vouchers(world, &[group.session]).first().copied();
        let what = What::Settle {
            receipt: ReceiptPlan {
                attester,
                session: group.session,
                model: group.model,
                release: group.release,
                terms: group.terms,
                age: group.age,
                start,
                units,
                right_blob: self.dice.chance(95),
            },
            voucher,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    fn settle_batch(&mut self, world: &Reference) -> Action {
        let batch = self.batch(world, 7);
        let sessions: Vec<Tag> = batch.groups.iter().map(|group| group.session).collect();
        let vouchers = self.vouchers(world, &sessions);
        let what = What::SettleBatch {
            batch,
            vouchers,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// Up to so many groups of one attester.
    pub fn batch(&mut self, world: &Reference, most: u64) -> BatchPlan {
        let (attester, first) = self.group(world, None);
        let netted = matches!(first.work, Work::Netted { .. });
        let mut groups = vec![first];
        for _ in 1..self.dice.between(1, most) {
            let before = self.dice.pick(&groups).map_or(NOWHERE, |it| it.session);
            let (_, mut group) = self.group(world, Some(attester));
            if self.dice.chance(30) {
                group.session = before;
            }
            if matches!(group.work, Work::Netted { .. }) != netted {
                group.work = self.work_done(netted);
            }
            groups.push(group);
        }
        BatchPlan { attester, groups }
    }

    /// Receipts that an attester, this one if one is named, could want to settle.
    fn group(&mut self, world: &Reference, attester: Option<Tag>) -> (Tag, GroupPlan) {
        let attester = match attester {
            Some(tag) => world.attester(world.attester_of(tag)),
            None => self.attester(world),
        };
        let mut session = self.session_for(world, attester);
        for _ in 0..3 {
            if !session.is_some_and(|session| sells(world, session)) {
                session = self.session_for(world, attester);
            }
        }
        let group = self.group_for(world, attester, session);
        (attester.map_or(NOWHERE, |it| it.tag), group)
    }

    fn group_for(
        &mut self,
        world: &Reference,
        attester: Option<&Attester>,
        session: Option<&Session>,
    ) -> GroupPlan {
        let (age, span) = self.times(world, session, attester);
        let oldest = world.now.saturating_add_signed(-age);
        let (model, release, terms) = self.product(world, session, oldest, oldest + span);
        let netted = self.dice.chance(30);
        GroupPlan {
            session: session.map_or(NOWHERE, |it| it.tag),
            model,
            release,
            terms,
            age,
            span,
            start: match self.dice.below(40) {
                0..=1 => Start::Lane(1),
                2..=7 => Start::Lane(-1 - (self.dice.below(3) as i64)),
                8 => Start::At(0),
                9 if self.dice.chance(10) => Start::At(u64::MAX - 1),
                _ => Start::Lane(0),
            },
            work: self.work_done(netted),
        }
    }

    fn session_for<'a>(
        &mut self,
        world: &'a Reference,
        attester: Option<&Attester>,
    ) -> Option<&'a Session> {
        let served = |session: &&Session| {
            !session.released
                && !session.measured
                && attester.is_some_and(|attester| attester.operator == session.operator)
        };
        let served: Vec<&Session> = world.sessions.iter().filter(served).collect();
        let open = |session: &&&Session| world.now < session.ends_at() && session.left() > 0;
        let open: Vec<&Session> = served.iter().filter(open).copied().collect();
        match self.dice.below(40) {
            0..=32 => self.dice.pick(&open).copied(),
            33..=38 => self.dice.pick(&served).copied(),
            _ => self.dice.pick(&world.sessions),
        }
    }

    /// Age and span of a group: mostly just now, sometimes at the edge of what is allowed.
    fn times(
        &mut self,
        world: &Reference,
        session: Option<&Session>,
        attester: Option<&Attester>,
    ) -> (i64, u64) {
        let now = world.now;
        let span = match self.dice.below(10) {
            0..=5 => 0,
            6..=8 => self.dice.below(20),
            _ => self.dice.below(world.receipt_max_age),
        };
        // The newest receipt of a group that ends just in time or just too late.
        let edge = match self.dice.below(8) {
            0 => session.map(Session::ends_at),
            1 => attester.and_then(|attester| attester.retired_at),
            2 => session.map(|session| session.opened_at.saturating_sub(GRACE) + 1),
            3 => Some(now + GRACE + 1),
            4 => Some(now.saturating_sub(world.receipt_max_age) + 1),
            _ => {
                let edges = edges(world);
                self.dice.pick(&edges).copied()
            }
        };
        let newest = match (self.dice.below(20), edge) {
            (0..=3, Some(edge)) => edge.saturating_add(self.dice.below(3)).saturating_sub(2),
            (4, _) => now.saturating_sub(self.dice.below(world.receipt_max_age + 200)),
            (5, _) => now + self.dice.below(GRACE + 1),
            _ => now.saturating_sub(self.dice.below(30)),
        };
        let newest = newest.min(now + 2 * GRACE);
        let oldest = newest.saturating_sub(span);
        (now as i64 - oldest as i64, newest - oldest)
    }

    /// Model, release and terms: mostly ones that the session pays for at that time.
    fn product(
        &mut self,
        world: &Reference,
        session: Option<&Session>,
        oldest: u64,
        newest: u64,
    ) -> (Tag, u64, u64) {
        let mut fitting = vec![];
        for (id, work) in (1..).zip(&world.works) {
            let listed = session.filter(|session| !session.models.is_empty());
            let release = listed.map_or(Some(None), |session| {
                let entry = session.models.iter().find(|(model, _)| *model == id);
                entry.map(|(_, release)| *release)
            });
            let Some(release) = release.filter(|_| !work.releases.is_empty()) else {
                continue;
            };
            for (number, terms) in (1..).zip(&work.terms) {
                let same_money = session.is_none_or(|session| session.money == terms.money);
                if same_money && terms.in_force(oldest, newest) {
                    fitting.push((work, release, number));
                }
            }
        }
        let any = self.dice.pick(&world.works);
        let chosen = match self.dice.chance(90) {
            true => self.dice.pick(&fitting).copied(),
            false => None,
        };
        let (work, release, terms) = match (chosen, any) {
            (Some(chosen), _) => chosen,
            (None, Some(work)) => {
                let terms = match self.dice.chance(75) {
                    true => 1 + self.dice.below(work.terms.len() as u64),
                    false => self.dice.below(work.terms.len() as u64 + 2),
                };
                (work, None, terms)
            }
            (None, None) => return (NOWHERE, 1, 1),
        };
        let releases = work.releases.len() as u64;
        let release = match self.dice.chance(95) {
            true => release.unwrap_or_else(|| 1 + self.dice.below(releases)),
            false => self.dice.below(releases + 2),
        };
        let model = match self.dice.chance(1) {
            true => NOWHERE,
            false => work.tag,
        };
        (model, release, terms)
    }

    fn units(&mut self) -> Units {
        match self.dice.below(40) {
            0 => Units::new(0, 0),
            1 | 2 => Units::new(u64::MAX, u64::MAX),
            3 => Units::new(1, 0),
            4..=11 => Units::new(self.dice.below(40) * 100, self.dice.below(15) * 100),
            _ => Units::new(self.dice.below(4_000), self.dice.below(1_500)),
        }
    }

    fn work_done(&mut self, netted: bool) -> Work {
        if netted {
            let count = match self.dice.below(20) {
                0 => u16::MAX,
                _ => 1 + self.dice.below(60) as u16,
            };
            let one = self.units();
            return Work::Netted {
                count,
                total: Units::new(
                    one.input.saturating_mul(count.into()),
                    one.output.saturating_mul(count.into()),
                ),
            };
        }
        let count = match self.dice.below(20) {
            0 => 40,
            _ => 1 + self.dice.below(6),
        };
        Work::Itemised((0..count).map(|_| self.units()).collect())
    }

    /// For sessions with a voucher key, mostly; good, bad, low and foreign ones.
    fn vouchers(&mut self, world: &Reference, sessions: &[Tag]) -> Vec<VoucherPlan> {
        let mut vouchers = vec![];
        for tag in sessions {
            let session = world.session(world.session_of(*tag));
            let key = session.and_then(|session| session.voucher_key);
            let wanted = if key.is_some() { 65 } else { 4 };
            let Some(session) = session.filter(|_| self.dice.chance(wanted)) else {
                continue;
            };
            for _ in 0..self.dice.weighted(&[(8, 1), (2, 2)]) {
                vouchers.push(VoucherPlan {
                    session: match self.dice.chance(3) {
                        true => NOWHERE,
                        false => *tag,
                    },
                    ceiling: self.ceiling(session),
                    signed_by: match self.dice.chance(93) {
                        true => key.unwrap_or_default(),
                        false => self.dice.below(KEYS.into()) as u8,
                    },
                    intact: self.dice.chance(95),
                });
            }
        }
        vouchers
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

/// Whether a session could pay for some model now.
fn sells(world: &Reference, session: &Session) -> bool {
    (1..).zip(&world.works).any(|(id, work)| {
        let listed = |(model, _): &(u64, Option<u64>)| *model == id;
        let offered = !work.releases.is_empty()
            && (session.models.is_empty() || session.models.iter().any(listed));
        let charged =
            |terms: &Terms| terms.money == session.money && terms.in_force(world.now, world.now);
        offered && work.terms.iter().any(charged)
    })
}

/// Tokens sent with a hook carry no coins, and what is no message carries none either.
fn takes_no_coins(what: &What) -> bool {
    match what {
        What::Deposit { money, amount, .. } => *money == 0 && *amount > 0,
        what => what.is_message(),
    }
}

/// Seconds at which something begins or ends.
fn edges(world: &Reference) -> Vec<u64> {
    let mut edges = vec![];
    let age = world.receipt_max_age;
    for session in world.sessions.iter().filter(|session| !session.released) {
        let end = session.ends_at();
        edges.extend([end, end.saturating_add(age)]);
    }
    for cutoff in world.attesters.iter().filter_map(|it| it.retired_at) {
        edges.extend([cutoff, cutoff + age]);
    }
    for work in &world.works {
        if let Status::Retired { cutoff } = work.status {
            edges.extend([cutoff, cutoff + age]);
        }
        for terms in work.terms.iter().rev().take(3) {
            edges.extend([terms.from, terms.from.saturating_sub(GRACE)]);
            edges.extend(terms.until);
        }
        edges.push(work.active_from);
    }
    edges
}
