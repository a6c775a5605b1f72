use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use hub_walrus_local::{serve, Options};
use serde_json::json;

use crate::committee::StoreCommittee;
use crate::failure::{Failure, FAILED};
use crate::output::Output;
use crate::Outcome;

/// A Walrus on this machine, and what a chain knows of Walrus.
#[derive(Debug, Args)]
pub struct Walrus {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publisher, aggregator and storage nodes over a folder, until Ctrl-C.
    #[command(after_help = "\
Other commands find it with --network local.

Example:
  hub walrus serve ./walrus &
  hub blob put model.onnx --epochs 5 --shared --network local")]
    Serve(Serve),
    /// Store a committee of storage nodes in the registry, as its keeper. Certificates of releases are checked against it.
    ///
    /// The registry keeps two: a later one pushes the earlier out. What it keeps already is not sent again.
    #[command(after_help = "\
Example:
  hub walrus committee http://127.0.0.1:31415/local/committee --key keeper")]
    Committee(StoreCommittee),
}

#[derive(Debug, Args)]
struct Serve {
    /// Folder for blobs, epoch and keys; made if it is not there.
    dir: PathBuf,

    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:31415")]
    listen: SocketAddr,

    /// Storage nodes, 1 to 100. Counts for a new folder.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    nodes: u16,

    /// Epoch to begin with. Counts for a new folder.
    #[arg(long, default_value_t = 1)]
    epoch: u32,

    /// Seconds after which the next epoch begins. Without it, epochs pass when they are set: PUT /local/clock.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    epoch_seconds: Option<u64>,

    /// Bytes that it takes in one request. Public publishers take 10485760.
    #[arg(long, value_name = "BYTES", default_value_t = 10 << 20)]
    publisher_limit: u64,
}

impl Walrus {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Serve(command) => command.run(output),
            Command::Committee(command) => command.run(output),
        }
    }
}

impl Serve {
    fn run(self, output: &Output) -> Outcome {
        let failed = |e: std::io::Error| {
            let hint = match e.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "something listens there already: choose another address with --listen"
                }
                _ => "look at the folder and the address",
            };
            Failure::new(
                FAILED,
                format!("the local Walrus could not start: {e}"),
                hint,
            )
        };
        let runtime = tokio::runtime::Runtime::new().map_err(failed)?;
        let options = Options {
            nodes: self.nodes,
            epoch: self.epoch,
            epoch_seconds: self.epoch_seconds,
            limit: self.publisher_limit,
            ..Options::default()
        };
        let ready = |address: SocketAddr| {
            let url = format!("http://{address}");
            output.result(
                &format!(
                    "Walrus over {} at {url} (aggregator, publisher, storage nodes)",
                    self.dir.display()
                ),
                &json!({ "url": url }),
            );
        };
        runtime
            .block_on(serve(&self.dir, self.listen, options, ready))
            .map_err(failed)?;
        Ok(ExitCode::SUCCESS)
    }
}
