//! Blobs and quilts of Walrus over HTTP: stored, fetched in parallel, checked on arrival, resumed after a kill.
//!
//! ```no_run
//! use hub_walrus_client::{Client, Config, FetchOptions, Silent};
//!
//! let config = Config {
//!     aggregators: vec!["https://aggregator.walrus-testnet.walrus.space".into()],
//!     ..Config::default()
//! };
//! let client = Client::new(&config)?;
//! let id = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4".parse()?;
//! let blob = client.fetch(&id, &FetchOptions::default(), &Silent)?;
//! assert_eq!(std::fs::read(blob.path)?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here is asynchronous: every function returns when it is done. [`Progress`] tells how far it is, and stops it.

mod aggregators;
mod cache;
mod client;
mod epochs;
mod error;
mod fetch;
mod http;
mod nodes;
mod positioned;
mod progress;
mod publisher;
mod relay;
mod roots;
mod sui;
mod wire;

pub use aggregators::{Aggregators, Seen};
pub use cache::{Cache, Cached, DEFAULT_BUDGET};
pub use client::{encode_file, Client, Config, PatchBytes};
pub use epochs::{date, parse_date, EpochClock, Expiry, MOST_EPOCHS_AHEAD};
pub use error::{Answer, Error, Refusal, Result, Why};
pub use fetch::{Checked, FetchOptions, Fetched};
pub use http::Patience;
pub use nodes::{CommitteeNode, Nodes, StorageCertificate};
pub use progress::{Cancel, Progress, Silent, Work};
pub use publisher::{
    How, Lifetime, Owner, Publisher, QuiltFile, Source, StoreOptions, Stored, There, Upload,
    Warning, DEFAULT_LIMIT, DEFAULT_QUILT_LIMIT,
};
pub use relay::{Registration, Relay, TipConfig, TipKind};
pub use roots::{slivers_of_metadata, MAX_LENGTH};
pub use sui::{SuiId, SuiIdError};
pub use wire::{
    BlobObject, BlobStatus, ListedPatch, PutAnswer, PutQuiltAnswer, Storage, StoredPatch,
};

pub use hub_walrus::{BlobId, QuiltPatchId};
pub use hub_walrus_encode::quilt::Quilt;
pub use hub_walrus_encode::{Encoding, Slivers};
