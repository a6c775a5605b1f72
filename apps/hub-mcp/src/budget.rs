//! What an assistant may spend: per call, per model and day, and per day, over restarts and in several processes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hub_types::ids::ModelId;
use hub_x402::{Amount, RequestId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the user allows. Amounts are in the smallest unit of [`Limits::asset`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Denomination of all amounts, as x402 names it.
    pub asset: String,
    /// The most that one call may cost.
    pub per_call: u128,
    /// The most that the calls of one model may cost in a day.
    pub per_model: u128,
    /// The most that all calls may cost in a day.
    pub per_day: u128,
    /// What a call may cost without asking a person.
    pub confirm_above: u128,
}

/// Why a call is not made: nothing was sent that could be charged.
#[derive(Error, Debug)]
pub enum BudgetError {
    /// A limit of the user's.
    #[error("{what} would come to {would}{asset}, and the user allows {allowed}{asset}: ask the user to allow more, or {cure}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// What it would come to.
        would: u128,
        /// What is allowed.
        allowed: u128,
        /// The denomination.
        asset: String,
        /// What helps besides.
        cure: &'static str,
    },
    /// The file is another denomination's.
    #[error("the budget {} is kept in {found}, and the session holds {expected}: name another file", path.display())]
    OtherAsset {
        /// The file.
        path: PathBuf,
        /// Its denomination.
        found: String,
        /// The session's.
        expected: String,
    },
    /// The file cannot be kept.
    #[error("the budget {} cannot be kept, so nothing was sent: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file holds something else.
    #[error("the budget {} cannot be read: {reason}; it says what was spent today, so mend it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A call whose cost is not known yet, at its most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    model: ModelId,
    amount: Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    asset: String,
    /// Days since 1970, UTC. It never goes back, or setting a clock back would give the same day twice.
    day: u64,
    /// What calls cost that were answered on that day, by model.
    spent: BTreeMap<ModelId, Amount>,
    /// Calls of that day that run, or whose end is not known.
    open: BTreeMap<String, Open>,
    /// Calls that were answered, the newest last: a repeat costs nothing.
    answered: Vec<String>,
}

/// So many answered calls are remembered.
const REMEMBERED: usize = 1_024;
const SECONDS_PER_DAY: u64 = 86_400;

/// What was spent, and what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When the day ends, unix seconds.
    pub ends_at: u64,
    /// Spent today, calls whose end is not known at their most.
    pub spent: u128,
    /// The same by model.
    pub by_model: BTreeMap<ModelId, u128>,
    /// Calls whose end is not known, with the most that each can cost.
    pub open: Vec<(String, u128)>,
    /// Whether the clock shows an earlier day than the one that is counted.
    pub clock_is_back: bool,
}

/// Keeps count of what an assistant spends, in a file that several processes may share.
#[derive(Debug)]
pub struct Budget {
    path: PathBuf,
    limits: Limits,
    process: Mutex<()>,
}

