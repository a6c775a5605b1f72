//! What becomes of one group: lane, rules, money, and the books of who earned what and what was used.

use hub_types::billing::Outcome;
use hub_types::records::usage::Sums;
use hub_types::split::Increase;
use hub_types::time::Day;

use super::records::RecordCache;
use super::rules::{self, Judgement};
use super::statement::Statement;
use crate::domain::basis::Basis;
use crate::domain::charge::{self, Billed, Charge};
use crate::domain::group::Group;
use crate::domain::income::Income;
use crate::domain::session::{Position, SessionCopy};
use crate::error::ContractError;
use crate::state::usage::{UsageBook, Use};

/// What all groups of a message are booked on, besides their sessions.
pub struct Ledger<'a> {
    pub income: Income,
    pub usage: UsageBook<'a>,
}

/// Decides a group of `session` and books it.
pub fn settle(
    group: &Group,
    session: &mut SessionCopy,
    ledger: &mut Ledger,
    records: &mut RecordCache,
    statement: &Statement,
) -> Result<Billed, ContractError> {
    if !session.trusts(&statement.record) {
        return Ok(Billed::nothing(Outcome::AttesterNotAllowed));
    }
    let next = match session.position(group) {
        Position::Refused(outcome) => return Ok(Billed::nothing(outcome)),
        Position::At(next) => next,
    };
    let basis = match rules::judge(group, session, records, statement)? {
        Judgement::Refused(outcome) => {
            session.advance(group.end);
            return Ok(Billed::nothing(outcome));
        }
        Judgement::Straddles => return Ok(Billed::nothing(Outcome::Straddles)),
        Judgement::Chargeable(basis) => basis,
    };
    let gross_before = ledger.usage.gross(group.model, basis.denom)?;
    let skip = next.saturating_sub(group.sequence);
    let payable = session.payable();
    let billed = match charge::charge(&basis.terms.rates, group.work, skip, &payable, gross_before)
    {
        Charge::Overflow => {
            session.advance(group.end);
            return Ok(Billed::nothing(Outcome::Overflow));
        }
        Charge::Refused(outcome) => return Ok(Billed::nothing(outcome)),
        Charge::Billed(billed) => billed,
    };
    let aged = session.aged_part(billed.amount, Day::of(statement.now));
    session.charge(next.saturating_add(billed.receipts), billed.amount)?;
    let operators_part = ledger.income.add(
        &basis,
        &statement.record.operator,
        Increase {
            gross_before,
            amount: billed.amount,
        },
    )?;
    let kept = match basis.is_kept(session.policy()) {
        true => operators_part,
        false => 0,
    };
    session.keep(kept);
    let parts = Parts { aged, kept };
    count(
        group,
        &basis,
        &billed,
        &parts,
        session,
        &mut ledger.usage,
        statement,
    )?;
    Ok(billed)
}

/// Parts of what was billed.
struct Parts {
    /// Paid with money that lay in the session for a day or more.
    aged: u128,
    /// What the operator got, if it has no other part in the model and nobody paid itself.
    kept: u128,
}

/// Counts what was billed.
fn count(
    group: &Group,
    basis: &Basis,
    billed: &Billed,
    parts: &Parts,
    session: &mut SessionCopy,
    usage: &mut UsageBook,
    statement: &Statement,
) -> Result<(), ContractError> {
    let day = Day::of(statement.now);
    let (related, aged) = match basis.is_related(session.policy()) {
        true => (billed.amount, 0),
        false => (0, parts.aged),
    };
    usage.add(&Use {
        model: group.model,
        release: group.release,
        denom: basis.denom,
        author: &basis.author,
        operator: statement.record.operator_number,
        kept: parts.kept,
        sums: Sums {
            gross: billed.amount,
            related,
            aged,
            calls: billed.calls,
            free_calls: billed.receipts.saturating_sub(billed.calls),
            units_in: billed.units_in,
            units_out: billed.units_out,
        },
        day,
        settle_lag_seconds: statement.now.saturating_sub(group.newest),
    })?;
    let (week, place) = (day.week(), basis.listed_place());
    if aged > 0 && !session.is_marked(place, week) {
        usage.mark_payer(group.model, basis.denom, &session.policy().funder, day)?;
        session.mark(place, week);
    }
    Ok(())
}
