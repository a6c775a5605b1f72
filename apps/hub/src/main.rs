//! The command `hub`. Each group of subcommands is a module with one line in [`Command`].

mod blob;
mod call;
mod chain;
mod chains;
mod committee;
mod doctor;
mod extras;
mod failure;
mod home;
mod ids;
mod interrupt;
mod keys;
mod market;
mod mcp;
mod model;
mod money;
mod network;
mod operator;
mod output;
mod progress;
mod quilt;
mod save;
mod secrets;
mod serve;
mod session;
mod texts;
mod walrus;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

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
    /// Accounts and signing keys, in files that a password opens.
    Keys(keys::Keys),
    /// Chains that have a Hub, and how they are reached.
    Chain(chains::Chains),
    /// Models: from a folder to one that can be called, and back.
    Model(model::Model),
    /// Budgets for calls.
    Session(session::Session),
    Call(call::Call),
    Receipt(call::ShowReceipt),
    Balance(money::Balance),
    Withdraw(money::Withdraw),
    Payout(money::Payout),
    /// Attesters: the keys with which an operator's servers sign receipts.
    Operator(operator::Operator),
    Market(market::MarketAtAGlance),
    Doctor(doctor::Doctor),
    /// Files on Walrus: ids, storing, fetching, checking.
    Blob(blob::Blob),
    /// Many small files as one blob.
    Quilt(quilt::Quilt),
    Serve(serve::Serve),
    Mcp(mcp::Mcp),
    /// A Walrus on this machine, and what a chain knows of Walrus.
    Walrus(walrus::Walrus),
    Completions(extras::Completions),
    Man(extras::Man),
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
        Command::Keys(command) => command.run(&output),
        Command::Chain(command) => command.run(&output),
        Command::Model(command) => command.run(&output),
        Command::Session(command) => command.run(&output),
        Command::Call(command) => command.run(&output),
        Command::Receipt(command) => command.run(&output),
        Command::Balance(command) => command.run(&output),
        Command::Withdraw(command) => command.run(&output),
        Command::Payout(command) => command.run(&output),
        Command::Operator(command) => command.run(&output),
        Command::Market(command) => command.run(&output),
        Command::Doctor(command) => command.run(&output),
        Command::Blob(command) => command.run(&output),
        Command::Quilt(command) => command.run(&output),
        Command::Serve(command) => command.run(&output),
        Command::Mcp(command) => command.run(&output),
        Command::Walrus(command) => command.run(&output),
        Command::Completions(command) => command.run(Cli::command()),
        Command::Man(command) => command.run(Cli::command(), &output),
    };
    match outcome {
        Ok(code) => {
            chain::told();
            code
        }
        Err(failure) => output.fail(&failure),
    }
}

/// What a command returns.
type Outcome = Result<ExitCode, Failure>;
