//! What is done with money.

use super::{Strategy, DAY, NOWHERE};
use crate::action::{Action, SessionPlan, What};
use crate::fixture::ACCOUNTS;
use crate::reference::{Account, Behaviour, Money, Reference, Session, GRACE};
use crate::sealed::KEYS;
use hub_types::ids::ReleaseNumber;

impl Strategy {
    pub(super) fn amount(&mut self) -> u128 {
        match self.rng.below(60) {
            0 => 0,
            1 => 1,
            2 => 1 << 100,
            3..=20 => self.rng.size(16),
            _ => (1 << 16) + self.rng.size(24),
        }
    }

    pub(super) fn donate(&mut self, _: &Reference) -> Action {
        let what = What::Donate {
            money: self.money(),
            amount: self.rng.size(10),
        };
        self.action(0, what)
    }

    pub(super) fn refuse(&mut self, _: &Reference) -> Action {
        let what = What::Refuse {
            account: self.anybody(),
            refused: self.rng.chance(60),
        };
        self.action(0, what)
    }

    pub(super) fn behave(&mut self, _: &Reference) -> Action {
        let behaviour = self.rng.weighted(&[
            (5, Behaviour::Honest),
            (2, Behaviour::TakesFee(1)),
            (1, Behaviour::TakesFee(1_000)),
            (1, Behaviour::SaysNothing),
            (1, Behaviour::Mute),
            (5, Behaviour::CallsBack),
        ]);
        self.action(0, What::Behave { behaviour })
    }

    pub(super) fn session_plan(&mut self, reference: &Reference) -> SessionPlan {
        let budget = self.amount();
        let models = match self.rng.chance(50) || reference.works.is_empty() {
            true => None,
            false => {
                let count = 1 + self.rng.below(4);
                let mut listed = vec![];
                for _ in 0..count {
                    let (model, _) = match self.rng.chance(3) {
                        true => (NOWHERE, 0),
                        false => self.work(reference),
                    };
                    let release = self
                        .rng
                        .chance(25)
                        .then(|| ReleaseNumber(1 + self.rng.below(2)));
                    if !listed.contains(&(model, release)) || self.rng.chance(5) {
                        listed.push((model, release));
                    }
                }
                Some(listed)
            }
        };
        let max_price = if models.is_none() || self.rng.chance(40) {
            Some(match self.rng.below(4) {
                0 => [20, 2_000_000, 4_000_000],
                _ => [u128::MAX; 3],
            })
        } else {
            None
        };
        let lasts = match self.rng.below(12) {
            0 => GRACE as i64 + self.rng.below(3) as i64 - 1,
            1 => i64::MAX,
            2..=4 => 1 + self.rng.below(2 * reference.receipt_max_age) as i64,
            _ => (DAY + self.rng.below(60 * DAY)) as i64,
        };
        let ceiling = match self.rng.below(10) {
            0 => Some(None),
            1..=3 => Some(Some(self.rng.below(KEYS.into()) as u8)),
            _ => None,
        };
        SessionPlan {
            operator: self.operator(),
            measured: self.rng.chance(12).then(|| self.finding()),
            models,
            max_price,
            budget,
            lasts,
            ceiling,
        }
    }

    pub(super) fn operator(&mut self) -> Account {
        match self.rng.chance(3) {
            true => self.anybody(),
            false => self.rng.below(self.flavour.operators) as Account,
        }
    }

