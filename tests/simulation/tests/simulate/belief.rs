//! Those who play on belief: rings that pay an honest operator next to nothing, buy backing, have a friend, copy the whole
//! market, or adapt.

use std::sync::OnceLock;

use hub_simulate::judge::{fakings, fronts, Faking, Front};
use hub_simulate::outcome::{BackedRow, ModelRow, Outcome};
use hub_simulate::scenario::Scenario;
use hub_simulate::world::Nature;

use crate::stage::{parse, play, text};

/// What one model of the market must show at least to tell something.
const FACTOR: f64 = 5.0;

fn outcome() -> &'static Outcome {
    static PLAYED: OnceLock<Outcome> = OnceLock::new();
    PLAYED.get_or_init(|| play(&parse(&text("belief"))))
}

fn fake(name: &str) -> (Faking, Vec<&'static ModelRow>) {
    let outcome = outcome();
    let plan = plan(&outcome.scenario, name);
    (
        fakings(outcome).remove(plan),
        outcome.models_of(plan).collect(),
    )
}

fn plan(scenario: &Scenario, name: &str) -> usize {
    let mut plans = scenario.fakes.iter();
    plans.position(|plan| plan.name == name).unwrap()
}

fn believed(operators: u64, factor: u32) -> &'static BackedRow {
    let rows = outcome().backed.iter();
    let mut rows = rows.filter(|row| (row.operators, row.factor) == (operators, factor));
    rows.next().unwrap()
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 0.01 * expected.abs().max(0.01)
}

#[test]
fn who_offers_an_honest_operator_a_basis_point_buys_aged_income_for_nothing_and_backing_for_its_price(
) {
    let (faking, _) = fake("through an honest operator for a basis point");
    assert!(
        faking.moved.aged > 1_000.0 && faking.moved.related == 0.0,
        "{faking:?}"
    );
    assert!(
        near(faking.lost, faking.moved.gross / 10_000.0),
        "{faking:?}"
    );
    // Less than a dollar for a thousand: what was attested by those one believes proves nothing.
    assert!(faking.per_thousand_aged().unwrap() < 1.0, "{faking:?}");
    assert!(near(faking.backed, FACTOR * faking.lost), "{faking:?}");
}

#[test]
fn backing_is_bought_for_its_part_by_the_factor_and_not_for_less() {
    let (faking, _) = fake("backing bought");
    assert!(near(faking.backed, faking.moved.gross), "{faking:?}");
    assert!(near(faking.lost, faking.backed / FACTOR), "{faking:?}");
    assert!(
        faking.per_thousand_backed().unwrap() >= 1_000.0 / FACTOR,
        "{faking:?}"
    );
}

#[test]
fn a_friend_backs_everything_for_gas_and_nothing_once_it_is_believed_no_more_for_the_past_too() {
    let (faking, models) = fake("through a friend");
    assert_eq!(faking.lost, 0.0, "{faking:?}");
    assert!(near(faking.backed_by_all, faking.moved.gross) && faking.backed_by_all > 1_000.0);
    for row in models {
        assert_eq!((row.backed, row.recent_backed), (0, 0), "{row:?}");
    }
    // The friend is the last of four.
    let (with, without) = (believed(4, 5), believed(3, 5));
    assert_eq!((with.friends, without.friends), (1, 0));
    assert!(with.backed_of_friends > 0 && without.backed_of_friends == 0);
}

#[test]
fn a_copy_of_the_whole_honest_market_is_that_market_by_every_number_without_names() {
    let (faking, copies) = fake("copy of the whole honest market");
    let outcome = outcome();
    let sold = outcome.models.iter().filter(|row| row.demand.income > 0);
    let mut originals: Vec<u128> = sold.map(|row| row.demand.income).collect();
    let mut copied: Vec<u128> = copies.iter().map(|row| row.numbers.gross).collect();
    originals.sort_unstable();
    copied.sort_unstable();
    assert_eq!(copied, originals);
    let aged = |rows: &mut dyn Iterator<Item = &ModelRow>| -> u128 {
        rows.map(|row| row.numbers.aged).sum()
    };
    let honest = aged(
        &mut outcome
            .models
            .iter()
            .filter(|row| row.nature == Nature::Wanted),
    );
    let copied = aged(&mut copies.iter().copied());
    // Paid in the evening for what was paid twice a day, its money is aged for what theirs is, or for a little more.
    assert!(copied * 100 >= honest * 99, "{copied} of {honest}");
    assert_eq!(faking.lost, 0.0, "{faking:?}");
    // In dollars for a thousand; a small market has many small deposits, each of which costs gas.
    assert!(faking.per_thousand_gross().unwrap() < 50.0, "{faking:?}");
    assert_eq!((faking.backed, faking.backed_by_all), (0.0, 0.0));
}

#[test]
fn whoever_knows_every_rule_and_adapts_gets_aged_income_for_nothing_and_backing_for_its_part_by_the_factor(
) {
    let (aged, _) = fake("adaptive, for aged income");
    assert!(aged.moved.aged > 500.0, "{aged:?}");
    // Most of what it pays is what it tried before it knew better; the rest is gas and interest.
    assert!(aged.per_thousand_aged().unwrap() < 10.0, "{aged:?}");
    let in_the_end = (aged.gas_cost + aged.interest) / aged.moved.aged;
    assert!(in_the_end < 0.001, "{aged:?}");
    let (backed, models) = fake("adaptive, for backing");
    assert!(backed.backed > 500.0, "{backed:?}");
    let thousand = backed.per_thousand_backed().unwrap();
    // What it tried before it knew better costs it a little more.
    assert!((200.0..230.0).contains(&thousand), "{thousand}");
    assert!(backed.backed <= FACTOR * backed.lost + 0.001, "{backed:?}");
    // It found the share that backs most for its cost.
    let best = models.iter().max_by_key(|row| row.backed).unwrap();
    assert!(
        near(best.backed as f64, best.numbers.gross as f64),
        "{best:?}"
    );
}

#[test]
fn no_ring_without_a_friend_shows_more_than_the_factor_times_what_it_left() {
    for row in &outcome().backed {
        assert!(row.most_for_one <= f64::from(row.factor), "{row:?}");
    }
    assert!(near(believed(3, 5).most_for_one, 5.0));
}

#[test]
fn what_is_recent_is_told_as_what_is_of_all_time_is() {
    let row = believed(4, 5);
    assert!(
        row.recent.earning > 0 && row.recent.right * 100 >= row.recent.earning * 90,
        "{row:?}"
    );
    for row in &outcome().models {
        assert!(row.recent_income <= row.demand.income, "{row:?}");
        assert!(row.recent_backed <= row.backed, "{row:?}");
    }
}

#[test]
fn the_price_to_stand_first_is_gas_by_numbers_without_names_and_a_fifth_by_what_the_believed_back()
{
    let fronts = fronts(outcome());
    let front = |name: &str| -> &Front {
        let mut found = fronts.iter().filter(|front| front.number == name);
        found.next().unwrap()
    };
    assert!(front("aged").per_thousand < 5.0);
    assert!(front("backed by the believed, one of whom is the faker's friend").per_thousand < 20.0);
    let backed = front("backed by the believed");
    assert!(backed.price() >= backed.first / FACTOR, "{backed:?}");
}
