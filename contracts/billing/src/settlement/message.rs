//! One message's settlement: its groups in order, and what they come to.

use cosmwasm_std::{CanonicalAddr, Deps, Uint128};
use hub_types::billing::{Gross, Outcome};
use hub_types::denom::Denom;
use hub_types::escrow::{Credit, SessionSettlement};
use hub_types::ids::SessionId;
use hub_types::wire::{Hash, SignedVoucher};

use super::decision::{self, Ledger};
use super::records::RecordCache;
use super::sessions::Sessions;
use super::statement::Statement;
use super::vouchers;
use crate::domain::charge::Billed;
use crate::domain::group::Group;
use crate::domain::income::Income;
use crate::error::ContractError;
use crate::state::config::Config;
use crate::state::usage::{UsageBook, UsageChanges};

/// One message's settlement in the making.
pub struct Settlement<'a> {
    statement: Statement,
    sessions: Sessions<'a>,
    records: RecordCache<'a>,
    ledger: Ledger<'a>,
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
    /// How many receipts this message billed.
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

    /// Whether some group had been settled before: then a retry of it was overtaken, and is no error.
    pub fn is_overtaken(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.outcome == Outcome::Stale)
    }
}

impl<'a> Settlement<'a> {
    pub fn new(deps: Deps<'a>, config: &'a Config, statement: Statement) -> Self {
        Self {
            sessions: Sessions::new(deps, config),
            records: RecordCache::new(deps, config),
            ledger: Ledger {
                income: Income::default(),
                usage: UsageBook::new(deps.storage, statement.attester),
            },
            paid: 0,
            groups: vec![],
            statement,
        }
    }

    /// Raises the ceilings of the sessions `named` by the message, before its first group.
    pub fn apply_vouchers(
        &mut self,
        named: impl IntoIterator<Item = SessionId>,
        signed: &[SignedVoucher],
        tag: &Hash,
    ) -> Result<(), ContractError> {
        vouchers::apply(&mut self.sessions, &self.statement, named, signed, tag)
    }

    /// Caller and denomination of a session that takes receipts.
    pub fn session_summary(
        &mut self,
        session: SessionId,
    ) -> Result<Option<(CanonicalAddr, Denom)>, ContractError> {
        let Some(session) = self.sessions.find(session, &self.statement)? else {
            return Ok(None);
        };
        let denom = self.records.denom(session.denom())?.clone();
        Ok(Some((session.policy().caller.clone(), denom)))
    }

    /// Decides the next group and books it on the copies.
    pub fn settle(&mut self, group: &Group) -> Result<Settled, ContractError> {
        let billed = match self.sessions.find(group.session, &self.statement)? {
            None => Billed::nothing(Outcome::UnknownSession),
            Some(session) => decision::settle(
                group,
                session,
                &mut self.ledger,
                &mut self.records,
                &self.statement,
            )?,
        };
        let settled = Settled {
            outcome: billed.outcome,
            amount: Uint128::new(billed.amount),
        };
        self.paid = self.paid.saturating_add(billed.receipts);
        self.groups.push(settled.clone());
        Ok(settled)
    }

    /// Ends the settlement.
    pub fn finish(mut self) -> Result<Decided, ContractError> {
        let mut gross = vec![];
        for (number, amount) in self.ledger.income.gross() {
            gross.push(Gross {
                denom: self.records.denom(number)?.clone(),
                amount: Uint128::new(amount),
            });
        }
        Ok(Decided {
            paid: self.paid,
            groups: self.groups,
            gross,
            sessions: self.sessions.into_settlements(self.statement.attester),
            credits: self.ledger.income.into_credits(),
            usage: self.ledger.usage.into_changes(),
        })
    }
}

#[cfg(test)]
mod tests;
