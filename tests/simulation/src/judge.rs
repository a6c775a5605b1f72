//! Rules that tell models that really earn from others by the numbers of the chain alone, and how well they do it.

use std::collections::BTreeSet;

use crate::fakes::Bill;
use crate::numbers::Numbers;
use crate::outcome::{ModelRow, Outcome};
use crate::scenario::JudgePlan;
use hub_types::ids::ModelId;

/// Seconds of a year, for interest.
const YEAR: f64 = 365.0 * 86_400.0;

/// A rule, from the most naive on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It was called.
    Calls,
    /// Its gross income reaches the sum.
    Gross,
    /// Its gross income without the related one reaches the sum.
    Unrelated,
    /// Its aged income reaches the sum.
    Aged,
    /// That, and enough payers, of whom enough returned, and no more than half of the gross is related: the rule that the
    /// report stands by.
    Earns,
}

/// All of them.
pub const RULES: [Rule; 5] = [
    Rule::Calls,
    Rule::Gross,
    Rule::Unrelated,
    Rule::Aged,
    Rule::Earns,
];

impl Rule {
    /// Whether it takes a model for one that really earns.
    pub fn accepts(self, numbers: &Numbers, judge: &JudgePlan) -> bool {
        let sum = judge.earns_from;
        match self {
            Self::Calls => numbers.calls + numbers.free_calls > 0,
            Self::Gross => numbers.gross >= sum,
            Self::Unrelated => numbers.gross - numbers.related >= sum,
            Self::Aged => numbers.aged >= sum,
            Self::Earns => {
                numbers.aged >= sum
                    && numbers.payers >= judge.payers
                    && numbers.returning >= judge.returning
                    && numbers.related <= numbers.gross / 2
            }
        }
    }
}

/// How a rule did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// Models that it accepts.
    pub accepted: u64,
    /// Of them, those that really earn.
    pub right: u64,
    /// Models that really earn.
    pub earning: u64,
    /// Of the models accepted, those of rings.
    pub fakes: u64,
    /// What independent people paid for the models that it misses, as a part of all that they paid.
    pub missed_income: f64,
}

impl Verdict {
    /// Of the accepted models, the part that really earns; 1 where nothing was accepted.
    pub fn precision(&self) -> f64 {
        part(self.right as f64, self.accepted as f64)
    }

    /// Of the models that really earn, the part that was accepted.
    pub fn recall(&self) -> f64 {
        part(self.right as f64, self.earning as f64)
    }
}

/// Whether independent people really paid a model enough.
pub fn really_earns(row: &ModelRow, judge: &JudgePlan) -> bool {
    row.demand.income >= judge.earns_from
}

/// How a rule did over all models.
pub fn verdict(outcome: &Outcome, rule: Rule) -> Verdict {
    let judge = &outcome.scenario.judge;
    let mut verdict = Verdict {
        rule,
        accepted: 0,
        right: 0,
        earning: 0,
        fakes: 0,
        missed_income: 0.0,
    };
    let (mut missed, mut all) = (0, 0);
    for row in &outcome.models {
        let (accepted, earns) = (rule.accepts(&row.numbers, judge), really_earns(row, judge));
        verdict.accepted += u64::from(accepted);
        verdict.right += u64::from(accepted && earns);
        verdict.earning += u64::from(earns);
        verdict.fakes += u64::from(accepted && outcome.plan_of(row).is_some());
        all += row.demand.income;
        if !accepted {
            missed += row.demand.income;
        }
    }
    verdict.missed_income = missed as f64 / (all as f64).max(1.0);
    verdict
}

/// What models are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Calls.
    Calls,
    /// Gross income.
    Gross,
    /// The ranking of all time: lifetime aged income.
    Ranking,
    /// Aged income of the last days.
    Lately,
    /// The ranking of all time, of models that the rule accepts.
    Accepted,
    /// What the operators of the market back that are nobody's friends.
    Backed,
    /// The ranking of the present: recent aged income.
    Recent,
    /// What the same operators back of what is recent.
    RecentlyBacked,
}

/// All of them.
pub const ORDERS: [Order; 8] = [
    Order::Calls,
    Order::Gross,
    Order::Ranking,
    Order::Lately,
    Order::Accepted,
    Order::Backed,
    Order::Recent,
    Order::RecentlyBacked,
];

impl Order {
    /// Whether it is held against what people pay of late, and not against everything that they ever paid.
    pub fn is_of_the_present(self) -> bool {
        matches!(self, Self::Recent | Self::RecentlyBacked)
    }
}

