//! What an operator configures: one TOML file. Secrets are never in it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_chain::Profile;
use hub_engine::{Caps, Limits as BodyLimits, PoolLimits};
use hub_ledger::Limits;
use serde::Deserialize;
use thiserror::Error;

/// The file that shows every key; a test compares it with the defaults.
pub const SAMPLE: &str = include_str!("../hub-serve.toml");

/// Everything that an operator configures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where callers reach the server, without a path; `http://` and `listen` if not given.
    #[serde(default)]
    pub url: Option<String>,
    /// Folder of the books and of fetched models. It belongs to one attester.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// The chain, as profiles name it.
    pub chain: Profile,
    /// The key that signs receipts.
    #[serde(default)]
    pub attester: Attester,
    /// Given if the server runs inside an enclave, which makes that key anew at each start.
    #[serde(default)]
    pub enclave: Option<Enclave>,
    /// Where models without a folder are fetched from.
    #[serde(default)]
    pub walrus: Walrus,
    /// Models to serve.
    #[serde(default)]
    pub models: Vec<Model>,
    /// The library of ONNX Runtime, for the engine `ort`.
    #[serde(default)]
    pub onnxruntime: Option<OnnxRuntime>,
    /// HTTP.
    #[serde(default)]
    pub http: Http,
    /// What one request may hold.
    #[serde(default)]
    pub request: BodyLimits,
    /// How many calls run and wait.
    #[serde(default)]
    pub pool: PoolLimits,
    /// When calls are refused for what is not settled, or for what is not known of the chain.
    #[serde(default)]
    pub stop: Stop,
    /// When receipts are settled.
    #[serde(default)]
    pub settle: Settle,
}

/// The key that signs receipts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attester {
    /// Its encrypted file; the password is in the environment, as `HUB_KEY_PASSWORD`.
    pub key_file: PathBuf,
}

impl Default for Attester {
    fn default() -> Self {
        Self {
            key_file: "attester.age".into(),
        }
    }
}

/// How a server inside an AWS Nitro Enclave registers the key that it makes there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enclave {
    /// Address of the contract that judges attestation documents.
    pub verifier: String,
    /// The TLS certificate at which callers reach the enclave, PEM or DER. Its hash stands in the document.
    pub certificate: PathBuf,
    /// Where callers reach it; not shown on chain if not given.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Receipts are signed this often, seconds: what an enclave loses when it dies is no older.
    #[serde(default = "one_second")]
    pub sign_every_seconds: u64,
}

/// Where models are fetched from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Walrus {
    /// Aggregators, the preferred one first.
    pub aggregators: Vec<String>,
    /// Storage nodes, which know sliver roots.
    pub nodes: Vec<String>,
}

/// One model to serve.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its author and name, as `address/name`, or its number.
    pub model: ModelName,
    /// Number of the release; the latest if not given.
    #[serde(default)]
    pub release: Option<u64>,
    /// Folder that it lies in; fetched from Walrus if not given. Either way it has to be the release's blob.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// What runs it.
    #[serde(default)]
    pub engine: EngineName,
    /// Longest that one call may take, seconds, from its place in the queue on.
    #[serde(default = "default_deadline")]
    pub deadline_seconds: u64,
    /// The most that an answer is charged for where the model's shapes do not say it.
    #[serde(default)]
    pub caps: Caps,
    /// Server that runs the model, for the engines `openai` and `open_inference`.
    #[serde(default)]
    pub upstream: Option<Upstream>,
}

/// A server that runs a model for this one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Its address, such as `http://127.0.0.1:8000`.
    pub url: String,
    /// What it calls the model.
    pub model: String,
    /// Its version of the model, for `open_inference`; its choice if not given.
    #[serde(default)]
    pub version: Option<String>,
    /// Name and version of that server, as they are signed, for `openai`: `vllm 0.11.0`. A server of `open_inference` says it.
    #[serde(default = "default_upstream")]
    pub engine: String,
    /// Calls that it runs at once; more wait here.
    #[serde(default = "default_parallel")]
    pub parallel: usize,
    /// Further fields of requests that go on to it as they are, for `openai`.
    #[serde(default)]
    pub forward: Vec<String>,
    /// Environment variable with the token that it asks for.
    #[serde(default)]
    pub token_env: Option<String>,
    /// Most tokens that a prompt can have.
    #[serde(default = "default_context")]
    pub context_tokens: u64,
    /// Most tokens that an answer can have; also used where a request does not say it.
    #[serde(default = "default_output")]
    pub output_tokens: u64,
}

/// The library of ONNX Runtime. A process has one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnnxRuntime {
    /// The shared library.
    pub path: PathBuf,
    /// SHA-256 of the file, hexadecimal: another file is not loaded.
    pub sha256: String,
    /// Threads within one call. More than one may change the last bits of an answer, so it stands in what is signed.
    #[serde(default = "one")]
    pub threads: usize,
    /// Calls of one model at once. Each takes the model's memory again.
    #[serde(default = "one")]
    pub sessions: usize,
}

