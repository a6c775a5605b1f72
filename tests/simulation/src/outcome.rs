//! What came of a scenario: the numbers of the chain beside the truth.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use hub_types::belief::{DEFAULT_FACTOR, MAX_BELIEVED};
use hub_types::billing::{BackingResponse, HubResponse, HubSums, HubWeek};
use hub_types::ids::ModelId;
use hub_types::time::Day;

use crate::fakes::{Bill, Ring};
use crate::gas::{GasMeter, Snapshot};
use crate::numbers::{self, Numbers};
use crate::scenario::Scenario;
use crate::world::{Demand, Listing, Nature, TrueDay, World, DAY, START};

/// Days that "lately" means.
pub const LATELY_DAYS: u64 = 28;

/// Everything that a report is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was simulated.
    pub scenario: Scenario,
    /// By day, from 0.
    pub days: Vec<DayRow>,
    /// By week, from the first.
    pub weeks: Vec<WeekRow>,
    /// By id.
    pub models: Vec<ModelRow>,
    /// Rings, in the order of the scenario.
    pub rings: Vec<RingRow>,
    /// The second half of the time against the first.
    pub glance: HubResponse,
    /// What the operators of the market attested, whom readers may believe.
    pub believed: Attested,
    /// What they back, for several choices of whom to believe and how far.
    pub backed: Vec<BackedRow>,
    /// What happened on the chain.
    pub chain: ChainFacts,
}

/// What the first operators of the market back together, at a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackedRow {
    /// How many operators are believed.
    pub operators: u64,
    /// Of them, friends of rings.
    pub friends: u64,
    /// Times what they kept, for which they speak.
    pub factor: u32,
    /// Models of which they back as much as counts as earning.
    pub accepted: u64,
    /// Of them, those that really earn.
    pub right: u64,
    /// Models that really earn.
    pub earning: u64,
    /// The same, of what they back and of what people pay where each payment counts half after four weeks.
    pub recent: Told,
    /// What they back of models that belong to no ring, in millionths of a dollar.
    pub backed: u128,
    /// What they back of models of rings that have no friend among them.
    pub backed_of_rings: u128,
    /// What they back of models of rings that have one.
    pub backed_of_friends: u128,
    /// The most that rings of one kind without a friend among them show for each unit that they left to others; 0 where none
    /// shows anything.
    pub most_for_one: f64,
    /// What they served for strangers, as a part of everything that strangers paid for models that belong to no ring.
    pub coverage: f64,
}

/// How models that earn are told from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Models that are taken for earning ones.
    pub accepted: u64,
    /// Of them, those that really are.
    pub right: u64,
    /// Models that really are.
    pub earning: u64,
}

impl Told {
    fn count(&mut self, accepted: bool, earns: bool) {
        self.accepted += u64::from(accepted);
        self.right += u64::from(accepted && earns);
        self.earning += u64::from(earns);
    }
}

/// What operators attested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attested {
    /// Calls that cost something.
    pub calls: u64,
    /// What they cost, in millionths of a dollar.
    pub gross: u128,
    /// Of it, aged.
    pub aged: u128,
}

/// What happened on the chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChainFacts {
    /// Transactions.
    pub transactions: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Callers there ever were.
    pub callers: u64,
    /// Days on which the invariants were checked and held.
    pub days_checked: u64,
    /// Gas of a single `Settle`, measured.
    pub settle_gas: f64,
    /// Gas of a bank transfer, measured.
    pub bank_send_gas: f64,
    /// Gas of each receipt of a batch of a thousand, measured.
    pub w1k_gas: f64,
    /// The same, estimated as rings' transactions are.
    pub w1k_estimated: f64,
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRow {
    /// From 0.
    pub day: u64,
    /// Models registered so far.
    pub registered: u64,
    /// What the Hub says of the day.
    pub hub: HubSums,
    /// Calls of independent people.
    pub true_calls: u64,
    /// What they paid, in millionths of a dollar.
    pub true_income: u128,
}

/// A week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekRow {
    /// Since 1970-01-01.
    pub week: u64,
    /// What the Hub says of it.
    pub hub: HubWeek,
    /// Independent people who paid.
    pub true_payers: u64,
    /// Of them, those who paid in an earlier week.
    pub true_returning: u64,
}

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// Its id.
    pub model: ModelId,
    /// What it is in truth.
    pub nature: Nature,
    /// What independent people paid for it.
    pub demand: Demand,
    /// What the chain says.
    pub numbers: Numbers,
    /// Of its aged income, that of the last days.
    pub aged_lately: u128,
    /// Its place in the ranking of all time, from 1.
    pub place: Option<u64>,
    /// Its place in the ranking by recent income, from 1.
    pub recent_place: Option<u64>,
    /// What independent people paid for it, where each payment counts half after four weeks.
    pub recent_income: u128,
    /// What the operators of the market that are nobody's friends back at the default factor.
    pub backed: u128,
    /// The same of what is recent.
    pub recent_backed: u128,
    /// What all operators of the market back at the default factor, friends of rings included.
    pub backed_by_all: u128,
}

