use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{BlobId, Checked, Error, FetchOptions, Fetched};
use serde_json::json;

use crate::failure::Failure;
use crate::ids;
use crate::network::Network;
use crate::output::{size, Output};
use crate::progress::Bars;
use crate::save;
use crate::Outcome;

/// Fetch a blob, checked.
///
/// Every byte is checked against the id before the file appears. What was checked is kept in the cache: stop it at any
/// time, the same command goes on from there.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub blob get VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4 -o hello.txt")]
pub struct Get {
    /// The blob's id.
    #[arg(value_parser = ids::blob_id)]
    id: BlobId,

    /// File to write; - for the standard output. Default: a file named like the id.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace the file if it is there.
    #[arg(long)]
    overwrite: bool,

    /// Sliver roots, as hub blob id --roots writes them: each row is then checked when it arrives.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,

    /// Compute the id of the whole blob as well, in the end.
    #[arg(long)]
    strict: bool,

    /// Requests at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    connections: u16,

    #[command(flatten)]
    network: Network,
}

impl Get {
    pub fn run(self, output: &Output) -> Outcome {
        let path = self
            .output
            .unwrap_or_else(|| PathBuf::from(self.id.to_string()));
        save::check(&path, self.overwrite)?;
        let roots = match &self.roots {
            Some(path) => {
                Some(fs::read(path).map_err(|e| Failure::from(Error::io("read", path, e)))?)
            }
            None => None,
        };
        let options = FetchOptions {
            roots,
            strict: self.strict,
            connections: self.connections.into(),
            ..FetchOptions::default()
        };
        let fetched = self
            .network
            .client()?
            .fetch(&self.id, &options, &Bars::new())?;
        let bytes = File::open(&fetched.path)
            .map_err(|e| Failure::from(Error::io("read", &fetched.path, e)))?;
        save::save(bytes, &path, self.overwrite)?;
        if path.as_os_str() != "-" {
            report(&fetched, &path, output);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn report(fetched: &Fetched, path: &std::path::Path, output: &Output) {
    let (checked, how) = match fetched.checked {
        Checked::Rows => ("rows", "each row was checked"),
        Checked::Before => ("before", "from the cache, checked earlier"),
        _ => ("whole", "its id was computed"),
    };
    let liars: Vec<String> = fetched.liars.iter().map(ToString::to_string).collect();
    output.result(
        &format!("{} ({}; {how})", path.display(), size(fetched.length)),
        &json!({
            "blob_id": fetched.id.to_string(),
            "path": path,
            "length": fetched.length,
            "checked": checked,
            "fetched": fetched.fetched,
            "resumed": fetched.resumed,
            "liars": liars,
        }),
    );
}
