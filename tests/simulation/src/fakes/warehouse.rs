use anyhow::Result;
use hub_types::escrow::{ModelRef, Models, NewSession};
use hub_types::ids::SessionId;
use hub_types::time::Day;

use super::{Fake, Moment, Ring, AGE_DAYS};
use crate::world::World;

/// Models registered in one transaction.
const HEAP: u64 = 50;

/// Models that a session lists at most.
const LISTED: usize = 8;

/// Models that nobody wants, registered in as few transactions as blocks allow; if they are to look like earning ones, one
/// account pays each of them a millionth of a dollar two days later.
pub struct Warehouse {
    left: u64,
    earning: bool,
    paid: Option<Paying>,
}

struct Paying {
    service: usize,
    since: u64,
    sessions: Vec<(SessionId, Vec<usize>)>,
}

impl Warehouse {
    pub fn new(models: u64, earning: bool) -> Self {
        Self {
            left: models,
            earning,
            paid: None,
        }
    }

    fn fund(&self, world: &mut World, ring: &mut Ring) -> Result<Paying> {
        let service = ring.operate(world)?;
        ring.hire(world, 1);
        let account = ring.accounts[0].clone();
        let money = ring.places.len() as u128;
        ring.bring(world, &account, money);
        let mut sessions = vec![];
        for places in ring.places.clone().chunks(LISTED) {
            let listed = places.iter().map(|place| ModelRef {
                model: world.listings[*place].model,
                release: None,
            });
            let session = NewSession {
                models: Models::Listed(listed.collect()),
                ..ring.session(world, places[0], service, places.len() as u128)
            };
            let session = ring.open(world, &account, None, session)?;
            sessions.push((session, places.to_vec()));
        }
        Ok(Paying {
            service,
            since: Day::of(world.hub.now()).0,
            sessions,
        })
    }
}

impl Fake for Warehouse {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        let author = ring.author.clone();
        let new = self.left > 0;
        while self.left > 0 {
            let models = self.left.min(HEAP);
            ring.publish(world, models, 1, 0, &author)?;
            self.left -= models;
        }
        if new && self.earning {
            self.paid = Some(self.fund(world, ring)?);
        }
        let today = Day::of(world.hub.now()).0;
        let due = |paying: &mut Paying| moment == Moment::Dawn && today >= paying.since + AGE_DAYS;
        if let Some(paying) = self.paid.take_if(due) {
            let calls = paying
                .sessions
                .iter()
                .flat_map(|(session, places)| places.iter().map(|place| (*session, *place)));
            ring.charge_each(world, paying.service, calls.collect())?;
            ring.freed(world, ring.places.len() as u128);
            ring.collect(world, None)?;
        }
        Ok(())
    }
}
