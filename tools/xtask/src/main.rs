//! Writes what is generated and committed, checks it against drift, and checks the documents.

mod attacks;
mod contracts;
mod documents;
mod elsewhere;
mod embeds;
mod integers;
mod links;
mod prose;
mod schema;
mod serving;
mod spec;
mod unicode;
mod vectors;
mod versions;

use anyhow::{bail, Context, Result};
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Something that is generated.
struct Task {
    name: &'static str,
    /// What it writes, for people.
    writes: &'static str,
    /// Writes it, or checks it if told so.
    run: fn(bool) -> Result<()>,
}

/// In an order in which each finds what it reads already written.
const TASKS: [Task; 13] = [
    Task {
        name: "versions",
        writes: "the version of Cargo.toml in every other manifest and lock file",
        run: versions::run,
    },
    Task {
        name: "unicode",
        writes: "packages/hub-types/src/text/unseen.rs",
        run: unicode::run,
    },
    Task {
        name: "schema",
        writes: "schema/",
        run: schema::run,
    },
    Task {
        name: "vectors",
        writes: "tests/vectors/wire.json",
        run: vectors::run,
    },
    Task {
        name: "client",
        writes: "clients/ts/src/contracts/",
        run: elsewhere::client,
    },
    Task {
        name: "records",
        writes: "packages/hub-types/src/records/testdata/*.golden",
        run: elsewhere::records,
    },
    Task {
        name: "access",
        writes: "docs/ACCESS.md",
        run: elsewhere::access,
    },
    Task {
        name: "trust",
        writes: "the tables of docs/TRUST.md",
        run: elsewhere::trust,
    },
    Task {
        name: "attacks",
        writes: "the catalogue of docs/THREATS.md",
        run: attacks::run,
    },
    Task {
        name: "spec",
        writes: "the marked parts of docs/spec/",
        run: spec::run,
    },
    Task {
        name: "embeds",
        writes: "files shown in documents, such as the code in clients/ts/README.md",
        run: embeds::run,
    },
    Task {
        name: "serving",
        writes: "the figures of docs/SERVING.md",
        run: serving::run,
    },
    Task {
        name: "simulation",
        writes: "docs/simulation/",
        run: elsewhere::simulation,
    },
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // One sentence, whatever the environment says about backtraces.
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let (name, check) = match words.as_slice() {
        [name] => (name.as_str(), false),
        [name, flag] if flag == "--check" => (name.as_str(), true),
        _ => bail!(usage()),
    };
    match name {
        "generate" => TASKS.iter().try_for_each(|task| timed(task, check)),
        "contracts" => contracts::run(),
        "integers" => integers::run(),
        "links" => links::run(),
        "prose" => prose::run(),
        _ => match TASKS.iter().find(|task| task.name == name) {
            Some(task) => (task.run)(check),
            None => bail!(usage()),
        },
    }
}

fn timed(task: &Task, check: bool) -> Result<()> {
    let begun = Instant::now();
    (task.run)(check).with_context(|| task.name)?;
    println!(
        "{} {}: {:.0} s",
        if check { "checked" } else { "wrote" },
        task.writes,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn usage() -> String {
    let mut text =
        "give one name, and --check after it to write nothing and fail on a difference:\n\n"
            .to_owned();
    for task in &TASKS {
        text.push_str(&format!("  {:<12} {}\n", task.name, task.writes));
    }
    text.push_str("  generate     all of these\n");
    text.push_str(
        "  contracts    writes nothing: whether the contracts can be laid over each other\n",
    );
    text.push_str(
        "  integers     writes nothing: whether functions take two bare integers of one type side by side\n",
    );
    text.push_str(
        "  links        writes nothing: whether every link in the documents leads somewhere\n",
    );
    text.push_str("  prose        writes nothing: whether the documents are in plain English\n");
    text
}

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipes_for_contributors_name_everything_that_is_generated() {
        let page = std::fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
        for task in &TASKS {
            let command = format!("| `cargo xtask {}` |", task.name);
            assert!(page.contains(&command), "CONTRIBUTING.md has no {command}");
        }
    }
}
