use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use hub_walrus_client::{
    date, encode_file, parse_date, Client, EpochClock, Expiry, How, Lifetime, Owner, Source,
    StoreOptions, Stored, SuiId, Upload, MOST_EPOCHS_AHEAD,
};
use serde_json::{json, Value};

use crate::failure::{Failure, USAGE};
use crate::network::{Network, PublisherArgs};
use crate::output::{size, table, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Store a file on Walrus through a publisher.
///
/// The id is computed first, so storing is safe to repeat: what is there already is not stored twice. How long it is
/// stored and who owns it has no default, since what Walrus assumes (one epoch, deletable, owned by the publisher) is
/// not what a model needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub blob put model.onnx --epochs 26 --owner 0x… --publisher https://publisher.example.com")]
pub struct Put {
    /// The file.
    file: PathBuf,

    #[command(flatten)]
    how: HowToStore,

    #[command(flatten)]
    publisher: PublisherArgs,

    #[command(flatten)]
    network: Network,
}

/// How long, and for whom.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "How long, and for whom")]
pub struct HowToStore {
    /// Store it for so many epochs: 14 days each on Mainnet, a day on Testnet.
    #[arg(long, value_name = "N", required_unless_present = "until")]
    epochs: Option<NonZeroU32>,

    /// Store it at least until this day, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with = "epochs")]
    until: Option<SystemTime>,

    /// Sui address that gets the blob's object: only its owner can extend the storage.
    #[arg(long, value_name = "0x…", required_unless_present_any = ["shared", "leave_with_publisher"])]
    owner: Option<SuiId>,

    /// Share the object: anybody can extend the storage.
    #[arg(long, conflicts_with = "owner")]
    shared: bool,

    /// Leave the object with the publisher, which may throw it away.
    #[arg(long, conflicts_with_all = ["owner", "shared"])]
    leave_with_publisher: bool,

    /// Let the owner delete it before the end. Without this nobody can.
    #[arg(long)]
    deletable: bool,

    /// Store it even if somebody else did already, to have an object of one's own.
    #[arg(long)]
    force: bool,
}

fn day(text: &str) -> Result<SystemTime, String> {
    parse_date(text).ok_or_else(|| "expected a day as YYYY-MM-DD, such as 2027-12-31".into())
}

impl HowToStore {
    pub fn options(&self, clock: &EpochClock) -> Result<StoreOptions, Failure> {
        let epochs = match (self.epochs, self.until) {
            (Some(epochs), _) => epochs,
            (None, Some(time)) => clock.epochs_until(time, SystemTime::now()).ok_or_else(|| {
                Failure::new(
                    USAGE,
                    format!("it cannot be told how many epochs it is until {}", date(time)),
                    "name a day in the future, and a storage node that knows the current epoch (--node URL); or give --epochs N",
                )
            })?,
            (None, None) => NonZeroU32::MIN,
        };
        if epochs.get() > MOST_EPOCHS_AHEAD {
            return Err(Failure::new(
                USAGE,
                format!("{epochs} epochs are more than can be bought at once, which is {MOST_EPOCHS_AHEAD}"),
                format!("give --epochs {MOST_EPOCHS_AHEAD}, and extend the storage later"),
            ));
        }
        let owner = match (self.owner, self.shared) {
            (Some(address), _) => Owner::Address(address),
            (None, true) => Owner::Shared,
            (None, false) => Owner::Publisher,
        };
        Ok(StoreOptions {
            epochs,
            lifetime: match self.deletable {
                true => Lifetime::Deletable,
                false => Lifetime::Permanent,
            },
            owner,
            force: self.force,
        })
    }
}

impl Put {
    pub fn run(self, output: &Output) -> Outcome {
        let progress = Bars::new();
        let client = self.network.client()?;
        let publisher = self.publisher.publisher(&self.network)?;
        let clock = self.network.clock(&client);
        let options = self.how.options(&clock)?;
        let encoding = encode_file(&self.file, &progress)?;
        let upload = Upload {
            id: encoding.id,
            length: encoding.length,
            source: Source::File(&self.file),
        };
        let there = || client.holds(&upload.id);
        let stored = publisher.put(upload, &options, &there, &progress)?;
        let (text, value) = report(
            &stored,
            encoding.length,
            hex::encode(encoding.root),
            &clock,
            &client,
        );
        output.result(&text, &value);
        Ok(ExitCode::SUCCESS)
    }
}

/// What is to be said of a blob that is stored.
pub fn report(
    stored: &Stored,
    length: u64,
    root: String,
    clock: &EpochClock,
    client: &Client,
) -> (String, Value) {
    let end_epoch = stored
        .end_epoch
        .or_else(|| client.holds(&stored.id)?.end_epoch);
    let expiry = end_epoch.map(|end| Expiry::new(end, clock));
    let ends = expiry.and_then(|expiry| expiry.ends).map(date);
    let how = match stored.how {
        How::Created => "stored",
        How::AlreadyStored => "was stored already",
        _ => "stored, though the publisher failed to answer",
    };
    let mut rows = vec![
        ("blob id", stored.id.to_string()),
        ("length", size(length)),
        ("state", how.into()),
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
    if let Some(object) = stored.object {
        rows.push(("object", object.to_string()));
    }
    if let Some(cost) = stored.cost {
        rows.push((
            "cost",
            format!("{}.{:09} WAL", cost / 1_000_000_000, cost % 1_000_000_000),
        ));
    }
    let warnings: Vec<String> = stored.warnings.iter().map(ToString::to_string).collect();
    rows.extend(warnings.iter().map(|warning| ("warning", warning.clone())));
    let value = json!({
        "blob_id": stored.id.to_string(),
        "root_hash": root,
        "length": length,
        "how": match stored.how {
            How::Created => "created",
            How::AlreadyStored => "already_stored",
            _ => "found_after_failure",
        },
        "end_epoch": end_epoch,
        "ends": ends,
        "object": stored.object.map(|object| object.to_string()),
        "cost_frost": stored.cost,
        "warnings": warnings,
    });
    (table(&rows), value)
}
