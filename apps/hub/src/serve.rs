use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hub_serve::{config, Config, Parts, Server};
use serde_json::json;

use crate::failure::{Failure, FAILED, USAGE};
use crate::interrupt;
use crate::output::Output;
use crate::Outcome;

/// Serve models over HTTP, paid call by call and settled on chain, until Ctrl-C.
///
/// Ctrl-C, or SIGTERM, lets calls that run end and settles what fits; a second one ends at once, which loses nothing that was
/// answered.
#[derive(Debug, Args)]
#[command(after_help = "\
Secrets are in the environment: HUB_KEY_PASSWORD opens the attester's key file, HUB_MNEMONIC pays for transactions.

Example:
  hub serve --sample > serve.toml
  hub serve serve.toml")]
pub struct Serve {
    /// Configuration, TOML.
    #[arg(required_unless_present = "sample")]
    config: Option<PathBuf>,

    /// Print a configuration with every key and its default, and end.
    #[arg(long, conflicts_with = "config")]
    sample: bool,
}

impl Serve {
    pub fn run(self, output: &Output) -> Outcome {
        let Some(path) = self.config else {
            output.result(config::SAMPLE, &json!({ "sample": config::SAMPLE }));
            return Ok(ExitCode::SUCCESS);
        };
        let wrong = |error: config::ConfigError| {
            Failure::new(
                USAGE,
                error.to_string(),
                "hub serve --sample prints a configuration with every key",
            )
        };
        let config = Config::load(&path).map_err(wrong)?;
        let failed = |error: &dyn std::fmt::Display| Failure {
            sentence: format!("the server could not start: {error}"),
            hint: None,
            code: FAILED,
        };
        let runtime = tokio::runtime::Runtime::new().map_err(|error| failed(&error))?;
        interrupt::wait();
        runtime.block_on(async {
            let parts = Parts::from_env(&config).map_err(|error| failed(&error))?;
            let server = Server::start(config, parts)
                .await
                .map_err(|error| failed(&error))?;
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
            eprintln!("stopping: calls that run may end, and what waits is settled");
            server.stop().await;
            Ok(ExitCode::SUCCESS)
        })
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
