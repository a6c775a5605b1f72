//! Settlement: the way of receipts through billing.
//!
//! [`Settlement`] takes one message's groups in order, decides each by [`rules`], charges it by [`charge`], and works
//! on copies of the records that it reads once ([`books`], [`session`]). Nothing is written until all is
//! decided; then [`Settlement::finish`] gives what to write, what to tell the escrow and what to answer.

pub mod books;
pub mod charge;
pub mod income;
pub mod rules;
pub mod session;
pub mod signature;
pub mod vouchers;

use std::collections::BTreeSet;

use cosmwasm_std::{CanonicalAddr, Deps, Env, Uint128};
use hub_types::billing::{Gross, Outcome};
use hub_types::denom::Denom;
use hub_types::escrow::{Credit, SessionSettlement};
use hub_types::price::Rates;
use hub_types::records::billing::AttesterRecord;
use hub_types::records::escrow::Admission;
use hub_types::records::usage::Sums;
use hub_types::time;
use hub_types::wire::{BlobId, Hash, SignedVoucher, Work};

use crate::error::ContractError;
use crate::state::attesters;
use crate::state::config::Config;
use crate::state::usage::{UsageBook, UsageChanges, Use};
use books::Books;
use charge::{Billed, Charge};
use income::Income;
use rules::{Chargeable, Judgement};
use session::Position;

/// Consecutive receipts of one session, model, release and terms that an attester signed.
pub struct Group<'a> {
    pub session: SessionId,
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
    /// Blob that the receipt names, where it names one.
    pub blob_id: Option<BlobId>,
    /// Time of the oldest receipt, unix seconds.
    pub oldest: u64,
    /// Time of the newest receipt, unix seconds.
    pub newest: u64,
    /// Number of the first receipt in the attester's lane.
    pub sequence: u64,
    /// Number behind the last receipt.
    pub end: u64,
    /// What the receipts state.
    pub work: &'a Work,
}

/// The attester that signed, when, and by which rules it is judged.
pub struct Statement {
    pub attester: AttesterId,
    pub record: AttesterRecord,
    /// Block time, unix seconds.
    pub now: u64,
    pub receipt_max_age_seconds: u64,
}

impl Statement {
    /// What decides about a message as a whole, but for the signature: the attester must be known and able to charge,
    /// and the newest receipt not from the future.
    pub fn open(
        deps: Deps,
        env: &Env,
        config: &Config,
        attester: AttesterId,
        newest: u64,
    ) -> Result<Self, ContractError> {
        let now = env.block.time.seconds();
        let record = attesters::load(deps.storage, attester)?;
        if record.revoked {
            return Err(ContractError::AttesterRevoked { attester });
        }
        if let (Some(cutoff), true) = (
            record.retired_at,
            record.is_spent(now, config.receipt_max_age_seconds),
        ) {
            return Err(ContractError::AttesterRetired { attester, cutoff });
        }
        if newest > now.saturating_add(time::CUTOFF_GRACE_SECONDS) {
            return Err(ContractError::FromTheFuture {
                issued_at: newest,
                now,
                allowed: time::CUTOFF_GRACE_SECONDS,
            });
        }
        Ok(Self {
            attester,
            record,
            now,
            receipt_max_age_seconds: config.receipt_max_age_seconds,
        })
    }

    /// Whether the attester signed `digest`.
    pub fn check_signature(
        &self,
        deps: Deps,
        digest: &Hash,
        signature: &[u8],
    ) -> Result<(), ContractError> {
        if signature::verifies(deps.api, &self.record.key, digest, signature) {
            Ok(())
        } else {
            Err(ContractError::SignatureInvalid {
                attester: self.attester,
            })
        }
    }
}

/// One message's settlement in the making.
pub struct Settlement<'a> {
    statement: Statement,
    books: Books<'a>,
    usage: UsageBook<'a>,
    income: Income,
    paid: u64,
    groups: Vec<Settled>,
}

/// What became of a group.
#[derive(Clone)]
pub struct Settled {
    pub outcome: Outcome,
    /// What was charged for it.
    pub amount: Uint128,
}

/// A settlement that is decided.
pub struct Decided {
    /// Receipts billed.
    pub paid: u64,
    /// What became of each group.
    pub groups: Vec<Settled>,
    /// What was charged per denomination.
    pub gross: Vec<Gross>,
    /// For the escrow: lanes that moved. Empty if nothing changes.
    pub sessions: Vec<SessionSettlement>,
    /// For the escrow.
    pub credits: Vec<Credit>,
    /// For this contract's storage.
    pub usage: UsageChanges,
}

