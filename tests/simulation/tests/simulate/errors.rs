use hub_simulate::scenario::{Scenario, ScenarioError};

use crate::stage::text;

/// What is wrong with the small scenario after a change of its text.
fn error(from: &str, to: &str) -> ScenarioError {
    let text = text("small");
    assert!(text.contains(from), "{from} is not in the scenario");
    Scenario::parse("small", "small.toml", &text.replacen(from, to, 1)).unwrap_err()
}

/// The line of the small scenario on which a text stands first.
fn line(of: &str) -> usize {
    let text = text("small");
    1 + text.lines().position(|line| line.contains(of)).unwrap()
}

#[track_caller]
fn assert_error(error: &ScenarioError, line: usize, field: &str, problem: &str) {
    assert_eq!((error.line, error.field.as_str()), (line, field), "{error}");
    assert!(error.problem.contains(problem), "{error}");
    assert_eq!(
        error.to_string(),
        format!("small.toml:{line}: {field}: {}", error.problem)
    );
}

#[test]
fn a_number_out_of_its_range_names_line_field_and_range() {
    let line = line("authors = 30");
    let found = error("authors = 30", "authors = 0 ");
    assert_error(&found, line, "market.authors", "0 is not from 1 to 100000");
    let found = error("dead = 60.0", "dead = 100.5");
    assert_error(
        &found,
        line + 2,
        "market.dead",
        "100.5 is not from 0 to 100",
    );
    let found = error("dead = 60.0", "dead = nan");
    assert_error(&found, line + 2, "market.dead", "NaN is not from 0 to 100");
}

#[test]
fn a_number_of_another_type_names_line_and_field() {
    let line = line("models = 100");
    let found = error("models = 100", "models = \"many\"");
    assert_error(
        &found,
        line,
        "market.models",
        "invalid type: string \"many\"",
    );
    let found = error("models = 100", "models = -5");
    assert_error(&found, line, "market.models", "invalid value: integer `-5`");
    let found = error("models = 100", "models = 1.5");
    assert_error(
        &found,
        line,
        "market.models",
        "invalid type: floating point `1.5`",
    );
}

#[test]
fn an_unknown_field_is_named() {
    let line = line("models = 100");
    let found = error("models = 100", "modles = 100");
    assert_error(&found, line, "market.modles", "unknown field `modles`");
}

#[test]
fn a_missing_field_is_named_with_its_table() {
    let found = error("interest = 5.0", "#");
    assert_error(
        &found,
        line("[costs]"),
        "costs.interest",
        "missing field `interest`",
    );
}

#[test]
fn an_unknown_table_is_named() {
    let found = error("[costs]", "[cost]");
    assert_error(&found, line("[costs]"), "cost", "unknown field `cost`");
}

#[test]
fn text_that_is_no_toml_names_the_line() {
    let found = error("models = 100", "models 100");
    assert_eq!(found.line, line("models = 100"), "{found}");
}

#[test]
fn a_kind_of_fake_that_nobody_knows_is_named_with_those_that_there_are() {
    let found = error("kind = \"borrowed\"", "kind = \"stolen\"");
    let line = line("kind = \"borrowed\"");
    assert_error(&found, line, "fakes.kind", "unknown variant `stolen`");
    assert!(found.problem.contains("`own-money`"), "{found}");
}

#[test]
fn a_field_that_a_kind_needs_is_missed_and_one_that_it_has_not_is_refused() {
    let found = error("capital = 100000.0\n", "");
    let table = line("name = \"borrowed") - 1;
    assert_error(&found, table, "fakes.capital", "this kind needs it");
    let found = error("capital = 100000.0\n", "capital = 100000.0\nnamed = 3\n");
    let line = line("capital = 100000.0");
    assert_error(
        &found,
        line + 1,
        "fakes.named",
        "this kind has no such field",
    );
}

#[test]
fn a_share_that_nobody_is_offered_a_friend_that_there_is_not_and_two_copies_of_one_market_are_refused(
) {
    let patient = "payers = 1\ncalls = 20\n";
    let with = |more: &str| error(patient, &format!("{patient}{more}\n"));
    let share = with("share = 20.0");
    assert_eq!(
        (share.field.as_str(), share.problem.as_str()),
        ("fakes.share", "this kind has no such field")
    );
    let friend = with("through_friend = true");
    assert_eq!(friend.field, "fakes.through_friend");
    assert!(friend.problem.contains("market.friends is 0"), "{friend}");
    let both = with("through_market = true\nthrough_friend = true");
    assert_eq!(both.problem, "through_market is stated as well");
    let wide = with("through_market = true\nshare = 100.0");
    assert_eq!(wide.problem, "100 is not from 0 to 99.99");
    let friends = error("operators = 3 ", "friends = 4\noperators = 3 ");
    assert_eq!(
        (friends.field.as_str(), friends.problem.as_str()),
        ("market.friends", "4 is not from 0 to 3")
    );
    let copies = error(
        "kind = \"own-money\"\nrings = 1\ncapital = 100.0\ncalls = 50\n",
        "kind = \"copy\"\nrings = 2\n",
    );
    assert_eq!(
        (copies.field.as_str(), copies.problem.as_str()),
        ("fakes.rings", "2 is not from 1 to 1")
    );
}

#[test]
fn money_that_does_not_cover_a_millionth_for_each_payment_is_refused() {
    let found = error("capital = 100000.0", "capital = 0.00005");
    let line = line("capital = 100000.0");
    assert_error(&found, line, "fakes.capital", "do not make 100 payments");
}

#[test]
fn two_fakes_of_one_name_and_a_day_after_the_end_are_refused() {
    let found = error("\"borrowed within a transaction\"", "\"own money, cycled\"");
    let line = line("borrowed within");
    assert_error(&found, line, "fakes.name", "is the name of another");
    let found = error("from_day = 10", "from_day = 21");
    assert_eq!(found.field, "fakes.from_day");
    assert_eq!(found.problem, "21 is not from 0 to 20");
}
