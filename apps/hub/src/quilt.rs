mod get;
mod ls;
mod make;

use clap::{Args, Subcommand};

use crate::output::Output;
use crate::Outcome;

/// Many small files as one blob.
#[derive(Debug, Args)]
pub struct Quilt {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Make(make::Make),
    Ls(ls::Ls),
    Get(get::Get),
}

impl Quilt {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Make(command) => command.run(output),
            Command::Ls(command) => command.run(output),
            Command::Get(command) => command.run(output),
        }
    }
}