impl Budget {
    /// The budget in a file, which is made when something is spent.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read, or is another denomination's.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, BudgetError> {
        let budget = Self {
            path: path.to_owned(),
            limits,
            process: Mutex::new(()),
        };
        budget.read(0)?;
        Ok(budget)
    }

    /// What the user allows.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was spent until `now`, unix seconds.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn standing(&self, now: u64) -> Result<Standing, BudgetError> {
        let state = self.read(now)?;
        let mut by_model: BTreeMap<ModelId, u128> = BTreeMap::new();
        let spent = state.spent.iter().map(|(model, amount)| (*model, amount.0));
        let open = state.open.values().map(|open| (open.model, open.amount.0));
        for (model, amount) in spent.chain(open) {
            let sum = by_model.entry(model).or_default();
            *sum = sum.saturating_add(amount);
        }
        Ok(Standing {
            ends_at: state.day.saturating_add(1).saturating_mul(SECONDS_PER_DAY),
            spent: by_model
                .values()
                .fold(0, |sum, one| sum.saturating_add(*one)),
            by_model,
            open: state
                .open
                .iter()
                .map(|(id, open)| (id.clone(), open.amount.0))
                .collect(),
            clock_is_back: now / SECONDS_PER_DAY < state.day,
        })
    }

    /// Whether a call fits, without setting anything aside.
    ///
    /// # Errors
    ///
    /// Why it does not.
    pub fn check(&self, model: ModelId, amount: u128, now: u64) -> Result<(), BudgetError> {
        self.fits(&self.read(now)?, None, model, amount)
    }

    /// Sets aside what a call can cost at most. A repeat of an answered call costs nothing; of an open one, nothing more.
    ///
    /// # Errors
    ///
    /// If a limit does not allow it, or the file cannot be kept.
    pub fn reserve(
        &self,
        id: RequestId,
        model: ModelId,
        amount: u128,
        now: u64,
    ) -> Result<(), BudgetError> {
        self.change(now, |state| {
            let id = id.to_string();
            if state.answered.contains(&id) {
                return Ok(());
            }
            self.fits(state, Some(&id), model, amount)?;
            let amount = Amount(amount);
            state.open.insert(id, Open { model, amount });
            Ok(())
        })
    }

    /// Notes what a call came to.
    ///
    /// # Errors
    ///
    /// If the file cannot be kept.
    pub fn settle(
        &self,
        id: RequestId,
        model: ModelId,
        amount: u128,
        now: u64,
    ) -> Result<(), BudgetError> {
        self.change(now, |state| {
            let id = id.to_string();
            state.open.remove(&id);
            if !state.answered.contains(&id) {
                let spent = state.spent.entry(model).or_default();
                spent.0 = spent.0.saturating_add(amount);
                state.answered.push(id);
                let more = state.answered.len().saturating_sub(REMEMBERED);
                state.answered.drain(..more);
            }
            Ok(())
        })
    }

    /// Notes that a call may have been charged, though its end is not known. An open one is set aside already; one that was answered
    /// before is counted again, since a server that is dishonest may charge a repeat.
    ///
    /// # Errors
    ///
    /// If the file cannot be kept.
    pub fn doubt(
        &self,
        id: RequestId,
        model: ModelId,
        amount: u128,
        now: u64,
    ) -> Result<(), BudgetError> {
        self.change(now, |state| {
            if !state.open.contains_key(&id.to_string()) {
                let spent = state.spent.entry(model).or_default();
                spent.0 = spent.0.saturating_add(amount);
            }
            Ok(())
        })
    }

    /// Notes that a call was not charged.
    ///
    /// # Errors
    ///
    /// If the file cannot be kept.
    pub fn release(&self, id: RequestId, now: u64) -> Result<(), BudgetError> {
        self.change(now, |state| {
            state.open.remove(&id.to_string());
            Ok(())
        })
    }

    fn fits(
        &self,
        state: &State,
        without: Option<&str>,
        model: ModelId,
        amount: u128,
    ) -> Result<(), BudgetError> {
        let limits = &self.limits;
        let others = |of: Option<ModelId>| {
            let counts = |one: ModelId| of.is_none_or(|model| model == one);
            let spent = state.spent.iter().filter(|(one, _)| counts(**one));
            let open = state
                .open
                .iter()
                .filter(|(id, _)| Some(id.as_str()) != without);
            let open = open.filter(|(_, open)| counts(open.model));
            let amounts = spent
                .map(|(_, amount)| amount.0)
                .chain(open.map(|(_, open)| open.amount.0));
            amounts.fold(amount, u128::saturating_add)
        };
        let day = "wait for the next day (UTC)";
        for (what, would, allowed, cure) in [
            (
                "this call",
                amount,
                limits.per_call,
                "send a smaller request",
            ),
            (
                "today's calls of this model",
                others(Some(model)),
                limits.per_model,
                day,
            ),
            ("today's calls", others(None), limits.per_day, day),
        ] {
            if would > allowed {
                let asset = limits.asset.clone();
                return Err(BudgetError::Limit {
                    what,
                    would,
                    allowed,
                    asset,
                    cure,
                });
            }
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> BudgetError {
        let path = self.path.clone();
        BudgetError::File { path, error }
    }

    /// What the file says, on the day of `now` or the latest that it knows.
    fn read(&self, now: u64) -> Result<State, BudgetError> {
        let today = now / SECONDS_PER_DAY;
        let mut state = match fs::read(&self.path) {
            Ok(bytes) => {
                let read: Result<State, _> = serde_json::from_slice(&bytes);
                read.map_err(|error| BudgetError::Unreadable {
                    path: self.path.clone(),
                    reason: error.to_string(),
                })?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => State {
                asset: self.limits.asset.clone(),
                day: today,
                spent: BTreeMap::new(),
                open: BTreeMap::new(),
                answered: vec![],
            },
            Err(error) => return Err(self.failed(error)),
        };
        if state.asset != self.limits.asset {
            return Err(BudgetError::OtherAsset {
                path: self.path.clone(),
                found: state.asset,
                expected: self.limits.asset.clone(),
            });
        }
        if today > state.day {
            state.day = today;
            state.spent.clear();
            state.open.clear();
        }
        Ok(state)
    }

    fn change(
        &self,
        now: u64,
        change: impl FnOnce(&mut State) -> Result<(), BudgetError>,
    ) -> Result<(), BudgetError> {
        let _process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error| self.failed(error);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = File::options()
            .create(true)
            .append(true)
            .open(self.beside(".lock"))
            .map_err(failed)?;
        lock.lock().map_err(failed)?;
        let before = self.read(now)?;
        let mut state = before.clone();
        change(&mut state)?;
        if state != before || !self.path.exists() {
            self.write(&state).map_err(failed)?;
        }
        Ok(())
    }

    /// Beside the file and then in its place, so that there is always a whole one.
    fn write(&self, state: &State) -> io::Result<()> {
        let new = self.beside(".new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.path.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 20_000 * SECONDS_PER_DAY;

    fn limits(per_call: u128, per_model: u128, per_day: u128) -> Limits {
        Limits {
            asset: "uusd".to_owned(),
            per_call,
            per_model,
            per_day,
            confirm_above: 0,
        }
    }

    fn id(number: u8) -> RequestId {
        RequestId::from([number; 16])
    }

    fn refused(result: Result<(), BudgetError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn each_limit_stops_a_call_with_a_sentence_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let budget =
            Budget::open(&folder.path().join("budget.json"), limits(100, 150, 200)).unwrap();
        let one = ModelId(1);
        assert!(refused(budget.reserve(id(1), one, 101, DAY))
            .starts_with("this call would come to 101uusd, and the user allows 100uusd"));
        budget.reserve(id(1), one, 100, DAY).unwrap();
        assert!(refused(budget.reserve(id(2), one, 51, DAY))
            .starts_with("today's calls of this model would come to 151uusd"));
        budget.reserve(id(2), ModelId(2), 100, DAY).unwrap();
        assert!(refused(budget.check(ModelId(3), 1, DAY))
            .starts_with("today's calls would come to 201uusd"));
        // What was not charged, or cost less, is free again.
        budget.release(id(2), DAY).unwrap();
        budget.settle(id(1), one, 40, DAY).unwrap();
        assert_eq!(budget.standing(DAY).unwrap().spent, 40);
        budget.reserve(id(3), one, 100, DAY).unwrap();
    }

    #[test]
    fn a_budget_of_zero_pays_for_nothing_but_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::open(&folder.path().join("budget.json"), limits(0, 0, 0)).unwrap();
        assert!(budget.reserve(id(1), ModelId(1), 1, DAY).is_err());
        assert!(budget.reserve(id(1), ModelId(1), u128::MAX, DAY).is_err());
        budget.reserve(id(1), ModelId(1), 0, DAY).unwrap();
    }

    #[test]
    fn a_restart_forgets_nothing_and_a_repeat_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/budget.json");
        let open = || Budget::open(&path, limits(100, 250, 250)).unwrap();
        open().reserve(id(1), ModelId(1), 100, DAY).unwrap();
        open().settle(id(1), ModelId(1), 90, DAY).unwrap();
        open().reserve(id(2), ModelId(1), 100, DAY).unwrap();
        // The answered one and the open one again: neither is counted twice.
        open().reserve(id(1), ModelId(1), 100, DAY).unwrap();
        open().settle(id(1), ModelId(1), 90, DAY).unwrap();
        open().reserve(id(2), ModelId(1), 100, DAY).unwrap();
        let standing = open().standing(DAY).unwrap();
        assert_eq!(
            (standing.spent, standing.open),
            (190, vec![(id(2).to_string(), 100)])
        );
        // An open call in doubt is set aside already; a repeat in doubt may be charged once more.
        open().doubt(id(2), ModelId(1), 100, DAY).unwrap();
        assert_eq!(open().standing(DAY).unwrap().spent, 190);
        open().doubt(id(1), ModelId(1), 50, DAY).unwrap();
        assert_eq!(open().standing(DAY).unwrap().spent, 240);
        assert!(open().reserve(id(3), ModelId(1), 11, DAY).is_err());
    }

    #[test]
    fn a_new_day_is_a_new_budget_and_a_clock_set_back_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let budget =
            Budget::open(&folder.path().join("budget.json"), limits(100, 100, 100)).unwrap();
        let tomorrow = DAY + SECONDS_PER_DAY;
        budget.reserve(id(1), ModelId(1), 100, DAY).unwrap();
        budget.settle(id(1), ModelId(1), 100, tomorrow - 1).unwrap();
        assert!(budget.reserve(id(2), ModelId(1), 1, tomorrow - 1).is_err());
        budget.reserve(id(2), ModelId(1), 100, tomorrow).unwrap();
        for back in [0, DAY, DAY - 1, tomorrow] {
            assert!(
                budget.reserve(id(3), ModelId(1), 1, back).is_err(),
                "{back}"
            );
        }
        let standing = budget.standing(DAY).unwrap();
        assert!(standing.clock_is_back);
        assert_eq!(
            (standing.spent, standing.ends_at),
            (100, tomorrow + SECONDS_PER_DAY)
        );
        assert!(!budget.standing(tomorrow).unwrap().clock_is_back);
    }

    #[test]
    fn what_cannot_be_written_is_not_spent_and_nonsense_is_not_a_budget() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budget.json");
        let budget = Budget::open(&path, limits(100, 100, 100)).unwrap();
        fs::create_dir(folder.path().join("budget.json.new")).unwrap();
        let failed = budget.reserve(id(1), ModelId(1), 1, DAY);
        assert!(refused(failed).contains("so nothing was sent"));
        assert_eq!(budget.standing(DAY).unwrap().spent, 0);
        fs::remove_dir(folder.path().join("budget.json.new")).unwrap();
        for nonsense in ["", "{", "[]", r#"{"asset":"uusd","day":-1}"#] {
            fs::write(&path, nonsense).unwrap();
            assert!(matches!(
                Budget::open(&path, limits(1, 1, 1)),
                Err(BudgetError::Unreadable { .. })
            ));
            assert!(budget.reserve(id(1), ModelId(1), 1, DAY).is_err());
        }
        fs::remove_file(&path).unwrap();
        budget.reserve(id(1), ModelId(1), 1, DAY).unwrap();
        let mut other = limits(1, 1, 1);
        other.asset = "ugold".to_owned();
        assert!(matches!(
            Budget::open(&path, other),
            Err(BudgetError::OtherAsset { .. })
        ));
    }

    #[test]
    fn two_that_share_a_file_never_spend_more_than_one_may() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budget.json");
        // A budget each, as two processes have: they share nothing but the file.
        let spend = |half: u8| {
            let budget = Budget::open(&path, limits(10, 150, 150)).unwrap();
            (0..10_u8)
                .filter(|count| {
                    let id = RequestId::from([half * 10 + count; 16]);
                    let fits = budget.reserve(id, ModelId(1), 10, DAY).is_ok();
                    if fits {
                        budget.settle(id, ModelId(1), 10, DAY).unwrap();
                    }
                    fits
                })
                .count()
        };
        let spend = &spend;
        let spent: usize = std::thread::scope(|scope| {
            let both = [1, 2].map(|half| scope.spawn(move || spend(half)));
            both.map(|one| one.join().unwrap()).iter().sum()
        });
        assert_eq!(spent, 15);
        let budget = Budget::open(&path, limits(10, 150, 150)).unwrap();
        assert_eq!(budget.standing(DAY).unwrap().spent, 150);
    }
}
