//! Honest people: authors who publish and change prices, callers who come, prepay, call and leave.

use anyhow::Result;
use cosmwasm_std::{coins, Addr, Uint128};
use hub_testing::{data, rates, terms, Market as Cards, Mode, NewModel, Units, NATIVE};
use hub_types::escrow::{ExecuteMsg, ModelRef, Models, NewSession, SessionCreated};
use hub_types::ids::SessionId;
use hub_types::price::Rates;
use hub_types::split::WHOLE_BPS;

use crate::rng::Weighted;
use crate::scenario::MarketPlan;
use crate::world::{Call, Nature, Origin, World, DAY, START};

const SESSION_DAYS: u64 = 30;
/// Tokens of an average chat, by which callers plan.
const TYPICAL: [u64; 2] = [2_025, 760];
/// Calls of an author who tries its own model.
const TRIALS: u64 = 3;

/// The honest part of the market.
pub struct Market {
    plan: MarketPlan,
    cards: Cards,
    authors: Vec<Addr>,
    callers: Vec<Caller>,
    /// Places of models that people want, in order of registration, and how much.
    wanted: Vec<usize>,
    popularity: Weighted,
    ranks: Vec<u64>,
    /// Sessions to be released once their time is over.
    ending: Vec<Ending>,
}

struct Caller {
    /// Its place among all callers there ever were.
    number: usize,
    address: Addr,
    service: usize,
    /// Calls a day.
    pace: f64,
    places: Vec<usize>,
    session: Option<OpenSession>,
    /// The only day on which it calls, if it is such a caller.
    only_on: Option<u64>,
}

struct OpenSession {
    session: SessionId,
    left: u128,
    ends_at: u64,
}

struct Ending {
    session: SessionId,
    service: usize,
    ends_at: u64,
    /// Who withdraws afterwards, having left.
    leaver: Option<Addr>,
}

/// A call that was decided on.
struct Wish {
    place: usize,
    issued_at: u64,
    units: Units,
}

impl Market {
    /// The first day: operators, models and the first callers.
    pub fn open(plan: &MarketPlan, world: &mut World) -> Result<Self> {
        let authors =
            (0..plan.authors).map(|number| world.hub.account(&format!("author {number}")));
        let mut market = Self {
            plan: plan.clone(),
            cards: Cards::load(),
            authors: authors.collect(),
            callers: vec![],
            wanted: vec![],
            popularity: Weighted::default(),
            ranks: vec![],
            ending: vec![],
        };
        for number in 0..plan.operators {
            world.open_service(&format!("operator {number}"))?;
        }
        for _ in 0..plan.models {
            market.register(world);
        }
        market.rank(world);
        for _ in 0..plan.callers {
            market.arrive(world, 0);
        }
        Ok(market)
    }

    /// What happens once a day: people come and go, authors change prices and take their income.
    pub fn morning(&mut self, world: &mut World, day: u64) -> Result<()> {
        self.release(world)?;
        self.leave(world)?;
        let daily = |count: usize, percent_a_week: f64| count as f64 * percent_a_week / 700.0;
        let models = world
            .rng
            .poisson(daily(world.listings.len(), self.plan.model_growth));
        for _ in 0..models {
            self.register(world);
        }
        if models > 0 {
            self.rank(world);
        }
        let callers = daily(self.callers.len(), self.plan.caller_growth);
        for _ in 0..world.rng.poisson(callers) {
            self.arrive(world, day);
        }
        self.reprice(world);
        self.try_own(world)?;
        self.withdraw(world, day)
    }

