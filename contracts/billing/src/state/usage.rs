//! Usage: what was called and what it earned, written in the same step as the money.

use std::collections::btree_map::Entry;
use std::collections::BTreeMap;

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::records::billing::{PayerRecord, UsageRecord, PAYERS, USAGE};

/// Canonical address, as bytes that sort.
type Account = Vec<u8>;

pub fn load(storage: &dyn Storage, model: u64, denom: u32) -> StdResult<UsageRecord> {
    Ok(USAGE.get(storage, (model, denom))?.unwrap_or_default())
}

/// Working copies of usage and payer records, read once and written once per message.
pub struct UsageBook<'a> {
    storage: &'a dyn Storage,
    usage: BTreeMap<(u64, u32), WorkingCopy>,
    payers: BTreeMap<(u64, u32, Account), PayerRecord>,
}

struct WorkingCopy {
    record: UsageRecord,
    changed: bool,
}

/// Records that a message changed, to be written once it is decided.
pub struct UsageChanges {
    usage: BTreeMap<(u64, u32), UsageRecord>,
    payers: BTreeMap<(u64, u32, Account), PayerRecord>,
}

/// What one group adds to the usage of its model.
pub struct Use {
    /// What was charged.
    pub amount: u128,
    /// Whether funder or caller is a party to the income.
    pub related: bool,
    /// How much was paid with money that lay in its session for a day or more.
    pub aged: u128,
    /// Receipts charged at least 1.
    pub calls: u64,
    /// Receipts charged nothing.
    pub free_calls: u64,
    /// Input units.
    pub units_in: u128,
    /// Output units.
    pub units_out: u128,
    /// Day of the block.
    pub day: u64,
}

impl<'a> UsageBook<'a> {
    pub fn new(storage: &'a dyn Storage) -> Self {
        Self {
            storage,
            usage: BTreeMap::new(),
            payers: BTreeMap::new(),
        }
    }

    /// The model's lifetime gross with everything added so far.
    pub fn gross(&mut self, model: u64, denom: u32) -> StdResult<u128> {
        Ok(self.usage(model, denom)?.record.gross)
    }

    /// Adds one group. The caller has checked that the gross stays within 128 bits.
    pub fn add(&mut self, model: u64, denom: u32, used: &Use) -> StdResult<()> {
        let usage = self.changed(model, denom)?;
        usage.gross = usage.gross.saturating_add(used.amount);
        if used.related {
            usage.related = usage.related.saturating_add(used.amount);
        } else {
            usage.aged = usage.aged.saturating_add(used.aged);
        }
        usage.calls = usage.calls.saturating_add(used.calls);
        usage.free_calls = usage.free_calls.saturating_add(used.free_calls);
        usage.units_in = usage.units_in.saturating_add(used.units_in);
        usage.units_out = usage.units_out.saturating_add(used.units_out);
        if used.calls > 0 {
            if usage.first_day == 0 {
                usage.first_day = used.day;
            }
            usage.last_day = used.day;
        }
        Ok(())
    }

    /// Marks `funder` as a payer of the model in `week`.
    pub fn mark_payer(
        &mut self,
        model: u64,
        denom: u32,
        funder: &CanonicalAddr,
        week: u64,
    ) -> StdResult<()> {
        let key = (model, denom, funder.as_slice().to_vec());
        let known = match self.payers.get(&key) {
            Some(payer) => Some(*payer),
            None => PAYERS.get(self.storage, (model, denom, funder))?,
        };
        let (payer, new, returning) = match known {
            None => (
                PayerRecord {
                    first_week: week,
                    last_week: week,
                },
                1,
                0,
            ),
            Some(payer) if payer.last_week == week => return Ok(()),
            Some(payer) => (
                PayerRecord {
                    last_week: week,
                    ..payer
                },
                0,
                u64::from(payer.first_week == payer.last_week),
            ),
        };
        self.payers.insert(key, payer);
        let usage = self.changed(model, denom)?;
        usage.payers = usage.payers.saturating_add(new);
        usage.returning = usage.returning.saturating_add(returning);
        Ok(())
    }

    /// What was changed.
    pub fn into_changes(self) -> UsageChanges {
        UsageChanges {
            usage: self
                .usage
                .into_iter()
                .filter(|(_, copy)| copy.changed)
                .map(|(key, copy)| (key, copy.record))
                .collect(),
            payers: self.payers,
        }
    }

    fn changed(&mut self, model: u64, denom: u32) -> StdResult<&mut UsageRecord> {
        let copy = self.usage(model, denom)?;
        copy.changed = true;
        Ok(&mut copy.record)
    }

    fn usage(&mut self, model: u64, denom: u32) -> StdResult<&mut WorkingCopy> {
        match self.usage.entry((model, denom)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => Ok(entry.insert(WorkingCopy {
                record: load(self.storage, model, denom)?,
                changed: false,
            })),
        }
    }
}

impl UsageChanges {
    pub fn write(&self, storage: &mut dyn Storage) {
        for (key, usage) in &self.usage {
            USAGE.set(storage, *key, usage);
        }
        for ((model, denom, funder), payer) in &self.payers {
            PAYERS.set(storage, (*model, *denom, &funder.clone().into()), payer);
        }
    }
}
