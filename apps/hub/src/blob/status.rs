use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use hub_walrus_client::{date, BlobId, BlobStatus, Expiry};
use serde_json::json;

use crate::failure::{ENDS, GONE};
use crate::ids;
use crate::network::Network;
use crate::output::{table, Output};
use crate::Outcome;

/// Until when a blob is stored.
///
/// A storage node says it (--node URL); it does not sign it. Without one, it is only tried whether the blob can be read.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with exit code 5 if the storage ends within --days days or its owner can delete the blob, with 4 if it is gone: for a
script that runs every day.

Example:
  hub blob status VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4 --node https://storage.example.com --days 60")]
pub struct Status {
    /// The blob's id.
    #[arg(value_parser = ids::blob_id)]
    id: BlobId,

    /// Warn if the storage ends within so many days.
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u64,

    #[command(flatten)]
    network: Network,
}

impl Status {
    pub fn run(self, output: &Output) -> Outcome {
        let client = self.network.client()?;
        let clock = self.network.clock(&client);
        let status = match client.nodes().is_empty() {
            true => None,
            false => Some(client.nodes().status(&self.id)?),
        };
        let readable = client.holds(&self.id).is_some();
        let expiry = match &status {
            Some(BlobStatus::Permanent { end_epoch, .. }) => Some(Expiry::new(*end_epoch, &clock)),
            _ => None,
        };
        let days = expiry.and_then(|expiry| expiry.days_left(SystemTime::now()));
        let soon = days.is_some_and(|days| days < self.days);
        let (state, sentence, code) = match &status {
            Some(BlobStatus::Permanent {
                is_certified: true, ..
            }) if soon => (
                "ends_soon",
                "stored, but not for long: have it extended",
                ENDS,
            ),
            Some(BlobStatus::Permanent {
                is_certified: true, ..
            }) => ("stored", "stored, nobody can delete it", 0),
            Some(BlobStatus::Permanent { .. }) => (
                "registered",
                "registered, but its bytes have not arrived",
                GONE,
            ),
            Some(BlobStatus::Deletable { .. }) => (
                "deletable",
                "stored, but its owner can delete it at any time",
                ENDS,
            ),
            Some(BlobStatus::Nonexistent) => (
                "gone",
                "not stored: it never was, or its storage has ended",
                GONE,
            ),
            Some(BlobStatus::Invalid {}) => (
                "invalid",
                "marked as wrongly encoded: it cannot be read",
                GONE,
            ),
            None if readable => (
                "readable",
                "readable; until when it is stored, a storage node knows: --node URL",
                0,
            ),
            None => (
                "gone",
                "not readable: it was never stored, or its storage has ended",
                GONE,
            ),
            Some(_) => ("unknown", "stored in a way that is not known here", ENDS),
        };
        let ends = expiry.and_then(|expiry| expiry.ends).map(date);
        let mut rows = vec![
            ("blob id", self.id.to_string()),
            ("state", sentence.to_owned()),
        ];
        if let Some(expiry) = expiry {
            let day = ends
                .as_ref()
                .map(|day| format!(", about {day}"))
                .unwrap_or_default();
            rows.push((
                "ends",
                format!("with the beginning of epoch {}{day}", expiry.end_epoch),
            ));
        }
        if let Some(days) = days {
            rows.push(("days left", days.to_string()));
        }
        output.result(
            &table(&rows),
            &json!({
                "blob_id": self.id.to_string(),
                "state": state,
                "end_epoch": expiry.map(|expiry| expiry.end_epoch),
                "ends": ends,
                "days_left": days,
                "readable": readable,
            }),
        );
        Ok(ExitCode::from(code))
    }
}
