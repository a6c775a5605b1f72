//! What a group is charged by, once the rules found nothing against it.

use cosmwasm_std::CanonicalAddr;
use hub_types::ids::DenomNumber;
use hub_types::records::escrow::{Admission, SessionPolicy};
use hub_types::records::registry::TermsRecord;

/// What a group is charged by.
pub struct Basis {
    /// Terms that it names.
    pub terms: TermsRecord,
    /// Present author of the model.
    pub author: CanonicalAddr,
    /// Number of the denomination of session and terms.
    pub denom: DenomNumber,
    /// How the session allows the model.
    pub admission: Admission,
}

impl Basis {
    /// Whether funder or caller of the session is a party to the income: author, payee or operator.
    pub fn is_related(&self, policy: &SessionPolicy) -> bool {
        let is_party =
            |account: &CanonicalAddr| *account == policy.operator || self.is_inside(account);
        is_party(&policy.funder) || is_party(&policy.caller)
    }

    /// Whether what the operator of the session gets is kept: it has no other part in the model, and nobody pays itself.
    pub fn is_kept(&self, policy: &SessionPolicy) -> bool {
        !self.is_related(policy) && !self.is_inside(&policy.operator)
    }

    /// Whether an account is the author or a payee.
    fn is_inside(&self, account: &CanonicalAddr) -> bool {
        *account == self.author
            || self
                .terms
                .payees
                .iter()
                .any(|payee| payee.account == *account)
    }

    /// Place of the model among those that the session lists; none if it takes any.
    pub fn listed_place(&self) -> Option<usize> {
        match self.admission {
            Admission::Listed(place) => Some(place),
            _ => None,
        }
    }
}
