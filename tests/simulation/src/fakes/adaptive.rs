use anyhow::Result;
use hub_types::belief::{DEFAULT_FACTOR, MAX_BELIEVED};
use hub_types::billing::{BackingResponse, QueryMsg};
use hub_types::ids::SessionId;
use hub_types::time::Day;

use super::{Fake, Moment, Ring, Route, AGE_DAYS};
use crate::numbers;
use crate::scenario::{CostPlan, Goal, Scenario, Through};
use crate::world::World;

/// What a trial is played with, as a part of the capital.
const TRIAL: u128 = 20;

/// A ring that knows every rule. It plays each way that it knows once, with a part of its money; reads from the chain how far
/// that moved the number it cares for; reckons what it cost in gas, in interest and in money that others got; and from
/// then on plays what moved the number most for its cost, with all its money, as long as nothing turns out to be better.
pub struct Adaptive {
    capital: u128,
    goal: Goal,
    costs: CostPlan,
    honest: u64,
    plays: Vec<Play>,
    stage: Stage,
}

/// A way to fake, with what is known of it.
struct Play {
    route: Route,
    payers: u64,
    /// Whether the author's own money pays, in the name of another account.
    in_anothers_name: bool,
    /// Place of its model among the ring's, once it has one.
    place: Option<usize>,
    /// How far it moved the number, and at what cost in millionths of a dollar.
    moved: f64,
    cost: f64,
    tried: bool,
}

enum Stage {
    Resting,
    Locked {
        play: usize,
        service: usize,
        since: u64,
        /// Of the number, the gas and the money, before.
        before: (u128, u64, u128),
        each: u128,
        sessions: Vec<SessionId>,
    },
}

impl Adaptive {
    pub fn new(capital: u128, goal: Goal, scenario: &Scenario) -> Self {
        let mut plays = vec![];
        let mut add = |through, payers, in_anothers_name| {
            plays.push(Play {
                route: Route::new(through, scenario),
                payers,
                in_anothers_name,
                place: None,
                moved: 0.0,
                cost: 0.0,
                tried: false,
            });
        };
        add(Through::Own, 1, false);
        add(Through::Own, 10, false);
        for bps in [0, 1, 500, 1_000, 1_500, 2_000, 2_500, 5_000, 9_000] {
            add(Through::Market { bps }, 1, false);
        }
        add(Through::Market { bps: 2_000 }, 10, false);
        add(Through::Market { bps: 2_000 }, 1, true);
        Self {
            capital,
            goal,
            costs: scenario.costs.clone(),
            honest: scenario.market.honest_operators(),
            plays,
            stage: Stage::Resting,
        }
    }

    /// What has not been tried yet, then what moved most for its cost.
    fn choose(&self) -> usize {
        if let Some(new) = self.plays.iter().position(|play| !play.tried) {
            return new;
        }
        let worth = |play: &Play| play.moved / play.cost.max(1.0);
        let mut best = 0;
        for (place, play) in self.plays.iter().enumerate() {
            if worth(play) > worth(&self.plays[best]) {
                best = place;
            }
        }
        best
    }

    /// The number of a model that the ring cares for.
    fn number(&self, world: &World, place: usize) -> Result<u128> {
        let model = world.listings[place].model;
        if self.goal == Goal::Aged {
            return Ok(numbers::of_model(world, model)?.aged);
        }
        let believed = world.services.iter().take(self.honest as usize);
        let names = believed.map(|service| service.operator.to_string());
        let backing: BackingResponse = world.hub.query_billing(QueryMsg::Backing {
            model,
            denom: world.money.unchecked(),
            operators: names.take(MAX_BELIEVED).collect(),
            factor: Some(DEFAULT_FACTOR),
        })?;
        Ok(backing.backed.u128())
    }

    fn lock(&mut self, world: &mut World, ring: &mut Ring) -> Result<Stage> {
        let place = self.choose();
        let capital = match self.plays[place].tried {
            true => self.capital,
            false => self.capital / TRIAL,
        };
        let play = &mut self.plays[place];
        let author = ring.author.clone();
        let service = play.route.service(world, ring)?;
        let gas = ring.bill.gas;
        let model = match play.place {
            Some(model) => model,
            None => {
                // A unit of the call is all that is counted, so the price is for the calls alone.
                ring.publish_at(
                    world,
                    1,
                    hub_testing::rates(0, 1_000_000, 0),
                    play.route.bps(),
                    &author,
                )?;
                let model = ring.places[ring.places.len() - 1];
                play.place = Some(model);
                model
            }
        };
        let (payers, named) = (play.payers, play.in_anothers_name);
        let missing = payers.saturating_sub(ring.accounts.len() as u64);
        if missing > 0 {
            ring.hire(world, missing);
        }
        let each = capital / u128::from(payers);
        let needed = each * u128::from(payers);
        let wallet = world.hub.wallet(&author, &world.money);
        if wallet < needed {
            ring.bring(world, &author, needed - wallet);
        }
        let before = (self.number(world, model)?, gas, ring.wealth(world)?);
        let accounts: Vec<_> = ring
            .accounts
            .iter()
            .take(payers as usize)
            .cloned()
            .collect();
        let mut sessions = vec![];
        if !named {
            let to: Vec<_> = accounts.iter().map(|to| (to.clone(), each)).collect();
            ring.send_out(world, &to)?;
        }
        for account in &accounts {
            let session = ring.session(world, model, service, each);
            sessions.push(match named {
                true => ring.open(world, &author, Some(account), session)?,
                false => ring.open(world, account, None, session)?,
            });
        }
        Ok(Stage::Locked {
            play: place,
            service,
            since: Day::of(world.hub.now()).0,
            before,
            each,
            sessions,
        })
    }
}

impl Fake for Adaptive {
    fn act(&mut self, world: &mut World, ring: &mut Ring, moment: Moment) -> Result<()> {
        let today = Day::of(world.hub.now()).0;
        match std::mem::replace(&mut self.stage, Stage::Resting) {
            Stage::Resting if moment == Moment::Dusk => self.stage = self.lock(world, ring)?,
            Stage::Locked {
                play,
                service,
                since,
                before: (number, gas, wealth),
                each,
                sessions,
            } if moment == Moment::Dawn && today >= since + AGE_DAYS => {
                let model = self.plays[play].place.unwrap_or_default();
                ring.spend(world, service, model, &sessions, each)?;
                let locked = each * sessions.len() as u128;
                ring.freed(world, locked);
                ring.collect(world, None)?;
                let gas = (ring.bill.gas - gas) as f64 * self.costs.gas_price;
                let year = 365.0 * 100.0;
                let interest = locked as f64 * self.costs.interest * AGE_DAYS as f64 / year;
                let lost = wealth.saturating_sub(ring.wealth(world)?) as f64;
                let moved = self.number(world, model)? - number;
                let played = &mut self.plays[play];
                played.tried = true;
                // The last time counts: a trial pays for its model, which the next time need not.
                played.moved = moved as f64;
                played.cost = gas + interest + lost;
            }
            other => self.stage = other,
        }
        Ok(())
    }
}