/// How a model is named in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "NameOrNumber")]
pub enum ModelName {
    /// Its number.
    Number(u64),
    /// Author and name.
    Name {
        /// Address of the author.
        author: String,
        /// Name among the author's models.
        name: String,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NameOrNumber {
    Number(u64),
    Text(String),
}

impl TryFrom<NameOrNumber> for ModelName {
    type Error = String;

    fn try_from(text: NameOrNumber) -> Result<Self, String> {
        let text = match text {
            NameOrNumber::Number(number) => return Ok(Self::Number(number)),
            NameOrNumber::Text(text) => text,
        };
        match text.split_once('/') {
            Some((author, name)) if !author.is_empty() && !name.is_empty() => Ok(Self::Name {
                author: author.to_owned(),
                name: name.to_owned(),
            }),
            _ => text.parse().map(Self::Number).map_err(|_| {
                format!("{text:?} names no model: type its author and name, as \"address/name\", or its number")
            }),
        }
    }
}

impl std::fmt::Display for ModelName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "model {number}"),
            Self::Name { author, name } => write!(f, "{author}/{name}"),
        }
    }
}

/// What runs a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// The engine that is compiled in.
    #[default]
    Tract,
    /// ONNX Runtime.
    #[serde(alias = "onnxruntime")]
    Ort,
    /// An OpenAI-compatible server.
    Openai,
    /// A server of the Open Inference Protocol.
    OpenInference,
}

/// HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Connections at once.
    pub connections: usize,
    /// Requests at once whose bodies are in memory.
    pub requests: usize,
    /// Time for the headers of a request, seconds.
    pub header_timeout_seconds: u64,
    /// Time for the body of a request, seconds.
    pub body_timeout_seconds: u64,
    /// Time that a caller may take nothing of an answer, seconds.
    pub write_timeout_seconds: u64,
    /// Time for running calls when the server stops, seconds.
    pub drain_seconds: u64,
    /// Requests without a valid payment that one peer may make a second on average; 0 for any number. Behind a proxy all callers
    /// are one peer, so limit them there.
    pub unpaid_per_second: u32,
    /// How many of them at once.
    pub unpaid_burst: u32,
    /// Questions about sessions that are not known yet, a second, over all peers. Each costs one question to a node.
    pub sessions_asked_per_second: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            connections: 1_024,
            requests: 512,
            header_timeout_seconds: 75,
            body_timeout_seconds: 20,
            write_timeout_seconds: 30,
            drain_seconds: 30,
            unpaid_per_second: 10,
            unpaid_burst: 50,
            sessions_asked_per_second: 20,
        }
    }
}

/// When calls are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// Age of the newest block, seconds. Above 20 a closing of a session can be noticed too late.
    pub block_age_seconds: u64,
    /// Distance of the clock from the newest block, seconds. The contracts allow 60.
    pub clock_skew_seconds: u64,
    /// Receipts that are not settled, in all.
    pub unsettled_receipts: u64,
    /// Receipts of one session that are not settled.
    pub unsettled_receipts_per_session: u64,
    /// Age of the oldest of them, seconds.
    pub unsettled_age_seconds: u64,
    /// Calls of one session that run at once.
    pub running_per_session: u64,
}

impl Default for Stop {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            block_age_seconds: limits.block_max_age_seconds,
            clock_skew_seconds: limits.clock_skew_seconds,
            unsettled_receipts: limits.unsettled_receipts,
            unsettled_receipts_per_session: limits.unsettled_receipts_per_session,
            unsettled_age_seconds: limits.unsettled_max_age_seconds,
            running_per_session: limits.running_per_session,
        }
    }
}

/// When receipts are settled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settle {
    /// Whether this process settles at all; it needs the mnemonic in `HUB_MNEMONIC`.
    pub enabled: bool,
    /// When this many receipts wait.
    pub at_receipts: u64,
    /// When one has waited this long, seconds.
    pub after_seconds: u64,
}

impl Default for Settle {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            enabled: true,
            at_receipts: limits.settle_at_receipts,
            after_seconds: limits.settle_after_seconds,
        }
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8402))
}

fn default_data() -> PathBuf {
    "hub-data".into()
}

fn default_deadline() -> u64 {
    30
}

fn one_second() -> u64 {
    1
}

fn one() -> usize {
    1
}

fn default_upstream() -> String {
    "openai".to_owned()
}

fn default_parallel() -> usize {
    16
}

fn default_context() -> u64 {
    8_192
}

fn default_output() -> u64 {
    1_024
}

