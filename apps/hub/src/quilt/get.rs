use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{Client, Error, FetchOptions};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, USAGE};
use crate::ids::{self, QuiltOrPatch};
use crate::network::Network;
use crate::output::{size, Output};
use crate::progress::Bars;
use crate::save;
use crate::Outcome;

/// Fetch a file of a quilt, checked.
///
/// With its SHA-256 that file alone is fetched. Without, the whole quilt is, since only that is what the id checks.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub quilt get 6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKo README.md -o README.md")]
pub struct Get {
    /// The quilt's blob id and the file's name, or the file's patch id alone.
    #[arg(value_parser = ids::quilt_or_patch, value_name = "QUILT|PATCH")]
    id: QuiltOrPatch,

    /// The file's name in the quilt.
    identifier: Option<String>,

    /// File to write; - for the standard output. Default: the last part of the name.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace the file if it is there.
    #[arg(long)]
    overwrite: bool,

    /// SHA-256 of the file in hexadecimal.
    #[arg(long, value_name = "HEX", value_parser = ids::sha256)]
    sha256: Option<[u8; 32]>,

    #[command(flatten)]
    network: Network,
}

impl Get {
    pub fn run(self, output: &Output) -> Outcome {
        if let Some(path) = &self.output {
            save::check(path, self.overwrite)?;
        }
        let client = self.network.client()?;
        let (name, bytes) = self.fetch(&client)?;
        let path = match &self.output {
            Some(path) => path.clone(),
            None => PathBuf::from(name.rsplit('/').next().unwrap_or(&name)),
        };
        save::save(&bytes[..], &path, self.overwrite)?;
        if path != Path::new("-") {
            output.result(
                &format!("{} ({})", path.display(), size(bytes.len() as u64)),
                &json!({
                    "identifier": name,
                    "path": path,
                    "length": bytes.len(),
                    "sha256": hex::encode(Sha256::digest(&bytes)),
                }),
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The file and its name.
    fn fetch(&self, client: &Client) -> Result<(String, Vec<u8>), Failure> {
        let progress = Bars::new();
        let quilt_id = match (self.id, &self.identifier, &self.sha256) {
            (QuiltOrPatch::Quilt(quilt), Some(name), Some(sha256)) => {
                let patch = client.patch(&quilt, name, sha256, &progress)?;
                return Ok((name.clone(), patch.bytes));
            }
            (QuiltOrPatch::Patch(patch), _, Some(sha256)) => {
                let bytes = client.patch_by_id(&patch, sha256, &progress)?.bytes;
                return Ok((patch.to_string(), bytes));
            }
            (QuiltOrPatch::Quilt(quilt), ..) => quilt,
            (QuiltOrPatch::Patch(patch), ..) => patch.quilt(),
        };
        let quilt = client.quilt(&quilt_id, &FetchOptions::default(), &progress)?;
        let name = match (self.id, &self.identifier) {
            (QuiltOrPatch::Patch(patch), _) => {
                let lies_there = |found: &&hub_walrus_encode::quilt::Patch| {
                    (found.start, found.end) == (patch.start(), patch.end())
                };
                let found = quilt.patches().iter().find(lies_there);
                found.map(|found| found.identifier.clone()).ok_or_else(|| {
                    Failure::from(Error::PatchNotFound {
                        quilt: quilt_id,
                        identifier: patch.to_string(),
                    })
                })?
            }
            (QuiltOrPatch::Quilt(_), Some(name)) => name.clone(),
            (QuiltOrPatch::Quilt(_), None) => {
                let names: Vec<&str> = quilt
                    .patches()
                    .iter()
                    .map(|patch| patch.identifier.as_str())
                    .take(5)
                    .collect();
                let more = if quilt.patches().len() > names.len() {
                    ", …"
                } else {
                    ""
                };
                return Err(Failure::new(
                    USAGE,
                    format!("{quilt_id} is a quilt of {} files: {}{more}", quilt.patches().len(), names.join(", ")),
                    format!("name the one that you want: hub quilt get {quilt_id} NAME; or list them: hub quilt ls {quilt_id}"),
                ));
            }
        };
        let bytes = quilt.file(&name).map_err(|_| Error::PatchNotFound {
            quilt: quilt_id,
            identifier: name.clone(),
        })?;
        Ok((name, bytes))
    }
}
