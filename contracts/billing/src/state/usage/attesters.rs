//! What an attester signed and was paid.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use cosmwasm_std::{StdResult, Storage};
use hub_types::ids::{AttesterId, DenomNumber};
use hub_types::records::usage::{AttesterTotals, ATTESTER_USAGE};

use super::UsageChanges;

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
    totals: BTreeMap<DenomNumber, AttesterTotals>,
}

impl<'a> AttesterBook<'a> {
    pub fn new(storage: &'a dyn Storage, attester: AttesterId) -> Self {
        Self {
            storage,
            attester,
            totals: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, denom: DenomNumber, added: &AttesterTotals) -> StdResult<()> {
        // Free calls change nothing here, and spare the record.
        if *added == AttesterTotals::default() {
            return Ok(());
        }
        let totals = match self.totals.entry(denom) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(totals(self.storage, self.attester, denom)?),
        };
        *totals = totals.and(added);
        Ok(())
    }

    pub fn list_changes(self, changes: &mut UsageChanges) {
        for (denom, totals) in &self.totals {
            changes.set(&ATTESTER_USAGE, (self.attester, *denom), totals);
        }
    }
}
