//! The tables of the report, once for both of its forms.

use crate::judge::{
    self, dollars as dollars_of, fakings, made_by_rings, overlap, verdict, Faking, Order, Rule,
    ORDERS, RULES,
};
use crate::outcome::{Outcome, LATELY_DAYS};
use crate::report::text::{count, dollars, mean, percent};

/// A table: its first column is text, the others are numbers.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn new(header: &[&str]) -> Self {
        Self {
            header: header.iter().map(|text| (*text).to_owned()).collect(),
            rows: vec![],
        }
    }
}

/// What each way to fake cost one ring.
pub fn costs(outcome: &Outcome) -> Table {
    let mut table = Table::new(&[
        "fake",
        "rings",
        "transactions",
        "gas",
        "gas, $",
        "locked, $",
        "for days",
        "interest, $",
        "kept by others, $",
        "cost, $",
        "per $1 000 gross, $",
        "per $1 000 aged, $",
        "per $1 000 backed, $",
        "per returning payer, $",
    ]);
    for row in fakings(outcome) {
        table.rows.push(vec![
            row.name.clone(),
            row.rings.to_string(),
            mean(row.transactions),
            count(row.gas),
            dollars(row.gas_cost),
            dollars(row.locked),
            if row.locked > 0.0 {
                format!("{:.1}", row.locked_days)
            } else {
                "none".to_owned()
            },
            dollars(row.interest),
            dollars(row.lost),
            dollars(row.cost()),
            row.per_thousand_gross().map_or_else(nothing, dollars),
            row.per_thousand_aged().map_or_else(nothing, dollars),
            row.per_thousand_backed().map_or_else(nothing, dollars),
            row.per_returning().map_or_else(nothing, dollars),
        ]);
    }
    table
}

/// How far each way to fake moved each number for one ring.
pub fn moved(outcome: &Outcome) -> Table {
    let mut table = Table::new(&[
        "fake",
        "models",
        "calls",
        "free calls",
        "gross, $",
        "related, $",
        "aged, $",
        "backed, $",
        "payers",
        "returning",
        "best place",
        "with aged income",
        "taken for earning",
    ]);
    for row in fakings(outcome) {
        let moved = &row.moved;
        let zero_or = |number: f64, show: fn(f64) -> String| {
            if number == 0.0 {
                nothing()
            } else {
                show(number)
            }
        };
        let models = libm::round(row.models * row.rings as f64);
        let of_all = |number: u64| {
            if models == 0.0 {
                nothing()
            } else {
                format!("{number} of {models}")
            }
        };
        table.rows.push(vec![
            row.name.clone(),
            zero_or(row.models, mean),
            zero_or(moved.calls, mean),
            zero_or(moved.free_calls, mean),
            zero_or(moved.gross, dollars),
            zero_or(moved.related, dollars),
            zero_or(moved.aged, dollars),
            zero_or(row.backed, dollars),
            zero_or(moved.payers, mean),
            zero_or(moved.returning, mean),
            row.place.map_or_else(nothing, |place| place.to_string()),
            of_all(row.with_aged),
            of_all(row.accepted),
        ]);
    }
    table
}

/// What operators back, for several choices of whom to believe and how far.
pub fn backed(outcome: &Outcome) -> Table {
    let mut table = Table::new(&[
        "operators believed, factor",
        "accepted",
        "of them right",
        "precision",
        "recall",
        "recently: precision",
        "recently: recall",
        "coverage",
        "backed of the market, $",
        "backed of rings, $",
        "most a ring shows for $1 that it left, $",
        "backed of rings with a friend, $",
    ]);
    let part = |of: u64, whole: u64| percent(of as f64 / (whole as f64).max(1.0));
    for row in &outcome.backed {
        table.rows.push(vec![
            match row.friends {
                0 => format!("{} operators, {}", row.operators, row.factor),
                friends => format!(
                    "{} operators, of whom {friends} a friend of rings, {}",
                    row.operators, row.factor
                ),
            },
            row.accepted.to_string(),
            row.right.to_string(),
            part(row.right, row.accepted),
            part(row.right, row.earning),
            part(row.recent.right, row.recent.accepted),
            part(row.recent.right, row.recent.earning),
            percent(row.coverage),
            dollars(dollars_of(row.backed)),
            dollars(dollars_of(row.backed_of_rings)),
            dollars(row.most_for_one),
            dollars(dollars_of(row.backed_of_friends)),
        ]);
    }
    table
}

/// How well rules tell models that really earn from the others.
pub fn rules(outcome: &Outcome) -> Table {
    let mut table = Table::new(&[
        "rule",
        "accepted",
        "of them right",
        "of them fakes",
        "precision",
        "recall",
        "true income missed",
    ]);
    for rule in RULES {
        let verdict = verdict(outcome, rule);
        table.rows.push(vec![
            rule_name(outcome, rule),
            verdict.accepted.to_string(),
            verdict.right.to_string(),
            verdict.fakes.to_string(),
            percent(verdict.precision()),
            percent(verdict.recall()),
            percent(verdict.missed_income),
        ]);
    }
    table
}

/// A rule in words.
pub fn rule_name(outcome: &Outcome, rule: Rule) -> String {
    let judge = &outcome.scenario.judge;
    let sum = dollars(judge.earns_from as f64 / 1e6);
    match rule {
        Rule::Calls => "called at all".to_owned(),
        Rule::Gross => format!("gross ≥ ${sum}"),
        Rule::Unrelated => format!("gross − related ≥ ${sum}"),
        Rule::Aged => format!("aged ≥ ${sum}"),
        Rule::Earns => format!(
            "aged ≥ ${sum}, payers ≥ {}, returning ≥ {}, related ≤ half of gross",
            judge.payers, judge.returning
        ),
    }
}

