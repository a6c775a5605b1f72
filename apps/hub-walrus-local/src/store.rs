//! Blobs in a folder, and the objects that Sui would have for them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use hub_walrus::{BlobId, Code};
use hub_walrus_encode::Encoding;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why the folder cannot be used.
#[derive(Debug, Error)]
pub enum LocalError {
    /// The operating system refused.
    #[error("{} could not be {doing}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `"read"`, `"written"`.
        doing: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A file that this crate did not write, or that was changed.
    #[error("{} is not what a local Walrus wrote: {why}; move it away to start anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl LocalError {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            doing,
            source,
        }
    }
}

/// What is known of the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    /// Number of the format.
    format: u32,
    /// Hex; keys and object ids are made of it.
    seed: String,
    /// Number of storage nodes.
    nodes: u16,
    /// The current epoch, when the clock was last set.
    epoch: u32,
    /// Seconds since 1970 at which that was.
    since: u64,
    /// Objects made so far.
    objects: u64,
}

/// A blob.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub length: u64,
    /// Root hash in hex.
    pub root: String,
    pub objects: Vec<Object>,
}

/// What Sui would have for a purchase of storage.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Object {
    pub id: String,
    pub storage_id: String,
    pub owner: String,
    pub deletable: bool,
    pub shared: bool,
    pub registered_epoch: u32,
    pub certified_epoch: Option<u32>,
    pub end_epoch: u32,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl Record {
    /// Objects that count in this epoch.
    pub fn live(&self, epoch: u32) -> impl Iterator<Item = &Object> {
        self.objects
            .iter()
            .filter(move |object| object.end_epoch > epoch)
    }

    pub fn is_certified(&self, epoch: u32) -> bool {
        self.live(epoch)
            .any(|object| object.certified_epoch.is_some())
    }
}

/// A purchase that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    pub epochs: u32,
    pub deletable: bool,
    pub shared: bool,
    pub owner: String,
    pub certified: bool,
}

/// Bytes that a blob takes when it is encoded over 1 000 shards: every shard has a row and a column of slivers, and the
/// roots of all.
pub(crate) fn encoded_length(length: u64) -> u64 {
    let symbol = Code::WALRUS.symbol_size(length).map_or(0, u64::from);
    let (rows, columns) = (
        u64::from(Code::WALRUS.primary()),
        u64::from(Code::WALRUS.secondary()),
    );
    1_000 * ((rows + columns) * symbol + 64 * 1_000 + 32)
}

pub(crate) struct Store {
    folder: PathBuf,
    epoch_seconds: Option<u64>,
    state: Mutex<State>,
}

struct State {
    network: Network,
    records: BTreeMap<BlobId, Record>,
}

