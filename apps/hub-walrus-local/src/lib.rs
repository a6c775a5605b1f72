//! Walrus on one machine: publisher, aggregator, storage nodes and upload relay over a folder.
//!
//! The HTTP API has the shapes of the real one, errors included. Blob ids are the real ones, since they follow from the
//! bytes. Epochs are set by hand or pass by the clock, and what was bought ends with them. A committee of storage nodes
//! with known keys signs certificates that the registry accepts. And whatever goes wrong with real servers can be made
//! to go wrong: see [`Fault`].
//!
//! ```
//! use hub_walrus_local::{LocalWalrus, Options, Server};
//!
//! let folder = tempfile::tempdir()?;
//! let walrus = LocalWalrus::open(folder.path(), Options::default())?;
//! let server = Server::start(&walrus.face(), "127.0.0.1:0".parse()?)?;
//! println!("aggregator and publisher at {}", server.url());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregator;
mod answer;
mod body;
mod committee;
mod control;
mod face;
mod faults;
mod ids;
mod journal;
mod node;
mod publisher;
mod quilts;
mod routes;
mod server;
mod store;

use std::path::Path;
use std::sync::Arc;

pub use committee::{CertificateMessage, Committee, CommitteeMessage, MemberMessage, SHARDS};
pub use face::Face;
pub use faults::{Fault, On, What};
pub use journal::Entry;
pub use server::{serve, Server};
pub use store::LocalError;

/// Bytes without a pattern to store, the same for the same seed.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}

/// How a local Walrus behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Storage nodes, 1 to 100; where the folder is new.
    pub nodes: u16,
    /// The epoch to begin with, where the folder is new.
    pub epoch: u32,
    /// Length of an epoch in seconds; without it, epochs pass only when they are set.
    pub epoch_seconds: Option<u64>,
    /// Most epochs ahead that can be bought.
    pub most_epochs: u32,
    /// Bytes that the publisher takes in one request.
    pub limit: u64,
    /// The same for the files of a quilt together.
    pub quilt_limit: u64,
    /// The token that the publisher asks for; none, if it takes from everybody.
    pub token: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 5,
            epoch: 1,
            epoch_seconds: None,
            most_epochs: 53,
            limit: 10 << 20,
            quilt_limit: 100 << 20,
            token: None,
        }
    }
}

/// A Walrus over a folder, which keeps its blobs, epoch and keys between runs.
#[derive(Clone)]
pub struct LocalWalrus {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    store: store::Store,
    committee: Committee,
    options: Options,
}

impl LocalWalrus {
    /// The Walrus in this folder, which is created if it is not there. One process at a time may use it.
    pub fn open(folder: &Path, options: Options) -> Result<Self, LocalError> {
        let store =
            store::Store::open(folder, options.nodes, options.epoch, options.epoch_seconds)?;
        let committee = Committee::new(&store.seed(), store.nodes());
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                committee,
                options,
            }),
        })
    }

    /// A server in front of it, with faults and a journal of its own.
    pub fn face(&self) -> Face {
        Face::new(Arc::clone(&self.inner))
    }

    /// The current epoch.
    pub fn epoch(&self) -> u32 {
        self.inner.store.epoch()
    }

    /// Makes this the current epoch. What was bought until it ends.
    pub fn set_epoch(&self, epoch: u32) -> Result<(), LocalError> {
        self.inner.store.set_epoch(epoch)
    }

    /// The storage nodes.
    pub fn committee(&self) -> &Committee {
        &self.inner.committee
    }
}
