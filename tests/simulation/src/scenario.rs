//! What is simulated: a TOML file, read strictly. Every error names the line and the field.

mod read;

use std::path::Path;

pub use read::ScenarioError;

/// A market and those who fake in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Name of the file, without its ending.
    pub name: String,
    /// What the scenario shows, in a sentence.
    pub about: String,
    /// The same seed gives the same market.
    pub seed: u64,
    /// Simulated days.
    pub days: u64,
    /// Who takes part honestly.
    pub market: MarketPlan,
    /// What gas and locked money are worth.
    pub costs: CostPlan,
    /// When a model counts as one that really earns.
    pub judge: JudgePlan,
    /// Who fakes, and how.
    pub fakes: Vec<FakePlan>,
}

/// Honest authors, callers and operators. Shares are percent.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketPlan {
    /// Authors of the models registered on the first day.
    pub authors: u64,
    /// Models registered on the first day.
    pub models: u64,
    /// Share of models that nobody ever calls.
    pub dead: f64,
    /// Share of the others whose price is zero.
    pub free: f64,
    /// Share of models that their author calls itself now and then.
    pub self_testing: f64,
    /// New models a week, as a share of those there are.
    pub model_growth: f64,
    /// Share of models in demand that change their price in a week, up as often as down.
    pub price_changes: f64,
    /// Operators, each with one attester.
    pub operators: u64,
    /// Of them, the last so many are friends of rings, to which they give back what they get from them. They serve honest
    /// callers like the others.
    pub friends: u64,
    /// Share of a price that authors offer the operator.
    pub operator_share: f64,
    /// Settlements of each operator a day.
    pub rounds: u64,
    /// Callers on the first day.
    pub callers: u64,
    /// New callers a week, as a share of those there are.
    pub caller_growth: f64,
    /// Callers who leave in a week, as a share of those there are.
    pub caller_churn: f64,
    /// Share of callers who call on one day only.
    pub one_day_callers: f64,
    /// Calls of a caller a day, on average; each has a pace of its own.
    pub calls_per_caller: f64,
    /// Size of a call, 1 for a chat of a few thousand tokens.
    pub call_size: u64,
    /// Most models that a caller uses.
    pub models_per_caller: u64,
    /// Zipf exponent of the models' popularity; 0 makes all equal.
    pub popularity: f64,
    /// Days for which callers prepay.
    pub budget_days: u64,
}

/// What gas and locked money are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPlan {
    /// Millionths of a dollar for one gas.
    pub gas_price: f64,
    /// Percent a year that locked money would earn elsewhere.
    pub interest: f64,
}

/// When a model counts as one that really earns.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgePlan {
    /// Millionths of a dollar, from independent people in truth, aged on chain.
    pub earns_from: u128,
    /// Payers that the rule asks for.
    pub payers: u64,
    /// Returning payers that the rule asks for.
    pub returning: u64,
}

/// Rings that fake in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct FakePlan {
    /// How the report calls it.
    pub name: String,
    /// How many rings do it, each on its own.
    pub rings: u64,
    /// First day, from 0.
    pub from_day: u64,
    /// What they do.
    pub scheme: Scheme,
}

/// Ways to fake. Money is in millionths of a dollar and per ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// An author calls its own model with its own money, which lies for two days and is used again.
    OwnMoney {
        /// Money that goes round.
        capital: u128,
        /// Calls it is divided into each time.
        calls: u64,
    },
    /// Each day a loan pays for calls and is repaid from the income, all in one transaction.
    Borrowed {
        /// The loan.
        capital: u128,
        /// Calls it is divided into.
        calls: u64,
    },
    /// Accounts of the ring lock money for two days, pay its model and get it back, again and again.
    Patient {
        /// Money that goes round.
        capital: u128,
        /// Accounts among which it is divided.
        payers: u64,
        /// Calls of each account each time.
        calls: u64,
        /// How often; until the end if not given.
        cycles: Option<u64>,
        /// Who serves it.
        through: Through,
    },
    /// Many accounts with as little as can be pay right before and right after a week ends.
    Sybils {
        /// Money divided among them.
        capital: u128,
        /// Accounts.
        payers: u64,
        /// Calls that each pays for in all, one at a time; one at the end of a week, one at the beginning of the next.
        charges: u64,
    },
    /// The ring's attester states calls that never were, each at a millionth of a dollar.
    InventedCalls {
        /// Calls stated a day.
        calls: u64,
    },
    /// The same at a price of zero.
    FreeCalls {
        /// Calls stated a day.
        calls: u64,
    },
    /// Sessions for well-known callers who were never asked, funded by the ring and charged by its operator.
    NamedCallers {
        /// Money divided among the sessions.
        capital: u128,
        /// Callers named.
        named: u64,
    },
    /// Models that nobody wants, registered in heaps.
    Warehouse {
        /// Models.
        models: u64,
        /// Whether each of them is paid a millionth of a dollar of aged money.
        earning: bool,
    },
    /// Calls of somebody else's model in the name of its author, so that its income looks related.
    Smear {
        /// Money paid for them.
        capital: u128,
    },
    /// The whole honest market once more, with accounts of the ring: each model, each session, each payment, on the same day.
    Copy,
    /// Knows the rules, tries every way that it knows with a part of its money, and goes on in the way that costs least.
    Adaptive {
        /// Money that goes round.
        capital: u128,
        /// What it wants to be high.
        goal: Goal,
    },
}

impl Scheme {
    /// Whether an operator of the market is a friend of those who do it.
    pub fn has_friend(&self) -> bool {
        let through = match self {
            Self::Patient { through, .. } => *through,
            _ => Through::Own,
        };
        matches!(through, Through::Friend { .. })
    }
}

/// Who serves the calls of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// An operator of its own.
    Own,
    /// An operator of the market, which really runs the model and keeps its share in basis points.
    Market {
        /// Offered by the ring.
        bps: u16,
    },
    /// An operator of the market that is its friend, and gives its share back.
    Friend {
        /// Offered by the ring.
        bps: u16,
    },
}

/// A number that somebody wants to be high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Aged income.
    Aged,
    /// What the operators of the market back who are no friends of rings.
    Backed,
}

impl MarketPlan {
    /// Operators that are nobody's friends: the first ones.
    pub fn honest_operators(&self) -> u64 {
        self.operators.saturating_sub(self.friends)
    }
}

impl Scenario {
    /// Reads a file.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the scenario {} cannot be read", path.display()))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&name, &path.display().to_string(), &text).map_err(anyhow::Error::from)
    }

    /// Reads the text of a file; `file` is how errors name it.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, ScenarioError> {
        read::parse(name, file, text)
    }
}
