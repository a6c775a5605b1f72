//! What was sold, one entry a billed group. Every number about usage is a recount of this list.

use cosmwasm_std::{Uint128, Uint256, Uint512};
use hub_types::billing::{AttesterSums, HubSums, HubWeek, ServedSums, UsageSums};
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
    /// Who runs the attester.
    pub operator: Account,
    /// The operator's part, where the operator has no other part in the model and nobody paid itself.
    pub kept: u128,
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

    /// What others than the parties to the income paid.
    pub fn strange(&self) -> u128 {
        (self.sums.gross - self.sums.related).u128()
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

pub fn signed<'s>(sales: impl IntoIterator<Item = &'s Sale> + Clone) -> AttesterSums {
    let UsageSums {
        gross, aged, calls, ..
    } = sum(sales.clone());
    let kept = sales.into_iter().map(|sale| sale.kept).sum::<u128>().into();
    AttesterSums {
        gross,
        aged,
        calls,
        kept,
    }
}

/// What is left of a sum when so many weeks went by: half after four, rounded down once for the weeks beyond whole halvings
/// and once for each halving.
fn forget(sum: u128, weeks: u64) -> u128 {
    // 2^32 × 2^(-1/4), 2^(-1/2), 2^(-3/4), cut off.
    let left = [1 << 32, 3_611_622_602_u64, 3_037_000_499, 2_553_802_833];
    let scaled = Uint256::from(sum) * Uint256::from(left[(weeks % 4) as usize]);
    let scaled: Uint128 = (scaled / Uint256::from(1u64 << 32))
        .try_into()
        .expect("it is not more than the sum");
    (0..(weeks / 4).min(128)).fold(scaled.u128(), |sum, _| sum / 2)
}

/// A sum that forgets: of payments in order, each in its week.
#[derive(Clone, Copy, Default)]
pub struct Fading {
    sum: u128,
    week: u64,
}

impl Fading {
    pub fn of(payments: impl Iterator<Item = (u64, u128)>) -> Self {
        let mut fading = Self::default();
        for (week, amount) in payments {
            fading.pass(week);
            fading.sum += amount;
        }
        fading
    }

    fn pass(&mut self, week: u64) {
        if week > self.week {
            self.sum = forget(self.sum, week - self.week);
            self.week = week;
        }
    }

    pub fn at(mut self, week: u64) -> u128 {
        self.pass(week);
        self.sum
    }

    /// Sixteenths of doublings, by the 32 highest bits, and four a week; none for nothing.
    pub fn score(self) -> Option<u16> {
        let exponent = u64::from(self.sum.checked_ilog2()?);
        let head = match exponent > 31 {
            true => self.sum >> (exponent - 31),
            false => self.sum << (31 - exponent),
        };
        let to_the_sixteenth = |number: u128| (0..4).fold(Uint512::from(number), |it, _| it * it);
        let two = |exponent: u32| Uint512::one() << exponent;
        let sixteenths = (1..16u32)
            .filter(|step| to_the_sixteenth(head) >= two(31 * 16 + step))
            .count() as u64;
        let score = 16 * exponent + sixteenths + 4 * self.week;
        Some(score.min(u16::MAX.into()) as u16)
    }
}

/// What an operator served of a model: `sales` are its own, in order.
pub fn served(sales: &[&Sale], week: u64) -> ServedSums {
    let strange = || sales.iter().filter(|sale| sale.strange() > 0);
    ServedSums {
        strange: strange().map(|sale| sale.strange()).sum::<u128>().into(),
        kept: strange().map(|sale| sale.kept).sum::<u128>().into(),
        calls: sales.iter().map(|sale| sale.sums.calls).sum(),
        recent_strange: Fading::of(strange().map(|it| (it.week(), it.strange())))
            .at(week)
            .into(),
        recent_kept: recent_kept(sales).at(week).into(),
    }
}

/// What an operator recently kept of a model. It forgets when strangers pay, whether anything is kept of that or not.
pub fn recent_kept(sales: &[&Sale]) -> Fading {
    let strange = sales.iter().filter(|sale| sale.strange() > 0);
    Fading::of(strange.map(|sale| (sale.week(), sale.kept)))
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
        let earlier = earlier.filter(|sale| sale.week() + 2 <= week);
        let known: BTreeSet<Account> = earlier.filter_map(|sale| sale.payer).collect();
        let payers = || sales().filter_map(|sale| sale.payer);
        HubWeek {
            payers: distinct(payers()),
            returning: distinct(payers().filter(|payer| known.contains(payer))),
            models_called: distinct(sales().filter(|it| it.sums.calls > 0).map(|it| it.model)),
            models_earning: distinct(sales().filter(|it| it.payer.is_some()).map(|it| it.model)),
        }
    }

    /// Recent aged income of a model.
    pub fn recent(&self, model: ModelId, money: Money) -> Fading {
        let aged = self.sales_of(model, money);
        let aged = aged.filter(|sale| !sale.sums.aged.is_zero());
        Fading::of(aged.map(|sale| (sale.week(), sale.sums.aged.u128())))
    }

    /// Models by recent aged income: (score, model).
    pub fn recent_ranking(&self, money: Money) -> Vec<(u16, ModelId)> {
        self.ranked(|model| self.recent(model, money).score())
    }

    /// Models by what an operator recently kept: (score, model).
    pub fn ranking_at(&self, operator: Account, money: Money) -> Vec<(u16, ModelId)> {
        self.ranked(|model| {
            let sales = self.sales_of(model, money);
            let own: Vec<&Sale> = sales.filter(|sale| sale.operator == operator).collect();
            recent_kept(&own).score()
        })
    }

    /// The highest score first, of equals the older model.
    fn ranked(&self, score: impl Fn(ModelId) -> Option<u16>) -> Vec<(u16, ModelId)> {
        let models = ModelId(1).up_to(ModelId(self.works.len() as u64));
        let scored = models.filter_map(|model| Some((score(model)?, model)));
        let mut ranking: Vec<_> = scored.collect();
        ranking.sort_by_key(|(score, model)| (std::cmp::Reverse(*score), *model));
        ranking
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
