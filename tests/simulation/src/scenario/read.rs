use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::{CostPlan, FakePlan, Goal, JudgePlan, MarketPlan, Scenario, Scheme, Through};

/// Most money that a ring can have: a billion dollars.
const MAX_DOLLARS: f64 = 1e9;

/// What is wrong with a scenario, and where.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
#[error("{file}:{line}: {field}: {problem}")]
pub struct ScenarioError {
    /// The file.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// With the table it stands in, such as `market.models`.
    pub field: String,
    /// What was found and what was expected.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    seed: u64,
    days: Spanned<u64>,
    market: Market,
    costs: Costs,
    judge: Judge,
    #[serde(default)]
    fakes: Vec<Spanned<Fake>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Market {
    authors: Spanned<u64>,
    models: Spanned<u64>,
    dead: Spanned<f64>,
    free: Spanned<f64>,
    self_testing: Spanned<f64>,
    model_growth: Spanned<f64>,
    price_changes: Spanned<f64>,
    operators: Spanned<u64>,
    friends: Option<Spanned<u64>>,
    operator_share: Spanned<f64>,
    rounds: Spanned<u64>,
    callers: Spanned<u64>,
    caller_growth: Spanned<f64>,
    caller_churn: Spanned<f64>,
    one_day_callers: Spanned<f64>,
    calls_per_caller: Spanned<f64>,
    call_size: Spanned<u64>,
    models_per_caller: Spanned<u64>,
    popularity: Spanned<f64>,
    budget_days: Spanned<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Costs {
    gas_price: Spanned<f64>,
    interest: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judge {
    earns_from: Spanned<f64>,
    payers: Spanned<u64>,
    returning: Spanned<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fake {
    name: Spanned<String>,
    kind: Kind,
    rings: Spanned<u64>,
    #[serde(default)]
    from_day: Option<Spanned<u64>>,
    capital: Option<Spanned<f64>>,
    calls: Option<Spanned<u64>>,
    payers: Option<Spanned<u64>>,
    cycles: Option<Spanned<u64>>,
    charges: Option<Spanned<u64>>,
    named: Option<Spanned<u64>>,
    models: Option<Spanned<u64>>,
    through_market: Option<Spanned<bool>>,
    through_friend: Option<Spanned<bool>>,
    share: Option<Spanned<f64>>,
    goal: Option<Spanned<Aim>>,
    earning: Option<Spanned<bool>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    OwnMoney,
    Borrowed,
    Patient,
    Sybils,
    InventedCalls,
    FreeCalls,
    NamedCallers,
    Warehouse,
    Smear,
    Copy,
    Adaptive,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Aim {
    Aged,
    Backed,
}

pub(super) fn parse(name: &str, file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let source = Source { file, text };
    let read: File = toml::from_str(text).map_err(|error| source.syntax(&error))?;
    let market = &read.market;
    let share = |value| source.within(value, 0.0..=100.0);
    let market = MarketPlan {
        authors: source.within(&market.authors, 1..=100_000)?,
        models: source.within(&market.models, 1..=1_000_000)?,
        dead: share(&market.dead)?,
        free: share(&market.free)?,
        self_testing: share(&market.self_testing)?,
        model_growth: share(&market.model_growth)?,
        price_changes: share(&market.price_changes)?,
        operators: source.within(&market.operators, 1..=1_000)?,
        friends: match &market.friends {
            Some(friends) => source.within(friends, 0..=*market.operators.get_ref())?,
            None => 0,
        },
        operator_share: share(&market.operator_share)?,
        rounds: source.within(&market.rounds, 1..=24)?,
        callers: source.within(&market.callers, 1..=1_000_000)?,
        caller_growth: share(&market.caller_growth)?,
        caller_churn: share(&market.caller_churn)?,
        one_day_callers: share(&market.one_day_callers)?,
        calls_per_caller: source.within(&market.calls_per_caller, 0.0..=100.0)?,
        call_size: source.within(&market.call_size, 1..=1_000)?,
        models_per_caller: source.within(&market.models_per_caller, 1..=8)?,
        popularity: source.within(&market.popularity, 0.0..=5.0)?,
        budget_days: source.within(&market.budget_days, 1..=90)?,
    };
    let costs = CostPlan {
        gas_price: source.within(&read.costs.gas_price, 0.0..=1_000.0)?,
        interest: source.within(&read.costs.interest, 0.0..=1_000.0)?,
    };
    let judge = JudgePlan {
        earns_from: millionths(source.within(&read.judge.earns_from, 0.000_001..=MAX_DOLLARS)?),
        payers: source.within(&read.judge.payers, 0..=1_000_000)?,
        returning: source.within(&read.judge.returning, 0..=1_000_000)?,
    };
    let days = source.within(&read.days, 1..=3_650)?;
    let mut fakes: Vec<FakePlan> = vec![];
    for fake in &read.fakes {
        let plan = source.fake(fake, days, &market)?;
        if fakes.iter().any(|other| other.name == plan.name) {
            let name = &fake.get_ref().name;
            return Err(source.error(name, format!("\"{}\" is the name of another", plan.name)));
        }
        fakes.push(plan);
    }
    Ok(Scenario {
        name: name.to_owned(),
        about: read.about,
        seed: read.seed,
        days,
        market,
        costs,
        judge,
        fakes,
    })
}

fn millionths(dollars: f64) -> u128 {
    libm::round(dollars * 1e6) as u128
}

/// The text that errors point into.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn fake(
        &self,
        table: &Spanned<Fake>,
        days: u64,
        market: &MarketPlan,
    ) -> Result<FakePlan, ScenarioError> {
        let fake = table.get_ref();
        let mut fields = Fields {
            source: self,
            table,
            unused: vec![],
        };
        let capital = fields.take("capital", &fake.capital);
        let calls = fields.take("calls", &fake.calls);
        let payers = fields.take("payers", &fake.payers);
        let cycles = fields.take("cycles", &fake.cycles);
        let charges = fields.take("charges", &fake.charges);
        let named = fields.take("named", &fake.named);
        let models = fields.take("models", &fake.models);
        let through_market = fields.take("through_market", &fake.through_market);
        let through_friend = fields.take("through_friend", &fake.through_friend);
        let share = fields.take("share", &fake.share);
        let goal = fields.take("goal", &fake.goal);
        let earning = fields.take("earning", &fake.earning);
        let scheme = match fake.kind {
            Kind::OwnMoney => Scheme::OwnMoney {
                capital: fields.dollars(capital)?,
                calls: fields.number(calls, 1..=1_000)?,
            },
            Kind::Borrowed => Scheme::Borrowed {
                capital: fields.dollars(capital)?,
                calls: fields.number(calls, 1..=1_000)?,
            },
            Kind::Patient => Scheme::Patient {
                capital: fields.dollars(capital)?,
                payers: fields.number(payers, 1..=1_000)?,
                calls: fields.number(calls, 1..=1_000)?,
                cycles: fields.optional(cycles, 1..=1_825)?,
                through: fields.through(through_market, through_friend, share, market)?,
            },
            Kind::Sybils => Scheme::Sybils {
                capital: fields.dollars(capital)?,
                payers: fields.number(payers, 1..=10_000)?,
                charges: fields.number(charges, 1..=1_000)?,
            },
            Kind::InventedCalls => Scheme::InventedCalls {
                calls: fields.number(calls, 1..=65_535)?,
            },
            Kind::FreeCalls => Scheme::FreeCalls {
                calls: fields.number(calls, 1..=65_535)?,
            },
            Kind::NamedCallers => Scheme::NamedCallers {
                capital: fields.dollars(capital)?,
                named: fields.number(named, 1..=market.callers.min(1_000))?,
            },
            Kind::Warehouse => Scheme::Warehouse {
                models: fields.number(models, 1..=100_000)?,
                earning: fields.used(earning).copied().unwrap_or_default(),
            },
            Kind::Smear => Scheme::Smear {
                capital: fields.dollars(capital)?,
            },
            Kind::Copy => Scheme::Copy,
            Kind::Adaptive => Scheme::Adaptive {
                capital: fields.dollars(capital)?,
                goal: match fields.needed(goal)?.get_ref() {
                    Aim::Aged => Goal::Aged,
                    Aim::Backed => Goal::Backed,
                },
            },
        };
        fields.no_more()?;
        self.enough_money(fake, &scheme)?;
        if scheme == Scheme::Copy {
            // They would copy the same day and share what is copied.
            self.within(&fake.rings, 1..=1)?;
        }
        Ok(FakePlan {
            name: fake.name.get_ref().clone(),
            rings: self.within(&fake.rings, 1..=1_000)?,
            from_day: match &fake.from_day {
                Some(day) => self.within(day, 0..=days - 1)?,
                None => 0,
            },
            scheme,
        })
    }

    /// Every payment is a millionth of a dollar at least.
    fn enough_money(&self, fake: &Fake, scheme: &Scheme) -> Result<(), ScenarioError> {
        let (capital, payments) = match *scheme {
            Scheme::OwnMoney { capital, calls } | Scheme::Borrowed { capital, calls } => {
                (capital, calls)
            }
            Scheme::Patient {
                capital,
                payers,
                calls,
                ..
            } => (capital, payers * calls),
            Scheme::Sybils {
                capital,
                payers,
                charges,
            } => (capital, payers * charges),
            Scheme::NamedCallers { capital, named } => (capital, named),
            _ => return Ok(()),
        };
        match &fake.capital {
            Some(stated) if capital < payments.into() => Err(self.error(
                stated,
                format!(
                    "{} dollars do not make {payments} payments, expected a millionth for each",
                    stated.get_ref()
                ),
            )),
            _ => Ok(()),
        }
    }

    fn within<T: PartialOrd + Display + Copy>(
        &self,
        value: &Spanned<T>,
        range: RangeInclusive<T>,
    ) -> Result<T, ScenarioError> {
        let found = *value.get_ref();
        if range.contains(&found) {
            return Ok(found);
        }
        let (least, most) = (range.start(), range.end());
        Err(self.error(value, format!("{found} is not from {least} to {most}")))
    }

    fn error<T>(&self, at: &Spanned<T>, problem: String) -> ScenarioError {
        self.at(at.span().start, None, problem)
    }

    /// What the parser found. It names missing and unknown fields in its message.
    fn syntax(&self, error: &toml::de::Error) -> ScenarioError {
        let start = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let named = ["missing field `", "unknown field `"]
            .iter()
            .find_map(|prefix| message.strip_prefix(prefix)?.split('`').next());
        self.at(start, named, message.to_owned())
    }

    fn at(&self, offset: usize, named: Option<&str>, problem: String) -> ScenarioError {
        let offset = offset.min(self.text.len());
        let line = self.text[..offset].matches('\n').count();
        let lines: Vec<&str> = self.text.lines().collect();
        let present = lines.get(line).copied().unwrap_or_default();
        let key = present.split_once('=').map(|(key, _)| key.trim());
        let table = lines
            .iter()
            .take(line + 1)
            .rev()
            .find_map(|text| text.trim().strip_prefix('['))
            .and_then(|text| text.trim_start_matches('[').split(']').next());
        // A table of an unknown name is found on its own line.
        let field = named.or(key).filter(|field| Some(*field) != table);
        let path: Vec<&str> = table.into_iter().chain(field).collect();
        ScenarioError {
            file: self.file.to_owned(),
            line: line + 1,
            field: if path.is_empty() {
                "file".to_owned()
            } else {
                path.join(".")
            },
            problem,
        }
    }
}

/// A field of a fake that its kind may use.
struct Field<'a, T> {
    name: &'static str,
    value: Option<&'a Spanned<T>>,
}

/// Makes sure that a kind has what it needs and nothing else.
struct Fields<'a> {
    source: &'a Source<'a>,
    table: &'a Spanned<Fake>,
    /// Fields that stand in the file and were not asked for yet, with where they stand.
    unused: Vec<(&'static str, usize)>,
}

impl<'a> Fields<'a> {
    fn take<T>(&mut self, name: &'static str, value: &'a Option<Spanned<T>>) -> Field<'a, T> {
        let value = value.as_ref();
        self.unused
            .extend(value.map(|value| (name, value.span().start)));
        Field { name, value }
    }

    fn used<T>(&mut self, field: Field<'a, T>) -> Option<&'a T> {
        self.unused.retain(|(name, _)| *name != field.name);
        field.value.map(Spanned::get_ref)
    }

    fn needed<T>(&mut self, field: Field<'a, T>) -> Result<&'a Spanned<T>, ScenarioError> {
        self.unused.retain(|(name, _)| *name != field.name);
        field.value.ok_or_else(|| {
            let problem = "missing, but this kind needs it".to_owned();
            self.source
                .at(self.table.span().start, Some(field.name), problem)
        })
    }

    fn number(
        &mut self,
        field: Field<'a, u64>,
        range: RangeInclusive<u64>,
    ) -> Result<u64, ScenarioError> {
        let value = self.needed(field)?;
        self.source.within(value, range)
    }

    fn optional(
        &mut self,
        field: Field<'a, u64>,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ScenarioError> {
        match field.value {
            Some(_) => self.number(field, range).map(Some),
            None => Ok(None),
        }
    }

    /// Who serves a ring: its own operator where nothing is said.
    fn through(
        &mut self,
        market: Field<'a, bool>,
        friend: Field<'a, bool>,
        share: Field<'a, f64>,
        plan: &MarketPlan,
    ) -> Result<Through, ScenarioError> {
        let market = self.used(market).copied().unwrap_or_default();
        let by_friend = friend.value;
        let friend = self.used(friend).copied().unwrap_or_default();
        if !market && !friend {
            // A share is offered to somebody.
            return Ok(Through::Own);
        }
        let percent = match share.value {
            // A payee has one basis point at least.
            Some(_) => self.source.within(self.needed(share)?, 0.0..=99.99)?,
            None => plan.operator_share.min(99.99),
        };
        let bps = libm::round(percent * 100.0) as u16;
        match by_friend {
            Some(stated) if friend && market => Err(self
                .source
                .error(stated, "through_market is stated as well".to_owned())),
            Some(stated) if friend && plan.friends == 0 => Err(self.source.error(
                stated,
                "market.friends is 0, so that no operator is anybody's friend".to_owned(),
            )),
            _ if friend => Ok(Through::Friend { bps }),
            _ => Ok(Through::Market { bps }),
        }
    }

    fn dollars(&mut self, field: Field<'a, f64>) -> Result<u128, ScenarioError> {
        let value = self.needed(field)?;
        let dollars = self.source.within(value, 0.000_001..=MAX_DOLLARS)?;
        Ok(millionths(dollars))
    }

    fn no_more(&self) -> Result<(), ScenarioError> {
        match self.unused.first() {
            Some((_, start)) => {
                let problem = "this kind has no such field".to_owned();
                Err(self.source.at(*start, None, problem))
            }
            None => Ok(()),
        }
    }
}
