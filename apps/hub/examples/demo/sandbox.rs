//! What the demo runs on: a chain and a Walrus within this process, each behind a socket, and the command `hub` as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{anyhow, bail, ensure, Context, Result};
use cosmwasm_std::Coin;
use hub_chain::embedded::{Embedded, EmbeddedOptions, PREFIX};
use hub_chain::testing::StandIn;
use hub_chain::{KeyPath, Profiles, Wallet, COSMOS_COIN_TYPE};
use hub_types::registry::ExecuteMsg;
use hub_walrus_local::{LocalWalrus, Options, Server};
use serde_json::{json, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What everything is paid in: a millionth of a dollar.
pub const DENOM: &str = "uusd";

/// What each person has to begin with.
pub const MONEY: u128 = 1_000_000;

/// Somebody who types commands. The words are public test vectors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Person {
    Author,
    Operator,
    Caller,
}

impl Person {
    pub const ALL: [Self; 3] = [Self::Author, Self::Operator, Self::Caller];

    fn words(self) -> &'static str {
        match self {
            Self::Author => {
                "legal winner thank year wave sausage worth useful legal winner thank yellow"
            }
            Self::Operator => {
                "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"
            }
            Self::Caller => "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong",
        }
    }

    pub fn address(self) -> Result<String> {
        let wallet = Wallet::from_mnemonic(self.words(), PREFIX, KeyPath::first(COSMOS_COIN_TYPE))?;
        Ok(wallet.address().to_owned())
    }
}

/// What a command printed, and its exit code.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: Option<i32>,
}

/// All of it. What runs in it ends with it.
pub struct Sandbox {
    hub: PathBuf,
    folder: TempDir,
    chain: Embedded,
    node: StandIn,
    walrus: LocalWalrus,
    storage: Server,
    runtime: Runtime,
}

impl Sandbox {
    pub fn new() -> Result<Self> {
        // Examples lie in a folder beside the programs.
        let own = std::env::current_exe()?;
        let hub = own
            .parent()
            .and_then(Path::parent)
            .map(|folder| folder.join("hub"));
        let hub = hub.context("this program lies nowhere")?;
        ensure!(
            hub.exists(),
            "the command hub is not at {}: `make demo` builds it",
            hub.display()
        );
        let folder = tempfile::Builder::new().prefix("hub-demo-").tempdir()?;
        let walrus = LocalWalrus::open(&folder.path().join("walrus"), Options::default())?;
        let storage = Server::start(&walrus.face(), "127.0.0.1:0".parse()?)?;
        let runtime = Runtime::new()?;
        let chain = Embedded::start(EmbeddedOptions::default())?;
        let node = runtime.block_on(StandIn::start(&chain));
        let sandbox = Self {
            hub,
            folder,
            chain,
            node,
            walrus,
            storage,
            runtime,
        };
        for person in Person::ALL {
            let coins = vec![Coin::new(MONEY, DENOM)];
            sandbox
                .runtime
                .block_on(sandbox.chain.fund(&person.address()?, coins))?;
        }
        sandbox.keep_committee()?;
        std::fs::create_dir(sandbox.path("home"))?;
        std::fs::write(sandbox.path("home/chains.toml"), sandbox.profile("demo")?)?;
        Ok(sandbox)
    }

    /// A file or folder of the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The chain's section of a configuration.
    fn profile(&self, section: &str) -> Result<String> {
        let mut profile = self.chain.profile().clone();
        profile.rpc = vec![self.node.url()];
        Ok(Profiles([(section.to_owned(), profile)].into()).to_toml()?)
    }

    /// Lets the registry's keeper store the committee of the local Walrus, so that certificates of storage count.
    fn keep_committee(&self) -> Result<()> {
        let committee = self.walrus.committee().message(self.walrus.epoch());
        let message: ExecuteMsg = serde_json::from_value(json!({ "set_committee": committee }))?;
        let stored = self.chain.with(move |hub| {
            let keeper = hub.keeper.clone();
            let stored = hub.registry(&keeper, message);
            stored.map(|_| ()).map_err(|error| error.to_string())
        });
        self.runtime
            .block_on(stored)?
            .map_err(|error| anyhow!("the registry keeps no committee: {error}"))
    }