/// Of the first `count` models in an order, the part that is also among the first `count` in truth.
pub fn overlap(outcome: &Outcome, order: Order, count: usize) -> f64 {
    let judge = &outcome.scenario.judge;
    let truth = first(outcome, count, |row| match order.is_of_the_present() {
        true => Some(row.recent_income),
        false => Some(row.demand.income),
    });
    let found = first(outcome, count, |row| match order {
        Order::Calls => Some(u128::from(row.numbers.calls)),
        Order::Gross => Some(row.numbers.gross),
        Order::Ranking => row.place.map(largest_first),
        Order::Recent => row.recent_place.map(largest_first),
        Order::Lately => Some(row.aged_lately),
        Order::Backed => Some(row.backed),
        Order::RecentlyBacked => Some(row.recent_backed),
        Order::Accepted => {
            let accepted = Rule::Earns.accepts(&row.numbers, judge);
            row.place.filter(|_| accepted).map(largest_first)
        }
    });
    part(
        truth.intersection(&found).count() as f64,
        truth.len() as f64,
    )
}

/// A number that is larger the earlier a place is.
fn largest_first(place: u64) -> u128 {
    u128::from(u64::MAX - place)
}

/// The first models by a number, without those that have none of it.
fn first(
    outcome: &Outcome,
    count: usize,
    by: impl Fn(&ModelRow) -> Option<u128>,
) -> BTreeSet<ModelId> {
    let mut rows: Vec<(u128, ModelId)> = outcome
        .models
        .iter()
        .filter_map(|row| Some((by(row).filter(|number| *number > 0)?, row.model)))
        .collect();
    rows.sort_by_key(|(number, model)| (u128::MAX - number, *model));
    rows.into_iter()
        .take(count)
        .map(|(_, model)| model)
        .collect()
}

/// Spearman's rank correlation of true income and the ranking, over models that are in both.
pub fn rank_correlation(outcome: &Outcome) -> f64 {
    let mut both: Vec<(u128, u64)> = outcome
        .models
        .iter()
        .filter(|row| row.demand.income > 0)
        .filter_map(|row| Some((row.demand.income, row.place?)))
        .collect();
    both.sort_by_key(|(_, place)| *place);
    let mut by_truth: Vec<usize> = (0..both.len()).collect();
    by_truth.sort_by_key(|at| u128::MAX - both[*at].0);
    let n = both.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let squares: f64 = by_truth
        .iter()
        .enumerate()
        .map(|(rank, at)| (rank as f64 - *at as f64) * (rank as f64 - *at as f64))
        .sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

/// What one way to fake cost and what it moved: of all rings of a plan, divided by their number. Money is in dollars.
#[derive(Clone, Debug, PartialEq)]
pub struct Faking {
    /// How the scenario calls it.
    pub name: String,
    /// Rings that did it.
    pub rings: u64,
    /// Transactions.
    pub transactions: f64,
    /// Gas.
    pub gas: f64,
    /// Its price.
    pub gas_cost: f64,
    /// Most money that lay in the escrow at a time.
    pub locked: f64,
    /// For how many days.
    pub locked_days: f64,
    /// What it would have earned elsewhere.
    pub interest: f64,
    /// Money that others got.
    pub lost: f64,
    /// Models of its own.
    pub models: f64,
    /// How far it moved each number, money in dollars: calls, free calls, gross, related, aged, payers, returning.
    pub moved: Moved,
    /// What the operators of the market that are nobody's friends back of its models, at the default factor.
    pub backed: f64,
    /// The same of all operators of the market, friends of rings included.
    pub backed_by_all: f64,
    /// The best place in the ranking that one of its models took.
    pub place: Option<u64>,
    /// Of its models, those that the rule takes for really earning.
    pub accepted: u64,
    /// Of its models, those that count as earning where any aged income does.
    pub with_aged: u64,
}

/// How far numbers were moved. Money is in dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moved {
    /// Calls that cost something.
    pub calls: f64,
    /// Calls that cost nothing.
    pub free_calls: f64,
    /// Gross income.
    pub gross: f64,
    /// Related income.
    pub related: f64,
    /// Aged income.
    pub aged: f64,
    /// Payers.
    pub payers: f64,
    /// Returning payers.
    pub returning: f64,
}

impl Faking {
    /// Gas, interest and what others got.
    pub fn cost(&self) -> f64 {
        self.gas_cost + self.interest + self.lost
    }

    /// What a thousand dollars of aged income cost; none if it moved none.
    pub fn per_thousand_aged(&self) -> Option<f64> {
        (self.moved.aged > 0.0).then(|| self.cost() * 1_000.0 / self.moved.aged)
    }

    /// What a thousand dollars of gross income cost; none if it moved none.
    pub fn per_thousand_gross(&self) -> Option<f64> {
        (self.moved.gross > 0.0).then(|| self.cost() * 1_000.0 / self.moved.gross)
    }

    /// What a thousand dollars of what is backed cost; none if nothing is.
    pub fn per_thousand_backed(&self) -> Option<f64> {
        (self.backed > 0.0).then(|| self.cost() * 1_000.0 / self.backed)
    }

    /// What a returning payer cost; none if there were none.
    pub fn per_returning(&self) -> Option<f64> {
        (self.moved.returning > 0.0).then(|| self.cost() / self.moved.returning)
    }
}

