use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use hub_model::Place;
use hub_walrus_client::{date, BlobId, BlobStatus, Expiry};
use serde_json::json;

use crate::failure::{ENDS, GONE};
use crate::ids;
use crate::network::Network;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// Until when everything of a model is stored.
///
/// A storage node says it (--node URL); it does not sign it. Without one, it is only tried whether each blob can be read.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with exit code 5 if some storage ends within --days days or can be deleted, with 4 if something is gone: for a script that
runs every day.

Example:
  hub model status 3GPQL3HZNnFhN_F7l5Aa-X1VOtAKwIsg9zuWk8R81v4 --node https://storage.example.com --days 60")]
pub struct Status {
    /// Blob id of the model's manifest.
    #[arg(value_parser = ids::blob_id)]
    manifest: BlobId,

    /// Warn if storage ends within so many days.
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u64,

    #[command(flatten)]
    network: Network,
}

impl Status {
    pub fn run(self, output: &Output) -> Outcome {
        let client = self.network.client()?;
        let clock = self.network.clock(&client);
        let manifest = hub_model::fetch_manifest(&client, &self.manifest, &Bars::new())?;
        let mut blobs = BTreeMap::from([(self.manifest, "the manifest".to_owned())]);
        for file in &manifest.files {
            match &file.place {
                Place::Blob { id, .. } => {
                    blobs.insert(*id, file.path.clone());
                }
                Place::Parts(parts) => {
                    blobs.extend(parts.iter().map(|part| (part.id, file.path.clone())))
                }
                Place::Quilt(id) => {
                    blobs.insert(*id, "small files".to_owned());
                }
            }
        }
        let (mut text, mut list, mut worst) = (String::new(), vec![], 0);
        for (id, what) in blobs {
            let status = match client.nodes().is_empty() {
                true => None,
                false => Some(client.nodes().status(&id)?),
            };
            let (state, end, code) = match status {
                Some(BlobStatus::Permanent {
                    end_epoch,
                    is_certified: true,
                    ..
                }) => {
                    let days = Expiry::new(end_epoch, &clock).days_left(SystemTime::now());
                    let soon = days.is_some_and(|days| days < self.days);
                    (
                        if soon { "ends soon" } else { "stored" },
                        Some(end_epoch),
                        if soon { ENDS } else { 0 },
                    )
                }
                Some(BlobStatus::Deletable { .. }) => ("can be deleted by its owner", None, ENDS),
                None if client.holds(&id).is_some() => ("readable", None, 0),
                _ => ("gone", None, GONE),
            };
            // What is gone is worse than what ends.
            worst = match (worst, code) {
                (GONE, _) | (_, GONE) => GONE,
                (one, other) => one.max(other),
            };
            let day = end.and_then(|end| Expiry::new(end, &clock).ends).map(date);
            let until = match (end, &day) {
                (Some(end), Some(day)) => format!(", until epoch {end}, about {day}"),
                (Some(end), None) => format!(", until epoch {end}"),
                _ => String::new(),
            };
            text += &format!("{id}  {what}: {state}{until}\n");
            list.push(json!({ "blob_id": id.to_string(), "what": what, "state": state, "end_epoch": end, "ends": day }));
        }
        output.result(
            &text,
            &json!({ "manifest": self.manifest.to_string(), "blobs": list }),
        );
        Ok(ExitCode::from(worst))
    }
}
