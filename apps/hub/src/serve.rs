use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use hub_chain::keys::AttesterKey;
use hub_chain::Profiles;
use hub_serve::enclave::{Attestor, Enclave, EnclaveError, Registered};
use hub_serve::follower::FollowerOptions;
use hub_serve::settler::SettlerOptions;
use hub_serve::{config, system_clock, Config, Parts, Server};
use hub_wire::KeyType;
use serde_json::json;

use crate::chain::{model_name, ModelName, OnChain, Signer};
use crate::failure::{Failure, FAILED, USAGE};
use crate::interrupt;
use crate::network::Network;
use crate::output::{say, Output};
use crate::{secrets, Outcome};

/// Serve models over HTTP, paid call by call and settled on chain, until Ctrl-C.
///
/// Ctrl-C, or SIGTERM, lets calls that run end and settles what fits; a second one ends at once, which loses nothing that was
/// answered.
#[derive(Debug, Args)]
#[command(after_help = "\
HUB_KEY_PASSWORD opens the attester's key file. The account of --key, or of HUB_MNEMONIC, pays for transactions.

Example:
  hub serve --attester server --model 7
  hub serve --sample > serve.toml
  hub serve serve.toml")]
pub struct Serve {
    /// Configuration, TOML.
    #[arg(required_unless_present_any = ["sample", "attester"])]
    config: Option<PathBuf>,

    /// Serve without a configuration, with what it has by default and the attester's key of this name: see hub keys.
    #[arg(long, value_name = "NAME", value_parser = secrets::name, conflicts_with = "config", requires = "models")]
    attester: Option<String>,

    /// Model to serve, as a number or AUTHOR/NAME; several.
    #[arg(long = "model", value_name = "MODEL", value_parser = model_name, requires = "attester")]
    models: Vec<ModelName>,

    /// Address to listen on.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8402",
        requires = "attester"
    )]
    listen: SocketAddr,

    /// Print a configuration with every key and its default, and end.
    #[arg(long, conflicts_with_all = ["config", "attester"])]
    sample: bool,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,

    #[command(flatten)]
    network: Network,
}