/// What each way to fake cost and moved, in the order of the scenario.
pub fn fakings(outcome: &Outcome) -> Vec<Faking> {
    let plans = outcome.scenario.fakes.iter().enumerate();
    plans.map(|(plan, _)| faking(outcome, plan)).collect()
}

fn faking(outcome: &Outcome, plan: usize) -> Faking {
    let scenario = &outcome.scenario;
    let rings: Vec<_> = outcome
        .rings
        .iter()
        .filter(|ring| ring.plan == plan)
        .collect();
    let count = rings.len() as f64;
    let mean =
        |of: &dyn Fn(&Bill) -> f64| rings.iter().map(|ring| of(&ring.bill)).sum::<f64>() / count;
    let own = outcome.models_of(plan).map(|row| row.numbers);
    let elsewhere = rings.iter().map(|ring| ring.elsewhere);
    let moved = own
        .chain(elsewhere)
        .fold(Numbers::default(), |sum, numbers| sum.and(&numbers));
    let gas = mean(&|bill| bill.gas as f64);
    let dollar_seconds = mean(&|bill| dollars(bill.locked_seconds));
    let models = || outcome.models_of(plan);
    Faking {
        name: scenario.fakes[plan].name.clone(),
        rings: rings.len() as u64,
        transactions: mean(&|bill| bill.transactions as f64),
        gas,
        gas_cost: gas * scenario.costs.gas_price / 1e6,
        locked: mean(&|bill| dollars(bill.peak_locked)),
        locked_days: mean(&Bill::locked_days),
        interest: dollar_seconds * scenario.costs.interest / 100.0 / YEAR,
        lost: rings.iter().map(|ring| dollars(ring.lost)).sum::<f64>() / count,
        models: models().count() as f64 / count,
        moved: Moved {
            calls: moved.calls as f64 / count,
            free_calls: moved.free_calls as f64 / count,
            gross: dollars(moved.gross) / count,
            related: dollars(moved.related) / count,
            aged: dollars(moved.aged) / count,
            payers: moved.payers as f64 / count,
            returning: moved.returning as f64 / count,
        },
        backed: models().map(|row| dollars(row.backed)).sum::<f64>() / count,
        backed_by_all: models().map(|row| dollars(row.backed_by_all)).sum::<f64>() / count,
        place: models().filter_map(|row| row.place).min(),
        accepted: models()
            .filter(|row| Rule::Earns.accepts(&row.numbers, &scenario.judge))
            .count() as u64,
        with_aged: models().filter(|row| row.numbers.aged > 0).count() as u64,
    }
}

/// What it takes to stand before every model of the market by a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// The number.
    pub number: &'static str,
    /// What the first model of the market shows of it, in dollars.
    pub first: f64,
    /// The way to fake that moved it for least; none if nobody moved it.
    pub way: Option<String>,
    /// What a thousand dollars of it cost in that way.
    pub per_thousand: f64,
}

impl Front {
    /// What it would cost to show as much as the first model of the market.
    pub fn price(&self) -> f64 {
        self.first * self.per_thousand / 1_000.0
    }
}

/// The price to stand first, by each number that models are ordered by.
pub fn fronts(outcome: &Outcome) -> Vec<Front> {
    let all = fakings(outcome);
    type Of = (&'static str, fn(&ModelRow) -> u128, fn(&Faking) -> f64);
    let numbers: [Of; 4] = [
        ("gross", |row| row.numbers.gross, |it| it.moved.gross),
        ("aged", |row| row.numbers.aged, |it| it.moved.aged),
        (
            "backed by the believed, one of whom is the faker's friend",
            |row| row.backed_by_all,
            |it| it.backed_by_all,
        ),
        ("backed by the believed", |row| row.backed, |it| it.backed),
    ];
    let front = |(number, of_model, of_faking): Of| {
        let honest = outcome.models.iter();
        let honest = honest.filter(|row| outcome.plan_of(row).is_none());
        let cheapest = all
            .iter()
            .filter(|it| of_faking(it) > 0.0)
            .map(|it| (it.cost() * 1_000.0 / of_faking(it), it))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        Front {
            number,
            first: dollars(honest.map(of_model).max().unwrap_or_default()),
            way: cheapest.map(|(_, it)| it.name.clone()),
            per_thousand: cheapest.map(|(cost, _)| cost).unwrap_or_default(),
        }
    };
    numbers.into_iter().map(front).collect()
}

/// Millionths as dollars, for plots and tables.
pub fn dollars(millionths: u128) -> f64 {
    millionths as f64 / 1e6
}

/// How far rings moved a number, all of them together.
pub fn made_by_rings(fakings: &[Faking], number: impl Fn(&Faking) -> f64) -> f64 {
    fakings
        .iter()
        .map(|row| number(row) * row.rings as f64)
        .sum()
}

fn part(of: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        of / whole
    } else {
        1.0
    }
}
