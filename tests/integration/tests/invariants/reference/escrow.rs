//! Every coin.

use serde::{Deserialize, Serialize};

use super::{
    need, numbered_mut, Account, Finding, Money, Rates, Reference, Refused, Tag, Verdict, GRACE,
    STUBBORN,
};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};

/// How the stubborn token behaves in messages. Whoever looks at it from outside is told the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    Honest,
    /// So much of what arrives anywhere is lost, but for one unit.
    TakesFee(u64),
    /// It says that nobody has anything.
    SaysNothing,
    /// It does not say what anybody has.
    Mute,
    /// From within a transfer out of the escrow it asks for a payout to whom it goes, withdraws, and claims a deposit.
    CallsBack,
}

impl Behaviour {
    pub fn fee(self, amount: u128) -> u128 {
        match self {
            Self::TakesFee(fee) => u128::from(fee).min(amount.saturating_sub(1)),
            _ => 0,
        }
    }
}

/// What an account has in one kind of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub available: u128,
    pub earned: u128,
    pub auto_payout: bool,
}

/// A budget that a caller reserved for one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub tag: Tag,
    pub caller: Account,
    pub funder: Account,
    pub operator: Account,
    pub money: Money,
    /// It insists on what a verifier found.
    pub measured: Option<Finding>,
    /// Models and releases that may be charged; any if empty.
    pub models: Vec<(ModelId, Option<ReleaseNumber>)>,
    pub max_price: Option<Rates>,
    pub opened_at: u64,
    pub expires_at: u64,
    pub closed_at: Option<u64>,
    pub budget: u128,
    pub spent: u128,
    /// Of it, what the operator kept.
    pub kept: u128,
    pub released: bool,
    pub ceiling: Option<u128>,
    pub voucher_key: Option<u8>,
    /// (attester, number of its next receipt).
    pub lanes: Vec<(AttesterId, u64)>,
    /// (day, how much), one entry a deposit.
    pub funding: Vec<(u64, u128)>,
}

impl Session {
    pub fn ends_at(&self) -> u64 {
        self.closed_at
            .map_or(self.expires_at, |closed| closed.min(self.expires_at))
    }

    pub fn left(&self) -> u128 {
        if self.released {
            0
        } else {
            self.budget - self.spent
        }
    }

    pub fn next(&self, attester: AttesterId) -> Option<u64> {
        self.lanes
            .iter()
            .find(|(of, _)| *of == attester)
            .map(|(_, next)| *next)
    }
}

/// Where the budget of a new session comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    pub money: Money,
    pub amount: u128,
    pub beneficiary: Account,
}

/// What a new session shall allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub tag: Tag,
    pub operator: Account,
    pub measured: Option<Finding>,
    pub models: Vec<(ModelId, Option<ReleaseNumber>)>,
    /// No list at all, which is not the same as an empty one.
    pub any_model: bool,
    pub max_price: Option<Rates>,
    pub budget: u128,
    pub expires_at: u64,
    /// With a ceiling, and perhaps a key that raises it.
    pub ceiling: Option<Option<u8>>,
}

impl Opening {
    fn check(&self, now: u64) -> Verdict<()> {
        need(self.budget > 0 && self.expires_at > now)?;
        if self.any_model {
            return need(self.max_price.is_some());
        }
        let different = self
            .models
            .iter()
            .enumerate()
            .all(|(place, entry)| !self.models[..place].contains(entry));
        let numbered = self.models.iter().all(|(model, release)| {
            *model > ModelId(ModelId(0).0) && *release != Some(ReleaseNumber(ReleaseNumber(0).0))
        });
        need((1..=8).contains(&self.models.len()) && different && numbered)
    }
}

impl Reference {
    /// Money comes in and may open a session. Returns the session's id.
    pub fn deposit(
        &mut self,
        by: Account,
        funds: Funds,
        opening: Option<Opening>,
    ) -> Verdict<Option<SessionId>> {
        let Funds {
            money,
            amount,
            beneficiary,
        } = funds;
        need(amount > 0)?;
        let available = self.balance(beneficiary, money).available + amount;
        if let Some(opening) = &opening {
            opening.check(self.now)?;
            // Nobody can lock up what another account has.
            let available_to_caller = if by == beneficiary { available } else { amount };
            need(opening.budget <= available_to_caller)?;
        }
        let lost = self.fee(money, amount);
        if money == STUBBORN {
            need(!matches!(
                self.behaviour,
                Behaviour::SaysNothing | Behaviour::Mute
            ))?;
            // A fee is borne by what was sent past the escrow, never by what others have.
            let donated = self.donated.entry(money).or_default();
            need(lost <= *donated)?;
            *donated -= lost;
        }
        *self.wallets.entry((by, money)).or_default() -= amount;
        self.moneys.insert(money);
        self.balances
            .entry((beneficiary, money))
            .or_default()
            .available = available;
        Ok(opening.map(|opening| self.reserve(beneficiary, by, money, opening)))
    }

    /// A session opens with what the caller has available.
    pub fn open(&mut self, by: Account, money: Money, opening: Opening) -> Verdict<SessionId> {
        opening.check(self.now)?;
        need(opening.budget <= self.balance(by, money).available)?;
        Ok(SessionId(self.reserve(by, by, money, opening).0))
    }

