//! What other programs of the project write: tests that compare a file with what happens, the generator of the TypeScript
//! client, and the simulation.

use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::root;

/// The generated part of the TypeScript client.
pub fn client(check: bool) -> Result<()> {
    let mut command = Command::new("clients/ts/codegen/run");
    if check {
        command.arg("--check");
    }
    done(command)
}

/// The golden bytes of the packed records.
pub fn records(check: bool) -> Result<()> {
    tests(check, &["--lib", "records::"])
}

/// Who is let in at which message.
pub fn access(check: bool) -> Result<()> {
    tests(check, &["--test", "hub", "access::"])
}

/// Sizes and defects of attestation documents.
pub fn trust(check: bool) -> Result<()> {
    let mut command = Command::new("tools/scripts/test-nitro");
    command.args(["--quiet", "--test", "nitro", "trust::"]);
    if !check {
        command.env("HUB_UPDATE", "1");
    }
    done(command)
}

/// The report of the largest scenario.
pub fn simulation(check: bool) -> Result<()> {
    let mut command = cargo("run");
    command.args(["--bin", "hub-simulate", "--"]);
    command.arg(if check { "--check" } else { "--docs" });
    command.args(["docs/simulation", "large"]);
    done(command)
}

/// Tests that write what they compare if told so, and only compare it otherwise. Chosen from those of `make unit`, so that
/// nothing is built a second time with other features.
fn tests(check: bool, chosen: &[&str]) -> Result<()> {
    let mut command = cargo("test");
    command
        .args(["--workspace", "--exclude", "hub-nitro"])
        .args(chosen);
    if !check {
        // The second is how the crate goldie is told.
        command.env("HUB_UPDATE", "1").env("GOLDIE_UPDATE", "1");
    }
    done(command)
}

fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([subcommand, "--quiet", "--locked"]);
    command
}

fn done(mut command: Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot run {shown}"))?;
    ensure!(
        status.success(),
        "{shown} failed; what it said stands above"
    );
    Ok(())
}
