//! What was sold, one entry a billed group. Every number about usage is a recount of this list.

use hub_types::billing::{AttesterSums, HubSums, HubWeek, UsageSums};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber};

use super::{Account, Money, Reference};
use std::collections::BTreeSet;

/// A group that was billed.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    pub day: u64,
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub money: Money,
    /// Author of the model at that time.
    pub author: Account,
    pub attester: AttesterId,
    pub sums: UsageSums,
    /// Whose aged money paid, if any did.
    pub payer: Option<Account>,
    /// Seconds from the newest receipt to the block.
    pub lag: u64,
}

impl Sale {
    pub fn week(&self) -> u64 {
        self.day / 7
    }
}

/// Both together; nothing beyond the largest number.
pub fn add(one: UsageSums, two: UsageSums) -> UsageSums {
    UsageSums {
        gross: one.gross.saturating_add(two.gross),
        related: one.related.saturating_add(two.related),
        aged: one.aged.saturating_add(two.aged),
        calls: one.calls.saturating_add(two.calls),
        free_calls: one.free_calls.saturating_add(two.free_calls),
        units_in: one.units_in.saturating_add(two.units_in),
        units_out: one.units_out.saturating_add(two.units_out),
    }
}

pub fn sum<'s>(sales: impl IntoIterator<Item = &'s Sale>) -> UsageSums {
    let sums = sales.into_iter().map(|sale| sale.sums);
    sums.fold(UsageSums::default(), add)
}

pub fn signed<'s>(sales: impl IntoIterator<Item = &'s Sale>) -> AttesterSums {
    let UsageSums {
        gross, aged, calls, ..
    } = sum(sales);
    AttesterSums { gross, aged, calls }
}

/// Different ones.
fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> u64 {
    all.collect::<BTreeSet<T>>().len() as u64
}

impl Reference {
    pub fn sales_in(&self, money: Money) -> impl Iterator<Item = &Sale> + Clone {
        self.sales.iter().filter(move |sale| sale.money == money)
    }

    pub fn sales_of(&self, model: ModelId, money: Money) -> impl Iterator<Item = &Sale> + Clone {
        self.sales_in(money).filter(move |sale| sale.model == model)
    }

    /// Everything of the Hub up to the end of `day`.
    pub fn hub_up_to(&self, money: Money, day: u64) -> HubSums {
        let sales = || self.sales_in(money).filter(|sale| sale.day <= day);
        let models = |keep: fn(&&Sale) -> bool| distinct(sales().filter(keep).map(|it| it.model));
        let mut earning = BTreeSet::new();
        let mut authors = BTreeSet::new();
        for sale in sales().filter(|sale| !sale.sums.aged.is_zero()) {
            if earning.insert(sale.model) {
                authors.insert(sale.author);
            }
        }
        let sums = sum(sales());
        HubSums {
            gross: sums.gross,
            related: sums.related,
            aged: sums.aged,
            calls: sums.calls,
            free_calls: sums.free_calls,
            models_called: models(|sale| sale.sums.calls > 0),
            models_earning: earning.len() as u64,
            authors_earning: authors.len() as u64,
            payers: distinct(sales().filter_map(|sale| sale.payer)),
        }
    }

    pub fn hub_in_week(&self, money: Money, week: u64) -> HubWeek {
        let sales = || self.sales_in(money).filter(|sale| sale.week() == week);
        let earlier = self.sales_in(money).filter(|sale| sale.week() < week);
        let known: BTreeSet<Account> = earlier.filter_map(|sale| sale.payer).collect();
        let payers = || sales().filter_map(|sale| sale.payer);
        HubWeek {
            payers: distinct(payers()),
            returning: distinct(payers().filter(|payer| known.contains(payer))),
            models_called: distinct(sales().filter(|it| it.sums.calls > 0).map(|it| it.model)),
            models_earning: distinct(sales().filter(|it| it.payer.is_some()).map(|it| it.model)),
        }
    }

    /// Models with aged income, the most first as far as the Hub promises an order: (score, model, aged income).
    pub fn ranking(&self, money: Money) -> Vec<(u16, ModelId, u128)> {
        let models = ModelId(1).up_to(ModelId(self.works.len() as u64));
        let aged = models.map(|model| (model, sum(self.sales_of(model, money)).aged.u128()));
        let mut ranking: Vec<_> = aged
            .filter(|(_, aged)| *aged > 0)
            .map(|(model, aged)| (score(aged), model, aged))
            .collect();
        ranking.sort_by_key(|(score, model, _)| (std::cmp::Reverse(*score), *model));
        ranking
    }
}

/// Halved until it is below 32, each time at the cost of sixteen steps.
fn score(aged: u128) -> u16 {
    match aged < 32 {
        true => aged as u16,
        false => 16 + score(aged / 2),
    }
}
