//! What time cannot cure. The first refusal that holds wins. It applies to every receipt of the group and consumes its
//! numbers, so that one author's retirement cannot block another's income.

use hub_types::billing::Outcome;
use hub_types::ids::{ReleaseNumber, TermsNumber};
use hub_types::records::escrow::Admission;
use hub_types::time::{Containment, Interval, Issued};

use super::records::RecordCache;
use super::statement::Statement;
use crate::domain::basis::Basis;
use crate::domain::group::Group;
use crate::domain::session::SessionCopy;
use crate::error::ContractError;

/// What the rules say of a group.
pub enum Judgement {
    /// None of its receipts can ever be billed.
    Refused(Outcome),
    /// No rule refuses all of it, and a limit of time refuses a part of it.
    Straddles,
    /// Billable on this basis, if the money is there.
    Chargeable(Basis),
}

/// Judges a group of `session`.
///
/// Limits of time look at the group's oldest and newest receipt alone. What lies wholly outside one of them is refused.
/// What lies on both sides waits until it is sent again in smaller groups, so that a receipt that is a second late voids
/// no other. It waits only if nothing else refuses all of it: then cutting it would change nothing.
pub fn judge(
    group: &Group,
    session: &SessionCopy,
    records: &mut RecordCache,
    statement: &Statement,
) -> Result<Judgement, ContractError> {
    let refused = |outcome| Ok(Judgement::Refused(outcome));
    let mut straddles = false;
    let mut lies_outside = |limits: Interval| {
        let containment = limits.containment(Issued {
            oldest: group.oldest,
            newest: group.newest,
        });
        straddles |= containment == Containment::Part;
        containment == Containment::Nothing
    };

    if lies_outside(statement.accepted_age()) {
        return refused(Outcome::Expired);
    }
    if lies_outside(statement.signing_time()) {
        return refused(Outcome::AttesterRetired);
    }

    let policy = session.policy();
    if lies_outside(policy.takes()) {
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
    let in_service = model.in_service();
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
    if terms.in_force().is_none_or(&mut lies_outside) {
        return refused(Outcome::TermsNotInForce);
    }
    if lies_outside(in_service) {
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
    if straddles {
        return Ok(Judgement::Straddles);
    }
    Ok(Judgement::Chargeable(Basis {
        terms,
        author,
        denom,
        admission,
    }))
}
