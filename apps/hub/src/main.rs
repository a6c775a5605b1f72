//! The command `hub`. Each group of subcommands is a module with one line in [`Command`].

mod blob;
mod failure;
mod ids;
mod interrupt;
mod model;
mod network;
mod output;
mod progress;
mod quilt;
mod save;
mod serve;
mod walrus;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::output::Output;

/// Models on Walrus, and what serves, calls and sells them.
#[derive(Debug, Parser)]
#[command(name = "hub", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Files on Walrus: ids, storing, fetching, checking.
    Blob(blob::Blob),
    /// Model folders: what they would store, there and back.
    Model(model::Model),
    /// Many small files as one blob.
    Quilt(quilt::Quilt),
    Serve(serve::Serve),
    /// A Walrus on this machine.
    Walrus(walrus::Walrus),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  not done: a server, the network or the disk failed; the same command may work later
  2  not understood: an option or an id is wrong
  3  the bytes are not what they should be
  4  not there, or its storage has ended
  5  there, but its storage ends soon, or its owner can delete it
  130  stopped; the same command goes on where this one stopped";

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    interrupt::listen();
    let outcome = match cli.command {
        Command::Blob(command) => command.run(&output),
        Command::Model(command) => command.run(&output),
        Command::Quilt(command) => command.run(&output),
        Command::Serve(command) => command.run(&output),
        Command::Walrus(command) => command.run(&output),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    }
}

/// What a command returns.
type Outcome = Result<ExitCode, Failure>;
