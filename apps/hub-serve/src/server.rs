//! The server: started, watched, stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_engine::Pool;
use hub_listen::ListenLimits;
use hub_wire::{Hash, Purpose, SigningKey};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api;
use crate::app::{App, AskSession, Clock, Ids};
use crate::config::{Config, ConfigError};
use crate::ledger::SharedLedger;
use crate::metrics::Metrics;
use crate::models::{Missing, Models, Served};
use crate::payment::Venue;
use crate::peers::{Allowance, Peers};
use crate::sessions::Lookups;

/// Why a server does not start. Each sentence says what to do.
#[derive(Error, Debug)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The chain.
    #[error(transparent)]
    Chain(#[from] hub_chain::ChainError),
    /// The key is not registered.
    #[error("the key in {} is not registered with billing contract {billing}: register it with `hub operator register`", key_file.display())]
    NotRegistered {
        /// The key's file.
        key_file: PathBuf,
        /// The contract.
        billing: String,
    },
    /// The books.
    #[error("the books in {} cannot be opened: {reason}", folder.display())]
    Ledger {
        /// Their folder.
        folder: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The address.
    #[error("nobody can listen on {listen}: {error}; choose another `listen`, or stop who listens there")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The folder.
    #[error("{} cannot be made: {error}; choose another `data`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

/// What a server is made of, beside its configuration.
pub struct Wiring {
    /// Where it is on chain.
    pub venue: Venue,
    /// The attester's key.
    pub key: SigningKey,
    /// The ledger and its store.
    pub ledger: Arc<SharedLedger>,
    /// How unknown sessions are asked for.
    pub ask_session: AskSession,
    /// The time.
    pub clock: Clock,
}

/// A server that runs. It stops when this is dropped; [`Server::stop`] waits until it has.
pub struct Server {
    app: Arc<App>,
    address: SocketAddr,
    stop: CancellationToken,
    /// After the last call has ended.
    quiet: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    tasks: TaskTracker,
}

/// The clock of this machine.
pub fn system_clock() -> Clock {
    Arc::new(hub_chain::unix_now)
}

impl Server {
    /// Listens, with no model yet.
    ///
    /// # Errors
    ///
    /// If the configuration cannot be used or nobody can listen there.
    pub async fn listen(config: Config, wiring: Wiring) -> Result<Self, StartError> {
        config.check()?;
        let refused = |error| StartError::Listen {
            listen: config.listen,
            error,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let Wiring {
            venue,
            key,
            ledger,
            ask_session,
            clock,
        } = wiring;
        let answer_tag: Hash = ledger.read(|ledger| ledger.identity().tag(Purpose::Answer));
        let http = &config.http;
        let app = Arc::new(App {
            url: config.public_url(address),
            venue,
            key,
            answer_tag,
            ledger,
            models: Models::default(),
            pool: Pool::new(config.pool.clone()),
            peers: Peers::new(Allowance {
                per_second: http.unpaid_per_second,
                burst: http.unpaid_burst,
            }),
            lookups: Lookups::new(http.sessions_asked_per_second),
            ask_session,
            requests: Semaphore::new(http.requests.min(Semaphore::MAX_PERMITS)),
            metrics: Metrics::default(),
            clock,
            ids: Ids::default(),
            tasks: Mutex::default(),
            streams: TaskTracker::new(),
            cut: CancellationToken::new(),
            config,
        });
        let limits = ListenLimits {
            connections: app.config.http.connections,
            header_timeout: Duration::from_secs(app.config.http.header_timeout_seconds),
            write_timeout: Duration::from_secs(app.config.http.write_timeout_seconds),
            // A body that is a few times too long is told so, too.
            unread: (app.config.request.body as u64).saturating_mul(4),
            unread_timeout: app.config.body_timeout(),
            drain: Duration::from_secs(app.config.http.drain_seconds),
        };
        let stop = CancellationToken::new();
        let serving = hub_listen::serve(listener, api::router(app.clone()), limits, stop.clone());
        Ok(Self {
            app,
            address,
            stop,
            quiet: CancellationToken::new(),
            serving: tokio::spawn(serving),
            tasks: TaskTracker::new(),
        })
    }

    /// Serves a model. `place` is its place in the configuration.
    pub fn serve(&self, place: usize, outcome: Result<Served, Missing>) {
        match &outcome {
            Ok(served) => tracing::info!(
                "{} {} is served by {}",
                served.path(),
                served.version,
                served.engine
            ),
            Err(missing) => {
                tracing::warn!("{} is not served: {}", missing.configured, missing.reason)
            }
        }
        self.app.models.set(place, outcome);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where callers reach it.
    pub fn url(&self) -> &str {
        &self.app.url
    }

    /// What its requests share.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Stops what may go on until the last call has ended: what follows the chain and settles.
    pub fn quiet(&self) -> &CancellationToken {
        &self.quiet
    }

    /// Stops what belongs to it when it begins to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// What runs in the background until it stops.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Takes nothing new, lets what runs end, and waits for that.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let _ = (&mut self.serving).await;
        // Whoever is still being answered in pieces is charged for what was sent.
        self.app.cut.cancel();
        self.app.streams.close();
        self.app.streams.wait().await;
        self.quiet.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.app.pool.close();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.app.cut.cancel();
        self.quiet.cancel();
    }
}
