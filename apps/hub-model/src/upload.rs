//! A planned folder goes to Walrus: weights first, then the small files, the manifest last, so that a manifest that is there speaks
//! for a model that is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cosmwasm_std::{HexBinary, Uint64};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{ExecuteMsg, NewRelease};
use hub_walrus::BlobId;
use hub_walrus_client::{
    Client, Error, How, Progress, Publisher, QuiltFile, Source, StoreOptions, Stored,
    Upload as Blob, Why,
};
use hub_walrus_encode::Encoding;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contents::Contents;
use crate::plan::Plan;

/// Where a folder keeps what came of its uploads: the Sui objects that its author needs to extend the storage.
pub const RECEIPTS: &str = ".hub/receipts.json";

/// What came of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    /// One for each blob that was stored from this folder, the latest of each, in the order of their ids.
    pub blobs: Vec<Receipt>,
}

/// What is known of a blob that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Its id.
    pub blob_id: String,
    /// What it is: a path, or words.
    pub what: String,
    /// Length in bytes.
    pub length: u64,
    /// First epoch in which it is not stored, where that is known.
    pub end_epoch: Option<u32>,
    /// The Sui object that stands for it, where that is known.
    pub object: Option<String>,
    /// Price of the storage in FROST, a billionth of a WAL, where something was bought.
    pub cost: Option<u64>,
}

/// Why an upload stopped. What was stored before is stored, and is found there when it is tried again.
#[derive(Error, Debug)]
pub enum UploadError {
    /// Walrus says no, or nothing.
    #[error("{what}: {error}")]
    Walrus {
        /// What was being stored or read.
        what: String,
        /// Why not.
        error: Error,
    },
    /// The receipts cannot be kept.
    #[error("{} cannot be written: {error}; the blobs are stored all the same", path.display())]
    Receipts {
        /// Their file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// A blob of a plan that is stored.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What it is: a path, or words.
    pub what: String,
    /// What came of it.
    pub stored: Stored,
    /// The aggregator that a row of it was read back from, and checked.
    pub read_from: Option<String>,
}

impl Plan {
    /// Stores everything that is not there for long enough, in the order that [`Plan::stored`] has, and reads a row of each back.
    ///
    /// An upload that was interrupted goes on where it stopped: what is there is asked first, by the ids.
    pub fn upload(
        &self,
        client: &Client,
        publisher: &Publisher,
        options: &StoreOptions,
        progress: &dyn Progress,
    ) -> Result<Vec<Placed>, UploadError> {
        let mut placed = vec![];
        let mut receipts = Receipts::read(&self.folder.root)?;
        let mut keep =
            |what: String, encoding: &Encoding, stored: Stored| -> Result<Placed, UploadError> {
                let read_from = read_back(client, publisher, encoding, &what)?;
                receipts.add(Receipt::of(&what, encoding.length, &stored));
                receipts.write(&self.folder.root)?;
                Ok(Placed {
                    what,
                    stored,
                    read_from,
                })
            };
        for blob in &self.blobs {
            let path = self.folder.root.shown(&blob.path);
            let source = Source::Range {
                path: &path,
                offset: blob.offset,
            };
            let stored = put(
                client,
                publisher,
                options,
                progress,
                &blob.path,
                &blob.encoding,
                source,
            )?;
            placed.push(keep(blob.path.clone(), &blob.encoding, stored)?);
        }
        for quilt in &self.quilts {
            let what = format!("{} small files", quilt.patches.len());
            let stored = match there(client, &quilt.encoding.id, options) {
                Some(stored) => stored,
                None => {
                    let files: Vec<_> = quilt
                        .patches
                        .iter()
                        .map(|(identifier, bytes)| QuiltFile { identifier, bytes })
                        .collect();
                    let id = quilt.encoding.id;
                    publisher
                        .put_quilt(id, &files, options, &|| client.holds(&id), progress)
                        .map_err(|error| UploadError::Walrus {
                            what: what.clone(),
                            error,
                        })?
                }
            };
            placed.push(keep(what, &quilt.encoding, stored)?);
        }
        let source = Source::Bytes(&self.manifest_bytes);
        let what = "the manifest";
        let stored = put(
            client,
            publisher,
            options,
            progress,
            what,
            &self.manifest_encoding,
            source,
        )?;
        placed.push(keep(what.to_owned(), &self.manifest_encoding, stored)?);
        Ok(placed)
    }

    /// What a release of this folder is published with, under a version of major and minor number.
    pub fn new_release(&self, (major, minor): (u32, u32)) -> NewRelease {
        NewRelease {
            major,
            minor,
            blob_id: self.release().to_string(),
            manifest: Some(self.manifest_encoding.id.to_string()),
            salt: None,
        }
    }