    /// Calls from now until a time, then their settlement.
    pub fn round(&mut self, world: &mut World, day: u64, until: u64) -> Result<()> {
        let from = world.hub.now();
        let span = until.saturating_sub(from).max(1);
        for at in 0..self.callers.len() {
            let caller = &self.callers[at];
            if caller.only_on.is_some_and(|only| only != day) {
                continue;
            }
            let mean = caller.pace * span as f64 / DAY as f64;
            let mut wishes = vec![];
            for _ in 0..world.rng.poisson(mean) {
                let place = caller.places[world.rng.place(caller.places.len())];
                wishes.push(Wish {
                    place,
                    issued_at: world.rng.between(from, until - 1),
                    units: world.rng.units(self.plan.call_size),
                });
            }
            if !wishes.is_empty() {
                self.call(world, at, &wishes)?;
            }
        }
        world.set_time(until);
        for service in 0..self.plan.operators as usize {
            let mode = if (service as u64 + day).is_multiple_of(2) {
                Mode::Itemised
            } else {
                Mode::Netted
            };
            world.settle(service, mode)?;
        }
        Ok(())
    }

    fn register(&mut self, world: &mut World) {
        let number = world.listings.len();
        let author = &self.authors[world.rng.place(self.authors.len())];
        let nature = if world.rng.happens(self.plan.dead) {
            Nature::Dead
        } else if world.rng.happens(self.plan.free) {
            Nature::Free
        } else {
            Nature::Wanted
        };
        let price = if nature == Nature::Free {
            rates(0, 0, 0)
        } else {
            self.cards.rates(world.rng.place(self.cards.cards.len()))
        };
        let model = NewModel::named(&format!("model-{number}")).operator_bps(self.operator_bps());
        let place = world.register(author, model, price, nature);
        if nature != Nature::Dead {
            self.wanted.push(place);
        }
    }

    fn operator_bps(&self) -> u16 {
        // A payee has one basis point at least.
        (libm::round(self.plan.operator_share * 100.0) as u16).min(WHOLE_BPS - 1)
    }

    /// Gives models that have none a rank in popularity: any of those there are, so that a new one can come to the top.
    fn rank(&mut self, world: &mut World) {
        while self.ranks.len() < self.wanted.len() {
            let others = self.ranks.len() as u64;
            let rank = world.rng.between(1, others + 1);
            for other in &mut self.ranks {
                *other += u64::from(*other >= rank);
            }
            self.ranks.push(rank);
        }
        self.popularity = Weighted::zipf(self.ranks.iter().copied(), self.plan.popularity);
    }

    fn arrive(&mut self, world: &mut World, day: u64) {
        let number = world.callers.len();
        let address = world.hub.account(&format!("caller {number}"));
        world.callers.push(address.clone());
        let mut places = vec![];
        for _ in 0..world.rng.between(1, self.plan.models_per_caller) {
            let drawn = self.popularity.draw(&mut world.rng);
            let place = drawn.map(|drawn| self.wanted[drawn]);
            places.extend(place.filter(|place| !places.contains(place)));
        }
        if places.is_empty() {
            return;
        }
        let one_day = world.rng.happens(self.plan.one_day_callers);
        self.callers.push(Caller {
            number,
            address,
            service: world.rng.place(self.plan.operators as usize),
            pace: self.plan.calls_per_caller * world.rng.exponential(),
            places,
            session: None,
            only_on: one_day.then_some(day),
        });
    }

    /// Makes calls, after seeing to it that the session can pay them.
    fn call(&mut self, world: &mut World, at: usize, wishes: &[Wish]) -> Result<()> {
        let mut cost = 0;
        for wish in wishes {
            cost += world.listings[wish.place].cost(wish.issued_at, wish.units)?;
        }
        self.fund(world, at, cost)?;
        let caller = &mut self.callers[at];
        let Some(open) = &mut caller.session else {
            return Ok(());
        };
        open.left -= cost;
        let (session, service) = (open.session, caller.service);
        for wish in wishes {
            let call = Call {
                session,
                place: wish.place,
                issued_at: wish.issued_at,
                units: wish.units,
            };
            world.attest(service, call)?;
        }
        Ok(())
    }

