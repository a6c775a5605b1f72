//! A market to type commands at: the real contracts on an embedded chain, behind a socket, and a Walrus.

use std::process::Command;

use cosmwasm_std::Coin;
use hub_chain::embedded::{Embedded, EmbeddedOptions, PREFIX};
use hub_chain::testing::StandIn;
use hub_chain::{KeyPath, Profiles, Wallet, COSMOS_COIN_TYPE};
use hub_types::registry::ExecuteMsg;
use hub_walrus_local::noise;
use serde_json::{json, Value};
use tokio::runtime::Runtime;

use crate::fixture::{ran, Fixture, Ran};

/// Of `tests/devnet/accounts.json`.
pub const AUTHOR: &str =
    "tiger awesome credit wash cup uphold blame topic click gown quarter maze rail gospel barely \
                      outer smart kit fossil piece canoe come obscure isolate";
pub const CALLER: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";
pub const POOR: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// A chain and a Walrus, and a home that knows both.
pub struct Market {
    pub fixture: Fixture,
    pub node: StandIn,
    pub chain: Embedded,
    pub runtime: Runtime,
}

impl Market {
    pub fn new() -> Self {
        let fixture = Fixture::new();
        let runtime = Runtime::new().unwrap();
        let chain = Embedded::start(EmbeddedOptions::default()).unwrap();
        let node = runtime.block_on(StandIn::start(&chain));
        let mut profile = chain.profile().clone();
        profile.rpc = vec![node.url()];
        let profiles = Profiles([("test".to_owned(), profile)].into());
        fixture.write("home/chains.toml", profiles.to_toml().unwrap().as_bytes());
        for words in [AUTHOR, CALLER] {
            let coins = vec![Coin::new(1_000_000_u128, "uusd")];
            runtime
                .block_on(chain.fund(&address(words), coins))
                .unwrap();
        }
        Self {
            fixture,
            node,
            chain,
            runtime,
        }
    }

    pub fn command(&self, words: &str, arguments: &[&str]) -> Command {
        let mut command = self.fixture.command(arguments);
        command
            .env("HUB_HOME", self.fixture.path("home"))
            .env("HUB_MNEMONIC", words)
            .env("HUB_KEY_PASSWORD", "correct horse");
        command
    }

    pub fn run(&self, words: &str, arguments: &[&str]) -> Ran {
        ran(
            self.command(words, arguments).output().unwrap(),
            self.fixture.folder.path(),
        )
    }

    #[track_caller]
    pub fn json(&self, words: &str, arguments: &[&str]) -> Value {
        let ran = self.run(words, &[arguments, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
    }

    /// Transactions that reached the node.
    pub fn sent(&self) -> usize {
        self.node.calls_of("broadcast_tx_sync")
    }

    pub fn folder(&self) {
        self.fixture
            .write("model/weights.gguf", &noise((1 << 20) + 9, 3));
        self.fixture.write("model/README.md", b"# A model");
        self.fixture.write(
            "model/hub.toml",
            b"title = \"A model\"\nlicense = \"MIT\"\ntask = \"forecasting\"\n",
        );
        self.fixture.write("model/LICENSE", b"MIT");
    }

    pub fn publish(&self) -> Ran {
        self.run(AUTHOR, &PUBLISH)
    }

    /// Lets the registry's keeper store the committee of the local Walrus.
    pub fn keep_committee(&self) {
        let committee = self
            .fixture
            .walrus
            .committee()
            .message(self.fixture.walrus.epoch());
        let message: ExecuteMsg =
            serde_json::from_value(json!({ "set_committee": committee })).unwrap();
        let stored = self.chain.with(move |hub| {
            let keeper = hub.keeper.clone();
            hub.registry(&keeper, message)
                .map(|_| ())
                .map_err(|error| error.to_string())
        });
        self.runtime.block_on(stored).unwrap().unwrap();
    }
}

impl Market {
    /// Starts `hub serve serve.toml`, and waits until it says where it listens.
    pub fn serve(&self, words: &str) -> (Serving, String) {
        let mut command = self.command(words, &["serve", "serve.toml", "--json"]);
        command.stdout(std::process::Stdio::piped());
        let mut child = Serving(command.spawn().unwrap());
        let mut out = std::io::BufReader::new(child.0.stdout.take().unwrap());
        let mut text = String::new();
        let started: Value = loop {
            let read = std::io::BufRead::read_line(&mut out, &mut text).unwrap();
            assert_ne!(read, 0, "hub serve ended: {text}");
            if let Ok(value) = serde_json::from_str(&text) {
                break value;
            }
        };
        assert_eq!(started["missing"], json!([]), "{started}");
        (child, started["url"].as_str().unwrap().to_owned())
    }

    /// Publishes an example model and serves it.
    pub fn with_model_served(&self) -> (Serving, String) {
        self.publish_example("volatility-mlp", "uusd");
        self.configure_server();
        self.serve(AUTHOR)
    }

    pub fn publish_example(&self, name: &str, denom: &str) {
        let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples/models")
            .join(name);
        for file in ["LICENSE", "README.md", "hub.toml", "model.onnx"] {
            let bytes = std::fs::read(model.join(file)).unwrap();
            self.fixture.write(&format!("model/{file}"), &bytes);
        }
        let arguments = PUBLISH.map(|one| if one == "uusd" { denom } else { one });
        let published = self.run(AUTHOR, &arguments);
        assert_eq!(published.code, 0, "{published:?}");
    }

    /// Registers an attester's key, and writes the configuration of its server.
    pub fn configure_server(&self) {
        self.configure_server_with("");
    }

    /// The same with more about the model.
    pub fn configure_server_with(&self, more: &str) {
        self.json(AUTHOR, &["keys", "new", "server", "--attester"]);
        self.json(AUTHOR, &["operator", "register", "server"]);

        let mut profile = self.chain.profile().clone();
        profile.rpc = vec![self.node.url()];
        let chain = Profiles([("chain".to_owned(), profile)].into())
            .to_toml()
            .unwrap();
        let config = format!(
            "listen = \"127.0.0.1:0\"\ndata = \"books\"\n{chain}\n[attester]\nkey_file = {:?}\n\n[[models]]\nmodel = 1\nfolder = \"model\"\n{more}",
            self.fixture.path("home/keys/server.attester.age"),
        );
        self.fixture.write("serve.toml", config.as_bytes());
    }

    /// Opens a session of the caller's that pays for the model; its number.
    pub fn open_session(&self, budget: &str) -> u64 {
        let operator = address(AUTHOR);
        let open = [
            "session",
            "open",
            "--operator",
            &operator,
            "--model",
            "1",
            "--budget",
            budget,
            "--days",
            "1",
        ];
        self.json(CALLER, &open)["session"]["session"]
            .as_u64()
            .unwrap()
    }
}

/// A process that is killed with the test, if it did not end before.
pub struct Serving(pub std::process::Child);

impl Serving {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to stop, and waits until it did: it settles what it is owed.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").arg(self.id().to_string()).status();
        assert!(asked.unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub const PUBLISH: [&str; 14] = [
    "model",
    "publish",
    "model",
    "--name",
    "a-model",
    "--denom",
    "uusd",
    "--per-call",
    "100",
    "--operator-bps",
    "1000",
    "--epochs",
    "5",
    "--shared",
];

pub fn address(words: &str) -> String {
    Wallet::from_mnemonic(words, PREFIX, KeyPath::first(COSMOS_COIN_TYPE))
        .unwrap()
        .address()
        .to_owned()
}
