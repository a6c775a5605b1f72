mod check;
mod get;
mod id;
mod prove;
mod put;
mod status;

use clap::{Args, Subcommand};

pub use self::put::HowToStore;
use crate::output::Output;
use crate::Outcome;

/// Files on Walrus.
#[derive(Debug, Args)]
pub struct Blob {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Id(id::Id),
    Get(get::Get),
    Put(put::Put),
    Check(check::Check),
    Status(status::Status),
    Prove(prove::Prove),
}

impl Blob {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Id(command) => command.run(output),
            Command::Get(command) => command.run(output),
            Command::Put(command) => command.run(output),
            Command::Check(command) => command.run(output),
            Command::Status(command) => command.run(output),
            Command::Prove(command) => command.run(output),
        }
    }
}
