//! Tables for further use. Money is in millionths of a dollar, so that nothing is rounded.

use std::fmt::Write;

use crate::judge::{fakings, really_earns, Rule};
use crate::outcome::Outcome;
use crate::world::Nature;

pub fn days(outcome: &Outcome) -> String {
    let mut text = "day,models_registered,models_first_called,models_first_earning,payers_first,calls,free_calls,gross,\
                    related,aged,true_calls,true_income\n"
        .to_owned();
    for row in &outcome.days {
        let hub = &row.hub;
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
            row.day,
            row.registered,
            hub.models_called,
            hub.models_earning,
            hub.payers,
            hub.calls,
            hub.free_calls,
            hub.gross,
            hub.related,
            hub.aged,
            row.true_calls,
            row.true_income
        );
    }
    text
}

pub fn weeks(outcome: &Outcome) -> String {
    let mut text =
        "week,payers,returning,models_called,models_earning,true_payers,true_returning\n"
            .to_owned();
    for row in &outcome.weeks {
        let hub = &row.hub;
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{}",
            row.week,
            hub.payers,
            hub.returning,
            hub.models_called,
            hub.models_earning,
            row.true_payers,
            row.true_returning
        );
    }
    text
}

pub fn models(outcome: &Outcome) -> String {
    let judge = &outcome.scenario.judge;
    let mut text = "model,truth,true_income,true_calls,really_earns,accepted,place,calls,free_calls,gross,related,aged,\
                    aged_lately,payers,returning\n"
        .to_owned();
    for row in &outcome.models {
        let truth = match row.nature {
            Nature::Wanted => "wanted".to_owned(),
            Nature::Free => "free".to_owned(),
            Nature::Dead => "dead".to_owned(),
            Nature::Fake { .. } => match outcome.plan_of(row) {
                Some(plan) => quoted(&outcome.scenario.fakes[plan].name),
                None => "fake".to_owned(),
            },
        };
        let n = &row.numbers;
        let place = row.place.map(|place| place.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "{},{truth},{},{},{},{},{place},{},{},{},{},{},{},{},{}",
            row.model,
            row.demand.income,
            row.demand.calls,
            really_earns(row, judge),
            Rule::Earns.accepts(n, judge),
            n.calls,
            n.free_calls,
            n.gross,
            n.related,
            n.aged,
            row.aged_lately,
            n.payers,
            n.returning
        );
    }
    text
}

/// The verdict, each row for one ring of its kind; money in dollars.
pub fn fakes(outcome: &Outcome) -> String {
    let mut text = "fake,rings,transactions,gas,gas_cost,locked,locked_days,interest,lost,cost,models,calls,free_calls,gross,\
                    related,aged,payers,returning,best_place,accepted_in_all,with_aged_in_all\n"
        .to_owned();
    for row in fakings(outcome) {
        let moved = &row.moved;
        let place = row.place.map(|place| place.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "{},{},{},{},{:.6},{:.6},{:.3},{:.6},{:.6},{:.6},{},{},{},{:.6},{:.6},{:.6},{},{},{place},{},{}",
            quoted(&row.name),
            row.rings,
            row.transactions,
            row.gas,
            row.gas_cost,
            row.locked,
            row.locked_days,
            row.interest,
            row.lost,
            row.cost(),
            row.models,
            moved.calls,
            moved.free_calls,
            moved.gross,
            moved.related,
            moved.aged,
            moved.payers,
            moved.returning,
            row.accepted,
            row.with_aged
        );
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
