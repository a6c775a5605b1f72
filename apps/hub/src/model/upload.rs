use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::blob::HowToStore;
use crate::network::{Network, PublisherArgs};
use crate::output::{size, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Store a model's folder on Walrus: weights, small files, the manifest last.
///
/// What is stored long enough already is not sent again, so an upload that was stopped goes on where it was. A row of each blob is
/// read back and checked. What is to be kept, such as the objects that extend the storage, is written to .hub in the folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub model upload ./my-model --epochs 26 --owner 0x… --publisher https://publisher.example.com")]
pub struct Upload {
    /// The model's folder.
    folder: PathBuf,

    /// Only say what would be stored.
    #[arg(long)]
    dry_run: bool,

    /// Go on in spite of warnings of secrets, pickles or missing weights.
    #[arg(long)]
    anyway: bool,

    /// Label of the release, in the message to the registry.
    #[arg(long, value_name = "MAJOR.MINOR", default_value = "1.0", value_parser = version)]
    version: (u32, u32),

    #[command(flatten)]
    how: HowToStore,

    #[command(flatten)]
    publisher: PublisherArgs,

    #[command(flatten)]
    network: Network,
}

pub fn version(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    parts.ok_or_else(|| "expected two numbers with a dot between, such as 1.0".into())
}

impl Upload {
    pub fn run(self, output: &Output) -> Outcome {
        let progress = Bars::new();
        let client = self.network.client()?;
        let publisher = self.publisher.publisher(&self.network)?;
        let options = self.how.options(&self.network.clock(&client))?;
        let plan = super::plan::safe(&self.folder, self.anyway, "nothing was stored")?;
        let placed = match self.dry_run {
            true => vec![],
            false => plan.upload(&client, &publisher, &options, &progress)?,
        };
        let mut text = String::new();
        for ((what, id, length), placed) in plan
            .stored()
            .into_iter()
            .zip(placed.iter().map(Some).chain(std::iter::repeat(None)))
        {
            let state = match placed.map(|placed| placed.stored.how) {
                None => "would be stored",
                Some(hub_walrus_client::How::Created) => "stored",
                Some(hub_walrus_client::How::AlreadyStored) => "was stored already",
                Some(_) => "stored, though the publisher failed to answer",
            };
            let until = placed.and_then(|placed| placed.stored.end_epoch);
            let until = until
                .map(|end| format!(", until epoch {end}"))
                .unwrap_or_default();
            text += &format!("{id}  {what}, {}: {state}{until}\n", size(length));
        }
        let release = plan.new_release(self.version);
        text += &format!(
            "\nrelease   {}\nmanifest  {}\n",
            release.blob_id, plan.manifest_encoding.id
        );
        let blobs: Vec<_> = placed
            .iter()
            .map(|placed| {
                json!({
                    "what": placed.what,
                    "blob_id": placed.stored.id.to_string(),
                    "end_epoch": placed.stored.end_epoch,
                    "object": placed.stored.object.as_ref().map(ToString::to_string),
                    "read_back_from": placed.read_from,
                    "warnings": placed.stored.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })
            })
            .collect();
        let value = json!({
            "release": release,
            "manifest": plan.manifest_encoding.id.to_string(),
            // What `prove_size` takes besides the numbers that the registry gives.
            "size": plan.release_encoding().length.to_string(),
            "root_hash": hex::encode(plan.release_encoding().root),
            "blobs": blobs,
        });
        output.result(&text, &value);
        Ok(ExitCode::SUCCESS)
    }
}
