//! Many scripts, on every processor, until enough messages were sent; and what to print when one fails.

use std::cell::RefCell;
use std::fmt::Debug;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use std::time::Instant;

use crate::action::Action;
use crate::fixture::Setting;
use crate::progress::Progress;
use crate::rng::Rng;
use crate::runner::{Fault, Runner, Tally};
use crate::shrink::shrink;
use crate::strategy::{self, Strategy};

/// How many messages are sent if nobody says how many.
const MESSAGES: u64 = 100_000;

/// Which scripts are run.
pub struct Campaign {
    messages: u64,
    seed: u64,
    only: Option<u64>,
    verbose: bool,
    progress: bool,
    started: Instant,
}

/// One script to run: its chance and its length in messages.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rng: Rng,
    pub messages: u64,
}

/// A script that failed, with what is needed to see it again.
#[derive(Debug)]
pub struct Failure {
    setting: String,
    /// Its actions, as text.
    script: Vec<String>,
    fault: Fault,
}

impl Failure {
    pub fn new(setting: &str, script: &[impl Debug], fault: Fault) -> Self {
        Self {
            setting: setting.to_owned(),
            script: script.iter().map(|action| format!("{action:?}")).collect(),
            fault,
        }
    }
}

fn env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.replace('_', "").parse();
    Some(number.unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

impl Campaign {
    /// What the environment asks for, and of the messages that it asks for one in so many.
    pub fn from_env(one_in: u64) -> Self {
        Self {
            messages: env("HUB_MESSAGES").unwrap_or(MESSAGES) / one_in,
            seed: env("HUB_SEED").unwrap_or(1),
            only: env("HUB_SCRIPT"),
            verbose: std::env::var_os("HUB_VERBOSE").is_some(),
            progress: std::env::var_os("HUB_PROGRESS").is_some(),
            started: Instant::now(),
        }
    }

    /// Whether all scripts of at least so many messages are run.
    pub fn is_whole(&self, messages: u64) -> bool {
        self.only.is_none() && self.messages >= messages
    }

    fn plans(&self) -> Vec<(u64, Plan)> {
        let mut plans = vec![];
        let mut left = self.messages;
        for number in 0.. {
            if left == 0 {
                break;
            }
            let mut rng = Rng::stream(self.seed, number);
            let messages = rng.between(60, 240).min(left);
            left -= messages;
            plans.push((number, Plan { rng, messages }));
        }
        plans.retain(|(number, _)| self.only.is_none_or(|only| only == *number));
        plans
    }

    /// Runs every script; panics with the shortest version found of one that fails.
    pub fn run(&self, run: fn(Plan) -> Result<Tally, Failure>) -> Tally {
        let plans = self.plans();
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let tally = Mutex::new(Tally::default());
        let progress = Progress::new(self.progress, self.messages);
        let failures: Mutex<Vec<(u64, Failure)>> = Mutex::new(vec![]);
        let work = || {
            while !stop.load(Ordering::Relaxed) {
                let Some((number, plan)) = plans.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                match run(plan.clone()) {
                    Ok(one) => {
                        progress.add(plan.messages);
                        tally.lock().expect("no thread panics").add(one);
                    }
                    Err(failure) => {
                        stop.store(true, Ordering::Relaxed);
                        failures
                            .lock()
                            .expect("no thread panics")
                            .push((*number, failure));
                    }
                }
            }
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            (0..processors).for_each(|_| {
                scope.spawn(work);
            });
        });
        progress.end();
        let mut failures = failures.into_inner().expect("no thread panics");
        failures.sort_by_key(|(number, _)| *number);
        if let Some((number, failure)) = failures.into_iter().next() {
            self.report(number, failure);
        }
        tally.into_inner().expect("no thread panics")
    }

    fn report(&self, number: u64, failure: Failure) -> ! {
        let steps: Vec<String> = failure
            .script
            .iter()
            .map(|action| format!("  {action}"))
            .collect();
        panic!(
            "{}\n\nscript {number} of seed {seed}, cut down to {} actions, on a Hub with {}:\n{}\n\n\
             HUB_SEED={seed} HUB_SCRIPT={number} runs it again\n",
            failure.fault,
            failure.script.len(),
            failure.setting,
            steps.join("\n"),
            seed = self.seed,
        );
    }

    /// Prints what happened how often, if it was asked for.
    pub fn show(&self, tally: &Tally) {
        if !self.verbose {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = tally.messages as f64 / seconds;
        println!(
            "{} messages in {seconds:.1} s: {rate:.0} a second",
            tally.messages
        );
        println!("\n{:<24} {:>9} {:>9}", "message", "accepted", "refused");
        let count =
            |counts: &crate::fixture::Counts, name: &str| counts.get(name).copied().unwrap_or(0);
        let names: std::collections::BTreeSet<&String> =
            tally.accepted.keys().chain(tally.refused.keys()).collect();
        for name in names {
            let (accepted, refused) = (count(&tally.accepted, name), count(&tally.refused, name));
            println!("{name:<24} {accepted:>9} {refused:>9}");
        }
        for (title, counts) in [
            ("outcome", &tally.outcomes),
            ("situation", &tally.situations),
        ] {
            println!("\n{title:<44} {:>9}", "times");
            for (name, count) in counts {
                println!("{name:<44} {count:>9}");
            }
        }
    }
}

/// Draws a script and carries it out; then everybody withdraws everything.
pub fn random_script(plan: Plan) -> Result<Tally, Failure> {
    drawn(plan, Strategy::new)
}

/// A script in which, every few messages, a batch is split in several ways.
pub fn splitting_script(plan: Plan) -> Result<Tally, Failure> {
    drawn(plan, Strategy::splitting)
}

fn drawn(plan: Plan, strategy: fn(Rng) -> Strategy) -> Result<Tally, Failure> {
    let mut rng = plan.rng;
    let setting = strategy::setting(&mut rng);
    let mut strategy = strategy(rng);
    let mut runner = Runner::new(setting);
    let mut script = vec![];
    let mut result = Ok(());
    while result.is_ok() && runner.tally.messages < plan.messages {
        let venue = strategy.venue(setting.venues);
        result = guarded(|| runner.turn_to(venue));
        if result.is_ok() {
            let action = strategy.next(&runner.reference);
            script.push(action.clone());
            result = guarded(|| step(&mut runner, &action));
        }
    }
    match result.and_then(|()| guarded(|| end(&mut runner, setting.venues))) {
        Ok(()) => Ok(runner.tally),
        Err(fault) => {
            let fails = |script: &[Action]| replay(setting, script).err();
            let (script, fault) = shrink(script, fault, Action::simpler, fails);
            Err(Failure::new(&format!("{setting:?}"), &script, fault))
        }
    }
}

fn step(runner: &mut Runner, action: &Action) -> Result<(), Fault> {
    runner
        .step(action)
        .map_err(|fault| format!("{action:?}: {fault}"))
}

/// What holds at the end of every script.
fn end(runner: &mut Runner, venues: usize) -> Result<(), Fault> {
    runner.notice_end();
    let mut all = || {
        runner.check_publications()?;
        runner.check_lists()?;
        for venue in 0..venues {
            runner.turn_to(venue)?;
            runner.recount()?;
            runner.drain()?;
            runner.recount()?;
        }
        runner.check_publications()
    };
    all().map_err(|fault| format!("at the end: {fault}"))
}

/// Carries out a script.
pub fn replay(setting: Setting, script: &[Action]) -> Result<(), Fault> {
    guarded(|| {
        let mut runner = Runner::new(setting);
        for action in script {
            step(&mut runner, action)?;
        }
        end(&mut runner, setting.venues)
    })
}

thread_local! {
    /// What a panic on this thread said, while it is being watched for.
    static PANIC: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// A panic is a fault like any other.
pub fn guarded<T>(run: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let watched = PANIC.with_borrow_mut(|panic| match panic {
                Some(said) => {
                    *said = Some(info.to_string());
                    true
                }
                None => false,
            });
            if !watched {
                before(info);
            }
        }));
    });
    PANIC.set(Some(None));
    let result = catch_unwind(AssertUnwindSafe(run));
    let said = PANIC.take().flatten();
    result.unwrap_or_else(|_| Err(format!("panic: {}", said.unwrap_or_default())))
}
