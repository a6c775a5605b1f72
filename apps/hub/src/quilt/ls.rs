use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{BlobId, FetchOptions};
use serde_json::json;

use crate::failure::{Failure, FAILED};
use crate::ids;
use crate::network::Network;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// List the files of a quilt.
///
/// The whole quilt is fetched and checked, since its index is a part of it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub quilt ls 6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKo")]
pub struct Ls {
    /// The quilt's blob id.
    #[arg(value_parser = ids::blob_id)]
    quilt: BlobId,

    /// Believe the aggregator instead: fast, and not checked.
    #[arg(long)]
    unchecked: bool,

    #[command(flatten)]
    network: Network,
}

impl Ls {
    pub fn run(self, output: &Output) -> Outcome {
        let client = self.network.client()?;
        let progress = Bars::new();
        let mut files = vec![];
        if self.unchecked {
            for patch in client.list_quilt(&self.quilt, &progress)? {
                files.push((patch.identifier, patch.patch_id, patch.tags));
            }
        } else {
            let quilt = client.quilt(&self.quilt, &FetchOptions::default(), &progress)?;
            for patch in quilt.patches() {
                let id = patch.id(self.quilt).map_err(|e| {
                    Failure::new(
                        FAILED,
                        e.to_string(),
                        format!("fetch it as a blob: hub blob get {}", self.quilt),
                    )
                })?;
                files.push((patch.identifier.clone(), id.to_string(), patch.tags.clone()));
            }
        }
        let lines: String = files
            .iter()
            .map(|(name, id, _)| format!("{id}  {name}\n"))
            .collect();
        let list: Vec<_> = files
            .iter()
            .map(|(name, id, tags)| json!({ "identifier": name, "patch_id": id, "tags": tags }))
            .collect();
        output.result(
            &lines,
            &json!({
                "quilt_id": self.quilt.to_string(),
                "checked": !self.unchecked,
                "files": list,
            }),
        );
        Ok(ExitCode::SUCCESS)
    }
}
