use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use hub_walrus_client::{
    Cache, Client, Config, EpochClock, Error, Patience, Publisher, DEFAULT_BUDGET,
};

use crate::failure::Failure;

/// Where Walrus is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Walrus")]
pub struct Network {
    /// Which Walrus.
    #[arg(
        long,
        value_enum,
        default_value = "mainnet",
        env = "HUB_WALRUS_NETWORK",
        hide_env_values = true
    )]
    pub network: Name,

    /// Aggregator to read from; several, the preferred one first. Default: the network's own.
    #[arg(
        long = "aggregator",
        value_name = "URL",
        env = "HUB_WALRUS_AGGREGATORS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    aggregators: Vec<String>,

    /// Storage node to ask what only storage nodes know: ends of storage, sliver roots. Several in order.
    #[arg(
        long = "node",
        value_name = "URL",
        env = "HUB_WALRUS_NODES",
        value_delimiter = ',',
        hide_env_values = true
    )]
    nodes: Vec<String>,

    /// Folder of the cache. Default: $XDG_CACHE_HOME/hub/walrus.
    #[arg(
        long,
        value_name = "DIR",
        env = "HUB_WALRUS_CACHE",
        hide_env_values = true
    )]
    cache: Option<PathBuf>,

    /// Bytes that blobs in the cache may take together.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_BUDGET, env = "HUB_WALRUS_CACHE_BYTES", hide_env_values = true)]
    cache_bytes: u64,
}

/// Networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// The real one. Epochs of 14 days.
    Mainnet,
    /// For trying out; may be wiped at any time. Epochs of a day.
    Testnet,
    /// One on this machine: hub walrus serve DIR.
    Local,
}

/// Where the local one answers unless it is told otherwise.
pub const LOCAL: &str = "http://127.0.0.1:31415";

/// Where to store.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Publisher")]
pub struct PublisherArgs {
    /// Publisher that stores and pays. Mainnet has no public one.
    #[arg(
        long,
        value_name = "URL",
        env = "HUB_WALRUS_PUBLISHER",
        hide_env_values = true
    )]
    publisher: Option<String>,

    /// Bytes that it takes in one request. Default: 10485760, as publishers have it.
    #[arg(
        long,
        value_name = "BYTES",
        env = "HUB_WALRUS_PUBLISHER_LIMIT",
        hide_env_values = true
    )]
    publisher_limit: Option<u64>,

    /// Token (JWT) that it asks for. Better in the environment than on the command line.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "HUB_WALRUS_TOKEN",
        hide_env_values = true
    )]
    publisher_token: Option<String>,
}

impl Network {
    /// Aggregators and storage nodes, by URL.
    pub fn servers(&self) -> (Vec<String>, Vec<String>) {
        let aggregators = match (self.aggregators.is_empty(), self.network) {
            (false, _) => self.aggregators.clone(),
            (_, Name::Mainnet) => vec!["https://aggregator.walrus-mainnet.walrus.space".into()],
            (_, Name::Testnet) => vec!["https://aggregator.walrus-testnet.walrus.space".into()],
            (_, Name::Local) => vec![LOCAL.into()],
        };
        let nodes = match (self.nodes.is_empty(), self.network) {
            (true, Name::Local) => aggregators.clone(),
            _ => self.nodes.clone(),
        };
        (aggregators, nodes)
    }

    /// A client of the network.
    pub fn client(&self) -> Result<Client, Failure> {
        let (aggregators, nodes) = self.servers();
        Ok(Client::new(&Config {
            aggregators,
            nodes,
            cache: self.cache.clone().unwrap_or_else(Cache::default_folder),
            cache_budget: self.cache_bytes,
            ..Config::default()
        })?)
    }

    /// How epochs pass there, with the current one where a storage node says it.
    pub fn clock(&self, client: &Client) -> EpochClock {
        let clock = match self.network {
            Name::Mainnet => EpochClock::MAINNET,
            Name::Testnet => EpochClock::TESTNET,
            // Nobody waits for days there: a day each, unless it says otherwise.
            Name::Local => EpochClock::of_length(Duration::from_secs(86_400)),
        };
        match client.nodes().epoch() {
            Ok(epoch) => clock.with_current(epoch, SystemTime::now()),
            Err(_) => clock,
        }
    }
}

impl PublisherArgs {
    /// The publisher.
    pub fn publisher(&self, network: &Network) -> Result<Publisher, Failure> {
        let url = match (&self.publisher, network.network) {
            (Some(url), _) => url.clone(),
            (None, Name::Testnet) => "https://publisher.walrus-testnet.walrus.space".into(),
            (None, Name::Local) => LOCAL.into(),
            (None, Name::Mainnet) => {
                return Err(Failure {
                    hint: Some(
                        "Mainnet has no public publisher: run one (walrus publisher) and name it with --publisher URL; \
                         to try it out, use --network testnet or --network local"
                            .into(),
                    ),
                    ..Error::NotConfigured("publisher").into()
                })
            }
        };
        let mut publisher =
            Publisher::new(&url, Patience::default())?.token(self.publisher_token.clone());
        if let Some(limit) = self.publisher_limit {
            publisher = publisher.limit(limit);
        }
        Ok(publisher)
    }
}