/// A ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingRow {
    /// Its plan's place in the scenario.
    pub plan: usize,
    /// What it paid and locked.
    pub bill: Bill,
    /// What it no longer has, in millionths of a dollar.
    pub lost: u128,
    /// What it did to the numbers of others' models.
    pub elsewhere: Numbers,
}

pub(crate) fn gather(
    scenario: &Scenario,
    snapshot: &Snapshot,
    gas: &GasMeter,
    world: &mut World,
    rings: &[Ring],
) -> Result<Outcome> {
    let first = Day::of(START).0;
    let half = u32::try_from((scenario.days / 2).clamp(1, 90)).context("at most 90")?;
    let models = models(scenario, world, first + scenario.days)?;
    let rings: Vec<RingRow> = rings
        .iter()
        .map(|ring| {
            Ok(RingRow {
                plan: ring.plan,
                bill: ring.bill,
                lost: ring.bill.brought.saturating_sub(ring.wealth(world)?),
                elsewhere: ring.elsewhere,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Outcome {
        scenario: scenario.clone(),
        days: days(scenario, world, first)?,
        weeks: weeks(world, first)?,
        backed: backed(scenario, world, &models, &rings)?,
        models,
        rings,
        glance: numbers::glance(world, half)?,
        believed: believed(scenario, world)?,
        chain: ChainFacts {
            transactions: world.transactions,
            sessions: world.newest_session().0,
            callers: world.callers.len() as u64,
            days_checked: scenario.days,
            settle_gas: snapshot.settle(),
            bank_send_gas: snapshot.bank_send(),
            w1k_gas: snapshot.w1k_per_receipt(),
            w1k_estimated: gas.of_w1k_per_receipt()?,
        },
    })
}

fn believed(scenario: &Scenario, world: &World) -> Result<Attested> {
    let mut all = Attested::default();
    for service in world
        .services
        .iter()
        .take(scenario.market.operators as usize)
    {
        let sums = numbers::of_operator(world, &service.operator)?;
        all.calls += sums.calls;
        all.gross += sums.gross.u128();
        all.aged += sums.aged.u128();
    }
    Ok(all)
}

/// For 3, 5 and 10 times what they kept, and from half of the operators of the market to all of them.
fn backed(
    scenario: &Scenario,
    world: &World,
    models: &[ModelRow],
    rings: &[RingRow],
) -> Result<Vec<BackedRow>> {
    let all = scenario.market.operators.min(MAX_BELIEVED as u64);
    let mut rows = vec![];
    for count in all.div_ceil(2)..=all {
        let services = world.services.iter().take(count as usize);
        let operators: Vec<String> = services
            .map(|service| service.operator.to_string())
            .collect();
        for factor in [3, 5, 10] {
            rows.push(backed_by(
                scenario, world, models, rings, &operators, factor,
            )?);
        }
    }
    Ok(rows)
}

fn backed_by(
    scenario: &Scenario,
    world: &World,
    models: &[ModelRow],
    rings: &[RingRow],
    operators: &[String],
    factor: u32,
) -> Result<BackedRow> {
    let threshold = scenario.judge.earns_from;
    let believed = operators.len() as u64;
    let friends = believed.saturating_sub(scenario.market.honest_operators());
    let has_friend = |plan: usize| friends > 0 && scenario.fakes[plan].scheme.has_friend();
    let mut lifetime = Told::default();
    let mut row = BackedRow {
        operators: believed,
        friends,
        factor,
        accepted: 0,
        right: 0,
        earning: 0,
        recent: Told::default(),
        backed: 0,
        backed_of_rings: 0,
        backed_of_friends: 0,
        most_for_one: 0.0,
        coverage: 0.0,
    };
    let mut shown = vec![0u128; scenario.fakes.len()];
    let (mut served, mut unrelated) = (0u128, 0u128);
    for (model, backing) in models
        .iter()
        .zip(numbers::backings(world, operators, factor)?)
    {
        let backed = backing.backed.u128();
        lifetime.count(backed >= threshold, model.demand.income >= threshold);
        let recent = backing.recent_backed.u128() >= threshold;
        row.recent.count(recent, model.recent_income >= threshold);
        match model.nature {
            Nature::Fake { ring } if has_friend(rings[ring].plan) => {
                row.backed_of_friends += backed
            }
            Nature::Fake { ring } => {
                row.backed_of_rings += backed;
                shown[rings[ring].plan] += backed;
            }
            _ => {
                row.backed += backed;
                let by_each = backing.operators.iter();
                served += by_each.map(|one| one.sums.strange.u128()).sum::<u128>();
                unrelated += model.numbers.gross - model.numbers.related;
            }
        }
    }
    for (plan, shown) in shown.into_iter().enumerate() {
        let of_plan = rings.iter().filter(|ring| ring.plan == plan);
        let left: u128 = of_plan.map(|ring| ring.lost).sum();
        if shown > 0 {
            row.most_for_one = row.most_for_one.max(shown as f64 / left as f64);
        }
    }
    (row.accepted, row.right, row.earning) = (lifetime.accepted, lifetime.right, lifetime.earning);
    row.coverage = served as f64 / (unrelated as f64).max(1.0);
    Ok(row)
}

fn days(scenario: &Scenario, world: &World, first: u64) -> Result<Vec<DayRow>> {
    let hub = numbers::days(world)?;
    let asked: Vec<u64> = (first..first + scenario.days).collect();
    let registered = numbers::models_registered(world, &asked)?;
    let rows = (0..).zip(&world.truth).zip(registered);
    let row = |((place, truth), registered): ((u64, &TrueDay), u64)| DayRow {
        day: place,
        registered,
        hub: hub
            .get(&(first + place))
            .map(|day| day.sums)
            .unwrap_or_default(),
        true_calls: truth.calls,
        true_income: truth.income,
    };
    Ok(rows.map(row).collect())
}

fn weeks(world: &World, first: u64) -> Result<Vec<WeekRow>> {
    let mut known = BTreeSet::new();
    let mut rows = vec![];
    let hub = numbers::weeks(world)?;
    let last = first + world.truth.len() as u64 - 1;
    for number in Day(first).week().0..=Day(last).week().0 {
        let mut payers = BTreeSet::new();
        for (place, truth) in (first..).zip(&world.truth) {
            if Day(place).week().0 == number {
                payers.extend(truth.payers.iter().copied());
            }
        }
        rows.push(WeekRow {
            week: number,
            hub: hub.get(&number).map(|week| week.counts).unwrap_or_default(),
            true_payers: payers.len() as u64,
            true_returning: payers.intersection(&known).count() as u64,
        });
        known.extend(payers);
    }
    Ok(rows)
}

fn models(scenario: &Scenario, world: &World, today: u64) -> Result<Vec<ModelRow>> {
    let (places, recent_places) = (numbers::lifetime_ranking(world)?, numbers::ranking(world)?);
    let backings = |operators: u64| {
        let services = world.services.iter().take(operators as usize);
        let names = services.map(|service| service.operator.to_string());
        let names: Vec<String> = names.take(MAX_BELIEVED).collect();
        numbers::backings(world, &names, DEFAULT_FACTOR)
    };
    let honest = backings(scenario.market.honest_operators())?;
    let all = backings(scenario.market.operators)?;
    let week = Day::of(world.hub.now()).week();
    let row = |(listing, (honest, all)): (&Listing, (&BackingResponse, &BackingResponse))| {
        Ok(ModelRow {
            model: listing.model,
            nature: listing.nature,
            demand: listing.demand,
            numbers: numbers::of_model(world, listing.model)?,
            aged_lately: numbers::aged_of_days(
                world,
                listing.model,
                today.saturating_sub(LATELY_DAYS),
                today - 1,
            )?,
            place: places.get(&listing.model).copied(),
            recent_place: recent_places.get(&listing.model).copied(),
            recent_income: listing.demand.recent_at(week),
            backed: honest.backed.u128(),
            recent_backed: honest.recent_backed.u128(),
            backed_by_all: all.backed.u128(),
        })
    };
    let backings = honest.iter().zip(&all);
    world.listings.iter().zip(backings).map(row).collect()
}

impl Outcome {
    /// Models of the rings of a plan.
    pub fn models_of(&self, plan: usize) -> impl Iterator<Item = &ModelRow> {
        self.models
            .iter()
            .filter(move |row| self.plan_of(row) == Some(plan))
    }

    /// The plan whose ring a model belongs to.
    pub fn plan_of(&self, row: &ModelRow) -> Option<usize> {
        match row.nature {
            Nature::Fake { ring } => self.rings.get(ring).map(|ring| ring.plan),
            _ => None,
        }
    }
}

impl Bill {
    /// Days for which the most that was locked at a time would have lain, had all of it lain at once.
    pub fn locked_days(&self) -> f64 {
        if self.peak_locked == 0 {
            return 0.0;
        }
        self.locked_seconds as f64 / self.peak_locked as f64 / DAY as f64
    }
}
