use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hub_walrus_local::{Face, Fault, LocalWalrus, On, Options, Server, What};
use serde_json::Value;

/// Folders, and servers in front of a local Walrus.
pub struct Fixture {
    pub walrus: LocalWalrus,
    pub faces: Vec<Face>,
    pub servers: Vec<Server>,
    pub folder: tempfile::TempDir,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: i32,
}

/// What a refused command ends with: its exit code, a sentence, and what to type next.
#[track_caller]
pub fn says(ran: &Ran, code: i32, sentence: &str, hint: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.err.contains(sentence), "{}", ran.err);
    assert!(ran.err.contains(hint), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

impl Fixture {
    pub fn new() -> Self {
        Self::with(1, Options::default())
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

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hub(arguments);
        let urls: Vec<String> = self.servers.iter().map(Server::url).collect();
        command
            .current_dir(self.folder.path())
            .env("HUB_WALRUS_NETWORK", "local")
            .env("HUB_WALRUS_AGGREGATORS", urls.join(","))
            .env("HUB_WALRUS_NODES", &urls[0])
            .env("HUB_WALRUS_PUBLISHER", &urls[0])
            .env("HUB_WALRUS_CACHE", self.path("cache"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(
            self.command(arguments).output().unwrap(),
            self.folder.path(),
        )
    }

    /// Runs a command that must succeed, and reads its JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let ran = self.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.out))
    }

    /// Stores bytes for ten epochs; returns the blob id.
    #[track_caller]
    pub fn store(&self, bytes: &[u8]) -> String {
        self.write("to-store", bytes);
        let value = self.json(&["blob", "put", "to-store", "--epochs", "10", "--shared"]);
        self.faces.iter().for_each(Face::forget_requests);
        value["blob_id"].as_str().unwrap().to_owned()
    }

    pub fn fault(&self, server: usize, on: On, what: What) {
        self.faces[server].set_faults(vec![Fault {
            on,
            blob: None,
            skip: 0,
            times: None,
            what,
        }]);
    }
}

/// `hub`, with nothing in its environment that would change what it does.
pub fn hub(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hub"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("COLUMNS", "100");
    command
}

pub fn ran(output: Output, folder: &Path) -> Ran {
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .unwrap()
            .replace(folder.to_str().unwrap(), "DIR")
    };
    Ran {
        out: text(output.stdout),
        err: text(output.stderr),
        code: output.status.code().unwrap_or(-1),
    }
}
