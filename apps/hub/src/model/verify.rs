use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_model::Difference;
use hub_walrus_client::BlobId;
use serde_json::json;

use crate::failure::WRONG;
use crate::ids;
use crate::network::Network;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// Compare a folder with a model's manifest, file by file.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with exit code 3 if something differs.

Example:
  hub model verify 3GPQL3HZNnFhN_F7l5Aa-X1VOtAKwIsg9zuWk8R81v4 ./their-model")]
pub struct Verify {
    /// Blob id of the model's manifest.
    #[arg(value_parser = ids::blob_id)]
    manifest: BlobId,

    /// The folder.
    folder: PathBuf,

    #[command(flatten)]
    network: Network,
}

impl Verify {
    pub fn run(self, output: &Output) -> Outcome {
        let manifest =
            hub_model::fetch_manifest(&self.network.client()?, &self.manifest, &Bars::new())?;
        let differences = hub_model::verify(&manifest, &self.folder)?;
        let told: Vec<_> = differences
            .iter()
            .map(|difference| match difference {
                Difference::Missing(path) => ("missing", path),
                Difference::Changed(path) => ("changed", path),
                Difference::Additional(path) => ("additional", path),
            })
            .collect();
        let text: String = match told.as_slice() {
            [] => format!("{} files are as the manifest says", manifest.files.len()),
            told => told
                .iter()
                .map(|(what, path)| format!("{what:10}  {path}\n"))
                .collect(),
        };
        let list: Vec<_> = told
            .iter()
            .map(|(what, path)| json!({ "path": path, "what": what }))
            .collect();
        output.result(
            &text,
            &json!({ "files": manifest.files.len(), "differences": list }),
        );
        Ok(ExitCode::from(if told.is_empty() { 0 } else { WRONG }))
    }
}