/// Why a configuration cannot be used.
#[derive(Error, Debug)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration {} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is not as it should be.
    #[error("the configuration is not as it should be: {0}")]
    Parse(String),
    /// A value that cannot be.
    #[error("`{key}` {what}")]
    Value {
        /// The key, with its section.
        key: &'static str,
        /// What is wrong, and what to type.
        what: String,
    },
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// A sentence that names the key and what to type.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&text)
    }

    /// Reads and checks a text.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|error| ConfigError::Parse(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types do not say.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, what: &str| {
            let what = what.to_owned();
            Err(ConfigError::Value { key, what })
        };
        if let Some(url) = &self.url {
            let http = url.starts_with("http://") || url.starts_with("https://");
            if !http || url.ends_with('/') {
                return wrong("url", "is where callers reach the server: type it as \"https://example.com\", without a slash at its end");
            }
        }
        if self.http.connections == 0 || self.http.requests == 0 {
            return wrong("http.connections", "and `http.requests` are at least 1");
        }
        let times = [
            self.http.header_timeout_seconds,
            self.http.body_timeout_seconds,
            self.http.write_timeout_seconds,
        ];
        if times.contains(&0) {
            return wrong(
                "http.header_timeout_seconds",
                "`http.body_timeout_seconds` and `http.write_timeout_seconds` are at least 1",
            );
        }
        if self.stop.clock_skew_seconds > 55 {
            return wrong(
                "stop.clock_skew_seconds",
                "is at most 55: the contracts refuse receipts that are dated 60 s ahead",
            );
        }
        if let Some(enclave) = &self.enclave {
            if !(1..=60).contains(&enclave.sign_every_seconds) {
                return wrong(
                    "enclave.sign_every_seconds",
                    "is from 1 to 60: what is not signed dies with the enclave",
                );
            }
            if !self.settle.enabled {
                return wrong(
                    "settle.enabled",
                    "is true in an enclave: nobody else can settle for a key that it alone has",
                );
            }
        }
        for model in &self.models {
            if model.deadline_seconds == 0 || model.deadline_seconds > 3_600 {
                return wrong("models.deadline_seconds", "is from 1 to 3600");
            }
            let elsewhere = matches!(model.engine, EngineName::Openai | EngineName::OpenInference);
            if elsewhere != model.upstream.is_some() {
                return wrong("models.upstream", "belongs to the engines `openai` and `open_inference`, and only to these: give the server's `url` and `model`");
            }
        }
        if self.onnxruntime.is_none() && self.models.iter().any(|one| one.engine == EngineName::Ort)
        {
            return wrong("onnxruntime", "names the library for the engine `ort`: `path` and `sha256`, which `tools/scripts/onnxruntime` fetches and prints");
        }
        for upstream in self.models.iter().filter_map(|one| one.upstream.as_ref()) {
            let http = upstream.url.starts_with("http://") || upstream.url.starts_with("https://");
            if !http {
                return wrong("models.upstream.url", "is where that server is: type it as \"http://127.0.0.1:8000\", without the path of the protocol");
            }
            let counts = [upstream.context_tokens, upstream.output_tokens];
            if counts.contains(&0) || upstream.parallel == 0 {
                return wrong(
                    "models.upstream.parallel",
                    "and `context_tokens` and `output_tokens` are at least 1",
                );
            }
            let plain = |letter: char| letter.is_ascii_graphic() || letter == ' ';
            if upstream.engine.is_empty()
                || upstream.engine.len() > 64
                || !upstream.engine.chars().all(plain)
            {
                return wrong(
                    "models.upstream.engine",
                    "is a name and a version, such as \"vllm 0.11.0\"",
                );
            }
        }
        if let Some(first) = self.models.iter().enumerate().find_map(|(place, one)| {
            let same = |other: &&Model| other.model == one.model && other.release == one.release;
            self.models[place + 1..].iter().find(same)
        }) {
            let what = format!("names {} twice: leave one out", first.model);
            return Err(ConfigError::Value {
                key: "models",
                what,
            });
        }
        Ok(())
    }

    /// Where callers reach the server, if it listens at `address`.
    pub fn public_url(&self, address: SocketAddr) -> String {
        match &self.url {
            Some(url) => url.clone(),
            None => format!("http://{address}"),
        }
    }

    /// What the ledger keeps to.
    pub fn ledger_limits(&self) -> Limits {
        Limits {
            block_max_age_seconds: self.stop.block_age_seconds,
            clock_skew_seconds: self.stop.clock_skew_seconds,
            running_per_session: self.stop.running_per_session,
            unsettled_receipts: self.stop.unsettled_receipts,
            unsettled_receipts_per_session: self.stop.unsettled_receipts_per_session,
            unsettled_max_age_seconds: self.stop.unsettled_age_seconds,
            settle_at_receipts: self.settle.at_receipts,
            settle_after_seconds: self.settle.after_seconds,
            ..Limits::default()
        }
    }

    /// How long the body of a request may take.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.http.body_timeout_seconds)
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
