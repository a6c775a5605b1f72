//! What an attester signed and was paid.

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{AttesterId, DenomNumber};
use hub_types::records::usage::{AttesterTotals, ATTESTER_USAGE};

use super::UsageChanges;
use crate::domain::copies::Copies;

/// What an attester signed and was paid in a denomination.
pub fn totals(
    storage: &dyn Storage,
    attester: AttesterId,
    denom: DenomNumber,
) -> StdResult<AttesterTotals> {
    Ok(ATTESTER_USAGE
        .get(storage, (attester, denom))?
        .unwrap_or_default())
}

/// The copy of a message, which one attester signed.
pub struct AttesterBook<'a> {
    storage: &'a dyn Storage,
    attester: AttesterId,
    totals: Copies<DenomNumber, AttesterTotals>,
}

impl<'a> AttesterBook<'a> {
    pub fn new(storage: &'a dyn Storage, attester: AttesterId) -> Self {
        Self {
            storage,
            attester,
            totals: Copies::default(),
        }
    }

    pub fn add(&mut self, denom: DenomNumber, added: &AttesterTotals) -> StdResult<()> {
        // Free calls change nothing here, and spare the record.
        if *added == AttesterTotals::default() {
            return Ok(());
        }
        let (storage, attester) = (self.storage, self.attester);
        let read = || totals(storage, attester, denom);
        let totals = self.totals.find(denom, read)?;
        *totals = totals.and(added);
        Ok(())
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for (denom, totals) in self.totals.into_sorted() {
            changes.set(&ATTESTER_USAGE, (self.attester, denom), &totals);
        }
    }
}