/// How far orders by a number agree with the truth at the top.
pub fn orders(outcome: &Outcome) -> Table {
    let mut table = Table::new(&["models ordered by", "first 10", "first 50", "first 100"]);
    for order in ORDERS {
        let name = match order {
            Order::Calls => "calls".to_owned(),
            Order::Gross => "gross income".to_owned(),
            Order::Ranking => "aged income of all time: `lifetime_ranking`".to_owned(),
            Order::Lately => format!("aged income of the last {LATELY_DAYS} days"),
            Order::Accepted => "the same, of models that the last rule accepts".to_owned(),
            Order::Backed => "what the believed back at 5".to_owned(),
            Order::Recent => "recent aged income: `ranking`; against recent truth".to_owned(),
            Order::RecentlyBacked => {
                "what the believed back at 5 of what is recent; against recent truth".to_owned()
            }
        };
        let mut row = vec![name];
        row.extend([10, 50, 100].map(|count| percent(overlap(outcome, order, count))));
        table.rows.push(row);
    }
    table
}

/// The price to stand first.
pub fn fronts(outcome: &Outcome) -> Table {
    let mut table = Table::new(&[
        "number",
        "of the first model of the market, $",
        "cheapest way here",
        "per $1 000, $",
        "price to show as much, $",
    ]);
    for front in judge::fronts(outcome) {
        let price = front.price();
        let known = |number: f64| match front.way {
            Some(_) => dollars(number),
            None => nothing(),
        };
        table.rows.push(vec![
            front.number.to_owned(),
            dollars(front.first),
            front.way.clone().unwrap_or_else(nothing),
            known(front.per_thousand),
            known(price),
        ]);
    }
    table
}

/// A number of the whole Hub and how much of it rings made.
pub struct Share {
    pub name: &'static str,
    chain: f64,
    rings: f64,
    show: fn(f64) -> String,
}

impl Share {
    /// The part that rings made.
    pub fn part(&self) -> f64 {
        if self.chain > 0.0 {
            self.rings / self.chain
        } else {
            0.0
        }
    }
}

/// Sums over the whole time: what the chain says, and how much of it is made by rings.
pub fn shares(outcome: &Outcome) -> Vec<Share> {
    let lifetime = &outcome.glance.lifetime;
    let sums = &lifetime.sums;
    let all = fakings(outcome);
    let of = |number: fn(&Faking) -> f64| made_by_rings(&all, number);
    let in_all = |number: fn(&Faking) -> u64| all.iter().map(number).sum::<u64>() as f64;
    let money = |amount: u128| amount as f64 / 1e6;
    let share = |name, chain, rings, show| Share {
        name,
        chain,
        rings,
        show,
    };
    vec![
        share(
            "models registered",
            lifetime.models_registered as f64,
            of(|row| row.models),
            count,
        ),
        share("calls", sums.calls as f64, of(|row| row.moved.calls), count),
        share(
            "free calls",
            sums.free_calls as f64,
            of(|row| row.moved.free_calls),
            count,
        ),
        share(
            "gross, $",
            money(sums.gross.u128()),
            of(|row| row.moved.gross),
            dollars,
        ),
        share(
            "related, $",
            money(sums.related.u128()),
            of(|row| row.moved.related),
            dollars,
        ),
        share(
            "aged, $",
            money(sums.aged.u128()),
            of(|row| row.moved.aged),
            dollars,
        ),
        share(
            "models with aged income",
            sums.models_earning as f64,
            in_all(|row| row.with_aged),
            count,
        ),
        share(
            "models that the last rule accepts",
            verdict(outcome, Rule::Earns).accepted as f64,
            in_all(|row| row.accepted),
            count,
        ),
    ]
}

/// The same as a table.
pub fn sums(outcome: &Outcome) -> Table {
    let mut table = Table::new(&["number", "on chain", "made by rings", "part"]);
    for share in shares(outcome) {
        table.rows.push(vec![
            share.name.to_owned(),
            (share.show)(share.chain),
            (share.show)(share.rings),
            percent(share.part()),
        ]);
    }
    table
}

/// What is left of the numbers for a reader who believes only some operators.
pub fn operators(outcome: &Outcome) -> Table {
    let mut table = Table::new(&["attested by", "calls", "gross, $", "aged, $"]);
    let money = |amount: u128| dollars(amount as f64 / 1e6);
    let sums = &outcome.glance.lifetime.sums;
    let believed = &outcome.believed;
    let (calls, income) = outcome.days.iter().fold((0, 0), |(calls, income), day| {
        (calls + day.true_calls, income + day.true_income)
    });
    let rows = [
        (
            "all operators",
            sums.calls,
            money(sums.gross.u128()),
            money(sums.aged.u128()),
        ),
        (
            "the operators of the market",
            believed.calls,
            money(believed.gross),
            money(believed.aged),
        ),
        (
            "truth: by independent people, free calls included",
            calls,
            money(income),
            nothing(),
        ),
    ];
    for (name, calls, gross, aged) in rows {
        table
            .rows
            .push(vec![name.to_owned(), count(calls as f64), gross, aged]);
    }
    table
}

fn nothing() -> String {
    "–".to_owned()
}
