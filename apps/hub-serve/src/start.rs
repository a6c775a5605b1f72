//! A server of a chain: its books opened, the chain followed, its models loaded, its receipts settled.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hub_chain::{Hub, Wallet};
use hub_ledger::{Identity, Ledger};
use hub_types::billing::AttesterResponse;
use hub_walrus_client::Client;
use hub_wire::{Hash, SigningKey};

use crate::app::{AskSession, Clock};
use crate::config::{Config, Model};
use crate::enclave::{Label, Registered};
use crate::follower::{Follower, FollowerOptions};
use crate::ledger::{SharedLedger, Store};
use crate::loader::Source;
use crate::models::Missing;
use crate::payment::Venue;
use crate::server::{system_clock, Server, StartError, Wiring};
use crate::settler::{Settler, SettlerOptions, Tools};
use crate::sqlite::Sqlite;

/// Pause before a model that could not be loaded is tried again: its blob may be on its way, or a node may be back.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// What a server needs beside its configuration: what is secret, and what tests replace.
pub struct Parts {
    /// The contracts.
    pub hub: Hub,
    /// The attester's key.
    pub key: SigningKey,
    /// Who pays for the transactions that settle; nobody if the configuration says that this process does not settle.
    pub wallet: Option<Wallet>,
    /// The time, unix seconds.
    pub clock: Clock,
    /// How the chain is followed.
    pub follow: FollowerOptions,
    /// How receipts are settled.
    pub settle: SettlerOptions,
}

impl Parts {
    /// What the configuration and the environment say: the key file under the password in `HUB_KEY_PASSWORD`, and, if this
    /// process settles, the account of the mnemonic in `HUB_MNEMONIC`.
    ///
    /// # Errors
    ///
    /// A sentence that says what to set.
    pub fn from_env(config: &Config) -> Result<Self, StartError> {
        let password = hub_chain::keys::password_from_env()?;
        let key = hub_chain::keys::AttesterKey::load(&config.attester.key_file, password)?;
        let chain = &config.chain;
        let wallet = config
            .settle
            .enabled
            .then(|| hub_chain::keys::wallet_from_env(&chain.prefix, chain.coin_type));
        Ok(Self {
            hub: chain.connect()?,
            key: key.signing_key()?,
            wallet: wallet.transpose()?,
            clock: system_clock(),
            follow: FollowerOptions::default(),
            settle: SettlerOptions::default(),
        })
    }
}

impl Server {
    /// Starts a server and tries each of its models once. Those that fail are tried again every minute.
    ///
    /// # Errors
    ///
    /// A sentence that says what to do: the chain does not answer, the key is not registered, the books are somebody else's.
    pub async fn start(config: Config, parts: Parts) -> Result<Self, StartError> {
        // Which image a measurement stands for, only its verifier and that image's digest can say. A server whose key came from a
        // file cannot know that it runs in the enclave that was measured, so its word is all there is.
        Self::start_as(config, parts, Label::OperatorsWord).await
    }

