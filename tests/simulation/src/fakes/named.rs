use anyhow::Result;
use cosmwasm_std::Addr;
use hub_types::ids::SessionId;
use hub_types::time::Day;

use super::{Fake, Moment, Ring, AGE_DAYS};
use crate::world::World;

/// Sessions for callers of the market who were never asked: one account funds them, the ring's operator charges them.
pub struct Named {
    each: u128,
    named: u64,
    phase: Phase,
}

enum Phase {
    New,
    Locked {
        service: usize,
        since: u64,
        sessions: Vec<SessionId>,
    },
    Done,
}

impl Named {
    pub fn new(capital: u128, named: u64) -> Self {
        Self {
            each: capital / u128::from(named),
            named,
            phase: Phase::New,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Phase> {
        let service = ring.operate(world)?;
        let author = ring.author.clone();
        ring.publish(world, 1, self.each, 0, &author)?;
        ring.hire(world, 1);
        let funder = ring.accounts[0].clone();
        ring.bring(world, &funder, self.each * u128::from(self.named));
        let known: Vec<Addr> = world
            .callers
            .iter()
            .take(self.named as usize)
            .cloned()
            .collect();
        let mut sessions = vec![];
        for caller in &known {
            let session = ring.session(world, ring.places[0], service, self.each);
            sessions.push(ring.open(world, &funder, Some(caller), session)?);
        }
        Ok(Phase::Locked {
            service,
            since: Day::of(world.hub.now()).0,
            sessions,
        })
    }
}

impl Fake for Named {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        match (&self.phase, moment) {
            (Phase::New, Moment::Dusk) => self.phase = self.begin(world, ring)?,
            (
                Phase::Locked {
                    service,
                    since,
                    sessions,
                },
                Moment::Dawn,
            ) if Day::of(world.hub.now()).0 >= since + AGE_DAYS => {
                ring.charge(world, *service, ring.places[0], sessions, 1)?;
                ring.freed(world, self.each * sessions.len() as u128);
                ring.collect(world, None)?;
                self.phase = Phase::Done;
            }
            _ => {}
        }
        Ok(())
    }
}
