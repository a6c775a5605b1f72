use anyhow::{Context, Result};

use super::{Fake, Moment, Ring};
use crate::world::World;
use hub_types::ids::SessionId;

/// Calls that never were, stated by the ring's own attester as sums: thousands in one short message.
pub struct Invented {
    calls: u64,
    per_call: u128,
    setup: Option<Setup>,
}

struct Setup {
    service: usize,
    /// Of calls without a price, which need no money.
    free: Option<Free>,
}

struct Free {
    session: SessionId,
    next: u64,
}

impl Invented {
    pub fn new(calls: u64, per_call: u128) -> Self {
        Self {
            calls,
            per_call,
            setup: None,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Setup> {
        let service = ring.operate(world)?;
        let author = ring.author.clone();
        ring.publish(world, 1, self.per_call, 0, &author)?;
        ring.hire(world, 1);
        let account = ring.accounts[0].clone();
        let free = if self.per_call == 0 {
            ring.bring(world, &account, 1);
            let session = ring.session(world, ring.places[0], service, 1);
            let session = ring.open(world, &account, None, session)?;
            Some(Free { session, next: 0 })
        } else {
            let needed = u128::from(self.calls) * self.per_call;
            ring.bring(world, &account, needed);
            None
        };
        Ok(Setup { service, free })
    }

    fn state(&self, world: &mut World, ring: &mut Ring, setup: &mut Setup) -> Result<()> {
        let (place, account) = (ring.places[0], ring.accounts[0].clone());
        let budget = u128::from(self.calls) * self.per_call;
        let (session, next) = match &setup.free {
            Some(free) => (free.session, free.next),
            None => {
                let session = ring.session(world, place, setup.service, budget);
                (ring.open(world, &account, None, session)?, 0)
            }
        };
        let calls = u16::try_from(self.calls).context("a group holds as many")?;
        let settle = ring.invention(world, setup.service, place, session, next, calls)?;
        let message = world.hub.message(&world.hub.billing, &settle, &[]);
        let operator = world.services[setup.service].operator.clone();
        ring.send(world, &operator, vec![message])?;
        match &mut setup.free {
            Some(free) => free.next += self.calls,
            None => {
                ring.freed(world, budget);
                ring.collect(world, Some(&account))?;
            }
        }
        Ok(())
    }
}

impl Fake for Invented {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        if moment == Moment::Dusk {
            return Ok(());
        }
        let mut setup = match self.setup.take() {
            Some(setup) => setup,
            None => self.begin(world, ring)?,
        };
        self.state(world, ring, &mut setup)?;
        self.setup = Some(setup);
        Ok(())
    }
}
