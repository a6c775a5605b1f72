//! A market of thousands of models over ninety days on the embedded chain, with people in it who fake. Since the simulation
//! knows who really wants what, it can say what the numbers of the chain tell apart, and what moving them cost.
//!
//! Everything happens by messages to the real contracts; everything in the report that is not called truth was asked from
//! them by queries. The same scenario gives the same files, byte by byte.

pub mod fakes;
pub mod gas;
pub mod history;
pub mod judge;
mod market;
pub mod node;
pub mod numbers;
pub mod outcome;
mod proxy;
pub mod report;
pub mod rng;
pub mod scenario;
pub mod world;

use std::path::{Path, PathBuf};

use anyhow::{ensure, Result};
use cosmwasm_std::Addr;
use hub_testing::Hub;

use fakes::{Fakes, Moment};
use gas::{GasMeter, Snapshot};
use market::Market;
use outcome::Outcome;
use scenario::Scenario;
use world::{TrueDay, World, DAY, START};

/// Between midnight and what rings do next to it.
const EDGE_SECONDS: u64 = 300;

/// Of what does not hold, as many sentences are shown.
const SHOWN: usize = 5;

/// A file of the project, wherever this runs.
pub fn project_file(path: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).join(path)
}

/// A scenario that was played to its end.
pub struct Played {
    /// What came of it.
    pub outcome: Outcome,
    /// The chain at its end.
    pub hub: Hub,
    /// Addresses of the operators of the market that are nobody's friends, whom readers may believe.
    pub operators: Vec<Addr>,
}

/// Plays a scenario and says what came of it.
pub fn run(scenario: &Scenario, snapshot: &Snapshot, progress: impl Fn(u64)) -> Result<Outcome> {
    Ok(play(scenario, snapshot, progress)?.outcome)
}

/// Plays a scenario; `progress` is told of each day that is over. An error if an invariant does not hold.
pub fn play(scenario: &Scenario, snapshot: &Snapshot, progress: impl Fn(u64)) -> Result<Played> {
    let gas = GasMeter::calibrate(snapshot)?;
    let mut world = World::new(scenario.seed);
    let mut market = Market::open(&scenario.market, &mut world)?;
    let mut fakes = Fakes::new(scenario, gas, &world);
    for day in 0..scenario.days {
        let midnight = START + day * DAY;
        world.truth.push(TrueDay::default());
        world.set_time(midnight + EDGE_SECONDS);
        fakes.act(&mut world, day, Moment::Dawn)?;
        market.morning(&mut world, day)?;
        let rounds = scenario.market.rounds;
        for round in 1..=rounds {
            let until = midnight + EDGE_SECONDS + (DAY - 3 * EDGE_SECONDS) * round / rounds;
            market.round(&mut world, day, until)?;
        }
        world.set_time(midnight + DAY - EDGE_SECONDS);
        fakes.act(&mut world, day, Moment::Dusk)?;
        let violations = world.hub.check_invariants();
        ensure!(
            violations.is_empty(),
            "day {day}: {} sentences of the invariants do not hold, first of all:\n{}",
            violations.len(),
            violations[..violations.len().min(SHOWN)].join("\n")
        );
        progress(day);
    }
    world.set_time(START + scenario.days * DAY);
    let rings = fakes.close(world.hub.now());
    let outcome = outcome::gather(scenario, snapshot, &gas, &mut world, &rings)?;
    let services = world.services.iter();
    let operators = services.take(scenario.market.honest_operators() as usize);
    let operators = operators.map(|service| service.operator.clone()).collect();
    Ok(Played {
        outcome,
        hub: world.hub,
        operators,
    })
}