    /// A session that lasts for another day and holds `cost`: the present one, topped up where it has too little, or a
    /// new one.
    fn fund(&mut self, world: &mut World, at: usize, cost: u128) -> Result<()> {
        let now = world.hub.now();
        let caller = &mut self.callers[at];
        let size = TYPICAL.map(|tokens| tokens * self.plan.call_size);
        let size = Units::new(size[0], size[1]);
        let mut typical = 0;
        for place in &caller.places {
            typical += world.listings[*place].cost(now, size)?;
        }
        let calls = libm::ceil(caller.pace * self.plan.budget_days as f64).max(1.0) as u128;
        let budget = (calls * typical / caller.places.len() as u128)
            .max(2 * cost)
            .max(1_000);
        let address = caller.address.clone();
        match &mut caller.session {
            Some(open) if open.ends_at > now + DAY && open.left >= cost => return Ok(()),
            Some(open) if open.ends_at > now + DAY => {
                world.hub.mint(&address, coins(budget, NATIVE));
                let deposit = ExecuteMsg::Deposit {
                    beneficiary: None,
                    session: None,
                };
                let top_up = ExecuteMsg::TopUp {
                    session: open.session,
                    amount: Uint128::new(budget),
                };
                let escrow = &world.hub.escrow;
                let messages = vec![
                    world.hub.message(escrow, &deposit, &coins(budget, NATIVE)),
                    world.hub.message(escrow, &top_up, &[]),
                ];
                world.hub.bundle(&address, messages)?;
                world.transactions += 1;
                world.funded(open.session, budget);
                open.left += budget;
                return Ok(());
            }
            Some(open) => self.ending.push(Ending {
                session: open.session,
                service: caller.service,
                ends_at: open.ends_at,
                leaver: None,
            }),
            None => {}
        }
        let listed = caller.places.iter().map(|place| ModelRef {
            model: world.listings[*place].model,
            release: None,
        });
        let session = NewSession {
            models: Models::Listed(listed.collect()),
            max_price: None,
            expires_at: now + SESSION_DAYS * DAY,
            ..world
                .hub
                .new_session(&world.services[caller.service].operator, budget)
        };
        let ends_at = session.expires_at;
        let origin = Origin::Demand {
            caller: caller.number,
        };
        let session = open(world, &address, session, origin)?;
        self.callers[at].session = Some(OpenSession {
            session: SessionId(session),
            left: budget,
            ends_at,
        });
        Ok(())
    }

    /// Operators release what is over; who left takes the rest along.
    fn release(&mut self, world: &mut World) -> Result<()> {
        let now = world.hub.now();
        let (over, ending) = std::mem::take(&mut self.ending)
            .into_iter()
            .partition(|ending| ending.ends_at <= now);
        self.ending = ending;
        let over: Vec<Ending> = over;
        for ended in over {
            let operator = world.services[ended.service].operator.clone();
            let release = ExecuteMsg::ReleaseSession {
                session: ended.session,
            };
            world.hub.escrow(&operator, release)?;
            world.transactions += 1;
            if let Some(leaver) = ended.leaver {
                withdraw(world, &leaver)?;
            }
        }
        Ok(())
    }

    fn leave(&mut self, world: &mut World) -> Result<()> {
        let now = world.hub.now();
        let today = (now - START) / DAY;
        let mut staying = vec![];
        for caller in std::mem::take(&mut self.callers) {
            let was_there = caller.only_on.is_some_and(|only| only < today);
            if !was_there && !world.rng.happens(self.plan.caller_churn / 7.0) {
                staying.push(caller);
                continue;
            }
            let Some(open) = caller.session else {
                continue;
            };
            if open.ends_at > now + 60 {
                let close = ExecuteMsg::CloseSession {
                    session: open.session,
                };
                world.hub.escrow(&caller.address, close)?;
                world.transactions += 1;
            }
            self.ending.push(Ending {
                session: open.session,
                service: caller.service,
                ends_at: open.ends_at.min(now + 60),
                leaver: Some(caller.address),
            });
        }
        self.callers = staying;
        Ok(())
    }

