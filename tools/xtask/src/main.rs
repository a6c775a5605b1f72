//! Writes what is generated and committed, and checks it against drift.

mod attacks;
mod contracts;
mod schema;
mod spec;
mod vectors;

use anyhow::{bail, Result};
use std::env;
use std::process::ExitCode;

const USAGE: &str =
    "expected `attacks`, `contracts`, `schema`, `spec` or `vectors`, and nothing more than `--check` after it";

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
        _ => bail!(USAGE),
    };
    match name {
        "attacks" => attacks::run(check),
        // There is nothing to write: it always only checks.
        "contracts" => contracts::run(),
        "schema" => schema::run(check),
        "spec" => spec::run(check),
        "vectors" => vectors::run(check),
        _ => bail!(USAGE),
    }
}
