//! Those who fake, with the messages that anybody can send. Nothing here goes past the contracts.

mod adaptive;
mod borrowed;
mod copy;
mod cycle;
mod invented;
mod named;
mod ring;
mod smear;
mod sybils;
mod warehouse;

use anyhow::Result;

use crate::gas::GasMeter;
use crate::scenario::{Scenario, Scheme, Through};
use crate::world::World;

pub use ring::{Bill, Ring};

/// Days after which money counts as aged: what is funded on a day is aged from the second day after it on.
const AGE_DAYS: u64 = 2;

/// When in a day rings act: with the market at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Five minutes after midnight.
    Dawn,
    /// Five minutes before midnight.
    Dusk,
}

/// A way to fake, with where it stands.
trait Fake {
    /// Does what is to be done now.
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()>;
}

/// Who serves a ring, and which operators of the market there are for it.
#[derive(Clone, Copy)]
struct Route {
    through: Through,
    /// Operators of the market that are nobody's friends; they stand first among the services.
    honest: u64,
    /// Place of the friend among the services.
    friend: u64,
}

impl Route {
    fn new(through: Through, scenario: &Scenario) -> Self {
        Self {
            through,
            honest: scenario.market.honest_operators(),
            friend: scenario.market.operators.saturating_sub(1),
        }
    }

    /// By an operator of the ring's.
    fn own() -> Self {
        Self {
            through: Through::Own,
            honest: 0,
            friend: 0,
        }
    }

    /// Basis points that the ring offers whoever serves it.
    fn bps(self) -> u16 {
        match self.through {
            Through::Own => 0,
            Through::Market { bps } | Through::Friend { bps } => bps,
        }
    }

    /// The place of the service; each ring asks another operator of the market.
    fn service(self, world: &mut World, ring: &mut Ring) -> Result<usize> {
        Ok(match self.through {
            Through::Own => ring.operate(world)?,
            Through::Market { .. } => ring.number % (self.honest as usize).max(1),
            Through::Friend { .. } => self.friend as usize,
        })
    }

    /// Whether the operator gives its share back.
    fn gives_back(self) -> bool {
        matches!(self.through, Through::Friend { .. })
    }
}

/// All rings of a scenario.
pub struct Fakes {
    rings: Vec<Active>,
}

struct Active {
    from_day: u64,
    ring: Ring,
    scheme: Box<dyn Fake>,
}

impl Fakes {
    /// Rings that have done nothing yet.
    pub fn new(scenario: &Scenario, gas: GasMeter, world: &World) -> Self {
        let mut rings = vec![];
        for (number, plan) in scenario.fakes.iter().enumerate() {
            for copy in 0..plan.rings {
                let ring = Ring::new(world, rings.len(), number, copy, gas);
                rings.push(Active {
                    from_day: plan.from_day + copy % 2,
                    ring,
                    scheme: scheme(&plan.scheme, scenario),
                });
            }
        }
        Self { rings }
    }

    /// Lets every ring act whose day has come; every second of its kind begins a day later.
    pub fn act(&mut self, world: &mut World, day: u64, moment: Moment) -> Result<()> {
        for active in &mut self.rings {
            if day >= active.from_day {
                active.scheme.act(world, &mut active.ring, moment)?;
            }
        }
        Ok(())
    }

    /// The rings, when all is over.
    pub fn close(self, now: u64) -> Vec<Ring> {
        let rings = self.rings.into_iter().map(|active| active.ring);
        rings.map(|ring| ring.closed(now)).collect()
    }
}

fn scheme(scheme: &Scheme, scenario: &Scenario) -> Box<dyn Fake> {
    match *scheme {
        Scheme::OwnMoney { capital, calls } => Box::new(cycle::Cycle::own_money(capital, calls)),
        Scheme::Borrowed { capital, calls } => Box::new(borrowed::Borrowed::new(capital, calls)),
        Scheme::Patient {
            capital,
            payers,
            calls,
            cycles,
            through,
        } => {
            let route = Route::new(through, scenario);
            Box::new(cycle::Cycle::patient(capital, payers, calls, cycles, route))
        }
        Scheme::Sybils {
            capital,
            payers,
            charges,
        } => Box::new(sybils::Sybils::new(capital, payers, charges)),
        Scheme::InventedCalls { calls } => Box::new(invented::Invented::new(calls, 1)),
        Scheme::FreeCalls { calls } => Box::new(invented::Invented::new(calls, 0)),
        Scheme::NamedCallers { capital, named } => Box::new(named::Named::new(capital, named)),
        Scheme::Warehouse { models, earning } => {
            Box::new(warehouse::Warehouse::new(models, earning))
        }
        Scheme::Smear { capital } => Box::new(smear::Smear::new(capital)),
        Scheme::Copy => Box::new(copy::Copy::default()),
        Scheme::Adaptive { capital, goal } => {
            Box::new(adaptive::Adaptive::new(capital, goal, scenario))
        }
    }
}