impl Store {
    pub fn open(
        folder: &Path,
        nodes: u16,
        epoch: u32,
        epoch_seconds: Option<u64>,
    ) -> Result<Self, LocalError> {
        let blobs = folder.join("blobs");
        fs::create_dir_all(&blobs).map_err(|e| LocalError::io("created", &blobs, e))?;
        let path = folder.join("network.json");
        let network = match fs::read(&path) {
            Ok(bytes) => parse::<Network>(&path, &bytes)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let mut hasher = Sha256::new();
                hasher.update(folder.as_os_str().as_encoded_bytes());
                Network {
                    format: 1,
                    seed: hex::encode(hasher.finalize()),
                    nodes,
                    epoch,
                    since: now(),
                    objects: 0,
                }
            }
            Err(e) => return Err(LocalError::io("read", &path, e)),
        };
        let mut records = BTreeMap::new();
        for entry in fs::read_dir(&blobs).map_err(|e| LocalError::io("read", &blobs, e))? {
            let path = entry.map_err(|e| LocalError::io("read", &blobs, e))?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let Some(Ok(id)) = name.strip_suffix(".json").map(str::parse::<BlobId>) else {
                continue;
            };
            let bytes = fs::read(&path).map_err(|e| LocalError::io("read", &path, e))?;
            records.insert(id, parse::<Record>(&path, &bytes)?);
        }
        let store = Self {
            folder: folder.to_owned(),
            epoch_seconds,
            state: Mutex::new(State { network, records }),
        };
        store.save_network(&store.lock().network)?;
        Ok(store)
    }

    pub fn nodes(&self) -> u16 {
        self.lock().network.nodes
    }

    pub fn seed(&self) -> Vec<u8> {
        self.lock().network.seed.clone().into_bytes()
    }

    pub fn epoch_seconds(&self) -> Option<u64> {
        self.epoch_seconds
    }

    pub fn epoch(&self) -> u32 {
        self.epoch_of(&self.lock().network)
    }

    fn epoch_of(&self, network: &Network) -> u32 {
        let passed = match self.epoch_seconds {
            Some(seconds) => now().saturating_sub(network.since) / seconds.max(1),
            None => 0,
        };
        network
            .epoch
            .saturating_add(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    pub fn set_epoch(&self, epoch: u32) -> Result<(), LocalError> {
        let mut state = self.lock();
        state.network.epoch = epoch;
        state.network.since = now();
        self.save_network(&state.network)
    }

    pub fn record(&self, id: &BlobId) -> Option<Record> {
        self.lock().records.get(id).cloned()
    }

    /// The blob, if it is stored in the current epoch.
    pub fn readable(&self, id: &BlobId) -> Option<Record> {
        let state = self.lock();
        let epoch = self.epoch_of(&state.network);
        state
            .records
            .get(id)
            .filter(|record| record.is_certified(epoch))
            .cloned()
    }

    pub fn object(&self, object: &str) -> Option<(BlobId, Object)> {
        let state = self.lock();
        state.records.iter().find_map(|(id, record)| {
            let found = record.objects.iter().find(|known| known.id == object)?;
            Some((*id, found.clone()))
        })
    }

    pub fn set_attributes(
        &self,
        object: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<bool, LocalError> {
        let mut state = self.lock();
        for (id, record) in &mut state.records {
            if let Some(found) = record.objects.iter_mut().find(|known| known.id == object) {
                found.attributes = attributes;
                self.save_record(id, record)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn blob(&self, id: &BlobId) -> PathBuf {
        self.folder.join("blobs").join(id.to_string())
    }

    /// Sliver roots, 64 000 bytes.
    pub fn roots(&self, id: &BlobId) -> Result<Vec<u8>, LocalError> {
        let path = self.file(id, "roots");
        fs::read(&path).map_err(|e| LocalError::io("read", &path, e))
    }

    /// A temporary file in the folder, for bytes whose id is not known yet.
    pub fn incoming(&self) -> Result<tempfile::NamedTempFile, LocalError> {
        tempfile::NamedTempFile::new_in(&self.folder)
            .map_err(|e| LocalError::io("written", &self.folder, e))
    }

    /// Registers a blob, as a transaction on Sui would.
    pub fn register(&self, encoding: &Encoding, purchase: &Purchase) -> Result<Object, LocalError> {
        self.purchase(
            &encoding.id,
            encoding.length,
            hex::encode(encoding.root),
            purchase,
        )
    }

    fn purchase(
        &self,
        id: &BlobId,
        length: u64,
        root: String,
        purchase: &Purchase,
    ) -> Result<Object, LocalError> {
        let mut state = self.lock();
        let epoch = self.epoch_of(&state.network);
        let object = Object {
            id: new_id(&mut state.network),
            storage_id: new_id(&mut state.network),
            owner: purchase.owner.clone(),
            deletable: purchase.deletable,
            shared: purchase.shared,
            registered_epoch: epoch,
            certified_epoch: purchase.certified.then_some(epoch),
            end_epoch: epoch.saturating_add(purchase.epochs),
            attributes: BTreeMap::new(),
        };
        self.save_network(&state.network)?;
        let record = state.records.entry(*id).or_insert_with(|| Record {
            length,
            root,
            objects: vec![],
        });
        record.objects.push(object.clone());
        self.save_record(id, record)?;
        Ok(object)
    }

    /// Registers a blob whose bytes are to come.
    pub fn register_ahead(
        &self,
        id: &BlobId,
        length: u64,
        root: &str,
        purchase: &Purchase,
    ) -> Result<Object, LocalError> {
        self.purchase(id, length, root.to_owned(), purchase)
    }

    /// Marks what is registered of a blob as stored.
    pub fn certify(&self, id: &BlobId) -> Result<(), LocalError> {
        let mut state = self.lock();
        let epoch = self.epoch_of(&state.network);
        if let Some(record) = state.records.get_mut(id) {
            for object in &mut record.objects {
                if object.end_epoch > epoch {
                    object.certified_epoch.get_or_insert(epoch);
                }
            }
            self.save_record(id, record)?;
        }
        Ok(())
    }

    /// Keeps the bytes of a blob.
    pub fn keep(
        &self,
        encoding: &Encoding,
        bytes: tempfile::NamedTempFile,
    ) -> Result<(), LocalError> {
        let path = self.blob(&encoding.id);
        bytes
            .persist(&path)
            .map_err(|e| LocalError::io("written", &path, e.error))?;
        self.write(
            &self.file(&encoding.id, "roots"),
            &encoding.slivers.roots().to_bytes(),
        )
    }

    fn save_network(&self, network: &Network) -> Result<(), LocalError> {
        self.write_json(&self.folder.join("network.json"), network)
    }

    fn save_record(&self, id: &BlobId, record: &Record) -> Result<(), LocalError> {
        self.write_json(&self.file(id, "json"), record)
    }

    fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<(), LocalError> {
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|e| LocalError::io("written", path, e.into()))?;
        bytes.push(b'\n');
        self.write(path, &bytes)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), LocalError> {
        let mut file = self.incoming()?;
        let failed = |e| LocalError::io("written", path, e);
        file.write_all(bytes).map_err(failed)?;
        file.persist(path)
            .map_err(|e| failed(e.error))
            .map(|_: File| ())
    }

    fn file(&self, id: &BlobId, kind: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{id}.{kind}"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_id(network: &mut Network) -> String {
    network.objects += 1;
    let mut hasher = Sha256::new();
    hasher.update(b"hub-walrus-local object");
    hasher.update(network.seed.as_bytes());
    hasher.update(network.objects.to_be_bytes());
    format!("0x{}", hex::encode(hasher.finalize()))
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, LocalError> {
    serde_json::from_slice(bytes).map_err(|e| LocalError::Damaged {
        path: path.to_owned(),
        why: e.to_string(),
    })
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
