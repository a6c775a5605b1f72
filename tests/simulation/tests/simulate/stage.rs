//! One run of the small scenario, shared by the tests that look at it.

use std::sync::OnceLock;

use hub_simulate::gas::Snapshot;
use hub_simulate::judge::{fakings, Faking};
use hub_simulate::outcome::{ModelRow, Outcome};
use hub_simulate::project_file;
use hub_simulate::scenario::Scenario;

/// The text of a shipped scenario.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(project_file(&format!(
        "tests/simulation/scenarios/{name}.toml"
    )))
    .unwrap()
}

/// A scenario from its text.
pub fn parse(text: &str) -> Scenario {
    Scenario::parse("test", "test.toml", text).unwrap()
}

/// Plays a scenario.
pub fn play(scenario: &Scenario) -> Outcome {
    let snapshot = Snapshot::load(&project_file("tests/gas/snapshot.json")).unwrap();
    hub_simulate::run(scenario, &snapshot, |_| {}).unwrap()
}

/// What came of the small scenario.
pub fn small() -> &'static Outcome {
    static SMALL: OnceLock<Outcome> = OnceLock::new();
    SMALL.get_or_init(|| play(&parse(&text("small"))))
}

/// What a fake of the small scenario cost and moved, and the models it did it with.
pub fn fake(name: &str) -> (Faking, Vec<&'static ModelRow>) {
    let outcome = small();
    let plans = &outcome.scenario.fakes;
    let plan = plans.iter().position(|plan| plan.name == name).unwrap();
    let faking = fakings(outcome).remove(plan);
    (faking, outcome.models_of(plan).collect())
}
