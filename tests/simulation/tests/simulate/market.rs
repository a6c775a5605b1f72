use hub_simulate::judge::{really_earns, verdict, Rule};
use hub_simulate::report::Report;
use hub_simulate::world::Nature;

use crate::stage::{parse, play, small, text};

#[test]
fn dead_models_never_rank_and_never_earn() {
    let mut tried = 0;
    for row in &small().models {
        if row.nature == Nature::Dead {
            assert_eq!((row.place, row.numbers.aged), (None, 0), "{row:?}");
            assert_eq!((row.numbers.payers, row.demand.income), (0, 0), "{row:?}");
            // Some were called by their authors.
            assert_eq!(row.numbers.gross, row.numbers.related, "{row:?}");
            tried += u64::from(row.numbers.gross > 0);
        }
    }
    assert!(tried > 0, "no author tried a dead model");
}

#[test]
fn all_that_independent_people_paid_is_counted_and_none_of_it_as_related() {
    for row in &small().models {
        if row.nature == Nature::Wanted {
            let unrelated = row.numbers.gross - row.numbers.related;
            // Nobody smeared the model as related, or it would be more than its author's trials.
            assert_eq!(unrelated, row.demand.income, "{row:?}");
            assert!(row.numbers.aged <= unrelated, "{row:?}");
        }
    }
}

#[test]
fn models_that_cost_nothing_rank_nowhere() {
    let free: Vec<_> = small()
        .models
        .iter()
        .filter(|row| row.nature == Nature::Free)
        .collect();
    assert!(
        free.iter().any(|row| row.numbers.free_calls > 0),
        "nobody called a free model"
    );
    for row in free {
        assert_eq!(
            (row.place, row.numbers.calls, row.numbers.gross),
            (None, 0, 0),
            "{row:?}"
        );
        assert_eq!(row.numbers.free_calls, row.demand.calls);
    }
}

#[test]
fn the_sums_of_the_hub_are_those_of_its_models_and_of_its_days() {
    let outcome = small();
    let sums = &outcome.glance.lifetime.sums;
    let of_models = outcome.models.iter().fold((0, 0, 0, 0), |sum, row| {
        let n = &row.numbers;
        (
            sum.0 + n.gross,
            sum.1 + n.related,
            sum.2 + n.aged,
            sum.3 + n.calls,
        )
    });
    let of_days = outcome.days.iter().fold((0, 0, 0, 0), |sum, row| {
        let (gross, related) = (row.hub.gross.u128(), row.hub.related.u128());
        (
            sum.0 + gross,
            sum.1 + related,
            sum.2 + row.hub.aged.u128(),
            sum.3 + row.hub.calls,
        )
    });
    let of_hub = (
        sums.gross.u128(),
        sums.related.u128(),
        sums.aged.u128(),
        sums.calls,
    );
    assert_eq!((of_models, of_days), (of_hub, of_hub));
    let places: Vec<u64> = {
        let mut places: Vec<u64> = outcome.models.iter().filter_map(|row| row.place).collect();
        places.sort_unstable();
        places
    };
    let with_aged = outcome
        .models
        .iter()
        .filter(|row| row.numbers.aged > 0)
        .count() as u64;
    assert_eq!(places, (1..=with_aged).collect::<Vec<_>>());
}

#[test]
fn the_rule_is_more_precise_than_calls_and_gross_and_age_alone_misses_little_income() {
    let (calls, gross) = (verdict(small(), Rule::Calls), verdict(small(), Rule::Gross));
    let earns = verdict(small(), Rule::Earns);
    assert!(earns.precision() > gross.precision() && gross.precision() > calls.precision());
    assert!(
        earns.precision() > 0.85 && earns.recall() > 0.6,
        "{earns:?}"
    );
    let aged = verdict(small(), Rule::Aged);
    assert!(aged.missed_income < 0.05, "{aged:?}");
    let judge = &small().scenario.judge;
    let really = small().models.iter().filter(|row| really_earns(row, judge));
    assert_eq!(really.count() as u64, earns.earning);
}

#[test]
fn the_same_scenario_writes_the_same_bytes_and_another_seed_others() {
    let text = text("small")
        .replace("days = 21", "days = 8")
        .replace("from_day = 10", "from_day = 2");
    let text = text.replace("from_day = 15", "from_day = 5");
    let files = |text: &str| -> Vec<(String, Vec<u8>)> {
        let report = Report::of(&play(&parse(text))).unwrap();
        report
            .files()
            .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
            .collect()
    };
    let first = files(&text);
    assert!(first == files(&text), "two runs differ");
    let other = files(&text.replace("seed = 2026", "seed = 2027"));
    for ((name, ours), (_, theirs)) in first.iter().zip(&other) {
        assert!(ours != theirs, "{name} does not depend on the seed");
    }
}

#[test]
fn a_market_without_demand_and_without_fakes_ends_with_zeros() {
    let text = text("small");
    let (market, _) = text.split_once("[[fakes]]").unwrap();
    let market = market
        .replace("dead = 60.0", "dead = 100.0")
        .replace("self_testing = 10.0", "self_testing = 0.0")
        .replace("days = 21", "days = 3");
    let outcome = play(&parse(&market));
    assert_eq!(outcome.glance.lifetime.sums, Default::default());
    assert_eq!(verdict(&outcome, Rule::Earns).earning, 0);
    Report::of(&outcome).unwrap();
}
