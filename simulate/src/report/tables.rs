//! The tables of the report, once for both of its forms.

use crate::judge::{
    fakings, overlap, verdict, Faking, Order, Rule, ORDERS, RULES,
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
        "per $1 000 aged, $",
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
            row.per_thousand_aged().map_or_else(nothing, dollars),
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
            zero_or(moved.payers, mean),
            zero_or(moved.returning, mean),
            row.place.map_or_else(nothing, |place| place.to_string()),
            of_all(row.with_aged),
            of_all(row.accepted),
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
            Order::Ranking => "aged income: the ranking of the chain".to_owned(),
            Order::Lately => format!("aged income of the last {LATELY_DAYS} days"),
            Order::Accepted => "the ranking, of models that the last rule accepts".to_owned(),
        };
        let mut row = vec![name];
        row.extend([10, 50, 100].map(|count| percent(overlap(outcome, order, count))));
        table.rows.push(row);
    }
    table
}

/// Sums over the whole time: what the chain says, and how much of it is made by rings.
pub fn sums(outcome: &Outcome) -> Table {
    let mut table = Table::new(&["number", "on chain", "made by rings", "part"]);
    let lifetime = &outcome.glance.lifetime;
    let all = fakings(outcome);
    let faked = |of: &dyn Fn(&Faking) -> f64| all.iter().map(|row| of(row) * row.rings as f64).sum::<f64>();
    let money = |amount: u128| amount as f64 / 1e6;
    let sums = &lifetime.sums;
    let rows: [(&str, f64, f64, fn(f64) -> String); 8] = [
        ("models registered", lifetime.models_registered as f64, faked(&|row| row.models), count),
        (
            "models with aged income",
            sums.models_earning as f64,
            all.iter().map(|row| row.with_aged as f64).sum(),
            count,
        ),
        ("calls", sums.calls as f64, faked(&|row| row.moved.calls), count),
        ("free calls", sums.free_calls as f64, faked(&|row| row.moved.free_calls), count),
        ("gross, $", money(sums.gross.u128()), faked(&|row| row.moved.gross), dollars),
        ("related, $", money(sums.related.u128()), faked(&|row| row.moved.related), dollars),
        ("aged, $", money(sums.aged.u128()), faked(&|row| row.moved.aged), dollars),
        (
            "models that the rule takes for earning",
            verdict(outcome, Rule::Earns).accepted as f64,
            all.iter().map(|row| row.accepted as f64).sum(),
            count,
        ),
    ];
    for (name, chain, made, show) in rows {
        table.rows.push(vec![
            name.to_owned(),
            show(chain),
            show(made),
            percent(made / chain.max(1e-9)),
        ]);
    }
    table
}

fn nothing() -> String {
    "–".to_owned()
}
