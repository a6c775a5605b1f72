use anyhow::Result;
use hub_types::ids::SessionId;
use hub_types::time::Day;

use super::{Fake, Moment, Ring, AGE_DAYS};
use crate::world::{Service, World};

/// Money that goes round: deposited in the evening, charged in the second night after, withdrawn, deposited again.
pub struct Cycle {
    capital: u128,
    calls: u64,
    /// Accounts that pay; none where the author pays itself.
    payers: u64,
    /// How often still; none for ever.
    left: Option<u64>,
    /// Percent that an operator of the market keeps, where one serves it.
    share: Option<f64>,
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
        Self::patient(capital, 0, calls, None, None)
    }

    pub fn patient(
        capital: u128,
        payers: u64,
        calls: u64,
        left: Option<u64>,
        share: Option<f64>,
    ) -> Self {
        Self {
            capital,
            calls,
            payers,
            left,
            share,
            stage: Stage::New,
        }
    }

    fn begin(&self, world: &mut World, ring: &mut Ring) -> Result<Stage> {
        let per_call = self.capital / u128::from(self.payers.max(1) * self.calls);
        let bps = libm::round(self.share.unwrap_or_default() * 100.0) as u16;
        let service = match self.share {
            // Each ring asks another operator.
            Some(_) => ring.number % market_services(world),
            None => ring.operate(world)?,
        };
        let author = ring.author.clone();
        ring.publish(world, 1, per_call, bps.min(9_999), &author)?;
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

/// Operators of the market stand before those of rings.
fn market_services(world: &World) -> usize {
    let of_market =
        |service: &&Service| world.hub.name_of(&service.operator).starts_with("operator");
    world.services.iter().take_while(of_market).count()
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
                ring.charge(world, service, ring.places[0], sessions, self.calls)?;
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
