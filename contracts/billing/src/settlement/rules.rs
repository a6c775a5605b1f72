//! Refusals that no time cures. The first that holds wins; each consumes the numbers of the group, so that one author's
//! retirement cannot block another's income.

use hub_types::billing::Outcome;
use hub_types::ids::{ReleaseNumber, TermsNumber};
use hub_types::records::escrow::Admission;

use super::records::RecordCache;
use super::statement::Statement;
use crate::domain::basis::Basis;
use crate::domain::group::Group;
use crate::domain::session::SessionCopy;
use crate::error::ContractError;

/// What the rules say of a group.
pub enum Judgement {
    /// Never billable.
    Refused(Outcome),
    /// Billable on this basis, if the money is there.
    Chargeable(Basis),
}

/// Judges a group of `session`.
pub fn judge(
    group: &Group,
    session: &SessionCopy,
    records: &mut RecordCache,
    statement: &Statement,
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

    let policy = session.policy();
    if !policy.takes(oldest, newest) {
        return refused(Outcome::Closed);
    }
    let admission = policy.admits(group.model, group.release);
    if admission == Admission::Refused {
        return refused(Outcome::ModelNotAllowed);
    }

    let Some(model) = records.model(group.model)? else {
        return refused(Outcome::UnknownModel);
    };
    let (author, latest_terms) = (model.author.clone(), model.latest_terms);
    let retired = model.retired_for(oldest, newest);
    if !(ReleaseNumber(1)..=model.latest_release).contains(&group.release) {
        return refused(Outcome::UnknownRelease);
    }
    if let Some(blob_id) = group.blob_id {
        let release = records.release(group.model, group.release)?;
        if release.is_none_or(|release| release.blob_id != blob_id) {
            return refused(Outcome::UnknownRelease);
        }
    }
    if !(TermsNumber(1)..=latest_terms).contains(&group.terms) {
        return refused(Outcome::UnknownTerms);
    }
    let Some(terms) = records.terms(group.model, group.terms)?.cloned() else {
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
    let denom = session.denom();
    if terms.denom != *records.denom(denom)? {
        return refused(Outcome::WrongDenom);
    }
    if policy
        .max_price
        .is_some_and(|limit| !terms.rates.within(&limit))
    {
        return refused(Outcome::PriceAboveLimit);
    }
    Ok(Judgement::Chargeable(Basis {
        terms,
        author,
        denom,
        admission,
    }))
}
