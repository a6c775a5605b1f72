//! Usage: what was called and what it earned, written in the same step as the money.
//!
//! A message works on copies, each record read once and written once. Which groups it holds and in what order never
//! changes what is written, but for which models of a payer stand in its own record.

mod attesters;
mod changes;
mod hub;
mod models;
mod payers;
mod served;

use cosmwasm_std::{CanonicalAddr, StdResult, Storage};
use hub_types::ids::{AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber};
use hub_types::records::served::Service;
use hub_types::records::usage::{AttesterTotals, Sums};
use hub_types::time::{Day, Week};

use attesters::AttesterBook;
use hub::HubBook;
use models::ModelBook;
use payers::PayerBook;
use served::ServedBook;

pub use attesters::totals as attester_totals;
pub use changes::UsageChanges;
pub use hub::{
    days as hub_days, load as hub, totals_up_to as hub_totals_up_to, weeks as hub_weeks,
};
pub use models::{days, lifetime_ranking, load, ranking, releases, sums_up_to};
pub use payers::page as payers;
pub use served::{at as served_at, page as served_by, ranking as ranking_at};

/// Working copies of everything that counts usage.
pub struct UsageBook<'a> {
    models: ModelBook<'a>,
    served: ServedBook<'a>,
    payers: PayerBook<'a>,
    hub: HubBook<'a>,
    attester: AttesterBook<'a>,
}

/// What was used, of what and when.
pub struct Use<'u> {
    pub model: ModelId,
    pub release: ReleaseNumber,
    /// Number of the denomination.
    pub denom: DenomNumber,
    /// Present author of the model.
    pub author: &'u CanonicalAddr,
    /// Number of the operator that served the group.
    pub operator: OperatorNumber,
    /// What of the group's amount that operator kept.
    pub kept: u128,
    /// What the group adds.
    pub sums: Sums,
    /// Day of the block.
    pub day: Day,
    /// Time from the group's newest receipt to the block, seconds.
    pub settle_lag_seconds: u64,
}

impl Use<'_> {
    /// What the operator served.
    fn service(&self) -> Service {
        Service {
            strange: self.sums.gross.saturating_sub(self.sums.related),
            kept: self.kept,
            calls: self.sums.calls,
        }
    }

    fn week(&self) -> Week {
        self.day.week()
    }
}

/// What a group is to those before it.
pub struct News {
    /// The model has its first paid call.
    pub first_call: bool,
    /// The model has its first paid call of the week.
    pub first_call_of_week: bool,
    /// The model has its first aged income.
    pub first_aged: bool,
    /// The model's record has no room for what this operator served.
    pub full: bool,
}

impl<'a> UsageBook<'a> {
    /// The books for a message signed by `attester`.
    pub fn new(storage: &'a dyn Storage, attester: AttesterId) -> Self {
        Self {
            models: ModelBook::new(storage),
            served: ServedBook::new(storage),
            payers: PayerBook::new(storage),
            hub: HubBook::new(storage),
            attester: AttesterBook::new(storage, attester),
        }
    }

    /// The model's lifetime gross with everything added so far.
    pub fn gross(&mut self, model: ModelId, denom: DenomNumber) -> StdResult<u128> {
        self.models.gross(model, denom)
    }

    /// Adds one group. The caller has checked that the gross stays within 128 bits.
    pub fn add(&mut self, used: &Use) -> StdResult<()> {
        let news = self.models.add(used)?;
        if news.full {
            self.served.add(used)?;
        }
        self.hub.add(used, &news)?;
        self.attester.add(
            used.denom,
            &AttesterTotals {
                gross: used.sums.gross,
                aged: used.sums.aged,
                calls: used.sums.calls,
                kept: used.kept,
            },
        )
    }

    /// Counts `funder`, whose aged money was added on `day`, as a payer of the model.
    pub fn mark_payer(
        &mut self,
        model: ModelId,
        denom: DenomNumber,
        funder: &CanonicalAddr,
        day: Day,
    ) -> StdResult<()> {
        let Some(visits) = self.payers.mark(model, denom, funder, day.week())? else {
            return Ok(());
        };
        let first_of_week = self.models.count_payer(model, denom, visits.of_model)?;
        self.hub.count_payer(denom, visits.of_hub, first_of_week)
    }

    /// What was changed.
    pub fn into_changes(self) -> UsageChanges {
        let mut changes = UsageChanges::default();
        self.models.list_changes(&mut changes);
        self.served.list_changes(&mut changes);
        self.payers.list_changes(&mut changes);
        self.hub.list_changes(&mut changes);
        self.attester.list_changes(&mut changes);
        changes
    }
}