    /// Starts a server whose key was made and registered in this enclave. It signs what waits every few moments, since what is not
    /// signed dies with the key. The key of `parts` is not used. Books are kept under the attester's number: every start has its own.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub async fn start_registered(
        mut config: Config,
        mut parts: Parts,
        registered: Registered,
    ) -> Result<Self, StartError> {
        let attester = registered.attester.attester;
        config.data = config.data.join(format!("attester-{attester}"));
        parts.key = registered.key.clone();
        let clock = parts.clock.clone();
        let server = Self::start_as(config, parts, registered.label).await?;
        let (ledger, stop) = (server.app().ledger.clone(), server.quiet().clone());
        server.tasks().spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(registered.sign_every) => (),
                }
                if let Err(reason) = ledger.sign(&registered.key, clock()).await {
                    tracing::error!("what waits cannot be signed: {reason}");
                }
            }
        });
        Ok(server)
    }

    async fn start_as(config: Config, parts: Parts, label: Label) -> Result<Self, StartError> {
        config.check()?;
        let Parts {
            hub,
            key,
            wallet,
            clock,
            follow,
            settle,
        } = parts;
        let constants = hub.check().await?;
        let found = hub
            .attester_by_key(key.public_key().as_bytes())
            .await?
            .value;
        let attester = found.ok_or_else(|| StartError::NotRegistered {
            key_file: config.attester.key_file.clone(),
            billing: hub.billing().to_owned(),
        })?;
        let identity = Identity {
            chain_id: hub.chain().chain_id().to_owned(),
            billing: hub_chain::canonical(hub.billing())?,
            attester: attester.attester,
            key: key.public_key(),
            receipt_max_age_seconds: constants.receipt_max_age_seconds,
        };
        let ledger = open_ledger(&config, identity).await?;
        let venue = venue(&hub, &attester, label);
        let follower = Follower::new(hub.clone(), ledger.clone(), clock.clone(), follow);
        let asked = follower.clone();
        let ask_session: AskSession = Arc::new(move |session| {
            let follower = asked.clone();
            Box::pin(async move { follower.want_session(session).await })
        });
        let wiring = Wiring {
            venue,
            key: key.clone(),
            ledger: ledger.clone(),
            ask_session,
            clock: clock.clone(),
        };
        let source = source(&config, &hub)?;
        let server = Self::listen(config, wiring).await?;
        if let Err(error) = follower.step().await {
            tracing::warn!("the chain cannot be followed yet: {error}");
        }
        server.follow_and_settle(&follower, wallet, hub, key, ledger, clock, settle)?;
        let models = server.app().config.models.clone();
        let first = models
            .into_iter()
            .enumerate()
            .map(|(place, model)| server.load(place, model, source.clone(), follower.clone()));
        join_all(first).await;
        Ok(server)
    }

    #[allow(clippy::too_many_arguments)] // What start() has taken apart.
    fn follow_and_settle(
        &self,
        follower: &Follower,
        wallet: Option<Wallet>,
        hub: Hub,
        key: SigningKey,
        ledger: Arc<SharedLedger>,
        clock: Clock,
        options: SettlerOptions,
    ) -> Result<(), StartError> {
        let (watched, following) = follower.run(self.quiet().clone());
        self.app().watch(watched);
        self.tasks().spawn(following);
        if !self.app().config.settle.enabled {
            return Ok(());
        }
        let wallet = wallet.ok_or_else(|| {
            let what = "needs an account that pays for transactions: set HUB_MNEMONIC, or set it to false and settle elsewhere";
            StartError::Config(crate::config::ConfigError::Value {
                key: "settle.enabled",
                what: what.to_owned(),
            })
        })?;
        let payees = follower.clone();
        let settler = Settler::new(
            Tools {
                hub,
                wallet,
                key,
                ledger,
                payees: Arc::new(move || payees.payees()),
                clock,
            },
            options,
        );
        let (watched, settling) = settler.run(self.quiet().clone());
        self.app().watch(watched);
        self.tasks().spawn(settling);
        Ok(())
    }

    /// Tries a model once, and in the background until it works or the server stops.
    async fn load(&self, place: usize, model: Model, source: Source, follower: Follower) {
        if self.try_load(place, &model, &source, &follower).await {
            return;
        }
        let app = Arc::downgrade(self.app());
        let stop = self.stopping().clone();
        self.tasks().spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(TRY_AGAIN) => (),
                }
                let Some(app) = app.upgrade() else { return };
                let outcome = attempt(&model, &source, &follower).await;
                let done = outcome.is_ok();
                app.models.set(place, outcome);
                if done {
                    return;
                }
            }
        });
    }

    async fn try_load(
        &self,
        place: usize,
        model: &Model,
        source: &Source,
        follower: &Follower,
    ) -> bool {
        let outcome = attempt(model, source, follower).await;
        let done = outcome.is_ok();
        self.serve(place, outcome);
        done
    }
}

async fn attempt(
    model: &Model,
    source: &Source,
    follower: &Follower,
) -> Result<crate::models::Served, Missing> {
    let missing = |reason| Missing {
        configured: model.model.to_string(),
        reason,
    };
    let served = source.load(model).await.map_err(missing)?;
    follower.watch_model(served.model, served.release);
    // So that its price is known when it is first called.
    if let Err(error) = follower.step().await {
        tracing::warn!("the chain cannot be followed: {error}");
    }
    Ok(served)
}

async fn open_ledger(config: &Config, identity: Identity) -> Result<Arc<SharedLedger>, StartError> {
    let folder = config.data.join("books");
    let refused = |reason: String| StartError::Ledger {
        folder: folder.clone(),
        reason,
    };
    let (store, saved) = Sqlite::open(&folder).map_err(refused)?;
    let opened = Ledger::load(identity, config.ledger_limits(), saved)
        .map_err(|error| refused(error.to_string()))?;
    let store = Arc::new(store);
    let (done, written) = tokio::sync::oneshot::channel();
    store.write(
        opened.records,
        Box::new(move |result| {
            let _ = done.send(result);
        }),
    );
    let written = written.await.map_err(|error| refused(error.to_string()))?;
    written.map_err(refused)?;
    Ok(Arc::new(SharedLedger::new(opened.value, store)))
}

fn venue(hub: &Hub, attester: &AttesterResponse, label: Label) -> Venue {
    let measurement = attester.measurement.as_ref();
    let measurement = measurement.and_then(|bytes| Hash::try_from(bytes.as_slice()).ok());
    Venue {
        network: hub_x402::network(hub.chain().chain_id()),
        billing: hub.billing().to_owned(),
        escrow: hub.escrow().to_owned(),
        operator: attester.operator.to_string(),
        attester: attester.attester,
        measurement,
        label: label.as_str().to_owned(),
    }
}

fn source(config: &Config, hub: &Hub) -> Result<Source, StartError> {
    let folder = config.data.join("models");
    let made = fs::create_dir_all(&folder);
    made.map_err(|error| StartError::Folder {
        folder: folder.clone(),
        error,
    })?;
    let walrus = &config.walrus;
    let client = (!walrus.aggregators.is_empty()).then(|| {
        Client::new(&hub_walrus_client::Config {
            aggregators: walrus.aggregators.clone(),
            nodes: walrus.nodes.clone(),
            cache: config.data.join("walrus"),
            ..hub_walrus_client::Config::default()
        })
    });
    let client = client.transpose().map_err(|error| {
        StartError::Config(crate::config::ConfigError::Value {
            key: "walrus",
            what: error.to_string(),
        })
    })?;
    Ok(Source {
        hub: hub.clone(),
        walrus: client.map(Arc::new),
        folder,
        onnxruntime: config.onnxruntime.clone(),
    })
}