    fn reserve(
        &mut self,
        caller: Account,
        funder: Account,
        money: Money,
        new: Opening,
    ) -> SessionId {
        self.balances.entry((caller, money)).or_default().available -= new.budget;
        self.sessions.push(Session {
            tag: new.tag,
            caller,
            funder,
            operator: new.operator,
            money,
            measured: new.measured,
            models: if new.any_model { vec![] } else { new.models },
            max_price: new.max_price,
            opened_at: self.now,
            expires_at: new.expires_at,
            closed_at: None,
            budget: new.budget,
            spent: 0,
            kept: 0,
            released: false,
            ceiling: new.ceiling.map(|_| 0),
            voucher_key: new.ceiling.flatten(),
            lanes: vec![],
            funding: vec![(self.today(), new.budget)],
        });
        SessionId(self.sessions.len() as u64)
    }

    /// Returns how much went out.
    pub fn withdraw(
        &mut self,
        by: Account,
        money: Money,
        amount: Option<u128>,
        recipient: Account,
    ) -> Verdict<u128> {
        let available = self.balance(by, money).available;
        let amount = amount.unwrap_or(available);
        need(0 < amount && amount <= available && !self.refuses(money, recipient))?;
        self.balances.entry((by, money)).or_default().available -= amount;
        self.arrive(recipient, money, amount);
        if money == STUBBORN && self.behaviour == Behaviour::CallsBack {
            self.payout(&[recipient], money);
        }
        Ok(amount)
    }

    pub fn top_up(&mut self, by: Account, id: SessionId, amount: u128) -> Verdict<()> {
        let (now, today) = (self.now, self.today());
        let session = self.own_session(by, id)?;
        let money = session.money;
        let open = !session.released && now < session.ends_at();
        need(open && session.funder == session.caller && amount > 0)?;
        need(session.budget.checked_add(amount).is_some())?;
        need(amount <= self.balance(by, money).available)?;
        let session = self.own_session(by, id)?;
        session.budget += amount;
        session.funding.push((today, amount));
        self.balances.entry((by, money)).or_default().available -= amount;
        Ok(())
    }

    /// Ends it after the grace; refused where that would change nothing.
    pub fn close(&mut self, by: Account, id: SessionId) -> Verdict<()> {
        let now = self.now;
        let session = self.own_session(by, id)?;
        need(!session.released && session.closed_at.is_none())?;
        need(now + GRACE < session.expires_at)?;
        session.closed_at = Some(now + GRACE);
        Ok(())
    }

    pub fn release(&mut self, by: Account, id: SessionId) -> Verdict<()> {
        let (now, receipt_max_age) = (self.now, self.receipt_max_age);
        let session = numbered_mut(&mut self.sessions, id).ok_or(Refused::Message)?;
        let wait = if by == session.operator {
            0
        } else {
            receipt_max_age
        };
        let from = session.ends_at().saturating_add(wait);
        need(!session.released && now >= from)?;
        let (caller, money, left) = (session.caller, session.money, session.left());
        session.released = true;
        self.balances.entry((caller, money)).or_default().available += left;
        Ok(())
    }

    pub fn raise_ceiling(&mut self, by: Account, id: SessionId, ceiling: u128) -> Verdict<()> {
        let session = self.own_session(by, id)?;
        need(!session.released && session.ceiling.is_some_and(|before| ceiling > before))?;
        session.ceiling = Some(ceiling);
        Ok(())
    }

    pub fn set_auto_payout(&mut self, by: Account, money: Money, on: bool) -> Verdict<()> {
        self.moneys.insert(money);
        self.balances.entry((by, money)).or_default().auto_payout = on;
        Ok(())
    }

    /// Whether a token does not let itself be sent to an account.
    pub fn refuses(&self, money: Money, account: Account) -> bool {
        money == STUBBORN && self.refused.contains(&account)
    }

    /// Returns to whom how much is sent, in order; all others are passed over. What the token refuses is credited back.
    pub fn payout(&mut self, accounts: &[Account], money: Money) -> Vec<(Account, u128)> {
        let mut paid: Vec<(Account, u128)> = vec![];
        for account in accounts {
            let balance = self.balance(*account, money);
            let repeated = paid.iter().any(|(before, _)| before == account);
            if !balance.auto_payout || balance.available == 0 || repeated {
                continue;
            }
            paid.push((*account, balance.available));
            if !self.refuses(money, *account) {
                let key = (*account, money);
                self.balances.entry(key).or_default().available = 0;
                self.arrive(*account, money, balance.available);
            }
        }
        paid
    }

    /// What the escrow holds: all that was promised, and what was sent past it.
    pub fn held(&self, money: Money) -> u128 {
        let of_money = self.balances.iter().filter(|((_, of), _)| *of == money);
        let available: u128 = of_money.map(|(_, balance)| balance.available).sum();
        let sessions = self.sessions.iter().filter(|it| it.money == money);
        let reserved: u128 = sessions.map(Session::left).sum();
        let donated = self.donated.get(&money).copied().unwrap_or_default();
        available + reserved + donated
    }

    fn fee(&self, money: Money, amount: u128) -> u128 {
        match money {
            STUBBORN => self.behaviour.fee(amount),
            _ => 0,
        }
    }

    fn arrive(&mut self, account: Account, money: Money, amount: u128) {
        let arrived = amount - self.fee(money, amount);
        *self.wallets.entry((account, money)).or_default() += arrived;
    }

    fn own_session(&mut self, by: Account, id: SessionId) -> Verdict<&mut Session> {
        numbered_mut(&mut self.sessions, id)
            .filter(|session| session.caller == by)
            .ok_or(Refused::Message)
    }
}