impl Serve {
    pub fn run(self, output: &Output) -> Outcome {
        if self.sample {
            output.result(config::SAMPLE, &json!({ "sample": config::SAMPLE }));
            return Ok(ExitCode::SUCCESS);
        }
        let wrong = |error: config::ConfigError| {
            Failure::new(
                USAGE,
                error.to_string(),
                "hub serve --sample prints a configuration with every key",
            )
        };
        let config = match (&self.config, &self.attester) {
            (None, Some(attester)) => Config::parse(&self.configuration(attester)?),
            (path, _) => Config::load(path.as_deref().unwrap_or(Path::new("serve.toml"))),
        };
        let config = config.map_err(wrong)?;
        let failed = |error: &dyn std::fmt::Display| Failure {
            sentence: format!("the server could not start: {error}"),
            hint: None,
            code: FAILED,
        };
        let runtime = tokio::runtime::Runtime::new().map_err(|error| failed(&error))?;
        let parts = self.parts(&config)?;
        interrupt::wait();
        runtime.block_on(async {
            let server = match config.enclave.clone() {
                None => Server::start(config, parts).await,
                Some(enclave) => {
                    let registered = registered(&enclave, &parts).await;
                    let registered = registered.map_err(|error| failed(&error))?;
                    say(format_args!(
                        "attester {} was made here and registered: {}",
                        registered.attester().attester,
                        registered.label().as_str()
                    ));
                    Server::start_registered(config, parts, registered).await
                }
            };
            let server = server.map_err(|error| failed(&error))?;
            let models = server.app().models.served();
            let served: Vec<String> = models.iter().map(|one| one.path()).collect();
            let missing = server.app().models.missing();
            let mut text = format!("listening at {}\n", server.url());
            for one in &models {
                text += &format!("  {} {}  {}\n", one.path(), one.version, one.engine);
            }
            for one in &missing {
                text += &format!("  {} is not served: {}\n", one.configured, one.reason);
            }
            let missing: Vec<_> = missing
                .iter()
                .map(|one| json!({ "model": one.configured, "reason": one.reason }))
                .collect();
            output.result(
                &text,
                &json!({ "url": server.url(), "models": served, "missing": missing }),
            );
            stopped().await;
            say("stopping: calls that run may end, and what waits is settled");
            server.stop().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Serve {
    /// A configuration of what was given as options; everything else is as by default.
    fn configuration(&self, attester: &str) -> Result<String, Failure> {
        let key_file = secrets::attester_path(attester)?;
        if !key_file.exists() {
            return Err(Failure::new(
                USAGE,
                format!("there is no key of an attester {attester:?}"),
                format!("make one: hub keys new {attester} --attester; then hub operator register {attester}"),
            ));
        }
        let (_, profile) = self.chain.profile()?;
        let data = crate::home::folder()?
            .join("serve")
            .join(format!("{}-{attester}", profile.chain_id));
        let chain = Profiles([("chain".to_owned(), profile)].into()).to_toml()?;
        let (aggregators, nodes) = self.network.servers();
        let models: String = self
            .models
            .iter()
            .map(|model| match model {
                ModelName::Number(number) => format!("\n[[models]]\nmodel = {number}\n"),
                ModelName::OfAuthor(author, name) => {
                    format!("\n[[models]]\nmodel = {:?}\n", format!("{author}/{name}"))
                }
            })
            .collect();
        Ok(format!(
            "listen = \"{}\"\ndata = {data:?}\n\n{chain}\n[attester]\nkey_file = {key_file:?}\n\n[walrus]\naggregators = {aggregators:?}\nnodes = {nodes:?}\n{models}",
            self.listen,
        ))
    }

    /// What is secret: the attester's key, and the account that pays for transactions.
    fn parts(&self, config: &Config) -> Result<Parts, Failure> {
        let key = match &config.enclave {
            None => AttesterKey::load(&config.attester.key_file, secrets::password(false)?)?,
            // It is not used: the enclave makes its own.
            Some(_) => AttesterKey::generate(KeyType::Ed25519),
        };
        let wallet = match config.settle.enabled {
            true => Some(self.signer.wallet(&config.chain)?),
            false => None,
        };
        Ok(Parts {
            hub: config.chain.connect()?,
            key: key.signing_key()?,
            wallet,
            clock: system_clock(),
            follow: FollowerOptions::default(),
            settle: SettlerOptions::default(),
        })
    }
}

/// The key of an enclave, made in it and registered.
async fn registered(config: &config::Enclave, parts: &Parts) -> Result<Registered, EnclaveError> {
    let enclave = Enclave::new(config, Arc::new(security_module()?))?;
    // `Config::check` has seen that it settles, which takes an account.
    let wallet = parts.wallet.as_ref();
    let wallet = wallet.ok_or(EnclaveError::Document(
        "there is no account to register it".into(),
    ))?;
    enclave.register(&parts.hub, wallet).await
}

#[cfg(target_os = "linux")]
fn security_module() -> Result<impl Attestor, EnclaveError> {
    hub_serve::enclave::Nsm::open().map_err(EnclaveError::Document)
}

#[cfg(not(target_os = "linux"))]
fn security_module() -> Result<NoModule, EnclaveError> {
    Err(EnclaveError::Document("enclaves run Linux".into()))
}

#[cfg(not(target_os = "linux"))]
enum NoModule {}

#[cfg(not(target_os = "linux"))]
impl Attestor for NoModule {
    fn document(&self, _: &[u8]) -> Result<Vec<u8>, String> {
        match *self {}
    }
}

/// Ctrl-C or SIGTERM.
async fn stopped() {
    let asked = async {
        while !interrupt::asked() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{signal, SignalKind};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = asked => (),
                _ = terminate.recv() => (),
            }
            return;
        }
    }
    asked.await;
}
