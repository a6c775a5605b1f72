use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{BlobId, FetchOptions};
use serde_json::json;

use crate::ids;
use crate::network::Network;
use crate::output::{size, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Restore a model's folder, every byte checked.
///
/// Stop it at any time: the same command goes on from there. Files that are there already are left alone if they are as they should
/// be; others are never overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub model fetch 3GPQL3HZNnFhN_F7l5Aa-X1VOtAKwIsg9zuWk8R81v4 ./their-model")]
pub struct Fetch {
    /// Blob id of the model's manifest.
    #[arg(value_parser = ids::blob_id)]
    manifest: BlobId,

    /// Folder to restore it into.
    folder: PathBuf,

    /// Compute the id of each blob as well, once it is there.
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    network: Network,
}

impl Fetch {
    pub fn run(self, output: &Output) -> Outcome {
        let progress = Bars::new();
        let client = self.network.client()?;
        let manifest = hub_model::fetch_manifest(&client, &self.manifest, &progress)?;
        let options = FetchOptions {
            strict: self.strict,
            ..FetchOptions::default()
        };
        hub_model::restore(&client, &manifest, &self.folder, &options, &progress)?;
        let bytes: u64 = manifest.files.iter().map(|file| file.size).sum();
        let count = manifest.files.len();
        output.result(
            &format!("{}: {count} files, {}", self.folder.display(), size(bytes)),
            &json!({
                "folder": self.folder,
                "manifest": self.manifest.to_string(),
                "release": manifest.billable(self.manifest).to_string(),
                "files": count,
                "bytes": bytes,
            }),
        );
        Ok(ExitCode::SUCCESS)
    }
}