    /// Prices go up by a quarter or down by a fifth.
    fn reprice(&mut self, world: &mut World) {
        let now = world.hub.now();
        for place in self.wanted.clone() {
            if !world.rng.happens(self.plan.price_changes / 7.0) {
                continue;
            }
            let listing = &world.listings[place];
            let Ok(old) = listing.newest_rates() else {
                continue;
            };
            if listing.nature == Nature::Free || listing.is_changing(now) {
                continue;
            }
            let up = world.rng.happens(50.0);
            let change = |amount: Uint128| {
                if up {
                    Uint128::new(amount.u128() * 5 / 4)
                } else {
                    Uint128::new(amount.u128() * 4 / 5)
                }
            };
            let rates = Rates {
                per_call: change(old.per_call),
                per_million_in: change(old.per_million_in),
                per_million_out: change(old.per_million_out),
            };
            let share = self.operator_bps();
            let author = world.listings[place].author.clone();
            let terms = terms(&world.money, rates, share, &[(&author, WHOLE_BPS - share)]);
            world.reprice(place, terms);
        }
    }

    /// Authors try their own models, which is income of theirs that is none.
    fn try_own(&mut self, world: &mut World) -> Result<()> {
        let now = world.hub.now();
        for place in 0..world.listings.len() {
            let listing = &world.listings[place];
            let honest = !matches!(listing.nature, Nature::Fake { .. });
            // Once in four weeks.
            if !honest || !world.rng.happens(self.plan.self_testing / 28.0) {
                continue;
            }
            let author = world.listings[place].author.clone();
            let service = world.rng.place(self.plan.operators as usize);
            let mut budget = 1;
            let mut sizes = vec![];
            for _ in 0..TRIALS {
                let units = world.rng.units(self.plan.call_size);
                budget += world.listings[place].cost(now, units)?;
                sizes.push(units);
            }
            let model = ModelRef {
                model: world.listings[place].model,
                release: None,
            };
            let session = NewSession {
                models: Models::Listed(vec![model]),
                max_price: None,
                expires_at: now + DAY,
                ..world
                    .hub
                    .new_session(&world.services[service].operator, budget)
            };
            let session = open(world, &author, session, Origin::Own)?;
            for units in sizes {
                let call = Call {
                    session: SessionId(session),
                    place,
                    issued_at: now,
                    units,
                };
                world.attest(service, call)?;
            }
            self.ending.push(Ending {
                session: SessionId(session),
                service,
                ends_at: now + DAY,
                leaver: None,
            });
        }
        Ok(())
    }

    /// Each author takes its income once a week.
    fn withdraw(&mut self, world: &mut World, day: u64) -> Result<()> {
        for author in self.authors.iter().skip((day % 7) as usize).step_by(7) {
            withdraw(world, author)?;
        }
        Ok(())
    }
}

/// Opens a session with fresh money of the caller.
fn open(world: &mut World, caller: &Addr, session: NewSession, origin: Origin) -> Result<u64> {
    let amount = session.budget.u128();
    world.hub.mint(caller, coins(amount, NATIVE));
    let money = world.money.clone();
    let response = world
        .hub
        .deposit(caller, &money, amount, None, Some(session))?;
    world.transactions += 1;
    let session = data::<SessionCreated>(&response).session;
    world.originate(session, origin);
    world.funded(session, amount);
    Ok(session.0)
}

/// Withdraws everything that is available, if anything is.
fn withdraw(world: &mut World, owner: &Addr) -> Result<()> {
    if world.available(owner)? == 0 {
        return Ok(());
    }
    let withdraw = ExecuteMsg::Withdraw {
        denom: world.money.unchecked(),
        amount: None,
        recipient: None,
    };
    world.hub.escrow(owner, withdraw)?;
    world.transactions += 1;
    Ok(())
}
