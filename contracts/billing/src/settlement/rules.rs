//! Refusals that no time cures. The first that holds wins; each consumes the numbers of the group, so that one author's
//! retirement cannot block another's income.

use cosmwasm_std::CanonicalAddr;
use hub_types::billing::Outcome;
use hub_types::records::escrow::{Admission, SessionPolicy};
use hub_types::records::registry::TermsRecord;

use super::books::Books;
use super::{Group, Statement};
use crate::error::ContractError;

/// What the rules say of a group.
pub enum Judgement {
    /// Never billable.
    Refused(Outcome),
    /// Billable at these terms, if the money is there.
    Chargeable(Chargeable),
}

/// What a group is charged by.
pub struct Chargeable {
    /// Terms that it names.
    pub terms: TermsRecord,
    /// Present author of the model.
    pub author: CanonicalAddr,
    /// Number of the denomination of session and terms.
    pub denom: u32,
    /// How the session allows the model.
    pub admission: Admission,
}

impl Chargeable {
    /// Whether funder or caller of the session is a party to the income: author, payee or operator.
    pub fn is_related(&self, policy: &SessionPolicy) -> bool {
        let is_party = |account: &CanonicalAddr| {
            *account == policy.operator
                || *account == self.author
                || self
                    .terms
                    .payees
                    .iter()
                    .any(|payee| payee.account == *account)
        };
        is_party(&policy.funder) || is_party(&policy.caller)
    }
}

/// Judges a group of a session that the books hold.
pub fn judge(
    books: &mut Books,
    statement: &Statement,
    group: &Group,
) -> Result<Judgement, ContractError> {
    let (oldest, newest) = (group.oldest, group.newest);
    let refused = |outcome| Ok(Judgement::Refused(outcome));

    let expiry = statement
        .now
        .saturating_sub(statement.receipt_max_age_seconds);
    if oldest < expiry {
        return refused(Outcome::Expired);
    }
    if statement
        .record
        .retired_at
        .is_some_and(|cutoff| newest >= cutoff)
    {
        return refused(Outcome::AttesterRetired);
    }

    let session = books.changed_session(group.session)?;
    if !session.policy().takes(oldest, newest) {
        return refused(Outcome::Closed);
    }
    let admission = session.policy().admits(group.model, group.release);
    if admission == Admission::Refused {
        return refused(Outcome::ModelNotAllowed);
    }
    let max_price = session.policy().max_price;
    let number = session.denom();

    let Some(model) = books.model(group.model)? else {
        return refused(Outcome::UnknownModel);
    };
    let (author, terms_count) = (model.author.clone(), model.terms);
    let retired = model.retired_for(oldest, newest);
    if !(1..=model.releases).contains(&group.release) {
        return refused(Outcome::UnknownRelease);
    }
    if let Some(blob_id) = group.blob_id {
        let release = books.release(group.model, group.release)?;
        if release.is_none_or(|release| release.blob_id != blob_id) {
            return refused(Outcome::UnknownRelease);
        }
    }
    if !(1..=terms_count).contains(&group.terms) {
        return refused(Outcome::UnknownTerms);
    }
    let Some(terms) = books.terms(group.model, group.terms)?.cloned() else {
        return Err(ContractError::Inconsistent {
            what: "a model without terms of a number that it gave",
        });
    };
    if !terms.in_force_for(oldest, newest) {
        return refused(Outcome::TermsNotInForce);
    }
    if retired {
        return refused(Outcome::Retired);
    }
    if terms.denom != *books.denom(number)? {
        return refused(Outcome::WrongDenom);
    }
    if max_price.is_some_and(|limit| !terms.rates.within(&limit)) {
        return refused(Outcome::PriceAboveLimit);
    }
    Ok(Judgement::Chargeable(Chargeable {
        terms,
        author,
        denom: number,
        admission,
    }))
}