    pub(super) fn deposit_and_open(&mut self, reference: &Reference) -> Action {
        let plan = self.session_plan(reference);
        let amount = match self.rng.below(4) {
            0 => self.amount(),
            1 => plan.budget.saturating_add(self.rng.size(12)),
            _ => plan.budget,
        };
        let beneficiary = self.rng.chance(25).then(|| self.rng.index(ACCOUNTS.len()));
        let what = What::Deposit {
            money: self.money(),
            amount,
            beneficiary,
            session: Some(plan),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn deposit(&mut self, _: &Reference) -> Action {
        let what = What::Deposit {
            money: self.money(),
            amount: self.amount(),
            beneficiary: self.rng.chance(25).then(|| self.rng.index(ACCOUNTS.len())),
            session: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn forge(&mut self, _: &Reference) -> Action {
        let what = What::ForgeHook {
            amount: self.amount(),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// An account and money, often of which it has some available.
    pub(super) fn account_to_spend(&mut self, reference: &Reference) -> (Account, Money, u128) {
        let full: Vec<(Account, Money, u128)> = reference
            .balances
            .iter()
            .filter(|(_, balance)| balance.available > 0)
            .map(|((account, money), balance)| (*account, *money, balance.available))
            .collect();
        let (by, money) = (self.anybody(), self.money());
        match self.rng.chance(90) {
            true => self.rng.pick(&full).copied().unwrap_or((by, money, 0)),
            false => (by, money, reference.balance(by, money).available),
        }
    }

    pub(super) fn withdraw(&mut self, reference: &Reference) -> Action {
        let (by, money, available) = self.account_to_spend(reference);
        let amount = match self.rng.below(8) {
            0 => Some(available.saturating_add(1)),
            1 => Some(0),
            2 => Some(available),
            3 | 4 => Some(available / 2),
            _ => None,
        };
        let recipient = self.rng.chance(20).then(|| self.rng.index(ACCOUNTS.len()));
        let what = What::Withdraw {
            money,
            amount,
            recipient,
        };
        self.action(by, what)
    }

    pub(super) fn open(&mut self, reference: &Reference) -> Action {
        let (by, money, available) = self.account_to_spend(reference);
        let mut session = self.session_plan(reference);
        if self.rng.chance(85) {
            session.budget = match self.rng.chance(50) {
                true => available,
                false => 1 + available / 3,
            };
        }
        self.action(by, What::OpenSession { money, session })
    }

    /// A session, mostly one that goes on.
    pub(super) fn session<'a>(&mut self, reference: &'a Reference) -> Option<&'a Session> {
        let live: Vec<&Session> = reference
            .sessions
            .iter()
            .filter(|it| !it.released)
            .collect();
        match self.rng.chance(92) {
            true => self.rng.pick(&live).copied(),
            false => self.rng.pick(&reference.sessions),
        }
    }

    pub(super) fn top_up(&mut self, reference: &Reference) -> Action {
        let funded = |session: &&Session| {
            let available = reference.balance(session.caller, session.money).available;
            !session.released && available > 0 && session.funder == session.caller
        };
        let funded: Vec<&Session> = reference.sessions.iter().filter(funded).collect();
        let session = match self.rng.chance(80) {
            true => self.rng.pick(&funded).copied(),
            false => self.session(reference),
        };
        let (tag, by, available) = session.map_or((NOWHERE, 0, 0), |session| {
            let available = reference.balance(session.caller, session.money).available;
            (session.tag, session.caller, available)
        });
        let amount = match self.rng.below(8) {
            0 => available.saturating_add(1),
            1 => 0,
            2 => u128::MAX,
            3..=5 => available / 2 + 1,
            _ => available.min(self.rng.size(14)),
        };
        self.action(
            by,
            What::TopUp {
                session: tag,
                amount,
            },
        )
    }

    pub(super) fn close(&mut self, reference: &Reference) -> Action {
        let session = self.session(reference);
        let (session, by) = session.map_or((NOWHERE, 0), |it| (it.tag, it.caller));
        self.action(by, What::CloseSession { session })
    }

    pub(super) fn release(&mut self, reference: &Reference) -> Action {
        let ended = |it: &&Session| !it.released && it.ends_at() <= reference.now;
        let ended: Vec<&Session> = reference.sessions.iter().filter(ended).collect();
        let session = match self.rng.chance(85) {
            true => self.rng.pick(&ended).copied(),
            false => None,
        };
        let session = session.or_else(|| self.session(reference));
        let (tag, operator) = session.map_or((NOWHERE, 0), |it| (it.tag, it.operator));
        let by = match self.rng.chance(50) {
            true => operator,
            false => self.anybody(),
        };
        self.action(by, What::ReleaseSession { session: tag })
    }

    /// Something around what a session has spent and what it may.
    pub(super) fn ceiling(&mut self, session: &Session) -> u128 {
        let ceiling = session.ceiling.unwrap_or_default();
        match self.rng.below(10) {
            0 => ceiling,
            1 => ceiling.saturating_sub(1),
            2 => session.spent,
            3 => u128::MAX,
            4 => session.budget,
            5 => 0,
            _ => session.spent.max(ceiling).saturating_add(self.rng.size(12)),
        }
    }

    pub(super) fn raise_ceiling(&mut self, reference: &Reference) -> Action {
        let limited: Vec<&Session> = reference
            .sessions
            .iter()
            .filter(|it| it.ceiling.is_some())
            .collect();
        let session = match self.rng.chance(90) {
            true => self.rng.pick(&limited).copied(),
            false => self.session(reference),
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

    pub(super) fn set_auto_payout(&mut self, _: &Reference) -> Action {
        let what = What::SetAutoPayout {
            money: self.money(),
            on: self.rng.chance(75),
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn payout(&mut self, reference: &Reference) -> Action {
        let waiting: Vec<(Account, Money)> = reference
            .balances
            .iter()
            .filter(|(_, balance)| balance.auto_payout && balance.available > 0)
            .map(|(key, _)| *key)
            .collect();
        let first = self.rng.pick(&waiting).copied();
        let money = match first {
            Some((_, money)) if self.rng.chance(80) => money,
            _ => self.money(),
        };
        let count = self.rng.below(6);
        let mut accounts: Vec<Account> = first.into_iter().map(|(account, _)| account).collect();
        accounts.extend((0..count).map(|_| self.rng.index(ACCOUNTS.len())));
        let by = self.anybody();
        self.action(by, What::Payout { money, accounts })
    }

    pub(super) fn settle_in_escrow(&mut self, reference: &Reference) -> Action {
        let session = self.session(reference).map_or(NOWHERE, |it| it.tag);
        let by = self.anybody();
        self.action(by, What::SettleInEscrow { session, charge: 1 })
    }
}
