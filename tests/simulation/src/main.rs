//! Plays a scenario and writes its report.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{bail, Context, Result};
use hub_simulate::gas::Snapshot;
use hub_simulate::history::History;
use hub_simulate::judge::{verdict, Rule};
use hub_simulate::node::MAX_BATCH;
use hub_simulate::outcome::Outcome;
use hub_simulate::report::{is_document, Report};
use hub_simulate::scenario::Scenario;
use hub_simulate::{project_file, run};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const USAGE: &str = "\
usage: hub-simulate [--docs FOLDER | --check FOLDER] [SCENARIO [FOLDER]]
       hub-simulate --serve ADDRESS [--max-batch CALLS] [SCENARIO]

SCENARIO  a name in tests/simulation/scenarios, or a file; large if not given
FOLDER    where the report goes; target/simulate/<name> if not given
--docs    also writes what belongs into the documents
--check   fails if the documents there are not what this run writes
--serve   writes no report: answers at ADDRESS, such as 127.0.0.1:26657, as a CometBFT node of the chain at the end of the
          scenario. What was played once is kept in target/simulate/<name>/history.json and is there at once
--max-batch  calls that it takes in one request; 10 if not given, as CometBFT";

/// What to do.
struct Order {
    scenario: PathBuf,
    folder: Option<PathBuf>,
    docs: Option<PathBuf>,
    check: Option<PathBuf>,
    serve: Option<String>,
    max_batch: usize,
}

fn main() -> ExitCode {
    match order(std::env::args().skip(1))
        .and_then(|order| order.map_or(Ok(()), |order| obey(&order)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// None where only help was asked for.
fn order(arguments: impl Iterator<Item = String>) -> Result<Option<Order>> {
    let mut arguments = arguments.peekable();
    let (mut docs, mut check, mut names) = (None, None, vec![]);
    let (mut serve, mut max_batch) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(USAGE);
        match argument.as_str() {
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(None);
            }
            "--docs" => docs = Some(PathBuf::from(value()?)),
            "--check" => check = Some(PathBuf::from(value()?)),
            "--serve" => serve = Some(value()?),
            "--max-batch" => {
                let calls = value()?;
                let parsed: Option<usize> = calls.parse().ok().filter(|calls| *calls > 0);
                let wrong = || format!("--max-batch is {calls}: give a number from 1");
                max_batch = Some(parsed.with_context(wrong)?);
            }
            _ if argument.starts_with('-') || names.len() == 2 => {
                bail!("{argument} is not understood\n{USAGE}")
            }
            _ => names.push(argument),
        }
    }
    if serve.is_none() && max_batch.is_some() {
        bail!("--max-batch belongs to --serve\n{USAGE}");
    }
    if serve.is_some() && (docs.is_some() || check.is_some() || names.len() == 2) {
        bail!("--serve writes no report: leave --docs, --check and the folder out\n{USAGE}");
    }
    let mut names = names.into_iter();
    Ok(Some(Order {
        scenario: scenario_file(&names.next().unwrap_or_else(|| "large".to_owned())),
        folder: names.next().map(PathBuf::from),
        docs,
        check,
        serve,
        max_batch: max_batch.unwrap_or(MAX_BATCH),
    }))
}

/// A name stands for a shipped scenario, anything else for a file.
fn scenario_file(name: &str) -> PathBuf {
    if name.contains(['/', '.']) {
        PathBuf::from(name)
    } else {
        project_file(&format!("tests/simulation/scenarios/{name}.toml"))
    }
}

fn obey(order: &Order) -> Result<()> {
    match &order.serve {
        Some(address) => serve(order, address),
        None => report(order),
    }
}

fn serve(order: &Order, address: &str) -> Result<()> {
    let scenario = Scenario::load(&order.scenario)?;
    let bar = progress(scenario.days);
    let history = History::of(&order.scenario, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let serving = history.node()?.max_batch(order.max_batch).listen(address)?;
    println!("{}: {}", scenario.name, scenario.about);
    println!("http://{} answers as a node", serving.address());
    println!("{}", serving.node().deployment()?);
    serving.run()
}

fn report(order: &Order) -> Result<()> {
    let scenario = Scenario::load(&order.scenario)?;
    let snapshot = Snapshot::load(&project_file("tests/gas/snapshot.json"))?;
    let begun = Instant::now();
    println!("{}: {}", scenario.name, scenario.about);
    let bar = progress(scenario.days);
    let outcome = run(&scenario, &snapshot, |_| bar.inc(1))?;
    bar.finish_and_clear();
    let report = Report::of(&outcome)?;
    let folder = order
        .folder
        .clone()
        .unwrap_or_else(|| project_file("target/simulate").join(&scenario.name));
    report.write(&folder, |_| true)?;
    if let Some(docs) = &order.docs {
        report.write(docs, is_document)?;
    }
    summarise(&outcome, &folder, begun);
    if let Some(docs) = &order.check {
        compare(&report, docs)?;
    }
    Ok(())
}

fn progress(days: u64) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style =
        ProgressStyle::with_template("{bar:40.cyan} day {pos} of {len}, {elapsed}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(days), target).with_style(style)
}

fn summarise(outcome: &Outcome, folder: &Path, begun: Instant) {
    let (chain, lifetime) = (&outcome.chain, &outcome.glance.lifetime);
    let calls: u64 = outcome.days.iter().map(|day| day.true_calls).sum();
    let earns = verdict(outcome, Rule::Earns);
    println!(
        "{} days, {} models, {calls} calls of independent people, {} transactions; invariants held each day",
        outcome.days.len(),
        lifetime.models_registered,
        chain.transactions
    );
    println!(
        "{} models really earn, the rule accepts {}: precision {:.3}, recall {:.3}",
        earns.earning,
        earns.accepted,
        earns.precision(),
        earns.recall()
    );
    println!(
        "{} in {:.0} s",
        folder.join("report.html").display(),
        begun.elapsed().as_secs_f64()
    );
}

fn compare(report: &Report, docs: &Path) -> Result<()> {
    for (name, bytes) in report.files().filter(|(name, _)| is_document(name)) {
        let path = docs.join(name);
        let found = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
        if found != bytes {
            bail!(
                "{} is not what this run writes: make generate",
                path.display()
            );
        }
    }
    Ok(())
}
