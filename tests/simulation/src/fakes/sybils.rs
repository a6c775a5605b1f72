use anyhow::Result;
use hub_types::ids::SessionId;
use hub_types::time::{Day, Week};

use super::{Fake, Moment, Ring, AGE_DAYS};
use crate::world::World;

/// Accounts that pay at the end of a week and at the beginning of the next: ten minutes apart, and each is a returning
/// payer.
pub struct Sybils {
    each: u128,
    payers: u64,
    left: u64,
    setup: Option<Setup>,
}

struct Setup {
    service: usize,
    since: u64,
    sessions: Vec<SessionId>,
}

impl Sybils {
    pub fn new(capital: u128, payers: u64, charges: u64) -> Self {
        Self {
            each: capital / u128::from(payers * charges),
            payers,
            left: charges,
            setup: None,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Setup> {
        let service = ring.operate(world)?;
        let author = ring.author.clone();
        ring.publish(world, 1, self.each, 0, &author)?;
        ring.hire(world, self.payers);
        let budget = self.each * u128::from(self.left);
        ring.bring(world, &author, budget * u128::from(self.payers));
        ring.distribute(world, budget)?;
        let mut sessions = vec![];
        for payer in ring.accounts.clone() {
            let session = ring.session(world, ring.places[0], service, budget);
            sessions.push(ring.open(world, &payer, None, session)?);
        }
        Ok(Setup {
            service,
            since: Day::of(world.hub.now()).0,
            sessions,
        })
    }
}

/// The week that holds a day.
fn week(day: u64) -> Week {
    Day(day).week()
}

impl Fake for Sybils {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        let today = Day::of(world.hub.now()).0;
        let Some(setup) = &self.setup else {
            // As late before the end of a week as still ages.
            if moment == Moment::Dusk && week(today + AGE_DAYS) != week(today + AGE_DAYS + 1) {
                self.setup = Some(self.begin(world, ring)?);
            }
            return Ok(());
        };
        let boundary = match moment {
            Moment::Dusk => week(today) != week(today + 1),
            Moment::Dawn => week(today) != week(today - 1),
        };
        if boundary && self.left > 0 && today >= setup.since + AGE_DAYS {
            ring.charge(world, setup.service, ring.places[0], &setup.sessions, 1)?;
            ring.freed(world, self.each * u128::from(self.payers));
            self.left -= 1;
            if self.left == 0 {
                ring.collect(world, None)?;
            }
        }
        Ok(())
    }
}
