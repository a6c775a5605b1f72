use std::process::ExitCode;

use clap::Args;
use hub_chain::unix_now;
use hub_walrus_client::Error as WalrusError;
use serde_json::json;

use crate::chain::{OnChain, Signer};
use crate::failure::FAILED;
use crate::network::Network;
use crate::output::Output;
use crate::Outcome;

/// Looks at everything that commands need, and says what to type where something is missing.
///
/// Ends with exit code 1 if something is. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub doctor")]
pub struct Doctor {
    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,

    #[command(flatten)]
    network: Network,
}

/// What was found: whether it is well, what it is, and what to type if not.
struct Found(&'static str, Result<String, (String, String)>);

/// Seconds that the clock may be off the newest block.
const CLOCK: u64 = 30;

impl Doctor {
    pub fn run(self, output: &Output) -> Outcome {
        let mut found = vec![];
        let failed =
            |failure: crate::failure::Failure| (failure.sentence, failure.hint.unwrap_or_default());
        match self.chain.market() {
            Err(failure) => found.push(Found("chain", Err(failed(failure)))),
            Ok(market) => {
                found.push(Found(
                    "chain",
                    Ok(format!(
                        "{} is {}",
                        market.name,
                        market.hub.chain().chain_id()
                    )),
                ));
                let status = market.wait(market.hub.chain().status());
                for node in market.hub.chain().health() {
                    let what = match (&node.complaint, &node.status) {
                        (None, Some(status)) => {
                            Ok(format!("{} is at block {}", node.node, status.height))
                        }
                        (complaint, _) => Err((
                            complaint
                                .clone()
                                .unwrap_or_else(|| format!("{} does not answer", node.node)),
                            "name another node in chains.toml".to_owned(),
                        )),
                    };
                    found.push(Found("node", what));
                }
                match status {
                    Err(failure) => found.push(Found("nodes", Err(failed(failure)))),
                    Ok(status) => {
                        let off = unix_now().abs_diff(status.time);
                        found.push(Found(
                            "clock",
                            match off <= CLOCK {
                                true => Ok(format!("{off} s off the newest block")),
                                false => Err((
                                    format!("the clock and the newest block differ by {off} s"),
                                    "set the clock, or wait for the node".to_owned(),
                                )),
                            },
                        ));
                        found.push(Found(
                            "contracts",
                            market
                                .wait(market.hub.check())
                                .map(|_| "registry, escrow and billing belong together".to_owned())
                                .map_err(failed),
                        ));
                    }
                }
                match self.signer.wallet(&market.profile) {
                    Err(failure) => found.push(Found("key", Err(failed(failure)))),
                    Ok(wallet) => {
                        found.push(Found("key", Ok(wallet.address().to_owned())));
                        let denom = market.hub.chain().settings().fee_denom.clone();
                        let balance =
                            market.wait(market.hub.wallet_balance(wallet.address(), &denom));
                        found.push(Found(
                            "money",
                            match balance.map_err(failed) {
                                Ok(at) if at.value == 0 => Err((
                                    format!(
                                        "{} has no {denom}, and every transaction costs some",
                                        wallet.address()
                                    ),
                                    format!("send some to {}", wallet.address()),
                                )),
                                Ok(at) => Ok(format!("{}{denom}", at.value)),
                                Err(failure) => Err(failure),
                            },
                        ));
                    }
                }
            }
        }
        found.push(Found("walrus", self.walrus()));

        let mut text = String::new();
        for Found(name, what) in &found {
            text += &match what {
                Ok(sentence) => format!("well     {name:9}  {sentence}\n"),
                Err((sentence, hint)) => {
                    format!("MISSING  {name:9}  {sentence}\n         {:9}  {hint}\n", "")
                }
            };
        }
        let list: Vec<_> = found
            .iter()
            .map(|Found(name, what)| match what {
                Ok(sentence) => json!({ "what": name, "well": true, "sentence": sentence }),
                Err((sentence, hint)) => {
                    json!({ "what": name, "well": false, "sentence": sentence, "hint": hint })
                }
            })
            .collect();
        output.result(&text, &json!({ "found": list }));
        let well = found.iter().all(|Found(_, what)| what.is_ok());
        Ok(ExitCode::from(if well { 0 } else { FAILED }))
    }

    /// Whether an aggregator answers: that it does not have a blob of nobody is an answer.
    fn walrus(&self) -> Result<String, (String, String)> {
        let failed =
            |failure: crate::failure::Failure| (failure.sentence, failure.hint.unwrap_or_default());
        let client = self.network.client().map_err(failed)?;
        let nowhere = hub_walrus::BlobId::from_bytes([0; 32]);
        match client.list_quilt(&nowhere, &hub_walrus_client::Silent) {
            Ok(_) | Err(WalrusError::NotFound { .. }) => Ok(format!(
                "{} answers",
                client.aggregators().urls().join(", ")
            )),
            Err(error) => Err(failed(error.into())),
        }
    }
}