    /// The message that proves the size of the release's blob to the registry, for the release that was published.
    pub fn prove_size(&self, model: ModelId, release: ReleaseNumber) -> ExecuteMsg {
        let encoding = self.release_encoding();
        ExecuteMsg::ProveSize {
            model,
            release,
            size: Uint64::new(encoding.length),
            root_hash: HexBinary::from(encoding.root),
        }
    }
}

/// How long a blob that was just stored is waited for, in all about a minute.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(32);

fn put(
    client: &Client,
    publisher: &Publisher,
    options: &StoreOptions,
    progress: &dyn Progress,
    what: &str,
    encoding: &Encoding,
    source: Source<'_>,
) -> Result<Stored, UploadError> {
    let id = encoding.id;
    if let Some(stored) = there(client, &id, options) {
        return Ok(stored);
    }
    let upload = Blob {
        id,
        length: encoding.length,
        source,
    };
    publisher
        .put(upload, options, &|| client.holds(&id), progress)
        .map_err(|error| UploadError::Walrus {
            what: what.to_owned(),
            error,
        })
}

/// The blob as it is stored already, if for as long as is asked. Where nobody says until when, it is stored once more: a publisher
/// that knows better answers so.
fn there(client: &Client, id: &BlobId, options: &StoreOptions) -> Option<Stored> {
    if options.force {
        return None;
    }
    let end = client.holds(id)?.end_epoch?;
    let now = client.nodes().epoch().ok()?;
    let wanted = now.saturating_add(options.epochs.get());
    (end >= wanted).then(|| Stored {
        id: *id,
        how: How::AlreadyStored,
        end_epoch: Some(end),
        object: None,
        cost: None,
        warnings: vec![],
    })
}

/// Reads a row back and checks it, from another server than the one that took it where there is one.
fn read_back(
    client: &Client,
    publisher: &Publisher,
    encoding: &Encoding,
    what: &str,
) -> Result<Option<String>, UploadError> {
    if client.aggregators().urls().is_empty() {
        return Ok(None);
    }
    let rows = u64::from(hub_walrus::Code::WALRUS.primary());
    let used = (0..rows)
        .filter(|row| !encoding.slivers.row_range(*row as u16).is_empty())
        .count() as u64;
    // Unforeseeable for the server: of the system's random state.
    let random = std::hash::BuildHasher::hash_one(
        &std::collections::hash_map::RandomState::new(),
        encoding.id.as_bytes(),
    );
    let row = (random % used.max(1)) as u16;
    let own = [publisher.url().to_owned()];
    let mut pause = FIRST_PAUSE;
    loop {
        match client.spot_check(&encoding.slivers, row, &own) {
            Ok(from) => return Ok(Some(from)),
            // What was stored a moment ago is not everywhere yet, and caches remember that it was not there.
            Err(Error::NoAggregator { refusals, .. })
                if pause <= LONGEST_PAUSE
                    && refusals.iter().any(|one| matches!(one.why, Why::NotFound)) =>
            {
                std::thread::sleep(pause);
                pause *= 2;
            }
            Err(error) => {
                return Err(UploadError::Walrus {
                    what: format!("{what}, read back"),
                    error,
                })
            }
        }
    }
}

impl Receipt {
    fn of(what: &str, length: u64, stored: &Stored) -> Self {
        Self {
            blob_id: stored.id.to_string(),
            what: what.to_owned(),
            length,
            end_epoch: stored.end_epoch,
            object: stored.object.as_ref().map(ToString::to_string),
            cost: stored.cost,
        }
    }
}

impl Receipts {
    /// Those of a folder; none where nothing was uploaded from it.
    pub fn read(folder: &Path) -> Result<Self, UploadError> {
        let path = folder.join(RECEIPTS);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| UploadError::Receipts {
                path,
                error: io::Error::other(error),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(UploadError::Receipts { path, error }),
        }
    }

    /// A later one of the same blob keeps what only the earlier one knows.
    fn add(&mut self, receipt: Receipt) {
        match self
            .blobs
            .binary_search_by(|one| one.blob_id.cmp(&receipt.blob_id))
        {
            Ok(place) => {
                let known = &mut self.blobs[place];
                known.what = receipt.what;
                known.end_epoch = receipt.end_epoch.max(known.end_epoch);
                known.object = receipt.object.or(known.object.take());
                known.cost = receipt.cost.or(known.cost);
            }
            Err(place) => self.blobs.insert(place, receipt),
        }
    }

    /// Through a file beside it, so that a kill leaves one or the other whole.
    fn write(&self, folder: &Path) -> Result<(), UploadError> {
        let path = folder.join(RECEIPTS);
        let next = path.with_extension("next");
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent)
            .and_then(|()| fs::write(&next, text))
            .and_then(|()| fs::rename(&next, &path));
        written.map_err(|error| UploadError::Receipts { path, error })
    }
}
