use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use hub_walrus_client::{
    BlobId, Client, Config, FetchOptions, Fetched, Lifetime, Owner, Patience, Progress, Publisher,
    Result, Silent, Slivers, Source, StoreOptions, Stored, Upload,
};
use hub_walrus_encode::{Encoder, Options as EncodeOptions};
use hub_walrus_local::{Entry, Face, Fault, LocalWalrus, On, Options, Server, What};

/// A Walrus with some servers in front of it, and a cache.
pub struct Fixture {
    pub walrus: LocalWalrus,
    pub faces: Vec<Face>,
    pub servers: Vec<Server>,
    pub folder: tempfile::TempDir,
}

/// A blob that is stored.
pub struct Blob {
    pub id: BlobId,
    pub bytes: Vec<u8>,
    pub slivers: Slivers,
}

/// Keeps the sentences that are told.
#[derive(Default)]
pub struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn note(&self, sentence: &str) {
        self.0.lock().unwrap().push(sentence.to_owned());
    }
}

impl Notes {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        idle: Duration::from_millis(400),
        store: Duration::from_secs(30),
    }
}

/// Bytes without a pattern, the same each time.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

pub fn permanent(epochs: u32) -> StoreOptions {
    StoreOptions {
        epochs: NonZeroU32::new(epochs).unwrap(),
        lifetime: Lifetime::Permanent,
        owner: Owner::Address("0xa11ce".parse().unwrap()),
        force: false,
    }
}

impl Fixture {
    /// With so many servers.
    pub fn new(servers: usize) -> Self {
        Self::with(servers, Options::default())
    }

    pub fn with(servers: usize, options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let walrus = LocalWalrus::open(&folder.path().join("walrus"), options).unwrap();
        let faces: Vec<Face> = (0..servers).map(|_| walrus.face()).collect();
        let start = |face: &Face| Server::start(face, "127.0.0.1:0".parse().unwrap()).unwrap();
        let servers = faces.iter().map(start).collect();
        Self {
            walrus,
            faces,
            servers,
            folder,
        }
    }

    pub fn url(&self, server: usize) -> String {
        self.servers[server].url()
    }

    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(Server::url).collect()
    }

    pub fn cache(&self) -> std::path::PathBuf {
        self.folder.path().join("cache")
    }

    /// Without storage nodes: sliver roots come from the options alone.
    pub fn client(&self) -> Client {
        self.client_with(&[])
    }

    pub fn client_with(&self, nodes: &[String]) -> Client {
        Client::new(&Config {
            aggregators: self.urls(),
            nodes: nodes.to_vec(),
            cache: self.cache(),
            patience: patience(),
            cool_down: Duration::from_millis(20),
            ..Config::default()
        })
        .unwrap()
    }

    pub fn publisher(&self) -> Publisher {
        Publisher::new(&self.url(0), patience())
            .unwrap()
            .attempts(3, Duration::from_millis(10))
    }

    pub fn put(&self, bytes: &[u8], options: &StoreOptions) -> Result<Stored> {
        let client = self.client();
        let upload = Upload {
            id: encode(bytes).id(),
            length: bytes.len() as u64,
            source: Source::Bytes(bytes),
        };
        self.publisher()
            .put(upload, options, &|| client.holds(&upload.id), &Silent)
    }

    /// Stores noise of this length for ten epochs, then forgets the requests.
    pub fn blob(&self, length: usize, seed: u64) -> Blob {
        let bytes = noise(length, seed);
        let stored = self.put(&bytes, &permanent(10)).unwrap();
        self.faces.iter().for_each(Face::forget_requests);
        let slivers = encode(&bytes);
        assert_eq!(stored.id, slivers.id());
        Blob {
            id: stored.id,
            bytes,
            slivers,
        }
    }

    pub fn fault(&self, server: usize, on: On, what: What) {
        self.faces[server].set_faults(vec![fault(on, what)]);
    }

    pub fn requests(&self, server: usize) -> Vec<Entry> {
        self.faces[server].requests()
    }
}

impl Blob {
    /// Options with its sliver roots, and requests of a few rows each.
    pub fn by_rows(&self) -> FetchOptions {
        FetchOptions {
            roots: Some(self.slivers.roots().to_bytes()),
            request_bytes: 64 << 10,
            ..FetchOptions::default()
        }
    }

    #[track_caller]
    pub fn assert_is(&self, fetched: &Fetched) {
        assert_eq!(fetched.length, self.bytes.len() as u64);
        assert!(
            std::fs::read(&fetched.path).unwrap() == self.bytes,
            "other bytes"
        );
    }
}

pub fn fault(on: On, what: What) -> Fault {
    Fault {
        on,
        blob: None,
        skip: 0,
        times: None,
        what,
    }
}

pub fn encode(bytes: &[u8]) -> Slivers {
    Encoder::new(EncodeOptions::default())
        .encode(bytes, &mut ())
        .unwrap()
        .slivers
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