impl Decided {
    /// Whether anything was billed or consumed.
    pub fn changes_anything(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Whether every group had been settled before.
    pub fn is_stale(&self) -> bool {
        self.groups
            .iter()
            .all(|group| group.outcome == Outcome::Stale)
    }
}

impl<'a> Settlement<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config, statement: Statement) -> Self {
        Self {
            books: Books::new(deps, config),
            usage: UsageBook::new(deps.storage, statement.attester),
            income: Income::default(),
            paid: 0,
            groups: vec![],
            statement,
        }
    }

    /// Raises the ceilings of `sessions` by vouchers, before the first group.
    pub fn apply_vouchers(
        &mut self,
        sessions: &BTreeSet<u64>,
        signed: &[SignedVoucher],
        tag: &Hash,
    ) -> Result<(), ContractError> {
        vouchers::apply(&mut self.books, &self.statement, sessions, signed, tag)
    }

    /// Caller and denomination of a session that takes receipts.
    pub fn session_summary(
        &mut self,
        session: SessionId,
    ) -> Result<Option<(CanonicalAddr, Denom)>, ContractError> {
        let Some(session) = self.books.session(session, &self.statement)? else {
            return Ok(None);
        };
        let (caller, denom) = (session.policy().caller.clone(), session.denom());
        Ok(Some((caller, self.books.denom(denom)?.clone())))
    }

    /// Decides the next group and books it on the copies.
    pub fn settle(&mut self, group: &Group) -> Result<Settled, ContractError> {
        let billed = self.decide(group)?;
        let response = Settled {
            outcome: billed.outcome,
            amount: Uint128::new(billed.amount),
        };
        self.paid = self.paid.saturating_add(billed.receipts);
        self.groups.push(response.clone());
        Ok(response)
    }

    fn decide(&mut self, group: &Group) -> Result<Billed, ContractError> {
        let Some(session) = self.books.session(group.session, &self.statement)? else {
            return Ok(Billed::nothing(Outcome::UnknownSession));
        };
        if !session.trusts(&self.statement.record) {
            return Ok(Billed::nothing(Outcome::AttesterNotAllowed));
        }
        let next = match session.position(group) {
            Position::Refused(outcome) => return Ok(Billed::nothing(outcome)),
            Position::At(next) => next,
        };
        match rules::judge(&mut self.books, &self.statement, group)? {
            Judgement::Refused(outcome) => {
                self.books
                    .changed_session(group.session)?
                    .advance(group.end);
                Ok(Billed::nothing(outcome))
            }
            Judgement::Chargeable(chargeable) => self.bill(group, next, chargeable),
        }
    }

    /// Charges what is left of the group and books it on session, income and usage in one step.
    fn bill(
        &mut self,
        group: &Group,
        next: u64,
        chargeable: Chargeable,
    ) -> Result<Billed, ContractError> {
        let gross_before = self.usage.gross(group.model, chargeable.denom)?;
        let rates: Rates = chargeable.terms.rates;
        let skip = next.saturating_sub(group.sequence);
        let session = self.books.changed_session(group.session)?;
        let billed = match charge::charge(&rates, group.work, skip, &session.purse(), gross_before)
        {
            Charge::Overflow => {
                session.advance(group.end);
                return Ok(Billed::nothing(Outcome::Overflow));
            }
            Charge::Refused(outcome) => return Ok(Billed::nothing(outcome)),
            Charge::Billed(billed) => billed,
        };
        let day = time::day(self.statement.now);
        let aged = session.aged_part(billed.amount, day);
        session.charge(next.saturating_add(billed.receipts), billed.amount)?;
        self.income.add(
            &chargeable,
            &self.statement.record.operator,
            gross_before,
            billed.amount,
        )?;
        let related = chargeable.is_related(session.policy());
        let (of_related, aged) = match related {
            true => (billed.amount, 0),
            false => (0, aged),
        };
        self.usage.add(&Use {
            model: group.model,
            release: group.release,
            denom: chargeable.denom,
            author: &chargeable.author,
            sums: Sums {
                gross: billed.amount,
                related: of_related,
                aged,
                calls: billed.calls,
                free_calls: billed.receipts.saturating_sub(billed.calls),
                units_in: billed.units_in,
                units_out: billed.units_out,
            },
            day,
            settle_lag_seconds: self.statement.now.saturating_sub(group.newest),
        })?;
        if aged > 0 {
            let week = time::week(day);
            let listed = match chargeable.admission {
                Admission::Listed(place) => Some(place),
                _ => None,
            };
            if !session.is_marked(listed, week) {
                self.usage.mark_payer(
                    group.model,
                    chargeable.denom,
                    &session.policy().funder,
                    day,
                )?;
                session.mark(listed, week);
            }
        }
        Ok(billed)
    }

    /// Ends the settlement.
    pub fn finish(self) -> Result<Decided, ContractError> {
        let mut books = self.books;
        let mut gross = vec![];
        for (number, amount) in self.income.gross() {
            gross.push(Gross {
                denom: books.denom(number)?.clone(),
                amount: Uint128::new(amount),
            });
        }
        Ok(Decided {
            paid: self.paid,
            groups: self.groups,
            gross,
            sessions: books.into_settlements(self.statement.attester),
            credits: self.income.into_credits(),
            usage: self.usage.into_changes(),
        })
    }
}

#[cfg(test)]
mod tests;
