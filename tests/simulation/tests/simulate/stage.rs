//! One run of the small scenario, shared by the tests that look at it.

use std::sync::OnceLock;

use hub_simulate::gas::Snapshot;
use hub_simulate::judge::{fakings, Faking};
use hub_simulate::outcome::{ModelRow, Outcome};
use hub_simulate::project_file;
use hub_simulate::scenario::Scenario;
use hub_testing::SavedChain;

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
    &played().0
}

/// The chain at its end.
pub fn small_chain() -> &'static SavedChain {
    &played().1
}

fn played() -> &'static (Outcome, SavedChain) {
    static SMALL: OnceLock<(Outcome, SavedChain)> = OnceLock::new();
    SMALL.get_or_init(|| {
        let snapshot = Snapshot::load(&project_file("tests/gas/snapshot.json")).unwrap();
        let played = hub_simulate::play(&parse(&text("small")), &snapshot, |_| {}).unwrap();
        let chain = played.hub.save();
        (played.outcome, chain)
    })
}

/// What a fake of the small scenario cost and moved, and the models it did it with.
pub fn fake(name: &str) -> (Faking, Vec<&'static ModelRow>) {
    let outcome = small();
    let plans = &outcome.scenario.fakes;
    let plan = plans.iter().position(|plan| plan.name == name).unwrap();
    let faking = fakings(outcome).remove(plan);
    (faking, outcome.models_of(plan).collect())
}