    fn command(&self, person: Person, arguments: &[&str]) -> Command {
        let walrus = self.storage.url();
        let mut command = Command::new(&self.hub);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HUB_HOME", self.path("home"))
            .env("HUB_MNEMONIC", person.words())
            .env("HUB_KEY_PASSWORD", "correct horse")
            .env("HUB_WALRUS_NETWORK", "local")
            .env("HUB_WALRUS_AGGREGATORS", &walrus)
            .env("HUB_WALRUS_NODES", &walrus)
            .env("HUB_WALRUS_PUBLISHER", &walrus)
            .env("HUB_WALRUS_CACHE", self.path("cache"));
        command
    }

    /// Types a command, whatever becomes of it.
    pub fn types(&self, person: Person, arguments: &[&str]) -> Result<Ran> {
        let output = self.command(person, arguments).output()?;
        Ok(Ran {
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
            code: output.status.code(),
        })
    }

    /// Types a command that has to succeed.
    pub fn does(&self, person: Person, arguments: &[&str]) -> Result<Ran> {
        let ran = self.types(person, arguments)?;
        ensure!(
            ran.code == Some(0),
            "hub {} failed: {}",
            arguments.join(" "),
            ran.err
        );
        Ok(ran)
    }

    /// Types a command with `--json`, which has to succeed.
    pub fn asks(&self, person: Person, arguments: &[&str]) -> Result<Value> {
        let ran = self.does(person, &[arguments, &["--json"]].concat())?;
        serde_json::from_str(&ran.out).with_context(|| format!("hub {}", arguments.join(" ")))
    }

    /// What a person has in the wallet, of the coin that everything is paid in.
    pub fn wallet(&self, person: Person) -> Result<u128> {
        let hub = self.chain.hub()?;
        let address = person.address()?;
        let balance = self.runtime.block_on(hub.wallet_balance(&address, DENOM))?;
        Ok(balance.value)
    }

    /// Writes the server's configuration.
    pub fn configure(&self, model: &Path) -> Result<()> {
        let text = format!(
            "listen = \"127.0.0.1:0\"\ndata = \"books\"\n\n{}\n[attester]\nkey_file = {:?}\n\n[[models]]\nmodel = 1\nfolder = {:?}\n",
            self.profile("chain")?,
            self.path("home/keys/server.attester.age"),
            model,
        );
        Ok(std::fs::write(self.path("serve.toml"), text)?)
    }

    /// Starts `hub serve`, and waits until it listens.
    pub fn serve(&self) -> Result<Serving> {
        let mut command = self.command(Person::Operator, &["serve", "serve.toml", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        let out = process.stdout.take().context("the output of hub serve")?;
        let mut serving = Serving {
            process,
            out: BufReader::new(out),
            url: String::new(),
        };
        let started = serving.started()?;
        ensure!(
            started["missing"] == json!([]),
            "not served: {}",
            started["missing"]
        );
        serving.url = started["url"].as_str().context("an address")?.to_owned();
        Ok(serving)
    }
}

/// A server that runs, and is killed with this.
pub struct Serving {
    process: Child,
    /// Kept open, so that the server can print.
    out: BufReader<ChildStdout>,
    pub url: String,
}

impl Serving {
    fn started(&mut self) -> Result<Value> {
        let mut text = String::new();
        loop {
            if self.out.read_line(&mut text)? == 0 {
                bail!("hub serve ended: {text}");
            }
            if let Ok(value) = serde_json::from_str(&text) {
                return Ok(value);
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// SIGKILL: it can do nothing about it.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to stop, and waits until it has settled.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.id().to_string()).status()?;
        ensure!(asked.success(), "the server cannot be asked to stop");
        let ended = self.process.wait()?;
        ensure!(ended.success(), "the server stopped with {ended}");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
