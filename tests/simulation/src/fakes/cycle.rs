use anyhow::Result;
use hub_types::ids::SessionId;
use hub_types::time::Day;

use super::{Fake, Moment, Ring, Route, AGE_DAYS};
use crate::world::World;

/// Money that goes round: deposited in the evening, charged in the second night after, withdrawn, deposited again.
pub struct Cycle {
    capital: u128,
    calls: u64,
    /// Accounts that pay; none where the author pays itself.
    payers: u64,
    /// How often still; none for ever.
    left: Option<u64>,
    route: Route,
    stage: Stage,
}

enum Stage {
    New,
    Ready {
        service: usize,
        each: u128,
    },
    Locked {
        service: usize,
        each: u128,
        since: u64,
        sessions: Vec<SessionId>,
    },
}

impl Cycle {
    pub fn own_money(capital: u128, calls: u64) -> Self {
        Self::patient(capital, 0, calls, None, Route::own())
    }

    pub fn patient(
        capital: u128,
        payers: u64,
        calls: u64,
        left: Option<u64>,
        route: Route,
    ) -> Self {
        Self {
            capital,
            calls,
            payers,
            left,
            route,
            stage: Stage::New,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Stage> {
        let per_call = self.capital / u128::from(self.payers.max(1) * self.calls);
        let service = self.route.service(world, ring)?;
        let author = ring.author.clone();
        ring.publish(world, 1, per_call, self.route.bps(), &author)?;
        ring.hire(world, self.payers);
        let each = per_call * u128::from(self.calls);
        Ok(Stage::Ready { service, each })
    }

    fn lock(
        &self,
        world: &mut World,
        ring: &mut Ring,
        service: usize,
        each: u128,
    ) -> Result<Stage> {
        let author = ring.author.clone();
        let needed = each * u128::from(self.payers.max(1));
        let wallet = world.hub.wallet(&author, &world.money);
        if wallet < needed {
            ring.bring(world, &author, needed - wallet);
        }
        let payers = if self.payers == 0 {
            vec![author]
        } else {
            ring.distribute(world, each)?;
            ring.accounts.clone()
        };
        let mut sessions = vec![];
        for payer in &payers {
            let session = ring.session(world, ring.places[0], service, each);
            sessions.push(ring.open(world, payer, None, session)?);
        }
        Ok(Stage::Locked {
            service,
            each,
            since: Day::of(world.hub.now()).0,
            sessions,
        })
    }
}

impl Fake for Cycle {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        if matches!(self.stage, Stage::New) {
            self.stage = self.begin(world, ring)?;
        }
        match (&self.stage, moment) {
            (Stage::Ready { service, each }, Moment::Dusk) if self.left != Some(0) => {
                self.stage = self.lock(world, ring, *service, *each)?;
            }
            (
                Stage::Locked {
                    service,
                    each,
                    since,
                    sessions,
                },
                Moment::Dawn,
            ) if Day::of(world.hub.now()).0 >= since + AGE_DAYS => {
                let (service, each) = (*service, *each);
                let before = ring.earned_by(world, service)?;
                ring.charge(world, service, ring.places[0], sessions, self.calls)?;
                if self.route.gives_back() {
                    let part = ring.earned_by(world, service)? - before;
                    ring.give_back(world, service, part)?;
                }
                ring.freed(world, each * sessions.len() as u128);
                ring.collect(world, None)?;
                self.left = self.left.map(|left| left.saturating_sub(1));
                self.stage = Stage::Ready { service, each };
            }
            _ => {}
        }
        Ok(())
    }
}
